"""Runs MiniStack for as long as the program that started it lives.

Standard input is a pipe that nobody writes to. It ends when the other side ends, be it by kill -9, and then this
process group (MiniStack and the functions' workers) ends too: nothing is left running.
"""

import json
import os
import signal
import sys
import threading

from ministack.app import main
from ministack.services import eventbridge, s3
from ministack_guard import guard_ministack

whole_object = s3._get_object


def object_in_parts(bucket, key, headers, query_params=None):
    """S3 answers a Range of any version of an object; MiniStack 1.5.33 only of the newest, and of others sends the whole."""
    status, answered, body = whole_object(bucket, key, headers, query_params)
    asked = headers.get("range", "")
    if status != 200 or not asked:
        return status, answered, body
    part = s3._parse_range(asked, len(body))
    if part is None:
        return 416, {"Content-Range": f"bytes */{len(body)}"}, b""
    start, end = part
    answered["Content-Length"] = str(end + 1 - start)
    answered["Content-Range"] = f"bytes {start}-{end}/{len(body)}"
    return 206, answered, body[start : end + 1]


s3._get_object = object_in_parts

# An event of a versioned bucket names the version; MiniStack 1.5.33 knows it and leaves it out.
fire_event, dispatch_event = s3._fire_s3_event, eventbridge._dispatch_event
fired = threading.local()


def fire_event_of_version(*parameters, version_id=None, **named):
    fired.version_id = version_id
    try:
        return fire_event(*parameters, version_id=version_id, **named)
    finally:
        fired.version_id = None


def dispatch_with_version(event, *parameters, **named):
    version_id = getattr(fired, "version_id", None)
    if event.get("Source") == "aws.s3" and version_id:
        detail = json.loads(event["Detail"])
        detail["object"]["version-id"] = version_id
        event = {**event, "Detail": json.dumps(detail)}
    return dispatch_event(event, *parameters, **named)


s3._fire_s3_event = fire_event_of_version
eventbridge._dispatch_event = dispatch_with_version


def end_with_parent():
    sys.stdin.read()
    os.killpg(0, signal.SIGTERM)
    os._exit(0)


threading.Thread(target=end_with_parent, daemon=True).start()
guard_ministack()
main()
