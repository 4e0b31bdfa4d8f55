"""What an explanation says of the CIs that were come upon; the words about domains are in test_candidates."""

from __future__ import annotations

from typing import Any

from simulator.cmdb.engine import Result
from tests.cmdb.base import Instance

NAMED = {"items": [{"className": "cmdb_ci_linux_server", "values": {"name": "lx1"}}]}
SERIAL = {"serial_number": "1", "serial_number_type": "uuid", "cmdb_ci": "a"}


def serials(*numbers: str) -> dict[str, Any]:
    """A server with serial numbers to look up, and nothing else to go by."""
    rows = [{"serial_number": number, "serial_number_type": "uuid"} for number in numbers]
    lookup = [{"className": "cmdb_serial_number", "values": row} for row in rows]
    return {"className": "cmdb_ci_linux_server", "values": {}, "lookup": lookup}


def said(result: Result) -> list[tuple[str | None, bool, str]]:
    """Each CI that was come upon, whether it is the match, and why, without what its domain has to do with it."""
    return [
        (one.sys_id, one.is_match, one.reason.partition(";")[0])
        for attempt in result.explanation[0].attempts
        for one in attempt.candidates
    ]


def test_the_oldest_of_several() -> None:
    instance = Instance()
    for sys_id in ("a", "b"):
        instance.put("cmdb_ci_linux_server", sys_id, name="lx1")
    result = instance.run(NAMED, explain=True)
    assert said(result) == [("a", True, "the oldest of 2 matches"), ("b", False, "one of 2 matches")]


def test_a_marked_duplicate() -> None:
    instance = Instance()
    instance.put("cmdb_ci_linux_server", "a", name="lx1", duplicate_of="b")
    result = instance.run(NAMED, explain=True)
    assert said(result) == [("a", False, "is marked as a duplicate of b")]


def test_an_exact_count_that_is_not_met() -> None:
    """The CI has one of the two serial numbers, and the rule asks for both."""
    instance = Instance()
    instance.put("cmdb_ci_linux_server", "a")
    instance.put(
        "cmdb_serial_number", "s", serial_number="1", serial_number_type="uuid", valid="true", cmdb_ci="a"
    )
    result = instance.run({"items": [serials("1", "2")]}, explain=True)
    assert said(result) == [("a", False, "has not all lookup records of the item")]


def test_a_lookup_record_that_fails_the_condition() -> None:
    instance = Instance()
    instance.put("cmdb_ci_linux_server", "a")
    instance.put(
        "cmdb_serial_number", "s", serial_number="1", serial_number_type="uuid", valid="false", cmdb_ci="a"
    )
    assert said(instance.run({"items": [serials("1")]}, explain=True)) == [
        ("a", False, "its lookup record fails the entry's condition")
    ]


def test_a_ci_that_the_payload_names() -> None:
    """No attempt is in the response for it, and the explanation has one."""
    instance = Instance()
    instance.put("cmdb_ci_linux_server", "a", name="lx1")
    named = {"className": "cmdb_ci_linux_server", "values": {"sys_id": "a", "ram": "1"}}
    result = instance.run({"items": [named]}, explain=True)
    assert result.response["items"][0]["identificationAttempts"] == []
    assert said(result) == [("a", True, "the payload names it")]


def test_nothing_is_explained_unasked() -> None:
    instance = Instance()
    assert instance.run({"items": [serials("1")]}).explanation == ()
