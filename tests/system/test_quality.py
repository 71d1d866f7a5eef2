"""The labelled news items: well formed, measured rightly by script/quality, and never below the ratchet."""
import json
import subprocess
import sys
from collections import Counter, defaultdict

import pytest

from support import BIN, SOURCE

QUALITY = SOURCE / "script" / "quality"
ITEMS = SOURCE / "tests" / "quality" / "items.jsonl"
WIDE = SOURCE / "tests" / "quality" / "wide.jsonl"
LANGUAGES = {"en", "ru", "kk", "uz", "ky", "tg", "tk"}
STATES = {"KZ", "UZ", "KG", "TJ", "TM"}
BLOCS = {"BRICS", "EAEU", "CSTO", "SCO", "CIS", "OTS", "WTO", "UnionState"}
STANCES = {"join", "apply", "observer", "partner", "consider", "decline", "withdraw", "suspend", "criticise", "ratify",
           "stay", "none"}


def quality(*arguments):
    return subprocess.run([QUALITY, *map(str, arguments)], capture_output=True, text=True, timeout=240)


def read(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def items():
    return read(ITEMS)


def test_no_figure_is_below_the_ratchet():
    done = quality("--blocwatchctl", BIN / "blocwatchctl", "--check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_items_are_well_formed(items):
    items = items + read(WIDE)
    assert max(Counter(item["id"] for item in items).values()) == 1
    assert max(Counter((item["title"], item["summary"]) for item in items).values()) == 1
    for item in items:
        assert item["lang"] in LANGUAGES and item["split"] in ("dev", "held"), item
        assert item["stance"] in STANCES and set(item.get("also", [])) <= STANCES - {"none"}, item
        assert set(item["bloc"]) <= BLOCS and item["title"] and "summary" in item, item
        if item["relevant"]:
            assert item["bloc"] and item["country"] and set(item["country"]) <= STATES, item
        else:
            assert item["stance"] == "none" and "also" not in item and "events" not in item, item
        for actor, stance, bloc in item.get("events", []):
            assert actor in item["country"] and stance in STANCES - {"none"} and bloc in item["bloc"], item


def test_set_is_large_and_balanced(items):
    assert len(items) >= 420
    assert min(Counter(item["lang"] for item in items).values()) >= 45
    assert 0.4 <= sum(item["relevant"] for item in items) / len(items) <= 0.6
    assert 0.35 <= sum(item["split"] == "held" for item in items) / len(items) <= 0.5


def test_clusters_stay_within_language_and_split(items):
    clusters = defaultdict(list)
    for item in items:
        if "cluster" in item:
            clusters[item["cluster"]].append((item["lang"], item["split"]))
    assert len(clusters) >= 25
    for name, members in clusters.items():
        assert 2 <= len(members) <= 5 and len(set(members)) == 1, name


@pytest.fixture
def small(tmp_path):
    """A labelled set of three items, a tool that answers as told, and a run of script/quality with both."""
    labelled = [
        {"id": "a", "country": ["KZ"], "bloc": ["BRICS"], "stance": "decline", "relevant": True},
        {"id": "b", "country": ["KG"], "bloc": ["EAEU"], "stance": "stay", "relevant": True},
        {"id": "c", "country": ["AM"], "bloc": ["CSTO"], "stance": "none", "relevant": False}]
    text = {"lang": "en", "split": "dev", "title": "t", "summary": "s", "source": "x"}
    items = tmp_path / "items.jsonl"
    items.write_text("".join(json.dumps(item | text) + "\n" for item in labelled))
    tool = tmp_path / "blocwatchctl"
    ratchet = tmp_path / "ratchet.json"

    def run(answers, *arguments):
        hits = {key: [{"rule": "ca-bloc-membership", "events": [dict(zip(("actor", "stance", "bloc"), event))
                                                                for event in events]}] if events else []
                for key, events in answers.items()}
        tool.write_text(f"#!{sys.executable}\nimport json, sys\nhits = {hits!r}\nfor line in sys.stdin:\n"
                        "    key = json.loads(line)['id']\n"
                        "    print(json.dumps({'id': key, 'hits': hits.get(key, [])}))\n")
        tool.chmod(0o755)
        return quality("--blocwatchctl", tool, "--items", items, "--ratchet", ratchet, *arguments)

    return run


PERFECT = {"a": [("KZ", "declines", "BRICS")], "b": [("KG", "stays", "EAEU")]}


def row(done, lang="all"):
    return next(line.split() for line in done.stdout.splitlines() if line.startswith(lang))[1:]


def test_perfect_answers_score_one(small):
    done = small(PERFECT)
    assert done.returncode == 0
    assert row(done) == ["3"] + ["1.000"] * 8


def test_wrong_answers_cost_what_they_should(small):
    # one found with the wrong stance, one missed, one false alarm
    done = small({"a": [("KZ", "joins", "BRICS")], "c": [("KZ", "leaves", "CSTO")]}, "--misses")
    assert row(done) == ["3", "0.500", "0.500", "0.500", "1.000", "1.000", "0.000", "0.000", "0.000"]
    assert "stance,event  a en" in done.stdout and "fn  b en" in done.stdout and "fp  c en" in done.stdout


def test_one_event_too_many_is_not_the_event(small):
    done = small(PERFECT | {"a": PERFECT["a"] + [("UZ", "joins", "BRICS")]})
    assert row(done) == ["3", "1.000", "1.000", "1.000", "0.500", "1.000", "1.000", "0.500", "0.500"]


def test_ratchet_rises_and_never_lowers(small):
    worse = {"a": PERFECT["a"]}
    assert small(worse, "--update").returncode == 0
    assert small(worse, "--check").returncode == 0
    assert small(PERFECT, "--update").returncode == 0
    assert small(worse, "--update").returncode == 0
    done = small(worse, "--check")
    assert done.returncode == 1 and "dev all recall: 0.5 < 1" in done.stderr


def test_a_tool_that_fails_is_not_measured(small, tmp_path):
    done = quality("--blocwatchctl", "/bin/false", "--items", ITEMS)
    assert done.returncode == 2 and "ended with 1" in done.stderr
