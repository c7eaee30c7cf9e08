"""A call's whole life at the simulated network, by Plivo's own Python library: its client speaks to
the network, and its validator judges every webhook that the network signs."""

import re
import urllib.error
import urllib.request

import plivo
from plivo.utils.signature_v3 import validate_v3_signature

from checks import PLIVO_ID, PLIVO_TOKEN, Checks, Receiver, addresses, skip, wait_for

OURS = "+15550100000"
UNKNOWN = "00000000-0000-4000-8000-000000000000"
HOLD = "<Wait length='60'/>"

network, api = addresses()


def the_face_is_there():
    """Whether the network speaks Plivo's API: it refuses who has no credentials."""
    try:
        urllib.request.urlopen(f"{network.url}/v1/Account/{PLIVO_ID}/Call/", timeout=10)
    except urllib.error.HTTPError as error:
        return error.code == 401
    return True


if not the_face_is_there():
    skip("the simulated network has no face of Plivo under /v1/Account/")

checks, receiver = Checks(), Receiver()


def client_at(address, token=PLIVO_TOKEN):
    """A client; this library keeps its addresses in its module, for all clients at once."""
    module = plivo.rest.client
    module.PLIVO_API_BASE_URI = f"{address}/v1/Account"
    for name in ("API_VOICE_BASE_URI", "API_VOICE_BASE_URI_FALLBACK_1", "API_VOICE_BASE_URI_FALLBACK_2"):
        setattr(module, name, f"{address}/v1/Account")
    return plivo.RestClient(PLIVO_ID, token)


client = client_at(api)
calls, live_calls = client.calls, client.live_calls
kind = lambda error: type(error).__name__
GONE = "ResourceNotFoundError"


def place(to, **wishes):
    pages = {"answer_url": receiver.url("/answer"), "hangup_url": receiver.url("/hangup")}
    return calls.create(from_=OURS, to_=to, **(pages | wishes))


def wait_for_live(to, state):
    """The id of the call to this number, once its live resource says so."""

    def look():
        found = live_calls.list_ids(to_number=to[1:])["calls"]
        return next((uuid for uuid in found if live_calls.get(uuid)["call_status"] == state), None)

    return wait_for(f"{to} is {state}", look)


def wait_for_record(uuid):
    def look():
        try:
            return calls.get(uuid)
        except plivo.exceptions.ResourceNotFoundError:
            return None

    return wait_for(f"the record of {uuid}", look)


def told(path, to, **fields):
    """The webhooks at this path about the call to this number."""
    return receiver.of(path, To=to[1:], **fields)


def one_life():
    to = "+15550100100"
    network.behaves(to, does="talk", answer_after_ms=1000, talk_ms=2000)
    # Letters beyond ASCII in a query are more than this library's validator can read.
    placed = place(to, ring_url=receiver.url("/ring?call=c_1&text=a%20%26%20more"), time_limit=600)
    request_uuid = placed["request_uuid"]
    checks.equal("create: fired", placed["message"], "call fired")
    checks.that("create: a request's id", re.fullmatch("[0-9a-f-]{36}", request_uuid), request_uuid)
    uuid = wait_for_live(to, "ringing")
    checks.refused("ringing: there is no record yet: 404", GONE, kind, lambda: calls.get(uuid))
    live = live_calls.get(uuid)
    checks.equal("live: which request it is", live["request_uuid"], request_uuid)
    checks.equal("live: once it is answered", wait_for_live(to, "in-progress"), uuid)
    over = wait_for("the hang-up", lambda: told("/hangup", to, Event="Hangup"))[0].fields()
    checks.equal("hang-up: its call", (over["CallUUID"], over["CallStatus"]), (uuid, "completed"))
    checks.refused("over: no live call any more: 404", GONE, kind, lambda: live_calls.get(uuid))
    record = wait_for_record(uuid)
    checks.equal("record: answered", (record["call_state"], record["call_uuid"]), ("ANSWER", uuid))
    checks.equal("record: its cause", record["hangup_cause_code"], int(over["HangupCauseCode"]))
    checks.that("record: an end, in a zone", re.search(r"[+-]\d\d:\d\d$", record["end_time"]), record["end_time"])
    rings = [heard.fields()["CallStatus"] for heard in told("/ring", to)]
    checks.equal("ring: told once", rings, ["ringing"])
    checks.refused("hang up an ended call: 404", GONE, kind, lambda: calls.delete(uuid))
    redirect = lambda: calls.update(uuid, legs="aleg", aleg_url=receiver.url("/answer"))
    checks.refused("redirect an ended call: 404", GONE, kind, redirect)


def other_ends():
    words = {"0001": "busy", "0002": "no-answer", "0003": "failed", "0004": "busy"}
    for digits in words:
        place(f"+1555010{digits}", ring_timeout=3)
    for digits, word in words.items():
        to = f"+1555010{digits}"
        over = wait_for(f"{to} is over", lambda: told("/hangup", to, Event="Hangup"))[0].fields()
        checks.equal(f"{digits}: {word}", over["CallStatus"], word)


def hang_up_and_cancel():
    to = "+15550100006"
    place(to)
    uuid = wait_for_live(to, "in-progress")
    receiver.answer_xml("/elsewhere", "<Speak>The second document</Speak><Hangup/>")
    calls.update(uuid, legs="aleg", aleg_url=receiver.url("/elsewhere"))
    wait_for("its end", lambda: told("/hangup", to, Event="Hangup"))
    checks.that("redirect: heard on the line", "The second document" in str(network.truth(uuid)["heard"]))
    to = "+15550110006"
    place(to)
    uuid = wait_for_live(to, "in-progress")
    calls.delete(uuid)
    checks.that("hang up: done", not network.truth(uuid)["live"])
    checks.refused("hang up again: 404", GONE, kind, lambda: calls.delete(uuid))
    to = "+15550100007"
    request_uuid = place(to)["request_uuid"]
    wait_for_live(to, "ringing")
    calls.cancel(request_uuid)
    wait_for("its end", lambda: told("/hangup", to, Event="Hangup"))
    checks.refused("cancel again: 404", GONE, kind, lambda: calls.cancel(request_uuid))


def incoming():
    number = "+15550100055"
    pages = {"answer_url": receiver.url("/greeting"), "hangup_url": receiver.url("/hangup")}
    receiver.answer_xml("/greeting", f"<Speak>Hello</Speak>{HOLD}")
    network.ask("PUT", f"plivo/numbers/{number}", pages)
    network.ask("POST", "calls", {"from": "+15550109999", "to": number})
    asked = wait_for("the document", lambda: told("/greeting", number))[0].fields()
    checks.equal("a call that comes in", asked["Direction"], "inbound")
    wait_for_live(number, "in-progress")
    calls.delete(asked["CallUUID"])
    wait_for("its end", lambda: told("/hangup", number, Event="Hangup"))


def lists():
    crowd = {"count": 45, "from": "+15550170000", "to_base": "+15550180000", "carrier": "plivo"}
    seeded = network.ask("POST", "seed", crowd)["sids"]
    found, sizes = [], []
    while not sizes or sizes[-1] == 20:
        page = live_calls.list_ids(from_number="15550170000", limit=20, offset=len(found))["calls"]
        found += page
        sizes.append(len(page))
    checks.equal("live: all in pages of 20, each once", (sorted(found), sizes), (sorted(seeded), [20, 20, 5]))
    checks.equal("queued: none", client.queued_calls.list_ids()["calls"], [])
    wait_for("the records of what is over", lambda: calls.list()["meta"]["total_count"] >= 6)
    first, second = calls.list(limit=2), calls.list(limit=2, offset=2)
    uuids = {call["call_uuid"] for page in (first, second) for call in page["objects"]}
    checks.equal("records: page by page", len(uuids), 4)
    answered = [call["to_number"] for call in calls.list(to_number="15550100100")["objects"]]
    checks.equal("records: by the called number", answered, ["15550100100"])


def refusals():
    checks.refused("live resource of an unknown id: 404", GONE, kind, lambda: live_calls.get(UNKNOWN))
    checks.refused("record of an unknown id: 404", GONE, kind, lambda: calls.get(UNKNOWN))
    checks.refused("hang up an unknown id: 404", GONE, kind, lambda: calls.delete(UNKNOWN))
    stranger = client_at(api, token="wrong")
    wrong = "AuthenticationError"
    checks.refused("wrong token, live: 401", wrong, kind, lambda: stranger.live_calls.get(UNKNOWN))
    checks.refused("wrong token, list: 401", wrong, kind, lambda: stranger.live_calls.list_ids())
    pages = {"answer_url": receiver.url("/answer")}
    create = lambda: stranger.calls.create(from_=OURS, to_="+15550100006", **pages)
    checks.refused("wrong token, create: 401", wrong, kind, create)
    checks.equal("no client ever hung up a whole account", network.ask("GET", "plivo/account_hangups")["account_hangups"], 0)


def repetition():
    """What the client does of itself when it is answered with 500 though the phone rings."""
    to = "+15550190006"
    network.fault(on="create", do={"status": 500, "processed": True})
    checks.refused("500 on create: an error", "PlivoServerError", kind, lambda: place(to))
    network.heal()
    n_ringing = len(network.ask("GET", f"calls?to={to[1:]}")["calls"])
    checks.equal("500 on create: the client asks thrice, and three phones ring", n_ringing, 3)


def judge(heard, token=PLIVO_TOKEN, **otherwise):
    """Whether Plivo's validator believes a webhook, maybe with something about it changed."""
    url = otherwise.get("url", heard.url)
    nonce = otherwise.get("nonce", heard.headers["x-plivo-signature-v3-nonce"])
    form = otherwise.get("form", heard.form())
    return validate_v3_signature(heard.method, url, nonce, token, heard.headers["x-plivo-signature-v3"], dict(form))


def webhooks():
    to = "+15550130008"
    place(to, answer_method="GET", hangup_url=receiver.url("/got?call=a%20b"), hangup_method="GET")
    wait_for("a hang-up by GET", lambda: told("/got", to))
    heard = list(receiver.heard)
    judged = [(judge(webhook), webhook.method, webhook.path) for webhook in heard]
    doubted = [rest for believed, *rest in judged if not believed]
    checks.that(f"webhooks: all {len(heard)} are believed", heard and not doubted, doubted)
    paths = {webhook.path for webhook in heard}
    checks.equal("webhooks: of every kind", paths, {"/answer", "/ring", "/hangup", "/elsewhere", "/greeting", "/got"})
    checks.equal("webhooks: by both methods", {webhook.method for webhook in heard}, {"GET", "POST"})
    webhook = told("/hangup", "+15550100100")[0]
    for what, otherwise in {
        "a changed field": {"form": webhook.form() | {"Duration": "9999"}},
        "a field more": {"form": webhook.form() | {"Added": "1"}},
        "a foreign token": {"token": "f" * 40},
        "another nonce": {"nonce": "1"},
        "another address": {"url": receiver.url("/another")},
        "another query": {"url": webhook.url + "?x=1"},
    }.items():
        checks.that(f"the validator refuses {what}", not judge(webhook, **otherwise))


receiver.answer_xml("/answer", HOLD)
for part in (one_life, other_ends, hang_up_and_cancel, incoming, lists, refusals, repetition, webhooks):
    with checks.part(part.__name__):
        part()
unknown = network.ask("GET", "requests")["unknown_parameters"]
checks.equal("the network knows every parameter of the client", unknown, {})
checks.end()
