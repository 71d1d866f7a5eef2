"""Real processes for the system tests: the daemon, the tool, nginx, and a scripted receiver."""
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

BIN = Path(os.environ["BLOCWATCH_BIN"])
SOURCE = Path(os.environ["BLOCWATCH_SOURCE"])


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what, seconds=30, text="it"):
    """Waits until what() is true; returns its value. The time is a limit, not a measure."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = what()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"{text} did not happen within {seconds} s")


class Nginx:
    """Serves a folder on a free loopback port; `log` has one line a request."""

    FORMAT = ('$request_method $uri $status inm="$http_if_none_match" '
              'ims="$http_if_modified_since" ua="$http_user_agent" ae="$http_accept_encoding" '
              'cookie="$http_cookie" referer="$http_referer"')

    def __init__(self, folder, extra=""):
        self.folder = Path(folder)
        self.root = self.folder / "www"
        self.root.mkdir(parents=True)
        os.chmod(self.root, 0o755)
        self.port = free_port()
        self.log_file = self.folder / "access.log"
        config = self.folder / "nginx.conf"
        user = "user root;" if os.getuid() == 0 else ""
        config.write_text(f"""
            {user} daemon off; worker_processes 1; pid {self.folder}/nginx.pid;
            error_log {self.folder}/error.log;
            events {{ worker_connections 1024; }}
            http {{
                log_format line '{self.FORMAT}';
                access_log {self.log_file} line;
                types {{ application/rss+xml xml; text/html html; application/json json; }}
                client_body_temp_path {self.folder}/t1; proxy_temp_path {self.folder}/t2;
                fastcgi_temp_path {self.folder}/t3; uwsgi_temp_path {self.folder}/t4;
                scgi_temp_path {self.folder}/t5;
                gzip on; gzip_types *; gzip_min_length 1;
                server {{ listen 127.0.0.1:{self.port}; root {self.root}; {extra} }}
            }}""")
        self.process = subprocess.Popen(["/usr/sbin/nginx", "-c", config, "-p", self.folder,
                                         "-e", self.folder / "error.log"])
        wait_for(self._answers, text="nginx")

    def _answers(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def url(self, name):
        return f"http://127.0.0.1:{self.port}/{name}"

    def log(self):
        return self.log_file.read_text().splitlines() if self.log_file.exists() else []

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


class Receiver:
    """A webhook receiver: answers with the next of `statuses` (then 200), keeps every request."""

    def __init__(self, statuses=()):
        self.statuses = list(statuses)
        self.requests = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status = receiver.statuses.pop(0) if receiver.statuses else 200
                receiver.requests.append((status, dict(self.headers), body))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def accepted(self):
        return [request for request in self.requests if request[0] < 300]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def write_config(folder, sources=(), channels=(), rules=None, lexicon=None, polling=None, **more):
    """A configuration file (JSON is YAML) in `folder`; by default with the shipped rules."""
    config = {
        "include": [] if rules is not None else [f"{SOURCE}/config/lexicon.d/*.yaml",
                                                 f"{SOURCE}/config/rules.d/*.yaml"],
        "readers": 1,
        "polling": {"interval": "1s", "interval_floor": "1s", "host_gap": "0s", "jitter": 0,
                    **(polling or {})},
        "sources": [{"allow_private": True, **source} for source in sources],
        "channels": list(channels),
        "route": {"channels": [channel["id"] for channel in channels]},
        "serve": {"listen": "off"},
        **more,
    }
    if rules is not None:
        config["rules"] = list(rules)
    if lexicon is not None:
        config["lexicon"] = list(lexicon)
    path, fresh = Path(folder) / "blocwatchd.yaml", Path(folder) / "blocwatchd.yaml.new"
    fresh.write_text(json.dumps(config, indent=1, ensure_ascii=False))
    fresh.rename(path)  # at once: a daemon may be reading it
    return path


class Daemon:
    def __init__(self, config, state, *arguments, env=None):
        self.config, self.state = Path(config), Path(state)
        self.arguments, self.env = arguments, {**os.environ, **(env or {})}
        self.log_file = Path(f"{self.state}.log")
        self.process = None

    def start(self):
        self.log_start = self.log_file.stat().st_size if self.log_file.exists() else 0
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(
                [BIN / "blocwatchd", "--config", self.config, "--state-dir", self.state,
                 *self.arguments], stderr=log, stdout=log, env=self.env)
        return self

    def log(self):
        """What this run of the daemon has logged."""
        with open(self.log_file, "rb") as log:
            log.seek(self.log_start)
            return log.read().decode(errors="replace")

    def wait_log(self, pattern, seconds=60):
        try:
            return wait_for(lambda: re.search(pattern, self.log()), seconds, pattern)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log()}") from None

    def wait_exit(self, seconds=60):
        return self.process.wait(seconds)

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """Ends it by SIGTERM, once it is there to take the signal; returns the exit code."""
        wait_for(lambda: self.process.poll() is not None or " starts " in self.log(), 60,
                 "the daemon's start")
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(30)

    def ctl(self, *arguments, **options):
        return ctl("--config", self.config, "--state-dir", self.state, *arguments, **options)

    def json(self, *arguments):
        result = self.ctl(*arguments, "--json")
        assert result.returncode == 0, result.stderr
        return [json.loads(line) for line in result.stdout.splitlines()]


def ctl(*arguments, stdin=None):
    return subprocess.run([BIN / "blocwatchctl", *arguments], input=stdin, capture_output=True,
                          text=True, timeout=120)


def rss(*items, title="Test feed"):
    """An RSS 2.0 document; an item is a dict of title, and optionally guid, link, summary, date."""
    def escape(text):
        return text.replace("&", "&amp;").replace("<", "&lt;")

    parts = []
    for item in items:
        name = item.get("guid", item["title"])
        date = item.get("date", time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime()))
        parts.append(f"<item><title>{escape(item['title'])}</title>"
                     f"<guid isPermaLink='false'>{escape(name)}</guid>"
                     f"<link>{item.get('link', 'https://news.example/' + str(abs(hash(name))))}"
                     f"</link><pubDate>{date}</pubDate>"
                     f"<description>{escape(item.get('summary', ''))}</description></item>")
    return ("<?xml version='1.0' encoding='UTF-8'?><rss version='2.0'><channel>"
            f"<title>{title}</title><link>https://news.example/</link>{''.join(parts)}"
            "</channel></rss>")
