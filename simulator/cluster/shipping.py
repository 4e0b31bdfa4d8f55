"""What a worker of a cluster is asked before it works, and given where it has no trustsim.

This module goes to the worker as it stands, so it knows nothing but Python's own library.
"""

from __future__ import annotations

import atexit
import hashlib
import importlib.metadata
import importlib.util
import io
import shutil
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PACKAGE = "simulator"

_GIVEN = "trustsim-given-"
"""How folders begin in which there is what has been given."""

GIVER = "trustsim"
"""What Dask calls the plugin that gives this package to workers that have none."""


@dataclass(frozen=True, slots=True)
class Installed:
    """The trustsim that there is somewhere."""

    version: str
    """Empty where there is none."""
    fingerprint: str
    """Of its code; empty where there is none."""
    missing: tuple[str, ...]
    """The modules of those that were asked about that cannot be imported."""
    is_given: bool = False
    """Whether it has come from here: a worker that starts again does not have it."""


def look(needed: tuple[str, ...]) -> Installed:
    """What is installed here."""
    missing = tuple(name for name in needed if importlib.util.find_spec(name) is None)
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        return Installed("", "", missing)
    try:
        version = importlib.metadata.version("trustsim")
    except importlib.metadata.PackageNotFoundError:
        version = "of unknown version"
    package = Path(spec.origin).parent
    return Installed(version, fingerprint_of(package), missing, package.parent.name.startswith(_GIVEN))


def fingerprint_of(package: Path) -> str:
    """The SHA-256 of the code of a package, wherever it is."""
    digest = hashlib.sha256()
    for file in sorted(package.rglob("*.py")):
        digest.update(f"{file.relative_to(package)}\n".encode() + file.read_bytes())
    return digest.hexdigest()


@cache
def own_code() -> str:
    """The fingerprint of the trustsim that runs here."""
    return look(()).fingerprint


def packed(package: Path, examples: Path) -> bytes:
    """A package with the examples in it, as it is installed."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for root, below in ((package, Path(PACKAGE)), (examples, Path(PACKAGE, "scenarios"))):
            for file in sorted(root.rglob("*")):
                if file.is_file() and "__pycache__" not in file.parts:
                    archive.write(file, below / file.relative_to(root))
    return content.getvalue()


def giver(content: bytes) -> object:
    """A plugin of Dask's that installs a packed package on each worker that has none, also on those to come."""
    from distributed import WorkerPlugin

    class Giver(WorkerPlugin):  # made here, for this module goes to workers without their knowing it
        name = GIVER

        def setup(self, worker: object) -> None:
            if not look(()).fingerprint:
                install(content)

    return Giver()


def install(content: bytes) -> None:
    """Puts a packed package where this process finds it, until it ends."""
    folder = tempfile.mkdtemp(prefix=_GIVEN)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(folder)
    sys.path.insert(0, folder)
    sys.modules.pop(PACKAGE, None)  # a folder of that name, without code, may have been taken for it
    importlib.invalidate_caches()
