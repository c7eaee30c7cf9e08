"""Twilio as a gateway knows it of calls that come in: its API, its webhooks, and its media streams, whose
sound streamdouble carries. Webhooks and streams are signed by Twilio's own library."""

import datetime
import email.utils
import functools
import json
import secrets
import threading
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ElementTree
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import websockets
from streamdouble.session import Session, SessionConfig, StreamIdentity
from twilio.request_validator import RequestValidator

from world import until

from checks import TWILIO_ACCOUNT, TWILIO_TOKEN

CALLER = "+12025550188"
SIGNER = RequestValidator(TWILIO_TOKEN)


def now():
    return email.utils.format_datetime(datetime.datetime.now(datetime.timezone.utc))


class Twilio:
    """Its API, for as long as this process lives; `url` is where."""

    def __init__(self):
        self.calls, self.documents = {}, {}
        self.gateway = None
        twilio = self

        class Api(BaseHTTPRequestHandler):
            def do_GET(self):
                path = urllib.parse.urlsplit(self.path).path
                call = twilio.calls.get(path.rsplit("/", 1)[1].removesuffix(".json"))
                if path.endswith("/Calls.json"):
                    live = [call for call in twilio.calls.values() if call["status"] == "in-progress"]
                    self.answer(200, {"calls": live, "next_page_uri": None})
                elif call:
                    self.answer(200, call)
                else:
                    self.answer(404, {"code": 20404, "message": "not found", "status": 404})

            def do_POST(self):
                """A call is to do something else, or to end."""
                wish = urllib.parse.parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
                sid = self.path.rsplit("/", 1)[1].removesuffix(".json")
                if wish.get("Status") == ["completed"]:
                    twilio.ends(sid)
                else:
                    twilio.documents[sid] = ElementTree.fromstring(wish["Twiml"][0])
                self.answer(200, twilio.calls[sid])

            def answer(self, status, body):
                content = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def rings(self, number):
        """A caller of this number: the sid of the call, and where its sound is to go."""
        sid = f"CA{secrets.token_hex(16)}"
        ends = {"sid": sid, "account_sid": TWILIO_ACCOUNT, "direction": "inbound", "from": CALLER, "to": number}
        self.calls[sid] = ends | {"status": "ringing", "date_created": now(), "start_time": now()}
        self.tells("voice", sid, "ringing")
        self.calls[sid]["status"] = "in-progress"
        self.tells("status", sid, "in-progress")
        document = until(lambda: self.documents.get(sid))
        return sid, document.find("./Connect/Stream").attrib["url"]

    def ends(self, sid):
        """The call is over, whoever ended it, and the gateway hears of it."""
        self.calls[sid] |= {"status": "completed", "end_time": now(), "duration": "1"}
        threading.Thread(target=self.tells, args=("status", sid, "completed"), daemon=True).start()

    def tells(self, page, sid, status):
        """A webhook, and what the gateway answers."""
        call = self.calls[sid]
        url = f"{self.gateway.url}/webhooks/line/{page}"
        fields = {"CallSid": sid, "AccountSid": TWILIO_ACCOUNT, "ApiVersion": "2010-04-01", "CallStatus": status}
        fields |= {"From": call["from"], "To": call["to"], "Direction": "inbound"}
        signature = {"X-Twilio-Signature": SIGNER.compute_signature(url, fields)}
        request = urllib.request.Request(url, urllib.parse.urlencode(fields).encode(), signature)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read().decode()


def stream(sid, url, frames, **config):
    """The stream of a call, as streamdouble plays it."""
    identity = StreamIdentity(call_sid=sid, account_sid=TWILIO_ACCOUNT)
    return Session(url, frames, config=SessionConfig(**config), identity=identity)


unsigned = websockets.connect


def signed(url, **options):
    """As Twilio opens a stream; streamdouble itself signs nothing."""
    return unsigned(url, additional_headers={"X-Twilio-Signature": SIGNER.compute_signature(url, {})}, **options)


async def refusal(opening):
    """The status by which whoever opens a stream is turned away; None if they are not."""
    try:
        await opening
        return None
    except websockets.InvalidStatus as error:
        return error.response.status_code


websockets.connect = functools.partial(signed, proxy=None)
