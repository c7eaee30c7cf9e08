"""A call's whole life at the simulated network, by Twilio's own Python library: its client speaks
to the network, and its validator judges every webhook that the network signs."""

import datetime
import re
from urllib.parse import quote

from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from checks import TWILIO_ACCOUNT, TWILIO_TOKEN, Checks, Receiver, addresses, wait_for

OURS = "+15550100000"
UNKNOWN = "CA" + "0" * 32
EVENTS = ["initiated", "ringing", "answered", "completed"]
HOLD = "<Pause length='60'/>"

network, api = addresses()
checks, receiver = Checks(), Receiver()


def client(token=TWILIO_TOKEN, at=api):
    client = Client(TWILIO_ACCOUNT, token)
    client.api.base_url = at
    return client


twilio = client()
calls = twilio.calls


def code(error):
    """An error as the client tells it."""
    assert isinstance(error, TwilioRestException), error
    return error.status, error.code


def place(to, **wishes):
    return calls.create(to=to, from_=OURS, **({"url": receiver.url("/hold")} | wishes))


def wait_for_status(sid, *wanted):
    """Looks until the call is so, and gives back every word that was said on the way."""
    seen = []

    def look():
        status = calls(sid).fetch().status
        if status not in seen:
            seen.append(status)
        return status in wanted

    wait_for(f"{sid} is {wanted}", look)
    return seen


def one_life():
    to = "+15550100100"
    network.behaves(to, does="talk", answer_after_ms=700, talk_ms=1500)
    call = place(
        to,
        status_callback=receiver.url("/status?call=c_1&text=caf%C3%A9%20%26%20more"),
        status_callback_event=EVENTS,
        timeout=30,
        time_limit=600,
        machine_detection="Enable",
    )
    checks.that("create: a SID of 34 characters", re.fullmatch("CA[0-9a-f]{32}", call.sid), call.sid)
    checks.equal("create: queued", (call.status, call.direction), ("queued", "outbound-api"))
    checks.equal("create: numbers and account", (call.to, call._from, call.account_sid), (to, OURS, TWILIO_ACCOUNT))
    checks.equal("create: not begun", (call.start_time, call.end_time, call.duration), (None, None, None))
    checks.that("create: dates are typed", isinstance(call.date_created, datetime.datetime), call.date_created)
    seen = wait_for_status(call.sid, "completed")
    checks.equal("fetch: through all states", (["queued"] + seen)[-4:], ["queued", "ringing", "in-progress", "completed"])
    over = calls(call.sid).fetch()
    checks.that("fetch: it began and ended", over.start_time <= over.end_time, (over.start_time, over.end_time))
    checks.that("fetch: its length", over.duration in ("1", "2"), over.duration)
    words = lambda: [heard.fields()["CallStatus"] for heard in receiver.of("/status", CallSid=call.sid)]
    wait_for("the last callback", lambda: "completed" in words())
    checks.equal("callbacks: in order", words(), ["initiated", "ringing", "in-progress", "completed"])
    asked = receiver.of("/hold", CallSid=call.sid)
    checks.equal("instructions: asked for once", len(asked), 1)
    last = receiver.of("/status", CallSid=call.sid)[-1].fields()
    checks.equal("callbacks: numbered from 0", last["SequenceNumber"], "3")
    checks.equal("callbacks: the length agrees", last["CallDuration"], over.duration)
    events = calls(call.sid).events.list()
    urls = [event.request["url"] for event in events]
    checks.that("events: what was asked of us", any("/status?call=c_1" in url for url in urls), urls)
    checks.refused("hang up an ended call: 21220", (400, 21220), code, lambda: calls(call.sid).update(status="completed"))
    checks.refused("cancel an ended call: 21220", (400, 21220), code, lambda: calls(call.sid).update(status="canceled"))
    checks.refused("redirect an ended call: 21220", (400, 21220), code, lambda: calls(call.sid).update(twiml="<Response/>"))


def other_ends():
    fates = {"0001": "busy", "0002": "no-answer", "0003": "failed", "0004": "busy"}
    placed = {digits: place(f"+1555010{digits}", timeout=2).sid for digits in fates}
    for digits, fate in fates.items():
        wait_for_status(placed[digits], "busy", "no-answer", "failed", "completed", "canceled")
        call = calls(placed[digits]).fetch()
        checks.equal(f"{digits}: {fate}", (call.status, call.duration), (fate, None))


def hang_up_and_cancel():
    sid = place("+15550100006").sid
    wait_for_status(sid, "in-progress")
    checks.refused("cancel an answered call: 21220", (400, 21220), code, lambda: calls(sid).update(status="canceled"))
    checks.equal("hang up: completed", calls(sid).update(status="completed").status, "completed")
    checks.refused("hang up again: 21220", (400, 21220), code, lambda: calls(sid).update(status="completed"))
    sid = place("+15550100007").sid
    wait_for_status(sid, "ringing")
    redirect = lambda: calls(sid).update(url=receiver.url("/hold"))
    checks.refused("redirect a ringing call: 21220", (400, 21220), code, redirect)
    checks.equal("cancel a ringing call", calls(sid).update(status="canceled").status, "canceled")


def redirect():
    sid = place("+15550110006").sid
    wait_for_status(sid, "in-progress")
    receiver.answer_xml("/elsewhere", "<Say>The second document</Say><Hangup/>")
    calls(sid).update(url=receiver.url("/elsewhere"), method="GET")
    wait_for_status(sid, "completed")
    checks.equal("redirect: asked for by GET", receiver.of("/elsewhere", CallSid=sid)[0].method, "GET")
    checks.that("redirect: heard on the line", "The second document" in str(network.truth(sid)["heard"]))
    sid = place("+15550120006", url=None, twiml=f"<Response>{HOLD}</Response>").sid
    wait_for_status(sid, "in-progress")
    calls(sid).update(twiml="<Response><Say>The third document</Say></Response>")
    wait_for_status(sid, "completed")
    checks.that("an inline document replaces another", "The third document" in str(network.truth(sid)["heard"]))
    receiver.answer_xml("/menu", f"<Gather numDigits='1' action='{receiver.url('/pressed?a=1')}'/>")
    sid = place("+15550100009", url=receiver.url("/menu")).sid
    pressed = wait_for("a digit", lambda: receiver.of("/pressed", CallSid=sid))
    checks.equal("a digit is told", pressed[0].fields()["Digits"], "1")
    calls(sid).update(status="completed")


def incoming():
    number = "+15550100055"
    # A pause alone would let the caller wait unanswered.
    receiver.answer_xml("/greeting", f"<Say>Hello</Say>{HOLD}")
    pages = {"voice_url": receiver.url("/greeting"), "status_callback": receiver.url("/status?in=1")}
    network.ask("PUT", f"numbers/{number}", pages)
    sid = network.ask("POST", "calls", {"from": "+15550109999", "to": number})["id"]
    wait_for("the instructions", lambda: receiver.of("/greeting", CallSid=sid, Direction="inbound"))
    wait_for_status(sid, "in-progress")
    call = calls(sid).fetch()
    checks.equal("a call that comes in", (call.direction, call.to), ("inbound", number))
    calls(sid).update(status="completed")
    told = wait_for("its end", lambda: receiver.of("/status", CallSid=sid))
    checks.equal("the number's callback", told[0].fields()["CallStatus"], "completed")


def lists():
    crowd = "+15550170000"
    network.ask("POST", "seed", {"count": 130, "from": crowd, "to_base": "+15550180000"})
    found = calls.list(from_=crowd, page_size=50)
    checks.equal("list: 130 calls in pages of 50", (len(found), len({call.sid for call in found})), (130, 130))
    page, sizes = calls.page(from_=crowd, status="in-progress", page_size=50), []
    while page is not None:
        sizes.append(len(list(page)))
        page = page.next_page()
    checks.equal("list: page by page to the last", sizes, [50, 50, 30])
    checks.equal("list: as many as asked for", len(calls.list(from_=crowd, limit=7)), 7)
    checks.equal("list: by the called number", [call.to for call in calls.list(to="+15550180017")], ["+15550180017"])
    checks.equal("list: by another status", calls.list(from_=crowd, status="completed"), [])
    tomorrow = datetime.date.today() + datetime.timedelta(days=2)
    checks.equal("list: by a day to come", calls.list(from_=crowd, start_time_after=tomorrow), [])
    yesterday = datetime.date.today() - datetime.timedelta(days=2)
    checks.equal("list: by a day gone by", len(calls.list(from_=crowd, start_time_after=yesterday)), 130)
    checks.that("delete: done", calls(found[0].sid).delete())
    checks.refused("delete: the record is gone", (404, 20404), code, lambda: calls(found[0].sid).fetch())
    checks.equal("delete: the call goes on", network.truth(found[0].sid)["live"], True)


def refusals():
    checks.refused("fetch of an unknown SID: 20404", (404, 20404), code, lambda: calls(UNKNOWN).fetch())
    checks.refused("hang up an unknown SID: 20404", (404, 20404), code, lambda: calls(UNKNOWN).update(status="completed"))
    stranger = client(token="f" * 32).calls
    checks.refused("wrong token, fetch: 401", (401, 20003), code, lambda: stranger(UNKNOWN).fetch())
    # Of a page that it cannot have, this client only tells in a text.
    told = lambda error: "HTTP 401" in str(error) and "20003" in str(error)
    checks.refused("wrong token, list: 401", True, told, lambda: stranger.list(limit=1))
    place_as_stranger = lambda: stranger.create(to="+15550100006", from_=OURS, twiml="<Response/>")
    checks.refused("wrong token, create: 401", (401, 20003), code, place_as_stranger)
    # What no client should send goes past any proxy that would judge it.
    direct = client(at=network.url)
    checks.equal("the account", direct.api.v2010.accounts(TWILIO_ACCOUNT).fetch().status, "active")
    no_number = lambda: direct.calls.create(to="12", from_=OURS, twiml="<Response/>")
    checks.refused("create with no number: 21211", (400, 21211), code, no_number)
    no_document = lambda: direct.calls.create(to="+15550100006", from_=OURS)
    checks.refused("create without instructions: 21205", (400, 21205), code, no_document)


def repetition():
    """What the client does of itself when it is answered with 500."""
    before = network.n_asked("create")
    network.fault(on="create", do={"status": 500, "processed": True})
    direct = client(at=network.url)
    place = lambda: direct.calls.create(to="+15550100006", from_=OURS, twiml="<Response/>")
    checks.refused("500 on create: an error", 500, lambda error: code(error)[0], place)
    network.heal()
    checks.equal("500 on create: asked once, no second phone rings", network.n_asked("create") - before, 1)


def judge(heard, token=TWILIO_TOKEN, **otherwise):
    """Whether Twilio's validator believes a webhook, maybe with something about it changed."""
    url = otherwise.get("url", heard.url)
    signature = otherwise.get("signature", heard.headers.get("x-twilio-signature", ""))
    form = otherwise.get("form", heard.form() if heard.method == "POST" else {})
    return RequestValidator(token).validate(url, form, signature)


def webhooks():
    status = receiver.url("/got?call=" + quote("a b+c/ü"))
    sid = place("+15550130008", status_callback=status, status_callback_method="GET", method="GET").sid
    wait_for("a callback by GET", lambda: receiver.of("/got", CallSid=sid))
    heard = list(receiver.heard)
    judged = [judge(webhook) for webhook in heard]
    checks.that(f"webhooks: all {len(heard)} are believed", heard and all(judged), judged)
    paths = {webhook.path for webhook in heard}
    checks.equal("webhooks: of every kind", paths, {"/status", "/hold", "/greeting", "/elsewhere", "/menu", "/pressed", "/got"})
    checks.equal("webhooks: by both methods", {webhook.method for webhook in heard}, {"GET", "POST"})

    webhook = receiver.of("/status", CallStatus="completed")[0]
    lie = webhook.form() | {"CallDuration": "9999"}
    less = {name: value for name, value in webhook.form().items() if name != "CallDuration"}
    for what, otherwise in {
        "a changed field": {"form": lie},
        "a missing field": {"form": less},
        "a field more": {"form": webhook.form() | {"Added": "1"}},
        "a foreign token": {"token": "f" * 32},
        "another address": {"url": receiver.url("/another")},
        "another query": {"url": webhook.url + "&x=1"},
        "no signature": {"signature": ""},
    }.items():
        checks.that(f"the validator refuses {what}", not judge(webhook, **otherwise))

    network.fault(on="webhook", to="+15550140008", do="garble-signature")
    sid = place("+15550140008", status_callback=receiver.url("/status")).sid
    garbled = wait_for("a wrongly signed callback", lambda: receiver.of("/status", CallSid=sid))
    network.heal()
    checks.that("a garbled signature is refused", not any(judge(webhook) for webhook in garbled))


receiver.answer_xml("/hold", HOLD)
for part in (one_life, other_ends, hang_up_and_cancel, redirect, incoming, lists, refusals, repetition, webhooks):
    with checks.part(part.__name__):
        part()
unknown = network.ask("GET", "requests")["unknown_parameters"]
checks.equal("the network knows every parameter of the client", unknown, {})
checks.end()
