"""A text is read quickly where it can be, and says the same as when it is read by the letter."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from yaml import YAMLError  # type: ignore[import-untyped]

from simulator.errors import ScenarioError
from simulator.scenario.reading import nodes, source
from simulator.scenario.reading.source import parse

PIECES = (
    *("a", "b: ", "c:", "- ", "\n", "\n  ", "\n    ", " ", ": ", "? ", "[", "]", "{", "}", ", ", "'", '"', "\\n"),
    *(
        "|\n  ",
        ">-\n  ",
        ">+\n  t\n\n",
        "&x ",
        "*x",
        "<<: *x",
        "!!str ",
        "! ",
        "# c\n",
        " #",
        "---\n",
        "...\n",
        "~",
    ),
    *(
        "0o17",
        "0x1f",
        "1.5",
        "1e3",
        ".5",
        "-",
        "true",
        "null",
        "=",
        "1_000",
        "yes",
        "é",
        "\u2028",
        "\x85",
        "\t",
        "\r",
    ),
    *("a:b", "[a:b]", "{a:1}", '{"a":1}', "a: 'x\n  y'\n", "- - ", "? a\n: b\n", "x: |2\n   x\n", "%", "@", "\0"),
)


def read(root: nodes.Node | None) -> tuple[object, ...]:
    """The data, the places and the problems of what is composed."""
    reader = source._Reader("f")
    try:
        data = None if root is None else reader.value(root, ())
    except ScenarioError as error:
        return (error.problems,)
    # Where nothing is, nothing stands.
    return repr(data), reader.values if data is not None else {}, reader.keys, reader.problems


@given(text=st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
@example(text="&a:b c")
@example(text="? <<")
@example(text="|#a")
def test_a_text_is_read_alike_quickly_and_by_the_letter(text: str) -> None:
    """What libyaml may read otherwise, for it reads YAML 1.1, is left to the other one, like every mistake."""
    if nodes._READ_OTHERWISE.search(text):
        return
    try:
        quick = nodes._compose_quickly(text, "f")
    except (YAMLError, nodes._FaultError):
        return
    try:
        by_the_letter = read(nodes._compose_slowly(text, "f"))
    except ScenarioError as error:
        by_the_letter = (str(error),)
    if "more indented follow up line" not in str(by_the_letter):  # ruamel sees a mistake where none is
        assert read(quick) == by_the_letter


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("a: 0o17", {"a": 15}),
        ("a: 017", {"a": 17}),
        ("a: 0x1F", {"a": 31}),
        ("a: on", {"a": "on"}),
        ("a: 1_000", {"a": "1_000"}),
        ("a: 12:30", {"a": "12:30"}),
        ("a: 2001-01-01", {"a": "2001-01-01"}),
        ("a: 1.", {"a": 1.0}),
        ("a: 1e3", {"a": 1000.0}),
        ("a: .inf", {"a": ".inf"}),
        ("a: TRUE", {"a": True}),
        ("a: tRUE", {"a": "tRUE"}),
        ("a: ~", {"a": None}),
        ("a: '1'", {"a": "1"}),
        ('a: !!str 1\nb: !!int "2"', {"a": "1", "b": 2}),
        ("a: " + "9" * 401, {"a": "9" * 401}),
        ("a: &x { b: 1 }\nc: { <<: *x, d: 2 }\ne: *x", {"a": {"b": 1}, "c": {"b": 1, "d": 2}, "e": {"b": 1}}),
        ("a: 'b\tc'", {"a": "b\tc"}),
        ("a: b\u2028c", {"a": "b\u2028c"}),
    ],
)
def test_scalars_are_those_of_the_core_schema(text: str, data: object) -> None:
    """YAML 1.2's, whichever reader takes the text; merge keys are there as well."""
    assert parse(text, "f").data == data
