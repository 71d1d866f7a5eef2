"""A scripted HTTP server that may be rude: each path has a function that writes whatever it wants."""
import gzip
import socket
import struct
import threading
import time


class Request:
    def __init__(self, server, connection, path, headers, number):
        self.server, self.connection, self.path, self.headers = server, connection, path, headers
        self.number = number  # of this path, from 1
        self.time = time.monotonic()
        self.end = None
        self.keep = False

    def send(self, data):
        self.connection.sendall(data)
        self.server.sent += len(data)

    def reply(self, status=200, body=b"", **headers):
        """Header names with _ for -; a value None leaves the field out."""
        fields = {"Content_Length": len(body), "Date": http_date(time.time()), **headers}
        lines = [f"HTTP/1.1 {status} X"]
        for name, values in fields.items():
            for value in values if isinstance(values, list) else [values]:
                if value is not None:
                    lines.append(f"{name.replace('_', '-')}: {value}")
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        self.keep = True


class RudeServer:
    """server.on(path, function); requests of all paths in `requests`."""

    def __init__(self, address="0.0.0.0", port=0):
        self.paths, self.requests, self.sent = {}, [], 0
        self.active = self.most_active = 0
        self.lock = threading.Lock()
        self.listener = socket.create_server((address, port), backlog=1024)
        self.port = self.listener.getsockname()[1]
        self.stopped = False
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, path, host="127.0.0.1"):
        return f"http://{host}:{self.port}{path}"

    def on(self, path, function):
        self.paths[path] = function
        return self.url(path)

    def of(self, path):
        return [request for request in self.requests if request.path == path]

    def stop(self):
        self.stopped = True
        self.listener.close()

    def _accept(self):
        while not self.stopped:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, connection.makefile("rb") as lines:
            try:
                while self._serve_one(connection, lines):
                    pass
            except OSError:
                pass

    def _serve_one(self, connection, lines):
        first = lines.readline().split()
        if len(first) < 2:
            return False
        headers = {}
        for line in iter(lines.readline, b"\r\n"):
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        with self.lock:
            path = first[1].decode()
            request = Request(self, connection, path, headers, len(self.of(path)) + 1)
            self.requests.append(request)
            self.active += 1
            self.most_active = max(self.most_active, self.active)
        try:
            self.paths.get(path, lambda request: request.reply(404))(request)
        finally:
            request.end = time.monotonic()
            with self.lock:
                self.active -= 1
        return request.keep


def http_date(when):
    return time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(when))


def brotli_stored(data):
    """A Brotli stream (RFC 7932) of uncompressed meta-blocks."""
    out, first = bytearray(), True
    for at in range(0, len(data), 65536):
        block = data[at:at + 65536]
        bits = (len(block) - 1) << 3 | 1 << 19  # not last, four nibbles of length, uncompressed
        out += struct.pack("<I", bits << 1 if first else bits)[:3]
        out += block
        first = False
    return bytes(out + (b"\x06" if first else b"\x03"))


def zstd_stored(data):
    """A Zstandard frame (RFC 8878) of raw blocks."""
    out = bytearray(struct.pack("<IBI", 0xFD2FB528, 0xA0, len(data)))
    for at in range(0, len(data), 65536):
        block = data[at:at + 65536]
        out += struct.pack("<I", len(block) << 3 | (at + len(block) >= len(data)))[:3] + block
    return bytes(out)


CODINGS = {"gzip": gzip.compress, "br": brotli_stored, "zstd": zstd_stored}
