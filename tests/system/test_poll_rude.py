"""Servers without manners: endless, slow, lying, dead. None of them holds up the others."""
import gzip
import json
import os
import re
import socket
import subprocess
import sys
import time

import pytest

from poll_server import RudeServer
from support import Daemon, Nginx, free_port, rss, wait_for, write_config

ITEM = {"title": "Snow closes the mountain pass above Almaty", "guid": "snow"}
LIMITS = {"max_size": "1MiB", "first_byte_timeout": "2s", "connect_timeout": "2s",
          "total_timeout": "6s", "low_speed_bytes": 1000, "low_speed_time": "2s"}


@pytest.fixture
def server():
    made = RudeServer()
    yield made
    made.stop()


def poll_once(tmp_path, daemon, *sources, polling=None):
    run = daemon(write_config(tmp_path, sources, rules=[], polling={**LIMITS, **(polling or {})}),
                 "--once")
    run.code = run.wait_exit()
    run.states = {row["id"]: row for row in run.json("sources")}
    return run


def headers(*fields):
    return ("HTTP/1.1 200 OK\r\n" + "".join(f"{field}\r\n" for field in fields) + "\r\n").encode()


BOMB = gzip.compress(bytes(64 << 20), 1)
LAYERS = gzip.compress(BOMB)  # each coding is small for the one around it


def send_bomb(request):
    request.reply(200, BOMB, Content_Encoding="gzip")


def send_layers(request):
    request.reply(200, LAYERS, Content_Encoding="gzip, gzip")


def send_without_end(request):
    request.send(headers("Content-Type: text/xml"))
    while True:
        request.send(bytes(65536))


def send_large_length(request):
    request.send(headers("Content-Length: 99999999999") + b"<rss>")


def send_header_without_end(request):
    request.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        request.send(b"X-More: " + b"x" * 1000 + b"\r\n")


def drip_header(request):
    for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 10000:
        request.send(bytes([byte]))
        time.sleep(0.2)


def drip_body(request):
    request.send(headers("Content-Length: 100000"))
    for _ in range(1000):
        request.send(b"<")
        time.sleep(0.2)


def say_nothing(request):
    time.sleep(30)


def end_early(request):
    request.send(headers("Content-Length: 1000") + rss(ITEM).encode()[:100])


def send_garbage(request):
    request.send(b"\x00\x01\x02 this is no HTTP\r\n\r\n")


def send_damaged_gzip(request):
    body = bytearray(gzip.compress(rss(ITEM).encode()))
    body[20:80] = bytes(60)
    request.reply(200, bytes(body), Content_Encoding="gzip")


@pytest.mark.parametrize("answer, result, why", [
    (send_bomb, "too large", "1048576 bytes"),
    (send_layers, "too large", "1048576 bytes"),
    (send_without_end, "too large", "1048576 bytes"),
    (send_large_length, "too large", "1048576 bytes"),
    (send_header_without_end, "too large", "larger than"),
    (drip_header, "timeout", "2 s"),
    (drip_body, "timeout", "slow"),
    (say_nothing, "timeout", "no answer within 2 s"),
    (end_early, "no connection", "transfer closed"),
    (send_garbage, "other error", "HTTP/0.9"),
    (send_damaged_gzip, "other error", "gzip|encoding|content"),
])
def test_rude_answers(tmp_path, server, daemon, answer, result, why):
    """Each is a failure with its reason; the polite source beside it is read all the same."""
    server.on("/polite", lambda request: request.reply(200, rss(ITEM).encode()))
    run = poll_once(tmp_path, daemon, {"id": "rude", "url": server.on("/rude", answer)},
                    {"id": "polite", "url": server.url("/polite", "127.0.0.2")})
    rude = run.states["rude"]
    assert rude["state"] == "failing" and rude["last_result"] == result, rude
    assert re.search(why, rude["why"]), rude["why"]
    assert run.states["polite"]["state"] == "ok" and run.states["polite"]["items"] == 1
    # what was sent to us before we hung up: the limit and what buffers hold
    assert server.sent < 24 << 20


@pytest.mark.parametrize("status, text", [
    (401, "401 Unauthorized"), (403, "403 Forbidden"), (404, "404 Not Found"),
    (500, "500 Internal Server Error"),
])
def test_statuses_are_told_apart(tmp_path, server, daemon, status, text):
    run = poll_once(tmp_path, daemon,
                    {"id": "feed", "url": server.on("/feed", lambda r: r.reply(status, b"no"))})
    assert text in run.states["feed"]["why"]
    assert run.states["feed"]["last_status"] == status
    assert text in run.log() and run.code == 1


def test_a_200_that_is_no_feed(tmp_path, server, daemon):
    run = poll_once(tmp_path, daemon,
                    {"id": "feed", "url": server.on("/feed", lambda r: r.reply(
                        200, b"Invalid url", ETag='"1"', Content_Type="text/plain"))})
    state = run.states["feed"]
    assert state["state"] == "failing" and "Invalid url" in state["why"], state
    # and its validators are not kept, so that it is not taken for unchanged next time
    time.sleep(2.5)
    poll_once(tmp_path, daemon, {"id": "feed", "url": server.url("/feed")})
    assert len(server.requests) == 2 and "if-none-match" not in server.requests[1].headers


def test_no_host_and_no_server(tmp_path, daemon):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    run = poll_once(tmp_path, daemon, {"id": "dns", "url": "http://no-such-host.invalid/feed"},
                    {"id": "port", "url": f"http://127.0.0.1:{port}/feed"})
    assert run.states["dns"]["last_result"] == "no address"
    assert run.states["port"]["last_result"] == "no connection"


def test_private_addresses_are_refused(tmp_path, server, daemon):
    server.on("/feed", lambda request: request.reply(200, rss(ITEM).encode()))
    run = poll_once(tmp_path, daemon, *(
        {"id": f"s{i}", "url": server.url("/feed", host), "allow_private": False}
        for i, host in enumerate(["127.0.0.1", "localhost", "0.0.0.0", "[::1]", "0x7f000001",
                                  "[::ffff:127.0.0.1]"])))
    for state in run.states.values():
        assert state["last_result"] == "refused" and "allow_private" in state["why"], state
    assert not server.requests


# --- with a public address: in a network namespace of its own -------------------------------------

PUBLIC = "93.184.216.34"


def run_redirects(folder):
    """A server with a public address redirects to a private one."""
    public, private = RudeServer(PUBLIC), RudeServer("127.0.0.1")
    private.on("/feed", lambda request: request.reply(200, rss(ITEM).encode()))
    public.on("/feed", lambda request: request.reply(200, rss(ITEM).encode()))
    public.on("/inward", lambda request: request.reply(302, Location=private.url("/feed")))
    sources = [{"id": "plain", "url": public.url("/feed", PUBLIC), "allow_private": False},
               {"id": "inward", "url": public.url("/inward", PUBLIC), "allow_private": False},
               {"id": "allowed", "url": public.url("/inward", PUBLIC), "allow_private": True}]
    run = Daemon(write_config(folder, sources, rules=[], polling=LIMITS), f"{folder}/state",
                 "--once").start()
    run.wait_exit()
    states = {row["id"]: row for row in run.json("sources")}
    print(json.dumps({"states": states, "private": len(private.requests)}))


def run_silent_resolver(folder):
    """The only name server takes questions and never answers; two other hosts need none."""
    resolver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    resolver.bind(("127.0.0.1", 53))
    resolver.setblocking(False)
    server = RudeServer()
    server.on("/feed", lambda request: request.reply(200, rss(ITEM).encode()))
    names = [{"id": f"name{i}", "url": f"http://silent{i}.example/feed"} for i in range(8)]
    alive = [{"id": f"alive{i}", "url": server.url("/feed", f"127.0.0.{i}")} for i in (2, 3)]
    run = Daemon(write_config(folder, [*names, *alive], rules=[], polling=LIMITS),
                 f"{folder}/state").start()
    for name in names:
        run.wait_log(f"source failed source={name['id']}")
    given_up = len(server.requests)
    wait_for(lambda: len(server.requests) > given_up + 4, text="further polls")
    states = {row["id"]: row for row in run.json("sources")}
    stopping = time.monotonic()
    code = run.stop()
    gaps = [after.time - before.time
            for before, after in zip(server.requests, server.requests[1:])]
    print(json.dumps({"states": states, "asked": len(resolver.recv(512)) > 0, "code": code,
                      "longest_gap": max(gaps), "stop": time.monotonic() - stopping}))


def inside_namespace(tmp_path, what):
    """What `run_...` tells, run where 127.0.0.1 and a public address are all there is."""
    resolv = tmp_path / "resolv.conf"
    resolv.write_text("nameserver 127.0.0.1\noptions timeout:10 attempts:3\n")
    enter = ["unshare", "-n", "-m", "sh", "-c",
             f"ip link set lo up && ip addr add {PUBLIC}/32 dev lo && "
             f"mount --bind {resolv} /etc/resolv.conf && exec \"$@\"", "sh"]
    if subprocess.run([*enter, "true"], capture_output=True).returncode != 0:
        pytest.skip("no network namespaces here")
    result = subprocess.run([*enter, sys.executable, __file__, what, tmp_path],
                            capture_output=True, text=True, timeout=120, env=os.environ)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_silent_resolver_holds_up_nobody(tmp_path):
    found = inside_namespace(tmp_path, "run_silent_resolver")
    assert found["asked"]
    for i in range(8):
        assert found["states"][f"name{i}"]["last_result"] == "timeout", found["states"][f"name{i}"]
    assert found["states"]["alive2"]["polls"] > 1 and found["states"]["alive3"]["polls"] > 1
    # the resolver's threads go on for 30 s, and nobody waits for them
    assert found["code"] == 0 and found["longest_gap"] < 15 and found["stop"] < 15, found


def test_redirect_to_a_private_address(tmp_path):
    found = inside_namespace(tmp_path, "run_redirects")
    assert found["states"]["plain"]["state"] == "ok"
    assert found["states"]["inward"]["last_result"] == "refused"
    assert "127.0.0.1" in found["states"]["inward"]["why"]
    assert found["states"]["allowed"]["state"] == "ok"
    assert found["private"] == 1


# --- many -----------------------------------------------------------------------------------------


class BlackHole:
    """A port that accepts no connection: its queue is full, so every further one hangs."""

    def __init__(self):
        self.listener = socket.socket()
        self.listener.bind(("0.0.0.0", 0))
        self.listener.listen(0)
        self.port = self.listener.getsockname()[1]
        self.fillers = []
        for _ in range(8):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", self.port))
            self.fillers.append(filler)

    def close(self):
        for each in [*self.fillers, self.listener]:
            each.close()


def test_ten_thousand_sources_with_a_fifth_of_the_hosts_dead(tmp_path, daemon):
    class Timed(Nginx):
        FORMAT = "$msec $host $status"

    port = free_port()
    web, hole = Timed(tmp_path / "nginx", f"listen 0.0.0.0:{port};"), BlackHole()
    try:
        # every loopback address is a host of its own
        (web.root / "feed.xml").write_text(rss(ITEM))
        sources = []
        for i in range(10000):
            at = hole.port if i % 5 == 0 else port
            sources.append({"id": f"s{i}",
                            "url": f"http://127.1.{i // 250}.{i % 250 + 1}:{at}/feed.xml"})
        run = daemon(write_config(tmp_path, sources, rules=[],
                                  polling={"connect_timeout": "3s"}), "--once")
        assert run.wait_exit(280) == 0
        lines = [line.split() for line in web.log() if " 127.1." in line]
        assert len(lines) == 8000 and len({host for _, host, _ in lines}) == 8000
        assert {status for _, _, status in lines} == {"200"}
        # 2,000 dead ones of 3 s in 64 places alone would be 94 s
        times = [float(at) for at, _, _ in lines]
        assert max(times) - min(times) < 60
        states = run.json("sources")
        assert sum(state["last_result"] == "timeout" for state in states) == 2000
        assert sum(state["state"] == "ok" for state in states) == 8000
    finally:
        hole.close()
        web.stop()


if __name__ == "__main__":
    globals()[sys.argv[1]](sys.argv[2])
