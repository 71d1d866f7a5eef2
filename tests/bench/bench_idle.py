#!/usr/bin/env python3
"""Many idle sources: memory, time to start, and what servers see of a start.

Polls all sources once, so that none of them is due, and starts the daemon again: its memory and
the requests while it idles. Then starts it with an empty store: how fast the backlog goes out."""
import argparse
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from bench_support import Nginx, Ready, memory, print_table, run_timed, scratch, write_config


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", required=True, type=Path, help="folder of blocwatchd")
    parser.add_argument("--sources", type=int, default=100000)
    parser.add_argument("--idle", type=int, default=30, help="seconds to look at")
    return parser.parse_args()


def start(arguments, folder, config, state):
    """Returns the process, ready, and the seconds that took."""
    notify = f"{folder}/notify"
    if os.path.exists(notify):
        os.unlink(notify)
    ready = Ready(folder)
    begin = time.monotonic()
    process = subprocess.Popen([arguments.bin / "blocwatchd", "--config", config, "--state-dir",
                                state], env={**os.environ, "NOTIFY_SOCKET": notify},
                               stderr=open(f"{folder}/log", "ab"))
    ready.wait(process)
    return process, time.monotonic() - begin


def stop(process):
    process.send_signal(signal.SIGTERM)
    begin = time.monotonic()
    process.wait()
    return time.monotonic() - begin


def main():
    arguments = parse_arguments()
    with scratch() as folder:
        root = Path(folder) / "www"
        root.mkdir()
        web = Nginx(folder, root)
        sources = [{"id": f"source-{i}", "allow_private": True,
                    "url": f"http://127.{i // 62500 + 1}.{i // 250 % 250}.{i % 250 + 1}:{web.port}"
                           f"/made/{i}.xml"} for i in range(arguments.sources)]
        config = write_config(folder, sources, {})
        state = f"{folder}/state"
        try:
            cpu, wall, code = run_timed([arguments.bin / "blocwatchd", "--config", config,
                                         "--state-dir", state, "--once"],
                                        stderr=open(f"{folder}/log", "ab"))
            polled = len(web.requests())
            web.forget()
            process, start_seconds = start(arguments, folder, config, state)
            time.sleep(arguments.idle)
            resident, proportional = memory(process.pid)
            stop_seconds = stop(process)
            idle_requests = len(web.requests())
            web.forget()
            process, empty_seconds = start(arguments, folder, config, f"{folder}/empty")
            time.sleep(arguments.idle)
            stop(process)
            burst = Counter(int(at) for at, _ in web.requests())
        finally:
            web.stop()
        rows = [
            ("sources polled once before", f"{polled}", ""),
            ("that poll: CPU s / wall s", f"{cpu:.1f} / {wall:.1f}", ""),
            ("start until ready, s", f"{start_seconds:.2f}", "5"),
            ("daemon resident, MiB", f"{resident:.0f}", "150"),
            ("with readers, proportional, MiB", f"{proportional:.0f}", ""),
            (f"requests while idle for {arguments.idle} s", f"{idle_requests}", "0"),
            ("stop, s", f"{stop_seconds:.2f}", "5"),
            ("start with an empty store, s", f"{empty_seconds:.2f}", "5"),
            ("then requests a second: mean / most",
             f"{sum(burst.values()) / max(1, len(burst)):.0f} / {max(burst.values(), default=0)}",
             f"{arguments.sources // 300 + 64}"),
        ]
        print_table(f"{arguments.sources} sources", ("", "measured", "at most"), rows)
    return 0 if code == 0 and polled == arguments.sources else 1


if __name__ == "__main__":
    sys.exit(main())
