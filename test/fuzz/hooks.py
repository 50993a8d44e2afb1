"""What schemathesis has to know of this API beside its document: how requests are signed, and which things there are."""

import os
import re

import requests
import schemathesis
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


class Signed(requests.auth.AuthBase):
    """AWS Signature Version 4, as IAM wants it."""

    def __init__(self):
        credentials = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
        self.signer = SigV4Auth(credentials, "execute-api", os.environ["AWS_REGION"])

    def __call__(self, request):
        signed = AWSRequest(method=request.method, url=request.url, data=request.body or b"")
        self.signer.add_auth(signed)
        request.headers.update(signed.headers.items())
        return request


schemathesis.auth.set_from_requests(Signed())

THINGS = {
    prefix: ids.split(",")
    for prefix, ids in (entry.split("=") for entry in os.environ["FUZZ_THINGS"].split(";"))
}


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    """Every other path names a thing that is there: made-up ids alone would never get past the 404."""
    name = path_parameters.get("id") if path_parameters else None
    prefix = context.operation.path.split("/")[1]
    # What is deleted is not there for the others: that is left to courses of several requests, which make their own.
    is_deletion = context.operation.method.lower() == "delete"
    if not isinstance(name, str) or prefix not in THINGS or is_deletion or len(name) % 2 == 1:
        return path_parameters
    known = THINGS[prefix]
    return {**path_parameters, "id": known[sum(name.encode("utf-8", "replace")) % len(known)]}


# No schema can say which of them a stage has. A text for a text changes nothing of whether a body is right by its schema.
KNOWN = {
    "provider": "simulated",
    "model": "veo3.1-fast",
    "aspectRatio": "9:16",
    "resolution": "720p",
    "durationSeconds": 8,
}


@schemathesis.hook
def map_body(context, body):
    """Three of four orders name what there is, so that some get past the check of their values."""
    body = at_nobody(body)
    if context.operation.path != "/jobs" or not isinstance(body, dict) or len(str(body)) % 4 == 0:
        return body
    known = {name: value for name, value in KNOWN.items() if is_like(body.get(name), value)}
    return {**body, **known}


def at_nobody(value):
    """Made-up addresses, at a host that nobody ever has (RFC 2606): frames are fetched, and webhooks delivered."""
    if isinstance(value, dict):
        return {name: at_nobody(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [at_nobody(inner) for inner in value]
    if isinstance(value, str) and len(value) < 500:
        return re.sub(r"^(https?://)[^/?#]+", r"\1fuzz.invalid", value, flags=re.IGNORECASE)
    return value


def is_like(given, known):
    if isinstance(known, str):
        return isinstance(given, str)
    return isinstance(given, (int, float)) and not isinstance(given, bool)
