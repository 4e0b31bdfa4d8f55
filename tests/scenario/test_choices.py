"""Values that no row can ever have are mistakes of a file: what expects them holds, or fails, for no reason."""

from __future__ import annotations

import pytest

from simulator.scenario.model import Expectation, rows
from simulator.scenario.model.choices import may_be_of_trust
from simulator.scenario.reading.load import load_text
from simulator.store.cmdb.base import base_classes

from .reading.test_load import TOPOLOGY, problems_of

MANAGER, ITEM = "sn_mif_managed_by_instance", "sn_mif_trust_profile_item"


def test_what_trust_keeps_is_known_by_its_name() -> None:
    """Only then is trust asked for the columns; a table that is not told apart would take any value."""
    assert all(may_be_of_trust(table) for table in rows.COLUMNS)
    assert not any(map(may_be_of_trust, base_classes()))


@pytest.mark.parametrize(
    ("table", "columns", "found"),
    [
        (MANAGER, "approval: aproved", "approval: unknown value 'aproved'; did you mean 'approved'?"),
        (
            MANAGER,
            "reason: second_manger",
            "reason: unknown value 'second_manger'; did you mean 'second_manager'?",
        ),
        (MANAGER, "manager_instance: bb", "manager_instance: there is no instance 'bb'; did you mean 'b'?"),
        (MANAGER, "manager_instance: 5", "manager_instance: expected the name of an instance, got 5"),
        (MANAGER, "application: Ap", "application: there is no application 'Ap'; did you mean 'App'?"),
        (ITEM, "capability: Kap", "capability: there is no capability 'Kap'; did you mean 'Cap'?"),
        (ITEM, "active: maybe", "active: expected true or false, got 'maybe'"),
        ("sn_mif_trusted_instance", "origin: hand", "origin: unknown value 'hand'; there are: manual, profile"),
        ("sn_mif_application_trust_profile", "revision: one", "revision: expected a whole number, got 'one'"),
        ("sn_mif_instance", "type: productive", "type: unknown value 'productive'; did you mean 'production'?"),
        ("sn_mif_instance", "release: Zürich", "release: unknown value 'Zürich'; did you mean 'Zurich'?"),
        ("sn_mif_message", "operation: opp", "operation: there is no operation 'opp'; did you mean 'op'?"),
        ("x_trustsim_journal", "kind: sned", "kind: unknown value 'sned'; did you mean 'send'?"),
        ("x_trustsim_journal", "recipient: z", "recipient: there is no instance 'z'; there are: a, b"),
    ],
)
@pytest.mark.parametrize("key", ["where", "rows"])
def test_a_value_that_no_row_can_have_is_reported_where_it_stands(
    table: str, columns: str, found: str, key: str
) -> None:
    written = f"where: {{ {columns} }}" if key == "where" else f"rows: [{{ {columns} }}]"
    place = "where" if key == "where" else "rows[0]"
    line = f"  - {{ table: {table}, on: a, {written} }}"
    column = line.index(columns) + len(columns.partition(": ")[0]) + 3
    assert problems_of(f"{TOPOLOGY}- expect:\n{line}\n") == [f"6:{column}: steps[0].expect[0].{place}.{found}"]


def test_values_of_a_journal_are_checked_too_and_all_at_once() -> None:
    where = "outcome: refuzed, code: second_manger, sender: bb, nothing: 1"
    found = problems_of(f"{TOPOLOGY}- settle\nnever:\n- {{ journal: a, where: {{ {where} }} }}\n")
    assert [problem.split(": ", 2)[1:] for problem in found] == [
        ["never[0].where.outcome", "unknown value 'refuzed'; did you mean 'refused'?"],
        ["never[0].where.code", "unknown value 'second_manger'; did you mean 'second_manager'?"],
        ["never[0].where.sender", "there is no instance 'bb'; did you mean 'b'?"],
        ["never[0].where", found[3].split(": ", 2)[2]],
    ]
    assert "there is no field 'nothing' of a journal's entries" in found[3]


def test_a_capability_is_looked_for_in_the_application_that_stands_beside_it() -> None:
    topology = TOPOLOGY.replace("{ App:", "{ Other: { data_sharing: true }, App:")
    where = "where: { application: Other, capability: Cap }"
    [found] = problems_of(f"{topology}- expect: [{{ table: {ITEM}, on: a, {where} }}]\n")
    assert found.endswith("there is no capability 'Cap', for there is none")


def only(where: str, table: str = MANAGER) -> Expectation:
    """The only expectation of a step."""
    steps = f"- expect: [{{ table: {table}, on: b, where: {{ {where} }} }}]\n"
    expected = load_text(TOPOLOGY + steps, "f").scenario.steps[0].expect
    assert isinstance(expected, list)
    return expected[0]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("Auto-Approved", "auto_approved"),
        ("Awaiting Manager Confirmation", "awaiting_manager_confirmation"),
        ("Approval pending", "pending_approval"),
        ("Pending approval", "pending_approval"),
        ("Revoked", "revoked"),
        ("rejected", "rejected"),
    ],
)
def test_the_labels_of_the_product_are_understood(written: str, value: str) -> None:
    assert only(f"approval: {written}, reason: ''") == only(f"approval: {value}, reason: ''")


@pytest.mark.parametrize(
    ("written", "value"), [("'true'", "true"), ("'False'", "false"), ("1", "true"), ("0", "false")]
)
def test_a_truth_value_is_one_however_it_is_written(written: str, value: str) -> None:
    assert only(f"active: {written}", ITEM) == only(f"active: {value}", ITEM)


def test_the_results_of_a_sync_may_be_labels_too() -> None:
    steps = "- expect: [{ sync: App, on: a, results: { b: Not managed } }]\n"
    loaded = load_text(TOPOLOGY + steps, "f")
    assert "not_managed" in str(loaded.scenario.steps[0].expect)


def test_an_instance_may_be_expected_by_the_name_that_a_step_gives_it() -> None:
    where = "where: { managed_instance: c }"
    steps = f"- rename: {{ on: b, to: c }}\n- expect: [{{ table: sn_mif_managed_instance, on: a, {where} }}]\n"
    assert load_text(TOPOLOGY + steps, "f").scenario.steps[1].verb == "expect"


def test_free_text_may_be_anything() -> None:
    only("description: whatever I like, version: '9'", ITEM)


SERVER, SERIAL = "cmdb_ci_linux_server", "cmdb_serial_number"
A_TIME = "a time such as 2026-01-05 10:00:00 or 2026-01-05T10:00:00Z"
BOXES = (
    "- configure_cmdb: { on: a, setup: { classes: { u_box: { extends: cmdb_ci_linux_server,"
    " attributes: { u_slots: integer, u_grade: { choices: { '1': Gold } } } },"
    " cmdb_ci_linux_server: { attributes: { u_rack: integer } } } } }\n"
)


@pytest.mark.parametrize(
    ("table", "columns", "found"),
    [
        (SERVER, "virtual: perhaps", "virtual: expected true or false, got 'perhaps'"),
        (SERVER, "ram: much", "ram: expected a whole number such as 8192, got 'much'"),
        (SERVER, "cpu_speed: fast", "cpu_speed: expected a number such as 2.6, got 'fast'"),
        (SERVER, "purchase_date: May", "purchase_date: expected a date such as 2026-01-05, got 'May'"),
        (SERVER, "last_discovered: today", f"last_discovered: expected {A_TIME}, got 'today'"),
        (SERVER, "sys_created_on: today", f"sys_created_on: expected {A_TIME}, got 'today'"),
        (SERVER, "install_status: Retird", "install_status: unknown value 'Retird'; did you mean 'Retired'?"),
        (SERVER, "hardware_status: in_stok", "hardware_status: unknown value 'in_stok'; did you mean 'in_stock'?"),
        (SERIAL, "valid: 2", "valid: expected true or false, got 2"),
        ("cmdb_ci", "monitor: on call", "monitor: expected true or false, got 'on call'"),
        ("cmdb_identifier_entry", "order: first", "order: expected a whole number such as 8192, got 'first'"),
        ("u_box", "u_slots: two", "u_slots: expected a whole number such as 8192, got 'two'"),
        ("u_box", "u_grade: Tin", "u_grade: unknown value 'Tin'; there are: 1, Gold"),
        ("u_box", "ram: much", "ram: expected a whole number such as 8192, got 'much'"),
        (SERVER, "u_rack: x", "u_rack: expected a whole number such as 8192, got 'x'"),
    ],
)
@pytest.mark.parametrize("key", ["where", "rows"])
def test_a_value_that_no_record_of_a_cmdb_can_have_is_reported_where_it_stands(
    table: str, columns: str, found: str, key: str
) -> None:
    written = f"where: {{ {columns} }}" if key == "where" else f"rows: [{{ {columns} }}]"
    line = f"  - {{ table: {table}, on: a, {written} }}"
    column = line.index(columns) + len(columns.partition(": ")[0]) + 3
    place = "where" if key == "where" else "rows[0]"
    wrong = problems_of(f"{TOPOLOGY}{BOXES}- expect:\n{line}\n")
    assert wrong == [f"7:{column}: steps[1].expect[0].{place}.{found}"]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("virtual: 'True'", "virtual: 'true'"),
        ("virtual: 1", "virtual: true"),
        ("ram: '8192.0'", "ram: 8192"),
        ("cpu_speed: 2.60", "cpu_speed: '2.6'"),
        ("install_status: retired", "install_status: 7"),
        ("install_status: 'Pending Install'", "install_status: '4'"),
        ("install_status: 9", "install_status: '9'"),
        ("hardware_status: In Stock", "hardware_status: in_stock"),
        ("last_discovered: 2026-01-05T12:00:00+02:00", "last_discovered: '2026-01-05 10:00:00'"),
        ("purchase_date: '2026-01-05 10:00:00'", "purchase_date: 2026-01-05"),
    ],
)
def test_values_of_a_cmdb_are_read_by_their_columns_as_payloads_are(written: str, kept: str) -> None:
    assert only(written, SERVER) == only(kept, SERVER)
    assert only(written, SERVER) != only("name: x", SERVER)


def test_texts_references_and_empty_fields_of_a_cmdb_may_be_anything() -> None:
    only("name: 8192.0, company: Kite, ram: null, install_date: '', os: Linux", SERVER)
