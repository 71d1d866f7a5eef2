"""For the benchmarks: feeds, nginx on a free loopback port, CPU time and memory of processes."""
import json
import os
import resource
import socket
import subprocess
import tempfile
import time
from pathlib import Path

WORDS = ("the minister said on Wednesday that talks between the two governments would go on and "
         "that no date had been set for the next round while analysts doubted a quick result "
         "because trade across the border fell again after prices rose in the region").split()


def make_feed(number, items=30, size=40000, newest=None):
    """An RSS 2.0 document of about `size` bytes, as news sites publish them."""
    newest = newest or time.time()
    text = " ".join(WORDS) + ". "
    body = (text * (size // items // len(text) + 1))[:max(20, size // items - 380)]
    parts = []
    for i in range(items):
        date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(newest - i * 3600))
        parts.append(
            f"<item><title>Feed {number}: {WORDS[(number + i) % len(WORDS)]} report {i} on the "
            f"{WORDS[(number * 7 + i) % len(WORDS)]} question</title>"
            f"<link>https://news{number}.example/article/{i}</link>"
            f"<guid isPermaLink=\"true\">https://news{number}.example/article/{i}</guid>"
            f"<pubDate>{date}</pubDate>"
            f"<description>&lt;p&gt;{body}&lt;/p&gt;</description></item>")
    return ("<?xml version=\"1.0\" encoding=\"UTF-8\"?><rss version=\"2.0\"><channel>"
            f"<title>Feed {number}</title><link>https://news{number}.example/</link>"
            f"<description>Benchmark</description>{''.join(parts)}</channel></rss>")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Nginx:
    """Serves `root` on all loopback addresses, and below /made/ a small feed of its own for each
    path. The log has the time and the status of each request."""

    def __init__(self, folder, root):
        made = make_feed(0, items=3, size=1500, newest=time.time() - 30 * 86400)
        made = made.replace("news0", "$uri").replace("Feed 0", "$uri").replace("'", "")
        self.port, self.log_file = free_port(), Path(folder) / "access.log"
        user = "user root;" if os.getuid() == 0 else ""
        config = Path(folder) / "nginx.conf"
        config.write_text(f"""
            {user} daemon off; worker_processes 1; pid {folder}/nginx.pid;
            error_log {folder}/error.log; worker_rlimit_nofile 8192;
            events {{ worker_connections 4096; }}
            http {{
                log_format line '$msec $status'; access_log {self.log_file} line buffer=64k flush=1s;
                types {{ application/rss+xml xml; }}
                client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2;
                fastcgi_temp_path {folder}/t3; uwsgi_temp_path {folder}/t4;
                scgi_temp_path {folder}/t5; keepalive_requests 1000000;
                if_modified_since before;
                server {{ listen 0.0.0.0:{self.port} backlog=4096; root {root};
                          location /made/ {{ default_type application/rss+xml;
                                             return 200 '{made}'; }} }}
            }}""")
        self.process = subprocess.Popen(["/usr/sbin/nginx", "-c", config, "-p", folder, "-e",
                                         f"{folder}/error.log"])
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    break
            time.sleep(0.05)

    def requests(self):
        time.sleep(1.5)  # the log is buffered
        lines = self.log_file.read_text().splitlines() if self.log_file.exists() else []
        return [(float(at), int(status)) for at, status in (line.split() for line in lines)]

    def forget(self):
        time.sleep(1.5)
        os.truncate(self.log_file, 0)

    def stop(self):
        self.process.terminate()
        self.process.wait()


def run_timed(command, **options):
    """Runs it to its end: (CPU seconds with children, wall seconds, exit code)."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    code = subprocess.run(command, **options).returncode
    wall = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, wall, code


def memory(pid):
    """MiB of the process and its children: (resident of the first, proportional of all)."""
    def field(process, name, file):
        for line in Path(f"/proc/{process}/{file}").read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1]) / 1024
        return 0.0

    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return (field(pid, "VmRSS", "status"),
            sum(field(each, "Pss", "smaps_rollup") for each in [pid, *children]))


class Ready:
    """The socket on which a service says READY=1 (sd_notify)."""

    def __init__(self, folder):
        self.path = f"{folder}/notify"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)

    def wait(self, process):
        self.socket.settimeout(1)
        while True:
            try:
                if b"READY=1" in self.socket.recv(4096):
                    return
            except socket.timeout:
                if process.poll() is not None:
                    raise SystemExit(f"blocwatchd ended with code {process.returncode}")


def write_config(folder, sources, polling, **more):
    path = Path(folder) / "blocwatchd.yaml"
    lines = [json.dumps(source) for source in sources]
    more = "".join(f"{key}: {json.dumps(value)}\n" for key, value in more.items())
    path.write_text(f"polling: {json.dumps(polling)}\nserve: {{listen: 'off'}}\nlog_level: error\n"
                    f"{more}sources:\n" + "".join(f"  - {line}\n" for line in lines))
    return path


def scratch():
    """A folder that nginx may read, and that goes away at the end."""
    made = tempfile.TemporaryDirectory(prefix="blocwatch-bench-")
    os.chmod(made.name, 0o755)
    return made


def print_table(title, head, rows):
    widths = [max(len(str(row[i])) for row in [head, *rows]) for i in range(len(head))]
    print(f"\n{title}\n")
    for row in [head, ["-" * width for width in widths], *rows]:
        print("  " + "  ".join(str(cell).ljust(width) if i == 0 else str(cell).rjust(width)
                               for i, (cell, width) in enumerate(zip(row, widths))))
