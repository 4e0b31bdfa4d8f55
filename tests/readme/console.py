"""The console blocks of all pages, run by a shell as a reader's would; `python -m tests.readme.console [PAGE...]`
writes what the commands print into them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from simulator.docs.site import page_by_file
from tests.readme import shell

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PAGES = [ROOT / file for file in page_by_file() if file.endswith(".md")]
"""Every page that people read, on a forge as on the site."""

GUIDES = ROOT / "simulator" / "docs" / "guides"

BLOCK = re.compile(r"```console\n\$ (?P<command>[^\n]*)\n(?P<output>.*?)\n?```", re.DOTALL)
FILE = re.compile(r"^`(?P<name>[\w.-]+)`:\n\n```\w+\n(?P<text>.*?)^```", re.DOTALL | re.MULTILINE)
"""A file that a page has its readers write."""


def blocks(page: Path) -> list[tuple[str, str]]:
    """Each command of a page, and what it prints there."""
    return [(block["command"], block["output"]) for block in BLOCK.finditer(page.read_text())]


def block(page: str, language: str, number: int = 0) -> str:
    """A block in that language on a guide, counted from 0."""
    found = re.findall(rf"^```{language}\n(.*?)^```", (GUIDES / page).read_text(), re.DOTALL | re.MULTILINE)
    text: str = found[number]
    return text


@contextmanager
def directory() -> Iterator[Path]:
    """A directory that looks to the commands like the project's, and in which they may leave files."""
    with tempfile.TemporaryDirectory(prefix="trustsim-") as name:
        for shared in ("scenarios", "simulator", "tests"):
            (Path(name) / shared).symlink_to(ROOT / shared)
        yield Path(name)


_COMMANDS = f"""\
{shell.BEGINNING}
pytest() {{ "$PYTHON" -m pytest "$@"; }}
"""


def printed(command: str, where: Path) -> str:
    """What the command prints in 100 columns: its report, or where it has none its messages."""
    environment = {**os.environ, **shell.environment(), "COLUMNS": "100"}
    ran = subprocess.run(
        ["bash", "-c", f"{_COMMANDS}\n{command}"],
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
    return re.sub(r"\d+\.\d+ ?(s|seeds/s)\b", r"_ \1", text)


def printed_by(page: Path) -> list[str]:
    """What the commands of a page print, one after the other in one directory."""
    with directory() as where:
        for file in FILE.finditer(page.read_text()):
            (where / file["name"]).write_text(file["text"])
        return [printed(command, where) for command, _ in blocks(page)]


def main() -> None:
    """Writes the outputs anew, but for those in which nothing has changed but a time."""
    for page in [Path(name).resolve() for name in sys.argv[1:]] or PAGES:
        now = iter(printed_by(page))

        def anew(block: re.Match[str], now: Iterator[str] = now) -> str:
            output = next(now)
            same = without_figures(output) == without_figures(block["output"])
            return block[0] if same else f"```console\n$ {block['command']}\n{output}\n```"

        text = page.read_text()
        written = BLOCK.sub(anew, text)
        if written != text:
            page.write_text(written)


if __name__ == "__main__":
    main()
