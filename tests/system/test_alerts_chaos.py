"""Alerts under ill treatment: receivers that refuse, hang and fail, and a daemon that is killed;
and a storm of hits. The figures are printed (pytest -s)."""
import json
import os
import random
import socket
import sqlite3
import threading
import time
from collections import Counter, defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from support import Receiver, rss, wait_for, write_config

RULES = {"rules": [{"id": "all", "title": "Everything", "severity": "high", "query": "brics"}],
         "lexicon": []}
SYLLABLES = "ba ce di fo gu ha je ki lo mu na pe ri so tu va we xi yo zu".split()


def invented_items(count, seed, first=0):
    """Items with hardly a word in common but the one that is watched: each is a story of its own."""
    draw = random.Random(seed)

    def word():
        return "".join(draw.choice(SYLLABLES) for _ in range(4))
    return [{"title": "BRICS " + " ".join(word() for _ in range(9)), "guid": f"g{first + i}",
             "summary": " ".join(word() for _ in range(12)),
             "link": f"https://news.example/{first + i}"} for i in range(count)]


def write_feed(path, items):
    new = path.with_suffix(".new")
    new.write_text(rss(*items))
    new.rename(path)


class RudeReceiver:
    """Counts what it has taken, by hit and key; treats most requests badly while `rude`."""

    def __init__(self, seed):
        self.draw = random.Random(seed)
        self.lock = threading.Lock()
        self.rude = True
        self.deeds = Counter()
        self.taken = defaultdict(Counter)  # hit → key → times
        self.hanging = threading.Event()
        receiver = self

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                receiver.handle(self)

            def log_message(self, *args):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def choose(self):
        with self.lock:
            deed = "take" if not self.rude else self.draw.choices(
                ["take", "refuse", "hang", "500", "503", "429", "take and go"],
                [60, 8, 3, 8, 8, 1, 12])[0]
            self.deeds[deed] += 1
            return deed

    def note(self, key, body):
        alert = json.loads(body)
        with self.lock:
            for each in alert.get("alerts", [alert]):
                self.taken[each["hit"]][key] += 1

    def handle(self, handler):
        deed = self.choose()
        if deed == "refuse":
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                          b"\1\0\0\0\0\0\0\0")
            handler.connection.close()
            return
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        if deed.startswith("take"):
            self.note(handler.headers["Idempotency-Key"], body)
        if deed == "hang":
            self.hanging.wait(20)
        if deed in ("hang", "take and go"):
            handler.connection.close()
            return
        handler.send_response(200 if deed == "take" else int(deed))
        if deed == "429":
            handler.send_header("Retry-After", "1")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    def stop(self):
        self.hanging.set()
        self.server.shutdown()
        self.server.server_close()


OUTBOX_STATES = ["pending", "delivered", "dead", "dropped"]
FATES = ["pending", "alerted", "grouped", "silenced", "suppressed"]


def ask(path, query):
    """Reads the database beside the daemon."""
    base = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
    try:
        return list(base.execute(query))
    except sqlite3.OperationalError:
        return []  # not there yet
    finally:
        base.close()


def outbox(path):
    return {OUTBOX_STATES[state]: count for state, count in
            ask(path, "SELECT state, count(*) FROM outbox GROUP BY state")}


def hit_ids(path):
    return {row[0] for row in ask(path, "SELECT id FROM hit")}


def fates(path):
    return {FATES[fate]: count for fate, count in
            ask(path, "SELECT fate, count(*) FROM hit GROUP BY fate")}


def test_nothing_is_lost(tmp_path, daemon):
    hits, kills = 1000, 50
    seed = int(os.environ.get("CHAOS_SEED", time.time()))
    print(f"CHAOS_SEED={seed}")
    draw = random.Random(seed)
    receiver = RudeReceiver(seed + 1)
    items = invented_items(hits, seed)
    feed = tmp_path / "feed.xml"
    hook = {"id": "hook", "type": "webhook", "url": receiver.url, "concurrency": 8,
            "timeout": "2s", "backoff": "100ms", "backoff_cap": "1s"}
    config = write_config(tmp_path, [{"id": "feed", "url": f"file:{feed}"}], [hook], **RULES,
                          route={"channels": ["hook"], "rate": {"limit": 0, "period": "1m"}})
    base = tmp_path / "state" / "blocwatch.db"
    began = time.monotonic()
    for kill in range(kills):
        write_feed(feed, items[:hits * (kill + 1) // kills])
        run = daemon(config)
        time.sleep(draw.uniform(0.05, 1.6))
        run.kill()
    left = outbox(base)
    run = daemon(config)
    wait_for(lambda: len(hit_ids(base)) == hits, 120, "all hits")
    wait_for(lambda: len(receiver.taken) == hits, 120, "every alert")
    receiver.rude = False
    wait_for(lambda: outbox(base) == {"delivered": hits}, 120, "the end of the outbox")
    assert run.stop() == 0
    stored = hit_ids(base)
    receiver.stop()
    taken = receiver.taken
    print(f"{hits} hits, {kills} kills, {sum(receiver.deeds.values())} requests: "
          f"{dict(receiver.deeds)}; {len(taken)} alerts delivered, "
          f"{sum(sum(keys.values()) > 1 for keys in taken.values())} of them more than once, "
          f"{sum(len(keys) > 1 for keys in taken.values())} under another key; outbox after the "
          f"last kill {left}; {time.monotonic() - began:.0f} s")
    assert set(taken) == stored and len(stored) == hits
    assert all(len(keys) == 1 for keys in taken.values())


def test_storm(tmp_path, daemon):
    """10,000 hits at once: few messages, and every hit with its fate."""
    hits, receiver = 10000, Receiver()
    feed = tmp_path / "feed.xml"
    write_feed(feed, invented_items(hits, 7))
    hook = {"id": "hook", "type": "webhook", "url": receiver.url}
    config = write_config(tmp_path, [{"id": "feed", "url": f"file:{feed}"}], [hook], **RULES,
                          route={"channels": ["hook"], "rate": {"limit": 20, "period": "20s"}})
    began = time.monotonic()
    run = daemon(config)
    base = tmp_path / "state" / "blocwatch.db"
    wait_for(lambda: base.exists() and sum(fates(base).values()) == hits, 200, "all hits")
    stored = time.monotonic() - began
    wait_for(lambda: sum(alerts_in(body) for _, _, body in receiver.requests) == hits, 200,
             "all alerts")
    assert run.stop() == 0
    found = fates(base)
    print(f"{hits} hits in {stored:.0f} s: {len(receiver.requests)} messages; fates {found}")
    assert len(receiver.requests) <= 20 + 20 + hits // 1000 + 1
    assert sum(found.values()) == hits
    assert set(found) == {"alerted", "grouped"} and found["alerted"] <= 40
    receiver.stop()


def alerts_in(body):
    return len(json.loads(body).get("alerts", [None]))
