"""What Pipecat's serializers make of a carrier's messages, without a pipeline: sound is said again, and keys
have something done: 1 drops what was not played, 2 asks to be told when all is played, 3 hangs up.

`frames.py PORT API`; `API` is where Twilio is asked to hang up. It tells what it heard in lines."""

import asyncio
import base64
import contextlib
import json
import sys

from pipecat.frames.frames import (
    EndFrame,
    InputAudioRawFrame,
    InputDTMFFrame,
    InterruptionFrame,
    OutputAudioRawFrame,
    OutputTransportMessageFrame,
)
from pipecat.processors.frame_processor import FrameProcessorSetup
from pipecat.runner.utils import parse_telephony_websocket
from pipecat.serializers.plivo import PlivoFrameSerializer
from pipecat.serializers.telnyx import TelnyxFrameSerializer
from pipecat.serializers.twilio import TwilioFrameSerializer
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from checks import TWILIO_ACCOUNT, TWILIO_TOKEN

RATE = 8000
# So many frames are held back at first: a busy machine makes no gap in what is said.
AHEAD = 25
SETUP = FrameProcessorSetup(
    clock=None, task_manager=None, pipeline_worker=None, audio_in_sample_rate=RATE, audio_out_sample_rate=RATE
)


def tell(kind, **what):
    print(json.dumps({"kind": kind, **what}), flush=True)


def serializer_of(kind, call):
    """The serializer, as Pipecat's own runner makes it of what it reads in the first messages."""
    stream, quiet = call["stream_id"], {"auto_hang_up": False}
    if kind == "twilio":
        account = {"account_sid": TWILIO_ACCOUNT, "auth_token": TWILIO_TOKEN, "base_url": sys.argv[2]}
        return TwilioFrameSerializer(stream, call["call_id"], **account)
    if kind == "telnyx":
        encoding = call["outbound_encoding"]
        return TelnyxFrameSerializer(stream, encoding, encoding, params=TelnyxFrameSerializer.InputParams(**quiet))
    return PlivoFrameSerializer(stream, params=PlivoFrameSerializer.InputParams(**quiet))


def mark_of(kind, stream):
    """Pipecat's serializers have no marks; programs send them as messages of their own."""
    if kind == "plivo":
        return {"event": "checkpoint", "streamId": stream, "name": "here"}
    named = {"streamSid": stream} if kind == "twilio" else {}
    return {"event": "mark", **named, "mark": {"name": "here"}}


class Texts:
    """A socket as Pipecat's reader of first messages wants it."""

    def __init__(self, socket):
        self.iter_text = socket.__aiter__


async def talk(socket):
    kind, call = await parse_telephony_websocket(Texts(socket))
    known = {name: call.get(name) for name in ("call_id", "stream_id", "outbound_encoding", "from", "to", "body")}
    tell("start", carrier=kind, **known)
    serializer = serializer_of(kind, call)
    await serializer.setup(SETUP)

    async def say(frame):
        if message := await serializer.serialize(frame):
            # Nobody hears what is said when it is over; what was heard before is told all the same.
            with contextlib.suppress(ConnectionClosed):
                await socket.send(message)

    held, n_heard = [], 0
    async for text in socket:
        frame, message = await serializer.deserialize(text), json.loads(text)
        if isinstance(frame, InputAudioRawFrame):
            if len(base64.b64decode(message["media"]["payload"])) * 2 != len(frame.audio):
                tell("refused", message=text)
            held.append(OutputAudioRawFrame(frame.audio, frame.sample_rate, frame.num_channels))
            n_heard += 1
            while held and n_heard >= AHEAD:
                await say(held.pop(0))
        elif isinstance(frame, InputDTMFFrame):
            tell("pressed", key=frame.button.value)
            if frame.button.value == "1":
                await say(InterruptionFrame())
            elif frame.button.value == "2":
                await say(OutputTransportMessageFrame(mark_of(kind, call["stream_id"])))
            elif frame.button.value == "3":
                await say(EndFrame())
        else:
            tell("told", event=message["event"], message=message)


async def hold(socket):
    try:
        await talk(socket)
        tell("closed")
    except ConnectionClosed as error:
        tell("broke", why=str(error))


async def main():
    async with serve(hold, "127.0.0.1", int(sys.argv[1])) as server:
        print("running on", flush=True)
        await server.serve_forever()


asyncio.run(main())
