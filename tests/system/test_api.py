"""The web server over plain HTTP: API, live events, exports, metrics, and who may ask what."""
import http.client
import json
import re
import socket
import subprocess
import threading
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ElementTree
from datetime import datetime

import pytest
import yaml

from support import SOURCE, free_port, rss, wait_for, write_config

HITS = [
    {"title": "Kazakhstan has no plans to join BRICS", "guid": "1", "summary": "Astana said so."},
    {"title": "Uzbekistan decides against joining the Eurasian Economic Union", "guid": "2"},
    {"title": "Узбекистан отказался вступать в ЕАЭС", "guid": "3"},
    {"title": "Snow closes a pass above Almaty", "guid": "4"},
]


class Site:
    def __init__(self, run, port):
        self.run, self.port = run, port
        self.base = f"http://127.0.0.1:{port}"

    def ask(self, path, data=None, method=None, **headers):
        """(status, headers, body)"""
        body = None if data is None else json.dumps(data).encode()
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        request = urllib.request.Request(self.base + path, data=body, method=method,
                                         headers={k.replace("_", "-"): v for k, v in headers.items()})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def json(self, path, **more):
        status, _, body = self.ask(path, **more)
        assert status == 200, body
        return json.loads(body)

    def csrf(self):
        return re.search(rb'name="csrf" value="([0-9a-f]+)"', self.ask("/alerts")[2])[1].decode()


@pytest.fixture
def site(tmp_path, web, daemon):
    (web.root / "feed.xml").write_text(rss(*HITS))
    port = free_port()
    config = write_config(tmp_path, [{"id": "feed", "url": web.url("feed.xml")}],
                          serve={"listen": f"127.0.0.1:{port}",
                                 "standing": str(SOURCE / "config/standing.yaml")})
    run = daemon(config)
    run.wait_log("polled source=feed")
    yield Site(run, port)
    assert run.stop() == 0


def test_hits_filters_and_pages(site):
    page = site.json("/api/v1/hits")
    assert [hit["title"] for hit in page["data"]] == [HITS[2]["title"], HITS[1]["title"],
                                                      HITS[0]["title"]]
    assert page["next"] is None
    first = site.json("/api/v1/hits?limit=2")
    rest = site.json(f"/api/v1/hits?limit=2&cursor={first['next']}")
    assert [hit["id"] for hit in first["data"] + rest["data"]] == [
        hit["id"] for hit in page["data"]]
    assert [hit["title"] for hit in site.json("/api/v1/hits?bloc=brics")["data"]] == [
        HITS[0]["title"]]
    assert len(site.json("/api/v1/hits?actor=uzbekistan&stance=declines")["data"]) == 2
    assert site.json("/api/v1/hits?since=2999-01-01")["data"] == []
    hit = site.json(f"/api/v1/hits/{page['data'][-1]['id']}")
    assert hit["events"][0]["actor"] == "KZ" and hit["events"][0]["why"]
    assert site.ask("/api/v1/hits/999999")[0] == 404


def test_search_is_folded(site):
    def find(words):
        return [item["title"] for item in
                site.json("/api/v1/items?q=" + urllib.parse.quote(words))["data"]]

    assert find("узбекистан") == [HITS[2]["title"]]
    assert find("EURASIAN union") == [HITS[1]["title"]]
    assert find('"; DROP TABLE items --') == []


def test_errors_are_problems(site):
    status, headers, body = site.ask("/api/v1/hits?limit=many")
    problem = json.loads(body)
    assert status == 400 and headers["Content-Type"] == "application/problem+json"
    assert problem["status"] == 400 and "many" in problem["detail"]
    assert site.ask("/nowhere")[0] == 404
    assert site.ask("/api/v1/hits", method="DELETE")[0] == 405


def test_etag(site):
    _, headers, _ = site.ask("/api/v1/hits")
    status, _, body = site.ask("/api/v1/hits", If_None_Match=headers["ETag"])
    assert status == 304 and body == b""


def test_matrix(site):
    cells = {(cell["actor"], cell["bloc"]): cell for cell in site.json("/api/v1/matrix")["data"]}
    assert len(cells) >= 40
    assert cells["KZ", "BRICS"]["signals"][0]["stance"] == "declines"
    assert cells["UZ", "EAEU"]["standing"] == "observer"
    assert cells["UZ", "EAEU"]["signals"][0]["count"] == 2
    assert cells["TM", "CSTO"]["signals"] == []


def test_atom_and_csv(site):
    status, headers, body = site.ask("/hits.atom?bloc=brics")
    assert status == 200 and headers["Content-Type"].startswith("application/atom+xml")
    atom = "{http://www.w3.org/2005/Atom}"
    feed = ElementTree.fromstring(body)
    for need in ["id", "title", "updated"]:
        assert feed.find(atom + need).text
    [entry] = feed.findall(atom + "entry")
    assert entry.find(atom + "title").text == HITS[0]["title"]
    assert entry.find(atom + "author") is not None
    datetime.fromisoformat(entry.find(atom + "updated").text.replace("Z", "+00:00"))
    parsed = subprocess.run([site.run.process.args[0].parent / "blocwatchctl", "feed", "parse", "-",
                             "--json"], input=body, capture_output=True)
    if parsed.returncode == 0:  # our own parser reads what we write
        assert json.loads(parsed.stdout)["title"] == HITS[0]["title"]
    rows = site.ask("/hits.csv")[2].decode().split("\r\n")
    assert rows[0].startswith("id,time,rule") and len(rows) == 5


def test_live_events(site, web):
    seen = []

    def listen():
        connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)
        connection.request("GET", "/events")
        answer = connection.getresponse()
        seen.append(answer.headers["Content-Type"])
        while len(seen) < 3:
            line = answer.readline().decode()
            if line.startswith(("id: ", "data: ")):
                seen.append(line.split(": ", 1)[1])
        connection.close()

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    wait_for(lambda: seen, text="the stream")
    (web.root / "new").write_text(rss({"title": "Tajikistan joins the EAEU", "guid": "5"}, *HITS))
    (web.root / "new").rename(web.root / "feed.xml")
    thread.join(60)
    assert seen[0] == "text/event-stream"
    assert json.loads(seen[2])["title"] == "Tajikistan joins the EAEU"

    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)
    connection.request("GET", "/events", headers={"Last-Event-ID": str(int(seen[1]) - 1)})
    answer = connection.getresponse()
    lines = [answer.readline().decode() for _ in range(6)]
    assert any("Tajikistan joins the EAEU" in line for line in lines), lines
    connection.close()


def test_metrics_are_prometheus(site):
    _, headers, body = site.ask("/metrics")
    assert headers["Content-Type"].startswith("text/plain; version=0.0.4")
    result = subprocess.run(["promtool", "check", "metrics"], input=body, capture_output=True)
    assert result.returncode == 0, result.stdout + result.stderr
    text = body.decode()
    assert "blocwatch_stored_hits 3" in text and "blocwatch_poll_seconds_bucket" in text
    assert site.ask("/healthz")[0] == 200 and site.ask("/readyz")[0] == 200


def test_prometheus_rules_and_dashboard():
    rules = SOURCE / "config/prometheus/blocwatch.rules.yaml"
    result = subprocess.run(["promtool", "check", "rules", rules], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    dashboard = json.loads((SOURCE / "config/grafana/blocwatch.json").read_text())
    told = set(re.findall(r'"([a-z_]+)"', (SOURCE / "daemon/metrics.c").read_text() +
                          (SOURCE / "daemon/web.c").read_text() +
                          (SOURCE / "daemon/serve/health.c").read_text()))
    asked = re.findall(r"blocwatch_([a-z_]+)", json.dumps(dashboard) + rules.read_text())
    for name in asked:
        name = re.sub("_(bucket|sum|count)$", "", name)
        assert name in told or name in ("hits_by_fate", "http_requests_total"), name


def test_writes_need_the_page_or_a_token(site):
    silence = {"matchers": "actor=KZ", "minutes": "60"}
    assert site.ask("/api/v1/silences", silence)[0] == 403
    token = site.csrf()
    assert site.ask("/api/v1/silences", silence, X_CSRF_Token=token,
                    Origin="http://evil.example")[0] == 403
    made = site.json("/api/v1/silences", data=silence, X_CSRF_Token=token, Origin=site.base)
    assert [row["id"] for row in site.json("/api/v1/silences")["data"]] == [made["id"]]
    assert site.ask(f"/api/v1/silences/{made['id']}", method="DELETE", X_CSRF_Token=token)[0] == 200
    assert site.json("/api/v1/silences")["data"] == []
    assert site.ask("/api/v1/silences", {"matchers": "nonsense", "minutes": "5"},
                    X_CSRF_Token=token)[0] == 400
    answers = []

    def poll():
        answers.append(site.ask("/api/v1/sources/poll", {"source": "feed"}, X_CSRF_Token=token))
        return answers[-1][0] != 409  # it is being polled already

    wait_for(poll, text="the end of a poll")
    assert answers[-1][0] == 200 and json.loads(answers[-1][2])["due"]
    assert site.ask("/api/v1/sources/poll", {"source": "nobody"}, X_CSRF_Token=token)[0] == 404


def test_rules_can_be_tried(site):
    token = site.csrf()
    answer = site.json("/api/v1/rules/test", X_CSRF_Token=token,
                       data={"title": "Kyrgyzstan will not leave the CSTO", "summary": ""})
    [hit] = answer["hits"]
    assert (hit["events"][0]["actor"], hit["events"][0]["stance"]) == ("KG", "stays")
    assert hit["events"][0]["why"]
    assert site.json("/api/v1/rules/test", X_CSRF_Token=token,
                     data={"title": "Snow"})["hits"] == []


def test_foreign_host_is_refused(site):
    assert site.ask("/", Host="evil.example")[0] == 421
    assert site.ask("/", Host=f"localhost:{site.port}")[0] == 200


def test_slow_and_large_clients(site):
    slow = [socket.create_connection(("127.0.0.1", site.port)) for _ in range(50)]
    for connection in slow:
        connection.send(b"GET / HT")
    assert site.ask("/healthz")[0] == 200
    try:
        assert site.ask("/api/v1/rules/test", {"title": "x" * 1000000})[0] in (400, 413)
    except urllib.error.URLError:
        pass  # cut off before all of it was sent
    for connection in slow:
        connection.close()


def test_token(tmp_path, web, daemon):
    (web.root / "feed.xml").write_text(rss(*HITS))
    (tmp_path / "token").write_text("a-long-secret\n")
    port = free_port()
    config = write_config(tmp_path, [{"id": "feed", "url": web.url("feed.xml")}],
                          serve={"listen": f"0.0.0.0:{port}", "token_file": "token",
                                 "public_url": f"http://127.0.0.1:{port}/"})
    run = daemon(config)
    run.wait_log("polled source=feed")
    site = Site(run, port)
    assert site.ask("/api/v1/hits")[0] == 401
    assert site.ask("/api/v1/hits", Authorization="Bearer wrong")[0] == 401
    good = "Bearer a-long-secret"
    assert site.ask("/api/v1/hits", Authorization=good)[0] == 200
    assert site.ask("/api/v1/silences", {"matchers": "actor=KZ", "minutes": "5"},
                    Authorization=good)[0] == 200
    assert "a-long-secret" not in run.log()
    assert run.stop() == 0


def test_open_address_without_token_is_refused(tmp_path, daemon):
    config = write_config(tmp_path, serve={"listen": f"0.0.0.0:{free_port()}"})
    run = daemon(config)
    assert run.wait_exit() == 2
    assert "token_file" in run.log()


def test_unix_socket(tmp_path, web, daemon):
    (web.root / "feed.xml").write_text(rss(*HITS))
    path = tmp_path / "page.sock"
    run = daemon(write_config(tmp_path, [{"id": "feed", "url": web.url("feed.xml")}],
                              serve={"listen": f"unix:{path}"}))
    run.wait_log("polled source=feed")
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        client.sendall(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
        assert b"200 OK" in client.recv(4096)
    assert run.stop() == 0
    assert not path.exists()


def resolve(document, schema):
    while "$ref" in schema:
        node = document
        for part in schema["$ref"].lstrip("#/").split("/"):
            node = node[part]
        schema = node
    return schema


def check(document, schema, value, where):
    """What of JSON Schema the document uses: type, nullable, enum, required, properties, items."""
    schema = resolve(document, schema)
    if value is None and (schema.get("nullable") or "type" not in schema):
        return
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}
    if "type" in schema:
        assert isinstance(value, kinds[schema["type"]]), (where, value)
    if "enum" in schema:
        assert value in schema["enum"], (where, value)
    for name in schema.get("required", []):
        assert name in value, (where, name)
    for name, part in schema.get("properties", {}).items():
        if name in value:
            check(document, part, value[name], f"{where}.{name}")
    for each in value if "items" in schema else []:
        check(document, schema["items"], each, f"{where}[]")


def test_openapi_tells_the_truth(site):
    document = yaml.safe_load((SOURCE / "doc/openapi.yaml").read_text())
    ids = {"hits": site.json("/api/v1/hits")["data"][0]["id"],
           "items": site.json("/api/v1/items")["data"][0]["id"],
           "stories": site.json("/api/v1/stories")["data"][0]["id"]}
    checked = 0
    for path, methods in document["paths"].items():
        if "get" not in methods or path == "/events":
            continue
        real = path.replace("{id}", str(ids.get(path.split("/")[-2])))
        status, headers, body = site.ask(real)
        assert status == 200, (real, body)
        content = methods["get"]["responses"]["200"].get("content", {})
        for kind, media in content.items():
            assert headers["Content-Type"].startswith(kind), real
            if "schema" in media:
                check(document, media["schema"], json.loads(body), real)
                checked += 1
    assert checked >= 10
    served = set(re.findall(r'EVHTTP_REQ_(\w+), "(/api/[^"]*)"',
                            (SOURCE / "daemon/serve/server.c").read_text()))
    told = {(method.upper(), re.sub(r"\{id\}", "", path)) for path, methods in
            document["paths"].items() for method in methods if path.startswith("/api/")}
    assert served == told
