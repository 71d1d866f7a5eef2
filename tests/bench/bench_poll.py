#!/usr/bin/env python3
"""Cold and warm polls of many feeds: blocwatchd beside curl --parallel, sfeed_update and newsboat.

All fetch the same feeds from one nginx on loopback. Cold: everything is new; blocwatchd parses it,
matches it against the rules, and stores it, searchable. Warm: nothing has changed. curl --parallel
only fetches: it is the limit. CPU seconds include all child processes."""
import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from bench_support import (WORDS, Nginx, Ready, make_feed, print_table, run_timed, scratch,
                           write_config)

ROOT = Path(__file__).resolve().parents[2]
TICK = os.sysconf("SC_CLK_TCK")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", required=True, type=Path, help="folder of blocwatchd")
    parser.add_argument("--feeds", type=int, default=2000)
    parser.add_argument("--size", type=int, default=40000, help="bytes of a feed, about")
    parser.add_argument("--rules", type=int, default=10000)
    parser.add_argument("--without", action="append", default=[], metavar="PROGRAM",
                        help="leave out sfeed_update or newsboat (they take a minute or two)")
    return parser.parse_args()


def make_rules(count):
    """Queries of the kinds that people write; nearly all of them find nothing in the feeds."""
    chance = random.Random(1)
    shapes = ['{a} AND "{b} {c}"', "title:({a} OR {b}) AND @kazakhstan", "{a} NEAR/8 {c}",
              "{a}* AND NOT {b}", "@kazakhstan AND @brics AND {a}"]
    rules = []
    for i in range(count):
        words = [chance.choice(WORDS), f"subject{i}", f"matter{chance.randrange(count)}"]
        chance.shuffle(words)
        query = shapes[i % len(shapes)].format(a=f"item{i}", b=words[0], c=words[1])
        rules.append({"id": f"r{i}", "title": f"Rule {i}", "severity": "low", "query": query})
    return rules


class Bench:
    def __init__(self, arguments, folder):
        self.arguments, self.folder = arguments, folder
        root = Path(folder) / "www"
        root.mkdir()
        now = time.time()
        self.bytes = 0
        for i in range(arguments.feeds):
            text = make_feed(i, size=arguments.size, newest=now - 60)
            (root / f"{i}.xml").write_text(text)
            self.bytes += len(text)
        self.web = Nginx(folder, root)
        self.urls = [f"http://127.0.0.1:{self.web.port}/{i}.xml" for i in range(arguments.feeds)]
        self.rows = []

    def add(self, name, cold, warm):
        self.rows.append((name, cold, warm))
        told = " ".join(f"{word} {cost[0]:.2f} CPU s {cost[1]:.2f} s wall;"
                        for word, cost in (("cold", cold), ("warm", warm)) if cost is not None)
        print(f"{name}: {told}", file=sys.stderr, flush=True)

    # --- blocwatchd ---

    def configure(self):
        polling = {"interval": "1s", "interval_floor": "1s", "jitter": 0, "host_gap": 0,
                   "per_host": 64, "connections": 64}
        sources = [{"id": f"s{i}", "url": url, "allow_private": True}
                   for i, url in enumerate(self.urls)]
        return write_config(self.folder, sources, polling,
                            include=[f"{ROOT}/config/lexicon.d/*.yaml",
                                     f"{ROOT}/config/rules.d/*.yaml"],
                            rules=make_rules(self.arguments.rules))

    def command(self, *more):
        return [self.arguments.bin / "blocwatchd", "--config", self.config, "--state-dir",
                f"{self.folder}/state", *more]

    def run_blocwatch(self):
        self.config = self.configure()
        log = open(f"{self.folder}/log", "ab")
        cold = run_timed(self.command("--once"), stderr=log)
        time.sleep(2)
        self.web.forget()
        warm = run_timed(self.command("--once"), stderr=log)
        assert [status for _, status in self.web.requests()] == [304] * len(self.urls)
        self.add("blocwatchd --once", cold, warm)
        self.add("blocwatchd, running", None, self.run_daemon(log))

    def cpu(self, pid):
        total = 0
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for each in [pid, *children]:
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICK

    def run_daemon(self, log):
        """A daemon that polls all feeds again and again: what one round of them costs."""
        ready = Ready(self.folder)
        process = subprocess.Popen(self.command(), stderr=log,
                                   env={**os.environ, "NOTIFY_SOCKET": ready.path})
        ready.wait(process)
        time.sleep(5)
        self.web.forget()
        cpu, start = self.cpu(process.pid), time.monotonic()
        time.sleep(10)
        cpu, wall = self.cpu(process.pid) - cpu, time.monotonic() - start
        process.send_signal(signal.SIGTERM)
        process.wait()
        polls = sum(status == 304 for _, status in self.web.requests())
        share = len(self.urls) / polls
        return cpu * share, wall * share, 0

    # --- the others ---

    def run_curl(self):
        urls = Path(self.folder) / "urls.curl"
        urls.write_text("".join(f'url = "{url}"\noutput = "/dev/null"\n' for url in self.urls))
        command = ["curl", "--silent", "--parallel", "--parallel-max", "64", "--config", urls]
        cold = run_timed(command, stderr=subprocess.DEVNULL)
        date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 60))
        self.web.forget()
        warm = run_timed([*command, "--header", f"If-Modified-Since: {date}"],
                         stderr=subprocess.DEVNULL)
        assert {status for _, status in self.web.requests()} == {304}
        self.add("curl --parallel (fetches only)", cold, warm)

    def run_sfeed(self):
        folder = Path(self.folder) / "sfeed"
        folder.mkdir()
        rc = folder / "sfeedrc"
        feeds = "".join(f'  feed "f{i}" "{url}"\n' for i, url in enumerate(self.urls))
        rc.write_text(f'sfeedpath="{folder}/feeds"\nmaxjobs=16\nfeeds() {{\n{feeds}}}\n')
        command = ["sfeed_update", rc]
        options = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.add("sfeed_update", run_timed(command, **options), run_timed(command, **options))

    def run_newsboat(self):
        folder = Path(self.folder) / "newsboat"
        folder.mkdir()
        (folder / "urls").write_text("".join(f"{url}\n" for url in self.urls))
        (folder / "config").write_text("reload-threads 16\n")
        command = ["newsboat", "-u", folder / "urls", "-C", folder / "config", "-c",
                   folder / "cache.db", "-x", "reload"]
        options = {"env": {**os.environ, "HOME": str(folder)}, "stdout": subprocess.DEVNULL,
                   "stderr": subprocess.DEVNULL}
        self.add("newsboat -x reload", run_timed(command, **options),
                 run_timed(command, **options))

    def print(self):
        base = next(row for row in self.rows if row[0] == "blocwatchd --once")
        limit = next((row for row in self.rows if row[0].startswith("curl")), None)

        def cells(row, at):
            return ("", "") if row[at] is None else (f"{row[at][0]:.2f}", f"{row[at][1]:.2f}")

        def ratio(row, at, to):
            if row[at] is None or to is None or to[at] is None or to[at][0] == 0:
                return ""
            return f"{row[at][0] / to[at][0]:.2f}"

        rows = [(row[0], *cells(row, 1), ratio(row, 1, base), *cells(row, 2),
                 ratio(row, 2, limit)) for row in self.rows]
        print_table(f"{self.arguments.feeds} feeds, {self.bytes / 1e6:.0f} MB, "
                    f"{self.arguments.rules} rules",
                    ("", "cold CPU s", "wall s", "÷ blocwatchd", "warm CPU s", "wall s", "÷ curl"),
                    rows)


def main():
    arguments = parse_arguments()
    with scratch() as folder:
        bench = Bench(arguments, folder)
        try:
            bench.run_blocwatch()
            bench.run_curl()
            if "sfeed_update" not in arguments.without and shutil.which("sfeed_update"):
                bench.run_sfeed()
            if "newsboat" not in arguments.without and shutil.which("newsboat"):
                bench.run_newsboat()
        finally:
            bench.web.stop()
        bench.print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
