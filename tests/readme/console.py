"""The console blocks of the README; `python -m tests.readme.console` writes what the commands print into it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
BLOCK = re.compile(r"```console\n\$ (?P<command>trustsim [^\n]*)\n(?P<output>.*?)\n```", re.DOTALL)


def blocks() -> Iterator[tuple[str, str]]:
    """Each command of the README, and what it prints there."""
    for block in BLOCK.finditer(README.read_text()):
        yield block["command"], block["output"]


def printed(command: str) -> str:
    """What the command prints in 100 columns: its report, or where it has none its messages."""
    arguments = [sys.executable, "-m", "simulator", *command.split()[1:]]
    environment = {**os.environ, "COLUMNS": "100"}
    ran = subprocess.run(
        arguments, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert "Traceback" not in ran.stderr, ran.stderr
    return (ran.stdout or ran.stderr).rstrip()


def without_figures(text: str) -> str:
    """The text with every duration and rate taken out, for they differ from run to run."""
    return re.sub(r"\d+\.\d+ (s|seeds/s)\b", r"_ \1", text)


def main() -> None:
    """Writes the outputs anew."""
    README.write_text(
        BLOCK.sub(lambda it: f"```console\n$ {it['command']}\n{printed(it['command'])}\n```", README.read_text())
    )


if __name__ == "__main__":
    main()
