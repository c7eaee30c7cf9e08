"""A receiver made of OpenTelemetry's own types takes the traces and logs of a gateway, on each carrier: a call is
one trace, over a restart too, named by its id, and its log lines are in it. A receiver that is gone holds no
call up."""

import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from world import CARRIERS, THEM, Call, ask, behaves, public_key, until

from checks import Checks
from day import OURS, settings
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from processes import Gateway, Sim, free_port

KINDS = {"/v1/traces": ExportTraceServiceRequest, "/v1/logs": ExportLogsServiceRequest}
WORDS = "What a lovely day."
NAME = "order-4711"
LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"

checks = Checks()


class Receiver:
    """Takes what it is told; `spans` and `records` are what it was told so far."""

    def __enter__(self):
        self.spans, self.records, self.bytes, self.names = [], [], b"", set()
        receiver = self

        class Page(BaseHTTPRequestHandler):
            def do_POST(self):
                receiver.take(self.path, self.rfile.read(int(self.headers["content-length"])))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def take(self, path, body):
        told = KINDS[path].FromString(body)
        self.bytes += body
        if path == "/v1/traces":
            for one in told.resource_spans:
                self.names |= {attribute.value.string_value for attribute in one.resource.attributes}
                self.spans += [span for scope in one.scope_spans for span in scope.spans]
        else:
            scopes = [scope for one in told.resource_logs for scope in one.scope_logs]
            self.records += [record for scope in scopes for record in scope.log_records]

    def trace(self, call):
        """The spans of a call's trace, which its id names."""
        return [span for span in self.spans if span.trace_id == trace_of(call)]


def trace_of(call):
    bits = 0
    for letter in call.id.removeprefix("c_"):
        bits = bits * 32 + LETTERS.index(letter)
    return bits.to_bytes(16, "big")


def said(one):
    return {attribute.key: attribute.value.string_value or attribute.value.int_value for attribute in one.attributes}


def judge(carrier, receiver, call):
    spans = receiver.trace(call)
    roots = [span for span in spans if not span.parent_span_id]
    checks.equal(f"{carrier}: the trace has one root, the call", [span.name for span in roots], ["call"])
    known = {span.span_id for span in spans}
    below = [span for span in spans if span.name != "call"]
    checks.that(f"{carrier}: all else is below one of it", all(span.parent_span_id in known for span in below))
    asked = [span for span in spans if span.name == "carrier.request"]
    since = [span.start_time_unix_nano for span in asked]
    checks.that(f"{carrier}: it is as old as the call", roots[0].start_time_unix_nano <= min(since))
    pages = [said(span) for span in spans if span.name == "http.request"]
    placed = [page["request"] for page in pages if page["page"] == "/v1/calls"]
    checks.equal(f"{carrier}: the request that placed it is in it, by its name", placed, [NAME])
    dialled = [said(span)["outcome"] for span in asked if said(span)["operation"] == "Place"]
    checks.equal(f"{carrier}: so is the request to the carrier, once", dialled, ["answered"])
    looked = any(said(span)["operation"] == "LookUp" for span in asked)
    checks.that(f"{carrier}: so are the looks of the start that came after", looked)
    heard = [page["status"] for page in pages if page["page"].startswith("/webhooks/")]
    checks.that(f"{carrier}: so are the carrier's webhooks", heard and set(heard) == {200})
    lines = {record.body.string_value for record in receiver.records if record.trace_id == trace_of(call)}
    checks.that(f"{carrier}: and its lines of the log", {"a call moved", "a call ended"} <= lines)
    hidden = [THEM[1:], OURS[1:], WORDS, Gateway.token, "Bearer"]
    told = [one for one in hidden if one.encode() in receiver.bytes]
    checks.equal(f"{carrier}: no number, speech or secret is told", told, [])
    checks.that(f"{carrier}: who tells has a name", "offhook" in receiver.names)


def main():
    with tempfile.TemporaryDirectory() as folder, Sim(folder) as sim:
        key = public_key(sim)
        behaves(sim, does="talk", answer_after_ms=0, talk_ms=60000)
        for carrier in CARRIERS:
            with Receiver() as receiver:
                told = settings(carrier, sim.url, key) + f'\n[telemetry]\notlp_endpoint = "{receiver.url}"\n'
                with Gateway(folder, told) as gateway:
                    call = Call(gateway, request_id=NAME, say=WORDS, hold=True)
                    checks.that(f"{carrier}: a call is in progress", call.is_there("in_progress"))
                with Gateway(folder, told) as gateway:
                    call.url = f"{gateway.url}/v1/calls/{call.id}"
                    checks.that(f"{carrier}: and goes on after a restart", call.is_there("in_progress"))
                    call.tell("hangup")
                    checks.that(f"{carrier}: until it ends", call.is_there("ended"))
                judge(carrier, receiver, call)
        gone = settings("twilio", sim.url, key) + f'\n[telemetry]\notlp_endpoint = "http://127.0.0.1:{free_port()}"\n'
        with Gateway(folder, gone) as gateway:
            call = Call(gateway, say=WORDS)
            checks.that("without a receiver a call goes on as ever", call.is_there("ended"))
            warned = "traces and logs can't be told to their receiver"
            checks.that("and the log says so, once", until(lambda: gateway.log.read_text().count(warned) == 1))
    checks.end()


main()
