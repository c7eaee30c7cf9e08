"""Holds what goes between the clients, the gateway and the simulated network to the carriers' own
OpenAPI: every request and every answer goes through prism, and every key that a request used is
looked up in the document, since prism lets unknown ones pass.

    client or gateway -> witness, who keeps what passed -> prism -> network
"""

import http.client
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

from checks import TWILIO_ACCOUNT, TWILIO_TOKEN, Checks, Network, skip, wait_for
from processes import BINARY, KEPT, Gateway, Process, Sim, free_port, run_script

SPECS = pathlib.Path(os.environ["OFFHOOK_SPECS"])
PRISM = KEPT / "prism/node_modules/.bin/prism"
PROBLEM = "application/problem+json"

checks = Checks()


@dataclass(frozen=True)
class Passed:
    """A request that passed, and what prism said of it and its answer."""

    method: str
    path: str
    query: tuple
    body: tuple
    violations: tuple


class Prism(Process):
    """The proxy that judges, in front of `upstream`."""

    def __init__(self, document, upstream, folder):
        self.port = free_port()
        command = [PRISM, "proxy", "--errors", "-p", self.port, "-h", "127.0.0.1", document, upstream]
        super().__init__(command, folder, "prism")
        self.said(r"(Prism is listening)")


class Witness:
    """Passes everything on to prism, and keeps what passed."""

    def __init__(self, port):
        self.passed = []
        witness = self

        class Page(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def pass_on(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                onward = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
                onward.request(self.command, self.path, body, dict(self.headers))
                answer = onward.getresponse()
                content = answer.read()
                witness.passed.append(passed(self, body, answer, content))
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("transfer-encoding", "content-length", "connection", "date", "server"):
                        self.send_header(name, value)
                if answer.status != 204:
                    self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
                onward.close()

            do_GET = do_POST = do_PUT = do_DELETE = pass_on

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"


def passed(page, body, answer, content):
    address = urlsplit(page.path)
    query = tuple(name for name, _ in parse_qsl(address.query, keep_blank_values=True))
    if page.headers.get_content_type() == "application/json":
        keys = tuple(json.loads(body or b"{}"))
    else:
        keys = tuple(name for name, _ in parse_qsl(body.decode(), keep_blank_values=True))
    said = []
    if (answer.getheader("content-type") or "").startswith(PROBLEM):
        problem = json.loads(content)
        said = problem.get("validation") or [problem]
    said += json.loads(answer.getheader("sl-violations") or "[]")
    # An answer with a status that the document leaves out is a warning: documents leave out errors.
    grave = [json.dumps(one) for one in said if one.get("severity") != "Warning"]
    return Passed(page.command, unquote(address.path), query, keys, tuple(grave))


class Document:
    """A carrier's OpenAPI."""

    def __init__(self, path):
        self.whole = json.loads(path.read_text())

    def resolved(self, part):
        while "$ref" in part:
            found = self.whole
            for name in part["$ref"].removeprefix("#/").split("/"):
                found = found[name.replace("~1", "/")]
            part = found
        return part

    def operation(self, request):
        """What the document says of a request: the path's parameters, and the operation itself."""
        for template, item in self.whole["paths"].items():
            pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
            if re.fullmatch(pattern, request.path) and request.method.lower() in item:
                return item.get("parameters", []), item[request.method.lower()]
        return None

    def unknown_keys(self, request):
        """The keys of a request that its operation doesn't have."""
        found = self.operation(request)
        if found is None:
            return ["the operation itself"]
        shared, operation = found
        parameters = [self.resolved(one) for one in [*shared, *operation.get("parameters", [])]]
        names = set()
        for one in parameters:
            if one["in"] == "query":
                names.add(one["name"])
                inner = self.keys(one.get("schema", {}))
                names |= {f"{one['name']}[{key}]" for key in inner}
        contents = self.resolved(operation.get("requestBody", {})).get("content", {})
        keys = {key for content in contents.values() for key in self.keys(content.get("schema", {}))}
        return [name for name in request.query if name not in names] + [key for key in request.body if key not in keys]

    def keys(self, schema):
        """The keys that an object may have."""
        schema = self.resolved(schema)
        found = set(schema.get("properties", {}))
        for way in ("allOf", "anyOf", "oneOf"):
            for part in schema.get(way, []):
                found |= self.keys(part)
        return found


def judge(who, document, passed):
    """Every request that passed, and every answer, is as the document says."""
    checks.that(f"{who}: something passed", passed)
    operations = {re.sub(r"(CA[0-9a-f]{32}|v3:[\w-]+)", "{id}", f"{one.method} {one.path}") for one in passed}
    print(f"{who}: {len(passed)} requests passed, of {len(operations)} kinds: {sorted(operations)}")
    said = {}
    for one in passed:
        kind = f"{one.method} {one.path}"
        for violation in one.violations:
            said.setdefault(violation, kind)
    checks.that(f"{who}: prism has nothing to say", not said, said)
    invented = next(one for one in passed if one.method == "POST" and one.body)
    seen = document.unknown_keys(replace(invented, body=("Invented",)))
    checks.equal(f"{who}: an invented key would be seen", seen, ["Invented"])
    unknown = {(key, one.method) for one in passed for key in document.unknown_keys(one)}
    checks.equal(f"{who}: the document knows every key", sorted(unknown), [])


def judge_clients(carrier, document_path):
    with tempfile.TemporaryDirectory() as folder, Sim(folder) as sim, Prism(document_path, sim.url, folder) as prism:
        for script in (f"{carrier}_life.py", f"{carrier}_life.mjs"):
            Network(sim.url).ask("POST", "reset")
            witness = Witness(prism.port)
            code, said = run_script(script, sim.url, witness.url, log=f"{script}-judged")
            failed = [line for line in said.splitlines() if line.startswith("FAILED")]
            checks.that(f"{script}, through prism", code == 0, failed)
            judge(script, Document(document_path), witness.passed)


def offhook(folder, gateway, *arguments):
    command = [str(BINARY), *arguments, "--url", gateway.url, "--config", f"{folder}/offhook.toml"]
    ended = subprocess.run(command, cwd=folder, env={"HOME": folder}, capture_output=True, text=True, timeout=60)
    return ended.returncode, ended.stdout + ended.stderr


def judge_gateway(document_path):
    """A gateway's calls at Twilio: placed, looked up, listed after a start, and hung up."""
    with tempfile.TemporaryDirectory() as folder, Sim(folder) as sim, Prism(document_path, sim.url, folder) as prism:
        witness = Witness(prism.port)
        settings = f"""
            calls.live_max = 40
            calls.destinations = ["*"]
            [carriers.line]
            kind = "twilio"
            account_sid = "{TWILIO_ACCOUNT}"
            auth_token = "{TWILIO_TOKEN}"
            base_url = "{witness.url}"
            calls_per_second = 20
            [numbers."+15550100000"]
            carrier = "line"
            """
        network = Network(sim.url)
        live = lambda: network.ask("GET", "calls?live=true")["calls"]
        with Gateway(folder, settings) as gateway:
            code, said = offhook(folder, gateway, "call", "+15550100042", "--say", "Hello & goodbye", "--wait")
            checks.that("offhook call --wait: completed", code == 0, said)
            code, said = offhook(folder, gateway, "call", "+15550100001", "--wait")
            checks.equal("offhook call --wait: busy", code, 4)
            for number in range(34):
                offhook(folder, gateway, "call", f"+1555020{number:02}06")
            n_talking = lambda: sum(call["status"] == "in-progress" for call in live())
            wait_for("all are talking", lambda: n_talking() == 34, 30)
        with Gateway(folder, settings, name="again", hears_webhooks=False) as gateway:
            listed = lambda: [one for one in witness.passed if one.method == "GET" and one.path.endswith("/Calls.json")]
            wait_for("the listing after a start", listed)
            code, said = offhook(folder, gateway, "call", "+15550100043", "--say", "Hello again", "--wait")
            checks.that("offhook call --wait, without webhooks", code == 0, said)
            code, said = offhook(folder, gateway, "ls", "--json")
            for call in json.loads(said)["calls"]:
                offhook(folder, gateway, "hangup", call["id"])
            wait_for("all are hung up", lambda: not live(), 30)
            known = lambda: json.loads(offhook(folder, gateway, "ls", "--json")[1])["calls"]
            wait_for("all are known to be over", lambda: not known(), 30)
        unknown = network.ask("GET", "requests")["unknown_parameters"]
        checks.equal("the network knows every parameter of the gateway", unknown, {})
        judge("offhook", Document(document_path), witness.passed)


def main():
    """`judged.py CARRIER` for its clients, `judged.py CARRIER gateway` for the gateway at it."""
    carrier, *rest = sys.argv[1:]
    found = sorted(SPECS.glob(f"{carrier}*.json"))
    if not found:
        skip(f"OFFHOOK_SPECS has no document whose name begins with {carrier}")
    with checks.part(" ".join(sys.argv[1:])):
        (judge_gateway if rest else lambda document: judge_clients(carrier, document))(found[0])
    checks.end()


main()
