"""Schemathesis reads the gateway's own description of its API, at `/openapi.json`, and asks the running gateway for
whatever may be asked by it, and for what may not: no answer is of another shape or status than it says, what is
wrong is refused, what is right isn't, nothing is told without a token, and nothing fails on the gateway's side."""

import pathlib
import subprocess
import sys
import tempfile

from world import Call, behaves, public_key

from checks import Checks
from day import settings
from processes import Gateway, Sim

checks = Checks()
N_EXAMPLES = 25
WITHIN_S = 900
# Numbers of the right shape that no plan has, calls and commands that there are not, keys that were used for
# another request: right by its shape is not all.
CONFIG = """
[checks]
# So many strangers at once are told to wait. That each page asks for a token, the unit tests of the pages say.
missing_required_header.enabled = false
ignored_auth.enabled = false
# A call that there is has no recording until it has one.
ensure_resource_availability.enabled = false
positive_data_acceptance.expected-statuses = ["2xx", 401, 403, 404, 409, 422, 429, 502]
"""
# The first two never end, the next says what came of another program's work, the last ends the gateway.
APART = ["follow", "levels", "reload", "drain"]


def asks(folder, gateway, what, *more):
    """Schemathesis's own words, if it found anything."""
    command = [str(pathlib.Path(sys.executable).parent / "schemathesis"), "--config-file", "schemathesis.toml", "run"]
    command += [f"{gateway.url}/openapi.json", "--header", f"Authorization: Bearer {gateway.token}", *more]
    command += ["--max-examples", str(N_EXAMPLES), "--generation-database", "none", "--seed", "1", "--no-color"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=WITHIN_S)
    told = [line for line in run.stdout.splitlines() if "generated" in line or "Operations:" in line]
    checks.that(f"{what}: {' '.join(' '.join(told).split())}", run.returncode == 0, run.stdout + run.stderr)


def main():
    with tempfile.TemporaryDirectory() as above, Sim(above) as sim:
        folder = pathlib.Path(above) / "gateway"
        folder.mkdir()
        (folder / "schemathesis.toml").write_text(CONFIG)
        behaves(sim, does="speak", words="Hello.", answer_after_ms=300, speak_after_ms=300, talk_ms=600000)
        with Gateway(folder, settings("twilio", sim.url, public_key(sim), "calls_per_second = 20")) as gateway:
            apart = [part for id in APART for part in ("--exclude-operation-id", id)]
            asks(folder, gateway, "all pages", *apart)
            call = Call(gateway, hold=True)
            checks.that("a call lives", call.is_there("in_progress"))
            of_one = f'[parameters]\n"path.id" = "{call.id}"\n'
            (folder / "schemathesis.toml").write_text(CONFIG + of_one)
            asks(folder, gateway, "a call that lives", "--include-path-regex", r"^/v1/calls/\{id\}")
    checks.end()


main()
