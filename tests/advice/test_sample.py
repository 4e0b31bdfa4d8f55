"""`trustsim payload`: for every class that can be identified there is a payload that makes a CI of it."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic_core import to_jsonable_python

from simulator.advice.sample import NoSampleError, sample_for
from simulator.protocol.cmdb import Identify
from simulator.refusal import Refusal
from simulator.runtime.cmdb import Cmdb
from simulator.store.cmdb.domains import load_domains
from simulator.store.cmdb.model import load_model
from simulator.store.cmdb.store import CmdbStore
from simulator.store.file import connect_with_cmdb
from tests.cli.command import called

WITHOUT_RULE = 10
"""Classes of the base data to which no identification rule applies, such as cmdb_ci itself."""

SETUP = """\
classes:
  u_cmdb_ci_sensor:
    extends: cmdb_ci
    attributes:
      u_code: { mandatory: true, max_length: 4 }
      u_kind: { choices: { hot: Hot, cold: Cold } }
      u_since: glide_date
      u_owner: { reference: sys_user }
      u_hall: { mandatory: true }
  u_cmdb_ci_probe: { extends: u_cmdb_ci_sensor }
  u_cmdb_ci_lost: { extends: cmdb_ci }
identifiers:
  - name: Sensor
    applies_to: u_cmdb_ci_sensor
    independent: false
    entries: [{ order: 100, attributes: [u_code, u_kind, u_since] }]
  - { name: Lost, applies_to: u_cmdb_ci_lost, independent: false, entries: [{ order: 100, attributes: [name] }] }
hosting:
  - { parent_type: u_cmdb_ci_sensor, child_type: u_cmdb_ci_sensor, rel_type: Contains::Contained by }
  - { parent_type: u_cmdb_ci_sensor, child_type: cmdb_ci_linux_server, rel_type: Runs on::Runs }
"""


def answer(store: CmdbStore, body: dict[str, Any]) -> dict[str, Any]:
    call = Identify(
        user="admin",
        picked=None,
        source="Discovery",
        body=json.dumps(body),
        options=None,
        enhanced=False,
        query=False,
    )
    made = Cmdb(store).call(call, datetime(2026, 1, 5, tzinfo=UTC))
    assert not isinstance(made, Refusal)
    found: dict[str, Any] = to_jsonable_python(made.response)
    return found


def test_every_class_with_a_rule_has_one_that_inserts_it_and_all_it_depends_on() -> None:
    """All in one CMDB, one after the other: no sample is taken for what another has made."""
    unidentified = []
    with closing(connect_with_cmdb()) as connection:
        store = CmdbStore(connection)
        for name in load_model(store, load_domains(store).tree).hierarchy.parent_by_class:
            try:
                body = sample_for(store, name)
            except NoSampleError:
                unidentified.append(name)
                continue
            connection.execute("savepoint before")
            made = answer(store, body)
            connection.execute("rollback to before")
            parts = [*made["items"], *made.get("relations", [])]
            assert {part["operation"] for part in parts} == {"INSERT"}, name
            assert not any(part.get("errors") for part in parts), name
            assert made["items"][0]["className"] == name
    assert len(unidentified) == WITHOUT_RULE
    assert "cmdb_ci" in unidentified


def test_what_a_class_depends_on_comes_with_it(tmp_path: Path) -> None:
    """Mandatory attributes, choices, dates, and no references; a rule that leads back is passed over."""
    setup = tmp_path / "setup.yaml"
    setup.write_text(SETUP)
    result = called("payload", "u_cmdb_ci_probe", "--of", setup)
    assert (result.code, result.err) == (0, "")
    body = json.loads(result.out)
    probe, server = body["items"]
    assert probe == {
        "className": "u_cmdb_ci_probe",
        "values": {"name": "u-cmdb-ci-probe-1", "u_code": "de-2", "u_kind": "cold", "u_since": "2026-01-05",
                   "u_hall": "u_hall-5"},
    }  # fmt: skip
    assert server["className"] == "cmdb_ci_linux_server"
    assert server["lookup"][0]["values"] | {"valid": "true", "absent": "false"} == server["lookup"][0]["values"]
    assert body["relations"] == [{"parent": 0, "child": 1, "type": "Runs on::Runs"}]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("cmdb_ci_linux_servr", "there is no class 'cmdb_ci_linux_servr'; did you mean 'cmdb_ci_linux_server'?"),
        ("cmdb_ci", "no identification rule applies to cmdb_ci: give it one, or to a class above it"),
        (
            "u_cmdb_ci_lost",
            "u_cmdb_ci_lost depends on another CI, and no hosting or containment rule says on which",
        ),
    ],
)
def test_why_there_is_none(tmp_path: Path, name: str, why: str) -> None:
    setup = tmp_path / "setup.yaml"
    setup.write_text(SETUP)
    result = called("payload", name, "--of", setup)
    assert (result.code, result.out) == (2, "")
    assert why in result.err


def test_it_is_tried_by_the_rules_of_the_file(tmp_path: Path) -> None:
    """A source that may not insert: the payload is written, and standard error says what stands against it."""
    setup, file, out = tmp_path / "setup.yaml", tmp_path / "one.sqlite", tmp_path / "out.json"
    setup.write_text(
        "records:\n  cmdb_ire_data_source_rule:\n"
        "    - { applies_to: cmdb_ci_linux_server, discovery_source: Discovery, insert_not_allowed: true }\n"
    )
    assert called("store", "init", file, "--from", setup).code == 0
    before = file.read_bytes()
    result = called("payload", "cmdb_ci_linux_server", "--of", file, "-o", out)
    assert (result.code, result.out) == (1, "")
    assert "Discovery" in result.err
    assert json.loads(out.read_text())["items"][0]["className"] == "cmdb_ci_linux_server"
    assert file.read_bytes() == before
    assert called("payload", "cmdb_ci_linux_server", "--of", file, "--source", "ServiceNow", "-o", out).code == 0
    assert called("payload", "cmdb_ci_linux_server", "--of", tmp_path / "none.yaml").code == 2
