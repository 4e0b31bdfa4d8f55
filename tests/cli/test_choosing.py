"""A part of the work: by tags, up to a line, and no further than the first failure."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as Xml
from pathlib import Path

import pytest

from .command import called, run

HOLDS = """\
name: {name}
tags: {tags}
instances: {{ prod1: production, dev1: development }}
include: [Impact Health]
steps:
  - name_manager: {{ on: dev1, manager: prod1 }}
"""
FAILS = HOLDS + "    expect: refused\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five files, of which the second and the fourth are not met."""
    (tmp_path / "suite").mkdir()
    for number, tags in enumerate(["[smoke]", "[smoke, slow]", "[]", "[slow]", "[nightly-1.5]"]):
        text = (FAILS if number in {1, 3} else HOLDS).format(name=f"number {number}", tags=tags)
        (tmp_path / "suite" / f"{number}.yaml").write_text(text)
    return tmp_path / "suite"


@pytest.mark.parametrize(
    ("options", "chosen"),
    [
        ([], "01234"),
        (["--only", "smoke"], "01"),
        (["--only", "smoke", "--only", "nightly-1.5"], "014"),
        (["--skip", "slow"], "024"),
        (["--skip", "slow", "--skip", "smoke"], "24"),
        (["--only", "smoke", "--skip", "slow"], "0"),
        (["--skip", "unknown"], "01234"),
    ],
)
def test_tags_choose(folder: Path, options: list[str], chosen: str) -> None:
    result = called("validate", folder, *options)
    assert [Path(line.split(":")[0]).stem for line in result.out.splitlines()] == [*chosen]
    ran = called("run", "--virtual", "-q", folder, *options, "--json", "-")
    assert [run["name"][-1] for run in json.loads(ran.out)] == [*chosen]


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        (["--only", "smok"], "--only: no scenario has the tag 'smok'; did you mean 'smoke'?"),
        (["--skip", "slow", "--only", "slow"], "--skip: every scenario has one of these tags"),
    ],
)
def test_tags_that_leave_nothing_are_a_mistake(folder: Path, options: list[str], wrong: str) -> None:
    for command in (["validate"], ["run", "--virtual"]):
        result = called(*command, folder, *options)
        assert (result.code, result.out) == (2, "")
        assert wrong in " ".join(result.err.split())


def test_combinations_of_a_matrix_have_tags_of_their_own(tmp_path: Path) -> None:
    text = HOLDS.format(name="both", tags="['${size}']") + "matrix: { size: [small, large] }\n"
    (tmp_path / "f.yaml").write_text(text)
    result = called("run", "--virtual", tmp_path / "f.yaml", "--skip", "large")
    assert (result.code, "[size=small]" in result.out, "[size=large]" in result.out) == (0, True, False)
    swept = called("sweep", tmp_path / "f.yaml", "--only", "large", "--seeds=1", "--jobs=1", "--json", "-")
    assert [it["combination"] for it in json.loads(swept.out)] == ["size=large"]


@pytest.mark.parametrize(
    ("tags", "wrong"), [("[a b]", "tags[0]: expected a word"), ("smoke", "tags: expected a list")]
)
def test_a_tag_is_a_word(tmp_path: Path, tags: str, wrong: str) -> None:
    (tmp_path / "f.yaml").write_text(HOLDS.format(name="wrong", tags=tags))
    result = called("validate", tmp_path / "f.yaml")
    assert (result.code, wrong in result.err) == (2, True)


STEPS = """\
name: Three steps
instances: { prod1: production, dev1: development }
include: [Impact Health]
steps:
  - name_manager: { on: dev1, manager: prod1 }
  - advance: 10m
  - advance: 1m
expect: [{ table: sn_mif_managed_by_instance, on: dev1, count: 0 }]
eventually: [{ table: sn_mif_managed_by_instance, on: dev1, count: 0, within: 1m }]
"""


@pytest.mark.parametrize(("line", "steps", "code"), [(5, 1, 0), (6, 2, 0), (7, 3, 0), (8, 4, 1), (9, 5, 1)])
def test_until_takes_a_file_up_to_a_line(tmp_path: Path, line: int, steps: int, code: int) -> None:
    """What is expected below it is not judged."""
    (tmp_path / "f.yaml").write_text(STEPS)
    result = called("run", "--virtual", "--until", str(line), tmp_path / "f.yaml", "--json", tmp_path / "out.json")
    [ran] = json.loads((tmp_path / "out.json").read_text())
    assert (result.code, len(ran["steps"])) == (code, steps)


def test_until_takes_at_least_one_step(tmp_path: Path) -> None:
    """A line that was mistyped must not pass as a rehearsal that is met."""
    (tmp_path / "f.yaml").write_text(STEPS)
    result = called("run", "--virtual", "--until", "4", tmp_path / "f.yaml")
    assert result.code == 2
    assert "--until 4: no step begins on that line or above it" in result.err


def test_until_is_a_line_of_one_file(folder: Path) -> None:
    result = called("run", "--virtual", "--until", "6", folder)
    assert (result.code, result.out) == (2, "")
    assert "--until is a line of one file, and there are several" in result.err


def test_fail_fast_begins_nothing_more(folder: Path) -> None:
    """And says how much that was; the results are those of what was run."""
    files = [part for name in ("out.json", "out.xml", "out.tap") for part in ("--report", folder / name)]
    result = called("run", "--virtual", "--fail-fast", folder, *files)
    assert result.code == 1
    assert "✗ not met: 1 of 2 files, 1 of 2 steps" in result.out
    assert result.out.rstrip().endswith("3 not run after the first that was not met")
    assert [it["name"] for it in json.loads((folder / "out.json").read_text())] == ["number 0", "number 1"]
    suites = Xml.parse(folder / "out.xml").getroot()  # noqa: S314
    skipped = {suite.get("name"): [it.get("message") for it in suite.iter("skipped")] for suite in suites}
    why = "it was not run"
    assert list(skipped.values()) == [[], [], [why], [why], [why]]
    assert list(skipped)[2:] == ["number 2", "number 3", "number 4"]
    lines = (folder / "out.tap").read_text().splitlines()
    assert lines[1] == "1..5"
    assert [re.sub(r" - .*(?= # )", "", line) for line in lines if "# SKIP" in line] == [
        f"ok {number} # SKIP {why}" for number in (3, 4, 5)
    ]
    all_met = called("run", "--virtual", "--fail-fast", folder, "--skip", "slow")
    assert (all_met.code, "not run" in all_met.out) == (0, False)
    first = called("run", "--virtual", "--fail-fast", folder / "1.yaml", folder / "0.yaml")
    assert (first.code, "1 not run after" in first.out) == (1, True)


def test_fail_fast_compares_what_was_run(folder: Path) -> None:
    result = called("run", "--virtual", "--check-determinism", "--fail-fast", folder)
    assert result.code == 1
    assert result.err.count("two runs with seed 0 are the same") == 2


def test_fail_fast_lets_what_was_begun_come_to_its_end(folder: Path) -> None:
    """In processes of their own, and on a broker."""
    result = run(
        folder, "run", "--virtual", "--jobs", "2", "--fail-fast", folder / "1.yaml", *[folder / "0.yaml"] * 9
    )
    assert result.code == 1
    assert "not run after the first that was not met" in result.out
    live = run(folder, "run", "--jobs", "2", "--fail-fast", folder / "1.yaml", *[folder / "0.yaml"] * 4)
    assert live.code == 1
    assert "not run after the first that was not met" in live.out
