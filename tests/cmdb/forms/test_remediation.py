"""De-duplication tasks: closed, or remediated as in the Duplicate CI Remediator."""

from __future__ import annotations

import pytest

from tests.cmdb.forms.desk import PEOPLE, RUNS_ON, Desk, linux, number, server


def made(
    more: dict[str, list[dict[str, str]]] | None = None, *, first: dict[str, str] | None = None, **second: str
) -> Desk:
    """Two servers web1, of which the engine has tagged the second one, and left a task."""
    servers = [server(1, "web1", **(first or {})), server(2, "web1", **second)]
    desk = Desk({"cmdb_ci_linux_server": servers, **(more or {})})
    assert desk.identify(linux("web1")) == ["NO_CHANGE"]
    assert desk.rows("reconcile_duplicate_task", "number", "state") == [("DUP0001001", "1")]
    return desk


def test_closing_leaves_the_cis_and_the_engine_reports_them_again() -> None:
    """While they are tagged it does not meet them; untagged, it leaves a second task."""
    desk = made()
    assert desk.close("DUP0001001") == ""
    assert desk.close("DUP0001001") == "task_closed"
    assert desk.rows("cmdb_ci", "sys_id", "duplicate_of") == [(number(1), None), (number(2), number(1))]
    desk.edit("cmdb_ci", {"sys_id": number(2)}, {"duplicate_of": None})
    desk.identify(linux("web1"))
    assert desk.rows("reconcile_duplicate_task", "number", "state", "active") == [
        ("DUP0001001", "7", "false"),
        ("DUP0001002", "1", "true"),
    ]


def test_the_oldest_stays_where_nobody_chooses() -> None:
    desk = made(ram="7")
    assert desk.remediate() == ""
    assert desk.rows("cmdb_ci", "sys_id", "duplicate_of") == [(number(1), None)]
    assert desk.rows("reconcile_duplicate_task", "state", "active") == [("3", "false")]
    assert desk.rows("duplicate_audit_result", "duplicate_id", "duplicate_ci") == [
        (number(1), number(1)),
        (number(2), None),
    ]


def test_who_is_chosen_is_the_main_ci_and_no_duplicate_any_more() -> None:
    """The one that was the main CI is a duplicate of it then, and the values that were chosen are set."""
    desk = made(ram="7", comments="known")
    assert desk.remediate(main={"ram": "7.0"}, others={"install_status": "7", "operational_status": "6"}) == ""
    assert desk.rows("cmdb_ci", "sys_id", "duplicate_of", "install_status", "operational_status") == [
        (number(1), number(2), "7", "6"),
        (number(2), None, None, None),
    ]
    assert desk.identify(linux("web1", ram="8")) == ["UPDATE"]
    assert desk.rows("cmdb_ci", "sys_id", "ram") == [(number(1), None), (number(2), "8")]


def test_values_are_taken_over_that_a_duplicate_has() -> None:
    desk = made(first={"ram": "1", "comments": "old"}, ram="7", comments="new")
    assert desk.remediate(take={"ram": "9"}) == "edit_invalid"
    assert desk.remediate(take={"discovery_source": "Discovery"}) == "edit_invalid"
    assert desk.remediate(take={"ram": "7"}) == ""
    assert desk.rows("cmdb_ci", "ram", "comments") == [("7", "old")]


@pytest.mark.parametrize("merged", [True, False])
@pytest.mark.parametrize("kept", [True, False])
def test_relations(merged: bool, kept: bool) -> None:
    """Taken over, but for one that would join the main CI with itself and one that is there; else left or lost."""
    relations = [
        (10, 1, 5, RUNS_ON),  # the main CI's own
        (11, 2, 5, RUNS_ON),  # the same of the duplicate
        (12, 2, 5, "Depends on::Used by"),
        (13, 6, 2, RUNS_ON),
        (14, 1, 2, RUNS_ON),  # would lead to itself
        (15, 5, 6, RUNS_ON),  # somebody else's
    ]
    desk = made(
        {
            "cmdb_ci_win_server": [server(5, "x"), server(6, "y")],
            "cmdb_rel_ci": [
                {"sys_id": number(n), "parent": number(parent), "child": number(child), "type": kind}
                for n, parent, child, kind in relations
            ],
            "sys_rel_source": [
                {"name": "A", "relation": number(10)},
                {"name": "A", "relation": number(11)},
                {"name": "B", "relation": number(11)},
            ],
        }
    )
    assert desk.remediate(relations=merged, others={} if kept else None) == ""
    rows = desk.rows("cmdb_rel_ci", "sys_id", "parent", "child")
    left = {sys_id: (parent, child) for sys_id, parent, child in rows}
    assert left[number(10)] == (number(1), number(5))
    assert left[number(15)] == (number(5), number(6))
    if merged:
        assert left.keys() == {number(n) for n in (10, 12, 13, 15)}
        assert left[number(12)] == (number(1), number(5))
        assert left[number(13)] == (number(6), number(1))
        assert desk.rows("sys_rel_source", "name", "relation") == [("A", number(10)), ("B", number(10))]
    else:
        assert left.keys() == {number(n) for n in (range(10, 16) if kept else (10, 15))}


@pytest.mark.parametrize("merged", [True, False])
@pytest.mark.parametrize("kept", [True, False])
def test_what_refers_to_the_duplicates(merged: bool, kept: bool) -> None:
    """Lookup and related records, source rows and references; an equal one of the main CI makes it superfluous."""
    of = {"serial_number_type": "uuid"}
    desk = made(
        {
            "cmdb_serial_number": [
                {"sys_id": number(20), "serial_number": "S", "cmdb_ci": number(1), **of},
                {"sys_id": number(21), "serial_number": "S", "cmdb_ci": number(2), **of},
                {"sys_id": number(22), "serial_number": "T", "cmdb_ci": number(2), **of},
            ],
            "sys_object_source": [{"name": "SCCM", "id": "7", "target_sys_id": number(2)}],
            "cmdb_ci_cluster_node": [{"sys_id": number(30), "name": "n", "server": number(2)}],
        }
    )
    assert desk.remediate(related=merged, others={} if kept else None) == ""
    rows = desk.rows("cmdb_serial_number", "sys_id", "cmdb_ci")
    serials = {sys_id: ci for sys_id, ci, *_ in rows}
    main = number(1)
    other = main if merged else number(2)
    gone = not (merged or kept)
    assert serials == {
        number(20): main,
        **({number(21): number(2)} if kept else {}),
        **({} if gone else {number(22): other}),
    }
    assert desk.rows("sys_object_source", "target_sys_id") == ([] if gone else [(other,)])
    assert desk.rows("cmdb_ci_cluster_node", "server") == [(None if gone else other,)]


def test_duplicates_of_a_duplicate_follow() -> None:
    """A main CI of others is in the set: they are duplicates of the new main CI, for there are no chains."""
    desk = made({"cmdb_ci_win_server": [server(5, "x", duplicate_of=number(2))]})
    assert desk.remediate() == ""
    assert desk.rows("cmdb_ci_win_server", "duplicate_of") == [(number(1),)]


def test_nothing_is_done_where_the_choices_do_not_fit() -> None:
    """The main CI is one of the task's; what is set is a field; the roles and domains are those of the user."""
    desk = made(ram="7")
    before = desk.store.rows("cmdb", (), [()])
    assert desk.remediate(main={"ram": "1"}) == "not_in_task"
    assert desk.remediate(main={"name": "web1"}) == "not_in_task"
    assert desk.remediate(take={"colour": "red"}) == "edit_invalid"
    assert desk.remediate(others={"colour": "red"}) == "edit_invalid"
    assert desk.remediate("DUP0009999") == "record_unknown"
    assert desk.store.rows("cmdb", (), [()]) == before
    assert desk.rows("reconcile_duplicate_task", "state") == [("1",)]


def test_tasks_are_for_users_with_the_role_who_see_the_task_and_all_its_cis() -> None:
    """In platform mode the CIs of one task may be in several domains."""
    setup = {
        **PEOPLE,
        "users": {**PEOPLE["users"], "dora": {"domain": "EU", "roles": ["cmdb_dedup_admin"]}},
        "properties": {"glide.identification_engine.platform_domain_separation_enabled": "true"},
    }
    servers = [server(1, "web1", sys_domain="EU"), server(2, "web1", sys_domain="ACME")]
    desk = Desk({"cmdb_ci_linux_server": servers}, setup)
    desk.identify(linux("web1"), user="ann")
    for user, code in (("bob", "role_missing"), ("ina", "record_not_visible"), ("dora", "record_not_visible")):
        assert desk.remediate(user=user) == code
    assert "1 of the task's 2 records" in desk.said
    assert desk.remediate(user="ann", others={"comments": "double"}) == ""
    # Not across domains: the other one cannot say of which CI it is a duplicate.
    assert desk.rows("cmdb_ci", "sys_id", "duplicate_of", "comments") == [
        (number(1), None, None),
        (number(2), None, "double"),
    ]


def test_lookup_records_are_remediated_too() -> None:
    """A task of serial numbers: one record stays; there are no relations to merge."""
    desk = Desk(
        {
            "cmdb_ci_linux_server": [server(1, "web1")],
            "cmdb_serial_number": [
                {"sys_id": number(n), "serial_number": "S", "cmdb_ci": number(1)} for n in (20, 21)
            ],
            "reconcile_duplicate_task": [{"sys_id": number(40), "number": "DUP0001001"}],
            "duplicate_audit_result": [
                {
                    "table": "cmdb_serial_number",
                    "duplicate_ci": number(n),
                    "duplicate_id": number(n),
                    "follow_on_task": number(40),
                }
                for n in (20, 21)
            ],
        }
    )
    assert desk.remediate() == ""
    assert desk.rows("cmdb_serial_number", "sys_id") == [(number(20),)]
    assert desk.rows("duplicate_audit_result", "duplicate_id", "duplicate_ci") == [
        (number(20), number(20)),
        (number(21), None),
    ]
