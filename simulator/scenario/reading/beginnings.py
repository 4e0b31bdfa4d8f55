"""Scenarios that begin from kept files: which they are, whether they fit, and what a run begins with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.errors import DiskError, StoreError
from simulator.scenario.model import Scenario
from simulator.scenario.reading.place import DataPath

if TYPE_CHECKING:
    from simulator.runtime.spec import InstanceSpec
    from simulator.store.beginning import Beginning


def fleet_in(directory: Path) -> Path:
    """Where the files of the fleet are: in *directory*, or in the only one of its directories that has any.

    `run --keep DIR` makes a directory in DIR for each scenario. Raises StoreError.
    """
    try:
        is_there = directory.is_dir()
    except (OSError, ValueError):  # no name of anything
        is_there = False
    if not is_there:
        raise StoreError(f"{directory}: expected the directory that `trustsim run --keep` made; there is none")
    if list(directory.glob("*.sqlite")):
        return directory
    found = sorted({file.parent for file in directory.glob("*/*.sqlite")})
    if len(found) > 1:
        raise StoreError(f"{directory}: has several fleets, name one: {', '.join(map(str, found))}")
    if not found:
        raise StoreError(f"{directory}: has no instance's file (*.sqlite); `trustsim run --keep` makes them")
    return found[0]


@dataclass(frozen=True)
class Beginnings:
    """What the instances of a scenario begin with that have kept files, by their names; read when it is needed."""

    file_by_instance: Mapping[str, Path]

    @cached_property
    def of(self) -> Mapping[str, Beginning]:
        """By instance. Raises StoreError."""
        return {name: _read(file) for name, file in self.file_by_instance.items()}

    @property
    def waiting(self) -> frozenset[str] | None:
        """The ids of what was still on its way; None where all begin empty."""
        return frozenset().union(*(each.waiting for each in self.of.values())) if self.of else None

    def given_to(self, specs: Iterable[InstanceSpec]) -> list[InstanceSpec]:
        """The instances, each with what it begins with."""
        return [
            replace(spec, content=self.of[spec.name].content) if spec.name in self.of else spec for spec in specs
        ]

    @property
    def fingerprint(self) -> str:
        """Tells runs apart that begin otherwise, so that no action of one is taken for one of another."""
        return sha256(b"".join(each.content for each in self.of.values())).hexdigest() if self.of else ""

    def not_before(self, now: datetime) -> datetime:
        """When a run begins that would begin *now*: no clock goes back behind what a file knows."""
        return max([now, *(each.latest for each in self.of.values() if each.latest)])


def beginnings_of(scenario: Scenario, folder: Path) -> tuple[Beginnings, list[tuple[DataPath, str]]]:
    """What a scenario in that folder begins with, and what is wrong with it, each with its place."""
    wrong: list[tuple[DataPath, str]] = []
    files: dict[str, Path] = {}
    fleet: Path | None = None
    if scenario.kept is not None:
        try:
            fleet = fleet_in(folder / scenario.kept)
        except StoreError as error:
            return Beginnings({}), [(("from",), str(error))]
    for name, definition in scenario.instances.items():
        if definition.kept is not None:
            files[name] = folder / definition.kept
        elif fleet is not None:
            files[name] = fleet / f"{name}.sqlite"
    for name, file in files.items():
        own = scenario.instances[name].kept is not None
        where: DataPath = ("instances", name, "from") if own else ("from",)
        wrong += [(where, message) for message in _misfits(name, file, scenario)]
    return Beginnings({} if wrong else files), wrong


def _misfits(name: str, file: Path, scenario: Scenario) -> Iterator[str]:
    """What keeps an instance from beginning with a file."""
    # Imported here, because few scenarios begin with kept files.
    from simulator.scenario.topology import id_in, instance_id

    try:
        beginning = _read(file)
    except DiskError:
        raise
    except StoreError as error:
        yield f"{name}: {error}"
        return
    if not beginning.directory:  # made for a CMDB alone: any instance may have it
        return
    ids = {instance_id(each, definition) for each, definition in scenario.instances.items()}
    account = scenario.instances[name].account
    if file.stem != name or id_in(account, name) not in beginning.directory:
        known = ", ".join(sorted(beginning.directory.values()))
        yield (
            f"{file}: expected the file that {name} of account {account} has kept, which is called {name}.sqlite; "
            f"this one knows: {known}"
        )
    elif others := sorted(called for id_, called in beginning.directory.items() if id_ not in ids):
        yield f"{file}: {name} also knows {', '.join(others)}; name them among the instances of the scenario"


def _read(file: Path) -> Beginning:
    # Imported here, because few scenarios begin with kept files.
    from simulator.store.beginning import read_beginning

    return read_beginning(file)
