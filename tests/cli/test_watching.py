"""`--watch`: a command is taken again when its files have changed, and Ctrl-C ends it."""

from __future__ import annotations

import shutil
from pathlib import Path

from simulator.scenario.reading.library import EXAMPLES

from .command import Command

WATCHING = "again when a file changes"


def test_a_run_is_taken_again_when_a_file_has_changed(tmp_path: Path) -> None:
    """Also what is written while it runs counts, but not what it writes itself; a wrong file does not end it."""
    file = tmp_path / "first.yaml"
    shutil.copy(EXAMPLES / "first.yaml", file)
    with Command(tmp_path, "run", "--virtual", "-q", "--watch", "--json", tmp_path / "out.json", file) as command:
        command.wait_until(lambda: command.err.count(WATCHING) == 1)
        assert command.out.count("met") == 1
        file.write_text(file.read_text() + "steps: []\n")
        command.wait_until(lambda: command.err.count(WATCHING) == 2)
        assert "the key 'steps' is here twice" in command.err
        shutil.copy(EXAMPLES / "first.yaml", file)
        command.wait_until(lambda: command.err.count(WATCHING) == 3)
        assert command.out.count("met") == 2
        assert command.processes() != []
        command.interrupt()
        assert command.wait().code == 130
        command.wait_gone()
    assert command.err.count(WATCHING) == 3
