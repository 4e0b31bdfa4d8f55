"""The file that is made of rows: what a real instance has otherwise, invented names, and its text."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import SourceError
from simulator.importing.document import Document, document, in_yaml
from simulator.importing.rows import Rows
from simulator.importing.tables import TABLES
from simulator.protocol.cmdb import Identify
from simulator.protocol.envelope import derive_id
from simulator.scenario.reading.load import load_text
from simulator.store.setups.document import read_document
from simulator.store.setups.setup import domain_id
from tests.cmdbs import body, item
from tests.fleet import examples
from tests.rest.client import Api

from .sources import EVERYTHING, Served, content, imported, setup_in
from .test_equal_answers import answers, configured

Table = list[dict[str, str]]


def base() -> dict[str, Table]:
    """The rows of an instance with nothing but base data."""
    rows = Served(Api({})).rows()
    return {table: [dict(row) for row in rows.of(table)] for table in TABLES if not table.startswith("sn_mif_")}


BASE = base()


def made_of(**tables: Table) -> Document:
    """What becomes of the base data with further rows, or others where they have the same sys_ids."""
    return document(Rows({table: [*BASE.get(table, []), *tables.get(table, [])] for table in TABLES}))


def only(table: str, *rows: dict[str, str]) -> Document:
    """What becomes of the base data with these rows as the only ones of a table."""
    return document(Rows({**BASE, table: [*rows]}))


def without(table: str, **having: str) -> Document:
    """What becomes of the base data without some rows."""
    gone = [row for row in BASE[table] if having.items() <= row.items()]
    assert gone
    return document(Rows({**BASE, table: [row for row in BASE[table] if row not in gone]}))


# -- what a real instance has otherwise -----------------------------------------------------------------


def test_of_the_base_data_nothing_is_said() -> None:
    made = made_of()
    assert (setup_in(made), made.summary) == ({}, "nothing that a new instance has not")


def test_an_identifier_that_the_instance_lacks_is_not_active() -> None:
    """With its entries, as it may be wanted; so are rules of dependency."""
    [rule] = setup_in(without("cmdb_identifier", name="Cluster"))["identifiers"]
    assert rule == {
        "name": "Cluster",
        "applies_to": "cmdb_ci_cluster",
        "active": False,
        "entries": [{"order": 100, "attributes": ["name"]}],
    }
    [rule] = setup_in(without("cmdb_metadata_hosting", parent_type="cmdb_ci_disk"))["hosting"]
    assert (rule["parent_type"], rule["active"]) == ("cmdb_ci_disk", False)
    made = without("cmdb_metadata_containment", ci_type="cmdb_ci_memory_module")
    [rule] = setup_in(made)["containment"]
    assert (rule["ci_type"], rule["active"]) == ("cmdb_ci_memory_module", False)


def test_an_entry_keeps_the_sys_id_that_the_instance_gave_it() -> None:
    """Answers name it; the rules of every instance have others on a real one."""
    [entry] = [row for row in BASE["cmdb_identifier_entry"] if row["table"] == "cmdb_ci_cluster"]
    made = document(
        Rows(
            {
                **BASE,
                "cmdb_identifier_entry": [
                    row if row != entry else {**row, "sys_id": "9" * 32} for row in BASE["cmdb_identifier_entry"]
                ],
            }
        )
    )
    again = configured([setup_in(made)])
    clusters = {"className": "cmdb_ci_cluster", "values": {"name": "c1"}}
    call = Identify(user="admin", source="ServiceNow", body=body(clusters))
    _, second = answers(again, [call, call])
    assert second["items"][0]["identifierEntrySysId"] == "9" * 32


def test_a_source_that_the_instance_lacks_is_not_one() -> None:
    choices = setup_in(without("sys_choice", element="discovery_source", value="SCCM"))["records"]["sys_choice"]
    assert choices == [{"name": "cmdb_ci", "element": "discovery_source", "value": "SCCM", "inactive": True}]


def test_columns_of_other_types_and_choices_of_other_languages() -> None:
    """Types by what a setup calls them, numbers with commas, no columns that are not in use."""
    place = {"name": "cmdb_ci_cluster", "element": "u_size"}
    made = made_of(
        sys_dictionary=[
            {"sys_id": "1", **place, "internal_type": "float", "max_length": "15"},
            {**place, "sys_id": "2", "element": "u_note", "internal_type": "html", "max_length": "8,000"},
            {**place, "sys_id": "3", "element": "u_kind", "internal_type": "choice", "max_length": "40"},
            {**place, "sys_id": "4", "element": "u_old", "internal_type": "string", "active": "false"},
            {**place, "sys_id": "5", "element": "u_who", "internal_type": "glide_list", "reference": "sys_user"},
            {**place, "sys_id": "6", "element": "U Bad", "internal_type": "string"},
            {**place, "sys_id": "7", "element": "sys_tags", "internal_type": "related_tags"},
            {**place, "sys_id": "8", "element": "u_since", "default_value": "javascript:gs.now()"},
            {**place, "sys_id": "9", "element": "u_on", "internal_type": "boolean", "default_value": "1"},
        ],
        sys_choice=[
            {
                **place,
                "sys_id": "1",
                "element": "u_kind",
                "value": "b",
                "label": "Big",
                "language": "en",
                "sequence": "1",
            },
            {**place, "sys_id": "2", "element": "u_kind", "value": "b", "label": "Groß", "language": "de"},
            {**place, "sys_id": "3", "element": "u_kind", "value": "a", "label": "A", "inactive": "true"},
        ],
    )
    attributes = setup_in(made)["classes"]["cmdb_ci_cluster"]["attributes"]
    assert {name: each for name, each in attributes.items() if name.startswith("u_")} == {
        "u_size": "decimal",
        "u_note": {"max_length": 8000},
        "u_kind": {"max_length": 40, "choices": {"b": "Big"}},
        "u_who": None,
        "u_since": None,
        "u_on": {"type": "boolean", "default": "1"},
    }
    assert made.notes == (
        "columns with names that a setup cannot have: cmdb_ci_cluster.U Bad",
        "the default of cmdb_ci_cluster.u_since, which is a script, a record or no value of its type",
    )


def test_a_column_that_a_base_rule_needs_stays() -> None:
    """Its entries are there, active or not, and are looked up by their columns; others go."""
    made = without("sys_dictionary", name="cmdb_ci_spkg", element="key")
    assert "key" in setup_in(made)["classes"]["cmdb_ci_spkg"]["attributes"]
    made = without("sys_dictionary", name="cmdb_ci_esx_server", element="morid")
    assert setup_in(made)["classes"]["cmdb_ci_esx_server"]["attributes"] == ["vcenter_ref"]


def test_tables_that_are_no_classes_are_none_of_ours() -> None:
    made = made_of(
        sys_db_object=[{"sys_id": "1", "name": "incident", "super_class": "2"}, {"sys_id": "2", "name": "task"}]
    )
    assert "classes" not in setup_in(made)


def test_two_domains_of_one_name_are_told_apart() -> None:
    """On a real instance only the path has to be another."""
    rows = [
        {"sys_id": "1", "name": "TOP", "primary": "true"},
        {"sys_id": "2", "name": "Lab", "parent": "1"},
        {"sys_id": "3", "name": "Lab", "parent": "2"},
        {"sys_id": "global", "name": "global"},
    ]
    setup = setup_in(made_of(domain=rows, sys_user=[{"sys_id": "4", "user_name": "ann", "sys_domain": "3"}]))
    assert {name: each.get("parent") for name, each in setup["domains"].items()} == {
        "TOP": None, "Lab": "TOP", "Lab (2)": "Lab",
    }  # fmt: skip
    assert setup["users"] == {"ann": {"domain": "Lab (2)"}}


def test_domains_without_separation_stay_without() -> None:
    """A setup with domains turns it on."""
    rows = [{"sys_id": "1", "name": "TOP", "primary": "true"}]
    again = configured([setup_in(made_of(domain=rows))])
    name = "glide.sys.domain.partitioning"
    assert again.names(f"/api/now/table/sys_properties?name={name}", "value") == ["false"]


def test_conditions_follow_what_a_setup_knows_by_name() -> None:
    """Sys_ids of domains, users and groups become others; those of companies stay."""
    top, ann, ops, acme = (digit * 32 for digit in "1234")
    made = made_of(
        domain=[{"sys_id": top, "name": "TOP", "primary": "true"}],
        sys_user=[{"sys_id": ann, "user_name": "ann"}],
        sys_user_group=[{"sys_id": ops, "name": "ops"}],
        core_company=[{"sys_id": acme, "name": "Acme"}],
        cmdb_ie_active_config=[
            {
                "sys_id": "5" * 32,
                "table": "cmdb_ci",
                "condition": f"sys_domain={top}^assigned_toIN{ann},x^ORsupport_group={ops}^company={acme}",
            }
        ],
    )
    [rule] = setup_in(made)["records"]["cmdb_ie_active_config"]
    here = domain_id("TOP"), derive_id("sys_user", "ann"), derive_id("sys_user_group", "ops"), acme
    expected = "sys_domain={}^assigned_toIN{},x^ORsupport_group={}^company={}".format(*here)
    assert rule["condition"] == expected


def test_only_active_users_come_and_what_may_be_their_roles() -> None:
    made = made_of(
        sys_user=[{"sys_id": "1", "user_name": "ann"}, {"sys_id": "2", "user_name": "old", "active": "false"}],
        sys_user_role=[{"sys_id": "3", "name": "asset"}],
        sys_user_has_role=[
            {"sys_id": "4", "user": "1", "role": "3", "state": "active"},
            {"sys_id": "5", "user": "1", "role": "itil", "state": "requested"},
            {"sys_id": "6", "user": "1", "role": "3", "state": "active"},
        ],
    )
    assert setup_in(made)["users"] == {"ann": {"roles": ["asset"]}}


def test_rules_that_a_setup_cannot_have_are_told() -> None:
    """The file says so at its beginning; the rest is there."""
    made = made_of(
        cmdb_identifier=[{"sys_id": "1" * 32, "name": "Empty", "applies_to": "cmdb_ci_lb"}],
        cmdb_reconciliation_definition=[
            {"sys_id": "2", "applies_to": "cmdb_ci", "discovery_source": "SCCM", "priority": "high"}
        ],
        sys_properties=[{"sys_id": "3", "name": "glide.identification_engine.skip_duplicates", "value": "maybe"}],
    )
    assert made.notes == (
        "the identifier Empty on cmdb_ci_lb: it has no entries, no class, or is there twice",
        "the property glide.identification_engine.skip_duplicates: expected true or false, got 'maybe'",
        "the row 2 of cmdb_reconciliation_definition: it cannot have priority 'high'",
    )
    assert all(f"# - {note}\n" in made.text for note in made.notes)


def test_rows_of_which_no_cmdb_can_be_made_are_refused() -> None:
    circle = [{"sys_id": "1", "name": "A", "parent": "2"}, {"sys_id": "2", "name": "B", "parent": "1"}]
    with pytest.raises(SourceError, match="no CMDB can be made of these rows: "):
        made_of(domain=circle)


def test_a_table_that_was_not_read_says_nothing() -> None:
    """A single export is no word on the rest; half of what belongs together is told, and left out."""
    staleness = {"sys_id": "1" * 32, "applies_to": "cmdb_ci", "discovery_source": "SCCM", "duration": "7"}
    alone = document(Rows({"cmdb_datasource_staleness": [staleness]}))
    assert [*setup_in(alone)] == ["records"]
    assert alone.notes == ()
    half = document(Rows({"cmdb_identifier": BASE["cmdb_identifier"], "sys_dictionary": BASE["sys_dictionary"]}))
    assert setup_in(half) == {}
    assert half.notes == (
        "classes, of which there is no sys_db_object, sys_choice",
        "identifiers, of which there is no cmdb_identifier_entry, cmdb_related_entry",
    )


def test_rules_and_people_of_domains_that_are_not_there() -> None:
    """A rule would be everybody's, so it is left out; a user has to be somewhere."""
    staleness = {
        "sys_id": "1", "applies_to": "cmdb_ci", "discovery_source": "SCCM", "duration": "7", "sys_domain": "x",
    }  # fmt: skip
    ann = {"sys_id": "2", "user_name": "ann", "sys_domain": "x"}
    made = document(Rows({"cmdb_datasource_staleness": [staleness], "sys_user": [ann]}))
    assert setup_in(made) == {"users": {"ann": {}}}
    assert made.notes == (
        "the domain x of sys_user ann: there is none, so global",
        "the row 1 of cmdb_datasource_staleness: it cannot have sys_domain 'x'",
    )


# -- topology -------------------------------------------------------------------------------------------

INSTANCES: Table = [
    {"sys_id": "1", "name": "acmeprod", "account": "acme", "type": "production", "release": "yokohama"},
    {"sys_id": "2", "name": "acmetest", "account": "acme", "type": "non_production", "environment": "Test"},
    {"sys_id": "3", "name": "acmedev", "account": "other", "type": "non_production"},
    {"sys_id": "4", "name": "gone", "type": "production", "retired": "1"},
]
FRAMEWORK: dict[str, Table] = {
    "sn_mif_instance": INSTANCES,
    "sys_store_app": [
        {"sys_id": "a", "name": "Impact Health", "version": "1.5.0"},
        {"sys_id": "b", "name": "Own App", "version": "2.0.0", "minimum_version": "1.9.0", "same_version": "true"},
        {"sys_id": "c", "name": "Unrelated", "version": "7"},
    ],
    "sn_mif_application_capability": [
        {"sys_id": "d", "application": "a", "name": "Proactive Code Check Data Transfer", "version": "1.0.1"},
        {"sys_id": "e", "application": "b", "name": "Moves", "version": ""},
    ],
    "sn_mif_table_registration": [{"sys_id": "f", "application": "b"}],
}
"""As a real instance has it: references as sys_ids, no operations."""


def test_a_real_instances_framework_is_a_topology() -> None:
    """Operations come from the library, or are made up and said to be; what is retired does not come."""
    rows = Rows({**BASE, **FRAMEWORK})
    made = document(rows, "acmeprod.service-now.com")
    said = content(made)
    assert said["instances"] == {
        "acmedev": {"environment": "development", "account": "other"},
        "acmeprod": {"environment": "production", "release": "Yokohama"},
        "acmetest": "test",
    }
    library = {"transfer scan results": "data", "request scan": {"kind": "message", "answer": {"accepted": True}}}
    assert said["applications"] == {
        "Impact Health": {
            "version": "1.5.0",
            "capabilities": {"Proactive Code Check Data Transfer": {"version": "1.0.1", "operations": library}},
        },
        "Own App": {
            "version": "2.0.0",
            "minimum_version": "1.9.0",
            "same_version": True,
            "capabilities": {"Moves": {"operations": {"hand over": "data"}}},
            "data_sharing": True,
        },
    }
    assert said["steps"] == [{"configure_cmdb": {"on": "acmeprod", "setup": {}}}]
    assert len(made.notes) == 2
    loaded = load_text(made.text, "imported.yaml").scenario
    assert loaded.instances["acmeprod"].release == "Yokohama"


def test_what_would_ask_for_a_value_in_a_scenario_is_only_text() -> None:
    """In a setup of its own it stands as it is; a scenario fills in what is written so, and has it escaped."""
    rows = {
        **BASE,
        "domain": [{"sys_id": "1", "name": "TOP", "primary": "true"}, {"sys_id": "2", "name": "A ${b}"}],
    }
    assert "A ${b}" in setup_in(document(Rows(rows)))["domains"]
    made = document(Rows({**rows, **FRAMEWORK}), "acmeprod.service-now.com")
    [step] = load_text(made.text, "imported.yaml").scenario.steps
    assert step.configure_cmdb is not None
    assert step.configure_cmdb.setup is not None
    assert "A ${b}" in step.configure_cmdb.setup.domains


def test_which_instance_it_is() -> None:
    """The one that is named, or that names itself, or whose address it is; nobody guesses."""
    rows = Rows({**BASE, **FRAMEWORK})

    def on(rows: Rows, host: str, **options: Any) -> Any:
        return content(document(rows, host, **options))["steps"][0]["configure_cmdb"]["on"]

    assert on(rows, "localhost:8081", instance="acmetest") == "acmetest"
    assert on(rows, "acmedev.example") == "acmedev"
    named = {"sys_id": "x", "name": "instance_name", "value": "acmetest"}
    assert on(Rows({**BASE, **FRAMEWORK, "sys_properties": [named]}), "acmedev.example") == "acmetest"
    assert on(Rows({**BASE, **FRAMEWORK, "sn_mif_instance": INSTANCES[1:2]}), "") == "acmetest"
    with pytest.raises(SourceError, match="which of these instances is it: acmedev, acmeprod, acmetest"):
        document(rows, "localhost:8081")
    with pytest.raises(SourceError, match="there is no instance gone in sn_mif_instance"):
        document(rows, "", instance="gone")


def test_a_trustsim_instance_gives_its_operations_back() -> None:
    """As they are: kinds, answers, and what goes into the CMDB."""
    made = imported(Api({}))
    operations = content(made)["applications"]["ReleaseOps"]["capabilities"]["Deployment Requests"]["operations"]
    assert operations == {
        "notify": "message",
        "run_scan": {"kind": "message", "answer": {"accepted": True}},
        "scan_result": "data",
    }
    load_text(made.text, "imported.yaml")


def test_a_scenario_that_nobody_could_read_is_not_written() -> None:
    users = [{"sys_id": f"{number:032}", "user_name": f"user-{number:060}"} for number in range(16_000)]
    rows = Rows({**FRAMEWORK, "sys_user": users})
    with pytest.raises(SourceError, match=r"more than 1024 KiB, .* import with --setup"):
        document(rows, "acmeprod.example")


# -- invented names -------------------------------------------------------------------------------------

OLD = ("Acme", "Initech", "Lobby", "ops", "idle", "ann", "Ann Lee", "ben", "cleo", "Initrode", "Umbrella", "TOP")


def test_invented_names_come_wherever_there_were_others() -> None:
    """The same for the same: in the tree, as homes, in conditions and in what rules are called."""
    api = Api(EVERYTHING)
    made = imported(api, anonymise=True)
    setup = setup_in(made)
    kept = json.dumps({part: said for part, said in setup.items() if part not in ("sources", "properties")})
    kept = kept.replace("Acme Scan", "")  # a source, whose name payloads send
    assert not [name for name in OLD if f'"{name}"' in kept or f"={name}" in kept or f" {name}" in kept]
    by_sys_id = {row["sys_id"]: row for row in setup["records"]["core_company"]}
    company, home = by_sys_id["c" * 32]["name"], by_sys_id["c" * 32]["sys_domain"]
    rule = setup["records"]["cmdb_reconciliation_definition"][1]
    assert (rule["condition"], rule["sys_domain"]) == (f"company.name={company}", home)
    assert rule["name"].startswith(f"Not for {company}, and user")
    assert setup["domains"][home]["type"] == "msp"
    assert imported(api, anonymise=True).text == made.text


def test_invented_names_change_no_answer() -> None:
    """But for the names, the same payloads make the same of the CMDB."""
    api = Api(EVERYTHING)
    real, other = (configured([setup_in(imported(api, anonymise=hidden))]) for hidden in (False, True))
    user = next(
        name for name, one in setup_in(imported(api, anonymise=True))["users"].items() if one.get("groups")
    )
    calls = [
        [Identify(user=name, source="SCCM", body=body(item("web1", ram="8"), item("web2", serial_number="S2")))]
        * 2
        for name in ("ann", user)
    ]
    assert answers(real, calls[0]) == answers(other, calls[1])


def test_what_every_instance_has_keeps_its_name() -> None:
    """Answers name the rules of the base data, whatever a group is called."""
    [rule] = [row for row in BASE["cmdb_identifier"] if row["name"] == "Hardware Rule"]
    own = {**rule, "sys_id": "2", "name": "Hardware of ours", "applies_to": "cmdb_ci_pc_hardware"}
    [entry, *_] = [row for row in BASE["cmdb_identifier_entry"] if row["table"] == "cmdb_ci_hardware"]
    rows = {
        **BASE,
        "sys_user_group": [{"sys_id": "1", "name": "Hardware"}],
        "cmdb_identifier": [*BASE["cmdb_identifier"], own],
        "cmdb_identifier_entry": [
            *BASE["cmdb_identifier_entry"],
            {**entry, "sys_id": "3" * 32, "identifier": "2"},
        ],
    }
    [only] = setup_in(document(Rows(rows), anonymise=True))["identifiers"]
    assert only["name"] == "group1 of ours"


def test_whoever_is_called_like_another_stays_another() -> None:
    """A user's id is its own, whatever others are called; a domain and its company share their new name."""
    users = [
        {"sys_id": "1", "user_name": "y", "name": "x"},
        {"sys_id": "2", "user_name": "x", "name": "Some One"},
    ]
    domain, company = {"sys_id": "3", "name": "Acme", "primary": "true"}, {"sys_id": "4", "name": "ACME"}
    rows = Rows({**BASE, "sys_user": users, "domain": [domain], "core_company": [company]})
    setup = setup_in(document(rows, anonymise=True))
    assert [*setup["users"]] == ["user1", "user2"]
    assert setup["records"]["core_company"][0]["name"] == next(iter(setup["domains"]))
    assert "Some One" not in str(setup)


# -- the text -------------------------------------------------------------------------------------------


@examples(40)
@given(st.text(max_size=30), st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=30))
def test_any_text_is_read_as_it_was(name: str, text: str) -> None:
    """Whatever instances call things: signs of YAML, line ends, words that mean a truth value, no text at all."""
    data = {"a": [{"b": text, "c": [text, name]}, text], text: {"d": name}}
    assert read_document(in_yaml(data), "file.yaml", dict[str, Any]) == data


@pytest.mark.parametrize(
    "text",
    [
        "true",
        "No",
        "null",
        "~",
        "1.0",
        "012",
        "1e3",
        "0x1f",
        "2026-01-05",
        "a: b",
        "- a",
        "a #b",
        " a",
        "a ",
        "",
        "=",
        "<<",
        "*a",
        "&a",
        "!a",
        "%a",
        "@a",
        "`a",
        "'",
        '"',
        "\t",
        "a\nb",
        "é",
        "\U0001f600",
        "\x85",
        "\x00",
        "NaN",
        ".inf",
    ],
)
def test_texts_that_mean_something_else_are_read_as_texts(text: str) -> None:
    assert read_document(in_yaml({"a": text, "b": [text]}), "file.yaml", dict[str, Any]) == {
        "a": text,
        "b": [text],
    }
