"""What stands between who asks and who answers, and keeps all that passed."""

import http.client
import json
import re
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

# The names that the carriers give.
NAMES = r"CA[0-9a-f]{32}|v3:[\w-]+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@dataclass(frozen=True)
class Asked:
    """A request; the names of its headers are in lower case."""

    method: str
    target: str
    headers: dict
    content: bytes

    @property
    def path(self):
        return unquote(urlsplit(self.target).path)

    @property
    def media_type(self):
        return self.headers.get("content-type", "").split(";")[0].strip().lower()

    def query(self):
        return parse_qsl(urlsplit(self.target).query, keep_blank_values=True)

    def fields(self):
        """The names and values in its body, in their order."""
        if self.media_type == "application/json":
            return list(json.loads(self.content or b"{}").items())
        return parse_qsl(self.content.decode(), keep_blank_values=True)

    def kind(self):
        """Its method and its path, whichever call it is about."""
        return re.sub(NAMES, "{id}", f"{self.method} {self.path}")


@dataclass(frozen=True)
class Answered:
    """What was answered."""

    status: int
    headers: list
    content: bytes

    def header(self, wanted):
        return next((value for name, value in self.headers if name.lower() == wanted), None)


class Witness:
    """Passes everything on to `port`, and keeps what passed, as pairs; without one it answers itself
    to everything that it was done."""

    def __init__(self, port=None):
        self.passed = []
        witness = self

        class Page(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                content = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(self.command, self.path, headers, content)
                answered = passed_on(asked, port, dict(self.headers)) if port else DONE
                witness.passed.append((asked, answered))
                self.send_response(answered.status)
                for name, value in answered.headers:
                    if name.lower() not in ("transfer-encoding", "content-length", "connection", "date", "server"):
                        self.send_header(name, value)
                if answered.status != 204:
                    self.send_header("Content-Length", str(len(answered.content)))
                self.end_headers()
                self.wfile.write(answered.content)

            do_GET = do_POST = do_PUT = do_DELETE = answer

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def asked(self):
        return [asked for asked, _ in list(self.passed)]


def passed_on(asked, port, headers):
    onward = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    onward.request(asked.method, asked.target, asked.content, headers)
    answer = onward.getresponse()
    answered = Answered(answer.status, answer.getheaders(), answer.read())
    onward.close()
    return answered


DONE = Answered(200, [("Content-Type", "application/json")], b'{"data": {}, "meta": {}, "objects": []}')
