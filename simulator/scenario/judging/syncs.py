"""Whom each sync of a trust profile has reached, and why not the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from simulator.journal import Outcome
from simulator.runtime.fleet import Fleet
from simulator.scenario.judging.fates import Fate
from simulator.scenario.judging.journals import Journals
from simulator.tables import Row, Tables
from simulator.trust.management import Managed, ManagedBy
from simulator.trust.profile import ProfileItem, TrustProfile, kept_profiles
from simulator.trust.states import SyncState
from simulator.trust.sync import SyncStatus

_OF_PROFILES: tuple[type[Row], ...] = (TrustProfile, ProfileItem, ManagedBy, Managed)
"""What tells which profiles an instance keeps."""

_ON_ITS_WAY = "it is still on its way"
_NOT_RUNNING = "not running"


@dataclass(frozen=True, slots=True)
class _Sync:
    """One profile, with one press of the button; instances are named."""

    action: str
    step: int
    """The number of the step, from 1."""
    line: int
    """Where that stands."""
    manager: str
    application: str
    targets: Mapping[str, SyncState]
    """Every instance that it is for, and what it came to there by the time that it was looked at."""

    def was_sent_to(self, target: str) -> bool:
        """Whether a message carries it there; where time is real, the answer may come before anybody looks."""
        state = self.targets.get(target, SyncState.NOT_MANAGED)
        return target != self.manager and state is not SyncState.NOT_MANAGED


class Syncs:
    """Remembers every sync that a scenario's steps have begun."""

    def __init__(self, fleet: Fleet, journals: Journals) -> None:
        self._fleet = fleet
        self._journals = journals
        self._syncs: list[_Sync] = []

    def began(self, action: str, step: int, line: int, manager: str, application: str) -> None:
        """A manager has just synced in that step, which stands on that line, and was not refused.

        Without an application it was for all whose profiles the manager keeps.
        """
        rows = self._fleet.load(manager, SyncStatus)
        for name in [application] if application else self._kept_by(manager):
            targets = {self._fleet.names[row.instance]: row.status for row in rows if row.application == name}
            self._syncs.append(_Sync(action, step, line, manager, name, targets))

    def _kept_by(self, manager: str) -> list[str]:
        id_ = next(id_ for id_, name in self._fleet.names.items() if name == manager)
        read = (row for row_type in _OF_PROFILES for row in self._fleet.load(manager, row_type))
        return kept_profiles(Tables(id_, read))

    def managers(self, application: str) -> list[str]:
        """The instances that have synced that application."""
        return list(dict.fromkeys(sync.manager for sync in self._syncs if sync.application == application))

    def fates(self) -> Iterator[Fate]:
        """What has become of all that was sent to managed instances."""
        for sync in self._syncs:
            for target in sync.targets:
                if sync.was_sent_to(target):
                    yield self._journals.fate_of_sync(sync.action, sync.application, target)

    def reach(self, step: int) -> str:
        """How many of whom they are for the syncs of a step have reached by now, and why not the others."""
        syncs = [sync for sync in self._syncs if sync.step == step]
        is_one = len(syncs) < 2
        return "; ".join(f"{'' if is_one else f'{sync.application} '}{self._reach(sync)}" for sync in syncs)

    def _reach(self, sync: _Sync) -> str:
        by_reason: dict[str, list[str]] = {}
        for target in sync.targets:
            by_reason.setdefault(self._why_not(sync, target), []).append(target)
        reached = len(by_reason.pop("", ()))
        others = "".join(f"; not {', '.join(names)}: {why}" for why, names in by_reason.items())
        return f"reached {reached} of {len(sync.targets)}{others}"

    def missed(self, application: str, instances: Iterable[str]) -> Iterator[str]:
        """Which of these instances the last sync of the application has missed for good, and why."""
        for sync in [sync for sync in self._syncs if sync.application == application][-1:]:
            for target in instances:
                why = self._why_not(sync, target)
                if why not in {"", _ON_ITS_WAY, _NOT_RUNNING}:
                    yield f"the sync of line {sync.line} has not reached {target}: {why}"

    def _why_not(self, sync: _Sync, target: str) -> str:
        """Why the sync has not reached an instance; empty when it has, or is not for it."""
        if sync.targets.get(target) is SyncState.NOT_MANAGED:
            return f"{sync.manager} did not manage {sync.application} there then"
        if not sync.was_sent_to(target):
            return ""
        fate = self._journals.fate_of_sync(sync.action, sync.application, target)
        if fate.outcome is None:
            return _ON_ITS_WAY if self._fleet.is_running(target) else _NOT_RUNNING
        return "" if fate.outcome is Outcome.PROCESSED else fate.verdict_in_words()
