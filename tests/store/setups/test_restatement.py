"""A setup that names what is there already: lists replace lists, what is left out stays, records are found."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest

from simulator.errors import StoreError
from simulator.refusal import Refusal
from simulator.runtime.cmdb import Cmdb
from simulator.store.cmdb.domains import load_domains
from simulator.store.cmdb.model import load_model
from simulator.store.cmdb.store import CmdbStore
from simulator.store.file import connect_with_cmdb
from simulator.store.setups.configure import configure
from simulator.store.setups.setup import Setup, domain_id
from tests.cmdbs import call, item

NOW = datetime(2026, 1, 5, 10, tzinfo=UTC)
DOMAINS = {"TOP": {"primary": True}, "ACME": {"parent": "TOP"}, "INIT": {"parent": "TOP", "contains": ["ACME"]}}


@pytest.fixture
def store() -> Iterator[CmdbStore]:
    with closing(connect_with_cmdb()) as connection:
        yield CmdbStore(connection)


def give(store: CmdbStore, **setup: Any) -> list[str]:
    """Configures it, and says what lists have lost."""
    return [each.found for each in configure(store, Setup.model_validate(setup), NOW).removals]


def column(store: CmdbStore, table: str, name: str, *where: tuple[str, str]) -> list[str | None]:
    """What the rows that fit have there, in order of the values."""
    columns, key = tuple(column for column, _ in where), tuple(value for _, value in where)
    return sorted((row[name] for row in store.rows(table, columns, [key])), key=str)


# -- rules ----------------------------------------------------------------------------------------------


def test_an_entry_that_says_its_sys_id_has_it(store: CmdbStore) -> None:
    """Also where one that asks the same was there, which is no loss; without one it keeps that one's."""
    entry = {"order": 300, "attributes": ["name"]}
    rule = {"name": "Hardware Rule", "applies_to": "cmdb_ci_hardware"}
    ours = "5" * 32
    give(store, identifiers=[{**rule, "entries": [entry]}])
    assert give(store, identifiers=[{**rule, "entries": [{**entry, "sys_id": ours}]}]) == []
    [rule_id] = column(store, "cmdb_identifier", "sys_id", ("applies_to", "cmdb_ci_hardware"))
    assert column(store, "cmdb_identifier_entry", "sys_id", ("identifier", rule_id or "")) == [ours]
    assert give(store, identifiers=[{**rule, "entries": [entry]}]) == []
    assert column(store, "cmdb_identifier_entry", "sys_id", ("identifier", rule_id or "")) == [ours]


@pytest.mark.parametrize(
    ("part", "rule", "asked"),
    [
        (
            "hosting",
            {"parent_type": "cmdb_ci_appl", "rel_type": "Runs on::Runs", "child_type": "cmdb_ci_hardware"},
            "cmdb_ci_appl",
        ),
        (
            "containment",
            {
                "parent_type": "cmdb_ci_hardware",
                "rel_type": "Owns::Owned by",
                "ci_type": "cmdb_ci_network_adapter",
            },
            "cmdb_ci_network_adapter",
        ),
    ],
)
def test_a_hosting_or_containment_rule_can_be_put_out_of_use(
    part: str, rule: dict[str, Any], asked: str, store: CmdbStore
) -> None:
    def hosts() -> int:
        model = load_model(store, load_domains(store).tree)
        return len(model.rules.dependencies_of(model.hierarchy, asked))

    before = hosts()
    give(store, **{part: [{**rule, "active": False}]})
    assert hosts() == before - 1
    give(store, **{part: [rule]})
    assert hosts() == before - 1, "what is left out stays"
    give(store, **{part: [{**rule, "active": True}]})
    assert hosts() == before


# -- lists ----------------------------------------------------------------------------------------------


def test_a_users_lists_are_replaced_where_they_are_given(store: CmdbStore) -> None:
    """And each loss is told."""
    user = {"domain": "INIT", "roles": ["itil", "asset"], "groups": ["ops"], "visibility": ["ACME"]}
    give(store, domains=DOMAINS, groups={"ops": {"visibility": ["ACME"]}}, users={"ann": user})
    lost = give(store, users={"ann": {"roles": ["asset"], "visibility": []}}, groups={"ops": {"visibility": []}})
    assert store.roles_of("ann") == {"asset"}
    assert column(store, "sys_user_visibility", "domain") == []
    assert column(store, "sys_user_group_visibility", "domain") == []
    assert lost == ["ops no longer sees ACME.", "ann no longer has the role itil.", "ann no longer sees ACME."]


def test_what_a_user_is_not_said_anew_stays(store: CmdbStore) -> None:
    """Also the domain, which a new user would have from the default."""
    user = {"domain": "INIT", "roles": ["itil"], "groups": ["ops"], "visibility": ["ACME"]}
    give(store, domains=DOMAINS, groups={"ops": {"domain": "ACME"}}, users={"ann": user})
    assert give(store, users={"ann": {}, "ben": {}}, groups={"ops": {}}) == []
    assert column(store, "sys_user", "sys_domain", ("user_name", "ann")) == [domain_id("INIT")]
    assert column(store, "sys_user", "sys_domain", ("user_name", "ben")) == ["global"]
    assert column(store, "sys_user_group", "sys_domain") == [domain_id("ACME")]
    for table in ("sys_user_visibility", "sys_user_grmember"):
        assert len(store.rows(table, (), [()])) == 1
    assert store.roles_of("ann") == {"itil"}


def test_a_user_joins_a_group_of_an_earlier_setup(store: CmdbStore) -> None:
    """A second setup need not repeat the group."""
    give(store, groups={"ops": {}})
    give(store, users={"ann": {"groups": ["ops"]}})
    assert give(store, users={"ann": {"groups": []}}) == ["ann is no longer in the group ops."]
    assert column(store, "sys_user_grmember", "group") == []


def test_a_domain_keeps_its_place_and_loses_what_it_contained(store: CmdbStore) -> None:
    """`contains` is a list; the parent and the flags are not said."""
    give(
        store,
        domains={
            **DOMAINS,
            "INIT": {"parent": "TOP", "contains": ["ACME"], "type": "MSP", "description": "Initech"},
        },
    )
    before = store.rows("domain", (), [()])
    assert give(store, domains={"INIT": {"contains": []}, "TOP": {}}) == ["INIT no longer contains ACME."]
    assert store.rows("domain_contains", (), [()]) == []
    assert store.rows("domain", (), [()]) == before


def test_a_rule_has_the_entries_that_it_is_given_again_with(store: CmdbStore) -> None:
    """A rule of the base data as well as one's own; related entries stay, for they were not said."""
    related = store.rows("cmdb_related_entry", (), [()])
    entries = [{"order": 1, "attributes": ["asset_tag"]}, {"order": 200, "attributes": ["serial_number"]}]
    rule = {"name": "Hardware Rule", "applies_to": "cmdb_ci_hardware", "entries": entries}
    lost = give(store, identifiers=[rule])
    [sys_id] = column(store, "cmdb_identifier", "sys_id", ("name", "Hardware Rule"))
    found = column(store, "cmdb_identifier_entry", "attributes", ("identifier", sys_id or ""))
    assert found == ["asset_tag", "serial_number"]
    kept = column(store, "cmdb_identifier_entry", "sys_id", ("identifier", sys_id or ""))
    assert "fb27f69cc3000200d8d4bea192d3ae67" in kept, "an entry that asks the same is the same entry"
    said = "Hardware Rule on cmdb_ci_hardware no longer has the entry 300 [name] of cmdb_ci_hardware."
    assert said in lost
    assert len(lost) == 3
    assert store.rows("cmdb_related_entry", (), [()]) == related
    assert give(store, identifiers=[{**rule, "related": []}])
    assert column(store, "cmdb_related_entry", "sys_id", ("identifier", sys_id or "")) == []


def test_a_rule_that_says_nothing_of_it_stays_dependent(store: CmdbStore) -> None:
    """Of a rule, too, what is left out stays."""
    rule = {"name": "Robot Rule", "applies_to": "cmdb_ci_rack", "entries": [{"order": 1, "attributes": ["name"]}]}
    give(store, identifiers=[{**rule, "independent": False, "active": False, "description": "text"}])
    give(store, identifiers=[rule])
    [row] = store.rows("cmdb_identifier", ("name",), [("Robot Rule",)])
    assert (row["independent"], row["active"], row["description"]) == ("false", "false", "text")


def test_a_class_of_the_base_data_keeps_its_place(store: CmdbStore) -> None:
    """Given again without `extends`, it is where it was, with its label."""
    give(store, classes={"cmdb_ci_linux_server": {"attributes": ["kernel_release", "u_rack_side"]}})
    assert store.classes.ancestors("cmdb_ci_linux_server")[1:3] == ["cmdb_ci_server", "cmdb_ci_computer"]
    assert column(store, "sys_db_object", "label", ("name", "cmdb_ci_linux_server")) == ["Linux Server"]
    give(store, records={"cmdb_ci_linux_server": [{"name": "a", "u_rack_side": "left", "host_name": "a"}]})


def test_the_attributes_of_a_class_are_replaced(store: CmdbStore) -> None:
    """Its own ones, where they are given; otherwise they stay, with their marks."""
    robot = {
        "extends": "cmdb_ci_hardware",
        "attributes": ["u_arms", "u_legs", "u_owner"],
        "mandatory": ["u_arms"],
        "references": {"u_owner": "core_company"},
    }
    give(store, classes={"u_robot": robot})
    assert give(store, classes={"u_robot": {"label": "Robot"}}) == []
    assert give(store, classes={"u_robot": {"attributes": ["u_arms", "u_owner"]}}) == [
        "u_robot no longer has an attribute u_legs of its own."
    ]
    assert "u_legs" not in store.columns("u_robot")
    assert column(store, "sys_dictionary", "mandatory", ("element", "u_arms")) == ["true"]
    assert column(store, "sys_dictionary", "reference", ("element", "u_owner")) == ["core_company"]
    give(store, classes={"u_robot": {"mandatory": []}})
    assert column(store, "sys_dictionary", "mandatory", ("element", "u_arms")) == ["false"]
    assert column(store, "sys_dictionary", "reference", ("element", "u_owner")) == ["core_company"]


def test_an_attribute_that_an_entry_asks_for_is_not_taken_away(store: CmdbStore) -> None:
    """The set-up is refused, and nothing of it is done."""
    with pytest.raises(StoreError, match="an identifier entry names kernel_release"):
        give(
            store,
            identifiers=[
                {
                    "name": "Linux Rule",
                    "applies_to": "cmdb_ci_linux_server",
                    "entries": [{"order": 1, "attributes": ["kernel_release"]}],
                }
            ],
            classes={"cmdb_ci_linux_server": {"attributes": ["u_side"]}},
        )
    assert "kernel_release" in store.columns("cmdb_ci_linux_server")


def test_the_same_setup_again_changes_nothing(store: CmdbStore) -> None:
    """No loss, no row more, no row touched."""
    setup: dict[str, Any] = {
        "domains": DOMAINS,
        "groups": {"ops": {"visibility": ["ACME"]}},
        "users": {"ann": {"domain": "ACME", "roles": ["itil"], "groups": ["ops"]}},
        "classes": {"u_robot": {"extends": "cmdb_ci_hardware", "attributes": ["u_arms"]}},
        "identifiers": [
            {"name": "R", "applies_to": "u_robot", "entries": [{"order": 1, "attributes": ["u_arms"]}]}
        ],
        "records": {"u_robot": [{"name": "marvin", "u_arms": 2, "sys_domain": "ACME"}, {"name": "marvin"}]},
        "hosting": [{"parent_type": "cmdb_ci", "rel_type": "Runs on::Runs", "child_type": "u_robot"}],
    }
    assert give(store, **setup) == []
    before = _everything(store)
    assert give(store, **setup) == []
    assert _everything(store) == before


# -- records --------------------------------------------------------------------------------------------


def test_a_ci_that_the_engine_has_made_is_found_by_its_name(store: CmdbStore) -> None:
    """It stays one CI with its values, its age and its class; only what the setup says changes, now."""
    cmdb = Cmdb(store)
    assert not isinstance(cmdb.call(call("admin", item("web1", ram="8")), NOW), Refusal)
    [before] = store.rows("cmdb_ci", (), [()])
    give(store, records={"cmdb_ci_server": [{"name": "web1", "os": "Linux"}]})
    [after] = store.rows("cmdb_ci", (), [()])
    assert after == {**before, "os": "Linux", "sys_mod_count": "1", "sys_updated_by": "system"}
    assert after["sys_created_by"] == "admin"
    assert str(after["sys_created_on"]) > "2026"


def test_the_engine_and_a_later_setup_share_a_record(store: CmdbStore) -> None:
    """One that the first setup has made, and the engine has changed."""
    give(store, records={"cmdb_ci_linux_server": [{"name": "web1"}]})
    Cmdb(store).call(call("admin", item("web1", ram="8")), NOW)
    give(store, records={"cmdb_ci_linux_server": [{"name": "web1", "os": "Linux"}]})
    [ci] = store.rows("cmdb_ci", (), [()])
    assert (ci["ram"], ci["os"]) == ("8", "Linux")


def test_a_record_is_found_by_its_sys_id_whatever_its_name_is(store: CmdbStore) -> None:
    """And gets the name that the setup says."""
    Cmdb(store).call(call("admin", item("web1")), NOW)
    [ci] = store.rows("cmdb_ci", (), [()])
    give(store, records={"cmdb_ci_linux_server": [{"sys_id": ci["sys_id"], "name": "web9"}]})
    assert column(store, "cmdb_ci", "name") == ["web9"]


def test_a_record_in_a_domain_is_about_the_one_there(store: CmdbStore) -> None:
    """CIs of one name in two domains are two; a record of a third is new."""
    give(store, domains=DOMAINS, users={name: {"domain": name, "roles": ["itil"]} for name in ("ACME", "INIT")})
    cmdb = Cmdb(store)
    for user in ("ACME", "INIT"):
        cmdb.call(call(user, item("web1")), NOW)
    given = [{"name": "web1", "os": name, "sys_domain": name} for name in ("INIT", "ACME", "TOP")]
    give(store, records={"cmdb_ci_linux_server": given})
    found = {(row["os"], row["sys_domain"]) for row in store.rows("cmdb_ci", (), [()])}
    assert found == {(name, domain_id(name)) for name in ("ACME", "INIT", "TOP")}
    assert len(store.rows("cmdb_ci", (), [()])) == 3


def test_records_of_one_name_stay_apart(store: CmdbStore) -> None:
    """One of the engine's and two of a setup; in the same order they are the same again."""
    Cmdb(store).call(call("admin", item("web1", os="engine")), NOW)
    for _ in range(2):
        give(store, records={"cmdb_ci_linux_server": [{"name": "web1", "ram": 1}, {"name": "web1", "ram": 2}]})
    assert column(store, "cmdb_ci", "ram") == ["1", "2"]
    assert column(store, "cmdb_ci", "os", ("ram", "1")) == ["engine"]


@pytest.mark.parametrize(
    ("table", "record", "changed"),
    [
        ("sys_user", {"user_name": "ann"}, {"email": "x@example.com"}),
        ("core_company", {"name": "Initech"}, {}),
        ("cmdb_ie_active_config", {"table": "cmdb_ci"}, {"condition": "nameISNOTEMPTY"}),
        ("sys_user_group", {"name": "ops"}, {"sys_domain": "ACME"}),
        (
            "cmdb_reconciliation_definition",
            {"name": "R", "applies_to": "cmdb_ci", "discovery_source": "Discovery"},
            {"active": "false"},
        ),
    ],
)
def test_a_row_of_any_table_is_found(
    store: CmdbStore, table: str, record: dict[str, str], changed: dict[str, str]
) -> None:
    """By what its table's rows are told apart by, also one that another part of a setup has made."""
    give(store, domains=DOMAINS, users={"ann": {}}, groups={"ops": {}})
    if not store.rows(table, tuple(record), [tuple(record.values())]):
        give(store, records={table: [{"sys_id": "0" * 32, **record}]})
    give(store, records={table: [{**record, **changed}]})
    [row] = store.rows(table, tuple(record), [tuple(record.values())])
    assert (
        row.items() >= (changed | ({"sys_domain": domain_id("ACME")} if "sys_domain" in changed else {})).items()
    )


@pytest.mark.parametrize(
    ("table", "records", "said"),
    [
        (
            "sys_user_group",
            [{"name": "ops"}, {"sys_id": "0" * 32, "name": "ops"}],
            r"records.sys_user_group.1: .* another row with this name",
        ),
        (
            "cmdb_reconciliation_definition",
            [{"name": "R", "discovery_source": "Discovery"}],
            r"records.cmdb_reconciliation_definition.0: .* applies_to",
        ),
    ],
)
def test_a_row_that_does_not_fit_its_table_is_refused_in_words(
    store: CmdbStore, table: str, records: list[dict[str, str]], said: str
) -> None:
    """With its place, and without the database's own."""
    with pytest.raises(StoreError, match=said) as refused:
        give(store, records={table: records})
    assert "constraint" not in str(refused.value)


def test_a_changed_rule_needs_not_be_written_in_full(store: CmdbStore) -> None:
    """Of a row that is there, columns that must have a value need not be said again."""
    rule = {"name": "R", "applies_to": "cmdb_ci", "discovery_source": "Discovery", "priority": 10}
    give(store, records={"cmdb_reconciliation_definition": [rule]})
    give(store, records={"cmdb_reconciliation_definition": [{"name": "R", "priority": 20}]})
    assert column(store, "cmdb_reconciliation_definition", "priority") == ["20"]


# -- properties -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["True", "TRUE", " true ", "1", True])
def test_true_is_true_however_it_is_written(store: CmdbStore, value: object) -> None:
    """In platform mode, the CI of a child domain is found."""
    name = "glide.identification_engine.platform_domain_separation_enabled"
    users = {one: {"domain": one, "roles": ["itil"]} for one in ("ACME", "TOP")}
    give(store, domains=DOMAINS, users=users, properties={name: value})
    cmdb = Cmdb(store)
    cmdb.call(call("ACME", item("web1")), NOW)
    cmdb.call(call("TOP", item("web1", ram="8")), NOW)
    assert column(store, "cmdb_ci", "ram") == ["8"]


@pytest.mark.parametrize("part", ["properties", "records"])
@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("skip_duplicates.threshold", "many", "expected a whole number"),
        ("skip_duplicates.threshold", "-1", "expected a whole number"),
        ("skip_duplicates.threshold", "2.5", "expected a whole number"),
        ("partial_payload_items_max_size", "", "expected a whole number"),
        ("skip_duplicates", "yes", "expected true or false"),
    ],
)
def test_a_property_is_checked_where_it_is_set(
    store: CmdbStore, part: str, name: str, value: str, said: str
) -> None:
    """As a property and as a row of its table; nothing of the setup is done."""
    full = f"glide.identification_engine.{name}"
    setup: dict[str, Any] = {"sources": ["Lab"]}
    setup |= (
        {"properties": {full: value}}
        if part == "properties"
        else {"records": {"sys_properties": [{"name": full, "value": value}]}}
    )
    with pytest.raises((StoreError, ValueError), match=said):
        give(store, **setup)
    assert store.rows("sys_choice", ("value",), [("Lab",)]) == []


def test_properties_of_ones_own_are_any_text(store: CmdbStore) -> None:
    """Nothing is known of them."""
    give(store, properties={"u_my.property": "many"})
    assert column(store, "sys_properties", "value", ("name", "u_my.property")) == ["many"]


def _everything(store: CmdbStore) -> dict[str, Any]:
    tables = (
        "cmdb", "sys_db_object", "sys_dictionary", "cmdb_identifier", "cmdb_identifier_entry", "domain",
        "cmdb_metadata_hosting", "domain_contains", "sys_user_grmember", "sys_user_has_role", "sys_properties",
        "sys_user_group_visibility", "sys_user", "sys_user_group", "cmdb_related_entry",
    )  # fmt: skip
    return {table: store.rows(table, (), [()]) for table in tables}
