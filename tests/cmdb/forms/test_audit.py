"""An identification audit: the duplicates among what is there, by the rules of today."""

from __future__ import annotations

from typing import Any

from simulator.cmdb.forms.audit import Audit
from simulator.protocol.cmdb import AuditCis
from tests.cmdb.forms.desk import NOW, PEOPLE, Desk, linux, number, server


def found(desk: Desk, table: str = "cmdb_ci", user: str = "admin") -> list[list[str | None]]:
    """The sets of equal records, each by the names of its members; nothing is written."""
    audit = desk.cmdb.look(AuditCis(user=user, table=table), NOW, commit=False)
    assert isinstance(audit, Audit), audit
    return [[row["sys_id"] for row in each.records] for each in audit.found]


def ids(*numbers: int) -> list[str | None]:
    return [number(each) for each in numbers]


def test_equal_cis_are_found_and_tasks_left_once() -> None:
    """The first entry that finds several decides, as for a payload; a second audit leaves no second task."""
    desk = Desk({"cmdb_ci_linux_server": [server(1, "a"), server(2, "A"), server(3, "b")]})
    assert found(desk) == [ids(1, 2)]
    assert desk.rows("reconcile_duplicate_task", "number") == []
    for _ in range(2):
        assert desk.tell(AuditCis(user="admin", table="cmdb_ci")) == ""
    assert desk.rows("reconcile_duplicate_task", "number") == [("DUP0001001",)]
    assert desk.rows("cmdb_ci", "duplicate_of") == [(None,), (None,), (None,)]


def test_what_an_earlier_entry_tells_apart_is_no_duplicate() -> None:
    """Two serial numbers under one name; a third CI that has only the name could be either."""
    servers = [server(1, "a", serial_number="S1"), server(2, "a", serial_number="S2")]
    assert found(Desk({"cmdb_ci_linux_server": servers})) == []
    assert found(Desk({"cmdb_ci_linux_server": [*servers, server(3, "a")]})) == [ids(1, 2, 3)]


def test_the_audit_agrees_with_the_engine() -> None:
    """What a payload with a CI's own values comes upon is what the audit finds."""
    servers = [server(1, "a", serial_number="S1"), server(2, "b", serial_number="S1"), server(3, "c")]
    desk = Desk({"cmdb_ci_linux_server": servers})
    assert found(desk) == [ids(1, 2)]
    desk.identify(linux("a", serial_number="S1"), linux("c"))
    assert desk.rows("duplicate_audit_result", "duplicate_ci") == [(number(1),), (number(2),)]


def test_lookup_records_are_looked_up() -> None:
    """A serial number that two CIs have in the lookup table makes them equal only as the property says."""
    of = {"serial_number": "S", "serial_number_type": "uuid"}
    records = {
        "cmdb_ci_linux_server": [server(1, "a"), server(2, "b")],
        "cmdb_serial_number": [{**of, "cmdb_ci": number(1)}, {**of, "cmdb_ci": number(2)}],
    }
    assert found(Desk(records)) == []
    name = "glide.identification_engine.lookup_match.create_duplicate_task_ci.enabled"
    assert found(Desk(records, {"properties": {name: "true"}})) == [ids(1, 2)]


def test_tagged_and_dependent_cis_and_other_classes_are_left_out() -> None:
    """Independent rules only; the class that is named with those that extend it."""
    desk = Desk(
        {
            "cmdb_ci_linux_server": [server(1, "a"), server(2, "a", duplicate_of=number(1))],
            "cmdb_ci_appl": [server(3, "x"), server(4, "x")],
            "cmdb_ci_netgear": [server(5, "n"), server(6, "n")],
        }
    )
    assert found(desk) == [ids(5, 6)]
    assert found(desk, "cmdb_ci_server") == []


def test_domains() -> None:
    """Strict: each domain by itself. Platform: all that the user sees. Nobody finds what they do not see."""
    servers = [
        server(n, "a", sys_domain=domain) for n, domain in enumerate(("ACME", "EU", "EU", "INIT", "INIT"), start=1)
    ]
    strict: dict[str, Any] = PEOPLE
    platform = {
        **strict,
        "properties": {"glide.identification_engine.platform_domain_separation_enabled": "true"},
    }
    desk = Desk({"cmdb_ci_linux_server": servers}, strict)
    assert sorted(found(desk, user="tom")) == [ids(2, 3), ids(4, 5)]
    assert found(desk, user="ann") == [ids(2, 3)]
    desk = Desk({"cmdb_ci_linux_server": servers}, platform)
    assert found(desk, user="tom") == [ids(1, 2, 3, 4, 5)]
    assert found(desk, user="ann") == [ids(1, 2, 3)]


def test_who_may_not_and_what_is_no_class() -> None:
    desk = Desk({}, PEOPLE)
    assert desk.tell(AuditCis(user="bob", table="cmdb_ci")) == "role_missing"
    assert desk.tell(AuditCis(user="ann", table="sys_user_role")) == "edit_invalid"


def test_many_cis() -> None:
    """Sets are found across batches, and once."""
    servers = [server(n, f"s{n % 1500}") for n in range(3000)]
    assert len(found(Desk({"cmdb_ci_linux_server": servers}))) == 1500
