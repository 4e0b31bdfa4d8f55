"""What the CMDB of an instance was told to do, taken from a kept file or from a run of a scenario."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter

from simulator.errors import StoreError
from simulator.protocol.cmdb import ConfigureCmdb, Identify, ToldAction
from simulator.protocol.messages import Payload
from simulator.runtime.temporary import temporary_directory
from simulator.runtime.virtual.fleet import finish
from simulator.scenario.reading.load import NONE_SET, load
from simulator.scenario.reading.variables import Settings
from simulator.scenario.running.progress import Unfollowed
from simulator.scenario.running.run import run_virtual
from simulator.store.cmdb.store import REPLACED, CmdbStore
from simulator.store.file import connect_to_read

_ACTION: TypeAdapter[ToldAction] = TypeAdapter(Annotated[ToldAction, Field(discriminator="kind")])
_SQLITE = b"SQLite format 3\0"


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that the CMDB was told by the envelope *cause*."""

    cause: str
    at: datetime
    action: ToldAction


@dataclass(frozen=True, slots=True)
class Stream:
    """All that the CMDB of one instance was told, in order; calls that only asked are left out."""

    instance: str
    told: tuple[Told, ...]

    @property
    def payloads(self) -> tuple[Told, ...]:
        """The calls, in order; they are known by their place among them, from 0."""
        return tuple(each for each in self.told if isinstance(each.action, Identify))


def is_store(file: Path) -> bool:
    """Whether the file is an SQLite file, as an instance's is."""
    try:
        if not file.is_file():
            return False
        with file.open("rb") as opened:
            return opened.read(len(_SQLITE)) == _SQLITE
    except (OSError, ValueError):  # it is none that can be read, which whoever reads it tells
        return False


def streams_of(file: Path, settings: Settings = NONE_SET) -> list[Stream]:
    """The stream of an instance's kept file, or those of a scenario's instances, run once in virtual time.

    Raises StoreError where nothing was told; ScenarioError for a file that is neither.
    """
    if is_store(file):
        streams = [_stream(file)]
    else:
        loaded = load(file, settings=settings)
        with temporary_directory() as directory:
            finish(run_virtual(loaded, 0, directory, Unfollowed()))
            streams = [_stream(path) for path in sorted(directory.glob("*.sqlite"))]
    streams = [stream for stream in streams if stream.payloads]
    if not streams:
        raise StoreError(f"{file}: expected payloads for a CMDB; none has noted any")
    return streams


@dataclass(frozen=True, slots=True)
class Given:
    """A setup that a CMDB was given, in the form of a setup file."""

    at: datetime
    setup: Payload


def setups_in(store: CmdbStore) -> list[Given]:
    """The setups that a file was given, in order; none where another CMDB has taken its place since."""
    every = store.noted()
    if any(noted.action == REPLACED for noted in every):
        return []
    actions = [(noted.at, _ACTION.validate_json(noted.action)) for noted in every if noted.response is None]
    return [Given(at, action.setup) for at, action in actions if isinstance(action, ConfigureCmdb)]


def _stream(path: Path) -> Stream:
    with closing(connect_to_read(path, is_kept=True)) as connection:
        return Stream(path.stem, tuple(_told(CmdbStore(connection), path.stem)))


def _told(store: CmdbStore, instance: str) -> Iterator[Told]:
    every = store.noted()
    if any(noted.action == REPLACED for noted in every):
        if any(noted.response for noted in every):
            message = "a clone or a restore has replaced its CMDB: what it was told does not lead to what it has"
            raise StoreError(f"{instance}: {message}")
        return
    for noted in every:
        action = _ACTION.validate_json(noted.action)
        if not (isinstance(action, Identify) and action.query):
            yield Told(noted.cause, noted.at, action)
