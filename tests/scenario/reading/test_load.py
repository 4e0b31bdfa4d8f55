"""Loading scenario files: what is wrong is said in plain words where it stands, all of it, and nothing crashes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from simulator.errors import Problem, ScenarioError
from simulator.scenario.reading.load import load, load_all, load_text
from simulator.scenario.reading.place import DataPath
from simulator.scenario.reading.source import parse
from simulator.store.setups.document import MAX_BYTES

SCENARIOS = Path(__file__).parents[3] / "scenarios"
DOCUMENTED = (SCENARIOS / "documented-example.yaml").read_text()

SMALLEST = """\
name: Smallest
instances: { a: production }
applications: { App: { capabilities: { Cap: { operations: { op: message } } } } }
steps: [settle]
"""

TOPOLOGY = """\
name: A test
instances: { a: production, b: test }
applications: { App: { capabilities: { Cap: { operations: { op: message } } } } }
steps:
"""
"""Four lines, so that steps begin on line 5."""

KINDS = "expected an expectation with one of the keys: message, table, sync, journal, connection"
DURATION = "expected a duration such as 500ms, 30s, 10m, 24h or 1d12h"


def problems_of(text: str) -> list[str]:
    """What is wrong with a text, each as "line:column: message"."""
    with pytest.raises(ScenarioError) as caught:
        load_text(text, "test.yaml")
    assert all(problem.file == "test.yaml" for problem in caught.value.problems)
    return [str(problem).removeprefix("test.yaml:") for problem in caught.value.problems]


# -- good files -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", sorted(SCENARIOS.glob("*.yaml")), ids=lambda file: file.stem)
def test_a_shipped_scenario_loads(file: Path) -> None:
    """Every file in /scenarios is right."""
    assert {loaded.file for loaded in load_all(file)} == {str(file)}


def test_the_smallest_scenario_loads() -> None:
    """A name, an instance, an application and a step are enough."""
    assert load_text(SMALLEST, "smallest.yaml").scenario.steps[0].verb == "settle"


def test_a_loaded_scenario_knows_its_lines() -> None:
    """The report names the line of a step, of an expectation, and of the nearest thing that exists."""
    loaded = load_text(
        TOPOLOGY + "- settle\n- settle: 1s\n  expect:\n  - { table: sn_mif_instance, on: a }\n", "f"
    )
    paths: list[tuple[str | int, ...]] = [(), ("steps", 0), ("steps", 1), ("steps", 1, "expect", 0, "within")]
    assert [loaded.line(*path) for path in paths] == [1, 5, 6, 8]


def test_anchors_aliases_and_merge_keys_work() -> None:
    """An alias repeats, a merge key fills in, and an alias stands on its own line."""
    steps = "- send: &it { from: a, to: b }\n- &later\n  send: { <<: [*it], from: b, to: a }\n- *later\n"
    loaded = load_text(TOPOLOGY + steps, "f")
    sends = [step.send for step in loaded.scenario.steps]
    assert [(send.sender, send.to) for send in sends if send] == [(["a"], ["b"]), (["b"], ["a"]), (["b"], ["a"])]
    assert [loaded.line("steps", index) for index in range(3)] == [5, 6, 8]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("yes", "yes"),
        ("2024-01-01", "2024-01-01"),
        ("1_000", "1_000"),
        ("010", 10),
        ("0x1F", 31),
        ("0o17", 15),
        ("1.50", 1.5),
        ("True", True),
        ("~", None),
        ("'5'", "5"),
        ("!!str 5", "5"),
    ],
)
def test_scalars_follow_the_core_schema_of_yaml(written: str, value: object) -> None:
    """What YAML 1.2 does not take for a number, a truth value or nothing is a text."""
    loaded = load_text(TOPOLOGY + f"- send: {{ from: a, to: b, payload: {{ x: {written} }} }}\n", "f")
    send = loaded.scenario.steps[0].send
    assert send is not None
    assert send.payload == {"x": value}
    assert type(send.payload["x"]) is type(value)


# -- wrong steps and expectations -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        # the step itself
        ("- snd: { to: b }\n", ["5:3: steps[0]: there is no step 'snd'; did you mean 'send'?"]),
        ("- settel\n", ["5:3: steps[0]: expected a step, got 'settel'; did you mean 'settle'?"]),
        ("- advance\n", ["5:3: steps[0]: expected a value after `advance:`"]),
        ("- 5\n", ["5:3: steps[0]: expected a mapping, got the number 5"]),
        ("- send:\n", ["5:3: steps[0]: expected a value after `send:`"]),
        ("- settle: 3s\n  stop: a\n", ["5:3: steps[0]: expected one verb, got settle, stop"]),
        ("- expect: processed\n", ["5:3: steps[0]: expected a verb, or `expect` with a list"]),
        (
            "- advance: 1s\n  expect: processed\n",
            ["5:3: steps[0]: advance has no outcome; expected `expect` with a list"],
        ),
        # keys
        ("- send: { to: b }\n", ["5:9: steps[0].send: the key 'from' is missing"]),
        (
            "- send: { from: a, to: b, operatoin: op }\n",
            ["5:27: steps[0].send: there is no key 'operatoin'; did you mean 'operation'?"],
        ),
        (
            "- sync_trust_profiles: { on: a, sender: b }\n",
            ["5:33: steps[0].sync_trust_profiles: there is no key 'sender'; there are: application, as, on"],
        ),
        # names
        (
            "- send: { from: a, to: c }\n",
            ["5:24: steps[0].send.to: there is no instance 'c'; there are: a, b"],
        ),
        (
            "- send:\n    from: a\n    to:\n    - b\n    - c\n",
            ["9:7: steps[0].send.to[1]: there is no instance 'c'; there are: a, b"],
        ),
        (
            "- send: { from: a, to: b, application: Ap }\n",
            ["5:40: steps[0].send.application: there is no application 'Ap'; did you mean 'App'?"],
        ),
        (
            "- send: { from: a, to: b, operation: op2 }\n",
            ["5:38: steps[0].send.operation: there is no operation 'op2' of Cap; did you mean 'op'?"],
        ),
        (
            "- expect:\n  - { table: sn_mif_instanc, on: a, where: { nam: a } }\n",
            [
                (
                    "6:14: steps[0].expect[0].table: there is no table 'sn_mif_instanc'; "
                    "did you mean 'sn_mif_instance'?"
                )
            ],
        ),
        (
            "- expect:\n  - { table: sn_mif_instance, on: a, rows: [{ nam: a }] }\n",
            [
                (
                    "6:47: steps[0].expect[0].rows[0]: there is no column 'nam' of sn_mif_instance; "
                    "did you mean 'name'?"
                )
            ],
        ),
        (
            "- expect:\n  - { journal: a, where: { outcme: processed } }\n",
            [
                (
                    "6:28: steps[0].expect[0].where: there is no field 'outcme' of a journal's entries; "
                    "did you mean 'outcome'?"
                )
            ],
        ),
        # values
        (
            "- send: { from: [a, 7], to: b }\n",
            ['5:21: steps[0].send.from[1]: expected a text, got the number 7; quote it: "7"'],
        ),
        ("- stop: { a: b }\n", ["5:9: steps[0].stop: expected a text, got a mapping"]),
        ("- send: { from: [], to: b }\n", ["5:17: steps[0].send.from: expected at least one entry, got none"]),
        (
            "- send: { from: a, to: b, unchecked: maybe }\n",
            ["5:38: steps[0].send.unchecked: expected true or false, got 'maybe'"],
        ),
        (
            "- send: { from: a, to: b, payload: 3 }\n",
            ["5:36: steps[0].send.payload: expected a mapping, got the number 3"],
        ),
        ("- advance: 10\n", [f"5:12: steps[0].advance: {DURATION}, got 10"]),
        ("- advance: 99999d\n", [f"5:12: steps[0].advance: {DURATION}, got '99999d'"]),
        ("- stop_broker: false\n", ["5:16: steps[0].stop_broker: expected true, got false"]),
        (
            "- expect:\n  - { table: sn_mif_instance, on: a, count: -1 }\n",
            ["6:45: steps[0].expect[0].count: expected 0 or more, got the number -1"],
        ),
        (
            "- expect:\n  - { table: sn_mif_instance, on: a, count: few, rows: 1 }\n",
            [
                "6:45: steps[0].expect[0].count: expected a whole number, got 'few'",
                "6:56: steps[0].expect[0].rows: expected a list, got the number 1",
            ],
        ),
        # outcomes
        (
            "- send: { from: a, to: b }\n  expect: procesed\n",
            ["6:11: steps[0].expect: unknown value 'procesed'; did you mean 'processed'?"],
        ),
        (
            "- send: { from: a, to: b }\n  expect: { refused: no_trust_recrod }\n",
            ["6:22: steps[0].expect.refused: unknown value 'no_trust_recrod'; did you mean 'no_trust_record'?"],
        ),
        (
            "- send: { from: a, to: b }\n  expect: { refused: no_trust_record, outcome: refused }\n",
            ["6:11: steps[0].expect: expected either `outcome` or `refused`"],
        ),
        # kinds of expectations
        ("- expect:\n  - tabel: x\n    on: a\n", [f"6:5: steps[0].expect[0]: {KINDS}; did you mean 'table'?"]),
        ("- expect:\n  - { on: a }\n", [f"6:5: steps[0].expect[0]: {KINDS}"]),
        (
            "- expect:\n  - { sync: App, on: a, results: { b: sync, c: synced } }\n",
            [
                "6:39: steps[0].expect[0].results.b: unknown value 'sync'; did you mean 'synced'?",
                "6:45: steps[0].expect[0].results: there is no instance 'c'; there are: a, b",
            ],
        ),
        (
            "- expect:\n  - { sync: App, on: a, results: { b: 3 } }\n",
            [
                (
                    "6:39: steps[0].expect[0].results.b: expected one of synced, pending, refused, not_managed, "
                    "stale, got the number 3"
                )
            ],
        ),
        # names of messages
        ("- restore: before", ["5:12: steps[0].restore: there is no snapshot 'before'; none is defined"]),
        (
            "- expect:\n  - { message: first, outcome: processed }\n",
            ["6:16: steps[0].expect[0].message: there is no message 'first'; none is defined"],
        ),
        (
            "- expect:\n  - { message: first, outcome: processed }\n- send: { from: a, to: b, as: first }\n",
            ["6:16: steps[0].expect[0].message: the message 'first' is only sent later, on line 7"],
        ),
        (
            "- send: { from: a, to: b, as: first }\n- send: { from: b, to: a, as: first }\n",
            ["6:31: steps[1].send.as: the message on line 5 is already named 'first'"],
        ),
        (
            "- share_data: { from: a, to: b, as: first }\n- send: { from: b, to: a, as: first }\n",
            ["6:31: steps[1].send.as: the message on line 5 is already named 'first'"],
        ),
        # through aliases: what is wrong is said once, where it is written
        (
            "- send: &it { from: z, to: b }\n- send: *it\n",
            ["5:21: steps[0].send.from: there is no instance 'z'; there are: a, b"],
        ),
        (
            "- send: &it { from: a, to: b }\n- send: { <<: *it, to: z }\n",
            ["6:24: steps[1].send.to: there is no instance 'z'; there are: a, b"],
        ),
    ],
)
def test_a_wrong_step_is_explained_where_it_stands(steps: str, found: list[str]) -> None:
    """Unknown keys are shown at the key, missing ones at their mapping, wrong values at the value."""
    assert problems_of(TOPOLOGY + steps) == found


# -- wrong files ----------------------------------------------------------------------------------------


def edited(old: str, new: str) -> str:
    """A scenario in which one thing was changed."""
    assert old in TOPOLOGY
    return TOPOLOGY.replace(old, new) + "- settle\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["1:1: the file is empty"]),
        ("# nothing\n", ["1:1: the file is empty"]),
        ("just text\n", ["1:1: expected a mapping, got 'just text'"]),
        ("- a\n- b\n", ["1:1: expected a mapping, got a list"]),
        (
            "name: A test\n",
            [
                "1:1: the key 'applications' is missing, and `include` names none",
                *(f"1:1: the key '{key}' is missing" for key in ("instances", "steps")),
            ],
        ),
        (edited("A test", "5"), ['1:7: name: expected a text, got the number 5; quote it: "5"']),
        (edited("A test", ""), ["1:1: name: expected a text, got nothing"]),
        (
            edited("a: production", "a: producton"),
            ["2:17: instances.a: unknown value 'producton'; did you mean 'production'?"],
        ),
        (
            edited("a: production", "a: { environment: production, releas: X }"),
            ["2:44: instances.a: there is no key 'releas'; did you mean 'release'?"],
        ),
        (edited("a: production", "a: 3"), ["2:17: instances.a: expected a mapping, got the number 3"]),
        (
            edited("a: production", "a: { environment: test, applications: { Ap: ~ } }"),
            ["2:54: instances.a.applications: there is no application 'Ap'; did you mean 'App'?"],
        ),
        (
            edited("{ operations", "{ version: 1.10, operations"),
            [
                (
                    "3:56: applications.App.capabilities.Cap.version: expected a text, got the number 1.10; "
                    'quote it: "1.10"'
                )
            ],
        ),
        (
            edited("op: message", "op: mesage"),
            [
                (
                    "3:65: applications.App.capabilities.Cap.operations.op: unknown value 'mesage'; "
                    "did you mean 'message'?"
                )
            ],
        ),
        (
            edited("op: message", "op: { kind: data, settings: true }"),
            [
                (
                    "3:65: applications.App.capabilities.Cap.operations.op: "
                    "expected `settings` with `kind: message`, got data"
                )
            ],
        ),
        (
            edited("{ capabilities: { Cap: { operations: { op: message } } } }", "{}"),
            ["3:22: applications.App: expected `capabilities`, or `data_sharing: true`"],
        ),
        (
            edited("{ capabilities: { Cap: { operations: { op: message } } } }", "{ data_sharing: true }")
            + "- send: { from: a, to: a }\n",
            ["6:9: steps[1].send: App has no capabilities"],
        ),
        # what follows from a mistake is not a second one
        (
            edited("{ op: message }", "{}") + "- send: { from: a, to: b }\n",
            ["3:59: applications.App.capabilities.Cap.operations: expected at least one entry, got none"],
        ),
        (
            edited("op: message", "op: message, op2: data") + "- send: { from: a, to: b }\n",
            ["6:9: steps[1].send: name the operation of Cap; there are: op, op2"],
        ),
        (SMALLEST + "expect: processed\n", ["5:9: expect: expected a list, got 'processed'"]),
        (SMALLEST + "stesp: []\n", ["5:1: there is no key 'stesp'; did you mean 'steps'?"]),
        (SMALLEST + "name: Again\n", ["5:1: the key 'name' is here twice, first on line 1"]),
        (
            edited("a: production", "1: production, a: production"),
            ['2:14: expected a text as key, got 1; quote it: "1"'],
        ),
        (SMALLEST + "? [a]\n: b\n", ["5:3: expected a text as key"]),
    ],
)
def test_a_wrong_file_is_explained_where_it_is_wrong(text: str, found: list[str]) -> None:
    """The topology and the file as a whole are held to the format like the steps."""
    assert problems_of(text) == found


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        ("- settle\n\t- settle\n", "6:1: not valid YAML: a tab; YAML is indented with spaces"),
        (
            "- settle: 10s: 5\n",
            "5:14: not valid YAML: this ':' does not fit; check the indentation, and quote a text with ': '",
        ),
        (
            "- stop: [a, b\n- settle\n",
            "7:1: not valid YAML: expected ',' or ']', but got the end of the file; this part begins on line 5",
        ),
        ("- stop: 'a\n", "6:1: not valid YAML: the closing quote is missing; this part begins on line 5"),
        ("- stop: *x\n", "5:9: not valid YAML: there is no anchor for this alias"),
        ("- settle\n---\nname: B\n", "6:1: not valid YAML: a second document begins; a scenario is one"),
        ("- stop: @a\n", "5:9: not valid YAML: found character '@' that cannot start any token"),
        ("- stop: \x07\n", "5:9: not valid YAML: the character U+0007 is not allowed"),
        ('- stop: "\\ud800"\n', "5:9: not valid YAML: half of a surrogate pair"),
        ("- stop: !ruby a\n", "5:9: the tag !ruby means nothing here"),
        ("- <<: 5\n  settle: 3s\n", "5:7: expected a mapping to merge, or a list of them"),
        (
            "- send: { from: a, to: b, payload: { x: 1e999 } }\n",
            "5:41: the number 1e999 is too large",
        ),
        (f"- stop: {'[' * 60}{']' * 60}\n", "5:57: not valid YAML: nested too deeply"),
        ("- stop: &loop [*loop]\n", "5:16: nested deeper than 50 levels"),
        ("- &loop { <<: *loop }\n", "5:15: nested deeper than 50 levels"),
    ],
)
def test_what_is_no_sensible_yaml_is_explained(steps: str, found: str) -> None:
    """The message is about the file, not about a parser, and stands where the file goes wrong."""
    assert problems_of(TOPOLOGY + steps) == [found]


@pytest.mark.parametrize("once", ["[{0}, {0}, {0}, {0}, {0}, {0}, {0}, {0}]", "{{ <<: [{0}, {0}, {0}, {0}] }}"])
def test_aliases_cannot_make_a_small_file_large(once: str) -> None:
    """A file whose aliases expand to very much is refused before it takes time or memory."""
    lines = [f"- &x{number} {once.format(f'*x{number - 1}')}\n" for number in range(1, 12)]
    (found,) = problems_of(TOPOLOGY + "- &x0 { a: b }\n" + "".join(lines))
    assert found.endswith("more than 200000 values, with aliases expanded")


def test_all_mistakes_are_reported_at_once_in_order() -> None:
    """Nine different mistakes in one file are nine problems, from top to bottom."""
    text = """\
name: 8
instances:
  a: producton
  b: { environment: test, acount: acme }
  b: test
applications: { App: { capabilities: { Cap: { operations: { op: message } } } } }
steps:
- snd: { from: a, to: b }
- send: { from: a, to: c }
- advance: soon
expect:
- { table: sn_mif_instance, on: a, count: -1 }
- { message: nothing, outcome: processed }
"""
    assert problems_of(text) == [
        '1:7: name: expected a text, got the number 8; quote it: "8"',
        "3:6: instances.a: unknown value 'producton'; did you mean 'production'?",
        "4:27: instances.b: there is no key 'acount'; did you mean 'account'?",
        "5:3: the key 'b' is here twice, first on line 4",
        "8:3: steps[0]: there is no step 'snd'; did you mean 'send'?",
        "9:24: steps[1].send.to: there is no instance 'c'; there are: a, b",
        f"10:12: steps[2].advance: {DURATION}, got 'soon'",
        "12:43: expect[0].count: expected 0 or more, got the number -1",
        "13:14: expect[1].message: there is no message 'nothing'; none is defined",
    ]


# -- files that cannot be read --------------------------------------------------------------------------


def problem_with(file: Path) -> str:
    with pytest.raises(ScenarioError) as caught:
        load(file)
    (problem,) = caught.value.problems
    return str(problem).removeprefix(f"{file}:")


def test_a_file_that_is_missing_or_no_file_is_named(tmp_path: Path) -> None:
    """There is one problem, at the beginning."""
    assert problem_with(tmp_path / "no.yaml") == "1:1: the file cannot be read: No such file or directory"
    assert problem_with(tmp_path) == "1:1: the file cannot be read: Is a directory"


def test_a_file_that_is_not_utf8_is_refused_at_the_byte(tmp_path: Path) -> None:
    """The place of the first byte that is no UTF-8 is counted in characters."""
    file = tmp_path / "latin.yaml"
    file.write_bytes(b"name: \xc3\xa4\nabc\xe4\n")
    assert problem_with(file) == "2:4: the file is not UTF-8 text"


def test_a_byte_order_mark_is_no_problem(tmp_path: Path) -> None:
    """Editors on Windows write one."""
    file = tmp_path / "bom.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + SMALLEST.encode())
    assert load(file).scenario.name == "Smallest"


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    """It is not even parsed."""
    file = tmp_path / "large.yaml"
    file.write_bytes(b"#" * (MAX_BYTES + 1))
    assert problem_with(file) == "1:1: the file is larger than 1024 KiB"


# -- any text -------------------------------------------------------------------------------------------

DOCUMENTED_DATA = parse(DOCUMENTED, "documented-example.yaml").data
DOCUMENTED_LINES = DOCUMENTED.splitlines(keepends=True)
line_numbers = st.integers(0, len(DOCUMENTED_LINES) - 1)


def without_line(number: int) -> str:
    return "".join(DOCUMENTED_LINES[:number] + DOCUMENTED_LINES[number + 1 :])


def with_lines_swapped(one: int, other: int) -> str:
    lines = list(DOCUMENTED_LINES)
    lines[one], lines[other] = lines[other], lines[one]
    return "".join(lines)


def with_character(at: int, character: str) -> str:
    return DOCUMENTED[:at] + character + DOCUMENTED[at + 1 :]


def assert_loads_or_explains(text: str) -> None:
    problems = loaded_or_explained(text)
    lines = len((text + "\n").splitlines()) + 1  # the end of a file may be the beginning of one more line
    assert all(1 <= problem.line <= lines and problem.column >= 1 for problem in problems)


def loaded_or_explained(text: str) -> list[Problem]:
    try:
        load_text(text, "any.yaml")
    except ScenarioError as error:
        return error.problems or [Problem("any.yaml", 0, 0, "an error without a problem")]
    return []


@settings(deadline=None)
@given(st.text(st.characters(), max_size=200) | st.text("ab:-[]{}&*!|>'\"%@#?,<~ \n\t\\x1", max_size=60))
@example("\ud800")
def test_any_text_loads_or_is_explained(text: str) -> None:
    """No text, however broken, raises anything but a ScenarioError."""
    assert_loads_or_explains(text)


@settings(max_examples=60, deadline=None)
@given(
    st.builds(without_line, line_numbers)
    | st.builds(with_lines_swapped, line_numbers, line_numbers)
    | st.builds(
        with_character, st.integers(0, len(DOCUMENTED) - 1), st.characters() | st.sampled_from(":-[]{}&*' \n\t")
    )
)
def test_any_change_to_a_scenario_loads_or_is_explained(text: str) -> None:
    """A slip of the hand in a good file never raises anything but a ScenarioError."""
    assert_loads_or_explains(text)


def parts_of(data: Any, path: DataPath = ()) -> Iterator[DataPath]:
    yield path
    if isinstance(data, dict | list):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from parts_of(value, (*path, key))


def with_part(path: DataPath, value: object) -> str:
    """The documented example, as JSON, with another value at *path*."""
    if not path:
        return json.dumps(value)
    data: Any = deepcopy(DOCUMENTED_DATA)
    mapping = data
    for key in path[:-1]:
        mapping = mapping[key]
    mapping[path[-1]] = value
    return json.dumps(data)


words = st.text(max_size=5) | st.sampled_from(
    [
        *"0123",
        "prod1",
        "outcome",
        "refused",
        "message",
        "table",
        "settle",
        "5s",
        "1.0",
        "[key]",
        "<table>",
        "{hint}",
    ]
)
any_value = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=100, deadline=None)
@given(st.builds(with_part, st.sampled_from(list(parts_of(DOCUMENTED_DATA))), any_value))
def test_any_value_anywhere_is_explained_in_plain_words(text: str) -> None:
    """Whatever stands in the place of a part, the message is ours and its place exists."""
    assert_loads_or_explains(text)
    for problem in loaded_or_explained(text):
        for foreign in ("Input should", "valid dictionary", "not permitted", "Field required", "Value should"):
            assert foreign not in problem.message
