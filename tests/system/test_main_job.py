"""The way of an item, end to end: nginx → daemon → store → exec and webhook."""
import json
import re
import shutil
import socket
import subprocess
import time

from support import BIN, SOURCE, Receiver, ctl, rss, wait_for, write_config

BRICS = {"title": "Kazakhstan will not seek BRICS membership for now", "guid": "kz-brics",
         "summary": "Kazakhstan has no plans to join BRICS, spokesman Berik Uali said."}
EAEU = {"title": "Uzbekistan decides against joining the Eurasian Economic Union", "guid": "uz-eaeu"}
WEATHER = {"title": "Snow closes the mountain pass above Almaty", "guid": "snow"}


def exec_channel(folder):
    """A channel that appends each alert as a line to a file."""
    out = folder / "alerts.jsonl"
    script = folder / "receive"
    script.write_text(f"#!/bin/sh\ncat >> {out}; echo >> {out}\n")
    script.chmod(0o755)
    channel = {"id": "file", "type": "exec", "command": [str(script)]}
    return channel, lambda: [json.loads(line) for line in out.read_text().splitlines()
                             if line] if out.exists() else []


def hook(url, **more):
    return {"id": "hook", "type": "webhook", "url": url, **more}


def polls(web, status=None):
    return [line for line in web.log() if status is None or f" {status} " in line]


def publish(web, *items):
    """Replaces the file at once, with another size and mtime."""
    new = web.root / "new"
    new.write_text(rss(*items))
    new.rename(web.root / "feed.xml")


def test_new_item_alerts_once_on_each_channel(tmp_path, web, receiver, daemon):
    channel, alerts = exec_channel(tmp_path)
    publish(web, WEATHER)
    config = write_config(tmp_path, [{"id": "feed", "url": web.url("feed.xml")}],
                          [channel, hook(receiver.url)])
    run = daemon(config)
    wait_for(lambda: polls(web, 304), text="a conditional request")
    assert not alerts() and not receiver.requests

    publish(web, BRICS, WEATHER)
    wait_for(lambda: alerts() and receiver.accepted(), text="the alert")
    count = len(polls(web, 304))
    wait_for(lambda: len(polls(web, 304)) >= count + 2, text="two further polls")
    assert len(alerts()) == 1 and len(receiver.accepted()) == 1

    conditional = polls(web, 304)[0]
    assert 'inm=""' not in conditional or 'ims=""' not in conditional
    [hit] = run.json("hits")
    assert hit["rule"] == "ca-bloc-membership" and hit["source"] == "feed"
    assert hit["title"] == BRICS["title"] and hit["link"].startswith("https://news.example/")
    assert {"actor": "KZ", "stance": "declines", "bloc": "BRICS"} in hit["events"]
    assert any("BRICS" in words for words in hit["matched"])
    states = [row["state"] for row in run.json("alerts")]
    assert states == ["delivered", "delivered"]
    assert run.stop() == 0


def test_receiver_that_is_down_gets_it_once_when_it_is_up(tmp_path, web, daemon):
    receiver = Receiver([503, 500, 503])
    publish(web, EAEU)
    config = write_config(tmp_path, [{"id": "feed", "url": web.url("feed.xml")}],
                          [hook(receiver.url, backoff="200ms")])
    run = daemon(config)
    wait_for(receiver.accepted, 90, "the fourth try")
    run.stop()
    assert [status for status, _, _ in receiver.requests] == [503, 500, 503, 200]
    assert len({headers["Idempotency-Key"] for _, headers, _ in receiver.requests}) == 1
    receiver.stop()


def test_killed_between_commit_and_delivery(tmp_path, web, daemon):
    """The receiver hangs while the daemon is killed; after the restart it gets the same key."""
    receiver = Receiver([503] * 1000)
    publish(web, BRICS)
    config = write_config(tmp_path, [{"id": "feed", "url": web.url("feed.xml")}],
                          [hook(receiver.url, backoff="100ms")],
                          polling={"interval": "1h", "interval_floor": "1h"})
    run = daemon(config)
    wait_for(lambda: receiver.requests, text="a first try")
    run.kill()
    receiver.statuses.clear()
    count = len(polls(web))
    again = daemon(config)
    wait_for(receiver.accepted, 60, "the delivery")
    assert again.stop() == 0
    assert len(receiver.accepted()) == 1
    assert len({headers["Idempotency-Key"] for _, headers, _ in receiver.requests}) == 1
    assert len(polls(web)) == count, "a restart polled what was not due"


def test_once(tmp_path, web, daemon):
    publish(web, BRICS, WEATHER)
    config = write_config(tmp_path, [{"id": "feed", "url": web.url("feed.xml")},
                                     {"id": "none", "url": web.url("missing.xml")}])
    run = daemon(config, "--once")
    assert run.wait_exit() == 0, run.log()
    assert len(run.json("hits")) == 1
    shutil.rmtree(run.state)
    config = write_config(tmp_path, [{"id": "none", "url": web.url("missing.xml")}])
    run = daemon(config, "--once")
    assert run.wait_exit() == 1, run.log()


def test_answer_that_is_no_feed_is_a_failure_with_its_text(tmp_path, web, daemon):
    (web.root / "bad.xml").write_text("Invalid url")
    config = write_config(tmp_path, [{"id": "bad", "url": web.url("bad.xml")}])
    run = daemon(config, "--once")
    assert run.wait_exit() == 1
    assert "Invalid url" in run.log()
    [source] = run.json("sources")
    assert source["state"] == "failing" and "Invalid url" in source["why"]


def test_bad_reload_keeps_the_running_rules(tmp_path, web, daemon):
    publish(web, WEATHER)
    config = write_config(tmp_path, [{"id": "feed", "url": web.url("feed.xml")}])
    run = daemon(config)
    wait_for(lambda: polls(web, 304), text="a second poll")
    good = config.read_text()
    config.write_text(good.replace('"sources"', '"sourcez"'))
    run.reload()
    run.wait_log("the old one stays")
    assert "sourcez" in run.log()
    publish(web, BRICS)
    run.wait_log("hit rule=ca-bloc-membership")
    config.write_text(good.replace('"feed"', '"renamed"'))
    run.reload()
    run.wait_log("configuration reloaded")
    run.wait_log("polled source=renamed")
    assert run.stop() == 0


def test_one_daemon_per_state_directory(tmp_path, web, daemon):
    publish(web, WEATHER)
    config = write_config(tmp_path, [{"id": "feed", "url": web.url("feed.xml")}])
    run = daemon(config)
    run.wait_log("starts")
    second = subprocess.run([BIN / "blocwatchd", "--config", config, "--state-dir", run.state],
                            capture_output=True, text=True, timeout=30)
    assert second.returncode == 1
    assert f"in use by another blocwatchd (process {run.process.pid})" in second.stderr
    begin = time.monotonic()
    assert run.stop() == 0
    assert time.monotonic() - begin < 5


def test_quickstart_shows_the_sample_hits(tmp_path, daemon):
    run = daemon(SOURCE / "config/quickstart.yaml")
    run.wait_log("hit rule=ca-bloc-membership.*UZ", 60)
    hits = wait_for(lambda: (lambda rows: rows if len(rows) >= 2 else None)(run.json("hits")))
    events = {(event["actor"], event["bloc"]) for hit in hits for event in hit["events"]}
    assert ("KZ", "BRICS") in events and ("UZ", "EAEU") in events
    assert all(hit["source"].startswith("sample") for hit in hits)
    assert run.stop() == 0


def test_notify_protocol(tmp_path, web, daemon):
    """Ready only when it runs, alive, reloading and ready again, stopping: as systemd sees it."""
    address = str(tmp_path / "notify")
    publish(web, WEATHER)
    config = write_config(tmp_path, [{"id": "feed", "url": web.url("feed.xml")}])
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address)
        manager.settimeout(60)

        def told(others=(b"WATCHDOG=1",)):
            while True:
                message = manager.recv(4096)
                if message not in others:
                    return message

        run = daemon(config, env={"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "600000"})
        assert told(others=()) == b"READY=1"
        assert told(others=()) == b"WATCHDOG=1" and told(others=()) == b"WATCHDOG=1"
        run.reload()
        assert re.fullmatch(rb"RELOADING=1\nMONOTONIC_USEC=\d+", told())
        assert told() == b"READY=1"
        config.write_text("nonsense: true")
        run.reload()
        assert told().startswith(b"RELOADING=1")
        assert told() == b"READY=1"  # with the old configuration
        run.process.terminate()
        assert told() == b"STOPPING=1"
        assert run.wait_exit() == 0


def test_no_watchdog_unless_asked(tmp_path, web, daemon):
    address = str(tmp_path / "notify")
    publish(web, WEATHER)
    config = write_config(tmp_path, [{"id": "feed", "url": web.url("feed.xml")}])
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address)
        manager.settimeout(60)
        run = daemon(config, env={"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "600000",
                                  "WATCHDOG_PID": "1"})
        assert manager.recv(4096) == b"READY=1"
        wait_for(lambda: polls(web, 304), text="a second poll")
        run.process.terminate()
        assert manager.recv(4096) == b"STOPPING=1"
        assert run.wait_exit() == 0


def test_check_lists_every_error(tmp_path):
    config = write_config(tmp_path, [{"id": "a", "url": "https://a.example/"},
                                     {"id": "a", "url": "https://b.example/"}],
                          rules=[{"id": "r", "event": {"actor": ["nobody"], "bloc": ["brics"]}},
                                 {"id": "q", "query": "(unbalanced"}], lexicon=[])
    result = subprocess.run([BIN / "blocwatchd", "--config", config, "--check"],
                            capture_output=True, text=True)
    assert result.returncode == 2
    for text in ["blocwatchd.yaml:", "nobody", "brics"]:
        assert text in result.stderr
    assert ctl("--config", config, "rules", "check").returncode == 2
