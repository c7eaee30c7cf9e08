"""An agent of Twilio Agent Connect talks with a subscriber of the simulated network, on each carrier.

It checks that it is Twilio who connects, as it does in production: with the token that it knows the
gateway is let in, and with another one it isn't."""

import re
import sys
import tempfile

from world import CARRIERS, HERE, THEM, Call, ask, behaves, public_key, until

from checks import Checks
from day import settings
from processes import Gateway, Process, Sim, free_port

TOKEN = "the token that the agent knows"
WORDS = "Goodbye then."
SORRY = "Nobody can talk now."

checks = Checks()


def heard(sim):
    calls = ask("GET", f"{sim.url}/network/calls")["calls"]
    return [one["text"] for call in calls if call["to"] == THEM for one in call["heard"]]


def with_agent(carrier, sim, key, port, token):
    agent = f'kind = "relay"\nurl = "ws://127.0.0.1:{port}/ws"\nauth_token = "{token}"\napology = "{SORRY}"'
    return settings(carrier, sim.url, key) + f"\n[agents.clerk]\n{agent}\n"


def judge(carrier, sim, gateway, clerk):
    behaves(sim, does="speak", words="What a day.", answer_after_ms=0, speak_after_ms=300, talk_ms=60000)
    call = Call(gateway, agent="clerk")
    told = clerk.said(r"heard by VOICE from (\S+): What a day")
    checks.equal(f"{carrier}: the agent is told what is said, and by whom", told, THEM)
    checks.that(f"{carrier}: what it replies is heard", until(lambda: "You said: What a day." in heard(sim)))
    behaves(sim, does="speak", words=WORDS, answer_after_ms=0, speak_after_ms=300, talk_ms=60000)
    call.tell("hangup")
    checks.that(f"{carrier}: the call ends", call.is_there("ended"))
    over = until(lambda: f"a conversation is over: {call.id}" in clerk.log.read_text())
    checks.that(f"{carrier}: and the agent is told so", over)

    call = Call(gateway, agent="clerk")
    checks.that(f"{carrier}: the agent ends a call", call.is_there("ended"))
    ending = call.look()["ending"]
    checks.equal(f"{carrier}: and is named as who did", (ending["by"], ending["cause"]), ("agent", "agent_done"))


def main():
    port = free_port()
    with tempfile.TemporaryDirectory() as folder, Sim(folder) as sim:
        key = public_key(sim)
        for carrier in CARRIERS:
            with Process([sys.executable, HERE / "clerk.py", port, TOKEN], folder, f"clerk-{carrier}") as clerk:
                clerk.said("(running on)", within_s=60)
                with Gateway(folder, with_agent(carrier, sim, key, port, TOKEN)) as gateway:
                    judge(carrier, sim, gateway, clerk)
        with Process([sys.executable, HERE / "clerk.py", port, TOKEN], folder, "clerk-shut") as clerk:
            clerk.said("(running on)", within_s=60)
            with Gateway(folder, with_agent("twilio", sim, key, port, "another token")) as gateway:
                call = Call(gateway, agent="clerk")
                checks.that("with another token nobody is let in", call.is_there("ended"))
                checks.equal("and the call says so", call.look()["ending"]["cause"], "agent_failed")
                checks.that("so does its agent", re.search("signature", clerk.log.read_text(), re.I))
                checks.that("whoever is on the line hears so", SORRY in heard(sim))
    checks.end()


main()
