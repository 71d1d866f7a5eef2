"""script/bench serve: the CPU time of each view with a million items and 50,000 hits stored, and
whether polling goes on meanwhile. Prints a table; nothing is asserted."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

BIN, SOURCE = Path(os.environ["BLOCWATCH_BIN"]), Path(os.environ["BLOCWATCH_SOURCE"])
sys.path.insert(0, str(SOURCE / "tests/system"))
from support import Daemon, free_port, rss, write_config  # noqa: E402

VIEWS = ["/", "/stories", "/stories/1", "/search", "/search?q=%D0%BF%D1%80%D0%B5%D0%B7%D0%B8%D0%B4%D0%B5%D0%BD%D1%82",
         "/search?actor=KZ&bloc=BRICS", "/search?in=items&q=pipeline+border",
         "/search?in=items&lang=ru", "/search?in=items&source=source7&since=30d", "/sources", "/alerts", "/rules",
         "/hits/100", "/api/v1/hits", "/api/v1/hits?stance=joins&lang=kk", "/api/v1/stories",
         "/api/v1/stories?actor=UZ&bloc=EAEU", "/api/v1/items", "/api/v1/items?q=railway",
         "/api/v1/items?q=ra*", "/search?in=items&q=pipe*+bord*",
         "/api/v1/matrix", "/api/v1/sources", "/api/v1/rules", "/api/v1/alerts",
         "/api/v1/silences", "/hits.atom", "/hits.csv", "/metrics"]


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main(items=1000000, hits=50000, rounds=20):
    folder = Path(tempfile.mkdtemp(prefix="blocwatch-bench-"))
    try:
        (folder / "state").mkdir()
        begin = time.monotonic()
        subprocess.run([BIN / "bench_fill", folder / "state/blocwatch.db", str(items), str(hits)],
                       check=True)
        print(f"filled with {items} items and {hits} hits in {time.monotonic() - begin:.0f} s")
        (folder / "feed.xml").write_text(rss({"title": "Snow in Almaty"}))
        port = free_port()
        config = write_config(folder, [{"id": "feed", "url": f"file:{folder}/feed.xml"}],
                              serve={"listen": f"127.0.0.1:{port}",
                                     "standing": str(SOURCE / "config/standing.yaml")})
        run = Daemon(config, folder / "state").start()
        run.wait_log("polled source=feed")

        def ask(path):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=120) as answer:
                return answer.read().decode()

        def polls():
            return int(re.search(r"blocwatch_polls_total (\d+)", ask("/metrics"))[1])

        first, begin = polls(), time.monotonic()
        print(f"{'view':55} {'CPU ms':>8} {'bytes':>9}")
        for view in VIEWS:
            ask(view)
            before = cpu_seconds(run.process.pid)
            for _ in range(rounds):
                size = len(ask(view))
            cost = (cpu_seconds(run.process.pid) - before) * 1000 / rounds
            print(f"{view:55} {cost:8.1f} {size:9}{'   over 100 ms' if cost > 100 else ''}")
        print(f"polls meanwhile: {polls() - first} in {time.monotonic() - begin:.0f} s, one a second "
              "is due")
        run.stop()
    finally:
        shutil.rmtree(folder)


main(*map(int, sys.argv[1:]))
