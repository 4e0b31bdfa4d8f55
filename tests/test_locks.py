"""What is installed for whom: for a run what runs, on top of it what the site, the tests and the bench need."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCKS = (
    "requirements.lock",
    "simulator/docs/requirements.lock",
    "tests/requirements.lock",
    "tests/bench/requirements.lock",
)


def locked(lock: str) -> set[str]:
    """The packages that a lock file names."""
    return set(re.findall(r"^([a-z0-9-]+)==", (ROOT / lock).read_text(), re.MULTILINE))


def declared(requirements: list[str]) -> set[str]:
    """The packages that pyproject.toml asks for, other than this one, by the names that lock files use."""
    return {re.split(r"[^\w.-]", each)[0].replace(".", "-").lower() for each in requirements} - {PROJECT["name"]}


def test_a_run_installs_nothing_of_the_site_the_tests_and_the_bench() -> None:
    """What only they declare stands in their lock files alone, and each lock file adds to those below it."""
    runs, docs, tests, bench = map(locked, LOCKS)
    extras = {extra: declared(needed) for extra, needed in PROJECT["optional-dependencies"].items()}
    assert declared(PROJECT["dependencies"]) <= runs
    assert extras["docs"] <= docs
    assert extras["test"] <= docs | tests
    assert extras["bench"] <= docs | tests | bench
    assert not runs & docs
    assert not (runs | docs) & tests
    assert not (runs | docs | tests) & bench


def test_what_the_package_imports_is_declared() -> None:
    """An installed package has only what its metadata asks for, or what that is sure to bring.

    The site is made from a clone.
    """
    imported = set()
    files = set((ROOT / "simulator").rglob("*.py")) - set((ROOT / "simulator" / "docs").rglob("*.py"))
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                imported |= {each.name.partition(".")[0] for each in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.partition(".")[0])
    # Of the plugin only pytest itself makes use, so it is there.
    foreign = imported - {"pytest", "_pytest"} - set(sys.stdlib_module_names) - {"simulator"}
    brought_by = {"yaml": "pyyaml", "ruamel": "ruamel-yaml", "pydantic_core": "pydantic", "nacl": "pynacl"}
    brought_by |= {"paho": "aiomqtt", "cloudpickle": "distributed"}
    asked_for = declared(PROJECT["dependencies"] + PROJECT["optional-dependencies"]["cluster"])
    assert {brought_by.get(name, name) for name in foreign} <= asked_for
