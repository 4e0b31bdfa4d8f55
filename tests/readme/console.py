"""The console blocks of the READMEs, run by a shell as a reader's would; `python -m tests.readme.console` writes
what the commands print into them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
READMES = (README, ROOT / "scenarios" / "README.md")
BLOCK = re.compile(r"```console\n\$ (?P<command>[^\n]*)\n(?P<output>.*?)\n?```", re.DOTALL)
KEPT = re.compile(r"\S+\.sqlite")


def blocks() -> Iterator[tuple[str, str]]:
    """Each command of the READMEs, and what it prints there."""
    for readme in READMES:
        for block in BLOCK.finditer(readme.read_text()):
            yield block["command"], block["output"]


@contextmanager
def directory() -> Iterator[Path]:
    """A directory that looks to the commands like the project's, and in which they may leave files."""
    with tempfile.TemporaryDirectory(prefix="trustsim-") as name:
        for shared in ("scenarios", "tests"):
            (Path(name) / shared).symlink_to(ROOT / shared)
        yield Path(name)


def before(command: str) -> list[str]:
    """The commands that stand above this one and leave something in a file that it uses."""
    commands = [each for each, _ in blocks()]
    files = set(KEPT.findall(command))
    return [each for each in commands[: commands.index(command)] if files & set(KEPT.findall(each))]


def printed(command: str, where: Path) -> str:
    """What the command prints in 100 columns: its report, or where it has none its messages."""
    environment = {**os.environ, "COLUMNS": "100", "PYTHON": sys.executable}
    ran = subprocess.run(
        ["bash", "-c", f'trustsim() {{ "$PYTHON" -m simulator "$@"; }}\n{command}'],
        cwd=where,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in ran.stderr, ran.stderr
    return (ran.stdout or ran.stderr).rstrip()


def without_figures(text: str) -> str:
    """The text with every duration and rate taken out, for they differ from run to run."""
    return re.sub(r"\d+\.\d+ (s|seeds/s)\b", r"_ \1", text)


def main() -> None:
    """Writes the outputs anew."""
    with directory() as where:
        for readme in READMES:
            readme.write_text(
                BLOCK.sub(
                    lambda it: f"```console\n$ {it['command']}\n{printed(it['command'], where)}\n```",
                    readme.read_text(),
                )
            )


if __name__ == "__main__":
    main()
