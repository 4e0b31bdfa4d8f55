"""A file of any kind, examined: a scenario, a setup of a CMDB, or an instance's file."""

from __future__ import annotations

from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode

from simulator.advice.checks.finding import Finding, Severity
from simulator.advice.doctor import examine
from simulator.advice.ruleset import by_place, examine_setup, examine_steps, examine_store
from simulator.advice.stream import is_store
from simulator.errors import ScenarioError
from simulator.scenario.model import Scenario
from simulator.scenario.reading.load import NONE_SET, LoadedScenario, load_all
from simulator.scenario.reading.variables import Settings
from simulator.store.setups.document import MAX_BYTES_OF_DATA, read_file
from simulator.store.setups.setup import Setup


def examine_file(file: Path, settings: Settings = NONE_SET) -> list[Finding]:
    """All findings in the file, of a matrix in any of its combinations.

    Raises ScenarioError for one that is wrong, StoreError for no instance's file."""
    if is_store(file):
        return examine_store(file)
    if _is_setup(file):
        return examine_setup(file)
    every = [_examine_scenario(loaded) for loaded in load_all(file, settings)]
    return every[0] if len(every) == 1 else sorted({one for found in every for one in found}, key=by_place)


def _examine_scenario(loaded: LoadedScenario) -> list[Finding]:
    if loaded.beginnings.file_by_instance:
        return [_begins_with_files(loaded)]
    return sorted([*examine(loaded), *examine_steps(loaded)], key=by_place)


def _begins_with_files(loaded: LoadedScenario) -> Finding:
    """What the steps come to depends on what stands in the files, and only a run knows both."""
    place = loaded.source.values[loaded.source.nearest(("from",))]
    names = ", ".join(loaded.beginnings.file_by_instance)
    found = f"{names} begin with kept files, and the steps are not looked at without them."
    return Finding.at((loaded.file, place.line, place.column), "begins_with_files", Severity.NOTE, found)


def _is_setup(file: Path) -> bool:
    """Whether the YAML has parts of a setup at its top and none of a scenario; what cannot be read is neither."""
    try:
        root = YAML(typ="safe", pure=True).compose(read_file(file, MAX_BYTES_OF_DATA))
    except (ScenarioError, YAMLError, ValueError, OverflowError, RecursionError):
        return False
    pairs = root.value if isinstance(root, MappingNode) else []
    keys = {key.value for key, _ in pairs if isinstance(key.value, str)}
    return bool(keys & set(Setup.model_fields)) and not keys & set(Scenario.model_fields)
