"""Clients that cannot live in the project's own environment, installed beside it, once for each lock file."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp

import pytest

LOCKS = Path(__file__).parent / "clients"

_LIMIT = 300
"""Seconds to install a client: twenty are usual."""


def mcp_server() -> Path:
    """Where mcp-server-servicenow is; it brings seventy packages, of versions of its own."""

    def install(target: Path, lock: Path) -> None:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        _run(*pip, "--no-compile", "--require-hashes", "--target", target, "--requirement", lock)

    return _installed("mcp", LOCKS / "mcp.lock", install)


def node_modules() -> Path:
    """Where servicenow-rest-api is; skips the test on a machine without Node."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("there is no Node with npm on this machine: servicenow-rest-api is left out")

    def install(target: Path, lock: Path) -> None:
        for file in (lock, lock.with_name("package.json")):
            shutil.copy(file, target)
        _run(npm, "ci", "--prefix", target, "--ignore-scripts", "--no-audit", "--no-fund", "--silent")

    return _installed("node", LOCKS / "package-lock.json", install) / "node_modules"


def _installed(name: str, lock: Path, install: Callable[[Path, Path], None]) -> Path:
    """The directory with what the lock file names; one that is there is whole."""
    target = Path(sys.prefix) / "clients" / f"{name}-{sha256(lock.read_bytes()).hexdigest()[:12]}"
    if not target.exists():
        target.parent.mkdir(exist_ok=True)
        fresh = Path(mkdtemp(dir=target.parent))
        install(fresh, lock)
        fresh.rename(target)
    return target


def _run(*command: str | Path) -> None:
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, timeout=_LIMIT, check=False
    )
    assert done.returncode == 0, f"{command[0]} cannot install a client for the tests:\n{done.stdout}{done.stderr}"
