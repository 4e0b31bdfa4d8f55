"""`trustsim store`: an instance's file with a CMDB, made and looked into."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from .command import called, run

SETUP = """
domains:
  TOP: {primary: true}
  ACME: {parent: TOP}
records:
  cmdb_ci_linux_server:
    - {name: web1, ram: 4096, sys_domain: ACME}
    - {name: web2, ram: 512}
    - {name: db1, ram: 16384}
"""


@pytest.fixture
def store(tmp_path: Path) -> Path:
    setup, file = tmp_path / "setup.yaml", tmp_path / "dev1.sqlite"
    setup.write_text(SETUP)
    assert called("store", "init", file, "--from", setup).code == 0
    return file


def shown(file: Path, *arguments: str) -> list[str]:
    """The names of the rows."""
    result = called("show", file, *arguments, "--json")
    assert result.code == 0, result.err
    (of,) = json.loads(result.out)
    return [row["name"] for row in of["rows"]]


def test_init_without_a_setup(tmp_path: Path) -> None:
    """A new file has the base data, and a second time nothing is lost."""
    for _ in range(2):
        assert run(tmp_path, "store", "init", tmp_path / "dev1.sqlite").code == 0
    assert "Hardware Rule" in run(tmp_path, "show", tmp_path / "dev1.sqlite", "cmdb_identifier").out


def test_a_setup_adds_to_a_file(tmp_path: Path, store: Path) -> None:
    more = tmp_path / "more.yaml"
    more.write_text("records: {cmdb_ci_computer: [{name: laptop1}]}")
    assert called("store", "init", store, "--from", more).code == 0
    assert shown(store, "cmdb_ci", "--query", "ORDERBYname") == ["db1", "laptop1", "web1", "web2"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("domians: {}", "setup.yaml:1:1: domians: no such key"),
        ("records: {cmdb_ci: [{colour: red}]}", "cmdb_ci has no column colour"),
        (
            "identifiers: [{name: A, applies_to: cmdb, entries: [{order: 1, attributes: [name], condition: no}]}]",
            "'no' is no condition",
        ),
    ],
)
def test_a_wrong_setup_leaves_no_file(text: str, said: str, tmp_path: Path) -> None:
    """Exit code 2, and nothing is half done."""
    setup = tmp_path / "setup.yaml"
    setup.write_text(text)
    result = called("store", "init", tmp_path / "new.sqlite", "--from", setup)
    assert result.code == 2
    assert said in " ".join(result.err.split())
    assert not list(tmp_path.glob("new.sqlite*"))


def test_a_wrong_setup_changes_no_file(tmp_path: Path, store: Path) -> None:
    before, setup = store.read_bytes(), tmp_path / "setup.yaml"
    setup.write_text("properties: {a: b}\nrecords: {cmdb_ci: [{colour: red}]}")
    assert called("store", "init", store, "--from", setup).code == 2
    assert store.read_bytes() == before


def test_another_ones_file_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("mine")
    assert called("store", "init", file).code == 2
    assert file.read_text() == "mine"


PLACES = """
records:
  core_company: [{name: Kite}]
  cmn_location: [{name: Europe}, {name: Berlin, parent: Europe, company: Kite}]
  cmn_building: [{name: B1, location: Berlin, floors: 3}]
  cmn_cost_center: [{name: CC1}]
  cmn_department: [{name: Tools, cost_center: CC1}]
  business_unit: [{name: Rental, company: Kite}]
  cmdb_model: [{name: K9, manufacturer: Kite}]
  cmn_schedule: [{name: Nights}]
  sys_user: [{user_name: ann, name: Ann Lee, department: Tools, location: Berlin}]
  sys_user_group: [{name: Operators}]
  cmdb_ci_linux_server:
    - {name: h1, location: Berlin, department: Tools, cost_center: CC1, business_unit: Rental, model_id: K9,
       assigned_to: Ann Lee, support_group: Operators, schedule: Nights, manufacturer: Kite,
       install_status: Retired, operational_status: 2, virtual: 1, company: Unknown}
"""


def test_show_has_labels_and_names_for_a_person_and_values_for_a_program(tmp_path: Path) -> None:
    file, setup = tmp_path / "dev1.sqlite", tmp_path / "places.yaml"
    setup.write_text(PLACES)
    assert called("store", "init", file, "--from", setup).code == 0

    def read(table: str, *arguments: str) -> str:
        return " ".join(called("show", file, table, *arguments).out.split())

    said = read("cmdb_ci_linux_server")
    for expected in (
        *("location Berlin", "department Tools", "cost_center CC1", "business_unit Rental", "model_id K9"),
        *("assigned_to Ann Lee", "support_group Operators", "schedule Nights", "manufacturer Kite"),
        *("install_status Retired", "operational_status Non-Operational", "virtual true", "company Unknown"),
    ):
        assert expected in said, expected
    assert "parent Europe, company Kite" in read("cmn_location")
    assert "location Berlin, floors 3" in read("cmn_building")
    assert "cost_center CC1" in read("cmn_department")
    (row,) = json.loads(read("cmdb_ci_linux_server", "--json"))[0]["rows"]
    (berlin,) = json.loads(read("cmn_location", "--query", "name=berlin", "--json"))[0]["rows"]
    assert (row["location"], row["install_status"], row["virtual"]) == (berlin["sys_id"], "7", "true")
    assert "name h1" in read("cmdb_ci", "--query", "location.parent.name=Europe")


def test_show_for_a_person(store: Path) -> None:
    """A record by its name, with its class, what it holds, and the domain by its name."""
    result = called("show", store, "cmdb_ci_linux_server", "--query", "name=web1")
    _, _, heading, *rest = filter(None, result.out.splitlines())
    assert heading.startswith("web1  cmdb_ci_linux_server  ")
    said = " ".join(" ".join(rest).split())
    assert "ram 4096" in said
    assert "sys_domain ACME" in said


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("ram>1000^ORDERBYDESCname", ["web1", "db1"]),
        ("nameSTARTSWITHWEB^ORDERBYname", ["web1", "web2"]),
        ("name=db1^ORname=web2^ORDERBYname", ["db1", "web2"]),
        ("name=nothing", []),
    ],
)
def test_encoded_queries(query: str, names: list[str], store: Path) -> None:
    """Numbers compare as numbers, text without regard to case."""
    assert shown(store, "cmdb_ci_linux_server", "--query", query) == names


def test_limit(store: Path) -> None:
    """Of a table the first rows are shown, which is said."""
    assert len(shown(store, "cmdb_ci", "--limit", "2")) == 2
    many = ("show", store, "cmdb_identifier_entry")
    assert len(json.loads(called(*many, "--json").out)[0]["rows"]) == 20
    assert called(*many).out.splitlines()[-1] == "and more; --limit says how many are shown"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["sofas"], "there is no table sofas"),
        (["cmdb_ci", "--query", "colour=red"], "cmdb_ci has no column colour"),
        (["cmdb_ci", "--query", "name~red"], "is no condition"),
        (["cmdb_ci", "--query", os.fsdecode(b"name=\xff")], "expected text in UTF-8"),
        ([os.fsdecode(b"\xff")], "expected text in UTF-8"),
    ],
)
def test_what_there_is_not(arguments: list[str], said: str, tmp_path: Path, store: Path) -> None:
    """Exit code 2, and nothing is left beside the file."""
    result = called("show", store, *arguments)
    assert result.code == 2
    assert said in " ".join(result.err.split())
    assert {path.name for path in tmp_path.glob("dev1*")} == {"dev1.sqlite"}
