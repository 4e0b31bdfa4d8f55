"""What the doctor finds in the rules and data of a CMDB, one flaw at a time, in setups and in files."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from simulator.advice.checks.finding import Severity
from simulator.advice.checks.flaw import SEVERITY_BY_CODE
from simulator.advice.examine import examine_file
from simulator.advice.ruleset import examine_setup, examine_steps, examine_store, flaws_of
from simulator.catalogue.flaws import FLAWS
from simulator.errors import ScenarioError
from simulator.runtime.cmdb import Cmdb
from simulator.scenario.reading.load import load
from simulator.store.cmdb.store import CmdbStore
from simulator.store.file import connect
from simulator.store.setups.setup import Setup
from tests.cmdbs import DOMAINS, call, item, make
from tests.simulation.shipped import FILES as SHIPPED

ROBOT = {"u_robot": {"extends": "cmdb_ci_hardware", "attributes": ["u_arms", "u_legs"]}}
SERIAL = {"table": "cmdb_serial_number", "referenced_field": "cmdb_ci"}


def rule(*entries: dict[str, Any], **columns: Any) -> dict[str, Any]:
    """A setup with a class and its identification rule; entries get orders as they come."""
    numbered = [{"order": 100 * number, **entry} for number, entry in enumerate(entries, start=1)]
    return {
        "classes": ROBOT,
        "identifiers": [{"name": "R", "applies_to": "u_robot", "entries": numbered, **columns}],
    }


def records(table: str, *rows: dict[str, Any]) -> dict[str, Any]:
    """A setup with domains, a source and rows about cmdb_ci_computer and Discovery, if they do not say."""
    default = {"applies_to": "cmdb_ci_computer", "discovery_source": "Discovery"}
    return {**DOMAINS, "sources": ["Lab"], "records": {table: [{**default, **row} for row in rows]}}


def codes(setup: dict[str, Any]) -> list[str]:
    return sorted(flaw.code for flaw, _ in flaws_of(Setup.model_validate(setup)))


DEFINITION, STALENESS = "cmdb_reconciliation_definition", "cmdb_datasource_staleness"
FIRST, SECOND = {"priority": 1}, {"priority": 1, "discovery_source": "Lab"}
OVERRIDE = {"sys_overrides": "a", "sys_domain": "ACME"}

NODES = {
    **rule({"attributes": ["u_arms"]}),
    "records": {"u_robot": [{"u_arms": "2", "serial_number": "S1"}, {"u_arms": "4", "serial_number": "s1"}]},
}
"""Two by their arms, and one by the serial number that the rule of hardware goes by."""
TOMCAT = {"order": 100, "attributes": ["install_directory", "name", "version"], "allow_fallback": True}
TOMCATS: dict[str, Any] = {
    "classes": {"u_tomcat": {"extends": "cmdb_ci_app_server_tomcat"}},
    "hosting": [{"parent_type": "u_tomcat", "rel_type": "Runs on::Runs", "child_type": "cmdb_ci_hardware"}],
    "identifiers": [{"name": "T", "applies_to": "u_tomcat", "independent": False, "entries": [TOMCAT]}],
}


@pytest.mark.parametrize(
    ("setup", "expected"),
    [
        ({}, []),
        (DOMAINS, []),
        (rule({"attributes": ["u_arms"]}), []),
        (rule({"attributes": ["u_arms"]}, applies_to="u_none"), ["rule_class_unknown"]),
        (rule({"attributes": ["os"]}), ["rule_attribute_unknown"]),
        (rule({"attributes": ["u_arms"], "condition": "os=x"}), ["rule_attribute_unknown"]),
        (rule({"attributes": ["u_arms"], "active": False}), ["no_active_entry"]),
        (rule({"attributes": ["u_arms", "sys_class_name"]}), ["class_in_independent_rule"]),
        (rule({"attributes": ["serial_number"], **SERIAL}), ["lookup_entry"]),
        (
            rule({"attributes": ["serial_number"], **SERIAL, "exact_count_match": True}),
            ["exact_count", "lookup_entry"],
        ),
        (rule({"attributes": ["u_arms"]}, independent=False), ["dependency_missing"]),
        (
            rule({"attributes": ["serial_number"], **SERIAL}, independent=False),
            ["dependency_missing", "lookup_in_dependent_rule"],
        ),
        # entries that nothing gets to
        (rule({"attributes": ["name"]}, {"attributes": ["u_arms", "name"]}), ["unreachable_entry"]),
        (rule({"attributes": ["u_arms", "name"]}, {"attributes": ["name"]}), []),
        (rule({"attributes": ["name"], "allow_null_attribute": True}, {"attributes": ["name", "u_arms"]}), []),
        (rule({"attributes": ["name"]}, {"attributes": ["name", "u_arms"], "allow_null_attribute": True}), []),
        (rule({"attributes": ["name"], "order": 5}, {"attributes": ["u_arms"], "order": 5}), ["entry_order_tie"]),
        (
            rule(
                {"attributes": ["serial_number"], **SERIAL, "exact_count_match": True},
                {"attributes": ["serial_number", "serial_number_type"], **SERIAL},
            ),
            ["exact_count", "lookup_entry", "lookup_entry"],
        ),
        # what is kept apart elsewhere
        (rule({"attributes": ["u_arms", "name"]}), ["ancestor_tags_duplicates"]),
        (
            rule({"attributes": ["u_arms", "name"]}, {"attributes": ["name"]}, {"attributes": ["serial_number"]}),
            [],
        ),
        (NODES, ["ancestor_tags_duplicates"]),
        ({**NODES, "records": {"u_robot": [{"u_arms": "2", "serial_number": "S1"}]}}, []),
        ({"records": {"cmdb_ci_cluster": [{"name": "east"}, {"name": "East"}]}}, ["name_repeats"]),
        ({"records": {"cmdb_ci_cluster": [{"name": "east"}, {"name": "west"}]}}, []),
        (TOMCATS, ["weaker_fallback"]),
        (
            {
                **TOMCATS,
                "identifiers": [{**TOMCATS["identifiers"][0], "entries": [{**TOMCAT, "allow_fallback": False}]}],
            },
            [],
        ),
        # reconciliation
        (records(DEFINITION, {"attributes": "name"}), []),
        (records(DEFINITION, {"discovery_source": "Nobody"}), ["rule_source_unknown"]),
        (records(DEFINITION, {"applies_to": "cmdb_ci_sofa"}), ["rule_class_unknown"]),
        (records(DEFINITION, {"attributes": "name,colour"}), ["rule_attribute_unknown"]),
        (records(DEFINITION, {"condition": "colour=red"}), ["rule_attribute_unknown"]),
        (records(DEFINITION, {"attributes": "sys_domain"}), ["attribute_not_governed"]),
        (records(DEFINITION, {"attributes": "name", "update_with_null": "os"}), ["null_without_attribute"]),
        (records(DEFINITION, {"update_with_null": "os"}), []),
        (records(DEFINITION, {"discovery_source": "Nobody", "active": False}), []),
        (records(STALENESS, {"duration": "15 x"}), []),
        (records(STALENESS, {"duration": "soon"}), ["staleness_zero"]),
        (
            records(DEFINITION, {**FIRST, "attributes": "name,os"}, {**SECOND, "attributes": "os"}),
            ["priority_tie"],
        ),
        (
            records(DEFINITION, {**FIRST, "attributes": "name"}, {**SECOND, "attributes": "os"}),
            [],
        ),
        (records(DEFINITION, FIRST, SECOND), ["priority_tie"]),
        (
            records(DEFINITION, FIRST, {**SECOND, "sys_domain": "ACME"}),
            [],
        ),
        # overrides
        (records(DEFINITION, {"sys_overrides": "gone"}), ["overrides_nothing"]),
        (
            records(DEFINITION, {"sys_id": "a"}, OVERRIDE),
            [],
        ),
        (
            records(DEFINITION, {"sys_id": "a", "sys_domain": "INIT"}, OVERRIDE),
            ["overrides_nothing"],
        ),
    ],
)
def test_flaws_of_rules(setup: dict[str, Any], expected: list[str]) -> None:
    """What the engine cannot go by or never gets to, and nothing of what the base data brings itself."""
    assert codes(setup) == expected


def test_two_rules_on_one_class() -> None:
    setup = rule({"attributes": ["name"]})
    other = rule({"attributes": ["u_arms"]}, name="S")
    setup["identifiers"] += other["identifiers"]
    assert codes(setup) == ["second_identifier"]


def test_dependencies_deeper_than_two() -> None:
    """Three levels below an independent class are one too many; it is said of the rule that begins there."""
    names = ["u_one", "u_two", "u_three"]
    setup = {
        "classes": {name: {"extends": "cmdb_ci", "attributes": ["u_key"]} for name in names},
        "identifiers": [
            {
                "name": name,
                "applies_to": name,
                "independent": False,
                "entries": [{"order": 1, "attributes": ["u_key"]}],
            }
            for name in names
        ],
        "hosting": [
            {"parent_type": lower, "rel_type": "Runs on::Runs", "child_type": upper}
            for lower, upper in zip(names, [*names[1:], "cmdb_ci_hardware"], strict=True)
        ],
    }
    [(flaw, _)] = flaws_of(Setup.model_validate(setup))
    assert flaw.code == "dependency_too_deep"
    assert flaw.found == "u_one on u_two on u_three on cmdb_ci_hardware: 3 levels."


def test_placeholders_are_counted_in_a_store(tmp_path: Path) -> None:
    """CIs by their rule's attributes, lookup records by the entry's; a value elsewhere says nothing bad."""
    serial = {"serial_number": "To Be Filled By O.E.M.", "serial_number_type": "bios"}
    serials = [{"className": "cmdb_serial_number", "values": serial}]
    calls = [call("u_acme", item(f"web{it}", serial_number="Default string", os="unknown")) for it in range(2)]
    calls.append(call("u_eu", {**item("unknown"), "lookup": serials}))
    found = examine_store(make(tmp_path / "dev1.sqlite", DOMAINS, *calls))
    assert {(each.code, each.found) for each in found} == {
        ("placeholder_value", "1 record has cmdb_ci_linux_server.name 'unknown'."),
        ("placeholder_value", "1 record has cmdb_serial_number.serial_number 'To Be Filled By O.E.M.'."),
        ("placeholder_value", "1 record has cmdb_ci_linux_server.serial_number 'Default string'."),
    }
    assert {each.place for each in found} == {str(tmp_path / "dev1.sqlite")}


def test_a_finding_in_a_setup_has_its_line(tmp_path: Path) -> None:
    file = tmp_path / "setup.yaml"
    file.write_text(
        "classes: {u_robot: {extends: cmdb_ci_hardware, attributes: [u_arms]}}\n"
        "identifiers:\n"
        "  - name: R\n"
        "    applies_to: u_robot\n"
        "    entries:\n"
        "      - {order: 1, attributes: [name]}\n"
        "      - {order: 2, attributes: [name, u_arms]}\n"
        "records:\n"
        "  u_robot:\n"
        "    - {name: None}\n"
        "    - {name: Default string}\n"
    )
    found = [(each.place, each.code, each.severity) for each in examine_setup(file)]
    assert found == [
        (f"{file}:7:9", "unreachable_entry", Severity.WARNING),
        (f"{file}:10:7", "placeholder_value", Severity.WARNING),
        (f"{file}:11:7", "placeholder_value", Severity.WARNING),
    ]


def test_the_cmdbs_of_a_scenario(tmp_path: Path) -> None:
    """Rules of a setup by their lines, and payloads by the rules of their time; each once for all instances."""
    file = tmp_path / "scenario.yaml"
    file.write_text(
        "name: x\n"
        "instances: {a: production, b: production}\n"
        "steps:\n"
        "  - identify: {on: a, source: Discovery, payload: {items: []}}\n"
        "  - configure_cmdb:\n"
        "      on: [a, b]\n"
        "      setup:\n"
        "        records:\n"
        "          cmdb_reconciliation_definition:\n"
        "            - {applies_to: cmdb_ci_computer, discovery_source: Nobody}\n"
        "  - identify:\n"
        "      on: [a, b]\n"
        "      source: Discovery\n"
        "      payload: {items: [{className: cmdb_ci_computer, values: {serial_number: Default string}}]}\n"
    )
    found = [(each.line, each.code) for each in examine_file(file)]
    assert found == [(10, "rule_source_unknown"), (14, "placeholder_value")]


def test_what_the_lists_of_a_setup_take_away(tmp_path: Path) -> None:
    """Of the base data, in a file of its own; where the lists are, in the order of the entries."""
    file = tmp_path / "setup.yaml"
    file.write_text(
        "identifiers:\n"
        "  - name: Hardware Rule\n"
        "    applies_to: cmdb_ci_hardware\n"
        "    entries:\n"
        "      - {order: 200, attributes: [serial_number]}\n"
        "users: {admin: {roles: [itil]}}\n"
    )
    lost = "Hardware Rule on cmdb_ci_hardware no longer has the entry"
    found = [(each.line, each.code, each.severity, each.found) for each in examine_setup(file)]
    assert sorted(found, key=lambda each: each[0]) == [
        (
            4,
            "entry_removed",
            Severity.NOTE,
            f"{lost} 100 [serial_number, serial_number_type] of cmdb_serial_number.",
        ),
        (4, "entry_removed", Severity.NOTE, f"{lost} 300 [name] of cmdb_ci_hardware."),
        (4, "entry_removed", Severity.NOTE, f"{lost} 400 [mac_address, name] of cmdb_ci_network_adapter."),
        (6, "access_removed", Severity.NOTE, "admin no longer has the role admin."),
    ]


def test_what_past_setups_of_a_file_have_taken_away_and_none_has_given_again(tmp_path: Path) -> None:
    file, at = tmp_path / "dev1.sqlite", datetime(2026, 1, 5, 10, tzinfo=UTC)
    first: dict[str, Any] = {
        "domains": {"TOP": {"primary": True, "contains": ["ACME"]}, "ACME": {}},
        "users": {"ann": {"roles": ["itil", "asset"], "visibility": ["ACME"]}},
        "records": {"cmdb_ci_linux_server": [{"name": "web1"}]},
    }
    entries = [{"order": 200, "attributes": ["serial_number"]}, {"order": 300, "attributes": ["name"]}]
    rule = {"name": "Hardware Rule", "applies_to": "cmdb_ci_hardware", "entries": entries}
    setups: list[dict[str, Any]] = [
        first,
        {"users": {"ann": {"roles": [], "visibility": []}}, "domains": {"TOP": {"contains": []}}},
        {"identifiers": [rule], "users": {"ann": {"roles": ["itil"]}}},
        {"domains": {"TOP": {"contains": ["ACME"]}}},
    ]
    with closing(connect(file)) as connection:
        for number, setup in enumerate(setups):
            cmdb = Cmdb(CmdbStore(connection))
            assert cmdb.begin(Setup.model_validate(setup), at + timedelta(hours=number)) is None
    second, third = (f"since the setup of 2026-01-05 {hour}:00:00." for hour in (11, 12))
    lost = "Hardware Rule on cmdb_ci_hardware no longer has the entry"
    assert [(each.code, each.severity, each.found) for each in examine_store(file)] == [
        ("access_removed", Severity.NOTE, f"ann no longer has the role asset, {second}"),
        ("access_removed", Severity.NOTE, f"ann no longer sees ACME, {second}"),
        (
            "entry_removed",
            Severity.NOTE,
            f"{lost} 100 [serial_number, serial_number_type] of cmdb_serial_number, {third}",
        ),
        ("entry_removed", Severity.NOTE, f"{lost} 400 [mac_address, name] of cmdb_ci_network_adapter, {third}"),
    ]


def test_what_a_later_step_takes_away(tmp_path: Path) -> None:
    """Access, entries and attributes that an earlier step has given; the user without roles is refused as well."""
    file = tmp_path / "scenario.yaml"
    file.write_text(
        "name: x\n"
        "instances: {a: production}\n"
        "steps:\n"
        "  - configure_cmdb:\n"
        "      on: a\n"
        "      setup:\n"
        "        domains: {TOP: {primary: true, contains: [ACME]}, ACME: {}}\n"
        "        groups: {ops: {visibility: [ACME]}}\n"
        "        users: {ann: {roles: [itil], groups: [ops], visibility: [ACME]}}\n"
        "        classes: {u_robot: {extends: cmdb_ci_hardware, attributes: [u_arms]}}\n"
        "  - configure_cmdb:\n"
        "      on: a\n"
        "      setup:\n"
        "        domains: {TOP: {contains: []}}\n"
        "        groups: {ops: {visibility: []}}\n"
        "        users:\n"
        "          ann:\n"
        "            roles: []\n"
        "            groups: []\n"
        "            visibility: []\n"
        "        classes: {u_robot: {attributes: [u_legs]}}\n"
        "  - identify: {on: a, user: ann, source: Discovery, payload: {items: []}}\n"
    )
    found = [(each.line, each.code, each.found) for each in examine_file(file)]
    assert found == [
        (14, "access_removed", "TOP no longer contains ACME."),
        (15, "access_removed", "ops no longer sees ACME."),
        (18, "access_removed", "ann no longer has the role itil."),
        (19, "access_removed", "ann is no longer in the group ops."),
        (20, "access_removed", "ann no longer sees ACME."),
        (21, "attribute_removed", "u_robot no longer has an attribute u_arms of its own."),
        (22, "role_missing", "The user ann of a has neither itil nor asset."),
    ]


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_shipped_scenarios_have_no_wrong_rules(file: Path) -> None:
    """What they give CMDBs is in order."""
    assert [finding for finding in examine_steps(load(file)) if finding.severity is Severity.ERROR] == []


def test_a_setup_that_does_not_fit(tmp_path: Path) -> None:
    file = tmp_path / "setup.yaml"
    file.write_text("records: {cmdb_ci: [{colour: red}]}")
    with pytest.raises(ScenarioError, match=r"setup.yaml:1:1: records.cmdb_ci.0: cmdb_ci has no column colour"):
        examine_setup(file)


def test_every_flaw_is_explained() -> None:
    assert SEVERITY_BY_CODE.keys() == FLAWS.keys()
