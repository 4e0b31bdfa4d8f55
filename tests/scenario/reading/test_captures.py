"""What a step captures is known to the steps after it, and everything about it is checked before the run."""

from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from simulator.errors import ScenarioError
from simulator.scenario.reading.load import load_steps, load_text
from simulator.scenario.schema import json_schema

from .test_load import DURATION, TOPOLOGY, problems_of

ASK = "- request: { on: a, path: /x }\n  capture: { id: result.id }\n"
USE = "- request: { on: a, path: '/x/${id}' }\n"


def test_a_capture_is_right() -> None:
    text = TOPOLOGY + ASK + USE + "expect: [{ journal: a, where: { explanation: '${id}' } }]"
    assert load_text(text, "f").scenario.steps[0].capture == {"id": "result.id"}
    assert Draft202012Validator(json_schema()).is_valid(YAML(typ="safe", pure=True).load(text))


def test_each_pass_of_a_loop_captures_its_own() -> None:
    """Under names of their own, so that what is written out is a file as well."""
    text = "- repeat: 3\n  steps:\n  - request: { on: a, path: /x }\n    capture: { id: result.id }\n"
    text += "  - request: { on: a, path: '/x/${id.of[0]}' }\n- request: { on: a, path: / }\n  capture: { id: x }\n"
    steps = load_text(TOPOLOGY + text, "f").scenario.steps
    assert [next(iter(step.capture)) for step in steps if step.capture] == ["id", "id_2", "id_3", "id_4"]
    assert [step.request.path for step in steps if step.request and not step.capture] == [
        "/x/${id.of[0]}", "/x/${id_2.of[0]}", "/x/${id_3.of[0]}",
    ]  # fmt: skip


LATER = "; what is captured is known when the steps are taken, and cannot stand here"


@pytest.mark.parametrize(
    ("steps", "wrong"),
    [
        (USE + ASK, ["5:27: 'id' is only captured later, on line 7"]),
        (ASK + "  expect: [{ journal: a, where: { explanation: '${id}' } }]\n",
         ["7:48: 'id' is only captured later, on line 6"]),
        ("- repeat: 2\n  steps:\n  - request: { on: a, path: / }\n    capture: { id: x }\n" + USE,
         ["9:27: 'id' is captured on line 8, for the steps after it in its own loop"]),
        (USE.replace("id", "ib") + ASK, ["5:27: there is no variable 'ib'; none is defined"]),
        (ASK + ASK, ["8:14: 'id' is captured already, on line 6"]),
        (ASK + "- repeat: 2\n  steps:\n  - request: { on: a, path: / }\n    capture: { id: x }\n",
         ["10:16: 'id' is captured already, on line 6"]),
        ("- repeat: 1\n  as: id\n  steps:\n  - request: { on: a, path: / }\n    capture: { id: x }\n",
         ["9:16: the name 'id' stands for something else already"]),
        ("- request: { on: a, path: / }\n  capture: { 'a b': x }\n",
         ["6:14: expected a name of letters, digits, - and _, beginning with a letter, got 'a b'"]),
        ("- request: { on: a, path: / }\n  capture: { id: 'x..y' }\n",
         ["6:18: steps[0].capture.id: expected a path in the answer such as result.items[0].sysId, got 'x..y'"]),
        ("- request: { on: a, path: / }\n  capture: { id: '' }\n",
         ["6:18: steps[0].capture.id: expected a path in the answer such as result.items[0].sysId, got ''"]),
        ("- request: { on: a, path: / }\n  capture: id\n",
         ["6:12: steps[0].capture: expected a mapping, got 'id'"]),
        ("- request: { on: [a, b], path: / }\n  capture: { id: x }\n",
         ["5:3: steps[0]: expected one instance with `capture`, got 2; a loop makes a step of each"]),
        ("- send: { from: a, to: [a, b] }\n  capture: { id: x }\n",
         ["5:3: steps[0]: expected one instance with `capture`, got 2; a loop makes a step of each"]),
        ("- stop: a\n  capture: { id: x }\n",
         ["5:3: steps[0]: expected `capture` with one of identify, request, send, which are answered"]),
        (ASK + "- stop: ${id}\n",
         [f"7:9: steps[1].stop: there is no instance '${{id}}'; there are: a, b{LATER}"]),
        (ASK + "- advance: ${id}\n", [f"7:12: steps[1].advance: {DURATION}, got '${{id}}'{LATER}"]),
        (ASK + "- request: { on: a, path: /, status: '${id}' }\n",
         [f"7:38: steps[1].request.status: expected a whole number, got '${{id}}'{LATER}"]),
        (ASK + "- send: { from: a, to: b, payload: { '${id}': 1 } }\n",
         ["7:38: a value that is captured is only known when it runs, and cannot be in a key"]),
        ("- settle\nalways: [{ journal: a, where: { explanation: '${id}' } }]\n",
         ["6:46: there is no variable 'id'; none is defined"]),
        (ASK + "always: [{ journal: a, where: { explanation: '${id}' } }]\n",
         ["7:46: 'id' is captured on line 6, for the steps after it in its own loop"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_before_the_run(steps: str, wrong: list[str]) -> None:
    assert problems_of(TOPOLOGY + steps) == wrong


def test_a_variable_is_not_captured() -> None:
    text = TOPOLOGY.replace("steps:", "vars: { id: 1 }\nsteps:") + ASK
    assert problems_of(text) == ["7:14: the name 'id' stands for something else already"]


def test_further_steps_know_what_was_captured() -> None:
    """And may be loops; their names go on where the file's end."""
    begun = load_text(TOPOLOGY + ASK, "f")
    more = load_steps("- repeat: 2\n  as: n\n  steps: [request: { on: a, path: '/x/${id}/${n}' }]", "typed", begun)
    assert [step.request.path for step in more.scenario.steps if step.request] == [
        "/x",
        "/x/${id}/1",
        "/x/${id}/2",
    ]
    with pytest.raises(ScenarioError) as caught:
        load_steps("- request: { on: a, path: '/x/${ib}' }", "typed", begun)
    assert str(caught.value) == "typed:1:27: there is no variable 'ib'; there are: id"
    with pytest.raises(ScenarioError) as caught:
        load_steps(ASK, "typed", begun)
    assert str(caught.value).startswith("typed:2:14: 'id' is captured already")
