"""Keeps web pages, and programs without the keys of this folder, out of MiniStack.

MiniStack 1.5.33 listens on a known port, takes any Host and any Origin, answers `Access-Control-Allow-Origin: *`, empties itself
by one POST, and takes the keys `test`, any account id, and its root key without a signature. A page that a developer visits could
use all of that (docs/decisions/2026-12-01-the-local-cloud-is-not-for-web-pages.md).
"""

import hmac
import json
import os
import re
from contextvars import ContextVar

from ministack import app as ministack
from ministack.core import iam_evaluator, sigv4
from ministack.core.responses import get_account_id
from ministack.services import s3, sts

# `bucket.localhost` and `<id>.execute-api.localhost` are names that MiniStack hands out. Browsers and systems resolve every
# name below localhost to this machine (RFC 6761), so no page can point one elsewhere.
LOOPBACK_HOST = re.compile(r"(?:(?:[a-z0-9_-]+\.)*localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]{1,5})?")

TOKEN_HEADER = "x-startframe-token"
# Without a token: whether it runs, and the answers of custom resources, whose addresses hold a secret of their own.
OPEN_ADMIN_PATHS = {
    "GET": re.compile(r"/_ministack/(?:health|ready)|/_localstack/health"),
    "HEAD": re.compile(r"/_ministack/(?:health|ready)|/_localstack/health"),
    "PUT": re.compile(r"/_ministack/cfn-(?:response|signal)/.+"),
}
ADMIN_PATH = re.compile(r"/_(?:ministack|localstack)(?:/.*)?", re.DOTALL)


def headers_of(scope):
    """Each header's values, by its name in lower case. The same header twice is one value, as MiniStack reads it."""
    headers = {}
    for name, value in scope.get("headers", []):
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


def is_own_origin(origin, host):
    """A page of this server itself, or of a name below it: the loopback names on the same port."""
    scheme, _, address = origin.lower().partition("://")
    return scheme == "http" and LOOPBACK_HOST.fullmatch(address) is not None and port_of(address) == port_of(host)


def port_of(address):
    found = re.search(r":([0-9]+)$", address)
    return found.group(1) if found else "80"


def is_allowed_by_cors(scope, headers):
    """Whether the API or the bucket that the request addresses names its Origin in its CORS configuration."""
    host, path, origin = headers.get("host", ""), scope["path"], headers["origin"]
    api = ministack._parse_execute_api_url(host, path)
    if api is not None:
        apigateway = ministack._get_module("apigateway")
        apis = [found for (*_, api_id), found in apigateway._apis.to_dict().items() if api_id == api[0]]
        return any(apigateway._cors_response_headers(found.get("corsConfiguration"), origin) for found in apis)
    bucket = ministack._s3_cors_target(host, path)
    if bucket is None:
        return False
    method = scope["method"]
    if method == "OPTIONS":
        method = headers.get("access-control-request-method", "")
    return bool(s3.cors_response_headers(bucket[0], method, headers))


class Guard:
    """An ASGI application in front of MiniStack's. A refusal is a 403 before anything is read or done."""

    def __init__(self, application, token, allowed_origins):
        self.application = application
        self.token = token
        self.allowed_origins = allowed_origins

    async def __call__(self, scope, receive, send):
        if scope["type"] not in ("http", "websocket"):
            return await self.application(scope, receive, send)
        scope.setdefault("method", "GET")
        headers = headers_of(scope)
        refusal = self.refusal(scope, headers)
        if refusal is not None:
            return await refuse(scope, send, refusal)
        return await self.application(scope, receive, with_origin(send, headers.get("origin")))

    def refusal(self, scope, headers):
        """Why a request is refused; nothing when it is let through."""
        host = headers.get("host", "").lower()
        if LOOPBACK_HOST.fullmatch(host) is None:
            return "The local cloud answers only to loopback names such as 127.0.0.1 and localhost."
        origin = headers.get("origin")
        if origin is not None:
            if not self.is_allowed_origin(scope, headers, origin, host):
                return "Web pages may not use the local cloud."
        elif headers.get("sec-fetch-site", "none") not in ("none", "same-origin") and not is_navigation(scope, headers):
            return "Web pages may not use the local cloud."
        if self.is_admin_path(scope) and not self.has_token(headers):
            return "This address of the local cloud needs the token of its folder."
        return None

    def is_allowed_origin(self, scope, headers, origin, host):
        return is_own_origin(origin, host) or origin in self.allowed_origins or is_allowed_by_cors(scope, headers)

    def is_admin_path(self, scope):
        path, is_open = scope["path"], OPEN_ADMIN_PATHS.get(scope["method"])
        return ADMIN_PATH.fullmatch(path) is not None and (is_open is None or is_open.fullmatch(path) is None)

    def has_token(self, headers):
        given = headers.get(TOKEN_HEADER, "").encode("latin-1")
        return self.token != "" and hmac.compare_digest(given, self.token.encode())


def is_navigation(scope, headers):
    """A person follows a link, to a video for instance. The page that has the link sees nothing of the answer."""
    return (
        scope["type"] == "http"
        and scope["method"] == "GET"
        and headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest") == "document"
    )


async def refuse(scope, send, reason):
    if scope["type"] == "websocket":
        # Before it is accepted, closing is a 403.
        return await send({"type": "websocket.close", "code": 1008})
    body = json.dumps({"message": reason}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"cache-control", b"no-store"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def with_origin(send, origin):
    """Takes MiniStack's wildcard out of answers: a page's Origin that was let through is named, and for others nothing is."""

    async def send_with_origin(message):
        if message["type"] == "http.response.start":
            message = {**message, "headers": cors_for(origin, list(message.get("headers", [])))}
        await send(message)

    return send_with_origin


def cors_for(origin, headers):
    if origin is None:
        return [header for header in headers if not header[0].lower().startswith(b"access-control-")]
    allow = b"access-control-allow-origin"
    if not any(name.lower() == allow for name, _ in headers):
        return headers
    kept = [header for header in headers if header[0].lower() != allow]
    return [*kept, (allow, origin.encode("latin-1")), (b"vary", b"Origin")]


def require_signed_root(key):
    """Takes only this key for the account's root user, and checks its signature as any other's."""

    enforce, identity_of = iam_evaluator.enforce, iam_evaluator.resolve_caller_identity
    is_upload = ContextVar("startframe_upload", default=False)

    def is_root(access_key_id):
        # MiniStack takes a request that names no key for the root user. That stays for one: a form with a picture, whose
        # signature is in its body. S3 checks it, and refuses an upload without one.
        is_form = access_key_id == "" and is_upload.get() and iam_evaluator._anonymous.get()
        return access_key_id == key or is_form

    def enforce_with_forms(access_key_id, iam_action, service, *others, **named):
        # The gate of the API refuses an unsigned request itself, as API Gateway does: 403 and "Forbidden".
        if access_key_id == "" and iam_action == "execute-api:Invoke" and iam_evaluator._anonymous.get():
            return None
        before = is_upload.set(service == "s3" and iam_action == "s3:PutObject")
        try:
            return enforce(access_key_id, iam_action, service, *others, **named)
        finally:
            is_upload.reset(before)

    def identity_with_root(access_key_id):
        if access_key_id != key:
            return identity_of(access_key_id)
        account = get_account_id()
        return {
            "accessKey": key,
            "accountId": account,
            "userArn": f"arn:aws:iam::{account}:root",
            "userId": account,
            "principalOrgId": iam_evaluator._principal_org_id(account),
            "session": None,
        }

    iam_evaluator.is_root_access_key = sts.is_root_access_key = is_root
    # MiniStack asks this where it leaves a signature unchecked.
    iam_evaluator._is_root_key = lambda access_key_id: False
    iam_evaluator.resolve_caller_identity = identity_with_root
    iam_evaluator.enforce = enforce_with_forms


def accept_paths_as_sent():
    """Accepts a signature of the API whose path is signed as sent, as curl signs it.

    AWS wants the path encoded once more. That is the same path there; here it has the stage `$default` in it.
    """
    encode, failure_of = sigv4.uri_encode, sigv4.header_signature_failure
    is_as_sent = ContextVar("startframe_path_as_sent", default=False)

    def encode_or_keep(value, encode_slash=True):
        return value if is_as_sent.get() and not encode_slash else encode(value, encode_slash)

    def failure_of_either(signature, secret, method, raw_path, *others, **named):
        failure = failure_of(signature, secret, method, raw_path, *others, **named)
        if failure is None or not raw_path.startswith("/_aws/execute-api/"):
            return failure
        before = is_as_sent.set(True)
        try:
            return failure_of(signature, secret, method, raw_path, *others, **named)
        finally:
            is_as_sent.reset(before)

    sigv4.uri_encode, sigv4.header_signature_failure = encode_or_keep, failure_of_either


def guard_ministack():
    """Puts the guard in front of MiniStack, before it serves."""
    token = os.environ.pop("STARTFRAME_RESET_TOKEN", "")
    origins = frozenset(filter(None, os.environ.pop("STARTFRAME_ALLOWED_ORIGINS", "").split(",")))
    key = os.environ.get("AWS_ACCESS_KEY_ID", "")
    # Without IAM nobody's signature is checked: the tests of single functions.
    if ministack.AUTH and key:
        require_signed_root(key)
        accept_paths_as_sent()
    ministack.app = Guard(ministack.app, token, origins)
