"""blocwatchctl: matrix, export and import, doctor, backtest, and the commands about sources."""
import csv
import io
import json
import os
import pty
import subprocess
import xml.etree.ElementTree as ET

import pytest

from support import BIN, SOURCE, Daemon, ctl, free_port, rss, wait_for, write_config

KZ = {"title": "Kazakhstan Says It Will Not Join BRICS", "guid": "kz",
      "link": "https://news.example/kz", "summary": "=1+1"}
KG = {"title": "Kyrgyzstan Formally Joins The \"Eurasian\" Economic Union", "guid": "kg",
      "link": "https://news.example/kg"}
PLAIN = {"title": "Referendum on a nuclear power plant", "guid": "plain"}


@pytest.fixture(scope="module")
def polled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ctl")
    (folder / "feed.xml").write_text(rss(KZ, KG, PLAIN), encoding="utf-8")
    config = write_config(folder, [{"id": "local", "url": "file:feed.xml", "title": "A & \"B\" <c>",
                                    "lang": "en"}],
                          serve={"listen": "off", "standing": f"{SOURCE}/config/standing.yaml"})
    daemon = Daemon(config, folder / "state", "--once").start()
    assert daemon.wait_exit() == 0, daemon.log()
    return daemon


# --- matrix -------------------------------------------------------------------------------------

def test_matrix(polled):
    cells = {(cell["actor"], cell["bloc"]): cell for cell in polled.json("matrix")}
    assert {actor for actor, _ in cells} == {"KZ", "UZ", "KG", "TJ", "TM"}
    assert {"BRICS", "EAEU", "CSTO", "SCO", "CIS", "OTS", "WTO", "UnionState"} <= \
        {bloc for _, bloc in cells}
    assert cells["KZ", "BRICS"]["signal"]["stance"] == "declines"
    assert cells["KZ", "BRICS"]["standing"] == "partner"
    assert cells["TJ", "BRICS"]["signal"] is None
    text = polled.ctl("matrix").stdout
    assert "-declines 1" in text and "partner" in text and "\033[" not in text


@pytest.mark.parametrize("no_color, coloured", [(None, True), ("1", False)])
def test_matrix_has_colours_on_a_terminal_only(polled, no_color, coloured):
    env = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    if no_color:
        env["NO_COLOR"] = no_color
    ours, theirs = pty.openpty()
    process = subprocess.Popen([BIN / "blocwatchctl", "--config", polled.config, "--state-dir",
                                polled.state, "matrix"], stdout=theirs, env=env)
    os.close(theirs)
    text = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        text += part
    os.close(ours)
    assert process.wait(30) == 0
    assert (b"\033[33;1m" in text) == coloured


# --- export and import --------------------------------------------------------------------------

def test_export_csv(polled):
    result = polled.ctl("export", "csv")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    found = {row["title"]: row for row in rows}
    assert found[KG["title"]]["actor"] == "KG" and found[KG["title"]]["bloc"] == "EAEU"
    assert found[KZ["title"]]["stance"] == "declines"
    assert len(list(csv.DictReader(io.StringIO(
        polled.ctl("export", "csv", "--bloc", "BRICS").stdout)))) == 1


def test_export_jsonl_is_what_hits_prints_oldest_first(polled):
    exported = [json.loads(line) for line in polled.ctl("export", "jsonl").stdout.splitlines()]
    assert exported == list(reversed(polled.json("hits")))


def test_opml_there_and_back(polled, tmp_path):
    opml = polled.ctl("export", "opml").stdout
    outline = ET.fromstring(opml).find("body/outline")
    assert outline.get("text") == "A & \"B\" <c>"
    assert outline.get("xmlUrl").startswith("file:///")
    listed = tmp_path / "list.opml"
    listed.write_text("""<?xml version="1.0"?><opml version="1.0"><body>
        <!-- <outline xmlUrl="http://hidden.example/"/> -->
        <outline text="Group"><outline text="One &amp; &quot;two&quot;" type='rss'
          xmlUrl='https://one.example/feed?a=1&amp;b=2' language="kk"/></outline>
        <outline text="Same" xmlUrl="https://two.example/"/>
        <outline text="Same" xmlUrl="https://three.example/"/>
        <outline text="Mail" xmlUrl="mailto:x@y.example"/></body></opml>""")
    made = tmp_path / "made.yaml"
    result = polled.ctl("import", "opml", listed, "--output", made)
    assert result.returncode == 0, result.stderr
    assert "3 new, 0 known already, 1 left out" in result.stderr
    rows = [row for row in json_sources(made, polled, tmp_path)]
    assert rows == [("one-two", "https://one.example/feed?a=1&b=2", "One & \"two\"", "kk"),
                    ("same", "https://two.example/", "Same", None),
                    ("same-2", "https://three.example/", "Same", None)]
    assert polled.ctl("import", "opml", listed, "--output", made).returncode == 1  # it exists
    assert polled.ctl("import", "opml", made).returncode == 1  # no OPML


def json_sources(path, polled, folder):
    """The sources of a YAML file, as the tool reads them."""
    config = folder / "imported.json"
    config.write_text(json.dumps({"include": [str(path)]}))
    result = ctl("--config", config, "--state-dir", polled.state, "sources", "--json")
    assert result.returncode == 0, result.stderr
    for line in sorted(result.stdout.splitlines(), key=lambda line: json.loads(line)["id"]):
        row = json.loads(line)
        yield row["id"], row["url"], row["title"], row["lang"]


# --- sources ------------------------------------------------------------------------------------

def test_sources_show(polled):
    text = polled.ctl("sources", "show", "local").stdout
    assert "feed.xml" in text and "health" in text and f"{polled.config}:" in text
    assert polled.ctl("sources", "show", "nobody").returncode == 1


def test_sources_add_finds_the_feeds_of_a_page(polled, web, tmp_path):
    (web.root / "api").mkdir()
    (web.root / "api" / "zabc-vomx-tpedef.xml").write_text(rss(KZ, title="The News"))
    (web.root / "other.xml").write_text(rss(KG, title="Жаңылыктар"))
    (web.root / "page.html").write_text(
        "<html><head><title>x</title><link rel=alternate type='application/rss+xml' "
        "title='Other' href='/other.xml'></head><body><a href='/about'>About</a>"
        "<a href='/api/zabc-vomx-tpedef.xml'>RSS: The News</a></body></html>")
    result = polled.ctl("sources", "add", web.url("page.html"))
    assert result.returncode == 0, result.stderr
    assert "Жаңылыктар" in result.stdout and KG["title"] in result.stdout
    made = tmp_path / "made.yaml"
    result = polled.ctl("sources", "add", web.url("page.html"), "--pick", "1", "--output", made)
    assert result.returncode == 0, result.stderr
    assert [row[1] for row in json_sources(made, polled, tmp_path)] == [web.url("other.xml")]


def test_sources_add_of_a_feed(polled, web):
    (web.root / "feed.xml").write_text(rss(KZ, title="The News"))
    result = polled.ctl("sources", "add", web.url("feed.xml"))
    assert result.returncode == 0, result.stderr
    assert "sources:\n  - id: the-news\n" in result.stdout
    assert polled.ctl("sources", "add", web.url("nothing.xml")).returncode == 1
    assert polled.ctl("sources", "add", "http://127.0.0.1:1/").returncode == 1


def test_sources_poll_asks_the_daemon(daemon, web, tmp_path):
    (web.root / "feed.xml").write_text(rss(KZ))
    port = free_port()
    config = write_config(tmp_path, [{"id": "web", "url": web.url("feed.xml")}],
                          polling={"interval": "1h", "interval_floor": "1h"},
                          serve={"listen": f"127.0.0.1:{port}"})
    running = daemon(config)
    running.wait_log("polled source=web")
    result = running.ctl("sources", "poll", "web")
    assert result.returncode == 0, result.stderr
    wait_for(lambda: len([line for line in web.log() if "/feed.xml" in line]) == 2,
             text="the second visit")
    assert running.ctl("sources", "poll", "nobody").returncode == 1
    running.stop()
    result = running.ctl("sources", "poll", "web")
    assert result.returncode == 1 and "is blocwatchd running?" in result.stderr


# --- doctor -------------------------------------------------------------------------------------

def test_doctor(polled, tmp_path):
    result = polled.ctl("doctor", "--json")
    checks = {row["check"]: row for row in map(json.loads, result.stdout.splitlines())}
    assert result.returncode == 1  # the daemon does not run
    assert not checks["daemon"]["ok"] and checks["daemon"]["remedy"]
    for name in ("configuration", "secrets", "state", "database", "alerts", "sources"):
        assert checks[name]["ok"], checks[name]
    broken = tmp_path / "state"
    broken.mkdir(mode=0o700)
    (broken / "blocwatch.db").write_bytes(b"nonsense" * 1000)
    result = ctl("--config", polled.config, "--state-dir", broken, "doctor", "--json")
    checks = {row["check"]: row for row in map(json.loads, result.stdout.splitlines())}
    assert not checks["database"]["ok"] and checks["database"]["remedy"]


def test_doctor_on_a_wrong_configuration(tmp_path):
    config = tmp_path / "c.yaml"
    config.write_text("readers: many\n")
    result = ctl("--config", config, "doctor")
    assert result.returncode == 1
    assert "BAD  configuration" in result.stdout and "rules check" in result.stdout


def test_doctor_sees_the_daemon_and_secrets(daemon, tmp_path):
    config = write_config(tmp_path, [], serve={"listen": "off", "token_file": "token"})
    (tmp_path / "token").write_text("secret\n")
    running = daemon(config)
    running.wait_log("starts")
    result = running.ctl("doctor", "--json")
    checks = {row["check"]: row for row in map(json.loads, result.stdout.splitlines())}
    assert checks["daemon"]["ok"] and checks["secrets"]["ok"]
    (tmp_path / "token").unlink()
    result = running.ctl("doctor", "--json")
    checks = {row["check"]: row for row in map(json.loads, result.stdout.splitlines())}
    assert not checks["secrets"]["ok"]


# --- rough circumstances ------------------------------------------------------------------------

def on_terminal(*arguments, **environment):
    """Exit code and what a terminal gets."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(arguments, stdout=theirs, env={**os.environ, **environment})
    os.close(theirs)
    text = b""
    while True:
        try:
            text += os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
    os.close(ours)
    return process.wait(), text


@pytest.fixture(scope="module")
def russian(tmp_path_factory):
    folder = tmp_path_factory.mktemp("russian")
    (folder / "feed.xml").write_text(rss({"title": "Лидеры: Казахстан вступает в БРИКС ☃ Қ"}),
                                     encoding="utf-8")
    config = write_config(folder, [{"id": "local", "url": "file:feed.xml", "lang": "ru"}])
    daemon = Daemon(config, folder / "state", "--once").start()
    assert daemon.wait_exit() == 0, daemon.log()
    return daemon


def test_terminal_of_another_encoding(russian, tmp_path):
    made = subprocess.run(["localedef", "-f", "KOI8-R", "-i", "ru_RU", tmp_path / "ru_RU.KOI8-R"],
                          capture_output=True)
    if made.returncode != 0:
        pytest.skip("the locales' sources are not installed")
    command = [BIN / "blocwatchctl", "--config", russian.config, "--state-dir", russian.state,
               "items"]
    old = {"LOCPATH": str(tmp_path), "LC_ALL": "ru_RU.KOI8-R",
           "ASAN_OPTIONS": "detect_leaks=0"}  # the C library's own, with LOCPATH
    code, text = on_terminal(*command, **old)
    assert code == 0
    assert "Лидеры: Казахстан вступает в БРИКС ? ?" in text.decode("koi8-r")
    code, text = on_terminal(*command, LC_ALL="C.UTF-8")
    assert code == 0 and "Лидеры: Казахстан вступает в БРИКС ☃ Қ" in text.decode()
    into_pipe = subprocess.run(command, env={**os.environ, **old}, capture_output=True)
    assert "Лидеры: Казахстан вступает в БРИКС ☃ Қ" in into_pipe.stdout.decode()


def test_standard_output_that_is_not_there(polled, tmp_path):
    command = f"{BIN}/blocwatchctl --config {polled.config} --state-dir {polled.state} "
    for end in ("hits >&-", "hits --json >&-", "hits >/dev/full"):
        result = subprocess.run(["sh", "-c", command + end], capture_output=True, text=True)
        assert result.returncode == 1 and "cannot write the output" in result.stderr, end
    copy = tmp_path / "copy.db"
    subprocess.run(["sh", "-c", command + f"backup {copy} <&- >&- 2>&-"])
    assert copy.read_bytes().startswith(b"SQLite format 3\0")
    result = subprocess.run(["sh", "-c", "set -o pipefail; " + command + "items | head -n 1"],
                            capture_output=True, text=True, executable="/bin/bash")
    assert len(result.stdout.splitlines()) == 1 and result.stderr == ""


def test_codes_in_any_case(polled):
    assert len(polled.json("hits", "--actor", "kz", "--bloc", "brics")) == 1
    assert len(polled.json("stories", "--actor", "kz")) == 1
    assert polled.json("hits", "--actor", "KZ", "--bloc", "eaeu") == []
    assert polled.ctl("stories", "--stance", "joinz").returncode == 2


def test_what_is_too_much(polled):
    assert "unexpected argument extra" in polled.ctl("rules", "backtest", "extra").stderr
    assert "alerts nonsense: there is no such command" in polled.ctl("alerts", "nonsense").stderr


def test_help_as_a_word(polled):
    assert ctl("help").stdout == ctl("--help").stdout
    assert ctl("help", "rules").stdout == ctl("rules", "--help").stdout
    assert ctl("help", "rules", "backtest").stdout == ctl("rules", "backtest", "--help").stdout
    assert polled.ctl("search", "help").returncode == 0  # a word to search for


@pytest.mark.skipif(os.getuid() != 0, reason="asks as another user")
def test_somebody_else_is_told_whom_to_be(polled):
    for command in (["hits"], ["silence", "add", "--for", "1h", "rule=x"]):
        result = subprocess.run(["setpriv", "--reuid", "65534", "--clear-groups",
                                 BIN / "blocwatchctl", "--state-dir", polled.state, *command],
                                capture_output=True, text=True)
        if result.returncode in (126, 127):
            pytest.skip("the build is not for everybody to run")
        assert result.returncode == 1
        assert "Permission denied; try as the user that blocwatchd runs as" in result.stderr


# --- backtest -----------------------------------------------------------------------------------

def test_backtest_of_the_same_rules_changes_nothing(polled):
    result = polled.ctl("rules", "backtest")
    assert result.returncode == 0, result.stderr
    assert result.stdout == ""
    assert "3 items: 2 hits the same, 0 new, 0 lost, 0 changed" in result.stderr


def test_backtest_of_other_rules(polled, tmp_path):
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "mine.yaml").write_text(
        "rules:\n  - {id: ca-bloc-membership, severity: high, event: {bloc: brics}}\n"
        "  - {id: nuclear, query: 'title:referendum AND @atom'}\n"
        "lexicon:\n  - {set: atom, facet: topic, terms: {en: [nuclear]}}\n")
    changes = {(row["change"], row["rule"]): row
               for row in polled.json("rules", "backtest", "--rules", rules)}
    assert set(changes) == {("new", "nuclear"), ("lost", "ca-bloc-membership")}
    assert changes["new", "nuclear"]["title"] == PLAIN["title"]
    assert changes["lost", "ca-bloc-membership"]["was"] == "KG joins EAEU"
    assert len(polled.json("hits")) == 2  # nothing is stored
    (rules / "mine.yaml").write_text("rules:\n  - {id: a, event: {bloc: bricks}}\n")
    result = polled.ctl("rules", "backtest", "--rules", rules)
    assert result.returncode == 2 and "did you mean brics?" in result.stderr
    assert polled.ctl("rules", "backtest", "--rules", tmp_path / "none").returncode == 2


@pytest.fixture
def collected(tmp_path):
    """A database of its own, with a configuration that can be written anew."""
    feed = rss(KZ, KG, PLAIN, {"title": "Grain prices"})
    feed = feed.replace("<title>Grain", "<category>Energy</category><title>Grain")
    (tmp_path / "feed.xml").write_text(feed, encoding="utf-8")
    config = write_config(tmp_path, [{"id": "local", "url": "file:feed.xml", "lang": "en"}],
                          [{"id": "hook", "type": "webhook", "url": "http://127.0.0.1:1/"}])
    daemon = Daemon(config, tmp_path / "state", "--once").start()
    assert daemon.wait_exit() == 0, daemon.log()
    return daemon


def write_rules(folder, text):
    folder.mkdir(exist_ok=True)
    (folder / "mine.yaml").write_text(text)
    return folder


def fate(daemon, hit):
    return {key: value for key, value in daemon.json("alerts", "why", str(hit["id"]))[0].items()
            if key in ("fate", "reason")}


def test_backtest_of_categories(collected, tmp_path):
    rules = write_rules(tmp_path / "rules",
                        "rules: [{id: energy, query: 'category:energy'}]\n")
    changes = collected.json("rules", "backtest", "--rules", rules)
    assert [row["title"] for row in changes if row["change"] == "new"] == ["Grain prices"]


def test_backtest_apply(collected, tmp_path):
    before = {(row["rule"], row["title"]): row for row in collected.json("hits")}
    fates = {key: fate(collected, row) for key, row in before.items()}
    alerts = collected.json("alerts")
    # The configured rule finds less and is graver now; a new rule; rules that are not tried.
    rules = write_rules(tmp_path / "rules",
                        "rules:\n"
                        "  - {id: ca-bloc-membership, severity: critical, event: {bloc: eaeu}}\n"
                        "  - {id: nuclear, query: 'title:referendum'}\n")
    result = collected.ctl("rules", "backtest", "--rules", rules, "--apply")
    assert result.returncode == 0, result.stderr
    assert "stored, and nobody was alerted" in result.stderr
    hits = {(row["rule"], row["title"]): row for row in collected.json("hits")}
    new = hits["nuclear", PLAIN["title"]]
    assert fate(collected, new) == {"fate": "suppressed", "reason": "backtest"}
    changed = hits["ca-bloc-membership", KG["title"]]
    assert changed["severity"] == "critical"
    assert fate(collected, changed) == fates["ca-bloc-membership", KG["title"]]
    assert ("ca-bloc-membership", KZ["title"]) in before
    assert ("ca-bloc-membership", KZ["title"]) not in hits
    others = {key for key in before if key[0] != "ca-bloc-membership"}
    assert others <= set(hits)
    assert collected.json("alerts") == alerts  # nobody is told
    # Once more: nothing differs any more, but for the rules that are not tried.
    left = collected.json("rules", "backtest", "--rules", rules, "--apply")
    assert {row["rule"] for row in left} == {rule for rule, _ in others}
    # And back, by the rules as they are configured: the hit that was taken back is there again.
    assert collected.ctl("rules", "backtest", "--apply").returncode == 0
    again = {(row["rule"], row["title"]): row for row in collected.json("hits")}
    assert set(again) == set(before) | {("nuclear", PLAIN["title"])}
    assert {key: fate(collected, again[key]) for key in before} == fates


def test_backtest_apply_beside_a_daemon(daemon, tmp_path):
    folder = tmp_path / "feeds"
    folder.mkdir()
    for n in range(8):
        (folder / f"{n}.xml").write_text(rss(*[
            {"title": f"Plain item {n} {i} about grain", "guid": f"{n}-{i}"}
            for i in range(200)]), encoding="utf-8")
    config = write_config(tmp_path, [{"id": f"s{n}", "url": f"file:feeds/{n}.xml"}
                                     for n in range(8)],
                          rules=[{"id": "old", "query": "nowhere"}])
    running = daemon(config)
    running.wait_log("starts")
    wait_for(lambda: len(running.json("items", "--limit", "0")) == 1600, text="1600 items")
    rules = write_rules(tmp_path / "rules", "rules: [{id: grain, query: grain}]\n")
    # The daemon writes all the time: every feed changes while the hits are being stored.
    apply = subprocess.Popen([BIN / "blocwatchctl", "--config", config, "--state-dir",
                              running.state, "rules", "backtest", "--rules", rules, "--apply"],
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    for n in range(8):
        (folder / f"{n}.xml").write_text(rss({"title": f"Late {n}", "guid": f"late{n}"}),
                                         encoding="utf-8")
    _, errors = apply.communicate(timeout=120)
    assert apply.returncode == 0, errors
    assert running.process.poll() is None
    hits = running.json("hits", "--rule", "grain", "--limit", "0")
    assert len(hits) == 1600
    assert fate(running, hits[0]) == {"fate": "suppressed", "reason": "backtest"}
    wait_for(lambda: len(running.json("items", "--limit", "0")) == 1608, text="the late items")


def test_backtest_shows_its_progress_on_a_terminal_only(polled):
    ours, theirs = pty.openpty()
    subprocess.run([BIN / "blocwatchctl", "--config", polled.config, "--state-dir", polled.state,
                    "rules", "backtest"], stdout=subprocess.DEVNULL, stderr=theirs, check=True)
    os.close(theirs)
    text = os.read(ours, 65536).decode()
    os.close(ours)
    assert "100%  3 items" in text and "3 items: 2 hits the same" in text
    assert "%" not in polled.ctl("rules", "backtest").stderr


def test_credentials_need_not_be_there_to_ask(polled, tmp_path):
    config = write_config(tmp_path, [], serve={
        "listen": "off", "token_file": "${CREDENTIALS_DIRECTORY}/secret_token"})
    result = ctl("--config", config, "--state-dir", polled.state, "hits", "--json")
    assert result.returncode == 0, result.stderr


@pytest.mark.skipif(os.path.exists("/run/credentials/blocwatchd.service"),
                    reason="the service runs here")
def test_configuration_with_credentials_is_checked_by_hand(tmp_path):
    config = write_config(tmp_path, [], [
        {"id": "phone", "type": "telegram", "chat_id": "1",
         "token_file": "${CREDENTIALS_DIRECTORY}/secret_token"}],
        serve={"listen": "off", "token_file": "${CREDENTIALS_DIRECTORY}/secret_token"})
    outside = {key: value for key, value in os.environ.items() if key != "CREDENTIALS_DIRECTORY"}
    for check in (["blocwatchctl", "rules", "check"], ["blocwatchd", "--check"]):
        command = [BIN / check[0], "--config", config, *check[1:]]
        result = subprocess.run(command, env=outside, capture_output=True, text=True)
        said = result.stdout + result.stderr
        assert result.returncode == 0, said
        assert "is the service's own" in said and "fine" in said
        inside = {**outside, "CREDENTIALS_DIRECTORY": str(tmp_path)}
        result = subprocess.run(command, env=inside, capture_output=True, text=True)
        assert result.returncode == 2  # here it can be looked at, and is not there
        assert f"cannot read {tmp_path}/secret_token" in result.stdout + result.stderr
    doctor = ctl("--config", config, "doctor").stdout
    assert "ok   configuration" in doctor and "2 of 2 files of secrets" in doctor
    result = subprocess.run([BIN / "blocwatchd", "--config", config, "--once"], env=outside,
                            capture_output=True, text=True)
    assert result.returncode == 2 and "is not set" in result.stderr  # to run, it must be there


def test_sources_enable_and_disable(tmp_path):
    config = tmp_path / "c.yaml"
    text = "sources:\n  # mine\n  - id: a\n    url: http://127.0.0.1:1/\n"
    config.write_text(text)
    assert ctl("--config", config, "sources", "disable", "a").returncode == 0
    assert config.read_text() == text.replace("id: a\n", "id: a\n    enabled: false\n")
    assert "already" in ctl("--config", config, "sources", "disable", "a").stdout
    assert ctl("--config", config, "sources", "enable", "a").returncode == 0
    assert "enabled: true" in config.read_text()
    assert ctl("--config", config, "sources", "enable", "b").returncode == 1


# --- channels -----------------------------------------------------------------------------------

def test_channel_test(receiver, tmp_path):
    config = write_config(tmp_path, [], [{"id": "hook", "type": "webhook", "url": receiver.url},
                                         {"id": "down", "type": "webhook",
                                          "url": "http://127.0.0.1:1/"}])
    result = ctl("--config", config, "channel", "test", "hook")
    assert result.returncode == 0, result.stderr
    assert "hook: delivered" in result.stdout and "> POST" in result.stdout
    assert ctl("--config", config, "channel", "test", "down").returncode == 1
    result = ctl("--config", config, "channel", "test", "nobody")
    assert result.returncode == 1 and "nobody" in result.stderr
