"""Reports: the same for the same seed, and whatever stands in data is text in them and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import unquote
from xml.etree import ElementTree as Xml

import pytest
from markdown_it import MarkdownIt

from simulator.journal import Entry, Outcome
from simulator.report.files.annotations import annotation_of
from simulator.report.files.formats import FORMATS, written
from simulator.report.files.sarif import to_sarif
from simulator.report.printable import printable
from simulator.report.remarks import Remark, remarks_of
from simulator.report.result import BrokenRun, Failure, Run, RunResult, StepResult, Trust

from .golden import GOLDEN, SUFFIXES, reports

HOSTILE = (
    "\x1b[31m \u202e\x00 </text><script>alert(1)</script> ]]> &amp; <!-- \"' | a | b | `` ` ``` "
    "*b* _i_ [l](u) ![i](u) ~~s~~ $x$ :smile: @you #1 # SKIP # TODO \\# %%{init}%% #quot; ; "
    "-->> end Note over i0: \r\n"
    "ok 7\nnot ok 8\n1..9\nBail out!\n  ...\n::error::x\n# head\n- item\n> quote\n    code\n---\n"
    "i0->>i0: x\n%0A,a:b"
)
AT = datetime(2026, 1, 5, tzinfo=UTC)


def run(text: str) -> RunResult:
    """A run in which the text stands wherever data does; of two steps one is not met."""
    failure = Failure(line=3, path=("steps",), wanted=text, seen=text, explanation=text, responses={text: {}})
    trust = Trust(trustor=text, trustee="prod1", application=text, capability=text, version=text, origin=text)
    steps = [
        StepResult(
            number=number, line=number, text=text, outcome=text, reasons=(text,), failures=failures,
            began=AT, ended=AT, seconds=0.5,
        )
        for number, failures in ((1, ()), (2, (failure,)))
    ]  # fmt: skip
    entry = Entry(
        instance=text, at=AT, outcome=Outcome.REFUSED, explanation=text, code=text, envelope="e", kind=text,
        sender="prod1", recipient=text, application=text, capability=text, operation=text,
    )  # fmt: skip
    return RunResult(
        file=text, name=text, steps=tuple(steps), instances=(text, "prod1"), tables={}, journal=(entry,),
        trust=(trust,), undelivered=(), alterations=(), answers=(), began=AT, ended=AT, fingerprint="f",
        seconds=1.0, seed=0,
    )  # fmt: skip


RUNS: list[Run] = [run(HOSTILE), run("plain"), BrokenRun(file=HOSTILE, name=HOSTILE, error=HOSTILE)]
ONE_LINE = " ".join(printable(HOSTILE).split())


def report(suffix: str) -> str:
    """The report of the runs, in which nothing stands that a terminal or an editor obeys."""
    text = written(RUNS, suffix)
    assert text == printable(text)
    return text


def test_golden() -> None:
    """Of the documented example all reports are as they are kept; see golden.py for how to renew them."""
    changed = [path.name for path, text in reports() if path.read_text() != text]
    assert changed == [], "`python -m tests.report.golden` writes them anew; look at what has changed"
    assert {path.suffix for path in GOLDEN.iterdir()} == set(SUFFIXES)


@pytest.mark.parametrize("suffix", FORMATS)
def test_how_long_it_took_is_told_of_a_run_on_a_broker_only(suffix: str) -> None:
    """In virtual time it depends on the machine, and the same seed is to give the same report."""
    slow = replace(run("plain"), seconds=77.25)
    assert written([slow], suffix) == written([run("plain")], suffix)
    if suffix in {".md", ".xml", ".json", ".svg"}:
        assert "77.25" in written([replace(slow, seed=None)], suffix)


def test_markdown() -> None:
    """Nothing is a link, a heading, HTML or a cell that was meant as text; what is verbatim ends nothing."""
    html = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(report(".md"))
    assert set(re.findall(r"<(\w+)", html)) == {
        "h1", "h2", "p", "strong", "pre", "code", "table", "thead", "tbody", "tr", "th", "td",
    }  # fmt: skip
    assert html.count("<h1>") == 1
    assert html.count("<h2>") == len(RUNS)
    assert {len(re.findall("<td>", row)) for row in re.findall(r"<tr>(.*?)</tr>", html, re.DOTALL)} == {0, 4, 2}
    root = Xml.fromstring(f"<r>{html}</r>")  # noqa: S314 - it is ours
    assert [cell.text for cell in root.findall(".//td")].count(ONE_LINE) == 9
    assert any("wanted: " + printable(HOSTILE) in str(code.text) for code in root.findall(".//code"))


def test_mermaid() -> None:
    """Every line is one of the few that there are, and holds no sign with a meaning to Mermaid or HTML."""
    first, *lines = report(".mmd").splitlines()
    assert first == "sequenceDiagram"
    text = r"(?:[\w .,/()?!*'-]|#\d+;)*"
    for line in lines:
        assert re.fullmatch(rf"    (participant i\d+ as|Note over i0,i2:|i\d+-[->)x]+i\d+:) {text}", line), line
    assert "script" in lines[0]
    assert "#60;script#62;" in lines[0]


@pytest.mark.parametrize("suffix", [".svg", ".xml"])
def test_xml(suffix: str) -> None:
    """It is well-formed, has the elements that it should have, and its texts say what data say."""
    root = Xml.fromstring(report(suffix))  # noqa: S314 - it is ours
    names = {element.tag.rpartition("}")[2] for element in root.iter()}
    known = {
        ".svg": {"svg", "title", "style", "rect", "line", "g", "path", "text"},
        ".xml": {"testsuites", "testsuite", "properties", "property", "testcase", "failure", "error"},
    }
    assert names == known[suffix]
    said = {element.text for element in root.iter()} | {element.get("name") for element in root.iter()}
    assert printable(HOSTILE) in {str(each).replace("\r", "␍") for each in said} or ONE_LINE in said


def test_tap() -> None:
    """No text is a test, a plan or a directive; what a failure has is YAML, with values as JSON."""
    version, plan, *lines = report(".tap").splitlines()
    assert (version, plan) == ("TAP version 14", f"1..{len(RUNS)}")
    points = [line for line in lines if re.match(r" *(not )?ok \d", line)]
    assert [point.split(" - ")[0] for point in points] == [
        "    ok 1", "    not ok 2", "not ok 1", "    ok 1", "    not ok 2", "not ok 2", "not ok 3",
    ]  # fmt: skip
    assert not any(re.search(r"(?<!\\)#", point) for point in points)
    others = [line for line in lines if line not in points]
    values = [re.fullmatch(r" {2}(?: {4})?(\w+): (.*)", line) for line in others]
    told = [json.loads(value[2]) for value in values if value]
    assert told.count(HOSTILE) == 5  # wanted, seen and why; of the broken run message and file
    rest = {line.strip().partition(":")[0] for line, value in zip(others, values, strict=True) if not value}
    assert rest == {"# Subtest", "1..2", "---", "..."}


def test_json_lines() -> None:
    """An object for each entry of a journal."""
    entries = [json.loads(line) for line in report(".jsonl").splitlines()]
    assert [entry["application"] for entry in entries] == [HOSTILE, "plain"]


def test_annotations() -> None:
    """A line each, out of which GitHub reads what data say, and no further command or property."""

    def read(text: str) -> str:
        for sign in "\r\n:,%":
            text = text.replace(f"%{ord(sign):02X}", sign)
        return text

    lines = list(map(annotation_of, remarks_of(RUNS)))
    assert len(lines) == 3
    for line in lines:
        assert line == printable(line)
        assert "\n" not in line
    found = re.fullmatch(r"::error file=([^,:]*),line=3,title=([^,:]*)::(.*)", lines[0])
    assert found is not None
    hostile = printable(HOSTILE.replace("\r", "\n"))
    assert [read(part) for part in found.groups()] == [
        hostile, f"{hostile}: {hostile}", f"wanted: {hostile}\nseen: {hostile}\nwhy: {hostile}",
    ]  # fmt: skip


def test_sarif() -> None:
    """A result for each failure, with its place, as the schema of SARIF 2.1.0 has it."""
    log = json.loads(report(".sarif"))
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("/sarif-schema-2.1.0.json")
    (scan,) = log["runs"]
    assert scan["tool"]["driver"] == {"name": "trustsim", "rules": [{"id": "no-end"}, {"id": "not-met"}]}
    results = scan["results"]
    assert [result["ruleId"] for result in results].count("not-met") == 2
    first = results[0]
    place = first["locations"][0]["physicalLocation"]
    assert (first["level"], place["region"]) == ("error", {"startLine": 3})
    assert unquote(place["artifactLocation"]["uri"]) == HOSTILE
    assert "seen: " in first["message"]["text"]
    assert json.loads(to_sarif([Remark(file="/a b.yaml", line=0, code="x", text="y")]))["runs"][0]["results"] == [
        {
            "ruleId": "x",
            "level": "error",
            "message": {"text": "y"},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": "file:///a%20b.yaml"}}}],
        }
    ]


def test_what_was_lost_or_came_of_nobody_known_has_its_lane_and_its_shape() -> None:
    """A sender who is no instance has a lane of its own, and what never arrived ends before its recipient."""
    stranger = replace(run("plain").journal[0], sender="stranger", recipient="prod1", instance="prod1")
    lost = replace(stranger, instance="plain", sender="plain", outcome=Outcome.EXPIRED, at=AT)
    text = written([replace(run("plain"), journal=(stranger, lost))], ".mmd")
    assert "participant i2 as stranger" in text
    assert {line.strip().partition(":")[0] for line in text.splitlines() if "plain plain" in line} >= {
        "i2-xi1",
        "i0-)i1",
    }
    svg = written([replace(run("plain"), journal=(stranger, lost))], ".svg")
    assert list(_arrows(svg)) == ["arrow refused", "arrow expired"]


def _arrows(svg: str) -> Iterator[str]:
    for element in Xml.fromstring(svg).iter():  # noqa: S314 - it is ours
        if str(element.get("class")).startswith("arrow "):
            yield str(element.get("class"))
