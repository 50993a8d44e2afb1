"""What schemathesis needs besides the API's document: how to sign requests, and which resources exist."""

import os
import re

import requests
import schemathesis
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


class Signed(requests.auth.AuthBase):
    """AWS Signature Version 4, which IAM requires."""

    def __init__(self):
        credentials = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
        self.signer = SigV4Auth(credentials, "execute-api", os.environ["AWS_REGION"])

    def __call__(self, request):
        # A space of a query is %20 in a signature, never "+". A plus sign itself is %2B already.
        request.url = request.url.replace("+", "%20")
        signed = AWSRequest(method=request.method, url=request.url, data=request.body or b"")
        self.signer.add_auth(signed)
        request.headers.update(signed.headers.items())
        return request


schemathesis.auth.set_from_requests(Signed())

RESOURCES = {
    prefix: ids.split(",")
    for prefix, ids in (entry.split("=") for entry in os.environ["FUZZ_RESOURCES"].split(";"))
}


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    """Every other path names an existing resource: made-up ids alone would never get past the 404."""
    name = path_parameters.get("id") if path_parameters else None
    prefix = context.operation.path.split("/")[1]
    # Deletions keep their made-up ids: other requests need the existing resources. Sequences of requests delete their own.
    is_deletion = context.operation.method.lower() == "delete"
    if not isinstance(name, str) or prefix not in RESOURCES or is_deletion or len(name) % 2 == 1:
        return path_parameters
    known = RESOURCES[prefix]
    return {**path_parameters, "id": known[sum(name.encode("utf-8", "replace")) % len(known)]}


# No schema knows which of these a stage has. A value of the same type keeps a body valid, or invalid, by its schema.
KNOWN = {
    "provider": "simulated",
    "model": "veo3.1-fast",
    "aspectRatio": "9:16",
    "resolution": "720p",
    "durationSeconds": 8,
}


@schemathesis.hook
def map_body(context, body):
    """Three of four job requests name existing values, so that some get past the validation."""
    body = to_invalid_host(body)
    if context.operation.path != "/jobs" or not isinstance(body, dict) or len(str(body)) % 4 == 0:
        return body
    known = {name: value for name, value in KNOWN.items() if has_type_of(body.get(name), value)}
    return {**body, **known}


def to_invalid_host(value):
    """Moves made-up URLs to a host that never exists (RFC 2606): the API fetches frames and delivers webhooks."""
    if isinstance(value, dict):
        return {name: to_invalid_host(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [to_invalid_host(inner) for inner in value]
    if isinstance(value, str) and len(value) < 500:
        return re.sub(r"^(https?://)[^/?#]+", r"\1fuzz.invalid", value, flags=re.IGNORECASE)
    return value


def has_type_of(value, known):
    if isinstance(known, str):
        return isinstance(value, str)
    return isinstance(value, (int, float)) and not isinstance(value, bool)
