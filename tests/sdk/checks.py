"""What the scripts in this folder share: checks that are told one per line, the simulated network
by its own interface, and a receiver of webhooks that keeps what it heard."""

import contextlib
import json
import sys
import threading
import time
import traceback
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# What the network opens itself to where nothing else is set. All of it is made up.
TWILIO_ACCOUNT = "AC00000000000000000000000000000001"
TWILIO_TOKEN = "00000000000000000000000000000002"
TELNYX_KEY = "KEY00000000000000000000000000000003"
TELNYX_CONNECTION = "1000000000000000004"
PLIVO_ID = "MAOFFHOOKSIMULATED00"
PLIVO_TOKEN = "0000000000000000000000000000000000000006"

# A script that cannot check anything ends with this.
SKIPPED = 77


class Checks:
    """Tells of each check in a line, and ends the script by whether all held."""

    def __init__(self):
        self.n_passed = 0
        self.n_failed = 0

    def that(self, what, holds, seen=None):
        """`what` is so. `seen` is told where it isn't."""
        if holds:
            self.n_passed += 1
            print(f"ok {what}", flush=True)
        else:
            self.n_failed += 1
            print(f"FAILED {what}" + ("" if seen is None else f": {seen!r}"), flush=True)

    def equal(self, what, seen, wanted):
        self.that(what, seen == wanted, f"{seen!r}, not {wanted!r}")

    def refused(self, what, wanted, error_of, request):
        """`request` raises an error of which `error_of` says `wanted`."""
        try:
            answer = request()
        except Exception as error:
            try:
                seen = error_of(error)
            except Exception:
                seen = f"{type(error).__name__}: {error}"
            self.equal(what, seen, wanted)
        else:
            self.that(what, False, f"it was done: {answer!r}")

    @contextlib.contextmanager
    def part(self, name):
        """What goes wrong in here fails one check, and the parts after it go on."""
        try:
            yield
        except Exception as error:
            self.that(f"{name}, to its end", False, error)
            traceback.print_exc()

    def end(self):
        sys.exit(1 if self.n_failed else 0)


def skip(why):
    """Ends a script that cannot check anything."""
    print(f"skipped: {why}", flush=True)
    sys.exit(SKIPPED)


def addresses():
    """Where the network is, and where its carriers' APIs are asked: a proxy may stand before them."""
    network = sys.argv[1].rstrip("/")
    api = sys.argv[2].rstrip("/") if len(sys.argv) > 2 else network
    return Network(network), api


class Network:
    """The simulated network's own interface, under `/network/`."""

    def __init__(self, url):
        self.url = url

    def ask(self, method, path, body=None):
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/network/{path}", content, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def truth(self, call):
        return self.ask("GET", f"calls/{urllib.parse.quote(call, safe='')}")

    def behaves(self, number, **behaviour):
        self.ask("PUT", f"subscribers/{number}", behaviour)

    def fault(self, **fault):
        return self.ask("POST", "faults", fault)["id"]

    def heal(self):
        self.ask("DELETE", "faults")

    def n_asked(self, operation):
        return self.ask("GET", "requests")["by_operation"].get(operation, 0)


def wait_for(what, condition, within_s=15):
    """The first value of `condition` that isn't empty."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if value := condition():
            return value
        time.sleep(0.02)
    raise TimeoutError(f"not within {within_s} s: {what}")


@dataclass
class Heard:
    """A webhook as it arrived, the names of its headers in lower case."""

    method: str
    url: str
    headers: dict
    body: str

    @property
    def path(self):
        return urllib.parse.urlsplit(self.url).path

    def form(self):
        """The fields of its body."""
        return dict(urllib.parse.parse_qsl(self.body, keep_blank_values=True))

    def query(self):
        text = urllib.parse.urlsplit(self.url).query
        return dict(urllib.parse.parse_qsl(text, keep_blank_values=True))

    def fields(self):
        return self.form() if self.method == "POST" else self.query()


class Receiver:
    """Hears webhooks on loopback, and answers as told by path, otherwise with an empty 200."""

    def __init__(self):
        self.heard = []
        self.answers = {}
        receiver = self

        class Page(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                length = int(self.headers.get("content-length") or 0)
                body = self.rfile.read(length).decode()
                url = f"http://{self.headers['host']}{self.path}"
                headers = {name.lower(): value for name, value in self.headers.items()}
                heard = Heard(self.command, url, headers, body)
                receiver.heard.append(heard)
                kind, content = receiver.answers.get(heard.path, ("text/plain", ""))
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content.encode())))
                self.end_headers()
                self.wfile.write(content.encode())

            do_POST = do_GET

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, path):
        return f"http://127.0.0.1:{self.server.server_port}{path}"

    def answer_xml(self, path, document):
        self.answers[path] = ("text/xml", f"<Response>{document}</Response>")

    def of(self, path, **fields):
        """The webhooks at this path with these fields."""
        found = [heard for heard in list(self.heard) if heard.path == path]
        return [heard for heard in found if fields.items() <= heard.fields().items()]
