"""blocwatchctl: every command against a database that the daemon has written, and the contract of
its output and exit codes."""
import json
import re
import subprocess
import time

import pytest

from support import BIN, SOURCE, Daemon, ctl, rss, wait_for, write_config

KZ = {"title": "Kazakhstan Says It Will Not Join BRICS", "guid": "kz",
      "link": "https://news.example/kz", "summary": "Astana prefers the United Nations."}
UZ = {"title": "Uzbekistan decides against joining the Eurasian Economic Union", "guid": "uz",
      "link": "https://news.example/uz"}
OTHER = {"title": "Cotton harvest begins in O\u2018zbekiston", "guid": "cotton",
         "link": "https://news.example/cotton"}


@pytest.fixture(scope="module")
def polled(tmp_path_factory):
    """A database with three items of one source, two hits, and their alerts; one source failed."""
    folder = tmp_path_factory.mktemp("ctl")
    (folder / "feed.xml").write_text(rss(KZ, UZ, OTHER), encoding="utf-8")
    (folder / "page.xml").write_text("Invalid url")
    config = write_config(
        folder,
        [{"id": "local", "url": "file:feed.xml", "title": "Local news", "lang": "en"},
         {"id": "broken", "url": "file:page.xml"},
         {"id": "off", "url": "http://127.0.0.1:9/", "enabled": False}],
        [{"id": "log", "type": "journal"}],
        serve={"listen": "off", "standing": f"{SOURCE}/config/standing.yaml"})
    daemon = Daemon(config, folder / "state", "--once").start()
    assert daemon.wait_exit() == 0, daemon.log()
    return daemon


def lines(result):
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


# --- the command line ---------------------------------------------------------------------------

def commands():
    listing = ctl("--help").stdout
    return re.findall(r"^  ((?:[a-z]+)(?: [a-z]+)?)(?= |\n)", listing, re.M)


def test_help_is_everywhere():
    names = commands()
    assert {"hits", "sources", "alerts", "rules check", "rules test", "feed parse"} <= set(names)
    for name in names:
        result = ctl(*name.split(), "--help")
        assert result.returncode == 0 and result.stdout.startswith("usage: blocwatchctl"), name
        assert "--json" in result.stdout


def test_version():
    result = ctl("--version")
    assert result.returncode == 0
    assert re.fullmatch(r"blocwatchctl \d+\.\d+\.\d+\n", result.stdout)


@pytest.mark.parametrize("arguments, text", [
    ([], "usage:"),
    (["nonsense"], "nonsense: there is no such command"),
    (["rules"], "usage:"),
    (["alerts", "nonsense"], "nonsense"),
    (["hits", "--nonsense"], "--nonsense: there is no such option"),
    (["hits", "--since"], "--since needs a value"),
    (["hits", "--since", "soon"], "expected a time"),
    (["hits", "--limit", "-1"], "expected a number"),
    (["hits", "--stance", "jumps"], "there is no stance"),
    (["hits", "--json=1"], "takes no value"),
    (["feed", "parse"], "expected FILE"),
    (["feed", "parse", "a", "b"], "unexpected argument b"),
    (["alerts", "show", "x"], "expected an id"),
])
def test_misuse_is_told_and_ends_with_2(arguments, text):
    result = ctl(*arguments)
    assert result.returncode == 2
    assert text in result.stderr
    assert result.stdout == ""


def test_no_database(polled, tmp_path):
    for command in ("hits", "sources", "alerts", "items", "stories"):
        result = ctl("--config", polled.config, "--state-dir", tmp_path, command)
        assert result.returncode == 1
        assert f"no database at {tmp_path}/blocwatch.db: has blocwatchd run?" in result.stderr


def test_output_that_cannot_be_written(polled):
    with open("/dev/full", "w") as full:
        result = subprocess.run([BIN / "blocwatchctl", "--version"], stdout=full,
                                stderr=subprocess.PIPE, text=True)
    assert result.returncode == 1
    assert "cannot write" in result.stderr


# --- feed parse ---------------------------------------------------------------------------------

def test_feed_parse():
    result = ctl("feed", "parse", SOURCE / "config/sample/sample.xml", "--json")
    entries = lines(result)
    assert len(entries) == 20
    assert list(entries[0]) == ["id", "title", "link", "published", "updated", "author", "summary",
                                "lang"]
    assert entries[0]["published"] == "2024-10-16T11:42:00Z"
    assert entries[0]["updated"] is None
    text = ctl("feed", "parse", SOURCE / "config/sample/sample.xml").stdout
    assert entries[0]["title"] in text and entries[0]["link"] in text


def test_feed_parse_reads_standard_input():
    assert [entry["title"] for entry in lines(ctl("feed", "parse", "-", "--json", stdin=rss(KZ)))] \
        == [KZ["title"]]


def test_feed_parse_of_what_is_no_feed(tmp_path):
    (tmp_path / "x").write_text("Invalid url")
    result = ctl("feed", "parse", tmp_path / "x")
    assert result.returncode == 1
    assert "Invalid url" in result.stderr
    assert ctl("feed", "parse", tmp_path / "none").returncode == 1


# --- rules --------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", ["quickstart.yaml", "blocwatchd.yaml"])
def test_the_configuration_that_comes_along_is_fine(name):
    result = ctl("--config", SOURCE / "config" / name, "rules", "check")
    assert result.returncode == 0, result.stdout
    assert "fine: " in result.stdout
    assert "error" not in result.stdout and "warning" not in result.stdout


def test_rules_check_lists_every_error(tmp_path):
    config = tmp_path / "c.yaml"
    config.write_text("sources:\n  - {id: a, url: 'http://x/'}\n  - {id: a, url: nonsense}\n"
                      "rules:\n  - {id: r, event: {actor: nobody}}\n  - {id: s, severity: hgih}\n")
    result = ctl("--config", config, "rules", "check")
    assert result.returncode == 2
    assert f"{config}:3: source a: id: stands twice; first in {config}:2" in result.stdout
    assert f"{config}:3: source a: url: expected" in result.stdout
    assert f"{config}:5: rule r: event: actor: there is no set" in result.stdout
    assert "did you mean high?" in result.stdout


def test_rules_check_looks_into_queries(tmp_path):
    config = tmp_path / "c.yaml"
    config.write_text("lexicon: [{set: brics, facet: topic, terms: {any: [brics]}}]\n"
                      "rules:\n  - id: r\n    query: '@brisc AND (x'\n")
    result = ctl("--config", config, "rules", "check")
    assert result.returncode == 2
    assert f"{config}:4" in result.stdout and "rule r" in result.stdout


def test_rules_test(polled):
    items = "".join(json.dumps(item) + "\n" for item in (
        {"id": "1", "title": KZ["title"], "summary": "", "lang": "en"},
        {"id": "2", "title": "Football tonight", "summary": None},
        {"id": "3", "title": UZ["title"], "source": "local", "published": "2024-10-16T11:42:00Z"}))
    result = ctl("--config", polled.config, "rules", "test", "-", "--json", stdin=items)
    answers = result.stdout.splitlines()
    assert answers[0] == ('{"id":"1","hits":[{"rule":"ca-bloc-membership","events":'
                          '[{"actor":"KZ","stance":"declines","bloc":"BRICS"}]}]}')
    assert answers[1] == '{"id":"2","hits":[]}'
    assert json.loads(answers[2])["hits"][0]["events"][0]["bloc"] == "EAEU"
    text = ctl("--config", polled.config, "rules", "test", "-", stdin=items).stdout
    assert "KZ declines BRICS" in text


def test_rules_test_knows_all_fields(tmp_path):
    fields = {"category": "Politics", "author": "Aigul", "link": "politics", "source": "desk",
              "lang": "en", "title": "snow", "text": "pass"}
    config = tmp_path / "c.yaml"
    config.write_text("rules:\n" + "".join(f"  - {{id: {name}, title: t, query: '{name}:{word}'}}\n"
                                           for name, word in fields.items()))
    item = {"id": "1", "title": "Snow", "summary": "A pass is closed", "author": "Aigul B.",
            "link": "https://news.example/politics/1", "source": "desk", "lang": "en",
            "categories": ["Weather", "Politics"]}
    result = ctl("--config", config, "rules", "test", "-", "--json", stdin=json.dumps(item))
    assert [hit["rule"] for hit in json.loads(result.stdout)["hits"]] == list(fields)


@pytest.mark.parametrize("line, text", [
    ("{", "standard input:2: not JSON"),
    ("[]", "standard input:2: expected an object"),
    ('{"title":"x"}', "standard input:2: id: is missing"),
    ('{"id":"1","title":5}', "standard input:2: title: expected text"),
    ('{"id":"1","published":"soon"}', "standard input:2: published: expected a time"),
    ('{"id":"1","categories":["a",2]}', "standard input:2: categories: expected a list of texts"),
    ('{"id":"1","categories":"a"}', "standard input:2: categories: expected a list of texts"),
])
def test_rules_test_names_the_wrong_line(polled, line, text):
    result = ctl("--config", polled.config, "rules", "test", "-", "--json",
                 stdin='{"id":"0","title":"x"}\n' + line + "\n")
    assert result.returncode == 2
    assert text in result.stderr
    assert len(result.stdout.splitlines()) == 1


def test_rules_explain(polled):
    item = json.dumps({"id": "1", "title": KZ["title"]})
    result = ctl("--config", polled.config, "rules", "explain", "ca-bloc-membership", "-",
                 stdin=item)
    assert result.returncode == 0
    assert "KZ declines BRICS" in result.stdout
    result = ctl("--config", polled.config, "rules", "explain", "nobody", "-", stdin=item)
    assert result.returncode == 2


# --- questions ----------------------------------------------------------------------------------

def test_hits(polled):
    hits = polled.json("hits")
    assert len(hits) == 2
    assert list(hits[0]) == ["id", "time", "rule", "severity", "source", "title", "link",
                             "published", "events", "matched"]
    by_title = {hit["title"]: hit for hit in hits}
    hit = by_title[KZ["title"]]
    assert hit["events"] == [{"actor": "KZ", "stance": "declines", "bloc": "BRICS"}]
    assert hit["rule"] == "ca-bloc-membership" and hit["source"] == "local"
    assert hit["link"] == KZ["link"]
    assert "BRICS" in hit["matched"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", hit["time"])


def test_hits_are_chosen(polled):
    def titles(*options):
        return [hit["title"] for hit in polled.json("hits", *options)]

    assert titles("--bloc", "BRICS") == [KZ["title"]]
    assert titles("--actor", "UZ") == [UZ["title"]]
    assert titles("--rule", "nobody") == []
    assert len(titles("--limit", "1")) == 1
    assert len(titles("--since", "1h")) == 2
    assert titles("--since", "2999-01-01") == []
    assert len(titles("--since", "2020-01-01T00:00:00+05:00")) == 2
    assert "no hits" in polled.ctl("hits", "--rule", "nobody").stdout


def test_sources(polled):
    sources = {row["id"]: row for row in polled.json("sources")}
    assert set(sources) == {"local", "broken", "off"}
    assert sources["local"]["state"] == "ok" and sources["local"]["items"] == 3
    assert sources["local"]["next_due"] is not None
    assert sources["broken"]["failures"] == 1
    assert "Invalid url" in sources["broken"]["why"]
    assert sources["off"]["state"] == "disabled" and sources["off"]["next_due"] is None
    text = polled.ctl("sources").stdout
    assert text.splitlines()[0].startswith("SOURCE")
    assert polled.ctl("sources", "list").stdout.splitlines()[0] == text.splitlines()[0]


def test_a_source_that_has_never_been_polled_is_new(polled, tmp_path):
    config = write_config(tmp_path, [{"id": "fresh", "url": "http://127.0.0.1:9/"}])
    rows = lines(ctl("--config", config, "--state-dir", polled.state, "sources", "--json"))
    assert [(row["id"], row["state"], row["last_poll"]) for row in rows] == [("fresh", "new", None)]


def test_alerts(polled):
    alerts = polled.json("alerts")
    assert {alert["state"] for alert in alerts} == {"delivered"}
    assert KZ["title"] in {alert["title"] for alert in alerts}
    assert polled.json("alerts", "--state", "dead") == []
    shown = polled.json("alerts", "show", str(alerts[0]["alert"]))
    assert shown[0]["key"] and shown[0]["payload"]["item"]["title"]
    assert polled.ctl("alerts", "show", "999").returncode == 1
    assert polled.ctl("alerts", "--state", "lost").returncode == 2


def test_alerts_why(polled):
    for hit in polled.json("hits"):
        why = polled.json("alerts", "why", str(hit["id"]))[0]
        assert why["fate"] == "alerted" and why["alert"] and why["reason"]
    assert polled.ctl("alerts", "why", "999").returncode == 1


def test_stories_items_and_search(polled):
    assert {story["title"] for story in polled.json("stories")} == {KZ["title"], UZ["title"]}
    assert [e["bloc"] for e in polled.json("stories", "--bloc", "BRICS")[0]["events"]] == ["BRICS"]
    assert len(polled.json("items")) == 3
    for word in ("o'zbekiston", "O\u2018ZBEKISTON", "o\u02bbzbekiston", "O`zbekiston"):
        assert [item["title"] for item in polled.json("search", word)] == [OTHER["title"]], word
    assert polled.json("search", "nowhere") == []


def test_tail(polled):
    tail = subprocess.Popen([BIN / "blocwatchctl", "--config", polled.config, "--state-dir",
                             polled.state, "tail", "--json", "--since", "1d"],
                            stdout=subprocess.PIPE, text=True)
    try:
        seen = [json.loads(tail.stdout.readline()) for _ in range(2)]
    finally:
        tail.terminate()
        tail.wait(10)
    assert {hit["title"] for hit in seen} == {KZ["title"], UZ["title"]}
    assert seen[0]["id"] < seen[1]["id"]


# --- changes ------------------------------------------------------------------------------------

def test_silences(polled):
    made = polled.json("silence", "add", "actor=TM", "bloc=WTO", "--for", "2h", "--comment", "why")
    held = polled.json("silence")
    assert [(row["id"], row["matchers"], row["comment"]) for row in held] == \
        [(made[0]["id"], "actor=TM bloc=WTO", "why")]
    assert polled.ctl("silence", "end", str(made[0]["id"])).returncode == 0
    assert polled.json("silence") == []
    assert len(polled.json("silence", "--all")) == 1
    assert polled.ctl("silence", "add", "nonsense", "--for", "2h").returncode == 2
    assert polled.ctl("silence", "add", "actor=TM").returncode == 2


def test_dead_alerts_are_replayed_and_dropped(tmp_path):
    (tmp_path / "feed.xml").write_text(rss(KZ))
    config = write_config(tmp_path, [{"id": "local", "url": "file:feed.xml"}],
                          [{"id": "hook", "type": "exec", "command": ["/bin/false"]}],
                          alerting={"give_up": "1s"})
    daemon = Daemon(config, tmp_path / "state").start()
    try:
        daemon.wait_log("starts")
        wait_for(lambda: daemon.json("alerts", "--state", "dead"), 90, "a dead alert")
    finally:
        daemon.stop()
    alert = daemon.json("alerts", "--state", "dead")[0]["alert"]
    assert daemon.json("alerts", "replay", str(alert)) == [{"changed": 1}]
    assert len(daemon.json("alerts", "--state", "pending")) == 1
    assert daemon.json("alerts", "drop", str(alert)) == [{"changed": 1}]
    assert len(daemon.json("alerts", "--state", "dropped")) == 1
    assert daemon.ctl("alerts", "replay").returncode == 2


def test_backup_and_prune(polled, tmp_path):
    copy = tmp_path / "copy" / "blocwatch.db"
    copy.parent.mkdir()
    assert polled.ctl("backup", copy).returncode == 0
    assert polled.ctl("backup", copy).returncode == 1  # it exists
    there = ["--config", polled.config, "--state-dir", copy.parent]
    assert len(lines(ctl(*there, "hits", "--json"))) == 2
    time.sleep(1.1)
    assert lines(ctl(*there, "prune", "--items", "1s", "--json")) == [{"removed": 1}]
    assert len(lines(ctl(*there, "items", "--json"))) == 2  # those with hits stay
    assert len(polled.json("items")) == 3


# --- completion ---------------------------------------------------------------------------------

def complete(line):
    """What bash offers at the end of the line."""
    words = line.split(" ")
    script = (f'eval "$({BIN}/blocwatchctl completion bash)"\n'
              f"COMP_WORDS=({' '.join(repr(word) for word in words)})\n"
              f"COMP_CWORD={len(words) - 1}\n_blocwatchctl\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"")
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return set(done.stdout.split())


def test_completion_in_bash():
    assert {"hits", "rules", "sources", "doctor"} <= complete("blocwatchctl ")
    assert complete("blocwatchctl hi") == {"hits"}
    assert {"check", "test", "explain", "backtest"} == complete("blocwatchctl rules ")
    assert "why" in complete("blocwatchctl --config x alerts w")
    assert "--since" in complete("blocwatchctl hits --s")
    assert "--for" in complete("blocwatchctl silence add actor=KZ --f")
    assert "--for" not in complete("blocwatchctl silence --f")
    assert "--json" in complete("blocwatchctl stories --j")


def test_completion_of_other_shells():
    assert ctl("completion", "zsh").stdout.startswith("#compdef blocwatchctl\n")
    fish = ctl("completion", "fish").stdout
    assert "-a hits" in fish and "-l since" in fish
    assert ctl("completion", "tcsh").returncode == 2
