"""Channels against real receivers: SMTP with TLS, Alertmanager, a D-Bus desktop, the journal's
socket, and a webhook receiver that checks signatures."""
import base64
import email
import email.policy
import hashlib
import hmac
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import textwrap
import time
import urllib.request

import pytest
from support import BIN, SOURCE, Receiver, ctl, free_port, rss, wait_for, write_config

BRICS = {"title": "Kazakhstan will not seek BRICS membership for now", "guid": "kz-brics",
         "link": "https://news.example/kz-brics",
         "summary": "Kazakhstan has no plans to join BRICS, spokesman Berik Uali said."}
AGAIN = {"title": "Astana: Kazakhstan has no plans to join BRICS", "guid": "kz-brics-2",
         "link": "https://other.example/kz", "summary": "Kazakhstan has no plans to join BRICS."}
CYRILLIC = {"title": "Казахстан не планирует вступать в БРИКС", "guid": "kz-ru",
            "link": "https://news.example/ru",
            "summary": "Казахстан не планирует вступать в БРИКС, заявил пресс-секретарь."}
URGENT = {"rules": [{"id": "all", "title": "Everything", "severity": "critical",
                     "query": "kazakhstan OR казахстан"}]}


def feed_file(folder, *items, name="feed.xml"):
    path = folder / name
    new = folder / (name + ".new")
    new.write_text(rss(*items))
    new.rename(path)
    return {"id": name.split(".")[0], "title": "RFE/RL", "url": f"file:{path}"}


def secret(folder, name, text):
    path = folder / name
    path.write_text(text + "\n")
    path.chmod(0o600)
    return str(path)


def run_once(daemon, config):
    run = daemon(config, "--once")
    assert run.wait_exit() == 0, run.log()
    return run


# --- webhook ------------------------------------------------------------------------------------


def test_webhook_signature(tmp_path, receiver, daemon):
    key = base64.b64encode(os.urandom(32)).decode()
    channel = {"id": "hook", "type": "webhook", "url": receiver.url,
               "secret_file": secret(tmp_path, "secret", "whsec_" + key),
               "token_file": secret(tmp_path, "token", "t0ken")}
    run_once(daemon, write_config(tmp_path, [feed_file(tmp_path, BRICS)], [channel]))
    [(_, headers, body)] = receiver.requests
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(base64.b64decode(key), signed, hashlib.sha256).digest())
    assert headers["webhook-signature"] == "v1," + expected.decode()
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 300
    assert headers["webhook-id"] == headers["Idempotency-Key"]
    assert headers["Authorization"] == "Bearer t0ken"
    alert = json.loads(body)
    assert alert["title"] == "Kazakhstan declines BRICS membership — RFE/RL"
    assert alert["text"].startswith("Kazakhstan")
    assert {"actor": "KZ", "stance": "declines", "bloc": "BRICS"}.items() <= \
        alert["events"][0].items()
    assert alert["item"]["link"] == BRICS["link"]


def test_channel_test_shows_the_conversation(tmp_path, receiver):
    (tmp_path / "url").write_text(receiver.url + "/T0KENINURL")
    channel = {"id": "hook", "type": "webhook", "url_file": str(tmp_path / "url"),
               "token_file": secret(tmp_path, "token", "s3cret-bearer")}
    config = write_config(tmp_path, [], [channel])
    shown = ctl("--config", config, "channel", "test", "hook")
    assert shown.returncode == 0, shown.stderr
    assert "> POST *** HTTP/1.1" in shown.stdout and "< HTTP/1.0 200" in shown.stdout
    assert json.loads(receiver.requests[0][2])["kind"] == "test"
    assert receiver.requests[0][1]["Authorization"] == "Bearer s3cret-bearer"
    assert "s3cret" not in shown.stdout and "T0KENINURL" not in shown.stdout
    receiver.statuses = [403]
    assert ctl("--config", config, "channel", "test", "hook").returncode == 1
    assert ctl("--config", config, "channel", "test", "nobody").returncode != 0


# --- email --------------------------------------------------------------------------------------


@pytest.fixture
def mail_server(tmp_path):
    """aiosmtpd with STARTTLS and a login; `mails` are the raw mails that it took."""
    controller = pytest.importorskip("aiosmtpd.controller")
    from aiosmtpd.smtp import AuthResult, LoginPassword
    from aiosmtpd.smtp import SMTP

    certificate = tmp_path / "cert.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                    "-keyout", tmp_path / "key.pem", "-out", certificate], check=True,
                   capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, tmp_path / "key.pem")

    class Handler:
        refuse = None

        def __init__(self):
            self.mails = []

        async def handle_RCPT(self, server, session, envelope, address, options):
            if self.refuse:
                return self.refuse
            envelope.rcpt_tos.append(address)
            return "250 OK"

        async def handle_DATA(self, server, session, envelope):
            self.mails.append((envelope.mail_from, list(envelope.rcpt_tos), envelope.content,
                               session.ssl is not None))
            return "250 taken"

    def log_in(server, session, envelope, mechanism, data):
        right = isinstance(data, LoginPassword) and data.login == b"watch" and \
            data.password == "пароль".encode()
        return AuthResult(success=right)

    class Controller(controller.Controller):
        def factory(self):
            return SMTP(self.handler, tls_context=context, require_starttls=True,
                        authenticator=log_in, auth_required=True, enable_SMTPUTF8=True)

    handler = Handler()
    server = Controller(handler, hostname="127.0.0.1", port=free_port())
    server.start()
    handler.channel = {"id": "mail", "type": "email", "server": f"smtp://127.0.0.1:{server.port}",
                       "from": "Наблюдатель <watch@example.org>",
                       "to": ["Desk <desk@example.org>", "second@example.org"],
                       "username": "watch", "password_file": secret(tmp_path, "password", "пароль"),
                       "ca_file": str(certificate), "backoff": "200ms"}
    yield handler
    server.stop()


def test_email_is_one_thread_a_story(tmp_path, mail_server, daemon):
    sources = [feed_file(tmp_path, BRICS), feed_file(tmp_path, AGAIN, name="other.xml")]
    config = write_config(tmp_path, sources, [mail_server.channel],
                          route={"channels": ["mail"], "updates": ["confirmed"]})
    run_once(daemon, config)
    wait_for(lambda: mail_server.mails, text="a mail")
    mails = [email.message_from_bytes(raw, policy=email.policy.default)
             for _, _, raw, _ in mail_server.mails]
    assert all(tls for _, _, _, tls in mail_server.mails)
    for sender, receivers, raw, _ in mail_server.mails:
        assert sender == "watch@example.org"
        assert receivers == ["desk@example.org", "second@example.org"]
        assert max(len(line) for line in raw.split(b"\r\n")) <= 78
        raw.decode("ascii")
    first = mails[0]
    assert first["From"].addresses[0].display_name == "Наблюдатель"
    assert [a.addr_spec for a in first["To"].addresses] == ["desk@example.org"]
    assert "Kazakhstan declines BRICS membership — RFE/RL" in str(first["Subject"])
    assert "declines" in first.get_body(("plain",)).get_content()
    html = first.get_body(("html",)).get_content()
    assert f'<a href="{BRICS["link"]}">' in html or f'<a href="{AGAIN["link"]}">' in html
    assert len({mail["References"] for mail in mails}) == 1 and first["References"]
    assert len({mail["Message-ID"] for mail in mails}) == len(mails)
    assert first["Date"].datetime.timestamp() == pytest.approx(time.time(), abs=300)


def test_a_login_is_not_shown(tmp_path, mail_server):
    config = write_config(tmp_path, [], [mail_server.channel])
    shown = ctl("--config", config, "channel", "test", "mail")
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "> EHLO" in shown.stdout and "< 235" in shown.stdout
    login = base64.b64encode("\0watch\0пароль".encode()).decode()
    for hidden in (login, base64.b64encode("пароль".encode()).decode(), "пароль"):
        assert hidden not in shown.stdout
    assert len(mail_server.mails) == 1


def test_email_in_cyrillic(tmp_path, mail_server, daemon):
    config = write_config(tmp_path, [feed_file(tmp_path, CYRILLIC)], [mail_server.channel],
                          **URGENT)
    run_once(daemon, config)
    [(_, _, raw, _)] = mail_server.mails
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert str(mail["Subject"]) == "Казахстан не планирует вступать в БРИКС — RFE/RL"
    assert CYRILLIC["link"] in mail.get_body(("plain",)).get_content()
    assert not mail.defects


def test_email_refused_for_good_and_for_now(tmp_path, mail_server, daemon):
    config = write_config(tmp_path, [feed_file(tmp_path, BRICS)], [mail_server.channel], **URGENT)
    mail_server.refuse = "451 later"
    run = daemon(config)
    run.wait_log(r"try 2 failed.*SMTP 451")
    mail_server.refuse = "550 no such user"
    run.wait_log(r"gave up.*SMTP 550")
    assert [row["state"] for row in run.json("alerts")] == ["dead"]
    mail_server.refuse = None
    assert run.stop() == 0
    assert "пароль" not in run.log()


def test_email_without_tls_is_not_sent(tmp_path, daemon):
    """A server that offers no STARTTLS never gets to see the password."""
    controller = pytest.importorskip("aiosmtpd.controller")

    class Handler:
        mails = 0

        async def handle_DATA(self, server, session, envelope):
            Handler.mails += 1
            return "250 OK"

    server = controller.Controller(Handler(), hostname="127.0.0.1", port=free_port())
    server.start()
    channel = {"id": "mail", "type": "email", "server": f"smtp://127.0.0.1:{server.port}",
               "from": "a@example.org", "to": ["b@example.org"]}
    run = run_once(daemon, write_config(tmp_path, [feed_file(tmp_path, BRICS)], [channel]))
    server.stop()
    assert Handler.mails == 0
    assert "try 1 failed" in run.log()


# --- alertmanager -------------------------------------------------------------------------------


@pytest.mark.skipif(not shutil.which("prometheus-alertmanager"), reason="no Alertmanager here")
def test_alertmanager(tmp_path, daemon):
    port = free_port()
    (tmp_path / "am.yml").write_text("route: {receiver: none}\nreceivers: [{name: none}]\n")
    server = subprocess.Popen(
        ["prometheus-alertmanager", f"--config.file={tmp_path}/am.yml",
         f"--storage.path={tmp_path}/am", f"--web.listen-address=127.0.0.1:{port}",
         "--cluster.listen-address="], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        def get(path):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                return answer.read()

        def is_ready():
            try:
                return get("/-/ready")
            except OSError:
                return False
        wait_for(is_ready, text="Alertmanager")
        channel = {"id": "am", "type": "alertmanager", "url": f"http://127.0.0.1:{port}",
                   "labels": {"team": "desk"}}
        run_once(daemon, write_config(tmp_path, [feed_file(tmp_path, BRICS)], [channel]))
        [alert] = json.loads(get("/api/v2/alerts"))
        assert alert["status"]["state"] == "active"
        assert alert["labels"]["alertname"] == "ca-bloc-membership"
        assert alert["labels"]["team"] == "desk" and alert["labels"]["bloc"] == "BRICS"
        assert alert["annotations"]["summary"] == "Kazakhstan declines BRICS membership — RFE/RL"
        assert alert["generatorURL"] == BRICS["link"]
    finally:
        server.terminate()
        server.wait(10)


# --- desktop ------------------------------------------------------------------------------------

NOTIFICATION_SERVER = """
    import json, sys
    import dbus, dbus.service
    from dbus.mainloop.glib import DBusGMainLoop
    from gi.repository import GLib

    NAME = "org.freedesktop.Notifications"

    class Server(dbus.service.Object):
        @dbus.service.method(NAME, in_signature="susssasa{sv}i", out_signature="u")
        def Notify(self, app, replaces, icon, summary, body, actions, hints, timeout):
            with open(sys.argv[1], "a") as out:
                out.write(json.dumps({"app": str(app), "summary": str(summary), "body": str(body),
                                      "urgency": int(hints["urgency"])}) + "\\n")
            return 7

    DBusGMainLoop(set_as_default=True)
    bus = dbus.SessionBus()
    name = dbus.service.BusName(NAME, bus)
    server = Server(bus, "/org/freedesktop/Notifications")
    print("ready", flush=True)
    GLib.MainLoop().run()
"""


@pytest.mark.skipif(not shutil.which("dbus-daemon"), reason="no D-Bus here")
def test_desktop(tmp_path, daemon):
    pytest.importorskip("dbus")
    pytest.importorskip("gi")
    bus = subprocess.Popen(["dbus-daemon", "--session", "--nofork", "--print-address=1"],
                           stdout=subprocess.PIPE, text=True)
    desktop = None
    try:
        address = bus.stdout.readline().strip()
        out = tmp_path / "shown.jsonl"
        desktop = subprocess.Popen([sys.executable, "-c", textwrap.dedent(NOTIFICATION_SERVER), out],
                                   stdout=subprocess.PIPE, text=True,
                                   env={**os.environ, "DBUS_SESSION_BUS_ADDRESS": address})
        assert desktop.stdout.readline() == "ready\n"
        channel = {"id": "screen", "type": "desktop", "address": address}
        item = {**CYRILLIC, "title": "Казахстан <b>и</b> БРИКС & другие"}
        run = run_once(daemon, write_config(tmp_path, [feed_file(tmp_path, item)], [channel],
                                            **URGENT))
        [shown] = [json.loads(line) for line in out.read_text().splitlines()]
        assert shown["app"] == "Blocwatch" and shown["urgency"] == 2
        assert shown["summary"].endswith("— RFE/RL") and "&amp;" not in shown["summary"]
        assert "<b>" not in shown["body"]
        assert "notification 7" in json.dumps(run.json("alerts")) or \
            [row["state"] for row in run.json("alerts")] == ["delivered"]
    finally:
        for process in (desktop, bus):
            if process:
                process.terminate()
                process.wait(10)


def test_desktop_without_a_session(tmp_path, daemon):
    channel = {"id": "screen", "type": "desktop", "address": f"unix:path={tmp_path}/nobody"}
    run = run_once(daemon, write_config(tmp_path, [feed_file(tmp_path, BRICS)], [channel]))
    assert "try 1 failed" in run.log()
    assert [row["state"] for row in run.json("alerts")] == ["pending"]


# --- journal ------------------------------------------------------------------------------------

JOURNAL = """
    import base64, os, socket, subprocess, sys
    os.makedirs("/run/systemd", exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run/systemd"], check=True)
    os.makedirs("/run/systemd/journal")
    journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    journal.bind("/run/systemd/journal/socket")
    journal.settimeout(1)
    code = subprocess.run(sys.argv[2:], env={**os.environ, "JOURNAL_STREAM": "1:1"}).returncode
    with open(sys.argv[1], "wb") as out:
        try:
            while True:
                out.write(base64.b64encode(journal.recv(1 << 20)) + b"\\n")
        except TimeoutError:
            pass
    sys.exit(code)
"""


def can_unshare():
    return subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode == 0


def parse_journal(datagram):
    """The native protocol: NAME=value lines, or NAME, a 64-bit length and the value."""
    fields = {}
    while datagram:
        line, _, datagram = datagram.partition(b"\n")
        if b"=" in line:
            name, _, value = line.partition(b"=")
        else:
            name, length = line, int.from_bytes(datagram[:8], "little")
            value, datagram = datagram[8:8 + length], datagram[9 + length:]
        fields[name.decode()] = value.decode()
    return fields


@pytest.mark.skipif(not can_unshare(), reason="needs a mount namespace")
def test_journal_fields(tmp_path):
    out = tmp_path / "journal"
    config = write_config(tmp_path, [feed_file(tmp_path, BRICS)], [{"id": "log", "type": "journal"}])
    result = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", sys.executable, "-c",
         textwrap.dedent(JOURNAL), out, BIN / "blocwatchd", "--config", config, "--state-dir",
         tmp_path / "state", "--once"], capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    entries = [parse_journal(base64.b64decode(line)) for line in out.read_bytes().splitlines()]
    [alert] = [entry for entry in entries if entry.get("SYSLOG_IDENTIFIER") == "blocwatch"]
    assert alert["MESSAGE"] == "Kazakhstan declines BRICS membership — RFE/RL"
    assert alert["PRIORITY"] == "4"
    assert alert["BLOCWATCH_ACTOR"] == "KZ" and alert["BLOCWATCH_BLOC"] == "BRICS"
    assert alert["BLOCWATCH_STANCE"] == "declines"
    assert alert["BLOCWATCH_LINK"] == BRICS["link"]
    assert "\n" in alert["BLOCWATCH_TEXT"]


def test_stderr_without_a_journal(tmp_path, daemon):
    run = run_once(daemon, write_config(tmp_path, [feed_file(tmp_path, BRICS)],
                                        [{"id": "log", "type": "journal", "to": "stderr"}]))
    assert ("ALERT [high] Kazakhstan declines BRICS membership — RFE/RL " + BRICS["link"]) in \
        run.log()


# --- trouble ------------------------------------------------------------------------------------


def test_a_refusal_is_told_on_the_other_channels(tmp_path, daemon):
    broken, well = Receiver([404] * 100), Receiver()
    channels = [{"id": "broken", "type": "webhook", "url": broken.url},
                {"id": "well", "type": "webhook", "url": well.url}]
    run = daemon(write_config(tmp_path, [feed_file(tmp_path, BRICS)], channels))
    wait_for(lambda: len(well.requests) >= 2, text="the news of the other channel")
    run.stop()
    alerts = [json.loads(body) for _, _, body in well.requests]
    [notice] = [alert for alert in alerts if alert["kind"] == "channel"]
    assert notice["title"] == "Channel broken refuses alerts" and "404" in notice["text"]
    states = {(row["channel"], row["state"]) for row in run.json("alerts")}
    assert states == {("broken", "dead"), ("well", "delivered")}
    broken.stop()
    well.stop()


def test_rows_of_a_channel_that_is_gone(tmp_path, daemon):
    source = feed_file(tmp_path, BRICS)
    port = free_port()
    hook = {"id": "gone", "type": "webhook", "url": f"http://127.0.0.1:{port}/"}
    run_once(daemon, write_config(tmp_path, [source], [hook]))
    run = run_once(daemon, write_config(tmp_path, [source], [{"id": "log", "type": "journal"}]))
    [row] = [row for row in run.json("alerts") if row["channel"] == "gone"]
    assert row["state"] == "dead"
    assert "their channel is not configured" in run.log()


def test_examples_are_valid(tmp_path):
    examples = sorted((SOURCE / "config/alerts.d/examples").glob("*.yaml"))
    assert len(examples) >= 8
    text = "".join(example.read_text() for example in examples)
    for name in re.findall(r"\$\{CREDENTIALS_DIRECTORY\}/([a-z-]+)", text):
        secret(tmp_path, name, "secret")
    for example in examples:
        config = tmp_path / example.name
        config.write_text(json.dumps({"include": [f"{SOURCE}/config/lexicon.d/*.yaml",
                                                  str(example)]}))
        result = subprocess.run([BIN / "blocwatchd", "--config", config, "--check"],
                                capture_output=True, text=True,
                                env={**os.environ, "CREDENTIALS_DIRECTORY": str(tmp_path)})
        assert result.returncode == 0, result.stdout + result.stderr
