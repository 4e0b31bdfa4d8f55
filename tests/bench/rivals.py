"""An environment of its own for what we compare ourselves with: simloop needs Python 3.12, we need 3.11.

Our own locked dependencies are installed there too, so that both run on the same interpreter.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LIMIT = 120.0
"""Seconds after which an installation is taken for hung; it takes about 15."""

_LOCK = Path(__file__).parents[2] / "requirements.lock"

_SIMPY = "simpy==4.1.2 --hash=sha256:43071f84b6512c9b4fcb33ef057f240ccb1d1f3b263f9b4f9229d072e310b372"
_SIMLOOP = "simloop==0.2.2 --hash=sha256:9c1672bc5fbfd5a2635f9dc5e9aee5e47f2775aa9136db51497b84c7462c12ee"
_SIMLOOP_NEEDS = (3, 12)


@dataclass(frozen=True, slots=True)
class Rivals:
    """The environment: its Python, and what it lacks."""

    python: Path
    version: str
    without_simloop: str
    """Why simloop is not in it; empty if it is."""


class RivalsMissingError(Exception):
    """The environment cannot be made, for the reason that this says."""


def install(directory: Path) -> Rivals:
    """Makes the environment there. Raises RivalsMissingError."""
    found = next(_pythons(), None)
    python, version = found or (sys.executable, _version(sys.executable) or "")
    requirements = directory / "rivals.txt"
    requirements.write_text("\n".join([_SIMPY, *([_SIMLOOP] if found else [])]))
    environment = directory / "rivals"
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "--python", environment)
    # The lock is complete, and hashed: nothing is to be resolved, and nothing else can be installed.
    options = ("--no-deps", "--require-hashes", "--requirement", _LOCK, "--requirement", requirements)
    for command in (
        (python, "-m", "venv", "--without-pip", environment),
        (*pip, "install", "--no-compile", *options),
    ):
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
        except subprocess.TimeoutExpired as error:
            raise RivalsMissingError(f"{' '.join(map(str, command[:3]))} took more than {LIMIT:g} s") from error
        if done.returncode:
            last = next((line for line in reversed(done.stderr.splitlines()) if line.strip()), "it failed")
            raise RivalsMissingError(last.removeprefix("ERROR: "))
    missing = "" if found else "needs Python 3.12 or newer, and there is none here"
    return Rivals(environment / "bin" / "python", version, missing)


def _pythons() -> Iterator[tuple[str, str]]:
    """The Pythons of this machine that simloop can run on, with their versions."""
    names = [f"python3.{minor}" for minor in (12, 13, 14)]
    versions = sorted((Path.home() / ".pyenv" / "versions").glob("3.1[2-4].*/bin/python3"))
    for python in (sys.executable, *filter(None, map(shutil.which, names)), *map(str, versions)):
        version = _version(python)
        if version is not None and tuple(map(int, version.split("."))) >= _SIMLOOP_NEEDS:
            yield python, version


def _version(python: str) -> str | None:
    """Such as "3.12"; None when it does not run or cannot make environments."""
    code = "import sys, venv; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run((python, "-c", code), capture_output=True, text=True, timeout=LIMIT, check=False)
    return None if done.returncode else done.stdout.strip()
