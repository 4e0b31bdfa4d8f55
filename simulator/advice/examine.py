"""A file of any kind, examined: a scenario, a setup of a CMDB, or an instance's file."""

from __future__ import annotations

from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from simulator.advice.doctor import examine
from simulator.advice.finding import Finding
from simulator.advice.ruleset import by_place, examine_setup, examine_steps, examine_store
from simulator.advice.stream import is_store
from simulator.scenario.load import load
from simulator.scenario.model import Scenario
from simulator.store.setup import Setup


def examine_file(file: Path) -> list[Finding]:
    """All findings in the file. Raises ScenarioError for one that is wrong, StoreError for no instance's file."""
    if file.is_file() and is_store(file):
        return examine_store(file)
    if _is_setup(file):
        return examine_setup(file)
    loaded = load(file)
    return sorted([*examine(loaded), *examine_steps(loaded)], key=by_place)


def _is_setup(file: Path) -> bool:
    """Whether the YAML has parts of a setup at its top and none of a scenario; what cannot be read is neither."""
    try:
        content = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, MarkedYAMLError):
        return False
    keys = set(content) if isinstance(content, dict) else set()
    return bool(keys & set(Setup.model_fields)) and not keys & set(Scenario.model_fields)
