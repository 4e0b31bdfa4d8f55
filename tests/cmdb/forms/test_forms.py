"""People edit and delete records: what they see, what their roles allow, and what goes with a CI."""

from __future__ import annotations

import pytest

from tests.cmdb.forms.desk import PEOPLE, RUNS_ON, Desk, linux, number, server

OWNED = {
    "cmdb_reconciliation_definition": [
        {"name": "r", "applies_to": "cmdb_ci_hardware", "discovery_source": "Discovery", "priority": "1"}
    ]
}


def test_a_form_asks_no_rule_and_the_owners_next_run_takes_the_value_back() -> None:
    """Nobody becomes the owner by editing: the other source is masked as before, Discovery writes as before."""
    desk = Desk(OWNED)
    desk.identify(linux("web1", ram="8192"))
    history = desk.rows("cmdb_datasource_last_update", "attribute", "discovery_source", "updated_on")
    assert desk.edit("cmdb_ci_linux_server", {"name": "web1"}, {"ram": "1", "comments": "mine"}) == ""
    assert desk.rows("cmdb_datasource_last_update", "attribute", "discovery_source", "updated_on") == history
    assert desk.rows("cmdb_ci", "ram", "discovery_source") == [("1", "Discovery")]
    desk.identify(linux("web1", ram="2"), source="ServiceNow")
    assert desk.rows("cmdb_ci", "ram") == [("1",)]
    assert desk.identify(linux("web1", ram="8192")) == ["UPDATE"]
    assert desk.rows("cmdb_ci", "ram", "comments") == [("8192", "mine")]


def test_an_edit_counts_as_one_and_one_that_changes_nothing_as_none() -> None:
    desk = Desk({"cmdb_ci_linux_server": [server(1, "web1", ram="1")]})
    assert desk.edit("cmdb_ci", {"name": "web1"}, {"ram": "2"}) == ""
    assert desk.edit("cmdb_ci", {"name": "web1"}, {"ram": "2"}) == ""
    assert desk.rows("cmdb_ci", "ram", "sys_mod_count", "sys_updated_on") == [("2", "1", "2026-01-05 10:01:00")]


@pytest.mark.parametrize(
    ("user", "edited"),
    [
        ("ann", {"acme", "eu", "global"}),
        ("ina", {"init", "global"}),
        ("tom", {"acme", "eu", "init", "top", "global"}),
    ],
)
def test_of_records_that_fit_those_change_that_the_user_sees(user: str, edited: set[str]) -> None:
    """The own domain, those below it, and global; never those above or beside."""
    homes = {"acme": "ACME", "eu": "EU", "init": "INIT", "top": "TOP", "global": "global"}
    records = [server(n, "web1", short_description=key, sys_domain=homes[key]) for n, key in enumerate(homes)]
    desk = Desk({"cmdb_ci_linux_server": records}, PEOPLE)
    assert desk.edit("cmdb_ci", {"name": "web1"}, {"comments": "seen"}, user) == ""
    assert {key for key, comments in desk.rows("cmdb_ci", "short_description", "comments") if comments} == edited


def test_what_is_not_seen_is_not_touched_and_the_reason_is_its_own() -> None:
    """Unknown, and there but out of sight, are two refusals; strict mode has nothing to do with it."""
    desk = Desk(
        {
            "cmdb_ci_linux_server": [server(1, "init1", sys_domain="INIT"), server(2, "acme1", sys_domain="ACME")],
            "cmdb_serial_number": [{"serial_number": "S", "cmdb_ci": number(1), "sys_domain": "INIT"}],
            "cmdb_key_value": [{"key": "k", "value": "v", "configuration_item": number(1)}],
            "cmdb_rel_ci": [{"parent": number(1), "child": number(2), "type": RUNS_ON}],
            "sys_object_source": [{"name": "Discovery", "id": "1", "target_sys_id": number(1)}],
        },
        PEOPLE,
    )
    for table, where in (
        ("cmdb_ci", {"name": "init1"}),
        ("cmdb_serial_number", {"serial_number": "S"}),
        ("cmdb_key_value", {"key": "k"}),
        ("cmdb_rel_ci", {"child": "acme1"}),
        ("sys_object_source", {"id": "1"}),
    ):
        assert desk.delete(table, dict(where), "ann") == "record_not_visible", table
        assert len(desk.rows(table, "sys_id")) >= 1
    assert desk.edit("cmdb_ci", {"name": "init1"}, {"comments": "x"}, "ann") == "record_not_visible"
    assert desk.edit("cmdb_ci", {"name": "none1"}, {"comments": "x"}, "ann") == "record_unknown"


def test_the_domain_that_was_picked_decides_what_is_seen() -> None:
    """Tom of TOP sees everybody's records at home; in ACME he sees what is seen there."""
    servers = [server(1, "acme1", sys_domain="ACME"), server(2, "init1", sys_domain="INIT")]
    desk = Desk({"cmdb_ci_linux_server": servers}, PEOPLE)

    def edit(name: str, user: str, picked: str | None) -> str:
        return desk.edit("cmdb_ci", {"name": name}, {"comments": picked}, user, picked)

    assert edit("init1", "tom", None) == ""
    assert edit("init1", "tom", "ACME") == "record_not_visible"
    assert edit("acme1", "tom", "ACME") == ""
    assert edit("acme1", "ann", "INIT") == "domain_not_selectable"
    assert edit("acme1", "ann", "ACMEE") == "domain_not_selectable"
    assert desk.rows("cmdb_ci", "name", "comments") == [("acme1", "ACME"), ("init1", None)]
    assert desk.delete("cmdb_ci", {"name": "acme1"}, "tom", "INIT") == "record_not_visible"
    assert desk.delete("cmdb_ci", {"name": "acme1"}, "tom", "ACME") == ""


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"rma": "1"}, "has no field rma that people can change"),
        ({"sys_domain": "EU"}, "has no field sys_domain"),
        ({"sys_class_name": "cmdb_ci_win_server"}, "has no field sys_class_name"),
        ({"company": "Nobody"}, "company of cmdb_ci_linux_server refers to core_company"),
        ({"badge": None}, "badge of cmdb_ci_linux_server must have a value"),
    ],
)
def test_a_form_does_not_take_it(values: dict[str, str | None], said: str) -> None:
    classes = {"cmdb_ci_server": {"extends": "cmdb_ci_computer", "mandatory": ["badge"]}}
    desk = Desk({"cmdb_ci_linux_server": [server(1, "web1")]}, {"classes": classes})
    assert desk.edit("cmdb_ci", {"name": "web1"}, {"ram": "7", **values}) == "edit_invalid"
    assert said in desk.said
    assert desk.rows("cmdb_ci", "ram") == [(None,)]


def test_what_is_sought_is_read_by_its_columns_as_what_is_entered() -> None:
    values = {"ram": "8192", "virtual": "true", "install_status": "7", "install_date": "2026-01-05 10:00:00"}
    desk = Desk({"cmdb_ci_linux_server": [server(1, "web1", **values), server(2, "web2")]})
    for where in (
        {"ram": "8192.0"},
        {"virtual": "True"},
        {"install_status": "retired"},
        {"install_date": "2026-01-05T12:00:00+02:00"},
        {"sys_id": number(1).upper()},
    ):
        assert desk.edit("cmdb_ci_linux_server", dict(where), {"comments": str(where)}) == "", where
        assert desk.rows("cmdb_ci", "comments") == [(str(where),), (None,)]
    assert desk.edit("cmdb_ci_linux_server", {"ram": "much"}, {"comments": "x"}) == "record_unknown"
    assert desk.delete("cmdb_ci_linux_server", {"install_status": "Retired"}) == ""
    assert desk.rows("cmdb_ci", "name") == [("web2",)]


def test_a_reference_is_given_by_its_name() -> None:
    """What the list shows is what people write, in the search as in the field."""
    desk = Desk({"core_company": [{"name": "Acme"}], "cmdb_ci_linux_server": [server(1, "web1")]})
    assert desk.edit("cmdb_ci", {"name": "web1"}, {"company": "Acme"}) == ""
    assert desk.edit("cmdb_ci", {"company": "Acme"}, {"ram": "1"}) == ""
    [(company,)] = desk.rows("core_company", "sys_id")
    assert desk.rows("cmdb_ci", "company", "ram") == [(company, "1")]


@pytest.mark.parametrize(
    "table", ["sys_user", "cmdb_identifier", "reconcile_duplicate_task", "x_trustsim_journal"]
)
def test_people_edit_records_of_the_cmdb_and_nothing_else(table: str) -> None:
    desk = Desk({})
    assert desk.edit(table, {"sys_id": "x"}, {"name": "y"}) == "edit_invalid"
    assert desk.delete(table, {"sys_id": "x"}) == "edit_invalid"


def test_roles_for_editing_and_for_deleting() -> None:
    """Who may edit a CI and delete its relation may not delete the CI."""
    records = {
        "cmdb_ci_linux_server": [server(1, "web1", sys_domain="ACME"), server(2, "db1", sys_domain="ACME")],
        "cmdb_rel_ci": [{"parent": number(1), "child": number(2), "type": RUNS_ON}],
    }
    desk = Desk(records, PEOPLE)
    assert desk.edit("cmdb_ci", {"name": "web1"}, {"comments": "x"}, "bob") == ""
    assert desk.delete("cmdb_rel_ci", {"parent": "web1"}, "bob") == ""
    assert desk.delete("cmdb_ci", {"name": "web1"}, "bob") == "role_missing"
    assert desk.delete("cmdb_ci", {"name": "web1"}, "ann") == ""
    assert desk.rows("cmdb_ci", "name") == [("db1",)]


def test_with_a_ci_go_all_that_belong_to_it_and_nothing_of_another() -> None:
    """Relations with their sources, lookup records, CIs among them, related records, keys, and the history."""
    both = (number(1), number(2))
    desk = Desk(
        {
            "cmdb_ci_linux_server": [server(1, "web1"), server(2, "web2")],
            "cmdb_ci_network_adapter": [
                {"sys_id": number(10 + n), "name": f"eth{n}", "cmdb_ci": ci} for n, ci in enumerate(both)
            ],
            "cmdb_serial_number": [{"serial_number": f"S{n}", "cmdb_ci": ci} for n, ci in enumerate(both)],
            "cmdb_software_instance": [{"name": f"P{n}", "installed_on": ci} for n, ci in enumerate(both)],
            "cmdb_print_queue_instance": [{"name": f"Q{n}", "installed_on": ci} for n, ci in enumerate(both)],
            "cmdb_key_value": [{"key": f"k{n}", "configuration_item": ci} for n, ci in enumerate(both)],
            "sys_object_source": [
                {"name": "Discovery", "id": f"{n}", "target_sys_id": ci} for n, ci in enumerate(both)
            ],
            "cmdb_datasource_last_update": [
                {"discovery_source": "D", "attribute": "ram", "record": ci, "updated_on": "2026-01-01"}
                for ci in both
            ],
            "cmdb_multisource_data": [{"discovery_source": "D", "attribute": "ram", "record": ci} for ci in both],
            "cmdb_rel_ci": [
                {"sys_id": number(20), "parent": number(10), "child": number(1), "type": RUNS_ON},
                {"sys_id": number(21), "parent": number(1), "child": number(2), "type": RUNS_ON},
                {"sys_id": number(22), "parent": number(2), "child": number(11), "type": RUNS_ON},
            ],
            "sys_rel_source": [
                {"name": "Discovery", "relation": number(21)},
                {"name": "Discovery", "relation": number(22)},
            ],
        }
    )
    assert desk.delete("cmdb_ci_linux_server", {"name": "web1"}) == ""
    assert desk.rows("cmdb", "name") == [("eth1",), ("web2",)]
    for table in (
        *("cmdb_serial_number", "cmdb_software_instance", "cmdb_print_queue_instance", "cmdb_key_value"),
        *("sys_object_source", "cmdb_datasource_last_update", "cmdb_multisource_data"),
    ):
        assert len(desk.rows(table, "sys_id")) == 1, table
    assert desk.rows("cmdb_rel_ci", "sys_id") == [(number(22),)]
    assert desk.rows("sys_rel_source", "relation") == [(number(22),)]
    assert desk.identify(linux("web1")) == ["INSERT"]


def test_what_only_names_a_ci_loses_the_reference() -> None:
    """A cluster node stays when its cluster goes, and so does a task."""
    desk = Desk(
        {
            "cmdb_ci_cluster": [{"sys_id": number(1), "name": "c1"}],
            "cmdb_ci_cluster_node": [{"name": "n1", "cluster": number(1)}],
            "reclassification_task": [{"cmdb_ci": number(1), "number": "RCT0001001"}],
        }
    )
    assert desk.delete("cmdb_ci_cluster", {"name": "c1"}) == ""
    assert desk.rows("cmdb_ci_cluster_node", "name", "cluster") == [("n1", None)]
    assert desk.rows("reclassification_task", "number", "cmdb_ci") == [("RCT0001001", None)]


def marked(desk: Desk) -> dict[str | None, str | None]:
    """Of which CI each is a duplicate, by their names."""
    names = desk.names("cmdb")
    return {name: above and names.get(above, above) for name, above in desk.rows("cmdb", "name", "duplicate_of")}


@pytest.mark.parametrize(
    ("before", "record", "main", "after"),
    [
        ({"2": "3"}, "1", "2", {"1": "3", "2": "3", "3": None}),
        ({"1": "4", "2": "4", "3": "4"}, "4", "5", {"1": "5", "2": "5", "3": "5", "4": "5", "5": None}),
        ({"1": "4", "2": "4", "3": "4"}, "4", "1", {"1": None, "2": "1", "3": "1", "4": "1"}),
    ],
    ids=["a duplicate of a duplicate", "a main CI becomes one", "they change places"],
)
def test_no_chain_of_duplicates_is_made(
    before: dict[str, str], record: str, main: str, after: dict[str, str | None]
) -> None:
    """The three tables of "Duplicate CIs remediation", Restrictions."""
    names = sorted({*before, *before.values(), record, main})
    rows = [
        server(int(name), name, **({"duplicate_of": number(int(before[name]))} if name in before else {}))
        for name in names
    ]
    desk = Desk({"cmdb_ci_linux_server": rows})
    assert desk.edit("cmdb_ci", {"name": record}, {"duplicate_of": main}) == ""
    assert marked(desk) == after


def test_what_cannot_be_a_main_ci() -> None:
    """The CI itself, one of another domain, and one whose own main CI is unknown."""
    desk = Desk(
        {
            "cmdb_ci_linux_server": [
                server(1, "a", sys_domain="ACME"),
                server(2, "b", sys_domain="EU"),
                server(3, "c", sys_domain="ACME", duplicate_of="Unknown"),
            ]
        },
        PEOPLE,
    )
    for main in ("a", "b", "c"):
        assert desk.edit("cmdb_ci", {"name": "a"}, {"duplicate_of": main}) == "duplicate_of_invalid"
    assert marked(desk)["a"] is None


def test_a_main_ci_goes_only_with_its_duplicates_or_after_them() -> None:
    rows = [server(1, "a"), server(2, "b", duplicate_of=number(1)), server(3, "c", duplicate_of=number(1))]
    desk = Desk({"cmdb_ci_linux_server": rows})
    assert desk.delete("cmdb_ci", {"name": "a"}) == "main_has_duplicates"
    assert desk.delete("cmdb_ci", {"name": "b"}) == ""
    assert desk.edit("cmdb_ci", {"name": "c"}, {"duplicate_of": None}) == ""
    assert desk.delete("cmdb_ci", {"name": "a"}) == ""
    assert desk.rows("cmdb_ci", "name") == [("c",)]


def test_an_edit_follows_the_company_where_that_rule_is_on() -> None:
    """The business rule runs after a form as it does after a payload."""
    setup = {**PEOPLE, "properties": {"x_trustsim.cmdb_ci_company_domain": "true"}}
    records = {
        "core_company": [{"name": "Init", "sys_domain": "INIT"}],
        "cmdb_ci_linux_server": [server(1, "web1", sys_domain="ACME")],
    }
    desk = Desk(records, setup)
    assert desk.edit("cmdb_ci", {"name": "web1"}, {"company": "Init"}, "tom") == ""
    [(domain,)] = desk.rows("cmdb_ci", "sys_domain")
    assert desk.names("domain")[domain] == "INIT"


def test_relations_go_one_by_one() -> None:
    """By what the list shows: parent, child and type."""
    desk = Desk({"cmdb_ci_linux_server": [server(n, f"s{n}") for n in (1, 2, 3)]})
    [kind] = [sys_id for sys_id, name in desk.names("cmdb_rel_type").items() if name == RUNS_ON]
    desk.store.add_rows(
        {
            "cmdb_rel_ci": [
                {"sys_id": number(10 + n), "parent": number(1), "child": number(n), "type": kind} for n in (2, 3)
            ]
        }
    )
    assert desk.delete("cmdb_rel_ci", {"parent": "s1", "child": "s2", "type": RUNS_ON}) == ""
    assert desk.rows("cmdb_rel_ci", "child") == [(number(3),)]
