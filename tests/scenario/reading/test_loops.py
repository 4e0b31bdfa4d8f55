"""Loops are the steps of their passes, one after the other, written out before anything starts."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from simulator.errors import ScenarioError
from simulator.scenario.model import Step
from simulator.scenario.reading.load import LoadedScenario, load, load_text
from simulator.scenario.schema import json_schema

from .test_load import TOPOLOGY, problems_of


def steps(text: str) -> list[Step]:
    schema = Draft202012Validator(json_schema())
    assert schema.is_valid(YAML(typ="safe", pure=True).load(TOPOLOGY + text)), "an editor marks nothing in it"
    return load_text(TOPOLOGY + text, "f").scenario.steps


NESTED = """\
- repeat: 2
  as: n
  steps:
  - for_each: { x: [a, b] }
    steps: [snapshot: { on: '${x}', as: '${x}${n}' }]
"""
OF_MAPPINGS = """\
- for_each: { it: [{ on: a, t: [5] }, { on: b, t: [7] }] }
  steps: [stop: '${it.on}', advance: '${it.t[0]}m']
"""


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("- { repeat: 3, steps: [stop: a] }", "- stop: a\n" * 3),
        ("- { repeat: 2, as: n, steps: [advance: '${n}m', settle] }",
         "- advance: 1m\n- settle\n- advance: 2m\n- settle"),
        ("- { for_each: { x: [a, b] }, steps: [stop: '${x}'] }\n- settle", "- stop: a\n- stop: b\n- settle"),
        ("- { for_each: { x: [a, b], t: [1, 2] }, steps: [{ stop: '${x}' }, { advance: '${t}m' }] }",
         "".join(f"- stop: {x}\n- advance: {t}m\n" for x in "ab" for t in (1, 2))),
        (NESTED,
         "".join(f"- snapshot: {{ on: {x}, as: {x}{n} }}\n" for n in (1, 2) for x in "ab")),
        (OF_MAPPINGS,
         "- stop: a\n- advance: 5m\n- stop: b\n- advance: 7m"),
        ("- { for_each: { n: [1, 2] }, steps: [{ repeat: '${n}', steps: [stop: a] }] }", "- stop: a\n" * 3),
        ("- { for_each: { x: [a] }, steps: [{ for_each: { y: ['${x}', b] }, steps: [stop: '${y}'] }] }",
         "- stop: a\n- stop: b"),
    ],
)  # fmt: skip
def test_a_loop_is_its_passes(written: str, plain: str) -> None:
    assert steps(written) == load_text(TOPOLOGY + plain, "f").scenario.steps


def test_a_loop_may_go_through_a_variable() -> None:
    text = TOPOLOGY.replace("steps:", "vars: { all: [a, b], times: 2 }\nsteps:")
    text += "- { for_each: { x: '${all}' }, steps: [{ repeat: '${times}', steps: [stop: '${x}'] }] }"
    assert [step.stop for step in load_text(text, "f").scenario.steps] == [["a"], ["a"], ["b"], ["b"]]


def in_folder(tmp_path: Path, text: str) -> LoadedScenario:
    (tmp_path / "f.yaml").write_text(TOPOLOGY + text)
    return load(tmp_path / "f.yaml")


def payloads(loaded: LoadedScenario) -> list[object]:
    return [step.send.payload for step in loaded.scenario.steps if step.send]


SEND = "steps: [send: { from: a, to: b, payload: '${it}' }]"


def test_files_have_names_paths_and_contents(tmp_path: Path) -> None:
    """In the order of their names; JSON and YAML are data, everything else is text."""
    for name, text in {"z.json": '{ "x": "${no}" }', "b.yaml": "x: [1.0]", "a.txt": "x: $${no}"}.items():
        (tmp_path / "deep" / "er").mkdir(parents=True, exist_ok=True)
        (tmp_path / "deep" / "er" / name).write_text(text)
    for pattern in ("deep/er/*.*", "**/[a-z].*"):
        found = payloads(in_folder(tmp_path, f"- {{ for_each: {{ it: {{ files: '{pattern}' }} }}, {SEND} }}"))
        assert found[:3] == [
            {"name": "a", "path": "deep/er/a.txt", "content": "x: $${no}"},
            {"name": "b", "path": "deep/er/b.yaml", "content": {"x": [1.0]}},
            {"name": "z", "path": "deep/er/z.json", "content": {"x": "${no}"}},
        ]


def test_lines_are_values_and_rows_are_mappings(tmp_path: Path) -> None:
    (tmp_path / "f.jsonl").write_text('{ "n": 1.50, "t": "${x}" }\n\n   \n{"n": [true, null]}')
    assert payloads(in_folder(tmp_path, f"- {{ for_each: {{ it: {{ lines: f.jsonl }} }}, {SEND} }}")) == [
        {"n": 1.5, "t": "${x}"},
        {"n": [True, None]},
    ]
    (tmp_path / "f.csv").write_text('name,of\nweb1,"a, ""b""\nand c"\n\nweb2,${x}\n')
    assert payloads(in_folder(tmp_path, f"- {{ for_each: {{ it: {{ rows: f.csv }} }}, {SEND} }}")) == [
        {"name": "web1", "of": 'a, "b"\nand c'},
        {"name": "web2", "of": "${x}"},
    ]


@pytest.mark.parametrize(
    ("series", "wrong"),
    [
        ("{ files: '*.xyz' }", "f.yaml:5:21: *.xyz: there is no file like this"),
        ("{ files: '' }", ".:1:1: there is no file like this"),
        ("{ lines: no.jsonl }", "f.yaml:5:21: no.jsonl: the file cannot be read: No such file or directory"),
        ("{ lines: empty }", "empty:1:1: there is no value in this file"),
        ("{ rows: empty }", "empty:1:1: there is no value in this file"),
        ("{ lines: bad.jsonl }", "bad.jsonl:3:4: not valid JSON: Expecting ',' delimiter"),
        ("{ rows: bad.csv }", "bad.csv:3:1: expected 2 values, as in the first line, got 1"),
        ("{ rows: quote.csv }", "quote.csv:2:1: not valid CSV: unexpected end of data"),
        ("{ files: bad.json }", "bad.json:2:1: not valid JSON: Expecting value"),
        ("{ files: bad.yaml }", "bad.yaml:2:1: the key 'x' is here twice, first on line 1"),
        ("{ lines: . }", ".:1:1: the file cannot be read: Is a directory"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_where_it_stands(tmp_path: Path, series: str, wrong: str) -> None:
    for name, text in {
        "empty": "\n", "bad.jsonl": "1\n\n[1 2]", "bad.csv": "a,b\n1,2\n3\n", "quote.csv": 'a,b\n1,"2\n',
        "bad.json": "\n", "bad.yaml": "x: 1\nx: 2\n",
    }.items():  # fmt: skip
        (tmp_path / name).write_text(text)
    with pytest.raises(ScenarioError) as caught:
        in_folder(tmp_path, f"- {{ for_each: {{ it: {series} }}, {SEND} }}")
    assert str(caught.value).replace(f"{tmp_path}/", "").replace(f"{tmp_path}:", ".:") == wrong


TWICE = "each pass of a loop names a message 'it'; a value makes it one, as in `it-${n}`"
SERIES = "expected a list, or a mapping with `files`, `lines` or `rows`"
STEPS = "expected a list of `steps` to take, got"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("- { repeat: 0, steps: [settle] }", ["5:13: steps[0].repeat: expected 1 or more, got the number 0"]),
        ("- { repeat: -1, steps: [settle] }", ["5:13: steps[0].repeat: expected 1 or more, got the number -1"]),
        ("- { repeat: 1e9, steps: [settle] }",
         ["5:13: steps[0].repeat: expected at most 100000, got the number 1e9"]),
        ("- { repeat: x, steps: [settle] }", ["5:13: steps[0].repeat: expected a whole number, got 'x'"]),
        ("- { repeat: , steps: [settle] }", ["5:5: steps[0].repeat: expected a whole number, got nothing"]),
        ("- { repeat: 2 }", [f"5:3: {STEPS} nothing"]),
        ("- { repeat: 2, steps: [] }", [f"5:23: {STEPS} none"]),
        ("- { repeat: 2, steps: settle }", [f"5:23: {STEPS} 'settle'"]),
        ("- { repeat: 2, steps: [settle], has: n }",
         ["5:33: steps[0]: there is no key 'has'; did you mean 'as'?"]),
        ("- { repeat: 2, as: a b, steps: [settle] }",
         ["5:20: expected a name of letters, digits, - and _, beginning with a letter, got 'a b'"]),
        ("- { for_each: { x: [] }, steps: [settle] }",
         ["5:20: steps[0].for_each.x: expected at least one entry, got none"]),
        ("- { for_each: { x: one }, steps: [settle] }", [f"5:20: steps[0].for_each.x: {SERIES}"]),
        ("- { for_each: { x: { y: 1 } }, steps: [settle] }", [f"5:20: steps[0].for_each.x: {SERIES}"]),
        ("- { for_each: { x: { files: a, lines: b } }, steps: [settle] }",
         ["5:32: steps[0].for_each.x: there is no key 'lines'; did you mean 'files'?"]),
        ("- { for_each: [a], steps: [settle] }", ["5:15: steps[0].for_each: expected a mapping, got a list"]),
        ("- { for_each: {}, steps: [settle] }",
         ["5:15: steps[0].for_each: expected at least one entry, got none"]),
        ("- { for_each: { x: [1] }, steps: [{ repeat: 2, as: x, steps: [settle] }] }",
         ["5:52: the name 'x' stands for something else already"]),
        ("- { for_each: { x: [a, c, d] }, steps: [stop: '${x}'] }", [
            "5:47: steps[0].steps[0].stop: there is no instance 'c'; there are: a, b",
            "5:47: steps[0].steps[0].stop: there is no instance 'd'; there are: a, b",
        ]),
        ("- { repeat: 3, as: n, steps: [stop: '${m}'] }\n- stop: ${n}",
         ["5:37: there is no variable 'm'; there are: n", "6:9: there is no variable 'n'; none is defined"]),
        ("- { repeat: 2, steps: [send: { from: a, to: b, as: it }] }",
         [f"5:52: steps[0].steps[0].send.as: {TWICE}"]),
        ("- repeta: 3\n  steps: [settle]", ["5:3: steps[0]: there is no step 'repeta'; did you mean 'repeat'?"]),
        ("- for_eech: 3\n  steps: [settle]",
         ["5:3: steps[0]: there is no step 'for_eech'; did you mean 'for_each'?"]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_loop_is_told(text: str, wrong: list[str]) -> None:
    found = problems_of(TOPOLOGY + text)
    assert [problem for problem in found if "there is no step 'steps'" not in problem] == wrong


@pytest.mark.parametrize("body", ["[settle]", "[{ repeat: 0, steps: [settle] }]"])
def test_loops_have_an_end(body: str) -> None:
    """Also those in which nothing is right, and so nothing is made."""
    for _ in range(3):
        body = f"[{{ repeat: 5000, steps: {body} }}]"
    found = problems_of(TOPOLOGY + f"- {body[1:-1]}")
    assert "more than 100000 steps, with all loops written out" in found[-1] + found[0]
