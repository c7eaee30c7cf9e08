"""A program as it is written for Twilio's media streams: it says again what it hears, frame by frame, and
puts a mark behind each second of it.

`echo.py PORT`; nothing in it knows of the gateway."""

import json
import sys

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

MARK_EVERY = 50


def talk(socket):
    n_heard = 0
    for text in socket:
        message = json.loads(text)
        if message["event"] == "media":
            n_heard += 1
            media = {"payload": message["media"]["payload"]}
            socket.send(json.dumps({"event": "media", "streamSid": message["streamSid"], "media": media}))
            if n_heard % MARK_EVERY == 0:
                mark = {"name": f"second {n_heard // MARK_EVERY}"}
                socket.send(json.dumps({"event": "mark", "streamSid": message["streamSid"], "mark": mark}))
        elif message["event"] == "mark":
            print(f"played: {message['mark']['name']}", flush=True)
        elif message["event"] in ("start", "stop"):
            print(f"told: {message['event']}", flush=True)


def hold(socket):
    try:
        talk(socket)
        print("a stream is closed", flush=True)
    except ConnectionClosed as error:
        print(f"a stream broke: {error}", flush=True)


with serve(hold, "127.0.0.1", int(sys.argv[1])) as server:
    print("running on", flush=True)
    server.serve_forever()
