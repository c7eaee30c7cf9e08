"""A gateway's day at a carrier, of which the simulated network plays the part: it asks the carrier
for everything that it ever asks for. What is done is done by the commands of `offhook`."""

import base64
import json
import subprocess
import time
import urllib.parse
import urllib.request

from checks import PLIVO_ID, PLIVO_TOKEN, TELNYX_CONNECTION, TELNYX_KEY, TWILIO_ACCOUNT, TWILIO_TOKEN, wait_for
from processes import BINARY, Gateway

OURS, SHUT = "+15550100000", "+15550100099"
CALLER = "+15550109999"
# More than this many calls are not looked up one by one.
CROWD = 34

# The Telnyx section's `public_key` is the network's own, where no other is wanted.
SECTIONS = {
    "twilio": f"""
        kind = "twilio"
        account_sid = "{TWILIO_ACCOUNT}"
        auth_token = "{TWILIO_TOKEN}"
        base_url = "BASE"
        """,
    "telnyx": f"""
        kind = "telnyx"
        api_key = "{TELNYX_KEY}"
        public_key = "PUBLIC_KEY"
        connection_id = "{TELNYX_CONNECTION}"
        base_url = "BASE/v2"
        """,
    "plivo": f"""
        kind = "plivo"
        auth_id = "{PLIVO_ID}"
        auth_token = "{PLIVO_TOKEN}"
        base_url = "BASE"
        """,
}


def settings(carrier, base, public_key="", more=""):
    """The configuration of a gateway with one carrier, `line`, at `base`."""
    section = SECTIONS[carrier].replace("BASE", base).replace("PUBLIC_KEY", public_key)
    return f"""
        calls.live_max = 40
        calls.destinations = ["*"]
        [carriers.line]
        {section}
        {more}
        [numbers."{OURS}"]
        carrier = "line"
        inbound = "open"
        greeting = "Good day"
        [numbers."{SHUT}"]
        carrier = "line"
        """


class Day:
    """The day; `base` is where the gateway asks the network."""

    def __init__(self, carrier, checks, folder, network, base):
        self.carrier, self.checks, self.folder, self.network = carrier, checks, folder, network
        public_key = network.ask("GET", "telnyx/public_key")["public_key"]
        self.settings = settings(carrier, base, public_key, "calls_per_second = 20")
        self.gateway = None

    def offhook(self, *arguments):
        command = [str(BINARY), *arguments, "--url", self.gateway.url, "--config", f"{self.folder}/offhook.toml"]
        ended = subprocess.run(
            command, cwd=self.folder, env={"HOME": self.folder}, capture_output=True, text=True, timeout=60
        )
        return ended.returncode, ended.stdout + ended.stderr

    def does(self, what, *arguments, code=0, says=""):
        """A command of `offhook` ends so, and says that."""
        ended, said = self.offhook(*arguments)
        self.checks.that(f"offhook {what}", ended == code and says in said, (ended, said))

    def look(self, call):
        return json.loads(self.offhook("show", call, "--json")[1])["call"]

    def talk(self, to, *arguments):
        """The id of a call to this number, once somebody talks there."""
        call = json.loads(self.offhook("call", to, "--json", *arguments)[1])["id"]
        wait_for(f"{to} is answered", lambda: self.look(call)["state"] == "in_progress")
        return call

    def live(self):
        return self.network.ask("GET", "calls?live=true")["calls"]

    def all_over(self):
        listed = lambda: json.loads(self.offhook("ls", "--json")[1])["calls"]
        for call in listed():
            self.offhook("hangup", call["id"])
        wait_for("all are hung up", lambda: not self.live(), 30)
        wait_for("all are known to be over", lambda: not listed(), 30)

    def calls(self):
        """Calls as they may come about and end."""
        self.does("call --wait: completed", "call", "+15550100042", "--say", "Hello & goodbye", "--wait")
        self.does("call --wait: busy", "call", "+15550100001", "--wait", code=4)
        # Nobody tells of this one, so it must be searched for.
        self.network.fault(on="create", times=1, do={"status": 500, "processed": True})
        self.network.fault(on="status-callback", to="+15550120002", do="drop")
        lost = json.loads(self.offhook("call", "+15550120002", "--json")[1])["id"]
        wait_for("a call in doubt is found", lambda: self.look(lost)["carrier_call_id"])
        self.does("hangup of a call that was in doubt", "hangup", lost)
        wait_for("it is over", lambda: self.look(lost)["state"] == "ended", 30)
        self.network.heal()
        ringing = json.loads(self.offhook("call", "+15550100002", "--json")[1])["id"]
        wait_for("it rings", lambda: self.look(ringing)["carrier_call_id"])
        self.does("hangup of a call that rings", "hangup", ringing)
        wait_for("it is over", lambda: self.look(ringing)["state"] == "ended")

    def commands(self):
        """Everything that can be done on the line."""
        self.network.behaves("+15550100108", does="talk", answer_after_ms=500, talk_ms=1000)
        call = self.talk("+15550100009")
        self.does("say", "say", call, "Salt & pepper")
        self.does("ask: keys", "ask", call, "One key, please", "--digits", "1", says="1")
        self.does("digits", "digits", call, "1w2#")
        self.does("transfer", "transfer", call, "+15550100108", "--no-wait")
        transferred = lambda: self.look(call)["commands"][-1]["state"] == "done"
        wait_for("the transfer is over", transferred, 30)
        self.does("say after the transfer", "say", call, "Welcome back")
        self.does("play", "play", call, "https://sounds.example/hello.mp3", "--lasts", "2s")
        self.does("a stream that nobody takes", "stream", call, "wss://127.0.0.1:9/sound", code=4)
        self.stopped(call, "say", "And so on, and so forth. " * 20)
        self.stopped(call, "ask", "And so on, and so forth. " * 20)
        self.stopped(call, "ask", "And so on, and so forth. " * 20, "--speech")
        self.offhook("hangup", call)
        speaks = self.talk("+15550100010", "--say", "Hello", "--hold")
        self.does("ask: words", "ask", speaks, "What do you say?", "--speech", says="yes please")
        self.offhook("hangup", speaks)
        self.all_over()

    def stopped(self, call, *asked):
        """Something is asked that takes long, begun, and stopped."""
        self.offhook(asked[0], call, *asked[1:], "--no-wait")
        begun = lambda: self.look(call)["commands"][-1]["state"] == "taken"
        wait_for(f"{asked[0]} is begun", begun)
        self.does(f"stop: {asked[0]}", "stop", call, says=": stopped")

    def incoming(self):
        """A caller who is answered, and one who is not."""
        for number in (OURS, SHUT):
            self.connect(number)
        answered = self.network.ask("POST", "calls", {"from": CALLER, "to": OURS})["id"]
        heard = lambda: "Good day" in str(self.network.truth(answered)["heard"])
        wait_for("the caller hears the greeting", heard)
        self.checks.that("a call that comes in is answered", True)
        rejected = self.network.ask("POST", "calls", {"from": CALLER, "to": SHUT})["id"]
        wait_for("the caller is turned away", lambda: not self.network.truth(rejected)["live"])
        self.checks.that("a call that comes in is declined", not self.network.truth(rejected)["heard"])
        self.all_over()

    def connect(self, number):
        """Lets the network tell the gateway of those who call a number."""
        base = f"{self.gateway.url}/webhooks/line"
        if self.carrier == "telnyx":
            page = {"webhook_event_url": f"{base}/events"}
            self.network.ask("PUT", f"telnyx/connections/{TELNYX_CONNECTION}", page)
            self.network.ask("PUT", f"telnyx/numbers/{number}", {"connection_id": TELNYX_CONNECTION})
        elif self.carrier == "plivo":
            pages = {"answer_url": f"{base}/voice", "hangup_url": f"{base}/status"}
            self.network.ask("PUT", f"plivo/numbers/{number}", pages)
        else:
            pages = {"voice_url": f"{base}/voice", "status_callback": f"{base}/status"}
            self.network.ask("PUT", f"numbers/{number}", pages)

    def crowd(self):
        for number in range(CROWD):
            self.offhook("call", f"+1555020{number:02}06")
        n_talking = lambda: sum(call["status"] == "in-progress" for call in self.live())
        wait_for("all are talking", lambda: n_talking() == CROWD, 30)

    def stranger(self):
        """Another program on the account has a call from our number: the gateway asks Twilio whose it
        is, and leaves it alone."""
        account = f"{self.network.url}/2010-04-01/Accounts/{TWILIO_ACCOUNT}"
        signed_in = base64.b64encode(f"{TWILIO_ACCOUNT}:{TWILIO_TOKEN}".encode()).decode()

        def ask(path, **fields):
            request = urllib.request.Request(f"{account}/{path}", urllib.parse.urlencode(fields).encode())
            request.add_header("Authorization", f"Basic {signed_in}")
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.loads(answer.read())

        twiml = '<Response><Pause length="300"/></Response>'
        n_asked = self.network.n_asked("events")
        call = ask("Calls.json", To="+15550209906", From=OURS, Twiml=twiml)["sid"]
        yield
        wait_for("the gateway asks whose call it is", lambda: self.network.n_asked("events") > n_asked, 30)
        self.checks.that("a stranger's call is left alone", self.network.truth(call)["live"])
        ask(f"Calls/{call}.json", Status="completed")

    def again(self, n_listings):
        """After a start the gateway finds the crowd, hears nothing more, and hangs up."""
        listed = lambda: self.network.n_asked("list") > n_listings
        wait_for("the listing after a start", listed)
        if self.carrier != "plivo":
            self.does("call --wait, without webhooks", "call", "+15550100043", "--say", "Hello again", "--wait")
        self.all_over()

    def through(self, *more):
        """All of it, with more to be asked of `offhook` before the crowd comes."""
        with Gateway(self.folder, self.settings) as self.gateway:
            for part in (self.calls, self.commands, self.incoming):
                with self.checks.part(part.__name__):
                    since = time.monotonic()
                    part()
                    print(f"{part.__name__}: {time.monotonic() - since:.1f} s", flush=True)
            for arguments in more:
                self.offhook(*arguments)
            self.crowd()
        # Plivo can do nothing without an address that it may ask.
        hears = self.carrier == "plivo"
        n_listings = self.network.n_asked("list")
        stranger = self.stranger() if self.carrier == "twilio" else iter(())
        next(stranger, None)
        with Gateway(self.folder, self.settings, name="again", hears_webhooks=hears) as self.gateway:
            next(stranger, None)
            self.again(n_listings)
