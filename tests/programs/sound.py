"""A Pipecat bot talks with a subscriber of the simulated network, on each carrier, through the gateway.

What the subscriber says in tones the bot says again, and the subscriber understands it to the letter:
so both directions, the codec and the messages are right, and so again when the bot has a second call."""

import sys
import tempfile

from world import CARRIERS, HERE, Call, ask, behaves, public_key, until

from checks import Checks
from day import settings
from processes import Gateway, Process, Sim, free_port

WORDS = "Grüezi, who is this?"

checks = Checks()


def understood(sim):
    calls = ask("GET", f"{sim.url}/network/calls?live=true")["calls"]
    streams = [stream for call in calls for stream in call["streams"]]
    return [heard["text"] for stream in streams for heard in stream["understood"]]


def judge(carrier, sim, gateway, bot_url, bot):
    behaves(sim, does="tell", words=WORDS, tell_after_ms=1500, talk_ms=60000)
    call = Call(gateway, hold=True)
    checks.that(f"{carrier}: the call is answered", call.is_there("in_progress"))
    call.tell("stream", url=bot_url, speaks="twilio")
    checks.equal(f"{carrier}: what the bot says again is understood", until(lambda: understood(sim)), [WORDS])
    checks.equal(f"{carrier}: the bot takes it for Twilio", bot.said(f"a call by (\\w+): {call.id}"), "twilio")
    call.tell("hangup")
    checks.that(f"{carrier}: the call ends", call.is_there("ended"))
    checks.that(f"{carrier}: and the bot's pipeline with it", until(lambda: "a call is over" in bot.log.read_text()))


def main():
    port = free_port()
    with tempfile.TemporaryDirectory() as folder, Sim(folder) as sim:
        key = public_key(sim)
        for carrier in CARRIERS:
            with Process([sys.executable, HERE / "bot.py", port], folder, f"bot-{carrier}") as bot:
                bot.said("(running on)", within_s=60)
                with Gateway(folder, settings(carrier, sim.url, key)) as gateway:
                    judge(carrier, sim, gateway, f"ws://127.0.0.1:{port}/ws", bot)
    checks.end()


main()
