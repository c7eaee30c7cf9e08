"""A model that hears and speaks, behind OpenAI's Realtime interface as that library has it, talks with a
subscriber of the simulated network, on each carrier."""

import sys
import tempfile

from world import CARRIERS, HERE, THEM, Call, ask, behaves, public_key, until

from checks import Checks
from day import settings
from processes import Gateway, Process, Sim, free_port

WORDS = "Grüezi, who is this?"

checks = Checks()


def understood(sim):
    calls = ask("GET", f"{sim.url}/network/calls")["calls"]
    streams = [stream for call in calls if call["to"] == THEM for stream in call["streams"]]
    return [heard["text"] for stream in streams for heard in stream["understood"]]


def spoken(call):
    events = ask("GET", f"{call.url}/events", token=call.token)["events"]
    told = [event["event"]["spoken"] for event in events if event["kind"] == "spoken"]
    return [(one["by"], one["text"]) for one in told]


def judge(carrier, sim, gateway, host):
    behaves(sim, does="tell", words=WORDS, tell_after_ms=1500, talk_ms=60000)
    call = Call(gateway, agent="host")
    checks.equal(f"{carrier}: it is µ-law both ways", host.said("sound: (.*)"), "('audio/pcmu', 'audio/pcmu')")
    checks.that(f"{carrier}: the model ends the call", call.is_there("ended"))
    checks.equal(f"{carrier}: and is named as who did", call.look()["ending"]["cause"], "agent_done")
    checks.equal(f"{carrier}: when its last words were heard, to the letter", understood(sim)[-1:], [WORDS])
    expected = [("agent", "Hello?"), ("remote", "something"), ("agent", "What you said.")]
    checks.equal(f"{carrier}: what was said is known", spoken(call), expected)
    over = until(lambda: "a session is over" in host.log.read_text())
    checks.that(f"{carrier}: and the session is over", over)
    checks.that(f"{carrier}: nothing was refused", "refused" not in host.log.read_text())


def main():
    port = free_port()
    agent = f'kind = "realtime"\nbase_url = "http://127.0.0.1:{port}/v1"\nmodel = "wise-1"\nprompt = "Be kind."'
    agent += '\nvoice = "marin"\napi_key = "sesame"\nturns = "meaning"\n[agents.host.transfers]\ndesk = "+12025550142"'
    with tempfile.TemporaryDirectory() as folder, Sim(folder) as sim:
        key = public_key(sim)
        for carrier in CARRIERS:
            with Process([sys.executable, HERE / "host.py", port], folder, f"host-{carrier}") as host:
                host.said("(running on)", within_s=60)
                with Gateway(folder, settings(carrier, sim.url, key) + f"\n[agents.host]\n{agent}\n") as gateway:
                    judge(carrier, sim, gateway, host)
    checks.end()


main()
