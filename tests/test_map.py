"""The maps of the code, in the docstrings of the packages, name the modules that exist and no others."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

import simulator

ROOT = Path(simulator.__file__).parent


def modules(package: Path) -> set[str]:
    """The modules of a package, and its subpackages as their directories."""
    files = {path.name for path in package.glob("*.py") if path.name not in {"__init__.py", "__main__.py"}}
    return files | {f"{path.name}/" for path in package.iterdir() if (path / "__init__.py").exists()}


PACKAGES = [
    path.parent for path in sorted(ROOT.rglob("__init__.py")) if path.parent != ROOT and modules(path.parent)
]


def named(docstring: str | None) -> set[str]:
    """What a docstring names as files and directories."""
    return set(re.findall(r"\b(\w+(?:\.py|/))", docstring or ""))


def test_the_map_names_what_there_is() -> None:
    """Every package and module at the top is on the map, and what is on the map of a package is in it."""
    lines = [line for line in (simulator.__doc__ or "").splitlines() if re.match(r" +\w+(\.py|/)", line)]
    assert {line.split()[0] for line in lines if re.match(r" {4}\w", line)} == modules(ROOT)
    below: dict[str, set[str]] = {}
    package = ""
    for line in lines:
        if re.match(r" {4}\w", line):
            package = line.split()[0]
        else:
            below.setdefault(package, set()).add(line.split()[0])
    assert all(names <= modules(ROOT / package) for package, names in below.items())


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: str(package.relative_to(ROOT)))
def test_a_package_names_its_modules(package: Path) -> None:
    """Every module of a package is in its docstring; a package that needs no map has none."""
    docstring = import_module(".".join(package.relative_to(ROOT.parent).parts)).__doc__
    assert named(docstring) in (set(), modules(package))
