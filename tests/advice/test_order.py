"""Whether the order of payloads matters, replayed from real files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from simulator.advice.order import check_order
from simulator.advice.stream import streams_of
from simulator.report.whatif import OrderCheck
from tests.cmdbs import DOMAINS, call, item, make


def checked(tmp_path: Path, *calls: Any, setup: dict[str, Any] = DOMAINS, shuffles: int = 10) -> OrderCheck:
    [stream] = streams_of(make(tmp_path / "dev1.sqlite", setup, *calls))
    return check_order(stream, shuffles, 0)


def test_the_last_one_wins(tmp_path: Path) -> None:
    """Two payloads that say different things are all that is needed to show it, however many there are."""
    others = [call("u_acme", item(f"web{number}", os="Linux")) for number in range(2, 6)]
    first, last = (call("u_acme", item("web1", os=os)) for os in ("Linux", "BSD"))
    check = checked(tmp_path, first, *others, last)
    [finding] = check.findings
    assert finding.subject == "cmdb_ci_linux_server web1"
    assert finding.orders == ((1, 6), (6, 1))
    [value] = finding.values
    assert (value.attribute, value.first, value.second) == ("os", "BSD", "Linux")
    assert check.payloads[5] == "u_acme sends from ServiceNow: cmdb_ci_linux_server web1"


def test_what_rules_settle_does_not_depend_on_the_order(tmp_path: Path) -> None:
    """A source that is authorised alone writes the attribute, whenever it comes after the insert."""
    calls = [call("u_acme", item(f"web{number}", os="Linux")) for number in range(4)]
    assert checked(tmp_path, *calls).findings == ()


def test_a_rule_that_comes_to_nothing_on_insert(tmp_path: Path) -> None:
    """Reconciliation is for updates only: who inserts is free, and that depends on the order."""
    rule = {"applies_to": "cmdb_ci_computer", "discovery_source": "Discovery", "attributes": "os", "priority": 10}
    setup = {**DOMAINS, "records": {"cmdb_reconciliation_definition": [rule]}}
    check = checked(
        tmp_path,
        call("u_acme", item("web1")),
        call("u_acme", item("web1", os="Linux"), source="Discovery"),
        call("u_acme", item("web1", os="BSD"), source="ServiceNow"),
        setup=setup,
    )
    assert {value.attribute for finding in check.findings for value in finding.values} <= {"os"}
    assert all(len(finding.orders[0]) == 2 for finding in check.findings)


def test_which_items_are_one_ci(tmp_path: Path) -> None:
    """A payload with both a serial number and a name joins the others only where it comes in time."""
    check = checked(
        tmp_path,
        call("u_acme", item("web1", serial_number="S1")),
        call("u_acme", item("web1")),
        call("u_acme", item("web2", serial_number="S1")),
        shuffles=20,
    )
    attributes = {value.attribute for finding in check.findings for value in finding.values}
    assert "(items)" in attributes


def test_cis_of_one_name_are_told_apart(tmp_path: Path) -> None:
    """Two CIs that are called the same are two, each with the items of which it was made."""
    both = [item("web1", serial_number=serial, os="Linux") for serial in ("S1", "S2")]
    check = checked(
        tmp_path,
        call("u_acme", *both),
        *(call("u_acme", item("web1", serial_number=serial, os="BSD")) for serial in ("S1", "S2")),
    )
    assert {finding.subject for finding in check.findings} == {
        "cmdb_ci_linux_server web1 of 1.0, 2.0",
        "cmdb_ci_linux_server web1 of 1.1, 3.0",
    }
    assert check.payloads[0].endswith(": cmdb_ci_linux_server web1 (item 0), cmdb_ci_linux_server web1 (item 1)")


def test_the_same_seed_gives_the_same_check(tmp_path: Path) -> None:
    calls = [call("u_acme", item("web1", os=os)) for os in ("Linux", "BSD", "AIX")]
    [stream] = streams_of(make(tmp_path / "dev1.sqlite", DOMAINS, *calls))
    assert check_order(stream, 5, 3) == check_order(stream, 5, 3)
