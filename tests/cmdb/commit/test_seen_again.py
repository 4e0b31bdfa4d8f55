"""When and by whom a CI was seen last, and when the row of its source was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.cmdb.base import NOW, Instance
from tests.cmdb.cases import KEY, item, only

SERVERS = "cmdb_ci_linux_server"
EIGHT, NINE, TEN = (f"2026-01-05 {hour:02}:00:00" for hour in (8, 9, 10))
ALWAYS: dict[str, Any] = {"skip_updating_source_last_discovered_if_older": "false"}


def seen(instance: Instance, source: str, at: str | None = None, **call: Any) -> dict[str, Any]:
    """A source tells of one server."""
    values = {"name": "a"} if at is None else {"name": "a", "last_discovered": at}
    return only(instance.run({"items": [item(SERVERS, **values)]}, source=source, **call))


def told(instance: Instance) -> tuple[str | None, str | None]:
    (server,) = instance.all(SERVERS)
    return server["last_discovered"], server["discovery_source"]


def test_an_older_discovery_leaves_when_and_by_whom_a_ci_was_seen() -> None:
    instance = Instance()
    seen(instance, "Discovery", NINE)
    (before,) = instance.all(SERVERS)
    assert seen(instance, "Altiris", EIGHT)["operation"] == "NO_CHANGE"
    (after,) = instance.all(SERVERS)
    assert after == before
    seen(instance, "Altiris", TEN)
    assert told(instance) == (TEN, "Altiris")


@pytest.mark.parametrize("at", [NINE, EIGHT])
def test_an_older_discovery_counts_where_the_property_says_so(at: str) -> None:
    instance = Instance(**ALWAYS)
    seen(instance, "Discovery", NINE)
    seen(instance, "Altiris", at)
    assert told(instance) == (at, "Altiris")


@pytest.mark.parametrize(("properties", "expected"), [({}, "Discovery"), (ALWAYS, "Altiris")])
def test_a_call_before_the_last_discovery_is_an_older_one(properties: dict[str, Any], expected: str) -> None:
    """What comes without a time was seen when it came."""
    instance = Instance(**properties)
    seen(instance, "Discovery")
    seen(instance, "Altiris", now=NOW - timedelta(hours=1))
    assert told(instance)[1] == expected


def test_an_empty_time_is_none() -> None:
    instance = Instance()
    seen(instance, "Discovery", NINE)
    seen(instance, "Altiris", "")
    assert told(instance) == (f"{NOW:%Y-%m-%d %H:%M:%S}", "Altiris")


def test_a_call_may_leave_what_it_does_not_send() -> None:
    instance = Instance()
    seen(instance, "Discovery", NINE)
    options = "skip_updating_source_last_discovered_to_now:true"
    seen(instance, "Altiris", enhanced=True, options=options)
    assert told(instance) == (NINE, "Discovery")
    seen(instance, "Altiris", TEN, enhanced=True, options=options)
    assert told(instance) == (TEN, "Altiris")


def scanned(instance: Instance, recency: str | None, options: str = "") -> str | None:
    """When the source's row says that its record was scanned, after a payload with this recency."""
    info = KEY if recency is None else {**KEY, "source_recency_timestamp": recency}
    body = {"items": [{**item(SERVERS, name="a"), "sys_object_source_info": info}]}
    instance.run(body, enhanced=True, options=options)
    (row,) = instance.all("sys_object_source")
    return row["last_scan"]


def test_the_row_of_a_source_says_when_its_record_was_scanned_last() -> None:
    now = f"{NOW:%Y-%m-%d %H:%M:%S}"
    instance = Instance()
    assert scanned(instance, EIGHT) == EIGHT
    assert scanned(instance, NINE) == NINE
    assert scanned(instance, EIGHT) == NINE
    assert scanned(instance, None, "skip_updating_last_scan_to_now:true") == NINE
    assert scanned(instance, None) == now
    assert scanned(Instance(), None) == now


def test_an_older_scan_counts_where_the_property_says_so() -> None:
    instance = Instance(skip_updating_last_scan_if_older="false")
    assert [scanned(instance, NINE), scanned(instance, EIGHT)] == [NINE, EIGHT]
