"""What trust there is at each point of a scenario, in items of profiles and in records by hand, and what needs it.

As if every message arrived: what is found is wrong even then.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from simulator.advice.checks.finding import Objection, Severity
from simulator.advice.checks.installed import Installed
from simulator.advice.checks.management import Management
from simulator.advice.checks.rehearsal import Rehearsal
from simulator.protocol.operations import OperationKind
from simulator.refusal import RefusalCode
from simulator.scenario import model
from simulator.scenario.phrases import duration_in_words, listed
from simulator.scenario.reading.load import LoadedScenario
from simulator.scenario.reading.place import DataPath
from simulator.trust.application import version_order
from simulator.trust.profile import ProfileItem
from simulator.trust.record import TrustRecord

Key = tuple[str, str, str, str]
"""Application, capability, trustor and trustee."""


@dataclass(slots=True)
class _Item:
    """A line of a profile, or a record by hand, and what has become of it."""

    path: DataPath
    on: str
    version: str | None
    """The Application Capability Version; None where the application is not installed."""
    active: bool = True
    is_synced: bool = False
    is_used: bool = False


class Trust:
    """Follows trust profiles, their syncs and trust records."""

    def __init__(
        self, loaded: LoadedScenario, rehearsal: Rehearsal, installed: Installed, management: Management
    ) -> None:
        self._loaded, self._scenario = loaded, loaded.scenario
        self._rehearsal, self._installed, self._management = rehearsal, installed, management
        self._items: dict[Key, _Item] = {}
        self._records: dict[Key, _Item] = {}
        self._needed: dict[Key, DataPath] = {}
        """What was sent without trust that covers it."""

    # -- what trust is set up ---------------------------------------------------------------------------

    def save_item(self, it: model.SaveProfileItemStep, path: DataPath) -> Iterator[Objection]:
        """Items are added to a profile, or changed."""
        for trustor, trustee in product(it.trusting, it.trusted):
            yield from self._save_item(it, trustor, trustee, path)

    def delete_item(self, it: model.DeleteProfileItemStep) -> None:
        """Items go; their trust stays until the next sync."""
        for trustor, trustee in product(it.trusting, it.trusted):
            self._items.pop((it.application, it.capability, trustor, trustee), None)

    def sync(self, it: model.SyncTrustProfilesStep) -> Iterator[Objection]:
        """A manager syncs its profiles."""
        for application in it.application or self._kept_by(it.on):
            yield from self._sync(application, it.on)

    def create_record(self, it: model.CreateTrustRecordStep, path: DataPath) -> Iterator[Objection]:
        """Trustors create records by hand."""
        for trustor, trustee in product(it.on, it.trustee):
            yield from self._create_record(it, trustor, trustee, path)

    def delete_record(self, it: model.DeleteTrustRecordStep) -> None:
        """Trustors delete records."""
        for trustor, trustee in product(it.on, it.trustee):
            self._records.pop((it.application, it.capability, trustor, trustee), None)

    def forget(self, it: model.RemoveApplicationStep) -> None:
        """What goes with an application: the trust that an instance gives, and the profile it keeps."""
        for on in it.on:
            for kept in (self._items, self._records):
                for key in [key for key in kept if key[0] == it.application and on in {key[2], kept[key].on}]:
                    del kept[key]

    def _save_item(
        self, it: model.SaveProfileItemStep, trustor: str, trustee: str, path: DataPath
    ) -> Iterator[Objection]:
        version = it.version or self._installed.capability_version(it.application, it.capability, it.on)
        yield from self._wrong_trust(it.application, it.capability, version, trustor, trustee, path)
        key = (it.application, it.capability, trustor, trustee)
        if self._rehearsal.tables[it.on].get(ProfileItem, *self._with_ids(key)) is None:
            return
        self._items[key] = _Item(path, it.on, version, it.active)
        if key in self._records:
            found = f"{trustor} trusts {trustee} by hand already."
            yield Objection("profile_takes_over", found, Severity.WARNING)

    def _kept_by(self, name: str) -> list[str]:
        """The applications whose profiles an instance keeps; where it keeps none, all that have a profile."""
        kept = self._management.applications_of(name)
        kept |= {key[0] for key, item in self._items.items() if item.on == name}
        with_profile = [app for app, it in self._scenario.applications.items() if it.capabilities]
        return [app for app in with_profile if app in kept] or with_profile

    def _sync(self, application: str, on: str) -> Iterator[Objection]:
        managed = self._management.managed(application, on)
        items = {key: item for key, item in self._items.items() if (key[0], item.on) == (application, on)}
        if not managed and not any(key[2] == on for key in items):
            found = f"{on} manages {application} on no instance, and so distributes nothing."
            yield Objection("no_manager", found)
        approved = self._management.approved(application, on)
        if early := [name for name in managed if name not in approved]:
            whom = f"{listed(early)}" if approved else f"{listed(early)}, and so nobody"
            delay = duration_in_words(self._scenario.auto_approval)
            found = f"{on} approves by itself {delay} after it was named: this sync does not reach {whom}."
            yield Objection("sync_too_early", found, Severity.WARNING if approved else Severity.ERROR)
        reached = {*approved, on}
        for (_, _, trustor, _), item in items.items():
            item.is_synced = item.is_synced or trustor in reached
            if managed and trustor not in {*managed, on}:
                found = f"{on} does not manage {application} on {trustor}, so the item does not get there."
                yield Objection("not_managed", found, path=item.path)

    def _create_record(
        self, it: model.CreateTrustRecordStep, trustor: str, trustee: str, path: DataPath
    ) -> Iterator[Objection]:
        version = it.version or self._installed.capability_version(it.application, it.capability, trustor)
        yield from self._wrong_trust(it.application, it.capability, version, trustor, trustee, path)
        key = (it.application, it.capability, trustor, trustee)
        if self._record(key) is None:
            return
        if key in self._items and self._items[key].is_synced:
            found = f"A profile item has {trustor} trust {trustee} too."
            yield Objection("profile_takes_over", found, Severity.WARNING)
        self._records[key] = _Item(path, trustor, version, is_synced=True)

    def _wrong_trust(
        self, application: str, capability: str, version: str | None, trustor: str, trustee: str, path: DataPath
    ) -> Iterator[Objection]:
        yield from self._installed.missing_so_far(application, [trustor, trustee], path)
        yield from self._wrong_versions(application, trustor, trustee)
        for name in (trustor, trustee):
            offered = self._installed.capability_version(application, capability, name)
            if version is not None and offered is not None and version != offered:
                found = f"{capability} is trusted in version {version} and offered by {name} in version {offered}."
                yield Objection(RefusalCode.VERSION_MISMATCH, found, Severity.WARNING)

    def _wrong_versions(self, application: str, one: str, other: str) -> Iterator[Objection]:
        definition = self._scenario.applications[application]
        versions = {name: self._installed.version(application, name) for name in (one, other)}
        for name, version in versions.items():
            if (
                version
                and definition.minimum_version
                and version_order(version) < version_order(definition.minimum_version)
            ):
                found = f"{name} has {application} {version}; the oldest that takes part is "
                yield Objection(RefusalCode.APPLICATION_TOO_OLD, f"{found}{definition.minimum_version}.")
        if definition.same_version and len({version for version in versions.values() if version}) > 1:
            found = f"{one} has {application} {versions[one]} and {other} has {versions[other]}."
            yield Objection(RefusalCode.APPLICATION_DIFFERS, found)

    # -- what needs it ----------------------------------------------------------------------------------

    def covers(self, it: model.SendStep, sender: str, recipient: str) -> bool:
        """Whether the trust is there that the operation needs."""
        return self._record(self._key(it, sender, recipient)) is not None

    def _record(self, key: Key) -> TrustRecord | None:
        application, capability, _, trustee = self._with_ids(key)
        return self._rehearsal.tables[key[2]].get(TrustRecord, application, capability, trustee)

    def _with_ids(self, key: Key) -> Key:
        """The key as the tables have it."""
        application, capability, trustor, trustee = key
        tables = self._rehearsal.tables
        return application, capability, tables[trustor].owner, tables[trustee].owner

    def send(
        self, it: model.SendStep, sender: str, recipient: str, path: DataPath, severity: Severity
    ) -> Iterator[Objection]:
        """An operation is sent; *severity* is how bad it is when it is refused."""
        key = self._key(it, sender, recipient)
        for item in (self._items.get(key), self._records.get(key)):
            if item is not None and item.active and item.is_synced:
                item.is_used = True
        record = self._record(key)
        if record is None:
            if severity is not Severity.NOTE:
                self._needed.setdefault(key, path)
            found = f"{key[2]} does not trust {key[3]} for {it.capability}, which {it.operation} needs."
            yield Objection(RefusalCode.NO_TRUST_RECORD, found, severity)
            return
        # What fits is sent in one version on all sides.
        versions: dict[str, str | None] = {"the trust": record.version}
        for name in (sender, recipient):
            versions[name] = self._installed.capability_version(it.application, it.capability, name)
        if len({version for version in versions.values() if version}) > 1:
            said = ", ".join(f"{name} has version {version}" for name, version in versions.items() if version)
            yield Objection(RefusalCode.VERSION_MISMATCH, f"{it.capability}: {said}.", severity)

    def _key(self, it: model.SendStep, sender: str, recipient: str) -> Key:
        offer = self._scenario.applications[it.application].capabilities[it.capability]
        is_data = offer.operations[it.operation].kind is OperationKind.DATA
        pair = (sender, recipient) if is_data else (recipient, sender)
        return (it.application, it.capability, *pair)

    # -- the end ----------------------------------------------------------------------------------------

    def in_vain(self) -> Iterator[Objection]:
        """At the end: trust that was never there, or that nothing has needed."""
        for key, item in self._items.items():
            _, capability, trustor, trustee = key
            if item.active and not item.is_synced and not self._was_synced_in_vain(key, item):
                found = f"The item, {trustor} trusts {trustee} for {capability}, is never synced."
                yield Objection("never_synced", found, Severity.WARNING, item.path)
        for key, item in [*self._items.items(), *self._records.items()]:
            if item.is_synced and item.active and not item.is_used:
                _, capability, trustor, trustee = key
                if key in self._needed:
                    found = f"Line {self._loaded.line(*self._needed[key])} needs it before."
                    yield Objection("trust_too_late", found, Severity.WARNING, item.path)
                else:
                    found = f"Nothing is sent that needs {trustor} to trust {trustee} for {capability}."
                    yield Objection("unused_trust", found, Severity.NOTE, item.path)

    def _was_synced_in_vain(self, key: Key, item: _Item) -> bool:
        """Whether the profile is synced after the item was saved, and does not reach its trusting instance."""
        steps = enumerate(self._scenario.steps)
        syncs = [(("steps", index), step.sync_trust_profiles) for index, step in steps]
        return any(
            it and it.on == item.on and key[0] in (it.application or [key[0]]) and path > item.path
            for path, it in syncs
        )
