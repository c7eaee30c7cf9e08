"""The inspector of the Model Context Protocol, a client in TypeScript, asks the gateway's face by its command line:
`inspector.py NODE_MODULES`."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

from world import THEM, behaves, public_key

from checks import Checks
from day import settings
from processes import BINARY, Gateway, Sim

checks = Checks()
INSPECTOR = pathlib.Path(sys.argv[1]).resolve() / "@modelcontextprotocol/inspector-cli/build/index.js"
WITHIN_S = 120


def inspect(folder, target, *arguments):
    """What it prints, which is the server's answer; in `folder` is the configuration of the gateway."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = ["node", INSPECTOR, *target, *arguments]
    run = subprocess.run(
        [str(part) for part in command], cwd=folder, env=environment, capture_output=True, text=True, timeout=WITHIN_S
    )
    if run.returncode:
        raise RuntimeError(f"the inspector failed: {run.stderr or run.stdout}")
    return json.loads(run.stdout)


def asks(folder, how, target):
    tools = inspect(folder, target, "--method", "tools/list")["tools"]
    checks.equal(f"{how}: the tools are listed", len(tools), 11)
    templates = inspect(folder, target, "--method", "resources/templates/list")["resourceTemplates"]
    checks.equal(f"{how}: and the pages", len(templates), 2)

    def use(tool, **arguments):
        pairs = [part for name, value in arguments.items() for part in ("--tool-arg", f"{name}={value}")]
        return inspect(folder, target, "--method", "tools/call", "--tool-name", tool, *pairs)

    checks.equal(f"{how}: the gateway is well", use("doctor")["structuredContent"]["status"], "ok")
    # It takes what looks like a number for one.
    placed = use("place_call", to=json.dumps(THEM), say="Hello.", idempotency_key=how)["structuredContent"]
    id = placed["call"]
    asked = use("ask", call=id, text="Who is there?", input="speech")["structuredContent"]
    checks.equal(f"{how}: a person is asked, and answers", asked.get("speech"), "It is me.")
    checks.that(f"{how}: it is hung up", not use("hang_up", call=id)["isError"])
    ended = use("wait_for_call", call=id, until="ended")["structuredContent"]
    checks.equal(f"{how}: and is over", ended["state"], "ended")
    page = inspect(folder, target, "--method", "resources/read", "--uri", f"offhook://calls/{id}/transcript")
    checks.that(f"{how}: the transcript is read", "It is me." in page["contents"][0]["text"], page)
    refused = use("say", call=id, text="Hello?")
    checks.that(f"{how}: a refusal is one", refused["isError"] and "OH-0018" in refused["content"][0]["text"], refused)


def main():
    with tempfile.TemporaryDirectory() as above, Sim(above) as sim:
        # It looks for its own one from where it is run.
        (pathlib.Path(above) / "package.json").write_text("{}")
        folder = pathlib.Path(above) / "gateway"
        folder.mkdir()
        behaves(sim, does="speak", words="It is me.", answer_after_ms=300, speak_after_ms=300, talk_ms=120000)
        with Gateway(folder, settings("twilio", sim.url, public_key(sim))) as gateway:
            shown = ["--transport", "http", "--header", f"Authorization: Bearer {gateway.token}"]
            asks(folder, "http", [f"{gateway.url}/mcp", *shown])
            asks(folder, "program", [BINARY, "mcp"])
    checks.end()


main()
