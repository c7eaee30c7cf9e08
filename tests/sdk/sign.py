"""Signs a webhook as a carrier would, with the carrier's own library, for those who check webhooks.

Reads one JSON object from standard input and prints the request as another, `{"method", "url",
"headers", "body"}`:

    {"carrier": "twilio", "token": "…", "url": "https://…", "params": {…}}
    {"carrier": "telnyx", "seed": "…", "url": "https://…", "params": {…}}
    {"carrier": "plivo", "token": "…", "url": "https://…", "params": {…}}

`method` is POST where it isn't named. Twilio's may have `shared_key`, the name of the key that the
token is; Telnyx's `at`, the time in Unix seconds, and its `seed` is the key in Base64; Plivo's may
have `nonce`, and `version` 2.
"""

import base64
import hashlib
import hmac
import json
import secrets
import sys
import time
from urllib.parse import urlencode

from nacl.signing import SigningKey
from plivo.utils import validate_signature
from plivo.utils.signature_v3 import construct_get_url, construct_post_url, get_signature_v3
from twilio.request_validator import RequestValidator


def twilio(wanted, method, url, params):
    shared_key = wanted.get("shared_key")
    algorithm = "HMAC_SHA256" if shared_key else "HMAC_SHA1"
    signed = params if method == "POST" else {}
    url = url if method == "POST" else with_query(url, params)
    signature = RequestValidator(wanted["token"]).compute_signature(url, signed, algorithm)
    headers = {"X-Twilio-Signature": signature}
    if shared_key:
        headers["X-Twilio-Webhooks-Signature-Settings"] = f"key={shared_key},algorithm={algorithm}"
    return form(method, url, headers, params)


def telnyx(wanted, method, url, params):
    body = json.dumps(params, separators=(",", ":"), ensure_ascii=False)
    at = str(wanted.get("at", int(time.time())))
    key = SigningKey(base64.b64decode(wanted["seed"]))
    signature = base64.b64encode(key.sign(f"{at}|{body}".encode()).signature).decode()
    headers = {"telnyx-timestamp": at, "telnyx-signature-ed25519": signature, "Content-Type": "application/json"}
    return {"method": method, "url": url, "headers": headers, "body": body}


def plivo(wanted, method, url, params):
    nonce = wanted.get("nonce", secrets.token_hex(10))
    if method == "POST":
        text = construct_post_url(url, dict(params))
    else:
        url = with_query(url, params)
        text = construct_get_url(url, {})
    if wanted.get("version") == 2:
        signature = version_2(url, nonce, wanted["token"])
        return form(method, url, {"X-Plivo-Signature-V2": signature, "X-Plivo-Signature-V2-Nonce": nonce}, params)
    signature = get_signature_v3(wanted["token"], text.decode(), nonce).decode()
    return form(method, url, {"X-Plivo-Signature-V3": signature, "X-Plivo-Signature-V3-Nonce": nonce}, params)


def version_2(url, nonce, token):
    """The library only judges this version."""
    signed = url.split("?")[0] + nonce
    signature = base64.b64encode(hmac.digest(token.encode(), signed.encode(), hashlib.sha256)).decode()
    assert validate_signature(url, nonce, signature, token)
    return signature


def with_query(url, params):
    return f"{url}{'&' if '?' in url else '?'}{urlencode(params)}" if params else url


def form(method, url, headers, params):
    if method != "POST":
        return {"method": method, "url": url, "headers": headers, "body": ""}
    headers["Content-Type"] = "application/x-www-form-urlencoded; charset=UTF-8"
    return {"method": method, "url": url, "headers": headers, "body": urlencode(params)}


def sign(wanted):
    by = {"twilio": twilio, "telnyx": telnyx, "plivo": plivo}[wanted["carrier"]]
    return by(wanted, wanted.get("method", "POST"), wanted["url"], wanted["params"])


if __name__ == "__main__":
    json.dump(sign(json.load(sys.stdin)), sys.stdout)
