"""A matrix makes a scenario for each combination of its values, which is called by them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from simulator.errors import ScenarioError
from simulator.scenario.reading.load import LoadedScenario, ScenarioFile, load_text

FILE = """\
name: Of ${x} and ${y}
matrix: <matrix>
instances: { a: production, b: test }
applications: { App: { capabilities: { Cap: { operations: { op: message } } } } }
steps: [settle]
"""


def scenarios(matrix: str, settings: Mapping[str, str] | None = None, file: str = FILE) -> list[LoadedScenario]:
    return ScenarioFile.of(file.replace("<matrix>", matrix), "f").all(settings or {})


UNNAMED = FILE.replace("${x} and ${y}", "all")

TWO = "{ x: [1, 2], y: [c, d] }"


@pytest.mark.parametrize(
    ("matrix", "settings", "expected"),
    [
        (TWO, {}, ["x=1, y=c", "x=1, y=d", "x=2, y=c", "x=2, y=d"]),
        ("{ x: [1, 2], y: [c, d], exclude: [{ x: 1 }] }", {}, ["x=2, y=c", "x=2, y=d"]),
        ("{ x: [1, 2], y: [c, d], exclude: [{ x: 1, y: c }, { y: d, x: 2 }] }", {}, ["x=1, y=d", "x=2, y=c"]),
        ("{ x: [1], y: [c], include: [{ y: e, x: 3 }] }", {}, ["x=1, y=c", "x=3, y=e"]),
        ("{ x: [1], y: [c], include: [{ y: c, x: 1 }] }", {}, ["x=1, y=c"]),
        ("{ x: [1], y: [c], exclude: [{ x: 1 }], include: [{ y: c, x: 1 }] }", {}, ["x=1, y=c"]),
        ("{ x: [1, true, 1.10, one], y: [null] }", {}, ["x=1, y=null", "x=true, y=null", "x=1.10, y=null",
                                                        "x=one, y=null"]),
        ("{ x: [{ a: [1] }], y: [c] }", {}, ['x={"a": [1]}, y=c']),
        (TWO, {"x": "2"}, ["x=2, y=c", "x=2, y=d"]),
        (TWO, {"y": "d", "x": "1"}, ["x=1, y=d"]),
        (TWO, {"x": "7"}, ["x=7, y=c", "x=7, y=d"]),
        ("{ x: [1, 2], y: [c], exclude: [{ x: 1 }], include: [{ x: 3, y: e }] }", {"x": "2"}, ["x=2, y=c"]),
        ("{ x: [1, 2], y: [c], include: [{ x: 3, y: e }] }", {"x": "3"}, ["x=3, y=c", "x=3, y=e"]),
    ],
)  # fmt: skip
def test_every_combination_is_a_scenario(matrix: str, settings: Mapping[str, str], expected: list[str]) -> None:
    assert [loaded.combination for loaded in scenarios(matrix, settings, UNNAMED)] == expected


def test_each_has_its_values_in_their_places() -> None:
    assert [loaded.scenario.name for loaded in scenarios(TWO)] == [
        "Of 1 and c",
        "Of 1 and d",
        "Of 2 and c",
        "Of 2 and d",
    ]


def test_what_selects_one_selects_it_again() -> None:
    """The settings of a result lead to this one alone, whatever its values are."""
    matrix = "{ x: ['1', 1, 1.50, '', 'a b', \"it's\", '$${y}', true, 'true', '[c]'], y: ['$${z}'] }"
    every = scenarios(matrix)
    assert len(every) == 10
    for loaded in every:
        settings = dict(each.split("=", 1) for each in loaded.source.settings)
        [again] = scenarios(matrix, settings)
        assert (again.scenario, again.combination) == (loaded.scenario, loaded.combination)


def test_a_matrix_may_be_made_of_variables_and_variables_of_it() -> None:
    text = FILE.replace("matrix:", "vars: { all: [1, 2], y: 'y${x}' }\nmatrix:")
    assert [it.scenario.name for it in scenarios("{ x: '${all}' }", {}, text)] == ["Of 1 and y1", "Of 2 and y2"]
    [only] = scenarios("{ x: '${all}' }", {"all": "[5]"}, text)
    assert only.source.settings == ("all=[5]", "x=5")


@pytest.mark.parametrize(
    ("matrix", "wrong"),
    [
        ("[1]", ["2:9: matrix: expected lists of values by their names, got a list"]),
        ("{}", ["2:9: matrix: expected at least one name with its values, got none"]),
        ("{ include: [{ x: 1 }] }", ["2:9: matrix: expected at least one name with its values, got none"]),
        ("{ x: [], y: [1] }", ["2:14: matrix.x: expected at least one value, got none"]),
        ("{ x: one, y: [1] }", ["2:14: matrix.x: expected a list of values, got 'one'"]),
        ("{ x: [1, 2, 1], y: [1] }", ["2:21: matrix.x: 1 is here twice"]),
        ("{ x: [1], y: [1], exclude: { x: 1 } }",
         ["2:36: matrix.exclude: expected a list of combinations, got a mapping"]),
        ("{ x: [1], y: [1], exclude: [x] }", ["2:37: matrix.exclude: expected values by their names, got 'x'"]),
        ("{ x: [1], y: [1], exclude: [{}] }", ["2:37: matrix.exclude: expected values by their names, got none"]),
        ("{ xx: [1], y: [1], x: [1], exclude: [{ yx: 1 }] }",
         ["2:48: matrix.exclude: the matrix has no 'yx'; did you mean 'y'?"]),
        ("{ x: [one], y: [1], exclude: [{ x: onn }] }",
         ["2:44: matrix.exclude: x is never onn; did you mean 'one'?"]),
        ("{ x: [1], y: [1], include: [{ x: 2 }] }", ["2:37: matrix.include: expected a value for y as well"]),
        ("{ x: [1], y: [1], include: [{ x: 2, y: 2, z: 3 }] }",
         ["2:51: matrix.include: the matrix has no 'z'; there are: x, y"]),
        ("{ x: [1], y: [1], exclude: [{ x: 1 }] }", ["2:9: matrix: all of its combinations are excluded"]),
        ("{ x: ['${y}'], y: [1] }", ["2:15: 'y' is one of the matrix, which is made before it has a value"]),
        (f"{{ x: {list(range(40))}, y: {list(range(40))} }}",
         ["2:9: matrix: expected at most 1000 combinations, got 1600"]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_matrix_is_told(matrix: str, wrong: list[str]) -> None:
    with pytest.raises(ScenarioError) as caught:
        scenarios(matrix)
    found = [str(problem).removeprefix("f:") for problem in caught.value.problems]
    assert [it for it in found if "there is no variable" not in it] == wrong


def test_a_name_is_a_variable_or_one_of_the_matrix() -> None:
    with pytest.raises(ScenarioError) as caught:
        scenarios("{ x: [1], y: [1] }", {}, FILE.replace("matrix:", "vars: { x: 1 }\nmatrix:"))
    assert str(caught.value) == "f:2:9: 'x' is in the matrix as well, on line 3"


def test_what_is_wrong_with_some_combinations_says_with_which() -> None:
    """What is wrong with all of them is told once, and plainly."""
    text = FILE.replace("[settle]", "[{ stop: '${y}' }, { stop: '${x}' }, { start: z }]")
    with pytest.raises(ScenarioError) as caught:
        scenarios("{ x: [a, c], y: [a, c] }", {}, text)
    unknown = "there is no instance 'c'; there are: a, b"
    assert [str(problem) for problem in caught.value.problems] == [
        f"f:5:17: steps[0].stop: {unknown} [x=a, y=c and 1 more]",
        f"f:5:35: steps[1].stop: {unknown} [x=c, y=a and 1 more]",
        "f:5:54: steps[2].start: there is no instance 'z'; there are: a, b",
    ]


def test_who_needs_one_is_told_all() -> None:
    with pytest.raises(ScenarioError) as caught:
        load_text(FILE.replace("<matrix>", TWO), "f")
    said = "; ".join(f"--set x={x} --set y={y}" for x in "12" for y in "cd")
    assert str(caught.value) == f"f:2:1: matrix: expected one combination, got 4; choose one with {said}"
