"""A Pipecat bot talks with a subscriber of the simulated network, on each carrier, through the gateway.

What the subscriber says in tones the bot says again, and the subscriber understands it to the letter:
so both directions, the codec and the messages are right, and so again when the bot has a second call."""

import json
import pathlib
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "sdk"))

from checks import Checks  # noqa: E402
from day import settings  # noqa: E402
from processes import Gateway, Process, Sim, free_port  # noqa: E402

THEM = "+12025550188"
WORDS = "Grüezi, who is this?"
WITHIN_S = 30

checks = Checks()


def ask(method, url, body=None, token=None):
    headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
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


def understood(sim):
    calls = ask("GET", f"{sim.url}/network/calls?live=true")["calls"]
    streams = [stream for call in calls for stream in call["streams"]]
    return [heard["text"] for stream in streams for heard in stream["understood"]]


def judge(carrier, sim, gateway, bot_url, bot):
    behaviour = {"does": "tell", "words": WORDS, "tell_after_ms": 1500, "talk_ms": 60000}
    ask("PUT", f"{sim.url}/network/subscribers/{THEM}", behaviour)
    call = ask("POST", f"{gateway.url}/v1/calls", {"to": THEM, "hold": True}, gateway.token)["id"]
    one = f"{gateway.url}/v1/calls/{call}"
    talks = until(lambda: ask("GET", one, token=gateway.token)["state"] == "in_progress")
    checks.that(f"{carrier}: the call is answered", talks)
    ask("POST", f"{one}/stream", {"url": bot_url, "speaks": "twilio"}, gateway.token)
    checks.equal(f"{carrier}: what the bot says again is understood", until(lambda: understood(sim)), [WORDS])
    checks.equal(f"{carrier}: the bot takes it for Twilio", bot.said(f"a call by (\\w+): {call}"), "twilio")
    ask("POST", f"{one}/hangup", token=gateway.token)
    over = until(lambda: ask("GET", one, token=gateway.token)["state"] == "ended")
    checks.that(f"{carrier}: the call ends", over)
    checks.that(f"{carrier}: and the bot's pipeline with it", until(lambda: "a call is over" in bot.log.read_text()))


def main():
    port = free_port()
    with tempfile.TemporaryDirectory() as folder, Sim(folder) as sim:
        public_key = ask("GET", f"{sim.url}/network/telnyx/public_key")["public_key"]
        for carrier in ("twilio", "telnyx", "plivo"):
            with Process([sys.executable, HERE / "bot.py", port], folder, f"bot-{carrier}") as bot:
                bot.said("(running on)", within_s=60)
                with Gateway(folder, settings(carrier, sim.url, public_key)) as gateway:
                    judge(carrier, sim, gateway, f"ws://127.0.0.1:{port}/ws", bot)
    checks.end()


main()
