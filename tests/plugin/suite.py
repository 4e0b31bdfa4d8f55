"""A suite of somebody else's: a folder of its own, run by pytest in a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

INI = """\
[pytest]
addopts = --strict-markers --strict-config -p no:cacheprovider -p no:hypothesispytest -p no:anyio -W error
asyncio_default_fixture_loop_scope = function
"""
"""What strict people have; without plugins that take long to load."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a session."""

    code: int
    out: str

    @property
    def outcomes(self) -> dict[str, str]:
        """Of each test and each file that is none, from the summary of -rA."""
        return {
            found[2]: found[1] for found in re.finditer(r"^(PASSED|FAILED|ERROR) (\S+)", self.out, re.MULTILINE)
        }

    def section(self, title: str) -> str:
        """What is said under a heading, such as of a failure."""
        found = re.search(
            rf"^_+ {re.escape(title)} _+\n(.*?)^(?:_+ .* _+|=+ .* =+)$", self.out, re.MULTILINE | re.DOTALL
        )
        assert found is not None, f"nothing about {title!r} in:\n{self.out}"
        return found[1]


def write(folder: Path, files: Mapping[str, str]) -> None:
    """The files of a suite, with a strict pytest.ini unless it has one."""
    for name, text in {"pytest.ini": INI, **files}.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def pytest_in(folder: Path, *arguments: str) -> Ran:
    """Runs pytest there, as from a shell."""
    environment = {name: text for name, text in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-rA", "--color=no", *arguments],
        cwd=folder,
        env={**environment, "COLUMNS": "200"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Ran(done.returncode, done.stdout)
