"""Steps on CMDBs: setups and payloads, inline and from files, are checked where they stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.errors import ScenarioError
from simulator.protocol.cmdb import ConfigureCmdb, Identify
from simulator.scenario.reading.load import load, load_text
from simulator.scenario.running.acts import acts_of
from simulator.scenario.sentences import step_in_words

BEGIN = """\
name: A test
instances: { a: production, b: test }
applications: { App: { capabilities: { Cap: { operations: { cis: { kind: data, cmdb: true } } } } } }
steps:
"""
"""Four lines, so that steps begin on line 5."""


def problems_of(text: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        load_text(text, "test.yaml")
    return [str(problem).removeprefix("test.yaml:") for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        (
            "- configure_cmdb: { on: a, setup: { domans: {} } }\n",
            ["5:37: steps[0].configure_cmdb.setup: there is no key 'domans'; did you mean 'domains'?"],
        ),
        (
            "- configure_cmdb: { on: a, setup: { users: { ann: { rols: [itil] } } } }\n",
            ["5:53: steps[0].configure_cmdb.setup.users.ann: there is no key 'rols'; did you mean 'roles'?"],
        ),
        (
            "- configure_cmdb: { on: a, setup: { classes: { Badge: { extends: cmdb_ci } } } }\n",
            [
                (
                    "5:48: steps[0].configure_cmdb.setup.classes: expected small letters, digits and _, "
                    "beginning with a letter, got 'Badge'"
                )
            ],
        ),
        (
            "- configure_cmdb: { on: a, setup: { hosting: [{ parent_type: cmdb_ci }] } }\n",
            [
                "5:47: steps[0].configure_cmdb.setup.hosting[0]: the key 'child_type' is missing",
                "5:47: steps[0].configure_cmdb.setup.hosting[0]: the key 'rel_type' is missing",
            ],
        ),
        (
            (
                "- configure_cmdb: { on: a, setup: { properties: { glide.required.attribute.enabled: 'yes',\n"
                "  glide.identification_engine.skip_duplicates.threshold: many, u_my.own: many } } }\n"
            ),
            [
                (
                    "5:85: steps[0].configure_cmdb.setup.properties.glide.required.attribute.enabled: "
                    "expected true or false, got 'yes'"
                ),
                (
                    "6:58: steps[0].configure_cmdb.setup.properties.glide.identification_engine.skip_duplicates"
                    ".threshold: expected a whole number, 0 or more, got 'many'"
                ),
            ],
        ),
        (
            "- identify: { on: a, payload: {}, options: 'generate_summary:true' }\n",
            ["5:13: steps[0].identify: only the enhanced endpoint has options: add `enhanced: true`"],
        ),
        (
            "- configure_cmdb: { on: a }\n",
            ["5:19: steps[0].configure_cmdb: expected either `setup` or `from`"],
        ),
        (
            "- configure_cmdb: { on: a, from: nowhere.yaml }\n",
            [
                (
                    "5:34: steps[0].configure_cmdb.from: nowhere.yaml: the file cannot be read: "
                    "No such file or directory"
                )
            ],
        ),
        ("- identify: { on: a, source: X }\n", ["5:13: steps[0].identify: expected either `payload` or `from`"]),
        (
            "- identify: { on: a, payload: {}, sorce: X }\n",
            ["5:35: steps[0].identify: there is no key 'sorce'; did you mean 'source'?"],
        ),
        (
            "- settle\n- stop: a\n  expect: { response: {} }\n",
            ["6:3: steps[1]: stop has no outcome; expected `expect` with a list"],
        ),
        (
            "- rename: { on: a, to: c }\n  expect: { response: {} }\n",
            ["5:3: steps[0]: only identify and send have a `response`"],
        ),
        (
            "- identify: { on: a, payload: {} }\n  expect: { response: {}, refused: role_missing }\n",
            ["6:11: steps[0].expect: expected `response` only of what was processed"],
        ),
        (
            "- expect: [{ table: cmdb_ci_linux_servr, on: a }]\n",
            [
                (
                    "5:21: steps[0].expect[0].table: there is no table 'cmdb_ci_linux_servr'; "
                    "did you mean 'cmdb_ci_linux_server'?"
                )
            ],
        ),
        (
            "- expect: [{ table: cmdb_ci_linux_server, on: a, where: { nam: x } }]\n",
            [
                (
                    "5:59: steps[0].expect[0].where: there is no column 'nam' of cmdb_ci_linux_server; "
                    "did you mean 'name'?"
                )
            ],
        ),
    ],
)
def test_what_is_wrong_is_said_where_it_stands(steps: str, found: list[str]) -> None:
    """As everywhere in a scenario: line, column, what was expected, and did you mean."""
    assert problems_of(BEGIN + steps) == found


def test_only_data_goes_into_a_cmdb() -> None:
    """A message asks its receiver to act; its payload is no data of the sender's."""
    text = BEGIN.replace("kind: data", "kind: message") + "- settle\n"
    where = "applications.App.capabilities.Cap.operations.cis"
    assert problems_of(text) == [f"3:66: {where}: expected `cmdb` with `kind: data`, got message"]


def test_a_class_of_a_setup_is_a_table() -> None:
    """Its own attributes and those that it inherits are columns."""
    classes = "classes: { u_reader: { extends: cmdb_ci_hardware, attributes: [u_door] } }"
    steps = f"- configure_cmdb: {{ on: a, setup: {{ {classes} }} }}\n"
    expected = "- expect: [{ table: u_reader, on: a, where: { u_door: x, name: y, sys_domain: global } }]\n"
    load_text(BEGIN + steps + expected, "test.yaml")
    assert "no column 'u_dor'" in problems_of(BEGIN + steps + expected.replace("u_door", "u_dor"))[0]


def test_no_application_is_needed_for_cmdbs_alone() -> None:
    """And is asked for as soon as a step is about one."""
    text = BEGIN.replace(BEGIN.splitlines()[2] + "\n", "") + "- identify: { on: a, payload: {} }\n"
    assert load_text(text, "test.yaml").scenario.applications == {}
    text += "- assign_user: { on: a, instance: b, user: ann, source: X }\n"
    assert problems_of(text) == ["1:1: the key 'applications' is missing, and `include` names none"]


# -- from files -----------------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A scenario that takes a setup and a payload from beside it."""
    (tmp_path / "setup.yaml").write_text("users:\n  ann: { roles: [itil] }\nproperties: { a.b: true }\n")
    (tmp_path / "payload.json").write_text('{"items": [\n {"className": "cmdb_ci", "values": {"name": "x"}}]}')
    file = tmp_path / "scenario.yaml"
    steps = "- configure_cmdb: { on: [a, b], from: setup.yaml }\n- identify: { on: a, from: payload.json }\n"
    file.write_text(BEGIN + steps)
    return file


def test_what_a_file_says_is_what_the_step_says(file: Path) -> None:
    """A setup as if written there; a payload as the very text of the file."""
    scenario = load(file).scenario
    setups = [action for _, action in acts_of(scenario, scenario.steps[0])]
    assert (
        setups == [ConfigureCmdb(setup={"users": {"ann": {"roles": ["itil"]}}, "properties": {"a.b": "true"}})] * 2
    )
    [(_, call)] = acts_of(scenario, scenario.steps[1])
    assert isinstance(call, Identify)
    assert call.body == (file.parent / "payload.json").read_text()
    assert (call.user, call.source) == ("admin", None)
    assert [step_in_words(step) for step in scenario.steps] == [
        "a and b: the CMDB is given properties and users",
        "admin identifies x on a, source none",
    ]


def test_what_is_wrong_in_a_file_is_said_with_its_place_there(file: Path) -> None:
    """All of it, of all files."""
    (file.parent / "setup.yaml").write_text("users:\n  ann: { rols: [itil] }\nsourcs: [X]\n")
    (file.parent / "payload.json").write_text('{"items": [\n {"className" "cmdb_ci"}]}')
    with pytest.raises(ScenarioError) as caught:
        load(file)
    assert [str(problem).removeprefix(f"{file.parent}/") for problem in caught.value.problems] == [
        "payload.json:2:15: not valid JSON: Expecting ':' delimiter: line 2 column 15 (char 26)",
        "setup.yaml:2:10: users.ann: there is no key 'rols'; did you mean 'roles'?",
        "setup.yaml:3:1: there is no key 'sourcs'; did you mean 'sources'?",
    ]
