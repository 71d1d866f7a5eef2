"""Sandboxed readers: what they may not do ends them, and costs nobody but the document's source.

The dev build's readers know documents by which a test asks them to misbehave."""
import json
import os
import signal
import time

import pytest

from support import rss, wait_for, write_config

HOOK = "blocwatch-test-hook:"


def sources_of(web, names, **more):
    return [{"id": name, "url": web.url(f"{name}.xml"), **more} for name in names]


def state_of(run, source):
    return {row["id"]: row for row in run.json("sources")}.get(source, {})


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(child) for child in file.read().split()]


@pytest.mark.parametrize("deed", ["open", "socket", "exec", "crash"])
def test_forbidden_deed_ends_the_reader(tmp_path, web, daemon, deed):
    (web.root / "poison.xml").write_text(HOOK + deed)
    (web.root / "good.xml").write_text(rss({"title": "Kazakhstan will not join BRICS"}))
    run = daemon(write_config(tmp_path, sources_of(web, ["poison", "good"])))
    run.wait_log("source failed source=poison")
    run.wait_log("hit rule=ca-bloc-membership")
    if deed != "crash":
        assert f"signal {signal.SIGSYS.value}" in run.log(), run.log()
    state = state_of(run, "poison")
    assert state["state"] == "quarantined" and "2 readers" in state["why"]
    [document] = (run.state / "quarantine").glob("*.document")
    assert document.read_text() == HOOK + deed
    assert "reason: " in document.with_suffix(".txt").read_text()
    assert run.stop() == 0


def test_poison_among_a_hundred(tmp_path, web, daemon):
    names = [f"feed{number}" for number in range(100)]
    for name in names:
        (web.root / f"{name}.xml").write_text(rss({"title": f"News of {name}"}, title=name))
    (web.root / "poison.xml").write_text(HOOK + "crash")
    run = daemon(write_config(tmp_path, sources_of(web, ["poison", *names]), readers=2,
                              polling={"interval": "1h", "interval_floor": "1h", "per_host": 8}))
    run.wait_log("polled source")
    wait_for(lambda: sum(row["state"] == "ok" for row in run.json("sources")) == 100, 120,
             "100 well sources")
    assert [row["id"] for row in run.json("sources") if row["state"] == "quarantined"] == ["poison"]
    assert run.stop() == 0


def test_killed_reader_is_replaced_and_nothing_is_lost(tmp_path, web, daemon):
    (web.root / "feed.xml").write_text(rss({"title": "Snow in Almaty"}))
    run = daemon(write_config(tmp_path, sources_of(web, ["feed"])))
    run.wait_log("polled source=feed")
    [reader] = children(run.process.pid)
    os.kill(reader, signal.SIGKILL)
    run.wait_log("reader replaced")
    (web.root / "feed.xml").write_text(rss({"title": "Uzbekistan will not join the EAEU"}))
    run.wait_log("hit rule=ca-bloc-membership")
    assert children(run.process.pid) != [reader]
    assert run.stop() == 0


def test_reader_process_is_locked(tmp_path, web, daemon):
    (web.root / "feed.xml").write_text(rss({"title": "Snow in Almaty"}))
    run = daemon(write_config(tmp_path, sources_of(web, ["feed"])))
    run.wait_log("polled source=feed")
    [reader] = children(run.process.pid)
    with open(f"/proc/{reader}/status") as file:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in file)
    assert status["Seccomp"].strip() == "2" and status["NoNewPrivs"].strip() == "1"
    with open(f"/proc/{reader}/limits") as file:
        limits = file.read()
    assert "Max file size             0" in limits and "Max core file size        0" in limits
    files = {fd: os.readlink(f"/proc/{reader}/fd/{fd}") for fd in os.listdir(f"/proc/{reader}/fd")}
    assert files.pop("3").startswith("socket:")
    assert files.pop("2") in ("/dev/null", str(run.log_file))  # sanitizers keep it for reports
    assert set(files.values()) == {"/dev/null"}, files
    assert run.stop() == 0


HOSTILE = {
    "laughs": "<?xml version='1.0'?><!DOCTYPE r [<!ENTITY a0 'ha'>"
              + "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 12))
              + "]><rss version='2.0'><channel><item><title>&a11;</title></item></channel></rss>",
    "quadratic": "<?xml version='1.0'?><!DOCTYPE r [<!ENTITY a '" + "x" * 100000 + "'>]>"
                 "<rss version='2.0'><channel><item><title>" + "&a;" * 20000
                 + "</title></item></channel></rss>",
    "file": "<?xml version='1.0'?><!DOCTYPE r [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>"
            "<rss version='2.0'><channel><item><title>x&a;y</title></item></channel></rss>",
    "deep": "<rss version='2.0'><channel><item><title>deep</title><description>"
            + "<b>" * 200000 + "</description></item></channel></rss>",
    "cdata": "<rss version='2.0'><channel><item><title><![CDATA[" + "z" * 8000000
             + "]]></title></item></channel></rss>",
    "items": "<rss version='2.0'><channel>" + "<item><title>t</title></item>" * 400000
             + "</channel></rss>",
    "attributes": "<rss version='2.0' " + " ".join(f"a{n}='1'" for n in range(200000))
                  + "><channel><item><title>attributes</title></item></channel></rss>",
}


def test_hostile_documents_leave_the_daemon_and_others_alone(tmp_path, web, daemon):
    for name, text in HOSTILE.items():
        (web.root / f"{name}.xml").write_text(text)
    (web.root / "bytes.xml").write_bytes(
        b"<rss version='2.0'><channel><item><title>a\xff\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80b"
        b"</title></item></channel></rss>")
    (web.root / "good.xml").write_text(rss({"title": "Kazakhstan will not join BRICS"}))
    names = [*HOSTILE, "bytes", "good"]
    run = daemon(write_config(tmp_path, sources_of(web, names), readers=2,
                              polling={"interval": "1h", "interval_floor": "1h", "per_host": 8}))
    run.wait_log("polled source=good")
    wait_for(lambda: all(row["last_poll"] for row in run.json("sources")), 180, "all polls")
    run.wait_log("hit rule=ca-bloc-membership")
    assert "root:" not in run.log()
    text = json.dumps([hit for hit in run.json("hits")])
    assert "root:x" not in text
    with open(f"/proc/{run.process.pid}/status") as file:
        assert "State:\tZ" not in file.read()
    begin = time.monotonic()
    assert run.stop() == 0
    assert time.monotonic() - begin < 5
