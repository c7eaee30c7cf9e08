"""A server of a model that hears and speaks, made of the OpenAI library's own types: a message that they
don't take is refused, and what it says is what they write.

It notices who speaks by what is no silence, and answers with what it heard, as sound. The second time it
also ends the call. `host.py PORT`; nothing in it knows of the gateway."""

import base64
import http
import itertools
import sys

from openai.types.realtime import RealtimeClientEvent, RealtimeServerEvent
from pydantic import BaseModel, TypeAdapter, ValidationError
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

MESSAGES = TypeAdapter(RealtimeClientEvent)
EVENTS = TypeAdapter(RealtimeServerEvent)
SILENCE = {0xFF, 0x7F}
# 300 milliseconds without a sound end what somebody says.
PAUSE_BYTES = 2400


def unknown(value, path=""):
    """The fields that the library doesn't know."""
    if isinstance(value, BaseModel):
        fields = value.model_extra or {}
        yield from (f"{path}.{name}" for name in fields)
        for name in type(value).model_fields:
            yield from unknown(getattr(value, name), f"{path}.{name}")
    elif isinstance(value, list):
        for one in value:
            yield from unknown(one, path)


class Session:
    def __init__(self, socket):
        self.socket = socket
        self.numbers = itertools.count(1)
        self.heard = bytearray()
        self.n_silent = 0
        self.item = None
        self.n_replies = 0
        self.length_ms = {}

    def tell(self, kind, **fields):
        event = EVENTS.validate_python({"type": kind, "event_id": f"event_{next(self.numbers)}", **fields})
        self.socket.send(event.model_dump_json(exclude_unset=True))

    def hold(self):
        self.tell("session.created", session={"type": "realtime", "model": "wise-1"})
        for text in self.socket:
            try:
                message = MESSAGES.validate_json(text)
            except ValidationError as error:
                print(f"refused: {error}", flush=True)
                self.tell("error", error={"type": "invalid_request_error", "message": str(error)})
                continue
            for field in unknown(message):
                print(f"refused: {message.type} has an unknown field {field}", flush=True)
            if message.type == "input_audio_buffer.append":
                self.hear(base64.b64decode(message.audio, validate=True))
                continue
            print(f"told: {message.type}", flush=True)
            if message.type == "session.update":
                format_ = message.session.audio.input.format.type, message.session.audio.output.format.type
                print(f"sound: {format_}", flush=True)
                self.tell("session.updated", session=message.session.model_dump(exclude_unset=True))
            elif message.type == "conversation.item.truncate":
                if message.audio_end_ms > self.length_ms[message.item_id]:
                    print("refused: more is to be cut off than there is", flush=True)
                at = {"item_id": message.item_id, "content_index": 0, "audio_end_ms": message.audio_end_ms}
                self.tell("conversation.item.truncated", **at)
            elif message.type == "response.create":
                # Half a second of a tone that says nothing.
                self.reply(bytes([0x80, 0x00] * 2000), "Hello?")

    def hear(self, sound):
        for byte in sound:
            if byte not in SILENCE:
                self.n_silent = 0
                if self.item is None:
                    self.item = f"item_{next(self.numbers)}"
                    self.tell("input_audio_buffer.speech_started", audio_start_ms=0, item_id=self.item)
            elif self.item is not None:
                self.n_silent += 1
            if self.item is not None:
                self.heard.append(byte)
        if self.n_silent >= PAUSE_BYTES:
            self.answer()

    def answer(self):
        item, heard = self.item, bytes(self.heard)
        self.item, self.heard, self.n_silent = None, bytearray(), 0
        print(f"heard: {len(heard) // 8} ms", flush=True)
        self.tell("input_audio_buffer.speech_stopped", audio_end_ms=len(heard) // 8, item_id=item)
        self.tell("input_audio_buffer.committed", item_id=item, previous_item_id=None)
        self.tell(
            "conversation.item.input_audio_transcription.completed",
            item_id=item,
            content_index=0,
            transcript="something",
            usage={"type": "duration", "seconds": len(heard) / 8000},
        )
        self.reply(heard, "What you said.", ends=True)

    def reply(self, sound, words, ends=False):
        response = f"resp_{next(self.numbers)}"
        item = f"item_{next(self.numbers)}"
        self.length_ms[item] = len(sound) // 8
        started = {"id": response, "object": "realtime.response", "status": "in_progress", "output": []}
        self.tell("response.created", response=started)
        at = {"response_id": response, "item_id": item, "output_index": 0, "content_index": 0}
        self.tell("response.output_audio_transcript.delta", delta=words, **at)
        for begin in range(0, len(sound), 3000):
            delta = base64.b64encode(sound[begin : begin + 3000]).decode()
            self.tell("response.output_audio.delta", delta=delta, **at)
        self.tell("response.output_audio.done", **at)
        self.tell("response.output_audio_transcript.done", transcript=words, **at)
        said = {"id": item, "type": "message", "role": "assistant", "status": "completed"}
        said["content"] = [{"type": "output_audio", "transcript": words}]
        self.tell("response.output_item.done", response_id=response, output_index=0, item=said)
        if ends:
            call = {"type": "function_call", "name": "end_call", "call_id": "call_1", "arguments": "{}"}
            self.tell("response.output_item.done", response_id=response, output_index=1, item=call)
        self.tell("response.done", response={**started, "status": "completed"})


def let_in(connection, request):
    if request.headers.get("authorization") == "Bearer sesame" and request.path == "/v1/realtime?model=wise-1":
        return None
    print("refused: a stranger", flush=True)
    return connection.respond(http.HTTPStatus.UNAUTHORIZED, "who are you?\n")


def hold(socket):
    try:
        Session(socket).hold()
    except ConnectionClosed:
        pass
    print("a session is over", flush=True)


with serve(hold, "127.0.0.1", int(sys.argv[1]), process_request=let_in) as server:
    print("running on", flush=True)
    server.serve_forever()
