"""`trustsim doctor`: lines that a person and a machine can read, and exit codes."""

from __future__ import annotations

import json
from pathlib import Path

from .command import EXAMPLE, HEAD, run

WRONG = HEAD.format(name="Wrong way round") + "steps:\n  - name_manager: { on: prod1, manager: subprod1 }\n"


def test_an_error(tmp_path: Path) -> None:
    """Exit code 1; the place, the code, what was found and what mends it."""
    file, out = tmp_path / "wrong.yaml", tmp_path / "out.json"
    file.write_text(WRONG)
    result = run(tmp_path, "doctor", "--json", out, file)
    assert result.code == 1
    line = len(HEAD.splitlines()) + 2
    said = "subprod1 is non-production and cannot manage prod1, which is production."
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
