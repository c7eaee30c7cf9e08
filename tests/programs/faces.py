"""Pipecat's serializers on the simulated network's media streams, each carrier's with its own, and no gateway
between: what the network says they understand, and what they say its subscribers hear."""

import base64
import json
import sys
import tempfile
import urllib.parse
import urllib.request

from world import HERE, THEM, until

from checks import (
    PLIVO_ID,
    PLIVO_TOKEN,
    TELNYX_CONNECTION,
    TELNYX_KEY,
    TWILIO_ACCOUNT,
    TWILIO_TOKEN,
    Checks,
    Network,
    Receiver,
)
from processes import Process, Sim, free_port

US = "+15550100000"
WORDS = "Grüezi, who is this?"

checks, receiver = Checks(), Receiver()


def post(url, credential, body, kind):
    request = urllib.request.Request(url, body, {"Authorization": credential, "Content-Type": kind})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read())


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def place_at_twilio(network, sound):
    document = f'<Response><Connect><Stream url="{sound}"><Parameter name="guest" value="Ada &amp; Bob"/>'
    fields = {"To": THEM, "From": US, "Twiml": f"{document}</Stream></Connect></Response>"}
    url = f"{network.url}/2010-04-01/Accounts/{TWILIO_ACCOUNT}/Calls.json"
    body = urllib.parse.urlencode(fields).encode()
    return post(url, basic(TWILIO_ACCOUNT, TWILIO_TOKEN), body, "application/x-www-form-urlencoded")["sid"]


def place_at_telnyx(network, sound, codec):
    wish = {"connection_id": TELNYX_CONNECTION, "to": THEM, "from": US, "stream_url": sound}
    wish |= {"stream_track": "inbound_track", "stream_codec": codec}
    wish |= {"stream_bidirectional_mode": "rtp", "stream_bidirectional_codec": codec}
    made = post(f"{network.url}/v2/calls", f"Bearer {TELNYX_KEY}", json.dumps(wish).encode(), "application/json")
    return made["data"]["call_control_id"]


def place_at_plivo(network, sound):
    form = 'bidirectional="true" keepCallAlive="true" contentType="audio/x-mulaw;rate=8000"'
    receiver.answer_xml("/answer", f"<Stream {form}>{sound}</Stream>")
    wish = {"to": THEM, "from": US, "answer_url": receiver.url("/answer")}
    url = f"{network.url}/v1/Account/{PLIVO_ID}/Call/"
    post(url, basic(PLIVO_ID, PLIVO_TOKEN), json.dumps(wish).encode(), "application/json")


PLACES = {
    "twilio": place_at_twilio,
    "telnyx": lambda network, sound: place_at_telnyx(network, sound, "PCMU"),
    "telnyx, A-law": lambda network, sound: place_at_telnyx(network, sound, "PCMA"),
    "plivo": place_at_plivo,
}


class Talk:
    """A call of the network, and what its serializer told of it."""

    def __init__(self, name, network, program, sound):
        self.network, self.program = network, program
        self.n_before = len(self.lines())
        PLACES[name](network, sound)
        self.id = until(lambda: [call["id"] for call in self.network.ask("GET", "calls?live=true")["calls"]])[0]

    def lines(self):
        return [json.loads(line) for line in self.program.log.read_text().splitlines() if line.startswith('{"kind"')]

    def told(self, kind, **what):
        """What was told of this kind, once it is."""
        fits = lambda line: line["kind"] == kind and what.items() <= line.items()
        return until(lambda: [line for line in self.lines()[self.n_before :] if fits(line)])

    def stream(self):
        return self.network.truth(self.id)["streams"][0]

    def press(self, key):
        self.network.ask("POST", f"calls/{urllib.parse.quote(self.id, safe='')}/digits", {"digits": key})
        return self.told("pressed", key=key)


def judge(name, network, program, sound):
    carrier = name.split(",")[0]
    network.behaves(THEM, does="tell", words=WORDS, answer_after_ms=0, tell_after_ms=500, talk_ms=60000)
    talk = Talk(name, network, program, sound)
    start = (talk.told("start") or [{}])[0]
    checks.equal(f"{name}: the first messages are known for its own", start.get("carrier"), carrier)
    checks.equal(f"{name}: they name the call", start.get("call_id"), talk.id)
    checks.equal(f"{name}: and the stream", start.get("stream_id"), talk.stream()["id"])
    if carrier == "telnyx":
        encoding = "PCMA" if name.endswith("A-law") else "PCMU"
        seen = start["from"], start["to"], start["outbound_encoding"]
        checks.equal(f"{name}: and who calls whom, in which codec", seen, (US, THEM, encoding))
    if carrier == "twilio":
        checks.equal(f"{name}: and what the document gave", start["body"], {"guest": "Ada & Bob"})
    heard = lambda: [one["text"] for one in talk.stream()["understood"] if one["whole"]]
    checks.equal(f"{name}: what is said again is understood, to the letter", until(heard), [WORDS])

    checks.that(f"{name}: a key is a key", talk.press("2"))
    played = "playedStream" if carrier == "plivo" else "mark"
    told = (talk.told("told", event=played) or [{"message": {}}])[0]["message"]
    checks.equal(f"{name}: a mark is told when it is played", told.get("mark", told).get("name"), "here")
    checks.equal(f"{name}: the network knows it", talk.stream()["marks"], ["here"])
    checks.equal(f"{name}: nothing was dropped", talk.stream()["clears"], 0)
    checks.that(f"{name}: another key", talk.press("1"))
    checks.that(f"{name}: what waits is dropped", until(lambda: talk.stream()["clears"] == 1))
    stream = talk.stream()
    checks.equal(f"{name}: nothing was wrong", (stream["state"], stream["error"]), ("open", None))

    if carrier == "twilio":
        talk.press("3")
        over = until(lambda: not network.truth(talk.id)["live"])
        checks.that(f"{name}: the serializer hangs up by the API", over)
        checks.equal(f"{name}: and nobody else did", network.truth(talk.id)["ended_by"], "api")
    else:
        network.ask("POST", f"calls/{urllib.parse.quote(talk.id, safe='')}/hangup")
    checks.that(f"{name}: the end closes the stream", talk.told("closed"))
    if carrier != "plivo":
        checks.that(f"{name}: which is told before", talk.told("told", event="stop"))
    checks.that(f"{name}: every frame was whole", "refused" not in program.log.read_text())
    checks.equal(f"{name}: and the network says so", talk.stream()["state"], "closed")


def main():
    port = free_port()
    with tempfile.TemporaryDirectory() as folder, Sim(folder) as sim:
        command = [sys.executable, "-B", HERE / "frames.py", port, sim.url]
        with Process(command, folder, "frames", {"PYTHONPATH": HERE.parent / "sdk"}) as program:
            program.said("(running on)", within_s=60)
            for name in PLACES:
                with checks.part(name):
                    judge(name, Network(sim.url), program, f"ws://127.0.0.1:{port}/ws")
    checks.end()


main()
