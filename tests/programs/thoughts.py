"""A language model behind OpenAI's interface, as that library has it, talks with a subscriber of the
simulated network."""

import json
import sys
import tempfile

from world import HERE, THEM, Call, ask, behaves, public_key, until

from checks import Checks
from day import settings
from processes import Gateway, Process, Sim, free_port

checks = Checks()


def heard(sim):
    calls = ask("GET", f"{sim.url}/network/calls")["calls"]
    return [one["text"] for call in calls if call["to"] == THEM for one in call["heard"]]


def main():
    port = free_port()
    with tempfile.TemporaryDirectory() as folder, Sim(folder) as sim:
        behaves(sim, does="speak", words="Hello there.", answer_after_ms=0, speak_after_ms=300, talk_ms=60000)
        with Process([sys.executable, HERE / "model.py", port], folder, "model") as model:
            model.said("(running on)", within_s=60)
            agent = f'kind = "llm"\nbase_url = "http://127.0.0.1:{port}/v1"\nmodel = "wise-1"\nprompt = "Be kind."'
            agent += f'\n[agents.clerk.tools.find]\ndescription = "Finds."\nurl = "http://127.0.0.1:{port}/find"'
            agent += '\nparameters.name = "Whom."'
            config = settings("twilio", sim.url, public_key(sim)) + f"\n[agents.clerk]\n{agent}\n"
            with Gateway(folder, config) as gateway:
                call = Call(gateway, agent="clerk", say="Who is this?")
                asked = json.loads(model.said(r"asked: (.*)"))
                roles = [message["role"] for message in asked["messages"]]
                checks.equal("the library takes the request", roles, ["system", "assistant", "user"])
                checks.equal("and knows all of it", asked["unknown"], [])
                found = json.loads(model.said(r"finds: (.*)"))
                checks.equal("it uses its owner's tool", (found["tool"], found["arguments"]), ("find", {"name": "you"}))
                told = json.loads(model.said(r'asked: (.*"role": "tool".*)'))["messages"][-1]["content"]
                checks.equal("and is told what came of it", json.loads(told), {"heard": True})
                checks.that("the reply is heard", until(lambda: "You are heard." in heard(sim)))
                checks.that("the model ends the call", call.is_there("ended"))
                checks.that("when it took its leave", "Goodbye." in heard(sim))
                checks.equal("and is named as who did", call.look()["ending"]["cause"], "agent_done")
            checks.that("nothing was refused", "refused" not in model.log.read_text())
    checks.end()


main()
