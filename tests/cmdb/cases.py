"""Payload items that many tests send, and what they look at in a response."""

from __future__ import annotations

from typing import Any

from simulator.cmdb.engine import Result

LINUX = {"className": "cmdb_ci_linux_server", "values": {"name": "lx1", "os": "a"}}
WEB = {
    "className": "cmdb_ci_web_server",
    "values": {"name": "w", "running_process_command": "c", "running_process_key_parameters": "k"},
}
RUNS = [{"parent": 0, "child": 1, "type": "Runs on::Runs"}]
KEY = {"source_name": "ServiceNow", "source_native_key": "pc-1"}


def item(class_name: str, **values: Any) -> dict[str, Any]:
    """An item with these values."""
    return {"className": class_name, "values": values}


def only(result: Result) -> dict[str, Any]:
    """The first item of the response."""
    first: dict[str, Any] = result.response["items"][0]
    return first


def attempts(found: dict[str, Any]) -> list[str]:
    """The results of an item's attempts."""
    return [each["attemptResult"] for each in found["identificationAttempts"]]


def operations(result: Result) -> list[str]:
    """The operations of the response's items."""
    return [each["operation"] for each in result.response["items"]]


def codes(result: Result, kind: str = "errors") -> list[str]:
    """The codes of all errors, or warnings, of the response's items."""
    return [one["error"] for each in result.response["items"] for one in each.get(kind, ())]


def message(result: Result, kind: str = "errors") -> str:
    """The text of the first error, or warning, of the response's items."""
    return next(str(one["message"]) for each in result.response["items"] for one in each.get(kind, ()))
