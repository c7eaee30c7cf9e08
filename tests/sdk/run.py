"""Runs every script here against a network of its own, tells how they ended in a table, and fails
if any check failed. What a script says in full is in target/sdk/logs."""

import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

from checks import SKIPPED
from processes import BINARY, KEPT, Sim, run_script

# Scripts wait more than they compute.
AT_ONCE = 4

# Stands for the address of a network of the script's own.
LIVE = "NETWORK"

NO_NODE = "node, npm or Node's libraries could not be installed"
NO_SPECS = "OFFHOOK_SPECS names no folder with the carriers' OpenAPI"
NO_PRISM = "prism could not be installed"


def plan():
    """What is run, the slowest first: a script with its arguments, and why it can't run."""
    no_node = None if os.environ.get("SDK_NODE") else NO_NODE
    no_prism = None if os.environ.get("SDK_PRISM") else NO_PRISM
    no_specs = None if "OFFHOOK_SPECS" in os.environ else NO_SPECS
    not_judged = no_specs or no_prism or no_node
    return [
        (["judged.py", "telnyx", "gateway"], not_judged),
        (["judged.py", "twilio", "gateway"], not_judged),
        (["compare.py", "plivo"], None),
        (["compare.py", "telnyx"], None),
        (["compare.py", "twilio"], None),
        (["judged.py", "telnyx"], not_judged),
        (["judged.py", "twilio"], not_judged),
        (["judged.py", "plivo"], not_judged),
        (["telnyx_life.py", LIVE], None),
        (["telnyx_life.mjs", LIVE], no_node),
        (["plivo_life.py", LIVE], None),
        (["twilio_life.py", LIVE], None),
        (["twilio_life.mjs", LIVE], no_node),
        (["gateway.py"], None),
    ]


def run(command, hindrance):
    """How it ended: its name, the word for it, its checks, its time, and what else is to be said."""
    name = " ".join(word for word in command if word != LIVE)
    if hindrance:
        return name, "SKIPPED", 0, 0.0, [f"skipped: {hindrance}"]
    since = time.monotonic()
    if command[-1] == LIVE:
        with tempfile.TemporaryDirectory() as folder, Sim(folder) as sim:
            code, said = run_script(command[0], sim.url)
    else:
        code, said = run_script(*command, log=name)
    lines = said.splitlines()
    n_passed = sum(line.startswith("ok ") for line in lines)
    word = {0: "passed", SKIPPED: "SKIPPED"}.get(code, "FAILED")
    # A script that checks nothing proves nothing.
    if word == "passed" and n_passed == 0:
        word = "FAILED"
    notes = [line for line in lines if not line.startswith("ok ")]
    if word != "FAILED":
        notes = [line for line in notes if line.startswith("skipped: ")]
    return name, word, n_passed, time.monotonic() - since, notes


def main():
    if not BINARY.exists():
        sys.exit(f"there is no {BINARY}; build it with: cargo build -p offhook")
    (KEPT / "logs").mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        ended = list(pool.map(lambda wanted: run(*wanted), plan()))
    for name, _, _, _, notes in ended:
        for note in notes:
            print(f"{name}: {note}")
    print(f"\n{'SCRIPT':<24} {'':<8} {'CHECKS':>6} {'SECONDS':>8}")
    for name, word, n_passed, seconds, _ in ended:
        print(f"{name:<24} {word:<8} {n_passed:>6} {seconds:>8.1f}")
    total = sum(n_passed for _, _, n_passed, _, _ in ended)
    failed = [name for name, word, *_ in ended if word == "FAILED"]
    print(f"\n{total} checks held" + (f"; failed: {', '.join(failed)}" if failed else ""), flush=True)
    sys.exit(1 if failed else 0)


main()
