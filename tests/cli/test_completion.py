"""What a shell completes: click's own completion, as the documentation says to switch it on."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .command import BOUND, EXAMPLE

BIN = Path(sys.executable).parent
PAGE = Path(__file__).parents[2] / "simulator" / "docs" / "guides" / "install.md"
[ON] = [
    line.removesuffix("~/.bashrc").strip() for line in PAGE.read_text().splitlines() if line.endswith("~/.bashrc")
]
"""What the page tells to write into that file."""
NEEDS_BASH = pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash on this machine")


def completed(*words: str) -> list[str]:
    """What is offered for the last of these words of a command line."""
    asked = {
        "_TRUSTSIM_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(words),
        "COMP_CWORD": str(len(words) - 1),
    }
    done = subprocess.run(
        [BIN / "trustsim"], env={**os.environ, **asked}, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return [line.partition(",")[2] for line in done.stdout.splitlines()]


def test_commands_options_and_choices_are_completed() -> None:
    """At the top, in a group, of a command, and of an option."""
    assert completed("trustsim", "r") == ["record", "run", "report", "reach", "rollout"]
    assert completed("trustsim", "store", "re") == ["remediate", "retire"]
    assert "--virtual" in completed("trustsim", "run", "--v")
    assert completed("trustsim", "init", "--like", "d") == ["denial", "domains"]
    assert completed("trustsim", "--ver") == ["--version"]


@NEEDS_BASH
def test_scenario_files_are_completed_in_a_shell(tmp_path: Path) -> None:
    """A person types the beginning of a file's name and Tab, and the shell runs the command with the file."""
    shutil.copy(EXAMPLE, tmp_path / "documented-example.yaml")
    terminal, its_end = pty.openpty()
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "TERM": "dumb"}
    shell = subprocess.Popen(
        ["bash", "--norc", "--noprofile", "-i"],
        cwd=tmp_path, env=environment, stdin=its_end, stdout=its_end, stderr=its_end, start_new_session=True,
    )  # fmt: skip
    try:
        os.write(terminal, f"{ON}; echo is$((1))on\n".encode())
        assert "is1on" in shown(terminal, "is1on")
        os.write(terminal, b"trustsim vali\t docu\t\n")
        assert "ok, 3 instances" in shown(terminal, "ok, 3 instances")
    finally:
        shell.kill()
        shell.wait()
        os.close(terminal)
        os.close(its_end)


def shown(terminal: int, awaited: str) -> str:
    """What a terminal shows until that is among it, or too long."""
    text, until = "", time.monotonic() + BOUND
    while awaited not in text and time.monotonic() < until:
        if select.select([terminal], [], [], 0.1)[0]:
            text += os.read(terminal, 4096).decode(errors="replace")
    return text
