"""A server of tools, made of the official library of the Model Context Protocol, is used by a model on a call:
over streamable HTTP, and as a program."""

import json
import re
import sys
import tempfile

from world import HERE, Call, behaves, public_key, until

from checks import Checks
from day import settings
from processes import Gateway, Process, Sim, free_port

checks = Checks()
USED = ["hotel_find", "hotel_fail", "hotel_portrait", "hotel_learn"]


def asked(model):
    """All that the model was asked so far."""
    return [json.loads(line) for line in re.findall("asked: (.*)", model.log.read_text())]


def talk(sim, folder, how, place, shown):
    """A call on which a model uses each tool of the server in this place, and another one after it."""
    port = free_port()
    with Process([sys.executable, HERE / "model.py", port, *USED], folder, f"model-{how}") as model:
        model.said("(running on)", within_s=60)
        agent = f'kind = "llm"\nbase_url = "http://127.0.0.1:{port}/v1"\nmodel = "wise-1"\nprompt = "Be kind."'
        config = settings("twilio", sim.url, public_key(sim)) + f"\n[agents.clerk]\n{agent}\n{place}\n"
        with Gateway(folder, config) as gateway:
            connected = until(lambda: "a server of tools is connected" in gateway.log.read_text())
            checks.that(f"{how}: the server is connected", connected)
            call = Call(gateway, agent="clerk", say="Who is this?")
            checks.that(f"{how}: the model ends the call", call.is_there("ended"))
            of_call = asked(model)
            names = [name for name in of_call[0]["tools"] if name.startswith("hotel_")]
            checks.equal(f"{how}: the model has its tools", names, sorted(USED))
            said = [message["content"] for message in of_call[-1]["messages"] if message["role"] == "tool"]
            checks.equal(f"{how}: it is told what one says", said[0], f"you has room 12 for 1, and {shown} was shown.")
            checks.that(f"{how}: that one failed", "nobody knows you" in json.loads(said[1])["error"])
            checks.equal(f"{how}: and what can't be told", said[2], "[an image, image/png, which can't be given here]")
            checks.equal(f"{how}: all were used", len(said), len(USED))
            again = until(lambda: gateway.log.read_text().count("a server of tools is connected") > 1)
            checks.that(f"{how}: the tools are listed again when they changed", again)
            # It is over before another gateway takes up what this one left.
            Call(gateway, agent="clerk", say="Who is this?").is_there("ended")
            checks.that(f"{how}: and the next call has the new one", "hotel_learnt" in asked(model)[-1]["tools"])


def main():
    port = free_port()
    with tempfile.TemporaryDirectory() as folder, Sim(folder) as sim:
        behaves(sim, does="speak", words="Hello there.", answer_after_ms=0, speak_after_ms=300, talk_ms=60000)
        with Process([sys.executable, HERE / "hotel.py", port], folder, "hotel") as hotel:
            hotel.said("(running on)", within_s=60)
            place = f'[agents.clerk.mcp.hotel]\nurl = "http://127.0.0.1:{port}/mcp"\ntoken = "sesame"'
            talk(sim, folder, "http", place, "Bearer sesame")
        command = json.dumps([sys.executable, str(HERE / "hotel.py")])
        talk(sim, folder, "stdio", f"[agents.clerk.mcp.hotel]\ncommand = {command}", "nothing")
    checks.end()


main()
