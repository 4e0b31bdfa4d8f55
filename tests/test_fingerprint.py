"""The fingerprint of what the simulator does is always the same, and shows what has changed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .fingerprint import lines

ROOT = Path(__file__).parents[1]
FIRST = Path("scenarios/first.yaml")


def test_it_is_the_same_in_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever its hash seed; and there is a line for everything that is done."""
    monkeypatch.chdir(ROOT)
    expected = list(lines([FIRST], 2))
    printed = subprocess.run(
        [sys.executable, "-m", "tests.fingerprint", FIRST, "--seeds", "2"],
        env={**os.environ, "PYTHONHASHSEED": "1"},
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    assert [line for line in printed if not line.startswith("explain ")] == expected
    done = ["doctor", "plan", "rollout", "examine", "run", "run", "stormy", "stormy", "eventful", "eventful"]
    assert [line.split()[0] for line in printed if "first" in line] == done
    assert len({line.split()[-1] for line in expected}) == len(expected)


def test_it_shows_what_has_changed(tmp_path: Path) -> None:
    """Where instances are of another kind, a run is another; and what a wrong file is told is a line as well."""
    text = (ROOT / FIRST).read_text()
    file = tmp_path / "first.yaml"
    shown = []
    for each in (text, text.replace("production", "development"), text.replace("steps:", "stops:")):
        file.write_text(each)
        shown.append(dict(line.rsplit(": ", 1) for line in lines([file], 1)))
    as_it_is, changed, wrong = shown
    assert as_it_is.keys() == changed.keys()
    assert [name for name in as_it_is if name.startswith("run ") and as_it_is[name] == changed[name]] == []
    assert list(wrong) == [f"{done} {file}" for done in ("doctor", "plan", "rollout", "load")]
