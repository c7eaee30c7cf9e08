"""Holds what goes between the clients, the gateway and the simulated network to the carriers' own
OpenAPI: every request and every answer goes through prism, and every key that a request used is
looked up in the document, since prism lets unknown ones pass.

    client or gateway -> witness, who keeps what passed -> prism -> network
"""

import json
import os
import pathlib
import re
import sys
import tempfile
from dataclasses import dataclass, replace

from checks import TELNYX_CONNECTION, TWILIO_ACCOUNT, Checks, Network, skip
from day import Day
from processes import KEPT, Process, Sim, free_port, run_script
from witness import NAMES, Witness

SPECS = pathlib.Path(os.environ["OFFHOOK_SPECS"])
PRISM = KEPT / "prism/node_modules/.bin/prism"
PROBLEM = "application/problem+json"

checks = Checks()


@dataclass(frozen=True)
class Passed:
    """A request that passed, and what prism said of it and its answer."""

    method: str
    path: str
    query: tuple
    body: tuple
    violations: tuple


class Prism(Process):
    """The proxy that judges, in front of `upstream`."""

    def __init__(self, document, upstream, folder):
        self.port = free_port()
        command = [PRISM, "proxy", "--errors", "-p", self.port, "-h", "127.0.0.1", document, upstream]
        super().__init__(command, folder, "prism")
        self.said(r"(Prism is listening)")


def judged(asked, answered):
    """A request that passed, as its document would tell it, and what prism said."""
    said = []
    if (answered.header("content-type") or "").startswith(PROBLEM):
        problem = json.loads(answered.content)
        said = problem.get("validation") or [problem]
    said += json.loads(answered.header("sl-violations") or "[]")
    # An answer with a status that the document leaves out is a warning: documents leave out errors.
    grave = [json.dumps(one) for one in said if one.get("severity") != "Warning"]
    query = tuple(name for name, _ in asked.query())
    return Passed(asked.method, asked.path, query, tuple(paths(asked.fields())), tuple(grave))


class Document:
    """A carrier's OpenAPI."""

    def __init__(self, path):
        self.whole = json.loads(path.read_text())

    def resolved(self, part):
        while "$ref" in part:
            found = self.whole
            for name in part["$ref"].removeprefix("#/").split("/"):
                found = found[name.replace("~1", "/")]
            part = found
        return part

    def operation(self, request):
        """What the document says of a request: the path's parameters, and the operation itself."""
        for template, item in self.whole["paths"].items():
            pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
            if re.fullmatch(pattern, request.path) and request.method.lower() in item:
                return item.get("parameters", []), item[request.method.lower()]
        return None

    def unknown_keys(self, request):
        """The keys of a request that its operation doesn't have."""
        found = self.operation(request)
        if found is None:
            return ["the operation itself"]
        shared, operation = found
        parameters = [self.resolved(one) for one in [*shared, *operation.get("parameters", [])]]
        names = set()
        for one in parameters:
            if one["in"] == "query":
                names.add(one["name"])
                inner = self.keys(one.get("schema", {}))
                names |= {f"{one['name']}[{key}]" for key in inner}
        contents = self.resolved(operation.get("requestBody", {})).get("content", {})
        schemas = [content.get("schema", {}) for content in contents.values()]
        unknown = [name for name in request.query if name not in names]
        return unknown + [".".join(path) for path in request.body if not self.has(schemas, path)]

    def has(self, schemas, path):
        """Whether an object of one of these may have a key, by the way that leads to it."""
        for depth, name in enumerate(path):
            found = [self.keys(schema) for schema in schemas]
            # What the document says nothing of may have any key, but for the body itself.
            if depth and not any(found):
                return True
            schemas = [schema for keys in found for schema in keys.get(name, [])]
        return bool(schemas)

    def keys(self, schema):
        """The keys that an object may have, and of each the schemas of its value."""
        schema = self.resolved(schema)
        found = {name: [value] for name, value in schema.get("properties", {}).items()}
        for way in ("allOf", "anyOf", "oneOf"):
            for part in schema.get(way, []):
                for name, values in self.keys(part).items():
                    found.setdefault(name, []).extend(values)
        return found


def paths(value):
    """The ways to all that an object holds."""
    for name, inner in value:
        yield (name,)
        if isinstance(inner, dict):
            yield from ((name, *rest) for rest in paths(inner.items()))


def kind(passed):
    return re.sub(NAMES, "{id}", f"{passed.method} {passed.path}")


def judge(who, document, pairs):
    """Every request that passed, and every answer, is as the document says."""
    passed = [judged(*pair) for pair in list(pairs)]
    checks.that(f"{who}: something passed", passed)
    operations = {kind(one) for one in passed}
    print(f"{who}: {len(passed)} requests passed, of {len(operations)} kinds: {sorted(operations)}")
    said = {}
    for one in passed:
        for violation in one.violations:
            said.setdefault(violation, f"{one.method} {one.path}")
    checks.that(f"{who}: prism has nothing to say", not said, said)
    invented = next(one for one in passed if one.method == "POST" and one.body)
    seen = document.unknown_keys(replace(invented, body=(("Invented",),)))
    checks.equal(f"{who}: an invented key would be seen", seen, ["Invented"])
    unknown = {(key, one.method) for one in passed for key in document.unknown_keys(one)}
    checks.equal(f"{who}: the document knows every key", sorted(unknown), [])


def judge_clients(carrier, document_path):
    with tempfile.TemporaryDirectory() as folder, Sim(folder) as sim, Prism(document_path, sim.url, folder) as prism:
        for script in (f"{carrier}_life.py", f"{carrier}_life.mjs"):
            Network(sim.url).ask("POST", "reset")
            witness = Witness(prism.port)
            code, said = run_script(script, sim.url, witness.url, log=f"{script}-judged")
            failed = [line for line in said.splitlines() if line.startswith("FAILED")]
            checks.that(f"{script}, through prism", code == 0, failed)
            judge(script, Document(document_path), witness.passed)


# What a gateway asks for in a whole day.
LINE = "POST /v2/calls/{id}/actions/"
ASKED = {
    "twilio": {
        "POST /2010-04-01/Accounts/{account}/Calls.json",
        "GET /2010-04-01/Accounts/{account}/Calls.json",
        "GET /2010-04-01/Accounts/{account}/Calls/{id}.json",
        "POST /2010-04-01/Accounts/{account}/Calls/{id}.json",
        "GET /2010-04-01/Accounts/{account}/Calls/{id}/Events.json",
    },
    "telnyx": {
        "POST /v2/calls",
        "GET /v2/calls/{id}",
        "GET /v2/call_events",
        "GET /v2/connections/{connection}/active_calls",
        *(LINE + word for word in ("answer", "reject", "hangup", "speak", "gather_using_speak", "send_dtmf")),
        *(LINE + word for word in ("transcription_start", "transcription_stop", "transfer")),
        *(LINE + word for word in ("playback_start", "playback_stop", "gather_stop", "streaming_start")),
    },
}


def judge_gateway(carrier, document_path):
    """A gateway's whole day."""
    with tempfile.TemporaryDirectory() as folder, Sim(folder) as sim, Prism(document_path, sim.url, folder) as prism:
        network, witness = Network(sim.url), Witness(prism.port)
        Day(carrier, checks, folder, network, witness.url).through()
        asked = {asked.kind() for asked in witness.asked()}
        wanted = {one.format(account=TWILIO_ACCOUNT, connection=TELNYX_CONNECTION, id="{id}") for one in ASKED[carrier]}
        checks.equal("everything was asked for", sorted(asked), sorted(wanted))
        unknown = network.ask("GET", "requests")["unknown_parameters"]
        checks.equal("the network knows every parameter of the gateway", unknown, {})
        judge("offhook", Document(document_path), witness.passed)


def main():
    """`judged.py CARRIER` for its clients, `judged.py CARRIER gateway` for the gateway at it."""
    carrier, *rest = sys.argv[1:]
    found = sorted(SPECS.glob(f"{carrier}*.json"))
    if not found:
        skip(f"OFFHOOK_SPECS has no document whose name begins with {carrier}")
    with checks.part(" ".join(sys.argv[1:])):
        (judge_gateway if rest else judge_clients)(carrier, found[0])
    checks.end()


main()
