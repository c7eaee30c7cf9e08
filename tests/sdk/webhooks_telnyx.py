"""Telnyx's webhooks, signed by a key of our own: what the network signs is refused."""

import base64
import datetime
import json
import time
import uuid

from nacl.signing import SigningKey

from checks import TELNYX_CONNECTION, wait_for
from webhooks import CALLER, NEVER, OURS, TALKS, UNREADABLE, sign, without

KEY, FOREIGN_KEY = SigningKey.generate(), SigningKey.generate()
PUBLIC_KEY = base64.b64encode(bytes(KEY.verify_key)).decode()
TIME, SIGNATURE = "telnyx-timestamp", "telnyx-signature-ed25519"
# A webhook may be this old, or this early, and the time that it takes to be signed and sent.
SKEW_S, UNDER_WAY_S = 300, 3


def encoded(text):
    return base64.b64encode(text.encode()).decode()


class Telnyx:
    """What Telnyx would sign and send of a call."""

    def __init__(self, subject, call, to):
        self.url, self.call = f"{subject.gateway.url}/webhooks/line/events", call
        self.payload = {
            "call_control_id": subject.leg(call),
            "call_leg_id": str(uuid.uuid4()),
            "call_session_id": str(uuid.uuid4()),
            "connection_id": TELNYX_CONNECTION,
            "client_state": encoded(call),
            "from": OURS,
            "to": to,
            "direction": "outgoing",
        }

    def event(self, kind, **more):
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        event = {"record_type": "event", "event_type": kind, "id": str(uuid.uuid4()), "occurred_at": now}
        return {"data": event | {"payload": self.payload | more}, "meta": {"attempt": 1, "delivered_to": self.url}}

    def signed(self, kind, key=KEY, skew=0, **more):
        return self.signed_as(self.event(kind, **more), key, skew)

    def signed_as(self, params, key=KEY, skew=0):
        seed = base64.b64encode(bytes(key)).decode()
        return sign(carrier="telnyx", seed=seed, at=int(time.time()) + skew, url=self.url, params=params)

    def of_command(self, kind, number, doing, **more):
        """Of a command that is being done, as the connector names it."""
        return self.signed(kind, client_state=encoded(f"{self.call}:{number}:{doing}"), **more)


def judge(subject):
    call = subject.call(TALKS)
    of_call = Telnyx(subject, call, TALKS)
    signed = of_call.signed
    believed, refused = subject.believed, subject.refused
    wait_for("somebody talks there", lambda: subject.network.truth(subject.leg(call))["status"] == "in-progress")
    subject.checks.that("the network's own webhooks are refused", not subject.heard(call, "progressed"))

    over = signed("call.hangup", hangup_cause="normal_clearing", hangup_source="callee", state="hangup")
    headers, at = over["headers"], int(over["headers"][TIME])
    hangup = {"hangup_cause": "user_busy", "hangup_source": "callee"}
    refused("a foreign key", signed("call.hangup", key=FOREIGN_KEY, **hangup))
    refused("a changed body", over, body=over["body"].replace("normal_clearing", "user_busy"))
    refused("the same in other spacing", over, body=json.dumps(json.loads(over["body"]), ensure_ascii=False))
    refused("another time", over, headers=headers | {TIME: str(at + 1)})
    refused("no time", over, headers=without(over, "timestamp"))
    refused("no signature", over, headers=without(over, "signature"))
    another = {SIGNATURE: signed("call.hangup")["headers"][SIGNATURE]}
    refused("another webhook's signature", over, headers=headers | another)
    refused("signed 301 s ago", signed("call.hangup", skew=-SKEW_S - 1, **hangup))
    refused("signed 301 s ahead", signed("call.hangup", skew=SKEW_S + 1 + UNDER_WAY_S, **hangup))
    old = {"record_type": "event", "event_type": "call_hangup", "id": str(uuid.uuid4())}
    version_1 = of_call.signed_as(old | {"payload": of_call.payload | hangup})
    way_out = "set webhook_api_version of the Call Control application to 2"
    refused("the format of version 1", version_1, UNREADABLE, way_out)
    refused("no event", of_call.signed_as({"data": None}), UNREADABLE)
    believed("of another connection", signed("call.hangup", connection_id="1", **hangup))
    still = subject.look(call)["state"]
    subject.checks.that("nothing of it ended the call", still in ("initiated", "ringing", "in_progress"), still)

    # Its phone is never answered, so nobody but this says so.
    never = subject.call(NEVER)
    of_never = Telnyx(subject, never, NEVER)
    begun = of_never.signed("call.initiated", state="bridging")
    believed("progress", begun)
    answered = of_never.signed("call.answered", state="answered")
    believed("an answer", answered)
    subject.checks.equal("the call is in progress", subject.look(never)["state"], "in_progress")
    subject.replayed("progress, late", never, begun)
    subject.replayed("an answer", never, answered)

    believed("the answer of the call", signed("call.answered", state="answered", skew=-290))
    subject.is_in(call, "in_progress")
    subject.checks.that("it was told by a webhook", subject.heard(call, "progressed"))
    keys = subject.command(call, "ask", text="How many?", digits=1)
    gathered = of_call.of_command("call.gather.ended", keys, "keys", digits="7", status="valid")
    believed("the keys that answer a question", gathered)
    subject.answered("a question for keys", call, keys, digits="7", speech=None)
    words = subject.command(call, "ask", text="Who are you?", input="speech")
    said = {"transcript": "Zoë & Søn = 100 % + mehr", "is_final": True, "confidence": 0.9}
    believed("words beyond ASCII", of_call.of_command("call.transcription", words, "speech", transcription_data=said))
    subject.answered("a question for words", call, words, digits=None, speech=said["transcript"])
    subject.replayed("an answer to a question", call, gathered)
    pressed = signed("call.dtmf.received", digit="5", skew=290)
    believed("a key that nobody asked for, signed 290 s ahead", pressed)
    subject.checks.equal("it is kept", subject.look(call)["pressed"], "5")
    subject.replayed("a key", call, pressed)

    offer = {"direction": "incoming", "from": CALLER, "to": OURS, "state": "parked"}
    offer["call_control_id"] = f"v3:{'Ab1' * 18}"
    before = subject.network.n_asked("answer")
    believed("a call that comes in", of_call.signed("call.initiated", client_state=None, **offer))
    wait_for("the gateway answers it", lambda: subject.network.n_asked("answer") > before)
    subject.checks.that("the gateway answers it by a command", True)
    believed("the end", over)
    ended = subject.ended(call, "normal_clearing")
    subject.checks.equal("who ended it", ended["ending"]["by"], "remote")
    subject.replayed("the end", call, over)
    subject.replayed("a key, after the end", call, pressed)
