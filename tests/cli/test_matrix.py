"""A file with variables and a matrix at the command line: a result for each combination, and --set."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from .command import EXAMPLE, called

FILE = """\
name: A roll-out
vars: { wait: 10m }
matrix: { version: [1.4.3, 1.5.0], who: [dev1, dev2] }
instances: { prod1: production, dev1: development, dev2: development }
applications: { App: { version: "${version}", capabilities: { Cap: { operations: { act: message } } } } }
steps:
  - name_manager: { on: "${who}", manager: prod1 }
  - advance: ${wait}
  - expect: [{ table: sn_mif_managed_by_instance, on: dev1, count: 1 }]
"""
"""It holds for dev1 alone."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "rollout.yaml"
    path.write_text(FILE)
    return path


HOLD = ["version=1.4.3, who=dev1", "version=1.5.0, who=dev1"]
FAIL = ["version=1.4.3, who=dev2", "version=1.5.0, who=dev2"]


def test_every_combination_has_a_result_and_a_line(file: Path, tmp_path: Path) -> None:
    """In every form of report, and each says how it is run again."""
    out = {suffix: tmp_path / f"out.{suffix}" for suffix in ("xml", "tap", "md", "html", "json", "jsonl", "mmd")}
    result = called("run", "--virtual", file, *(f"--report={path}" for path in out.values()))
    assert result.code == 1
    lines = [line for line in result.out.splitlines() if str(file) in line]
    for combination in (*HOLD, *FAIL):
        mark = "✓ met" if combination in HOLD else "✗ not met"
        assert any(line.startswith(mark) and f"{file} [{combination}]" in line for line in lines)
    assert "✗ not met: 2 of 4 runs, 10 of 12 steps" in result.out
    runs = json.loads(out["json"].read_text())
    assert [run["combination"] for run in runs] == [HOLD[0], FAIL[0], HOLD[1], FAIL[1]]
    assert {run["file"] for run in runs} == {str(file)}
    suites = Xml.fromstring(out["xml"].read_text())  # noqa: S314 - our own
    assert [suite.get("name") for suite in suites] == [f"A roll-out [{run['combination']}]" for run in runs]
    cases = {case.get("classname"): case.get("file") for case in suites.iter("testcase")}
    assert cases == {f"{file} [{run['combination']}]": str(file) for run in runs}
    for suffix in ("tap", "html", "md", "jsonl", "mmd"):
        text = (
            out[suffix]
            .read_text()
            .replace("&#91;", "[")
            .replace("&#93;", "]")
            .replace("#91;", "[")
            .replace("#93;", "]")
            .replace("#61;", "=")
        )
        assert all(f"[{run['combination']}]" in text for run in runs), suffix
    for run in runs:
        again = called(*shlex.split(run["replay"])[1:], "--json", "-", "-q")
        assert [it["fingerprint"] for it in json.loads(again.out)] == [run["fingerprint"]]


def test_a_report_made_later_names_the_combinations(file: Path, tmp_path: Path) -> None:
    """And two results are held against each other combination by combination."""
    before, after = tmp_path / "a.json", tmp_path / "b.json"
    called("run", "--virtual", file, "--json", before)
    file.write_text(FILE.replace("on: dev1, count", "on: dev2, count"))
    called("run", "--virtual", file, "--json", after)
    assert f"[{HOLD[0]}]" in called("report", before).out
    flipped = called("report", "--compare", before, after).out
    assert all(f"A roll-out [{combination}]" in flipped for combination in (*HOLD, *FAIL))


def test_set_chooses_a_value_and_changes_a_variable(file: Path) -> None:
    result = called("run", "--virtual", file, "--set", "who=dev1", "--set", "wait=7m", "--set", "version=2.0.0")
    assert result.code == 0
    assert f"{file} [version=2.0.0, who=dev1]" in result.out
    assert "advance 7m" in result.out
    assert f"--seed 0 --set who=dev1 --set wait=7m --set version=2.0.0 {file}" in result.out


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        (["--set", "whom=dev1"], "3:3: --set whom=dev1: there is no variable 'whom'; did you mean 'who'?"),
        (["--set", "wait"], "expected NAME=VALUE, got 'wait'"),
        (["--set", "=1"], "expected NAME=VALUE, got '=1'"),
        (["--set", "who=dev1", "--set", "who=dev2"], "who is set twice, to dev1 and to dev2"),
        (["--set", "wait=[1"], "--set wait:1:3: not valid YAML"),
    ],
)
def test_what_cannot_be_set_is_refused(file: Path, given: list[str], wrong: str) -> None:
    result = called("validate", file, *given)
    assert (result.code, result.out) == (2, "")
    assert wrong.replace("3:3", "2:7") in result.err


def test_of_several_files_each_takes_what_it_knows(file: Path) -> None:
    result = called("validate", EXAMPLE, file, "--set", "who=dev1")
    assert [line.split(": ok")[0] for line in result.out.splitlines()] == [
        str(EXAMPLE),
        *(f"{file} [{combination}]" for combination in HOLD),
    ]
    unknown = called("validate", EXAMPLE, file, "--set", "xyz=1")
    assert unknown.code == 2
    assert "there is no variable 'xyz'; there are: version, wait, who" in unknown.err


def test_a_sweep_takes_all_and_the_worst_counts(file: Path, tmp_path: Path) -> None:
    result = called("sweep", file, "--seeds=1", "--jobs=1", "--weather=calm", "--json", tmp_path / "s.json")
    assert result.code == 1
    swept = json.loads((tmp_path / "s.json").read_text())
    assert [(it["combination"], it["verdict"]) for it in swept] == [
        (HOLD[0], "held"), (FAIL[0], "broken"), (HOLD[1], "held"), (FAIL[1], "broken"),
    ]  # fmt: skip
    again = called(*shlex.split(swept[1]["seeds"][0]["replay"])[1:], "--jobs=1")
    assert again.code == 1
    assert f"{file} [{FAIL[0]}]" in again.out
    page = called("sweep", file, "--seeds=1", "--jobs=1", "--report", tmp_path / "s.html")
    assert page.code == 2
    assert "--report shows one of the 4 combinations" in page.err


@pytest.mark.parametrize("command", ["plan", "rollout", "up", "shrink --seed 0", "mutate", "why", "whatif order"])
def test_a_command_about_one_asks_which(file: Path, command: str) -> None:
    verb, *more = command.split()
    result = called(verb, *more, file, *(["dev1", "prod1"] if verb == "why" else []))
    assert (result.code, result.out) == (2, "")
    assert f"{file}:3:1: matrix: expected one combination, got 4" in result.err
    assert "choose one with --set version=1.4.3 --set who=dev1; " in result.err


def test_the_doctor_looks_at_all_of_them(file: Path) -> None:
    """A finding of some combinations is one finding."""
    file.write_text(FILE.replace("manager: prod1", 'manager: "${who}"'))
    found = called("doctor", file)
    assert found.out.count("error self_management") == 2, "one for each instance, whatever the version"


def test_each_combination_keeps_files_of_its_own(file: Path, tmp_path: Path) -> None:
    called("run", "--virtual", "-q", "--keep", tmp_path / "kept", file)
    assert sorted(path.name for path in (tmp_path / "kept").iterdir()) == [
        f"rollout-version-{version}-who-{who}" for version in ("1.4.3", "1.5.0") for who in ("dev1", "dev2")
    ]


def test_what_is_told_of_one_says_which_it_is(file: Path, tmp_path: Path) -> None:
    """And what is shrunk of it says how."""
    chosen, label = ["--set", "version=1.5.0", "--set", "who=dev2"], f"{file} [{FAIL[1]}]"
    assert label in called("plan", file, *chosen).out
    assert label in called("why", *chosen, file, "dev1", "prod1").out
    assert f"rollout.yaml [{FAIL[1]}]" in called("rollout", file, *chosen).out.replace("&#91;", "[").replace(
        "&#93;", "]"
    )
    small = tmp_path / "small.yaml"
    called("shrink", file, *chosen, "--seed=0", "--weather=calm", "--max-runs=20", "-o", small)
    command = f"trustsim shrink --seed 0 --weather calm --set version=1.5.0 --set who=dev2 {file}"
    assert f"# Shrunk from: {command}" in small.read_text()
