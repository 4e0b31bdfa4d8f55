"""A file with `${...}` is the same file with the values in their places; what is wrong is told where it stands."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from simulator.errors import ScenarioError
from simulator.scenario.reading.load import load_text
from simulator.scenario.schema import json_schema

from .test_load import DURATION, problems_of

REST = """\
instances: { a: production, b: test }
applications: { App: { capabilities: { Cap: { operations: { op: message } } } } }
steps:
"""


def file(variables: str, steps: str, name: str = "A test") -> str:
    """A file whose variables stand on line 2, and whose steps begin on line 6."""
    return f"name: {name}\nvars: {variables}\n{REST}{steps}"


def is_the_same(written: str, plain: str, settings: Mapping[str, str] | None = None) -> bool:
    return load_text(written, "f", settings=settings or {}).scenario == load_text(plain, "f").scenario


@pytest.mark.parametrize(
    ("variables", "step", "plain"),
    [
        ("{ who: a }", "- stop: ${who}", "- stop: a"),
        ("{ who: [a, b] }", "- stop: ${who}", "- stop: [a, b]"),
        ("{ who: [a, b] }", '- stop: ["${who[1]}", "${who[0]}"]', "- stop: [b, a]"),
        ("{ t: { long: 5 } }", "- advance: ${t.long}m", "- advance: 5m"),
        ("{ t: 1.50 }", "- advance: ${t}s", "- advance: 1.50s"),
        ("{ v: 1.10 }", "- snapshot: { on: a, as: 'of ${v}' }", "- snapshot: { on: a, as: of 1.10 }"),
        ("{ v: true }", "- snapshot: { on: a, as: 'is ${v}' }", "- snapshot: { on: a, as: is true }"),
        (
            "{ p: { x: [1, true, null] } }",
            '- send: { from: a, to: b, payload: "${p}" }',
            "- send: { from: a, to: b, payload: { x: [1, true, null] } }",
        ),
        (
            "{ k: x, n: 7 }",
            '- send: { from: a, to: b, payload: { "${k}${n}": 1 } }',
            "- send: { from: a, to: b, payload: { x7: 1 } }",
        ),
        (
            "{ b: '${c}m', a: '${b}', c: 5 }",
            "- advance: ${a}",
            "- advance: 5m",
        ),
        (
            "{ text: 'its $${HOME}' }",
            '- send: { from: a, to: b, payload: { t: "${text} $${x} {}" } }',
            '- send: { from: a, to: b, payload: { t: "its $${HOME} $${x} {}" } }',
        ),
        (
            "{ dollar: $ }",
            '- send: { from: a, to: b, payload: { t: "${dollar}{x}" } }',
            '- send: { from: a, to: b, payload: { t: "$${x}" } }',
        ),
        (
            "{ m: { Impact Health: { two words: b } } }",
            "- stop: ${m.Impact Health.two words}",
            "- stop: b",
        ),
        ("{ e: [{ message: it, outcome: processed }] }", "- send: { from: a, to: b, as: it }\n- expect: ${e}",
         "- send: { from: a, to: b, as: it }\n- expect: [{ message: it, outcome: processed }]"),
    ],
)  # fmt: skip
def test_a_file_with_variables_is_the_file_with_their_values(variables: str, step: str, plain: str) -> None:
    written = file(variables, step)
    assert is_the_same(written, f"name: A test\n{REST}{plain}")
    schema = Draft202012Validator(json_schema())
    assert schema.is_valid(YAML(typ="safe", pure=True).load(written)), "an editor marks nothing in it"


def test_an_escaped_brace_needs_no_variables() -> None:
    assert load_text(f"name: For $${{HOME}}\n{REST}- settle", "f").scenario.name == "For ${HOME}"


@pytest.mark.parametrize(
    ("value", "step"),
    [
        ("b", "- stop: b"),
        ("[b, a]", "- stop: [b, a]"),
        ('"b"', "- stop: b"),
    ],
)
def test_what_is_set_counts_more_than_what_the_file_says(value: str, step: str) -> None:
    assert is_the_same(file("{ who: a }", "- stop: ${who}"), f"name: A test\n{REST}{step}", {"who": value})


def test_what_is_set_is_a_value_and_asks_for_no_other() -> None:
    found = load_text(file("{ x: a }", "- settle", name="${x}"), "f", settings={"x": "${x}"})
    assert found.scenario.name == "${x}"


def test_an_application_of_the_library_can_be_chosen() -> None:
    text = "name: A test\nvars: { app: Impact Health }\ninstances: { a: production }\n"
    text += "include: ['${app}']\nsteps: [settle]"
    assert [*load_text(text, "f").scenario.applications] == ["Impact Health"]


A_NAME = "expected a name, perhaps with a path as in name.key[0], got"


@pytest.mark.parametrize(
    ("variables", "step", "wrong"),
    [
        ("{ who: a }", "- stop: ${whom}", ["6:9: there is no variable 'whom'; did you mean 'who'?"]),
        ("{}", "- stop: ${whom}", ["6:9: there is no variable 'whom'; none is defined"]),
        ("{}", "- stop: ${}", ["6:9: expected a name between the braces of ${}"]),
        ("{}", "- stop: '${ }'", ["6:9: expected a name between the braces of ${}"]),
        ("{}", "- stop: ${who", ["6:9: this ${ has no closing }; write $${ where the text itself is meant"]),
        ("{}", "- stop: ${", ["6:9: this ${ has no closing }; write $${ where the text itself is meant"]),
        ("{}", "- stop: ${a..b}", [f"6:9: {A_NAME} 'a..b'"]),
        ("{}", "- stop: ${a + 1}", [f"6:9: {A_NAME} 'a + 1'"]),
        ("{}", "- stop: ${a[-1]}", [f"6:9: {A_NAME} 'a[-1]'"]),
        ("{}", "- stop: ${a[x]}", [f"6:9: {A_NAME} 'a[x]'"]),
        ("{}", "- stop: { on: ${a} }",
         ["6:16: not valid YAML: a ${...} inside of other braces needs quotes around the whole value"]),
        ("{}", "- stop: ${a.}", [f"6:9: {A_NAME} 'a.'"]),
        ("{}", "- stop: ${1a}", [f"6:9: {A_NAME} '1a'"]),
        ("{}", "- stop: ${a${b}}", ["6:9: this ${ has no closing }; write $${ where the text itself is meant"]),
        ("{ x: [a] }", "- stop: ${x[9]}", ["6:9: there is no ${x[9]}: x has 1 entry, counted from 0"]),
        ("{ x: [] }", "- stop: ${x[0]}", ["6:9: there is no ${x[0]}: x has none"]),
        ("{ x: { abc: 1 } }", "- stop: ${x.abd}",
         ["6:9: there is no ${x.abd}: x has no 'abd'; did you mean 'abc'?"]),
        ("{ x: { abc: 1 } }", "- stop: ${x[0]}", ["6:9: there is no ${x[0]}: x is a mapping; there are: abc"]),
        ("{ x: [a] }", "- stop: ${x.y}",
         ["6:9: there is no ${x.y}: x is a list; name one of its entries, as in x[0]"]),
        ("{ x: 5 }", "- stop: ${x.y}", ["6:9: there is no ${x.y}: x is the number 5"]),
        ("{ x: [a] }", "- stop: all of ${x}", ["6:9: ${x} as part of a text: it is a list"]),
        ("{ x: { a: b } }", "- stop: all of ${x}", ["6:9: ${x} as part of a text: it is a mapping"]),
        ("{ x: }", "- stop: all of ${x}", ["6:9: ${x} as part of a text: it is nothing"]),
        ("{ x: 10 }", "- advance: ${x}", [f"6:12: steps[0].advance: {DURATION}, got 10"]),
        ("{ who: c }", "- stop: ${who}", ["6:9: steps[0].stop: there is no instance 'c'; there are: a, b"]),
        ("{ x: '${y}', y: '${z}', z: '${x}' }", "- stop: ${x}",
         ["2:34: the variable 'x' is made of itself: x -> y -> z -> x"]),
        ("{ x: '${x}' }", "- settle", ["2:12: the variable 'x' is made of itself: x -> x"]),
        ("{ x: '${y}' }", "- settle", ["2:12: there is no variable 'y'; there are: x"]),
        ("{ 1st: a }", "- settle",
         ["2:9: expected a name of letters, digits, - and _, beginning with a letter, got '1st'"]),
        ("[a]", "- settle", ["2:7: vars: expected values by their names, got a list"]),
        ("a", "- settle", ["2:7: vars: expected values by their names, got 'a'"]),
        ("{ x: one }", '- send: { from: a, to: b, payload: { one: 1, "${x}": 2 } }',
         ["6:46: the key 'one' is here twice, with the values in their places"]),
        ("{ x: [a] }", '- send: { from: a, to: b, payload: { "${x}": 2 } }',
         ["6:38: ${x} as part of a text: it is a list"]),
        ("{ p: { from: a, to: c } }", "- send: ${p}",
         ["2:27: vars.p.to: there is no instance 'c'; there are: a, b"]),
        ("{ p: { from: a, to: b, paylod: c } }", "- send: ${p}",
         ["2:30: vars.p: there is no key 'paylod'; did you mean 'payload'?"]),
        ("{}", "- stop: c\n- advance: ${x}\n- stop: ${y}", [
            "6:9: steps[0].stop: there is no instance 'c'; there are: a, b",
            "7:12: there is no variable 'x'; none is defined",
            "8:9: there is no variable 'y'; none is defined",
        ]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_where_it_stands(variables: str, step: str, wrong: list[str]) -> None:
    """All at once, each once, and nothing that only follows from it."""
    assert problems_of(file(variables, step)) == wrong


def test_laughing_a_billion_times_is_refused() -> None:
    variables = ["v0: [1, 2, 3, 4, 5, 6, 7, 8, 9]"]
    variables += [f"v{number + 1}: [{', '.join([repr(f'${{v{number}}}')] * 9)}]" for number in range(11)]
    [said] = problems_of(file(f"{{ {', '.join(variables)} }}", "- settle"))
    assert said.endswith("more than 500000 values, with everything in its place")


def test_a_tower_of_variables_is_refused() -> None:
    variables = ["v0: [1]", *(f"v{n}: ['${{v{n - 1}}}']" for n in range(1, 80))]
    [said] = problems_of(file(f"{{ {', '.join(variables)} }}", "- settle"))
    assert said.endswith("nested deeper than 50 levels, with everything in its place")


@pytest.mark.parametrize(
    ("settings", "wrong"),
    [
        ({"whoo": "b"}, "f:2:7: --set whoo=b: there is no variable 'whoo'; did you mean 'who'?"),
        ({"who": "[b"}, "--set who:1:3: not valid YAML: expected ',' or ']', but got the end of the file"),
        ({"who": "{ b: 1, b: 2 }"}, "--set who:1:9: the key 'b' is here twice, first on line 1"),
    ],
)
def test_what_is_set_wrongly_is_told(settings: Mapping[str, str], wrong: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        load_text(file("{ who: a }", "- stop: ${who}"), "f", settings=settings)
    assert [str(problem) for problem in caught.value.problems] == [wrong]
