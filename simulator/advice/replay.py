"""A stream of setups and payloads, done again by an instance in memory, otherwise than it was."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile
from typing import Any

from simulator.advice.stream import Stream, Told
from simulator.cmdb.engine import Result
from simulator.cmdb.identification.candidates import PLATFORM_MODE
from simulator.cmdb.records import Record, of_class
from simulator.cmdb.rules.authority import is_governed
from simulator.domains.tree import GLOBAL
from simulator.errors import StoreError
from simulator.protocol.cmdb import ConfigureCmdb, FormAction, Identify
from simulator.refusal import Refusal
from simulator.runtime.cmdb import Cmdb
from simulator.store.cmdb.domains import load_domains
from simulator.store.cmdb.store import CmdbStore
from simulator.store.file import MEMORY, connect, connect_with_cmdb

Mention = tuple[str, int]
"""An item of a payload: the payload's cause, and the item's index in it from 0."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """What became of one item."""

    operation: str
    sys_id: str | None
    """None where nothing was identified or committed."""
    home: str
    """The domain of the caller."""


@dataclass(slots=True)
class Replayed:
    """What a stream comes to; payloads by their cause."""

    sightings: dict[Mention, Sighting] = field(default_factory=dict)
    cis: dict[str, Record] = field(default_factory=dict)
    """All CIs at the end, by sys_id."""
    gone: dict[str, Record] = field(default_factory=dict)
    """Those that people have deleted, as they were before."""
    owners: dict[tuple[str, str], str] = field(default_factory=dict)
    """Whose a value of a CI is, by sys_id and attribute: the source that rules note, else who wrote it."""
    names: Mapping[str, str] = field(default_factory=dict)
    """The name of every domain by its sys_id."""
    tasks: dict[str, list[tuple[str, ...]]] = field(default_factory=dict)
    """The CIs of each de-duplication task that a payload left."""
    refused: dict[str, Refusal] = field(default_factory=dict)
    errors: int = 0

    def domain(self, sys_id: str) -> str:
        """The domain of a CI."""
        return self._row(sys_id).get("sys_domain") or GLOBAL

    def title(self, sys_id: str) -> str:
        """What people call a CI."""
        row = self._row(sys_id)
        return f"{row.get('sys_class_name')} {row.get('name') or sys_id}"

    def _row(self, sys_id: str) -> Record:
        return self.cis[sys_id] if sys_id in self.cis else self.gone[sys_id]

    def name(self, domain: str) -> str:
        """The name of a domain."""
        return self.names.get(domain, domain)


class Replayer:
    """Does a stream again and again; what stands before its first payload is done once."""

    def __init__(self, stream: Stream) -> None:
        self._told = stream.told
        leading = tuple(takewhile(lambda each: not isinstance(each.action, Identify), stream.told))
        self._number = len(leading)
        with closing(connect_with_cmdb()) as connection:
            _Replay(CmdbStore(connection), {}).run(leading)
            self._content = connection.serialize()

    def replay(
        self, told: Iterable[Told] | None = None, platform_mode_by_cause: Mapping[str, bool] | None = None
    ) -> Replayed:
        """Does all of it on a fresh store; a payload that is given a mode for domains is taken in that mode.

        *told* is the stream with other payloads or in another order, but with the same beginning; left out, it is
        the stream. The ids of new records come from the causes: with nothing changed the records are the same.
        """
        rest = tuple(self._told if told is None else told)[self._number :]
        with closing(connect(MEMORY, self._content)) as connection:
            return _Replay(CmdbStore(connection), platform_mode_by_cause or {}).run(rest)


class _Replay:
    def __init__(self, store: CmdbStore, mode_by_cause: Mapping[str, bool]) -> None:
        self._store, self._cmdb = store, Cmdb(store)
        self._mode_by_cause = mode_by_cause
        self._mode: bool | None = None
        self._domains = load_domains(store)
        self._seen = Replayed()

    def run(self, told: Iterable[Told]) -> Replayed:
        for each in told:
            match each.action:
                case ConfigureCmdb():
                    self._configure(each.action.setup, each.at)
                case Identify():
                    self._set_mode(self._mode_by_cause.get(each.cause), each.at)
                    self._identify(each, each.action)
                case _:  # What it was done to may not be there now, and then it is not done.
                    self._edit(each, each.action)
        self._seen.cis = self._cis()
        for row in self._store.rows("cmdb_datasource_last_update", (), [()]):
            self._seen.owners[row["record"] or "", row["attribute"] or ""] = row["discovery_source"] or ""
        self._seen.names = {one.sys_id: one.name for one in self._domains.tree.domains.values()}
        return self._seen

    def _cis(self) -> dict[str, Record]:
        """The CIs, and the records of other tables that are identified as they are."""
        model, _ = self._cmdb.look_up()
        rows = self._store.rows("cmdb", (), [()])
        for table in filter(model.rules.rule_by_class.__contains__, model.other_tables):
            rows += of_class(table, self._store.rows(table, (), [()]))
        return {row["sys_id"] or "": row for row in rows}

    def _configure(self, content: Mapping[str, Any], now: datetime) -> None:
        with self._store.transaction():
            refusal = self._cmdb.configure(content, now)
        if refusal is not None:
            raise StoreError(refusal.found)
        self._domains = load_domains(self._store)
        self._mode = None

    def _edit(self, told: Told, action: FormAction) -> None:
        before = self._cis()
        self._seen.gone |= before
        self._cmdb.do(action, told.cause, told.at)
        for sys_id, row in self._cis().items():
            self._own(sys_id, dict(row.items() - before.get(sys_id, {}).items()), f"{action.user} by hand")

    def _own(self, sys_id: str, values: Record, owner: str) -> None:
        """These values of a CI are written by *owner*."""
        for name in filter(is_governed, values):
            self._seen.owners[sys_id, name] = owner

    def _set_mode(self, mode: bool | None, now: datetime) -> None:
        if mode is not None and mode != self._mode:
            self._configure({"properties": {PLATFORM_MODE: "true" if mode else "false"}}, now)
            self._mode = mode

    def _identify(self, told: Told, call: Identify) -> None:
        with self._store.transaction():
            result = self._cmdb.identify(call, told.cause, told.at)
        if isinstance(result, Refusal):
            self._seen.refused[told.cause] = result
            return
        ids = {one.name: one.sys_id for one in self._domains.tree.domains.values()}
        home = self._domains.users[call.user].domain if call.picked is None else ids.get(call.picked, GLOBAL)
        for inserted in result.changes.inserts.values():
            for row in inserted:
                self._own(row["sys_id"] or "", row, call.source or "")
        for updated in result.changes.updates.values():
            for sys_id, row in updated.items():
                self._own(sys_id, row, call.source or "")
        self._note(told.cause, result, home if self._domains.tree.domains else GLOBAL)

    def _note(self, cause: str, result: Result, home: str) -> None:
        for item in result.response["items"]:
            self._seen.errors += bool(item["errorCount"])
            sys_id = item.get("sysId")
            known = None if item["errorCount"] or sys_id in (None, "Unknown") else sys_id
            for index in item["inputIndices"]:
                self._seen.sightings[cause, index] = Sighting(item.get("operation", ""), known, home)
        cis_by_task: dict[str, list[str]] = defaultdict(list)
        for row in result.changes.inserts.get("duplicate_audit_result", ()):
            cis_by_task[row["follow_on_task"] or ""].append(row["duplicate_ci"] or "")
        self._seen.tasks[cause] = [tuple(sys_ids) for sys_ids in cis_by_task.values()]
