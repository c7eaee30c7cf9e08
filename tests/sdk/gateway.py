"""What the carriers' own libraries sign, the gateway believes; anything else it refuses.

Starts a simulated network and a gateway for each carrier that `offhook serve` speaks to, and sends
it webhooks signed by sign.py, which is run as a program of its own.
"""

import json
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

from checks import TWILIO_ACCOUNT, TWILIO_TOKEN, Checks, Network, wait_for
from processes import Gateway, Sim

OURS = "+15550100000"
FOREIGN = "CA0123456789abcdef0123456789abcdef"
SHARED_KEY = "webhooks_sharedkey_one"
REFUSED = (401, 403)

checks = Checks()


def sign(**wanted):
    """The request that sign.py makes of this."""
    made = subprocess.run(
        [sys.executable, "sign.py"], input=json.dumps(wanted), capture_output=True, text=True, check=True
    )
    return json.loads(made.stdout)


class Subject:
    """A gateway that is judged, and the network behind it."""

    def __init__(self, sim, gateway):
        self.network = Network(sim.url)
        self.gateway = gateway

    def ask(self, method, path, body=None):
        content = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.gateway.token}"}
        request = urllib.request.Request(f"{self.gateway.url}{path}", content, headers, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def post(self, signed, **otherwise):
        """Sends a webhook, maybe with something about it changed; gives the status and the body."""
        sent = signed | otherwise
        request = urllib.request.Request(sent["url"], sent["body"].encode(), sent["headers"], method=sent["method"])
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


def twilio(subject):
    """Twilio's webhooks, by its token and by a shared key."""
    to = "+15550100006"
    call = subject.ask("POST", "/v1/calls", {"to": to})["id"]
    look = lambda: subject.ask("GET", f"/v1/calls/{call}")
    wait_for("the call is answered", lambda: look()["state"] == "in_progress")
    leg = look()["carrier_call_id"]
    fields = {"AccountSid": TWILIO_ACCOUNT, "ApiVersion": "2010-04-01", "From": OURS, "Direction": "outbound-api"}

    def signed(page, status, token=TWILIO_TOKEN, sid=leg, more={}, **wishes):
        params = fields | {"CallSid": sid, "To": to, "CallStatus": status} | more
        url = f"{subject.gateway.url}/webhooks/line/{page}"
        return sign(carrier="twilio", token=token, url=url, params=params, **wishes)

    def believed(what, request):
        status, body = subject.post(request)
        checks.that(f"believed: {what}", 200 <= status < 300, (status, body))
        return body

    def refused(what, request, **otherwise):
        status, body = subject.post(request, **otherwise)
        checks.that(f"refused: {what}", status in REFUSED, (status, body))

    page = f"status?call={call}"
    over = signed(page, "completed", more={"CallDuration": "3"})
    unsigned = {name: text for name, text in over["headers"].items() if "Signature" not in name}
    refused("a foreign token", signed(page, "completed", token="f" * 32))
    refused("a changed field", over, body=over["body"].replace("CallDuration=3", "CallDuration=4"))
    refused("a field more", over, body=over["body"] + "&Added=1")
    refused("another address", over, url=over["url"].replace("status?", "voice?"))
    refused("another query", over, url=over["url"] + "&x=1")
    refused("no signature", over, headers=unsigned)
    refused("another account", signed(page, "completed", more={"AccountSid": "AC" + "9" * 32}))
    refused("a shared key that we don't have", signed(page, "completed", token="s", shared_key="another"))
    refused("a shared key's name with the token", signed(page, "completed", shared_key=SHARED_KEY))
    checks.equal("what was refused changed nothing", look()["state"], "in_progress")

    # Its phone is never answered, so nobody but this asks what to say.
    saying = subject.ask("POST", "/v1/calls", {"to": "+15550100002", "say": "Salt & pepper"})["id"]
    silent = wait_for("its leg", lambda: subject.ask("GET", f"/v1/calls/{saying}")["carrier_call_id"])
    answered = signed(f"voice?call={saying}", "in-progress", sid=silent, more={"To": "+15550100002"})
    document = believed("a request for instructions", answered)
    checks.that("it is answered with them", "Salt &amp; pepper" in document, document)
    odd = {"CallerName": "Zoë & Søn = 100 % + more", "Empty": "", "Spaced": "a  b"}
    believed("letters beyond ASCII, signs, spaces, nothing", signed(page, "in-progress", more=odd))
    believed("a shared key, HMAC-SHA256", signed(page, "in-progress", token="shared", shared_key=SHARED_KEY))
    offer = {"From": "+15550109999", "To": OURS, "Direction": "inbound"}
    document = believed("a call that comes in", signed("voice", "ringing", sid=FOREIGN, more=offer))
    checks.that("it is answered", "Good day" in document, document)
    believed("the end", over)
    ended = wait_for("the call ended", lambda: (now := look())["state"] == "ended" and now)
    checks.equal("the end was told by a webhook", ended["ending"]["confirmed_by"], "webhook")


# For each carrier its section of the configuration and its checks; or why there are none.
CARRIERS = {
    "twilio": (
        f"""
        calls.destinations = ["*"]
        [carriers.line]
        kind = "twilio"
        account_sid = "{TWILIO_ACCOUNT}"
        auth_token = "{TWILIO_TOKEN}"
        base_url = "BASE"
        webhook_shared_keys.{SHARED_KEY} = "shared"
        [numbers."{OURS}"]
        carrier = "line"
        inbound = "open"
        greeting = "Good day"
        """,
        twilio,
    ),
    "telnyx": "offhook serve takes no carrier of this kind",
    "plivo": "offhook serve takes no carrier of this kind",
}


def main():
    for carrier, entry in CARRIERS.items():
        if isinstance(entry, str):
            print(f"skipped: {carrier}: {entry}", flush=True)
            continue
        settings, judge = entry
        with checks.part(carrier), tempfile.TemporaryDirectory() as folder, Sim(folder) as sim:
            with Gateway(folder, settings.replace("BASE", sim.url)) as gateway:
                judge(Subject(sim, gateway))
    checks.end()


main()
