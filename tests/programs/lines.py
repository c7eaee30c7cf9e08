"""streamdouble plays Twilio's side of media streams against the gateway: on a good line, on a bad one, with
an address that was used, and unsigned; to a program that says again what it hears, and to a model that
hears and speaks."""

import asyncio
import re
import sys
import tempfile

from world import HERE, ask, until

import caller
from checks import Checks
from day import settings
from processes import Gateway, Process, free_port
from streamdouble.chaos import Impairments
from streamdouble.metrics import compute

# No number of the configuration that all scripts share.
TO_ECHO, TO_HOST = "+15550100077", "+15550100078"
BAD_LINE = {"impairments": Impairments(loss=0.05, jitter_ms=40), "chaos_seed": 7}
FRAME_BYTES = 160
SILENCE = bytes([0xFF]) * FRAME_BYTES
# Within which there is always a sound of an echo: three frames lost in a row, jitter, and a busy machine.
GAP_MS_MAX = 500
# What the model says first, and the silence by which it knows that somebody is done.
HELLO_BYTES, PAUSE_BYTES = 4000, 2400

checks = Checks()


def spoken(n):
    """Sound of which each frame is another one, and none is silent."""
    return [bytes([0x10 + place // 64, 0x10 + place % 64]) * (FRAME_BYTES // 2) for place in range(n)]


def cut(sound):
    return [sound[begin : begin + FRAME_BYTES] for begin in range(0, len(sound), FRAME_BYTES)]


def in_order(some, of):
    """Whether these frames are some of those, in their order."""
    rest = iter(of)
    return all(frame in rest for frame in some)


class Line:
    """A call that comes in, and where its sound goes."""

    def __init__(self, twilio, number):
        self.twilio = twilio
        self.sid, self.url = twilio.rings(number)
        call = re.search(r"/streams/([^.]+)", self.url).group(1)
        self.look = lambda: ask("GET", f"{twilio.gateway.url}/v1/calls/{call}", token=twilio.gateway.token)

    def stream(self, frames, **config):
        return caller.stream(self.sid, self.url, frames, **config)

    def hangs_up(self):
        self.twilio.ends(self.sid)
        return until(lambda: self.look()["state"] == "ended")


def echoed(what, line, echo, frames, **config):
    n_before = len(echo.log.read_text())
    told = lambda: echo.log.read_text()[n_before:]
    seen = asyncio.run(line.stream(frames, quiet_period_s=0.5, **config).run())
    metrics = compute(seen)
    first, gap = metrics.time_to_first_audio_ms, metrics.max_inbound_gap_ms
    checks.equal(f"{what}: every frame that was sent is back", seen.media_frames_received, seen.frames_sent)
    back = cut(seen.audio_received)
    checks.that(f"{what}: as it was, in order", in_order(back, frames), len(back))
    checks.that(f"{what}: without long gaps", gap < GAP_MS_MAX, gap)
    checks.equal(f"{what}: no message is wrong", (metrics.violations, seen.unknown_events), ([], []))
    checks.equal(f"{what}: nobody closes it early", seen.closed_by, None)
    over = until(lambda: "told: stop\na stream is closed" in told())
    checks.that(f"{what}: the program is told of the end", over, told())
    marks = [f"second {n + 1}" for n in range(seen.frames_sent // 50)]
    checks.equal(f"{what}: and of every mark that was played", re.findall("played: (.*)", told()), marks)
    checks.that(f"{what}: the call ends", line.hangs_up(), line.look())
    print(f"{what}: first sound after {first:.0f} ms, gaps up to {gap:.0f} ms", flush=True)
    return seen


def good_and_bad(twilio, echo):
    frames = spoken(200)
    seen = echoed("a good line", Line(twilio, TO_ECHO), echo, frames)
    checks.equal("a good line: nothing is lost", seen.audio_received, b"".join(frames))
    seen = echoed("a bad line", Line(twilio, TO_ECHO), echo, frames, **BAD_LINE)
    checks.that("a bad line: it is bad", seen.frames_dropped > 5, seen.frames_dropped)


async def wrongly_used(twilio):
    line, frames = Line(twilio, TO_ECHO), spoken(100)
    checks.equal("unsigned: it is refused", await caller.refusal(caller.unsigned(line.url, proxy=None)), 403)
    running = asyncio.create_task(line.stream(frames, quiet_period_s=0.5).run())
    await asyncio.sleep(1)
    checks.equal("the same address: the second is refused", await caller.refusal(line.stream(frames).run()), 409)
    seen = await running
    checks.equal("the same address: the first notices nothing", seen.audio_received, b"".join(frames))
    checks.equal("and so is a third when it is over", await caller.refusal(line.stream(frames).run()), 409)
    other = caller.stream("CA" + "7" * 32, Line(twilio, TO_ECHO).url, frames, response_timeout_s=5)
    checks.equal("another call's sid: it is shut out", (await other.run()).closed_by, "agent")


def talked(what, twilio, host, **config):
    """The model says hello, hears somebody, and says that again; then it ends the call."""
    line, said = Line(twilio, TO_HOST), spoken(100)
    frames = [SILENCE] * 75 + said + [SILENCE] * 300
    seen = asyncio.run(line.stream(frames, **config).run())
    checks.equal(f"{what}: the model leaves when it is done", seen.closed_by, "agent")
    back = cut(seen.audio_received[HELLO_BYTES:-PAUSE_BYTES])
    checks.that(f"{what}: what it heard is what was said", in_order(back, said), len(back))
    n_least = 85 if config else len(said)
    checks.that(f"{what}: of which enough arrived", n_least <= len(back) <= len(said), len(back))
    checks.equal(f"{what}: no message is wrong", (seen.violations, seen.unknown_events), ([], []))
    checks.that(f"{what}: the call ends", until(lambda: line.look()["state"] == "ended"), line.look())
    ending = line.look()["ending"]
    checks.equal(f"{what}: by the agent", (ending["by"], ending["cause"]), ("agent", "agent_done"))
    checks.that(f"{what}: nothing was refused", "refused" not in host.log.read_text())


def quiet(gateway):
    """The gateway complains of nothing but those that it turned away."""
    lines = [line for line in gateway.log.read_text().splitlines() if re.search("WARN|ERROR|panicked", line)]
    rest = [line for line in lines if not re.search("a stream is turned away|a stream is of another call", line)]
    checks.equal("the gateway complains of nothing else", rest, [])
    checks.equal("and of each that it turned away", len(lines), 4)


def more(echo, host):
    return f"""
        [numbers."{TO_ECHO}"]
        carrier = "line"
        inbound = "open"
        agent = "echo"
        [numbers."{TO_HOST}"]
        carrier = "line"
        inbound = "open"
        agent = "host"
        [agents.echo]
        kind = "stream"
        url = "ws://127.0.0.1:{echo}/ws"
        [agents.host]
        kind = "realtime"
        base_url = "http://127.0.0.1:{host}/v1"
        model = "wise-1"
        prompt = "Be kind."
        api_key = "sesame"
        """


def main():
    echo_port, host_port = free_port(), free_port()
    twilio = caller.Twilio()
    config = settings("twilio", twilio.url) + more(echo_port, host_port)
    with (
        tempfile.TemporaryDirectory() as folder,
        Process([sys.executable, HERE / "echo.py", echo_port], folder, "echo") as echo,
        Process([sys.executable, HERE / "host.py", host_port], folder, "host") as host,
        Gateway(folder, config) as twilio.gateway,
    ):
        for program in (echo, host):
            program.said("(running on)", within_s=60)
        with checks.part("echoes"):
            good_and_bad(twilio, echo)
        with checks.part("wrong use"):
            asyncio.run(wrongly_used(twilio))
        with checks.part("talks"):
            talked("a talk on a good line", twilio, host)
            talked("a talk on a bad line", twilio, host, **BAD_LINE)
        quiet(twilio.gateway)
    checks.end()


main()
