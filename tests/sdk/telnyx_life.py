"""A call's whole life at the simulated network, by Telnyx's own Python library: its client speaks
to the network, and its `webhooks.unwrap` judges and types every webhook that the network signs."""

import base64
import itertools
import json
import re
import time
from unittest import mock

import telnyx
from nacl.signing import SigningKey
from pydantic import BaseModel

from checks import TELNYX_CONNECTION, TELNYX_KEY, Checks, Receiver, addresses, wait_for

OURS = "+15550100000"
UNKNOWN = "v3:" + "A" * 54

network, api = addresses()
checks, receiver = Checks(), Receiver()
public_key = network.ask("GET", "telnyx/public_key")["public_key"]
spoken = {"payload": "Hello", "voice": "female"}


def client_at(address, key=TELNYX_KEY, max_retries=0):
    return telnyx.Telnyx(api_key=key, public_key=public_key, base_url=f"{address}/v2", max_retries=max_retries)


client = client_at(api)
calls, actions = client.calls, client.calls.actions


def code(error):
    """An error as the client tells it: its class, the status, and Telnyx's own number for it."""
    assert isinstance(error, telnyx.APIStatusError), error
    return type(error).__name__, error.status_code, error.body["errors"][0]["code"]


ENDED = ("UnprocessableEntityError", 422, "90018")
NO_SUCH_CALL = ("UnprocessableEntityError", 422, "90015")
NOT_ANSWERED = ("UnprocessableEntityError", 422, "90034")
NOT_FOUND = ("NotFoundError", 404, "10005")
WRONG_KEY = ("AuthenticationError", 401, "10009")


def dial(to, by=calls, **wishes):
    wishes = {"webhook_url": receiver.url("/events")} | wishes
    return by.dial(connection_id=TELNYX_CONNECTION, from_=OURS, to=to, **wishes).data


def said(call, kind=None):
    """The payloads of the webhooks of a call, as they came."""
    events = [json.loads(heard.body)["data"] for heard in list(receiver.heard)]
    events.sort(key=lambda event: event["occurred_at"])
    ours = [event for event in events if event["payload"]["call_control_id"] == call]
    return [event["payload"] for event in ours if kind in (None, event["event_type"])]


def wait_for_event(call, kind):
    return wait_for(f"{kind} of {call}", lambda: said(call, kind))[0]


def status(call):
    return calls.retrieve_status(call).data


def one_life():
    to = "+15550100100"
    network.behaves(to, does="talk", answer_after_ms=500, talk_ms=1200)
    state = base64.b64encode(b'{"call":"c_1"}').decode()
    dialled = dial(to, client_state=state, command_id="one-life", timeout_secs=30, time_limit_secs=600)
    call = dialled.call_control_id
    checks.equal("dial: never alive in the answer", (dialled.is_alive, dialled.record_type), (False, "call"))
    again = dial(to, client_state=state, command_id="one-life")
    checks.equal("dial: the same command id is the same call", again.call_control_id, call)
    seen = []

    def look():
        now = status(call)
        if [now.is_alive] != seen[-1:]:
            seen.append(now.is_alive)
        return now if now.end_time else None

    over = wait_for("the call is over", look)
    checks.equal("status: alive, and then not", seen[-2:], [True, False])
    checks.that("status: it began and ended", over.start_time < over.end_time, (over.start_time, over.end_time))
    checks.that("status: its length", over.call_duration in (1, 2), over.call_duration)
    checks.equal("status: the client state", over.client_state, state)
    wait_for_event(call, "call.hangup")
    states = [payload["state"] for payload in said(call)]
    checks.equal("webhooks: initiated, answered, hung up", states, ["bridging", "answered", "hangup"])
    checks.that("webhooks: the client state in each", all(payload["client_state"] == state for payload in said(call)))
    checks.refused("hang up an ended call: 90018", ENDED, code, lambda: actions.hangup(call))
    checks.refused("speak to an ended call: 90018", ENDED, code, lambda: actions.speak(call, **spoken))
    events = list(client.call_events.list(filter={"leg_id": dialled.call_leg_id}))
    names = [event.name for event in events]
    checks.equal("call events: the command and the webhooks", names, ["dial", "call.initiated", "call.answered", "call.hangup"])


def other_ends():
    causes = {"0001": "user_busy", "0002": "timeout", "0003": "not_found", "0004": "call_rejected"}
    placed = {digits: dial(f"+1555010{digits}", timeout_secs=5).call_control_id for digits in causes}
    for digits, cause in causes.items():
        payload = wait_for_event(placed[digits], "call.hangup")
        checks.equal(f"{digits}: {cause}", payload["hangup_cause"], cause)
        over = status(placed[digits])
        checks.that(f"{digits}: not alive, with its end", not over.is_alive and over.end_time, over)


def hang_up():
    call = dial("+15550100006").call_control_id
    wait_for_event(call, "call.answered")
    checks.equal("hang up: ok", actions.hangup(call, command_id="end").data.result, "ok")
    checks.equal("hang up: its cause", wait_for_event(call, "call.hangup")["hangup_cause"], "normal_clearing")
    # A command id is heeded once, so this is a command of its own.
    checks.refused("hang up again: 90018", ENDED, code, lambda: actions.hangup(call, command_id="end-2"))
    call = dial("+15550100007").call_control_id
    wait_for_event(call, "call.initiated")
    checks.refused("speak before the answer: 90034", NOT_ANSWERED, code, lambda: actions.speak(call, **spoken))
    actions.hangup(call)
    checks.equal("cancel: its cause", wait_for_event(call, "call.hangup")["hangup_cause"], "originator_cancel")


def commands():
    call = dial("+15550100009").call_control_id
    wait_for_event(call, "call.answered")
    actions.speak(call, **spoken)
    wait_for_event(call, "call.speak.ended")
    actions.start_playback(call, audio_url="https://example.com/sound.wav")
    wait_for_event(call, "call.playback.started")
    actions.stop_playback(call)
    wait_for_event(call, "call.playback.ended")
    actions.send_dtmf(call, digits="1w2#")
    state = base64.b64encode(b"changed").decode()
    actions.update_client_state(call, client_state=state)
    actions.gather_using_speak(call, **spoken, maximum_digits=1)
    gathered = wait_for_event(call, "call.gather.ended")
    checks.equal("gather: what was pressed", (gathered["digits"], gathered["status"]), ("1", "valid"))
    checks.equal("gather: the state that was set meanwhile", gathered["client_state"], state)
    checks.equal("a key that was pressed", wait_for_event(call, "call.dtmf.received")["digit"], "1")
    actions.start_streaming(call, stream_url="wss://127.0.0.1:9/media", stream_track="both_tracks")
    wait_for_event(call, "streaming.failed")
    actions.transfer(call, to="+15550100106")
    wait_for_event(call, "call.bridged")
    checks.that("transfer: bridged", True)
    actions.hangup(call)
    wait_for_event(call, "call.hangup")


def incoming():
    number = "+15550100055"
    network.ask("PUT", f"telnyx/connections/{TELNYX_CONNECTION}", {"webhook_event_url": receiver.url("/events")})
    network.ask("PUT", f"telnyx/numbers/{number}", {"connection_id": TELNYX_CONNECTION})
    ring = lambda: network.ask("POST", "calls", {"from": "+15550109999", "to": number})["id"]
    call = ring()
    begun = wait_for_event(call, "call.initiated")
    checks.equal("a call that comes in", (begun["direction"], begun["state"]), ("incoming", "parked"))
    actions.answer(call)
    wait_for_event(call, "call.answered")
    actions.hangup(call)
    wait_for_event(call, "call.hangup")
    call = ring()
    wait_for_event(call, "call.initiated")
    actions.reject(call, cause="USER_BUSY")
    checks.equal("a call that is rejected", wait_for_event(call, "call.hangup")["hangup_cause"], "user_busy")


def lists():
    crowd = {"count": 45, "from": "+15550170000", "to_base": "+15550180000", "carrier": "telnyx"}
    seeded = network.ask("POST", "seed", crowd)["sids"]
    ids = lambda found: {call.call_control_id for call in found}
    found = list(client.connections.list_active_calls(TELNYX_CONNECTION, page_size=200))
    checks.that("list: all calls on the first page", ids(found) >= set(seeded), len(found))
    checks.equal("list: each once", len(found), len(ids(found)))
    # The client counts pages by `meta.page_number`, which a list by cursors doesn't have.
    pages = client.connections.list_active_calls(TELNYX_CONNECTION, page_size=20).iter_pages()
    first, second, third = [ids(page.data) for page in itertools.islice(pages, 3)]
    checks.that("list: by its own pages the client never gets past the second", first != second == third)
    found, after, sizes = set(), None, []
    while True:
        query = {"page[limit]": 20} | ({"page[after]": after} if after else {})
        page = client.connections.list_active_calls(TELNYX_CONNECTION, extra_query=query)
        found |= ids(page.data)
        sizes.append(len(page.data))
        after = page.meta.cursors.get("after")
        if after is None:
            break
    checks.that("list: all calls by cursors", found >= set(seeded), sizes)
    states = [call.client_state for call in page.data]
    checks.that("list: the client state names the call", all(base64.b64decode(state) for state in states), states)


def refusals():
    checks.refused("status of an unknown call: 10005", NOT_FOUND, code, lambda: status(UNKNOWN))
    checks.refused("hang up an unknown call: 90015", NO_SUCH_CALL, code, lambda: actions.hangup(UNKNOWN))
    no_connection = lambda: client.connections.list_active_calls("1")
    checks.refused("list of an unknown connection: 10005", NOT_FOUND, code, no_connection)
    stranger = client_at(api, key="KEY-wrong")
    checks.refused("wrong key, status: 401", WRONG_KEY, code, lambda: stranger.calls.retrieve_status(UNKNOWN))
    checks.refused("wrong key, dial: 401", WRONG_KEY, code, lambda: dial("+15550100006", by=stranger.calls))
    checks.refused("wrong key, hang up: 401", WRONG_KEY, code, lambda: stranger.calls.actions.hangup(UNKNOWN))
    # What no client should send goes past any proxy that would judge it.
    direct = client_at(network.url).calls
    bad_number = ("UnprocessableEntityError", 422, "10016")
    checks.refused("dial to no number: 10016", bad_number, code, lambda: dial("12", by=direct))


def repetition():
    """What the client does of itself when it is answered with 500 though the phone rings."""

    def phones_that_ring(**wishes):
        before = len(network.ask("GET", f"calls?to={to[1:]}")["calls"])
        network.fault(on="create", times=2, do={"status": 500, "processed": True})
        dial(to, by=client_at(network.url, max_retries=2).calls, **wishes)
        network.heal()
        return len(network.ask("GET", f"calls?to={to[1:]}")["calls"]) - before

    to = "+15550190006"
    checks.equal("500 on dial: the client asks thrice, and three phones ring", phones_that_ring(), 3)
    checks.equal("500 on dial with a command id: one phone rings", phones_that_ring(command_id="ring-once"), 1)


def unwrap(heard, key=None, **otherwise):
    """The webhook as the library types it, or a refusal; maybe with something about it changed."""
    headers = heard.headers | otherwise.get("headers", {})
    return client.webhooks.unwrap(otherwise.get("body", heard.body), headers=headers, key=key)


def unknown_fields(value):
    """The fields of a typed webhook that the library's own type doesn't have."""
    if isinstance(value, list):
        return [name for item in value for name in unknown_fields(item)]
    if not isinstance(value, BaseModel):
        return []
    below = [name for name in type(value).model_fields]
    found = [field for name in below for field in unknown_fields(getattr(value, name))]
    return found + [f"{type(value).__name__}.{name}" for name in value.model_extra or {}]


def type_name(kind):
    """The name of the library's type for an event."""
    words = re.split(r"[._]", kind if kind.startswith("call.") else f"call.{kind}")
    return "".join(word.capitalize() for word in words) + "WebhookEvent"


def at(moment, judged):
    with mock.patch("time.time", return_value=moment):
        return judged()


def webhooks():
    heard = list(receiver.heard)
    kinds = set()
    for webhook in heard:
        kind = json.loads(webhook.body)["data"]["event_type"]
        try:
            event = unwrap(webhook)
            seen = (type(event).__name__, unknown_fields(event.data))
        except Exception as error:
            seen = f"{type(error).__name__}: {error}"
        if kind not in kinds or seen != (type_name(kind), []):
            checks.equal(f"{kind} is believed, and of its type", seen, (type_name(kind), []))
        kinds.add(kind)
    wanted = {"call.initiated", "call.answered", "call.hangup", "call.bridged", "call.speak.started"}
    wanted |= {"call.speak.ended", "call.playback.started", "call.playback.ended", "call.gather.ended"}
    checks.equal("webhooks: of every kind", kinds, wanted | {"call.dtmf.received", "streaming.failed"})

    webhook = heard[0]
    told = lambda error: str(error)
    unmatched = "Signature verification failed: signature does not match payload"
    stale = "Webhook timestamp is too old or too new"
    foreign = base64.b64encode(bytes(SigningKey.generate().verify_key)).decode()
    then = int(webhook.headers["telnyx-timestamp"])
    tampered = webhook.body.replace("outgoing", "incoming")
    checks.refused("unwrap refuses a changed body", unmatched, told, lambda: unwrap(webhook, body=tampered))
    spaced = json.dumps(json.loads(webhook.body))
    checks.refused("unwrap refuses the same in other spacing", unmatched, told, lambda: unwrap(webhook, body=spaced))
    checks.refused("unwrap refuses a foreign key", unmatched, told, lambda: unwrap(webhook, key=foreign))
    later = {"telnyx-timestamp": str(then + 1)}
    checks.refused("unwrap refuses a changed time", unmatched, told, lambda: unwrap(webhook, headers=later))
    for skew in (-301, 301):
        skewed = lambda: at(then + skew, lambda: unwrap(webhook))
        checks.refused(f"unwrap refuses a skew of {skew} s", stale, told, skewed)
    for skew in (-299, 299):
        checks.that(f"unwrap allows a skew of {skew} s", at(then + skew, lambda: unwrap(webhook)))

    network.fault(on="webhook", to="+15550140006", do="garble-signature")
    call = dial("+15550140006").call_control_id
    wait_for_event(call, "call.answered")
    network.heal()
    garbled = [heard for heard in list(receiver.heard) if call in heard.body][0]
    checks.refused("a garbled signature is refused", unmatched, told, lambda: unwrap(garbled))


for part in (one_life, other_ends, hang_up, commands, incoming, lists, refusals, repetition, webhooks):
    with checks.part(part.__name__):
        part()
unknown = network.ask("GET", "requests")["unknown_parameters"]
checks.equal("the network knows every parameter of the client", unknown, {})
checks.end()
