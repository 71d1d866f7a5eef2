"""What may go wrong around the daemon: disks, kills, reloads, hanging peers, odd directories. It says
so clearly, goes on, and loses nothing."""
import json
import os
import random
import re
import resource
import shutil
import signal
import socket
import sqlite3
import stat
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from pathlib import Path

import pytest

from support import BIN, Daemon, Receiver, free_port, rss, wait_for, write_config

RULES = {"rules": [{"id": "all", "title": "Everything", "severity": "high", "query": "brics"}],
         "lexicon": []}
ENDS_WITHIN = 5  # seconds, promised
SYLLABLES = "ba ce di fo gu ha je ki lo mu na pe ri so tu va we xi yo zu".split()


def words(draw, count):
    return " ".join("".join(draw.choice(SYLLABLES) for _ in range(4)) for _ in range(count))


def make_item(number, draw, size=12):
    """One that is a story of its own: hardly a word in common with the others."""
    return {"title": f"BRICS {number} {words(draw, 9)}", "guid": f"g{number}",
            "link": f"https://news.example/{number}", "summary": words(draw, size)}


def publish(path, *items, text=None):
    """Replaces a file at once."""
    new = path.with_suffix(".new")
    new.write_text(rss(*items) if text is None else text)
    new.rename(path)


def file_source(path, **more):
    return {"id": path.stem, "url": f"file:{path}", **more}


def stored_titles(run):
    """How often each item is in the database."""
    path = Path(run.state) / "blocwatch.db"
    if not path.exists():
        return Counter()
    base = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
    try:
        return Counter(row[0] for row in base.execute("SELECT title FROM item"))
    except sqlite3.OperationalError:
        return Counter()  # not made yet
    finally:
        base.close()


def source_state(run, source):
    return {row["id"]: row for row in run.json("sources")}[source]


def alerts_of(receiver):
    """Title → the keys that it came under."""
    taken = {}
    for _, headers, body in receiver.accepted():
        alert = json.loads(body)
        for each in alert.get("alerts", [alert]):
            if each.get("hit"):
                taken.setdefault(each["hit"], set()).add(headers["Idempotency-Key"])
    return taken


def metrics(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as answer:
        lines = answer.read().decode().splitlines()
    return {line.split()[0].removeprefix("blocwatch_"): float(line.split()[1])
            for line in lines if line and line[0] != "#"}


def ends_well(run):
    begin = time.monotonic()
    assert run.stop() == 0, run.log()
    assert time.monotonic() - begin < ENDS_WITHIN
    assert "Sanitizer" not in run.log() and "runtime error" not in run.log(), run.log()


# --- the disk --------------------------------------------------------------------------------------

class SmallDisk:
    """A file system of its own that can be filled to the last byte."""

    def __init__(self, folder):
        self.folder, self.filler = folder, folder / "filler"
        folder.mkdir()
        if os.getuid() != 0 or subprocess.run(
                ["mount", "-t", "tmpfs", "-o", "size=32m,mode=700", "tmpfs", folder],
                capture_output=True).returncode != 0:
            pytest.skip("a file system cannot be mounted here")

    def fill(self, run):
        with open(self.filler, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass

    def empty(self, run):
        self.filler.unlink()

    def end(self):
        subprocess.run(["umount", "-l", self.folder], check=True)


class SmallFiles:
    """No file may grow: what every user can have a process feel."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()

    def fill(self, run):
        resource.prlimit(run.process.pid, resource.RLIMIT_FSIZE,
                         (256 << 10, resource.RLIM_INFINITY))

    def empty(self, run):
        resource.prlimit(run.process.pid, resource.RLIMIT_FSIZE,
                         (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    def end(self):
        pass


@pytest.mark.parametrize("disk", [SmallDisk, SmallFiles])
def test_full_disk(tmp_path, receiver, disk):
    draw = random.Random(1)
    disk = disk(tmp_path / "disk")
    hook = {"id": "hook", "type": "webhook", "url": receiver.url}
    feeds = [tmp_path / f"feed{number}.xml" for number in range(3)]
    items = {feed: [make_item(f"{feed.stem}-0", draw)] for feed in feeds}
    for feed in feeds:
        publish(feed, *items[feed])
    config = write_config(tmp_path, [file_source(feed) for feed in feeds], [hook], **RULES,
                          route={"channels": ["hook"], "rate": {"limit": 0, "period": "1m"}})
    run = Daemon(config, disk.folder / "state")
    run.log_file = tmp_path / "log"
    try:
        run.start()
        wait_for(lambda: len(stored_titles(run)) == 3, text="the first items")
        wait_for(lambda: len(alerts_of(receiver)) == 3, text="their alerts")
        disk.fill(run)
        for round in range(1, 4):
            for feed in feeds:
                items[feed] += [make_item(f"{feed.stem}-{round}-{n}", draw, 2000) for n in range(12)]
                publish(feed, *items[feed])
            run.reload()  # what could not be stored is asked for at once
            run.wait_log(f"(?s)(configuration reloaded.*){{{round}}}")
            run.wait_log("cannot store")
        assert run.process.poll() is None
        disk.empty(run)
        run.reload()
        expected = {item["title"] for feed in feeds for item in items[feed]}
        wait_for(lambda: set(stored_titles(run)) == expected, 60, "every item")
        wait_for(lambda: len(alerts_of(receiver)) == len(expected), 60, "every alert")
        assert set(stored_titles(run).values()) == {1}
        run.wait_log("the store works again")
        assert run.log().count("cannot store") == 1, run.log()
        ends_well(run)
    finally:
        if run.process.poll() is None:
            run.kill()
        disk.end()


def test_delivery_that_cannot_be_recorded(tmp_path):
    """The disk fills up between an alert's commit and its delivery: told once, not in a loop."""
    receiver, feed = Receiver([503] * 1000), tmp_path / "feed.xml"
    publish(feed, {"title": "BRICS"})
    hook = {"id": "hook", "type": "webhook", "url": receiver.url, "backoff": "200ms",
            "backoff_cap": "200ms"}
    config = write_config(tmp_path, [file_source(feed)], [hook], **RULES)
    process = subprocess.Popen([BIN / "blocwatchd", "--config", config, "--state-dir",
                                tmp_path / "state"], stderr=subprocess.PIPE)
    try:
        wait_for(lambda: receiver.requests, text="a first try")
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        receiver.statuses.clear()
        wait_for(receiver.accepted, text="the delivery")
        time.sleep(2)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE,
                         (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        run = Daemon(config, tmp_path / "state")
        wait_for(lambda: [row["state"] for row in run.json("alerts")] == ["delivered"],
                 text="its record")
        assert len(receiver.accepted()) == 1
    finally:
        process.terminate()
        log = process.communicate()[1].decode()
        receiver.stop()
    assert process.returncode == 0 and log.count("cannot record a delivery") == 1, log


def breaks_newer(state):
    base = sqlite3.connect(state / "blocwatch.db")
    base.execute("PRAGMA user_version = 9999")
    base.commit()
    base.close()


def breaks_bytes(state):
    (state / "blocwatch.db").write_bytes(random.Random(2).randbytes(40000))


def breaks_lock(state):
    shutil.rmtree(state)
    state.write_text("a file")


@pytest.mark.parametrize("breaks, says", [
    (breaks_newer, "made by a newer blocwatch"), (breaks_bytes, "not a database"),
    (breaks_lock, "Not a directory")])
def test_state_that_cannot_be_used(tmp_path, daemon, breaks, says):
    feed = tmp_path / "feed.xml"
    publish(feed, {"title": "BRICS"})
    config = write_config(tmp_path, [file_source(feed)], **RULES)
    assert daemon(config, "--once").wait_exit() == 0
    breaks(tmp_path / "state")
    run = daemon(config)
    assert run.wait_exit() == 1
    [line] = run.log().splitlines()
    assert "cannot start" in line and says in line and str(tmp_path / "state") in line


# --- the process -----------------------------------------------------------------------------------

def test_kills_while_a_feed_grows(tmp_path, receiver, daemon):
    kills, draw = 20, random.Random(int(os.environ.get("CHAOS_SEED", time.time())))
    feed, items, over = tmp_path / "feed.xml", [], threading.Event()

    def grow():
        while not over.wait(0.1):
            items.append(make_item(len(items), draw))
            publish(feed, *items)

    publish(feed)
    grower = threading.Thread(target=grow)
    grower.start()
    hook = {"id": "hook", "type": "webhook", "url": receiver.url, "backoff": "100ms"}
    config = write_config(tmp_path, [file_source(feed)], [hook], **RULES,
                          route={"channels": ["hook"], "rate": {"limit": 0, "period": "1m"}})
    try:
        for _ in range(kills):
            run = daemon(config)
            time.sleep(draw.uniform(0.05, 0.9))
            run.kill()
    finally:
        over.set()
        grower.join()
    run = daemon(config)
    wait_for(lambda: len(stored_titles(run)) == len(items), text="every item")
    wait_for(lambda: len(alerts_of(receiver)) == len(items), text="every alert")
    ends_well(run)
    assert stored_titles(run) == {item["title"]: 1 for item in items}
    assert all(len(keys) == 1 for keys in alerts_of(receiver).values())


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return file.read().split()


def test_killed_daemon_leaves_no_reader(tmp_path, daemon):
    """Not even one that hangs; the dev build's readers know a document at which they do."""
    feed = tmp_path / "feed.xml"
    publish(feed, text="blocwatch-test-hook:hang")
    run = daemon(write_config(tmp_path, [file_source(feed)], readers=2, **RULES))
    run.wait_log("starts")
    readers = wait_for(lambda: children(run.process.pid), text="a reader")
    time.sleep(0.5)
    run.kill()

    def is_gone(pid):
        try:
            return "State:\tZ" in Path(f"/proc/{pid}/status").read_text()
        except OSError:
            return True

    wait_for(lambda: all(is_gone(pid) for pid in readers), text="the end of the readers")


class Silent:
    """Takes connections, and says nothing until it is told to go on."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/"
        self.go_on, self.body, self.connections = threading.Event(), b"", 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection:
            try:
                connection.recv(65536)
                self.go_on.wait(60)
                connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: "
                                   + str(len(self.body)).encode() + b"\r\n\r\n" + self.body)
            except OSError:
                pass

    def stop(self):
        self.go_on.set()
        self.listener.close()


@pytest.fixture
def silent():
    made = Silent()
    yield made
    made.stop()


def test_terminated_at_any_moment(tmp_path, silent, daemon):
    """With a source and a receiver that do not answer, a process that does not end, a reader at work
    and a listener to the page."""
    draw, port, feed = random.Random(3), free_port(), tmp_path / "feed.xml"
    publish(feed, *[make_item(n, draw, 2000) for n in range(20)])
    channels = [{"id": "hook", "type": "webhook", "url": silent.url, "timeout": "60s"},
                {"id": "exec", "type": "exec", "command": ["/bin/sleep", "60"], "timeout": "60s"}]
    config = write_config(tmp_path, [{"id": "silent", "url": silent.url}, file_source(feed)],
                          channels, **RULES, serve={"listen": f"127.0.0.1:{port}"})
    for round in range(6):
        run = daemon(config)
        run.wait_log("starts")
        listener = socket.create_connection(("127.0.0.1", port))
        listener.sendall(b"GET /events HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % port)
        time.sleep(draw.uniform(0, 0.8) if round > 0 else 2)
        ends_well(run)
        listener.close()
    assert silent.connections > 0


def test_hanging_reader_holds_up_no_end(tmp_path, daemon):
    """The dev build's readers know a document at which they hang."""
    feed, good = tmp_path / "feed.xml", tmp_path / "good.xml"
    publish(feed, text="blocwatch-test-hook:hang")
    publish(good, {"title": "BRICS"})
    run = daemon(write_config(tmp_path, [file_source(feed), file_source(good)], readers=2, **RULES))
    run.wait_log("hit rule=all")
    run.process.send_signal(signal.SIGHUP)  # and none while it ends
    run.process.send_signal(signal.SIGTERM)
    run.process.send_signal(signal.SIGHUP)
    ends_well(run)


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_descriptors_run_out(tmp_path, web, daemon):
    port = free_port()
    (web.root / "feed.xml").write_text(rss({"title": "BRICS 1"}))
    config = write_config(tmp_path, [{"id": "feed", "url": web.url("feed.xml")}], **RULES,
                          serve={"listen": f"127.0.0.1:{port}"})
    run = daemon(config)
    run.wait_log("hit rule=all.*BRICS 1")
    used = {int(fd) for fd in os.listdir(f"/proc/{run.process.pid}/fd")}
    limit = [fd for fd in range(1000) if fd not in used][4]
    hard = resource.prlimit(run.process.pid, resource.RLIMIT_NOFILE)[1]
    resource.prlimit(run.process.pid, resource.RLIMIT_NOFILE, (limit, hard))
    crowd = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
    (web.root / "feed.xml").write_text(rss({"title": "BRICS 1"}, {"title": "BRICS 2 is new"}))
    run.wait_log("source failed source=feed")
    used = cpu_seconds(run.process.pid)
    time.sleep(1)
    assert cpu_seconds(run.process.pid) - used < 0.5, "it spins"
    assert len(run.log()) < 100000
    for each in crowd:
        each.close()
    resource.prlimit(run.process.pid, resource.RLIMIT_NOFILE, (hard, hard))
    run.reload()
    run.wait_log("hit rule=all.*BRICS 2")
    assert metrics(port)["polls_home_total"] > 0
    ends_well(run)


def test_ordinary_user(tmp_path, web):
    """Nobody, without a right: the readers' sandbox needs none."""
    if os.getuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("only root can become nobody")
    user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all",
            "--bounding-set=-all", "--no-new-privs"]
    if subprocess.run([*user, BIN / "blocwatchd", "--version"], capture_output=True).returncode:
        pytest.skip("nobody cannot run the program where it lies")
    (web.root / "feed.xml").write_text(rss({"title": "BRICS"}))
    folder = Path(tempfile.mkdtemp(prefix="blocwatch-test-"))
    config = write_config(folder, [{"id": "feed", "url": web.url("feed.xml")}], **RULES)
    state = folder / "state"
    state.mkdir(mode=0o700)
    os.chown(state, 65534, 65534)
    folder.chmod(0o755)
    log = open(folder / "log", "wb")
    process = subprocess.Popen([*user, BIN / "blocwatchd", "--config", config, "--state-dir", state],
                               stderr=log)
    try:
        wait_for(lambda: "hit rule=all" in (folder / "log").read_text(), text="the hit")
        with open(f"/proc/{process.pid}/task/{process.pid}/children") as file:
            [reader] = file.read().split()
        with open(f"/proc/{reader}/status") as file:
            status = file.read()
        assert re.search(r"Uid:\t65534", status) and re.search(r"Seccomp:\t2", status)
        assert stat.S_IMODE((state / "blocwatch.db").stat().st_mode) == 0o600
        process.terminate()
        assert process.wait(30) == 0
    finally:
        if process.poll() is None:
            process.kill()
        log.close()
        shutil.rmtree(folder)


# --- the configuration -----------------------------------------------------------------------------

def test_storm_of_reloads(tmp_path, web, receiver, daemon):
    """Sources and rules that come and go while everything is polled: nothing is lost or counted
    twice."""
    port, draw = free_port(), random.Random(4)
    feeds = [tmp_path / f"file{number}.xml" for number in range(5)]
    for feed in feeds:
        publish(feed, make_item(feed.stem, draw))
    for number in range(5):
        publish(web.root / f"web{number}.xml", make_item(f"web{number}", draw))
    sources = [*[file_source(feed) for feed in feeds],
               *[{"id": f"web{n}", "url": web.url(f"web{n}.xml")} for n in range(5)]]
    more = {"rules": RULES["rules"] + [{"id": "other", "query": "other"}], "lexicon": []}
    hook = {"id": "hook", "type": "webhook", "url": receiver.url}
    options = {"readers": 2, "serve": {"listen": f"127.0.0.1:{port}"},
               "route": {"channels": ["hook"], "rate": {"limit": 0, "period": "1m"}},
               "polling": {"interval": "1s", "interval_floor": "1s", "per_host": 4}}
    run = None
    for round in range(40):
        kept = sources if round % 2 == 0 else draw.sample(sources, 6)
        config = write_config(tmp_path, kept, [hook], **(more if round % 3 == 0 else RULES),
                              **options)
        if run is None:
            run = daemon(config)
            run.wait_log("starts")
        run.reload()
        time.sleep(draw.uniform(0, 0.06))
    write_config(tmp_path, sources, [hook], **RULES, **options)
    run.reload()
    for feed in feeds:
        publish(feed, make_item(feed.stem + "-late", draw))
    wait_for(lambda: len(stored_titles(run)) == 15, text="every item")
    wait_for(lambda: len(alerts_of(receiver)) == 15, text="every alert")
    assert set(stored_titles(run).values()) == {1}
    counts = metrics(port)
    assert counts["polls_started_total"] == counts["polls_home_total"] + counts["polls_under_way"]
    assert counts["reader_restarts_total"] == 0
    ends_well(run)


def test_source_that_leaves_while_it_is_polled(tmp_path, silent, daemon):
    feed, port = tmp_path / "feed.xml", free_port()
    publish(feed, {"title": "BRICS 1"})
    slow = {"id": "slow", "url": silent.url}
    silent.body = rss({"title": "BRICS late"}).encode()
    options = {**RULES, "serve": {"listen": f"127.0.0.1:{port}"}}
    run = daemon(write_config(tmp_path, [slow, file_source(feed)], **options))
    run.wait_log("hit rule=all.*BRICS 1")
    wait_for(lambda: silent.connections, text="a request under way")
    write_config(tmp_path, [file_source(feed)], **options)
    run.reload()
    run.wait_log("configuration reloaded")
    assert metrics(port)["polls_under_way"] >= 1
    silent.go_on.set()
    run.wait_log("hit rule=all.*BRICS late")  # what has come is kept
    publish(feed, {"title": "BRICS 2"})
    run.wait_log("hit rule=all.*BRICS 2")
    assert [row["id"] for row in run.json("sources")] == ["feed"]
    assert silent.connections == 1
    ends_well(run)


def test_configuration_behind_a_link(tmp_path, daemon):
    """As package managers and orchestrators have it: the link is moved on to another folder."""
    for name in "one", "two":
        folder = tmp_path / name
        folder.mkdir()
        publish(folder / "feed.xml", {"title": f"BRICS {name}"})
        write_config(folder, [], **RULES, include=["sources.d/*.yaml"])
        (folder / "sources.d").mkdir()
        (folder / "sources.d" / "a.yaml").write_text(
            json.dumps({"sources": [{"id": "feed", "url": f"file:{folder}/feed.xml"}]}))
    link = tmp_path / "current"
    link.symlink_to("one")
    run = daemon(link / "blocwatchd.yaml")
    run.wait_log("hit rule=all.*BRICS one")
    (tmp_path / "next").symlink_to("two")
    (tmp_path / "next").rename(link)
    run.reload()
    run.wait_log("hit rule=all.*BRICS two")
    ends_well(run)


def test_log_level_and_what_takes_a_restart(tmp_path, daemon):
    feed = tmp_path / "feed.xml"
    publish(feed, {"title": "BRICS"})
    run = daemon(write_config(tmp_path, [file_source(feed)], **RULES, log_level="debug"))
    run.wait_log("debug polled source=feed")
    config = write_config(tmp_path, [file_source(feed)], **RULES, log_level="warn",
                          state_dir=str(tmp_path / "other"))
    config.write_text(config.read_text().replace('"readers": 1', '"readers": 2'))
    run.reload()
    run.wait_log("changed state_dir takes a restart")
    run.wait_log("changed number of readers takes a restart")
    publish(feed, {"title": "BRICS"}, {"title": "BRICS 2"})
    wait_for(lambda: len(stored_titles(run)) == 2, text="the new item")
    ends_well(run)
    assert " notice configuration reloaded" not in run.log()


# --- the sources -----------------------------------------------------------------------------------

def test_validators_outlive_a_restart(tmp_path, web, daemon):
    publish(web.root / "feed.xml", {"title": "BRICS"})
    config = write_config(tmp_path, [{"id": "feed", "url": web.url("feed.xml")}], **RULES)
    run = daemon(config)
    run.wait_log("hit rule=all")
    wait_for(lambda: source_state(run, "feed")["items"] == 1, text="the commit")
    run.kill()
    count = len(web.log())
    run = daemon(config)
    wait_for(lambda: len(web.log()) > count, text="a poll")
    assert " 304 " in web.log()[count] and 'inm=""' not in web.log()[count]
    ends_well(run)


def test_feed_becomes_a_page_and_a_feed_again(tmp_path, web, daemon):
    feed = web.root / "feed.xml"
    publish(feed, {"title": "BRICS 1"})
    run = daemon(write_config(tmp_path, [{"id": "feed", "url": web.url("feed.xml")}], **RULES,
                              polling={"interval": "1s", "interval_floor": "1s",
                                       "backoff_cap": "1s"}))
    run.wait_log("hit rule=all.*BRICS 1")
    publish(feed, text="<!DOCTYPE html><html><head><title>Maintenance</title><link rel=alternate "
            "type=application/rss+xml href=/new.xml></head><body>We are back soon.</body></html>")
    run.wait_log("source failed source=feed.*/new.xml")
    assert source_state(run, "feed")["state"] == "failing"
    publish(feed, {"title": "BRICS 1"}, {"title": "BRICS 2"})
    run.wait_log("hit rule=all.*BRICS 2")
    assert source_state(run, "feed")["state"] == "ok"
    assert set(stored_titles(run).values()) == {1}
    ends_well(run)


def test_feed_that_hangs_holds_up_no_other(tmp_path, silent, daemon):
    feed = tmp_path / "feed.xml"
    publish(feed, {"title": "BRICS 1"})
    run = daemon(write_config(tmp_path, [{"id": "slow", "url": silent.url}, file_source(feed)],
                              **RULES, polling={"interval": "1s", "interval_floor": "1s",
                                                "first_byte_timeout": "2s", "connections": 1}))
    run.wait_log("hit rule=all.*BRICS 1")
    publish(feed, {"title": "BRICS 2"})
    run.wait_log("hit rule=all.*BRICS 2")
    run.wait_log("source failed source=slow")
    assert source_state(run, "slow")["state"] == "failing" and source_state(run, "slow")["why"]
    ends_well(run)
