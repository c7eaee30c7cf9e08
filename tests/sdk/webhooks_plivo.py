"""Plivo's webhooks, signed by version 3 and by version 2."""

import uuid

from checks import PLIVO_TOKEN
from webhooks import CALLER, NEVER, OURS, TALKS, sign, without

V3, NONCE = "X-Plivo-Signature-V3", "X-Plivo-Signature-V3-Nonce"
V2 = "X-Plivo-Signature-V2"


class Plivo:
    """What Plivo would sign and send of a call."""

    def __init__(self, subject, call, to):
        self.url, self.call = f"{subject.gateway.url}/webhooks/line", call
        self.fields = {"CallUUID": subject.leg(call), "From": OURS[1:], "To": to[1:], "Direction": "outbound"}

    def signed(self, page, status, more={}, token=PLIVO_TOKEN, query="", **wishes):
        params = self.fields | {"CallStatus": status} | more
        url = f"{self.url}/{page}?call={self.call}{query}"
        return sign(carrier="plivo", token=token, url=url, params=params, **wishes)

    def end(self, **wishes):
        more = {"Event": "Hangup", "HangupCauseCode": "4000", "HangupCauseName": "Normal Hangup", "Duration": "3"}
        return self.signed("status", "completed", more | wishes.pop("more", {}), **wishes)


def judge(subject):
    call = subject.call(TALKS)
    subject.is_in(call, "in_progress")
    of_call = Plivo(subject, call, TALKS)
    signed, over = of_call.signed, of_call.end()
    headers = over["headers"]
    believed, refused = subject.believed, subject.refused

    refused("a foreign token", of_call.end(token="f" * 40))
    refused("a changed field", over, body=over["body"].replace("Duration=3", "Duration=4"))
    refused("a field more", over, body=over["body"] + "&Added=1")
    refused("another address", over, url=over["url"].replace("status?", "voice?"))
    refused("another query", over, url=over["url"] + "&x=1")
    refused("another nonce", over, headers=headers | {NONCE: "1"})
    refused("no nonce", over, headers=without(over, "Nonce"))
    refused("no signature", over, headers=without(over, "Signature"))
    refused("a form that calls itself JSON", over, headers=headers | {"Content-Type": "application/json"})
    refused("version 2 alone", of_call.end(version=2), says="set accept_signature_v2 to accept it")
    two = of_call.end(version=2)["headers"]
    refused("a wrong signature of version 3 beside one of version 2", over, headers=two | headers | {V3: "AAAA"})
    subject.checks.equal("what was refused changed nothing", subject.look(call)["state"], "in_progress")

    # Its phone is never answered, so nobody but this asks what to say.
    saying = subject.call(NEVER, say="Salt & pepper")
    subject.is_in(saying, "ringing")
    of_saying = Plivo(subject, saying, NEVER)
    document = believed("a request for instructions", of_saying.signed("voice", "in-progress", {"Event": "StartApp"}))
    subject.checks.that("it is answered with them", "Salt &amp; pepper" in document, document)
    subject.checks.equal("and the call is in progress", subject.look(saying)["state"], "in_progress")
    believed("progress, late", of_saying.signed("status", "ringing", {"Event": "Ring"}))
    subject.checks.equal("what is late moves nothing back", subject.look(saying)["state"], "in_progress")

    keys = subject.command(call, "ask", text="How many?", digits=1)
    gathered = signed("voice", "in-progress", {"Digits": "7", "InputType": "dtmf"}, query=f"&answer={keys}")
    believed("the keys that answer a question", gathered)
    subject.answered("a question for keys", call, keys, digits="7", speech=None)
    words = subject.command(call, "ask", text="Who are you?", input="speech")
    said = {"Speech": "Zoë & Søn = 100 % + mehr", "InputType": "speech"}
    believed("words beyond ASCII", signed("voice", "in-progress", said, query=f"&answer={words}"))
    subject.answered("a question for words", call, words, digits=None, speech=said["Speech"])
    subject.replayed("an answer", call, gathered)

    odd = {"CallerName": "Zoë & Søn = 100 % + more", "Empty": "", "Spaced": "a  b"}
    believed("letters beyond ASCII, signs, spaces, nothing", signed("status", "in-progress", odd))
    believed("by GET", signed("status", "in-progress", method="GET"))
    progress = signed("status", "in-progress")
    good = progress["headers"][V3]
    several = progress["headers"] | {V3: f"AAAA,{good},AAAA"}
    believed("a list of signatures, of which one is right", progress, headers=several)
    refused("a list of which none is", progress, headers=several | {V3: "AAAA,AAAB"})
    main = without(progress, V3) | {"X-Plivo-Signature-Ma-V3": good, NONCE: progress["headers"][NONCE]}
    believed("the main account's signature", progress, headers=main)
    offer = {"CallUUID": str(uuid.uuid4()), "From": CALLER[1:], "To": OURS[1:], "Direction": "inbound"}
    came = sign(
        carrier="plivo",
        token=PLIVO_TOKEN,
        url=f"{of_call.url}/voice",
        params=offer | {"CallStatus": "ringing", "Event": "StartApp"},
    )
    document = believed("a call that comes in", came)
    subject.checks.that("it is answered", "Good day" in document, document)
    believed("the end", over)
    subject.ended(call, "4000 Normal Hangup")
    subject.replayed("progress, after the end", call, progress)
    subject.replayed("the end", call, over)


def judge_version_2(subject):
    """Where version 2 is accepted, version 3 is still the one that counts."""
    call = subject.call(TALKS)
    subject.is_in(call, "in_progress")
    of_call = Plivo(subject, call, TALKS)
    two, three = of_call.end(version=2), of_call.end()
    subject.refused("version 2 by a foreign token", of_call.end(version=2, token="f" * 40))
    subject.refused("version 2 for another address", two, url=two["url"].replace("status?", "voice?"))
    both = two["headers"] | three["headers"] | {V3: "AAAA"}
    subject.refused("a wrong signature of version 3 beside it", two, headers=both)
    subject.refused("no signature", two, headers=without(two, V2))
    subject.checks.equal("what was refused changed nothing", subject.look(call)["state"], "in_progress")
    subject.believed("version 3", of_call.signed("status", "in-progress"))
    subject.believed("version 2 alone", two)
    subject.ended(call, "4000 Normal Hangup")
