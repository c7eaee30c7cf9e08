"""Whether our connectors ask a carrier as the carrier's own library does.

A gateway spends a day at the simulated network, and every kind of request that it sent is taken to
pieces: the library's method for it is called with the very values that ours carried, and must send
the same. So a name that the library doesn't know, another spelling, another path, another encoding
or another way to sign in is seen.
"""

import re
import sys
import tempfile
from urllib.parse import unquote_plus, urlsplit

import plivo
import telnyx
import twilio.rest
from telnyx.types import call_event_list_params, phone_number_list_params

from checks import PLIVO_ID, PLIVO_TOKEN, TELNYX_KEY, TWILIO_ACCOUNT, TWILIO_TOKEN, Checks, Network
from day import Day
from processes import Sim
from witness import NAMES, Witness

checks = Checks()


class NoMethod(Exception):
    """The library has no method for a request, or the method no such parameter."""


def snake(name):
    """As Twilio's and Plivo's libraries spell the name of a parameter."""
    word = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    return f"{word}_" if word == "from" else word


def gathered(fields, spelt):
    """Names and values as arguments; of a name that comes several times, all values."""
    found = {}
    for name, value in fields:
        found.setdefault(spelt(name), []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def by_twilio(base):
    client = twilio.rest.Client(TWILIO_ACCOUNT, TWILIO_TOKEN)
    client.api.base_url = base

    def ask(asked, name):
        wishes = gathered(asked.query() + asked.fields(), snake)
        match asked.kind().replace(f"/2010-04-01/Accounts/{TWILIO_ACCOUNT}", ""):
            case "POST /Calls.json":
                client.calls.create(**wishes)
            case "GET /Calls.json":
                client.calls.list(**{key: int(value) if key == "page_size" else value for key, value in wishes.items()})
            case "GET /Calls/{id}.json":
                client.calls(name).fetch(**wishes)
            case "POST /Calls/{id}.json":
                client.calls(name).update(**wishes)
            case "GET /Calls/{id}/Events.json":
                client.calls(name).events.list(**{key: int(value) for key, value in wishes.items()})
            case "GET /IncomingPhoneNumbers.json":
                client.incoming_phone_numbers.list(**wishes)
            case "GET .json":
                client.api.accounts(TWILIO_ACCOUNT).fetch(**wishes)
            case other:
                raise NoMethod(other)

    return ask


# Methods that aren't called as the path's last word.
TELNYX_ACTIONS = {
    "gather_stop": "stop_gather",
    "playback_start": "start_playback",
    "playback_stop": "stop_playback",
    "streaming_start": "start_streaming",
    "transcription_start": "start_transcription",
    "transcription_stop": "stop_transcription",
}


# The library passes on whatever a filter holds: what may be in it is in its types alone.
FILTERS = {
    "/v2/call_events": call_event_list_params.Filter.__annotations__.keys(),
    "/v2/phone_numbers": phone_number_list_params.Filter.__annotations__.keys(),
}


def by_telnyx(base):
    client = telnyx.Telnyx(api_key=TELNYX_KEY, base_url=f"{base}/v2", max_retries=0)

    def ask(asked, name):
        wishes = gathered(asked.fields(), lambda key: "from_" if key == "from" else key)
        query = dict(asked.query())
        inner = {key[7:-1]: value for key, value in query.items() if key.startswith("filter[")}
        if unknown := inner.keys() - FILTERS.get(asked.path, set()):
            raise NoMethod(f"filter {unknown}")
        wishes |= {"filter": inner} if inner else {}
        size = query.get("page[limit]") or query.get("page[size]")
        wishes |= {"page_size": int(size)} if size else {}
        last = asked.path.rsplit("/", 1)[-1]
        match asked.kind().split("/")[2:]:
            case ["calls"]:
                client.calls.dial(**wishes)
            case ["calls", "{id}"]:
                client.calls.retrieve_status(name, **wishes)
            case ["calls", "{id}", "actions", word]:
                getattr(client.calls.actions, TELNYX_ACTIONS.get(word, word))(name, **wishes)
            case ["call_events"]:
                client.call_events.list(**wishes)
            case ["connections", connection, "active_calls"]:
                client.connections.list_active_calls(connection, **wishes)
            case ["call_control_applications", _]:
                client.call_control_applications.retrieve(last, **wishes)
            case ["phone_numbers"]:
                client.phone_numbers.list(**wishes)
            case other:
                raise NoMethod(other)

    return ask


def by_plivo(base):
    module = plivo.rest.client
    for address in ("PLIVO_API_BASE_URI", "API_VOICE_BASE_URI"):
        setattr(module, address, f"{base}/v1/Account")
    client = plivo.RestClient(PLIVO_ID, PLIVO_TOKEN)

    def ask(asked, name):
        wishes = gathered(asked.fields(), lambda key: {"from": "from_", "to": "to_"}.get(key, key))
        query = {key: int(value) if key in ("limit", "offset") else value for key, value in asked.query()}
        status = query.pop("status", None)
        calls = {"live": client.live_calls, "queued": client.queued_calls, None: client.calls}[status]
        last = asked.path.strip("/").rsplit("/", 1)[-1]
        match asked.kind().replace(f"/v1/Account/{PLIVO_ID}", ""):
            case "POST /Call/":
                client.calls.create(**wishes)
            case "GET /Call/":
                (calls.list_ids if status else calls.list)(**query)
            case "GET /Call/{id}/":
                calls.get(name, **query)
            case "POST /Call/{id}/":
                client.calls.update(name, **wishes)
            case "DELETE /Call/{id}/":
                client.calls.delete(name, **query)
            case "DELETE /Request/{id}/":
                client.calls.cancel(name, **query)
            case kind if kind.startswith("GET /Number/"):
                client.numbers.get(last, **query)
            case kind if kind.startswith("GET /Application/"):
                client.applications.get(last, **query)
            case other:
                raise NoMethod(other)

    return ask


def parts(asked):
    """What of a request is compared, by what it is called; without the names of calls."""
    address = urlsplit(asked.target)
    is_json = asked.media_type == "application/json"
    found = {
        "method": asked.method,
        "path": address.path,
        "content type": asked.headers.get("content-type"),
        "authorization": asked.headers.get("authorization"),
    }
    found |= {f"query {name}": value for name, value in gathered(asked.query(), str).items()}
    found |= {f"body {name}": value for name, value in gathered(asked.fields(), str).items()}
    written = {"query": address.query, "body": "" if is_json else asked.content.decode()}
    for where, text in written.items():
        pairs = [(unquote_plus(pair.split("=")[0]), pair) for pair in text.split("&") if pair]
        found |= {f"{where} {name}, as written": pair for name, pair in gathered(pairs, str).items()}
    return {what: re.sub(NAMES, "{id}", value) if isinstance(value, str) else value for what, value in found.items()}


def differences(ours, theirs):
    """What differs: what it is called, and ours and theirs."""
    ours, theirs = parts(ours), parts(theirs)
    for what in sorted(ours.keys() | theirs.keys()):
        # That something is missing is told without saying how it would be written.
        if ours.get(what) != theirs.get(what) and ("as written" not in what or (what in ours and what in theirs)):
            yield what, ours.get(what), theirs.get(what)


NO_BODY = "the library says so of requests without a body too"
DEFAULT = "the library writes its defaults, which are Plivo's own, of what nobody asked for"
TWICE = "the library repeats the name that is in the path"
CURSORS = "the OpenAPI document pages by cursors, with page[limit]; the library's own pages never get past the second"

# What may differ, by carrier, method and part: ours, theirs, and why.
WANTED = {
    ("twilio", "GET", "content type"): (None, "application/x-www-form-urlencoded", NO_BODY),
    ("telnyx", "GET", "query page[limit]"): ("250", None, CURSORS),
    ("telnyx", "GET", "query page[size]"): (None, "250", CURSORS),
    ("plivo", "GET", "content type"): (None, "application/json", NO_BODY),
    ("plivo", "DELETE", "content type"): (None, "application/json", NO_BODY),
    ("plivo", "GET", "query call_uuid"): (None, "{id}", TWICE),
    ("plivo", "DELETE", "body call_uuid"): (None, "{id}", TWICE),
    ("plivo", "POST", "body call_uuid"): (None, "{id}", TWICE),
    ("plivo", "POST", "body error_if_parent_not_found"): (None, False, DEFAULT),
    ("plivo", "POST", "body machine_detection_method"): (None, "POST", DEFAULT),
    ("plivo", "POST", "body machine_detection_time"): (None, 5000, DEFAULT),
}


def compare(carrier, asked, by_library, recorder):
    """The library, called with the same, sends the same, but for what is wanted; which that was."""
    kind, *names = shape(asked)
    what = f"{kind} ({', '.join(names)})" if names else kind
    found = re.search(NAMES, asked.path)
    n_before, told = len(recorder.passed), None
    try:
        by_library(asked, found and found.group())
    except Exception as error:
        # What the library makes of the answer is of no interest, unless it never asked.
        told = error
    sent = recorder.asked()[n_before:]
    if len(sent) != 1:
        checks.that(f"{what}: the library sends it", False, told or sent)
        return set()
    differing = {(carrier, asked.method, part): (ours, theirs) for part, ours, theirs in differences(asked, sent[0])}
    wanted = {key for key, seen in differing.items() if key in WANTED and WANTED[key][:2] == seen}
    checks.that(f"{what}: the library sends the same", differing.keys() == wanted, differing)
    return wanted


def shape(asked):
    """What makes a request another one than others of its kind."""
    names = sorted({name for name, _ in asked.query() + asked.fields()})
    status = [f"{name}={value}" for name, value in asked.query() if name.lower() == "status"]
    return asked.kind(), *names, *status


# Each library, and of how many kinds a gateway's requests are at least.
LIBRARIES = {"twilio": (by_twilio, 5), "telnyx": (by_telnyx, 15), "plivo": (by_plivo, 8)}


def main():
    """`compare.py CARRIER` compares one alone."""
    for carrier in sys.argv[1:] or LIBRARIES:
        by_library, n_kinds = LIBRARIES[carrier]
        with checks.part(carrier), tempfile.TemporaryDirectory() as folder, Sim(folder) as sim:
            witness, recorder = Witness(int(sim.url.rsplit(":", 1)[1])), Witness()
            Day(carrier, checks, folder, Network(sim.url), witness.url).through(["doctor"])
            shapes = {shape(asked): asked for asked in witness.asked()}
            kinds = {kind for kind, *_ in shapes}
            checks.that(f"requests of {n_kinds} kinds and more", len(kinds) >= n_kinds, sorted(kinds))
            ask = by_library(recorder.url)
            seen = [compare(carrier, shapes[one], ask, recorder) for one in sorted(shapes)]
            wanted = {key for key in WANTED if key[0] == carrier}
            checks.equal("every wanted difference is one", set().union(*seen), wanted)
    checks.end()


main()
