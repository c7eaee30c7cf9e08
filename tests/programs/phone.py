"""A model's client, made of the official library of the Model Context Protocol, makes phone calls by the gateway's
tools: over streamable HTTP, as the protocol is now and as it was with sessions, and by the program `offhook mcp`."""

import asyncio
import contextlib
import os
import tempfile

import httpx2
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from world import THEM, behaves, public_key

from checks import Checks
from day import settings
from processes import BINARY, Gateway, Process, Sim

checks = Checks()
BUSY = "+12025550001"
TOOLS = "ask doctor get_call hang_up list_calls listen place_call say send_digits transfer wait_for_call".split()
READ_ONLY = {"doctor", "get_call", "list_calls", "wait_for_call"}
WORDS = "The table is for four."
WITHIN_S = 120


@contextlib.asynccontextmanager
async def by_http(gateway, mode):
    shown = {"authorization": f"Bearer {gateway.token}"}
    async with httpx2.AsyncClient(headers=shown, timeout=WITHIN_S) as http:
        async with Client(streamable_http_client(f"{gateway.url}/mcp", http_client=http), mode=mode) as client:
            yield client


@contextlib.asynccontextmanager
async def by_program(gateway, mode):
    config = gateway.log.parent / "offhook.toml"
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    program = StdioServerParameters(command=str(BINARY), args=["mcp", "--config", str(config)], env=environment)
    async with Client(program, mode=mode) as client:
        yield client


async def use(client, tool, progress=None, **arguments):
    """What a tool says: its structure, and whether it failed."""
    result = await client.call_tool(tool, arguments, read_timeout_seconds=WITHIN_S, progress_callback=progress)
    return result.structured_content, bool(result.is_error), result.content[0].text


async def converses(client, how):
    """A conversation from the first word to the transcript."""
    call, failed, _ = await use(client, "place_call", to=THEM, say="Hello, this is a program.", idempotency_key=how)
    checks.that(f"{how}: a call is placed", not failed and call["call"].startswith("c_"), call)
    again, _, _ = await use(client, "place_call", to=THEM, say="Hello, this is a program.", idempotency_key=how)
    checks.equal(f"{how}: a repeat rings nobody", again["call"], call["call"])
    id = call["call"]
    answered, _, _ = await use(client, "wait_for_call", call=id, until="answered", timeout_s=60)
    checks.equal(f"{how}: it is picked up", answered["state"], "in_progress")
    asked, failed, text = await use(client, "ask", call=id, text="How many people?", input="speech")
    checks.equal(f"{how}: the answer is told", asked.get("speech"), WORDS)
    checks.that(f"{how}: and as text", WORDS in text and not failed, text)
    heard, _, _ = await use(client, "listen", call=id, input="speech")
    checks.equal(f"{how}: who is listened to is heard", heard.get("speech"), WORDS)
    said, failed, _ = await use(client, "say", call=id, text="Thank you, goodbye.")
    checks.that(f"{how}: something is said", not failed and said["state"] == "done", said)
    pressed, failed, _ = await use(client, "send_digits", call=id, digits="1w2")
    checks.that(f"{how}: keys are pressed", not failed and pressed["state"] == "done", pressed)
    _, failed, _ = await use(client, "hang_up", call=id)
    checks.that(f"{how}: it is hung up", not failed)
    steps = []

    async def told(progress, total, message):
        steps.append((progress, total, message))

    ended, _, _ = await use(client, "wait_for_call", told, call=id, until="ended", timeout_s=60)
    checks.equal(f"{how}: it ends", (ended["state"], ended["ending"]["kind"]), ("ended", "completed"))
    page = (await client.read_resource(f"offhook://calls/{id}/transcript")).contents[0]
    order = ["program", "How many", WORDS, WORDS, "goodbye", "pressed 1w2"]
    at, places = 0, []
    for words in order:
        at = page.text.find(words, at) + 1
        places.append(at)
    checks.that(f"{how}: the transcript has all of it in order", all(places), page.text)
    story = (await client.read_resource(f"offhook://calls/{id}/story")).contents[0].text
    checks.that(f"{how}: the story says what was believed", "→ in_progress" in story and "→ ended" in story, story)
    listed = await client.list_resources()
    checks.that(f"{how}: its pages are listed", any(id in str(one.uri) for one in listed.resources))
    calls, _, _ = await use(client, "list_calls", limit=5)
    checks.that(f"{how}: it is listed", any(one["call"] == id for one in calls["calls"]))
    with_words, _, _ = await use(client, "get_call", call=id, transcript=True)
    checks.that(f"{how}: its words are in get_call, too", WORDS in with_words["transcript"])
    return id


async def is_refused(client, how, over):
    """What goes wrong is told as a model can use it."""
    cases = [
        ("a number that is none", "place_call", {"to": "five"}, "OH-0003"),
        ("an emergency number", "place_call", {"to": "911"}, "OH-0004"),
        ("a call that isn't there", "get_call", {"call": "c_00000000000000000000000000"}, "OH-0010"),
        ("an id with a way out of the page", "get_call", {"call": "../pause"}, "OH-0010"),
        ("a call that is over", "say", {"call": over, "text": "Hello?"}, "OH-0018"),
        ("a text of nothing", "say", {"call": over, "text": " "}, "OH-0002"),
        ("a key of another request", "place_call", {"to": BUSY, "idempotency_key": how}, "OH-0009"),
    ]
    for what, tool, arguments, code in cases:
        told, failed, text = await use(client, tool, **arguments)
        seen = (failed, told["error"].get("code"), code in text, bool(told["next"]))
        checks.equal(f"{how}: {what} is refused", seen, (True, code, True, True))
    told, failed, _ = await use(client, "place_call", number=THEM)
    checks.that(f"{how}: an unknown argument is named", failed and "number" in told["error"]["detail"], told)
    with contextlib.suppress(MCPError):
        await client.call_tool("dial", {})
        checks.that(f"{how}: a tool that isn't there is refused", False)
    with contextlib.suppress(MCPError):
        await client.read_resource("offhook://calls/c_00000000000000000000000000/transcript")
        checks.that(f"{how}: a page that isn't there is refused", False)
    busy, _, _ = await use(client, "place_call", to=BUSY, idempotency_key=f"{how} busy")
    ended, _, _ = await use(client, "wait_for_call", call=busy["call"], timeout_s=60)
    checks.equal(f"{how}: who is busy is told to be", ended["ending"]["kind"], "busy")


async def knows_the_tools(client, how):
    tools = (await client.list_tools()).tools
    checks.equal(f"{how}: the tools are listed", sorted(tool.name for tool in tools), TOOLS)
    for tool in tools:
        hints, is_read_only = tool.annotations, tool.name in READ_ONLY
        whole = tool.description and tool.input_schema["type"] == "object" and tool.output_schema["required"] == ["next"]
        checks.that(f"{how}: {tool.name} says what it is", whole and hints.read_only_hint == is_read_only, tool)
    templates = (await client.list_resource_templates()).resource_templates
    names = sorted(template.uri_template for template in templates)
    checks.equal(f"{how}: the pages are", names, [f"offhook://calls/{{id}}/{name}" for name in ("story", "transcript")])
    checks.that(f"{how}: it is told how to talk", "hang_up" in (client.instructions or ""))
    well, failed, _ = await use(client, "doctor")
    checks.equal(f"{how}: the gateway is well", (failed, well["status"], well["paused"]), (False, "ok", False))


async def outlives_a_kill(client, gateway, folder, how):
    """The gateway is killed while a client waits, and started again: the same client goes on."""
    call, _, _ = await use(client, "place_call", to=THEM, idempotency_key=f"{how} killed")
    id = call["call"]
    await use(client, "wait_for_call", call=id, until="answered", timeout_s=60)
    began = asyncio.Event()

    async def told(*_):
        began.set()

    waiting = asyncio.create_task(use(client, "wait_for_call", told, call=id, until="ended", timeout_s=90))
    await asyncio.wait_for(began.wait(), WITHIN_S)
    gateway.process.kill()
    gateway.process.wait()
    if how.startswith("program"):
        told_of, failed, text = await asyncio.wait_for(waiting, WITHIN_S)
        checks.that(f"{how}: who waits is told that the gateway went away", failed and "went away" in text, text)
        told_of, failed, text = await use(client, "place_call", to=THEM)
        checks.that(f"{how}: and that it is away", failed and "cannot reach the gateway" in text, text)
    else:
        waiting.cancel()
    again = Process(gateway.process.args, folder, f"gateway after {how}", {"HOME": str(folder)})
    gateway.process, gateway.log = again.process, again.log
    gateway.said(r"listens on (http://\S+)")
    kept, failed, _ = await use(client, "get_call", call=id)
    checks.equal(f"{how}: it works again, and the call lives", (failed, kept["state"]), (False, "in_progress"))
    found, _, _ = await use(client, "doctor")
    checks.equal(f"{how}: the start found it", found["last_start"]["unfinished"], 1)
    await use(client, "hang_up", call=id)
    ended, _, _ = await use(client, "wait_for_call", call=id, timeout_s=60)
    checks.equal(f"{how}: and it ends", ended["state"], "ended")


def is_kept_out(gateway):
    for what, shown in [("a wrong token", {"authorization": "Bearer another"}), ("none", {})]:
        answer = httpx2.post(f"{gateway.url}/mcp", json={}, headers=shown)
        checks.equal(f"{what} is refused", (answer.status_code, answer.json()["code"]), (401, "OH-0001"))
    ours = {"authorization": f"Bearer {gateway.token}", "origin": "http://elsewhere.example"}
    answer = httpx2.post(f"{gateway.url}/mcp", json={}, headers=ours)
    checks.equal("a page of a browser from elsewhere is refused", answer.status_code, 403)


WAYS = [
    ("http", by_http, "auto"),
    ("http with a session", by_http, "legacy"),
    ("program", by_program, "auto"),
    ("program of before", by_program, "legacy"),
]


async def talks(gateway, folder):
    for how, connect, mode in WAYS:
        with checks.part(how):
            async with connect(gateway, mode) as client:
                await knows_the_tools(client, how)
                await is_refused(client, how, await converses(client, how))
                await outlives_a_kill(client, gateway, folder, how)
    is_kept_out(gateway)


def main():
    with tempfile.TemporaryDirectory() as folder, Sim(folder) as sim:
        behaves(sim, does="speak", words=WORDS, answer_after_ms=500, speak_after_ms=300, talk_ms=120000)
        limits = "calls.attempts_per_hour = 100\ndial.attempts_per_day = 100\n"
        with Gateway(folder, limits + settings("twilio", sim.url, public_key(sim))) as gateway:
            asyncio.run(talks(gateway, folder))
    checks.end()


main()
