"""Trust profiles held against the trust tables of both sides, for the whole fleet at once.

No instance sees this much: each knows only its own side. Nothing is decided or changed here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from simulator.advice.kept import load_fleet
from simulator.report.drift import Drift, DriftLine, DriftState
from simulator.tables import Tables
from simulator.trust.application import refuse_unoffered
from simulator.trust.directory import name_of, refuse_peer
from simulator.trust.management import Managed, ManagedBy, is_managed_by, manages
from simulator.trust.profile import ProfileItem, TrustProfile, keeps_profile, manager_of
from simulator.trust.record import Origin, TrustingInstance, TrustRecord
from simulator.trust.sync import SyncStatus

Finding = tuple[DriftState, str]
"""How two sides stand, and what they have instead."""

_SYNCED: Finding = (DriftState.SYNCED, "")


def find_drift(directory: Path) -> Drift:
    """Holds the files of one fleet against each other. Raises StoreError."""
    fleet = load_fleet(directory)
    applications = sorted({row.application for tables in fleet.values() for row in _rows(tables)})
    return Drift(
        directory=str(directory),
        instances=tuple(name_of(tables, tables.owner) for tables in fleet.values()),
        lines=tuple(line for application in applications for line in _Application(fleet, application).lines()),
    )


def _rows(tables: Tables) -> Iterator[Managed | ManagedBy | ProfileItem | TrustRecord | TrustingInstance]:
    yield from tables.all(Managed)
    yield from tables.all(ManagedBy)
    yield from tables.all(ProfileItem)
    yield from tables.all(TrustRecord)
    yield from tables.all(TrustingInstance)


@dataclass(frozen=True, slots=True)
class _Application:
    """One application on all instances of a fleet, by id."""

    fleet: Mapping[str, Tables]
    name: str

    def lines(self) -> Iterator[DriftLine]:
        """First who manages whom, then the items of the profiles, then the trust that no profile has."""
        yield from self._relations()
        told: set[tuple[str, str, str]] = set()
        """Trustor, trustee and capability of each record that a line was about."""
        for keeper in self.fleet.values():
            if keeps_profile(keeper, self.name):
                for item in self._items(keeper):
                    line = self._item(keeper, item)
                    if item.active or line.state.is_drift:
                        told.add((item.trusting_instance, item.trusted_instance, item.capability))
                    yield line
        yield from self._other_records(told)
        yield from self._other_mirrors()

    # -- management -------------------------------------------------------------------------------------

    def _relations(self) -> Iterator[DriftLine]:
        pairs = [
            (manager, managed)
            for manager in self.fleet.values()
            for managed in self.fleet.values()
            if manages(manager, self.name, managed.owner) or is_managed_by(managed, self.name, manager.owner)
        ]
        for manager, managed in pairs:
            state, detail = self._relation(manager, managed)
            yield DriftLine(
                state=state,
                application=self.name,
                subject=_name(manager),
                verb="manages",
                object=_name(managed),
                detail=detail,
            )

    def _relation(self, manager: Tables, managed: Tables) -> Finding:
        if not is_managed_by(managed, self.name, manager.owner):
            theirs = managed.get(ManagedBy, self.name, manager.owner)
            has = f"has {_name(manager)} as {theirs.approval}" if theirs else f"does not list {_name(manager)}"
            return DriftState.PEER_REVOKED_UNNOTICED, f"Manager Instances of {_name(managed)} {has}"
        if not manages(manager, self.name, managed.owner):
            mine = manager.get(Managed, self.name, managed.owner)
            has = f"has {_name(managed)} as {mine.status}" if mine else f"does not list {_name(managed)}"
            return DriftState.PEER_REVOKED_UNNOTICED, f"Managed Instances of {_name(manager)} {has}"
        sent, held = self._revisions(manager, managed)
        if sent != held:
            return DriftState.STALE, self._apart(manager, managed)
        return DriftState.SYNCED, f"revision {held}" if held else "nothing was synced yet"

    def _revisions(self, manager: Tables, managed: Tables) -> tuple[int, int]:
        """The revision that the manager has last sent to the instance, and the one that this has; 0 for none."""
        status = manager.get(SyncStatus, self.name, managed.owner)
        profile = managed.get(TrustProfile, self.name)
        is_theirs = profile is not None and profile.manager_instance == manager.owner
        return status.revision if status else 0, profile.revision if profile and is_theirs else 0

    def _apart(self, manager: Tables, managed: Tables) -> str:
        sent, held = self._revisions(manager, managed)
        has = f"{_name(managed)} has {f'revision {held}' if held else 'no revision'}"
        status = manager.get(SyncStatus, self.name, managed.owner)
        if status is None:
            return f"{has}; {_name(manager)} has sent none"
        code = f" ({status.code})" if status.code else ""
        return f"{has}; {_name(manager)} has sent {sent}, and shows it as {status.status}{code}"

    # -- items of profiles ------------------------------------------------------------------------------

    def _items(self, keeper: Tables) -> list[ProfileItem]:
        """The items of a profile, and as inactive those that it has no more and whose records are still there."""
        own = keeper.all(ProfileItem, application=self.name)
        keys = {item.key for item in own}
        gone = [
            ProfileItem(
                application=self.name,
                capability=record.capability,
                trusting_instance=trustor.owner,
                trusted_instance=record.trusted_instance,
                version=record.version,
                active=False,
                description="",
            )
            for trustor in self.fleet.values()
            if trustor is keeper or manages(keeper, self.name, trustor.owner)
            for record in trustor.all(TrustRecord, application=self.name, origin=Origin.PROFILE)
        ]
        return [*own, *(item for item in gone if item.key not in keys)]

    def _item(self, keeper: Tables, item: ProfileItem) -> DriftLine:
        trustor = self.fleet[item.trusting_instance]
        record = trustor.get(TrustRecord, self.name, item.capability, item.trusted_instance)
        of_profile = record if record and record.origin is Origin.PROFILE else None
        wanted = item.version if item.active else None
        if wanted != (of_profile.version if of_profile else None):
            state, detail = self._not_so(keeper, trustor, item, record)
        elif of_profile:
            state, detail = self._mirrored(trustor, of_profile)
        else:
            state, detail = DriftState.SYNCED, "inactive"
        return self._trust_line(state, trustor, item.trusted_instance, item.capability, item.version, detail)

    def _not_so(self, keeper: Tables, trustor: Tables, item: ProfileItem, record: TrustRecord | None) -> Finding:
        """Why the trust table of the trustor is not as the item says."""
        has = _in_words(trustor, record)
        since = "saved" if item.active else "taken out"
        if trustor is keeper:
            return DriftState.NOT_SENT, f"{since} since the last sync; {has}"
        if not manages(keeper, self.name, trustor.owner):
            return DriftState.NOT_SENT, f"{_name(keeper)} does not manage {_name(trustor)}"
        sent, held = self._revisions(keeper, trustor)
        if sent != held:
            return DriftState.STALE, has
        if not held:
            return DriftState.NOT_SENT, f"never synced; {has}"
        received = trustor.get(ProfileItem, *item.key)
        if (received.version if received else None) != (item.version if item.active else None):
            return DriftState.NOT_SENT, f"{since} since the last sync; {has}"
        refusal = refuse_peer(trustor, item.trusted_instance) or refuse_unoffered(
            trustor, self.name, item.capability
        )
        if refusal:
            return DriftState.LEFT_OUT, f"{refusal.code}: {refusal.found}"
        return DriftState.CONTRADICTS, f"{_name(trustor)} has taken in this item, and {has}"

    # -- both sides of a record -------------------------------------------------------------------------

    def _mirrored(self, trustor: Tables, record: TrustRecord) -> Finding:
        """Whether the trustee knows of a record, and in the same version."""
        trustee = self.fleet[record.trusted_instance]
        mirror = trustee.get(TrustingInstance, self.name, record.capability, trustor.owner)
        if mirror and mirror.version == record.version:
            return _SYNCED
        has = f"has it in version {mirror.version}" if mirror else f"does not list {_name(trustor)}"
        return DriftState.CONTRADICTS, f"Trusting Instances of {_name(trustee)} {has}"

    def _other_records(self, told: set[tuple[str, str, str]]) -> Iterator[DriftLine]:
        for trustor in self.fleet.values():
            for record in trustor.all(TrustRecord, application=self.name):
                if (trustor.owner, record.trusted_instance, record.capability) in told:
                    continue
                state, detail = self._mirrored(trustor, record)
                if state is DriftState.SYNCED and record.origin is Origin.MANUAL:
                    state = DriftState.MANUAL
                elif state is DriftState.SYNCED:
                    state, detail = DriftState.ORPHANED, self._orphaned(trustor)
                yield self._trust_line(
                    state, trustor, record.trusted_instance, record.capability, record.version, detail
                )

    def _orphaned(self, trustor: Tables) -> str:
        manager = manager_of(trustor, self.name)
        who = f"{_name(self.fleet[manager])} has no item for it" if manager else f"nobody manages {_name(trustor)}"
        return f"a profile has brought it, and {who}"

    def _other_mirrors(self) -> Iterator[DriftLine]:
        for trustee in self.fleet.values():
            for row in trustee.all(TrustingInstance, application=self.name):
                trustor = self.fleet[row.trusting_instance]
                if trustor.get(TrustRecord, self.name, row.capability, trustee.owner) is None:
                    detail = f"Trusting Instances of {_name(trustee)} says so, and {_in_words(trustor, None)}"
                    yield self._trust_line(
                        DriftState.CONTRADICTS, trustor, trustee.owner, row.capability, row.version, detail
                    )

    def _trust_line(
        self, state: DriftState, trustor: Tables, trustee: str, capability: str, version: str, detail: str
    ) -> DriftLine:
        return DriftLine(
            state=state,
            application=self.name,
            subject=_name(trustor),
            verb="trusts",
            object=_name(self.fleet[trustee]),
            capability=capability,
            version=version,
            detail=detail,
        )


def _name(tables: Tables) -> str:
    return name_of(tables, tables.owner)


def _in_words(trustor: Tables, record: TrustRecord | None) -> str:
    table = f"the trust table of {_name(trustor)}"
    return f"{table} has {record.version} {record.origin}" if record else f"{table} has no record"
