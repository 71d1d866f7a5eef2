"""The politeness policy on the wire: what servers see of the daemon, by their own logs."""
import calendar
import re
import subprocess
import time

import pytest

from poll_server import CODINGS, RudeServer, http_date
from support import Nginx, free_port, rss, wait_for, write_config

ITEM = {"title": "Snow closes the mountain pass above Almaty", "guid": "snow"}
# The policy as it is shipped, without the fixed interval that other tests use.
POLICY = {"interval": 0, "interval_floor": "5m", "jitter": 0.1}


@pytest.fixture
def server():
    made = RudeServer()
    yield made
    made.stop()


def parse_time(text):
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))


class Once:
    """Runs the daemon once, makes the source due again, and so on."""

    def __init__(self, daemon, config):
        self.daemon, self.config = daemon, config

    def poll(self):
        run = self.daemon(self.config, "--once")
        self.code = run.wait_exit()
        self.log = run.log()
        self.states = {row["id"]: row for row in run.json("sources")}
        return self.states

    def wait(self, source="feed"):
        """Seconds from the last poll to the next."""
        state = self.states[source]
        return parse_time(state["next_due"]) - parse_time(state["last_poll"])


@pytest.fixture
def once(tmp_path, daemon):
    def make(*urls, polling=None, **source):
        sources = [{"id": "feed" if i == 0 else f"feed{i}", "url": url, **source}
                   for i, url in enumerate(urls)]
        return Once(daemon, write_config(tmp_path, sources, rules=[],
                                         polling={**POLICY, **(polling or {})}))
    return make


def document(*items, channel=""):
    return rss(*(items or [ITEM])).replace("<item>", channel + "<item>", 1).encode()


# --- manners -------------------------------------------------------------------------------------


def test_nginx_sees_a_polite_client(tmp_path, web, daemon):
    (web.root / "feed.xml").write_text(rss(ITEM))
    config = write_config(tmp_path, [{"id": "feed", "url": web.url("feed.xml")}], rules=[],
                          polling={"contact": "https://watch.example/bot"})
    run = daemon(config)
    wait_for(lambda: len(web.log()) >= 4, text="four polls")
    assert run.stop() == 0
    first, *later = web.log()
    assert " 200 " in first and 'inm="-"' in first and 'ims="-"' in first
    for line in later:
        assert " 304 " in line
        assert re.search(r'inm="(W/)?\\x22[0-9a-f]+-[0-9a-f]+\\x22"', line), line
        assert 'ims="-"' not in line
    for line in web.log():
        assert re.search(r'ua="blocwatch/[0-9.]+ \(\+https://watch.example/bot\)"', line)
        assert 'cookie="-"' in line and 'referer="-"' in line
        assert all(coding in line for coding in ("gzip", "br", "zstd"))


@pytest.mark.parametrize("etag, modified", [
    ('"strong"', "Wed, 25 Nov 2026 10:00:00 GMT"),
    ('W/"weak, with; odd signs"', "Wednesday, 25-Nov-26 10:00:00 GMT"),
    ("without-quotes", "yesterday"),
    ('"nothing else"', None),
    (None, "2026-11-25"),
])
def test_validators_verbatim(server, once, etag, modified):
    def answer(request):
        headers = {"ETag": etag, "Last_Modified": modified, "Set_Cookie": "id=7; Path=/"}
        if request.number == 1:
            request.reply(200, document(), **headers)
        else:
            request.reply(304, Content_Length=None)

    run = once(server.on("/feed", answer), polling={"interval": "1s", "jitter": 0})
    run.poll()
    time.sleep(1.1)  # due again
    state = run.poll()["feed"]
    first, second = server.requests
    assert "if-none-match" not in first.headers and "if-modified-since" not in first.headers
    assert second.headers.get("if-none-match") == etag
    assert second.headers.get("if-modified-since") == modified
    assert "cookie" not in second.headers and "referer" not in second.headers
    assert state["last_status"] == 304 and state["state"] == "ok" and state["items"] == 1


@pytest.mark.parametrize("coding", sorted(CODINGS))
def test_content_codings(server, once, coding):
    def answer(request):
        assert coding in request.headers["accept-encoding"]
        request.reply(200, CODINGS[coding](document()), Content_Encoding=coding)

    state = once(server.on("/feed", answer)).poll()["feed"]
    assert state["state"] == "ok" and state["items"] == 1, state


def test_restart_polls_nothing_that_is_not_due(server, once):
    run = once(server.on("/feed", lambda request: request.reply(200, document())))
    for _ in range(3):
        run.poll()
        assert run.code == 0
    assert len(server.requests) == 1


# --- when the next poll is ------------------------------------------------------------------------


@pytest.mark.parametrize("headers, seconds, rule", [
    ({"Cache_Control": "public, max-age=3600"}, 3600, "max-age"),
    ({"Cache_Control": "max-age=3600", "Age": "600"}, 3000, "max-age"),
    ({"Cache_Control": ["private", "max-age=1800"]}, 1800, "max-age"),
    ({"Cache_Control": "max-age=31536000"}, 86400, "max-age"),
    ({"Date": http_date(0), "Expires": http_date(7200)}, 7200, "expires"),
    ({"Cache_Control": "no-cache, max-age=3600"}, 300, "adaptive"),
    ({"Cache_Control": "s-maxage=3600"}, 300, "adaptive"),
    ({"Expires": "0"}, 300, "adaptive"),
])
def test_freshness(server, once, headers, seconds, rule):
    run = once(server.on("/feed", lambda request: request.reply(200, document(), **headers)))
    state = run.poll()["feed"]
    assert state["due_rule"] == rule
    assert seconds <= run.wait() <= seconds * 1.1 + 2


def test_max_age_on_304(server, once):
    def answer(request):
        if request.number == 1:
            request.reply(200, document(), ETag='"1"')
        else:
            request.reply(304, Content_Length=None, Cache_Control="max-age=7200")

    run = once(server.on("/feed", answer), polling={"interval": "1s", "jitter": 0})
    assert run.poll()["feed"]["due_rule"] == "interval"
    time.sleep(1.1)
    state = run.poll()["feed"]
    assert state["last_status"] == 304 and state["due_rule"] == "max-age"
    assert run.wait() == 7200


@pytest.mark.parametrize("channel, seconds, rule", [
    ("<ttl>60</ttl>", 3600, "publisher-interval"),
    ("<ttl>1</ttl>", 300, "adaptive"),
    ('<sy:updatePeriod xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">hourly'
     '</sy:updatePeriod><sy:updateFrequency '
     'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">2</sy:updateFrequency>',
     1800, "publisher-interval"),
])
def test_publisher_interval(server, once, channel, seconds, rule):
    run = once(server.on("/feed", lambda request: request.reply(200, document(channel=channel))))
    state = run.poll()["feed"]
    assert state["due_rule"] == rule
    assert seconds <= run.wait() <= seconds * 1.1 + 2


def test_skip_hours(server, once):
    now = time.gmtime(time.time() + 360)
    skipped = {time.gmtime(time.time() + h * 3600).tm_hour for h in range(0, 3)} | {now.tm_hour}
    channel = "<skipHours>" + "".join(f"<hour>{h}</hour>" for h in skipped) + "</skipHours>"
    run = once(server.on("/feed", lambda request: request.reply(200, document(channel=channel))))
    state = run.poll()["feed"]
    assert state["due_rule"] == "skip-hours"
    assert time.gmtime(parse_time(state["next_due"])).tm_hour not in skipped
    assert run.wait() < 5 * 3600


def test_skip_days(server, once):
    tomorrow = time.gmtime(time.time() + 86400)
    days = {time.strftime("%A"), time.strftime("%A", time.gmtime()), time.strftime("%A", tomorrow)}
    channel = "<skipDays>" + "".join(f"<day>{day}</day>" for day in days) + "</skipDays>"
    run = once(server.on("/feed", lambda request: request.reply(200, document(channel=channel))))
    state = run.poll()["feed"]
    assert state["due_rule"] == "skip-days"
    assert time.strftime("%A", time.gmtime(parse_time(state["next_due"]))) not in days


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("value, date, seconds", [
    ("7200", None, 7200),
    (http_date(10 * 3600), http_date(0), 36000),
    ("99999999", None, 172800),
])
def test_retry_after(server, once, status, value, date, seconds):
    run = once(server.on("/feed", lambda request: request.reply(
        status, Retry_After=value, Date=date)))
    state = run.poll()["feed"]
    assert run.code == 1  # the only source failed
    assert state["state"] == "failing" and state["due_rule"] == "retry-after"
    assert str(status) in state["why"]
    assert seconds <= run.wait() <= seconds + 1442


def test_backoff_and_recovery(server, once):
    answers = [500, 502, 504, 200]

    def answer(request):
        status = answers[request.number - 1]
        request.reply(status, document() if status == 200 else b"")

    run = once(server.on("/feed", answer), polling={"interval": "1s", "jitter": 0})
    for failures, wait in ((1, 1), (2, 2), (3, 4)):
        state = run.poll()["feed"]
        assert state["failures"] == failures and run.wait() == wait
        assert state["due_rule"] == "backoff"
        time.sleep(wait + 0.1)
    state = run.poll()["feed"]
    assert state["failures"] == 0 and state["state"] == "ok"


def test_unchanged_body_without_validators(server, once):
    run = once(server.on("/feed", lambda request: request.reply(200, document())),
               polling={"interval": "1s", "jitter": 0})
    body = document()
    server.on("/feed", lambda request: request.reply(200, body))
    for _ in range(5):
        state = run.poll()["feed"]
        time.sleep(1.1)
    assert state["state"] == "slow" and "whole document" in state["why"]
    assert state["items"] == 1 and state["last_status"] == 200


# --- redirects and endings ------------------------------------------------------------------------


def test_permanent_redirect_is_saved_after_three_polls(server, once):
    server.on("/new", lambda request: request.reply(200, document()))
    run = once(server.on("/old", lambda request: request.reply(301, Location="/new")),
               polling={"interval": "1s", "jitter": 0})
    told = []
    for _ in range(5):
        run.poll()
        told.append("has moved for good" in run.log)
        time.sleep(1.1)
    assert [request.path for request in server.requests] == ["/old", "/new"] * 3 + ["/new"] * 2
    assert told == [False, False, True, False, False]


def test_temporary_redirect_is_not_saved(server, once):
    server.on("/new", lambda request: request.reply(200, document()))
    run = once(server.on("/old", lambda request: request.reply(302, Location="/new")),
               polling={"interval": "1s", "jitter": 0})
    for _ in range(5):
        run.poll()
        time.sleep(1.1)
    assert [request.path for request in server.requests] == ["/old", "/new"] * 5


def test_gone_is_not_asked_again(server, once):
    run = once(server.on("/feed", lambda request: request.reply(410)),
               polling={"interval": "1s", "jitter": 0})
    state = run.poll()["feed"]
    assert state["state"] == "gone" and state["next_due"] is None
    time.sleep(1.1)
    run.poll()
    assert len(server.requests) == 1


# --- hosts ----------------------------------------------------------------------------------------


def test_lane_of_a_host(server, once):
    """Twenty feeds of one host: two at a time, a gap between them."""
    def answer(request):
        time.sleep(0.3)
        request.reply(200, document())

    urls = [server.on(f"/feed{i}", answer) for i in range(20)]
    run = once(*urls, polling={"host_gap": "100ms"})
    states = run.poll()
    assert all(state["state"] == "ok" for state in states.values())
    assert len(server.requests) == 20
    assert server.most_active <= 2
    times = sorted(request.time for request in server.requests)
    assert min(b - a for a, b in zip(times, times[1:])) >= 0.07


def test_connections_are_reused(tmp_path, daemon):
    class Counting(Nginx):
        FORMAT = "$connection $server_protocol"

    web = Counting(tmp_path / "nginx")
    try:
        for i in range(20):
            (web.root / f"{i}.xml").write_text(rss(ITEM))
        sources = [{"id": f"s{i}", "url": web.url(f"{i}.xml")} for i in range(20)]
        run = daemon(write_config(tmp_path, sources, rules=[]), "--once")
        assert run.wait_exit() == 0
        wait_for(lambda: len(web.log()) == 20)
        assert len({line.split()[0] for line in web.log()}) <= 2
    finally:
        web.stop()


@pytest.fixture
def tls(tmp_path):
    """nginx with HTTP/2 and a certificate of an authority of its own."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                    "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
                    "-keyout", tmp_path / "key.pem", "-out", tmp_path / "ca.pem"],
                   check=True, capture_output=True)

    class Tls(Nginx):
        FORMAT = "$connection $server_protocol $uri"

    port = free_port()
    web = Tls(tmp_path / "tls", f"listen 127.0.0.1:{port} ssl http2; "
              f"ssl_certificate {tmp_path}/ca.pem; ssl_certificate_key {tmp_path}/key.pem;")
    web.tls_port, web.ca = port, tmp_path / "ca.pem"
    yield web
    web.stop()


def test_http2_multiplexes(tmp_path, tls, daemon):
    for i in range(20):
        (tls.root / f"{i}.xml").write_text(rss(ITEM))
    sources = [{"id": f"s{i}", "url": f"https://127.0.0.1:{tls.tls_port}/{i}.xml",
                "ca_file": str(tls.ca)} for i in range(20)]
    run = daemon(write_config(tmp_path, sources, rules=[], polling={"per_host": 10}), "--once")
    assert run.wait_exit() == 0
    wait_for(lambda: len(tls.log()) == 20)
    assert {line.split()[1] for line in tls.log()} == {"HTTP/2.0"}
    assert len({line.split()[0] for line in tls.log()}) == 1


def test_tls_is_verified(tmp_path, tls, once):
    (tls.root / "feed.xml").write_text(rss(ITEM))
    run = once(f"https://127.0.0.1:{tls.tls_port}/feed.xml")
    state = run.poll()["feed"]
    assert state["state"] == "failing" and state["last_result"] == "tls error", state
    assert "certificate" in state["why"]
    assert not tls.log()
