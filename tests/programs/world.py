"""What both talks share: the simulated network and a gateway, and how they are asked."""

import json
import pathlib
import sys
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "sdk"))

THEM = "+12025550188"
CARRIERS = ("twilio", "telnyx", "plivo")
WITHIN_S = 30


def ask(method, url, body=None, token=None, more=None):
    headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
    headers |= more or {}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def until(look):
    """What `look` sees, once it sees something; None if it never does."""
    end = time.monotonic() + WITHIN_S
    while time.monotonic() < end:
        if seen := look():
            return seen
        time.sleep(0.05)
    return None


def behaves(sim, **behaviour):
    ask("PUT", f"{sim.url}/network/subscribers/{THEM}", behaviour)


def public_key(sim):
    return ask("GET", f"{sim.url}/network/telnyx/public_key")["public_key"]


class Call:
    """A call of the gateway."""

    def __init__(self, gateway, request_id="a-program", **wish):
        self.token = gateway.token
        named = {"x-request-id": request_id}
        self.id = ask("POST", f"{gateway.url}/v1/calls", {"to": THEM, **wish}, self.token, named)["id"]
        self.url = f"{gateway.url}/v1/calls/{self.id}"

    def is_there(self, state):
        return until(lambda: self.look()["state"] == state)

    def look(self):
        return ask("GET", self.url, token=self.token)

    def tell(self, verb, **wish):
        ask("POST", f"{self.url}/{verb}", wish, self.token)
