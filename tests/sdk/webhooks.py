"""What the judges of webhooks share: sign.py, which signs as a carrier would and is run as a program
of its own, and the gateway that is judged."""

import json
import subprocess
import sys
import urllib.error
import urllib.request

from checks import Network, wait_for

OURS = "+15550100000"
CALLER = "+15550109999"
# Of these, the first picks up at once and talks for an hour, the second is never answered.
TALKS, NEVER = "+15550100006", "+15550100002"
NOT_BELIEVED, UNREADABLE = 403, 400


def sign(**wanted):
    """The request that sign.py makes of this."""
    made = subprocess.run(
        [sys.executable, "sign.py"], input=json.dumps(wanted), capture_output=True, text=True, check=True
    )
    return json.loads(made.stdout)


def without(signed, *words):
    """The headers of a signed request but for those with one of these words in their names."""
    return {name: text for name, text in signed["headers"].items() if not any(word in name for word in words)}


class Subject:
    """A gateway that is judged, and the network behind it."""

    def __init__(self, checks, sim, gateway):
        self.checks, self.gateway = checks, gateway
        self.network = Network(sim.url)

    def ask(self, method, path, body=None):
        content = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.gateway.token}"}
        request = urllib.request.Request(f"{self.gateway.url}{path}", content, headers, method=method)
        with urllib.request.urlopen(request, timeout=40) as answer:
            return json.load(answer)

    def post(self, signed, **otherwise):
        """Sends a webhook, maybe with something about it changed; gives the status and the body."""
        sent = signed | otherwise
        content = sent["body"].encode() if sent["method"] == "POST" else None
        request = urllib.request.Request(sent["url"], content, sent["headers"], method=sent["method"])
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def believed(self, what, signed, **otherwise):
        status, body = self.post(signed, **otherwise)
        self.checks.that(f"believed: {what}", 200 <= status < 300, (status, body))
        return body

    def refused(self, what, signed, code=NOT_BELIEVED, says="", **otherwise):
        """It is, and the answer says why in these words."""
        status, body = self.post(signed, **otherwise)
        self.checks.that(f"refused: {what}", status == code and says in body, (status, body))

    def replayed(self, what, call, signed):
        """It is believed once more, and changes nothing."""
        told = lambda: [event for event in self.events(call) if event["source"] == "webhook"]
        before = self.look(call), told()
        status, body = self.post(signed)
        after = self.look(call), told()
        self.checks.that(f"replayed, changes nothing: {what}", status < 300 and after == before, (status, body, after))

    def call(self, to, **more):
        """The id of a new call, once the carrier has it."""
        call = self.ask("POST", "/v1/calls", {"to": to} | more)["id"]
        wait_for("its leg", lambda: self.look(call)["carrier_call_id"])
        return call

    def look(self, call):
        return self.ask("GET", f"/v1/calls/{call}")

    def leg(self, call):
        return self.look(call)["carrier_call_id"]

    def is_in(self, call, state):
        wait_for(f"{call} is {state}", lambda: self.look(call)["state"] == state)

    def events(self, call):
        return self.ask("GET", f"/v1/calls/{call}/events")["events"]

    def heard(self, call, kind):
        """Whether an event of this kind came by webhook."""
        return any((event["kind"], event["source"]) == (kind, "webhook") for event in self.events(call))

    def command(self, call, verb, **body):
        """The id of a command, once the carrier took it."""
        number = self.ask("POST", f"/v1/calls/{call}/{verb}", body)["command"]["id"]
        wait_for(f"{verb} is taken", lambda: self.outcome(call, number)["state"] == "taken")
        return number

    def outcome(self, call, number):
        return self.ask("GET", f"/v1/calls/{call}/commands/{number}")["command"]

    def answered(self, what, call, number, **wanted):
        """The command is done, with this answer."""
        done = self.outcome(call, number)
        seen = done["state"], {name: done[name] for name in wanted}
        self.checks.equal(f"the answer to {what}", seen, ("done", wanted))

    def ended(self, call, code):
        ended = wait_for("the call ended", lambda: (now := self.look(call))["state"] == "ended" and now)
        seen = ended["ending"]["confirmed_by"], ended["ending"]["carrier_code"]
        self.checks.equal("the end was told by a webhook", seen, ("webhook", code))
        return ended
