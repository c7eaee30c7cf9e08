"""Twilio's webhooks, signed by its token and by a shared key."""

from checks import TWILIO_ACCOUNT, TWILIO_TOKEN
from webhooks import CALLER, NEVER, OURS, TALKS, sign, without

FOREIGN = "CA0123456789abcdef0123456789abcdef"
SHARED_KEY = "webhooks_sharedkey_one"
SETTINGS = f'webhook_shared_keys.{SHARED_KEY} = "shared"'


def judge(subject):
    call = subject.call(TALKS)
    subject.is_in(call, "in_progress")
    leg = subject.leg(call)
    fields = {"AccountSid": TWILIO_ACCOUNT, "ApiVersion": "2010-04-01", "From": OURS, "Direction": "outbound-api"}

    def signed(page, status, token=TWILIO_TOKEN, sid=leg, more={}, **wishes):
        params = fields | {"CallSid": sid, "To": TALKS, "CallStatus": status} | more
        url = f"{subject.gateway.url}/webhooks/line/{page}"
        return sign(carrier="twilio", token=token, url=url, params=params, **wishes)

    believed, refused = subject.believed, subject.refused
    page = f"status?call={call}"
    over = signed(page, "completed", more={"CallDuration": "3"})
    refused("a foreign token", signed(page, "completed", token="f" * 32))
    refused("a changed field", over, body=over["body"].replace("CallDuration=3", "CallDuration=4"))
    refused("a field more", over, body=over["body"] + "&Added=1")
    refused("another address", over, url=over["url"].replace("status?", "voice?"))
    refused("another query", over, url=over["url"] + "&x=1")
    refused("no signature", over, headers=without(over, "Signature"))
    refused("another account", signed(page, "completed", more={"AccountSid": "AC" + "9" * 32}))
    refused("a shared key that we don't have", signed(page, "completed", token="s", shared_key="another"))
    refused("a shared key's name with the token", signed(page, "completed", shared_key=SHARED_KEY))
    subject.checks.equal("what was refused changed nothing", subject.look(call)["state"], "in_progress")

    # Its phone is never answered, so nobody but this asks what to say.
    saying = subject.call(NEVER, say="Salt & pepper")
    asks = signed(f"voice?call={saying}", "in-progress", sid=subject.leg(saying), more={"To": NEVER})
    document = believed("a request for instructions", asks)
    subject.checks.that("it is answered with them", "Salt &amp; pepper" in document, document)
    subject.checks.equal("and the call is in progress", subject.look(saying)["state"], "in_progress")
    ringing = signed(f"status?call={saying}", "ringing", sid=subject.leg(saying), more={"To": NEVER})
    believed("progress, late", ringing)
    subject.checks.equal("what is late moves nothing back", subject.look(saying)["state"], "in_progress")

    keys = subject.command(call, "ask", text="How many?", digits=1)
    gathered = signed(f"voice?call={call}&answer={keys}", "in-progress", more={"Digits": "7", "msg": "Gather End"})
    document = believed("the keys that answer a question", gathered)
    subject.checks.that("the line is held on", "<Pause" in document, document)
    subject.answered("a question for keys", call, keys, digits="7", speech=None)
    words = subject.command(call, "ask", text="Who are you?", input="speech")
    said = {"SpeechResult": "Zoë & Søn = 100 % + mehr", "Confidence": "0.9"}
    believed("words beyond ASCII", signed(f"voice?call={call}&answer={words}", "in-progress", more=said))
    subject.answered("a question for words", call, words, digits=None, speech=said["SpeechResult"])
    subject.replayed("an answer", call, gathered)

    odd = {"CallerName": "Zoë & Søn = 100 % + more", "Empty": "", "Spaced": "a  b"}
    believed("letters beyond ASCII, signs, spaces, nothing", signed(page, "in-progress", more=odd))
    believed("a shared key, HMAC-SHA256", signed(page, "in-progress", token="shared", shared_key=SHARED_KEY))
    believed("by GET", signed(page, "in-progress", method="GET"))
    offer = {"From": CALLER, "To": OURS, "Direction": "inbound"}
    document = believed("a call that comes in", signed("voice", "ringing", sid=FOREIGN, more=offer))
    subject.checks.that("it is answered", "Good day" in document, document)
    progress = signed(page, "in-progress")
    believed("progress", progress)
    believed("the end", over)
    subject.ended(call, "completed")
    subject.replayed("progress, after the end", call, progress)
    subject.replayed("the end", call, over)
