"""What the carriers' own libraries sign, the gateway believes; anything else it refuses.

Starts a simulated network and a gateway for each carrier that `offhook serve` speaks to, and sends
it webhooks signed by sign.py. `gateway.py CARRIER` judges one alone.
"""

import sys
import tempfile

import webhooks_plivo
import webhooks_telnyx
import webhooks_twilio
from checks import Checks
from day import settings
from processes import Gateway, Sim
from webhooks import Subject

checks = Checks()

# A gateway of each: its carrier, what is set for it beside what always is, and who judges it.
GATEWAYS = [
    ("twilio", webhooks_twilio.SETTINGS, webhooks_twilio.judge),
    ("telnyx", "", webhooks_telnyx.judge),
    ("plivo", "", webhooks_plivo.judge),
    ("plivo", "accept_signature_v2 = true", webhooks_plivo.judge_version_2),
]


def main():
    for carrier, more, judge in GATEWAYS:
        if carrier not in (sys.argv[1:] or carrier):
            continue
        name = f"{carrier} {more}".strip()
        print(f"-- {name}", flush=True)
        with checks.part(name), tempfile.TemporaryDirectory() as folder, Sim(folder) as sim:
            with Gateway(folder, settings(carrier, sim.url, webhooks_telnyx.PUBLIC_KEY, more)) as gateway:
                judge(Subject(checks, sim, gateway))
    checks.end()


main()
