"""What clones and restores bring along: the rows of an instance, as they are or as they were."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

from simulator.protocol.actions import CloneOver, Restore
from simulator.protocol.cmdb import CmdbRows
from simulator.protocol.messages import Payload
from simulator.runtime.fleet import Fleet
from simulator.scenario.model import CloneStep, SnapshotStep, Step
from simulator.scenario.running.acts import Act
from simulator.trust.copies import COPIED_ROWS, copy
from simulator.trust.directory import DirectoryEntry

_ATTEMPTS = 100
"""How often an instance that goes on meanwhile is read again before its rows are taken as they were found."""


class Copies:
    """The snapshots of one run, and the rows of the instances that are cloned."""

    def __init__(self, fleet: Fleet, ids: Mapping[str, str]) -> None:
        self._fleet = fleet
        self._ids = ids
        """The ids of the instances by their names."""
        self._snapshots: dict[str, tuple[str, Payload, CmdbRows]] = {}
        """By the name of the snapshot: the name of the instance, and its rows."""

    def take(self, step: SnapshotStep) -> None:
        """Takes a snapshot."""
        self._snapshots[step.name] = (step.on, *self._rows_of(step.on))

    def acts_of(self, step: Step) -> list[Act]:
        """What a step does that brings rows along, in addition to `acts.acts_of`; none for any other step."""
        if step.clone:
            return [(step.clone.to, self._clone(step.clone))]
        if step.restore in self._snapshots:
            instance, rows, cmdb = self._snapshots[step.restore]
            return [(instance, Restore(rows=rows, cmdb=cmdb))]
        return []

    def _clone(self, it: CloneStep) -> CloneOver:
        source = self._ids[it.source]
        [release] = [row.release for row in self._fleet.load(it.source, DirectoryEntry) if row.sys_id == source]
        rows, cmdb = self._rows_of(it.source)
        return CloneOver(source=source, release=release, preserve_trust=it.preserve_trust, rows=rows, cmdb=cmdb)

    def _rows_of(self, instance: str) -> tuple[Payload, CmdbRows]:
        """The rows as they are at one moment, of an instance that may go on while they are read."""
        for _ in range(_ATTEMPTS):
            last = self._last_entry(instance)
            rows = copy(chain.from_iterable(self._fleet.load(instance, row_type) for row_type in COPIED_ROWS))
            cmdb = self._fleet.cmdb_rows(instance)
            if self._last_entry(instance) == last:
                break
        return rows, cmdb

    def _last_entry(self, instance: str) -> int:
        return max((number for number, _ in self._fleet.journal(instance)), default=0)
