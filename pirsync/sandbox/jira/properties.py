"""An issue's properties over HTTP: any JSON value under a key, as an app keeps it beside the fields."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response

from pirsync.sandbox.edge.http import answer, body_json, empty
from pirsync.sandbox.tracker import Invalid

from .call import ISSUE, Call, Table, writable

LONGEST_KEY = 255
LONGEST_PROPERTY = 32_768


def property_keys(call: Call) -> Response:
    """GET properties: the keys."""
    one = call.issue
    return answer({"keys": [{"self": _address(call, one.id, key), "key": key} for key in one.properties]})


def property_value(call: Call) -> Response:
    """GET properties/{key}."""
    key, known = call.path("key"), call.issue.properties
    if key not in known:
        raise Invalid(f"The property with key '{key}' does not exist.", status=404)
    return answer({"key": key, "value": known[key]})


def _address(call: Call, issue_id: int, key: str) -> str:
    return f"{call.view.rest}/issue/{issue_id}/properties/{key}"


def put_property(call: Call) -> Response:
    """PUT properties/{key}: any JSON value; 201 when new, 200 when replaced, no body."""
    call.signed_in()
    issue, key, value = call.issue, call.path("key"), body_json(call.request)
    if not call.request.state.body.strip():
        raise Invalid("The property value must be a valid, non-empty JSON.")
    check_property(key, value)
    writable(call, issue)
    known = key in issue.properties
    issue.properties[key] = value
    return empty(200 if known else 201)


def delete_property(call: Call) -> Response:
    """DELETE properties/{key}: 204."""
    call.signed_in()
    issue, key = call.issue, call.path("key")
    if key not in issue.properties:
        raise Invalid(f"The property with key '{key}' does not exist.", status=404)
    writable(call, issue)
    del issue.properties[key]
    return empty()


def sent_properties(body: dict[str, Any]) -> dict[str, Any]:
    """The `properties` of a body by key; `Invalid` where one is none."""
    sent = body.get("properties") or []
    if not isinstance(sent, list) or not all(isinstance(one, dict) and "key" in one and "value" in one for one in sent):
        raise Invalid("Issue properties must be objects with a key and a value.")
    for one in sent:
        check_property(str(one["key"]), one["value"])
    return {str(one["key"]): one["value"] for one in sent}


def check_property(key: str, value: Any) -> None:
    """`Invalid` for a key or a value that is too long."""
    if not key or len(key) > LONGEST_KEY:
        raise Invalid("The property key's length must be between 1 and 255 characters.")
    if len(json.dumps(value, ensure_ascii=False)) > LONGEST_PROPERTY:
        raise Invalid("The property value is too long. It exceeds the allowed limit of 32768 characters.")


BOTH: Table = [
    ("GET", ISSUE + "/properties", property_keys),
    ("GET", ISSUE + "/properties/{key}", property_value),
    ("PUT", ISSUE + "/properties/{key}", put_property),
    ("DELETE", ISSUE + "/properties/{key}", delete_property),
]
