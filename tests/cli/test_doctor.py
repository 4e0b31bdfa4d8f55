"""`trustsim doctor`: lines that a person and a machine can read, and exit codes."""

from __future__ import annotations

import json
from pathlib import Path

from .command import EXAMPLE, HEAD, called, run

WRONG = HEAD.format(name="Wrong way round") + "steps:\n  - name_manager: { on: prod1, manager: subprod1 }\n"


def test_an_error(tmp_path: Path) -> None:
    """Exit code 1; the place, the code, what was found and what mends it."""
    file, out = tmp_path / "wrong.yaml", tmp_path / "out.json"
    file.write_text(WRONG)
    result = run(tmp_path, "doctor", "--json", out, file)
    assert result.code == 1
    line = len(HEAD.splitlines()) + 2
    said = "subprod1 is non-production and prod1 is production; "
    said += "a non-production instance never manages a production one."
    mends = "the administrator chooses a production instance as manager"
    assert result.out.splitlines() == [
        f"{file}:{line}:5: error subprod_manages_prod: {said} ({mends})",
        "1 file: 1 error",
    ]
    [finding] = json.loads(out.read_text())
    assert (finding["code"], finding["severity"], finding["line"]) == ("subprod_manages_prod", "error", line)


def test_no_errors(tmp_path: Path) -> None:
    """Exit code 0, also with notes of what the scenario expects to be refused."""
    result = run(tmp_path, "doctor", EXAMPLE)
    assert result.code == 0
    assert " error " not in result.out


def test_a_wrong_file(tmp_path: Path) -> None:
    """Exit code 2, as everywhere."""
    file = tmp_path / "wrong.yaml"
    file.write_text("name: x\n")
    assert run(tmp_path, "doctor", file).code == 2


def test_explain_knows_its_codes(tmp_path: Path) -> None:
    """What the doctor says can be asked for."""
    assert "Nothing is distributed before somebody selects" in run(tmp_path, "explain", "never_synced").out


def test_findings_and_problems_as_sarif(tmp_path: Path) -> None:
    """For code scanning: what the doctor finds, and what is wrong with a file, each at its place."""
    log, bad = tmp_path / "log.sarif", tmp_path / "bad.yaml"
    assert called("doctor", "--report", log, EXAMPLE.parent / "readiness.yaml").code in {0, 1}
    results = json.loads(log.read_text())["runs"][0]["results"]
    assert {result["level"] for result in results} <= {"error", "warning", "note"}
    assert all(result["locations"][0]["physicalLocation"]["region"]["startLine"] for result in results)
    bad.write_text("name: x\nstep: []\n")
    result = called("validate", "--report", log, bad, GITHUB_ACTIONS="true")
    assert result.code == 2
    (found, *_) = json.loads(log.read_text())["runs"][0]["results"]
    place = found["locations"][0]["physicalLocation"]
    assert (found["ruleId"], place["artifactLocation"]["uri"]) == ("not-valid", f"file://{bad}")
    assert f"::error file={bad},line=2,col=1::" in result.err
    assert called("validate", "--report", log, EXAMPLE).code == 0
    assert json.loads(log.read_text())["runs"][0]["results"] == []
