"""`trustsim fmt` has one layout; what a file says, and its comments, stay."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

import simulator
from simulator.errors import ScenarioError
from simulator.scenario.reading.library import EXAMPLES
from simulator.scenario.reading.source import parse
from simulator.scenario.writing.layout import WIDTH, laid_out
from tests.fleet import examples

LONG = "x" * 60

CASES = {
    "spaces and empty lines are ours": (
        "a:   1\n\n\n\nb :   { x:1,y: [ 1,2 ] }\n\n\n",
        "a: 1\n\nb: { x:1, y: [1, 2] }\n",
    ),
    "blocks stand two further right": (
        "steps:\n- a: 1\n  b:\n        c: 2\n-   - 1\n    - 2\n",
        "steps:\n  - a: 1\n    b:\n      c: 2\n  - - 1\n    - 2\n",
    ),
    "comments stay where they are": (
        "# one\n\n# two\na:    # three\n    # four\n    - b   # five\n    # six\n# seven\nc: d\n# eight",
        "# one\n\n# two\na: # three\n  # four\n  - b # five\n  # six\n# seven\nc: d\n# eight\n",
    ),
    "a comment in brackets makes a block of them": (
        "a: [ # one\n  b, # two\n  # three\n  { c: d } ] # four\ne: { # five\n  f: 1 }\n",
        "a: # one\n  - b # two\n  # three\n  - { c: d } # four\ne: # five\n  f: 1\n",
    ),
    "what is too long becomes a block": (
        f"- {{ a: {LONG}, b: {LONG}, c: [{LONG}, {LONG}] }}\n",
        f"- a: {LONG}\n  b: {LONG}\n  c:\n    - {LONG}\n    - {LONG}\n",
    ),
    "or goes below its key, if it fits there": (
        f"abcd: {{ a: {LONG}, b: {'y' * 44} }}\n",
        f"abcd:\n  {{ a: {LONG}, b: {'y' * 44} }}\n",
    ),
    "what is written in one line over several comes back to one": (
        "a: [b,\n    c,\n    {d: e,\n     f: g}]\n",
        "a: [b, c, { d: e, f: g }]\n",
    ),
    "lines of a text stay lines": (
        "a: one\n      two\n\n      three\nb: >  # c\n   four\n     five\n\n\nc: |+\n  six\n\nd: |-\n    seven\n",
        "a: one\n  two\n\n  three\nb: >  # c\n  four\n    five\n\nc: |+\n  six\n\nd: |-\n  seven\n",
    ),
    "white space at the beginning of a text stays": (
        "a: |4\n      one\n    two\nb:\n  - |1\n     three\n",
        "a: |2\n    one\n  two\nb:\n  - |2\n      three\n",
    ),
    "white space at the end of a text stays": (
        "a: |\n    one  \n      \n    two\t\nb: >-\n    three \n",
        "a: |\n  one  \n    \n  two\t\nb: >-\n  three \n",
    ),
    "a comment stays where it is also after a key with nothing": (
        "a:\nb: # c\n    d: 1\ne:\n# f\ng:\n\nh: [] # i\n",
        "a:\nb: # c\n  d: 1\ne:\n# f\ng:\n\nh: [] # i\n",
    ),
    "quotes, numbers and names stay as written": (
        "'a': \"b\\n\"\n\"c\": 'it''s'\nd: 0x1F\ne: 1.50\nf: ~\ng: {}\nh: []\ni: {j: , k: }\nl:\n",
        "'a': \"b\\n\"\n\"c\": 'it''s'\nd: 0x1F\ne: 1.50\nf: ~\ng: {}\nh: []\ni: { j: , k: }\nl:\n",
    ),
    "anchors, aliases and merges stay": (
        "a: &x\n    b: 1\nc: &y {d: 2}\ne:\n  - &z\n    f: 3\n  - *x\n  - <<: [*x, *y]\n    g: 4\n  - *z\n",
        "a: &x\n  b: 1\nc: &y { d: 2 }\ne:\n  - &z\n    f: 3\n  - *x\n  - <<: [*x, *y]\n    g: 4\n  - *z\n",
    ),
    "the sign before a document stays": ("# one\n---\na: 1\n...\n", "# one\n---\na: 1\n"),
    "ends of lines are ours": ("\ufeffa: 1\r\nb: 2\r\n", "a: 1\nb: 2\n"),
    "a text of its own": ("  word  # c\n", "word # c\n"),
}


@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=CASES)
def test_the_layout(before: str, after: str) -> None:
    assert laid_out(before, "f.yaml") == after
    assert laid_out(after, "f.yaml") == after


@pytest.mark.parametrize("file", sorted(EXAMPLES.rglob("*.yaml")), ids=lambda file: file.name)
def test_what_comes_with_trustsim_is_laid_out(file: Path) -> None:
    assert laid_out(file.read_text(), str(file)) == file.read_text()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("? [a]\n: b\n", "f.yaml:1:3: this has no layout, and stays as it is: expected a key in one line"),
        ("%YAML 1.2\n---\na: 1\n", "f.yaml:1:1: this has no layout, and stays as it is: expected no directive"),
        ("a: [\n", "not valid YAML"),
        ("", "the file is empty"),
    ],
)
def test_what_has_no_layout_is_refused(text: str, why: str) -> None:
    with pytest.raises(ScenarioError) as raised:
        laid_out(text, "f.yaml")
    assert any(why in str(problem) for problem in raised.value.problems)


# -- files that nobody would write ----------------------------------------------------------------------

WORDS = st.sampled_from(
    ["a", "b c", "'q: #'", '"d\\n"', "1", "true", "~", "x#y", "z", "'${v}'", "http://h:1/p?q=1", LONG, "''"]
)
DATA = st.recursive(
    WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("klmno"), inner, max_size=4),
    max_leaves=12,
)
FILES = st.dictionaries(st.sampled_from("klmno"), DATA, min_size=1, max_size=4) | st.lists(DATA, min_size=1)


class Writer:
    """Writes data in ways that YAML allows, with comments wherever there may be some."""

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        self._draw = draw
        self._number = 0

    def one_of(self, *texts: str) -> str:
        return str(self._draw(st.sampled_from(texts)))

    def number(self, *of: int) -> int:
        return int(self._draw(st.sampled_from(of)))

    def comment(self) -> str:
        self._number += 1
        return f"# {self._number}: [-"

    def end(self) -> str:
        """What may end a line: a comment, empty lines, or nothing."""
        return self.one_of("", "", "", f"  {self.comment()}") + self.one_of("", "", "\n", "\n\n") + "\n"

    def before(self, indent: int) -> str:
        pad = " " * self.number(0, indent, indent + 3)
        return self.one_of("", "", "\n", f"{pad}{self.comment()}\n")

    def block(self, data: Any, indent: int) -> str:
        heads = [f"{key}:" for key in data] if isinstance(data, dict) else ["-"] * len(data)
        values = data.values() if isinstance(data, dict) else data
        pad = " " * indent
        return "".join(
            f"{self.before(indent)}{pad}{head}{self.value(value, indent)}"
            for head, value in zip(heads, values, strict=True)
        )

    def value(self, value: Any, indent: int) -> str:
        if isinstance(value, str):
            return self.text(value, indent)
        if not value or self.number(0, 1):
            return f" {self.flow(value)}{self.end()}"
        return self.end() + self.block(value, indent + self.number(1, 2, 4))

    def text(self, value: str, indent: int) -> str:
        match self.one_of("here", "here", "below", "lines", "nothing"):
            case "nothing":
                return self.end()
            case "below":
                return f"{self.end()}{' ' * (indent + 1)}{value}{self.end()}"
            case "lines":
                pad = " " * (indent + self.number(1, 2, 5))
                blanks = self.one_of("", "", "  ", "\t")
                lines = f"{pad}{value}{blanks}\n{pad}  more\n{pad if blanks else ''}{blanks}\n{pad}last{blanks}\n"
                lines += self.one_of("", "\n")
                return f" {self.one_of('|', '|-', '>', '|+')}\n{lines}"
        return f" {value}{self.end()}"

    def flow(self, value: Any) -> str:
        if isinstance(value, str):
            return value
        space = self.one_of("", " ", f" {self.comment()}\n       ", "\n          ")
        if isinstance(value, dict):
            inner = f",{space} ".join(f"{key}: {self.flow(one)}" for key, one in value.items())
            return f"{{{space}{inner}{space}}}"
        return f"[{space}{f',{space}'.join(map(self.flow, value))}{space}]"


@examples(80, nightly=3_000)
@given(st.data())
def test_whatever_yaml_allows_stays_what_it_says(data: st.DataObject) -> None:
    """Data, comments and their order stay; no line is too long that could be shorter; twice is as once."""
    value = data.draw(
        st.dictionaries(st.sampled_from("klmno"), DATA, min_size=1, max_size=4) | st.lists(DATA, min_size=1)
    )
    text = Writer(data.draw).block(value, 0)
    note(text)
    before = parse(text, "f.yaml").data
    after = laid_out(text, "f.yaml")
    assert repr(parse(after, "f.yaml").data) == repr(before)
    assert laid_out(after, "f.yaml") == after
    assert "\n\n\n" not in after or "|+" in after
    for line in after.splitlines():
        assert "{" not in line or len(line.split(" # ")[0].split(" #")[0]) <= WIDTH


def test_the_package_has_nothing_to_lay_out() -> None:
    """The setups and tables that are part of the package are YAML of the same layout."""
    for file in Path(simulator.__file__).parent.rglob("*.yaml"):
        laid_out(file.read_text(), str(file))
