"""What is wrong with a topology and with the trust that a scenario sets up, without running it.

The steps are gone through in their order, as if every message arrived and nobody waited in vain: what is found
is wrong even then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import product
from typing import Any

from simulator.advice.cmdb import CmdbDoctor, Objection
from simulator.advice.disturbances import not_followed
from simulator.advice.finding import Finding, Severity
from simulator.advice.installed import Installed
from simulator.advice.races import Races, is_meant
from simulator.protocol.actions import Administered
from simulator.protocol.operations import OperationKind
from simulator.refusal import RefusalCode
from simulator.scenario import model
from simulator.scenario.model import Environment, OutcomeExpectation, Step
from simulator.scenario.reading.load import LoadedScenario
from simulator.scenario.reading.source import DataPath
from simulator.scenario.running.acts import acts_of
from simulator.scenario.running.waiting import is_to_be_processed
from simulator.scenario.words import duration_in_words, listed
from simulator.transport.certificate import ALERTS
from simulator.trust.application import version_order
from simulator.trust.catalogue import MEANINGS
from simulator.trust.findings import FINDINGS
from simulator.trust.readiness import FIRST_RELEASE, PLUGINS, RELEASES
from simulator.trust.users import roles_for


def examine(loaded: LoadedScenario) -> list[Finding]:
    """All findings in the order of the file, each where it is met first."""
    found: dict[tuple[str, str], Finding] = {}
    for finding in _Doctor(loaded).findings():
        found.setdefault((finding.code, finding.found), finding)
    return sorted(found.values(), key=lambda finding: (finding.line, finding.column, finding.code))


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


_IMPOSSIBLE = {RefusalCode.SELF_TRUST, RefusalCode.OTHER_ACCOUNT, RefusalCode.INSTANCE_RETIRED}
"""With these nothing comes of an item or a record."""


class _Doctor:
    def __init__(self, loaded: LoadedScenario) -> None:
        self._loaded = loaded
        self._scenario = loaded.scenario
        self._manager: dict[tuple[str, str], str] = {}
        """By managed instance and application."""
        self._asked: dict[tuple[str, str, str], DataPath] = {}
        """Managed instance, application and manager, of requests that nobody has answered."""
        self._now = timedelta(0)
        """How far the scenario has advanced the clock, or may have waited."""
        self._approved_at: dict[tuple[str, str], timedelta] = {}
        """By managed instance and application: when its manager approves it by itself."""
        self._races = Races(self._scenario)
        self._items: dict[Key, _Item] = {}
        self._in_force: dict[Key, str | None] = {}
        """What a sync has brought, which stays until the next one."""
        self._records: dict[Key, _Item] = {}
        self._is_production = {
            name: it.environment is Environment.PRODUCTION for name, it in self._scenario.instances.items()
        }
        self._retired: set[str] = set()
        self._grants: dict[tuple[str, str, str], bool] = {}
        """By application, grantor and grantee, where it was customised."""
        self._cmdb = CmdbDoctor()
        self._installed = Installed(self._scenario)
        self._needed: dict[Key, DataPath] = {}
        """What was sent without trust that covers it."""

    def findings(self) -> Iterator[Finding]:
        for name in self._scenario.instances:
            yield from self._readiness(name)
        yield from self._unmentioned()
        if disturbed := not_followed(self._loaded):
            path, found = disturbed
            yield self._find("fault_not_followed", found, path, Severity.NOTE)
        for index, step in enumerate(self._scenario.steps):
            path = ("steps", index)
            severity = Severity.NOTE if is_meant(step) else Severity.WARNING
            for found in self._races.left(step):
                yield self._find("race_left", f"{found[0].upper()}{found[1:]}.", path, severity)
            yield from self._step(step, path)
            self._races.taken(step, self._loaded.line(*path), self._reached_by(step))
            self._now += _time_of(step)
        yield from self._at_the_end()

    # -- instances --------------------------------------------------------------------------------------

    def _readiness(self, name: str) -> Iterator[Finding]:
        it, path = self._scenario.instances[name], ("instances", name)
        if RELEASES.index(it.release) < RELEASES.index(FIRST_RELEASE):
            found = f"{name} has the release {it.release}, and application trust came with {FIRST_RELEASE}."
            severity = Severity.NOTE if self._is_mended("upgrade", name) else Severity.ERROR
            yield self._find(RefusalCode.RELEASE_TOO_OLD, found, path, severity)
        if alert := ALERTS.get(it.certificate):
            is_renewed = any(step.certificate and name in step.certificate.on for step in self._scenario.steps)
            severity = Severity.NOTE if is_renewed else Severity.ERROR
            code = RefusalCode(alert.replace(" ", "_"))
            yield self._find(code, f"{name} cannot connect: {alert}.", path, severity)
        if not it.supports_tls:
            severity = Severity.NOTE if self._is_mended("enable_tls", name) else Severity.ERROR
            yield self._find(
                RefusalCode.TLS_NOT_SUPPORTED, f"adcv2/supports_tls of {name} is not true.", path, severity
            )
        for plugin in PLUGINS:
            age = it.plugins.get(plugin, self._scenario.mtls_wait)
            severity = Severity.NOTE if self._is_mended("install_plugin", name) else Severity.ERROR
            if age is None:
                found = f"The plugin {plugin} is not installed on {name}."
                yield self._find(RefusalCode.PLUGIN_MISSING, found, path, severity)
            elif plugin == PLUGINS[-1] and age < self._scenario.mtls_wait:
                left = duration_in_words(self._scenario.mtls_wait - age)
                found = f"The plugin {plugin} of {name} is too new; the instance can take part in {left}."
                yield self._find(RefusalCode.PLUGIN_TOO_NEW, found, path, Severity.WARNING)

    def _unmentioned(self) -> Iterator[Finding]:
        """Instances that are forgotten: they are started, and nothing else."""
        scenario = self._scenario
        # Only read, so it does not matter that pydantic cannot write an expectation by its tag.
        parts = scenario.model_dump(exclude={"instances", "groups", "name", "description"}, warnings=False)
        named = set(_texts(parts))
        for name in scenario.instances:
            if name not in named:
                found = f"Nobody manages {name}, and no step and no expectation names it."
                yield self._find("not_mentioned", found, ("instances", name), Severity.WARNING)

    def _is_mended(self, verb: str, name: str) -> bool:
        """Whether a step does what support has to do for the instance."""
        done = (getattr(step, verb) for step in self._scenario.steps)
        return any(it and name in (it if isinstance(it, list) else it.on) for it in done)

    # -- steps ------------------------------------------------------------------------------------------

    def _step(self, step: Step, path: DataPath) -> Iterator[Finding]:
        expected = step.expect.refused if isinstance(step.expect, OutcomeExpectation) else None
        # What its user may not do does not come about.
        for finding in list(self._users(step, path)) or self._of_step(step, path):
            is_expected = finding.severity is Severity.ERROR and expected is not None
            yield replace(finding, severity=Severity.NOTE) if is_expected else finding

    def _users(self, step: Step, path: DataPath) -> Iterator[Finding]:
        """What keeps the user who takes the step from it."""
        for on, action in acts_of(self._scenario, step):
            if isinstance(action, Administered):
                objections = self._cmdb.act(on, action.taken_by, roles_for(action))
                yield from self._objections(objections, path, is_expected=False)

    def _of_step(self, step: Step, path: DataPath) -> Iterator[Finding]:
        match getattr(step, step.verb):
            case model.NameManagerStep() as it:
                for managed in it.on:
                    self._approved_at[managed, it.application] = self._now + self._scenario.auto_approval
                    yield from self._manage(it.application, it.manager, managed, path)
            case model.DeleteManagedStep() as it:
                yield from self._give_up(it, path)
            case model.RequestManagementStep() as it:
                for managed in it.instances:
                    wrong = [*self._wrong_pair(it.on, managed, path), *self._managed_itself(it.on, managed, path)]
                    yield from wrong
                    if not wrong:
                        self._asked[managed, it.application, it.on] = path
            case model.ManagerAnswerStep() as it:
                for managed in it.on:
                    yield from self._answer(step.verb, it.application, it.manager, managed, path)
            case model.SaveProfileItemStep() as it:
                for trustor, trustee in product(it.trusting, it.trusted):
                    yield from self._save_item(it, trustor, trustee, path)
            case model.DeleteProfileItemStep() as it:
                for trustor, trustee in product(it.trusting, it.trusted):
                    self._items.pop((it.application, it.capability, trustor, trustee), None)
            case model.SyncTrustProfilesStep() as it:
                for application in it.application or self._kept_by(it.on):
                    yield from self._sync(application, it.on, path)
            case model.CreateTrustRecordStep() as it:
                for trustor, trustee in product(it.on, it.trustee):
                    yield from self._create_record(it, trustor, trustee, path)
            case model.DeleteTrustRecordStep() as it:
                for trustor, trustee in product(it.on, it.trustee):
                    self._records.pop((it.application, it.capability, trustor, trustee), None)
            case model.SetGrantAccessStep() as it:
                for pair in product(it.on, it.instance):
                    yield from self._configured(it.application, *pair, path)
                    self._grants[it.application, *pair] = it.grant
            case model.SetIsGrantingAccessStep() as it:
                found = f"Is granting access of {it.on[0]} only mirrors Grant access on {it.instance[0]}."
                yield self._find(RefusalCode.MIRROR_IS_READ_ONLY, found, path)
            case model.ShareDataStep() as it:
                for pair in product(it.sender, it.to):
                    yield from self._share(it.application, *pair, path, self._severity(step))
            case list() as names if step.verb == "decommission":
                self._retired.update(names)
                self._end_management(lambda *pair: not self._retired.isdisjoint(pair))
            case model.InstallApplicationStep() as it:
                yield from self._objections(self._installed.install(it), path, is_expected=False)
            case model.UpgradeApplicationStep() as it:
                yield from self._objections(self._installed.upgrade(it), path, is_expected=False)
            case model.RemoveApplicationStep() as it:
                yield from self._objections(self._installed.remove(it), path, is_expected=False)
                self._forget(it)
            case model.DemoteStep() as it:
                self._change_type(it.on, is_production=False)
            case list() as names if step.verb == "promote":
                self._change_type(names, is_production=True)
            case model.SendStep() as it:
                for sender, recipient in product(it.sender, it.to):
                    yield from self._send(it, sender, recipient, path, self._severity(step))
            case _:
                yield from self._on_cmdbs(step, path)

    def _on_cmdbs(self, step: Step, path: DataPath) -> Iterator[Finding]:
        match getattr(step, step.verb):
            case model.ConfigureCmdbStep() as it:
                yield from self._objections(self._cmdb.configure(it), path, is_expected=False)
            case model.IdentifyStep() as it:
                yield from self._objections(self._cmdb.identify(it), path, is_expected=step.expect is not None)
            case model.RecordStep() | model.AuditStep() | model.TaskStep() as it:
                yield from self._objections(self._cmdb.edit(it), path, is_expected=step.expect is not None)
            case model.AssignUserStep() as it:
                yield from self._missing(it.application, [*it.on, *it.instance], path)
                self._cmdb.assign(it)
            case model.CloneStep() as it:
                self._cmdb.clone(it.source, it.to)
                self._installed.clone(it.source, it.to)
            case model.SnapshotStep() as it:
                self._cmdb.snapshot(it)
            case str() as name if step.verb == "restore":
                self._cmdb.restore(name)

    def _severity(self, step: Step) -> Severity:
        """How bad it is that a message of the step is refused: it depends on what the author expects of it."""
        if is_to_be_processed(self._scenario, step):
            return Severity.ERROR
        return Severity.WARNING if step.expect is None else Severity.NOTE

    def _objections(
        self, objections: Iterable[Objection], path: DataPath, *, is_expected: bool
    ) -> Iterator[Finding]:
        """What is refused is an error, what goes in and does no good a warning."""
        for code, found in objections:
            severity = Severity.ERROR if code in set(RefusalCode) else Severity.WARNING
            is_note = is_expected and severity is Severity.WARNING
            yield self._find(code, found, path, Severity.NOTE if is_note else severity)

    # -- who manages whom -------------------------------------------------------------------------------

    def _manage(self, application: str, manager: str, managed: str, path: DataPath) -> Iterator[Finding]:
        wrong = [*self._wrong_pair(manager, managed, path), *self._wrong_role(application, manager, managed, path)]
        yield from wrong
        yield from self._missing(application, [manager, managed], path)
        if not wrong:
            self._manager[managed, application] = manager

    def _answer(
        self, verb: str, application: str, manager: str, managed: str, path: DataPath
    ) -> Iterator[Finding]:
        request = (managed, application, manager)
        if verb == "delete_manager":
            self._manager.pop((managed, application), None)
            self._asked.pop(request, None)
        elif request not in self._asked:
            found = f"{manager} has not asked to manage {application} on {managed}."
            yield self._find(RefusalCode.NO_SUCH_REQUEST, found, path)
        elif verb == "reject_manager":
            del self._asked[request]
        else:
            self._approved_at.pop((managed, application), None)
            yield from self._manage(application, manager, managed, path)
            if self._manager.get((managed, application)) == manager:
                del self._asked[request]

    def _give_up(self, it: model.DeleteManagedStep, path: DataPath) -> Iterator[Finding]:
        for managed in it.instances:
            is_asked = self._asked.pop((managed, it.application, it.on), None)
            if self._manager.get((managed, it.application)) == it.on:
                del self._manager[managed, it.application]
            elif not is_asked:
                found = f"{it.on} neither manages {it.application} on {managed} nor has asked to."
                yield self._find(RefusalCode.NOT_MY_MANAGED, found, path)

    def _wrong_pair(self, manager: str, managed: str, path: DataPath) -> Iterator[Finding]:
        upper, lower = self._scenario.instances[manager], self._scenario.instances[managed]
        if manager == managed:
            yield self._find(RefusalCode.SELF_MANAGEMENT, f"{manager} is named as its own manager.", path)
        elif upper.account != lower.account:
            yield self._find(RefusalCode.OTHER_ACCOUNT, self._accounts(manager, managed), path)
        elif retired := self._retired & {manager, managed}:
            found = f"{min(retired)} has been decommissioned before."
            yield self._find(RefusalCode.INSTANCE_RETIRED, found, path)
        elif self._is_upside_down(manager, managed):
            found = f"{manager} is non-production and cannot manage {managed}, which is production."
            yield self._find(RefusalCode.SUBPROD_MANAGES_PROD, found, path)

    def _is_upside_down(self, manager: str, managed: str) -> bool:
        return self._is_production[managed] and not self._is_production[manager]

    def _change_type(self, names: Iterable[str], *, is_production: bool) -> None:
        self._is_production.update(dict.fromkeys(names, is_production))
        self._grants = {key: grant for key, grant in self._grants.items() if key[1] not in names}
        self._end_management(self._is_upside_down)

    def _end_management(self, is_ended: Callable[[str, str], bool]) -> None:
        """*is_ended* is asked of each manager and managed instance."""
        self._manager = {key: by for key, by in self._manager.items() if not is_ended(by, key[0])}

    def _managed_itself(self, manager: str, managed: str, path: DataPath) -> Iterator[Finding]:
        for (it, app), other in self._manager.items():
            if it == manager:
                found = f"{manager} is managed by {other} for {app} and cannot manage {managed} as well."
                yield self._find(RefusalCode.MANAGING_AND_MANAGED, found, path)

    def _wrong_role(self, application: str, manager: str, managed: str, path: DataPath) -> Iterator[Finding]:
        yield from self._managed_itself(manager, managed, path)
        for (it, app), other in self._manager.items():
            if other == managed:
                found = f"{managed} manages {app} on {it} and cannot be managed by {manager} as well."
                yield self._find(RefusalCode.MANAGING_AND_MANAGED, found, path)
        known = self._manager.get((managed, application))
        if known is not None and known != manager:
            found = f"{application} on {managed} is managed by {known} already."
            yield self._find(RefusalCode.SECOND_MANAGER, found, path)

    # -- what trust is set up ---------------------------------------------------------------------------

    def _save_item(
        self, it: model.SaveProfileItemStep, trustor: str, trustee: str, path: DataPath
    ) -> Iterator[Finding]:
        version = it.version or self._installed.capability_version(it.application, it.capability, it.on)
        wrong = list(self._wrong_trust(it.application, it.capability, version, trustor, trustee, path))
        yield from wrong
        if _IMPOSSIBLE & {finding.code for finding in wrong}:
            return
        if it.on in {managed for managed, app in self._manager if app == it.application}:
            found = f"{it.on} is managed for {it.application}, so that its profile is edited on its manager."
            yield self._find(RefusalCode.PROFILE_IS_MANAGED, found, path)
            return
        key = (it.application, it.capability, trustor, trustee)
        self._items[key] = _Item(path, it.on, version, it.active)
        if key in self._records:
            yield self._find(
                "profile_takes_over", f"{trustor} trusts {trustee} by hand already.", path, Severity.WARNING
            )

    def _kept_by(self, name: str) -> list[str]:
        """The applications whose profiles an instance keeps; where it keeps none, all that have a profile."""
        kept = {app for (_, app), by in self._manager.items() if by == name}
        kept |= {key[0] for key, item in self._items.items() if item.on == name}
        with_profile = [app for app, it in self._scenario.applications.items() if it.capabilities]
        return [app for app in with_profile if app in kept] or with_profile

    def _sync(self, application: str, on: str, path: DataPath) -> Iterator[Finding]:
        managed = [name for (name, app), by in self._manager.items() if (app, by) == (application, on)]
        items = {key: item for key, item in self._items.items() if (key[0], item.on) == (application, on)}
        if not managed and not any(key[2] == on for key in items):
            found = f"{on} manages {application} on no instance, and so distributes nothing."
            yield self._find("no_manager", found, path, Severity.ERROR)
        approved = self._approved(application, on)
        if early := [name for name in managed if name not in approved]:
            whom = f"{listed(early)}" if approved else f"{listed(early)}, and so nobody"
            delay = duration_in_words(self._scenario.auto_approval)
            found = f"{on} approves by itself {delay} after it was named: this sync does not reach {whom}."
            yield self._find("sync_too_early", found, path, Severity.WARNING if approved else Severity.ERROR)
        reached = {*approved, on}
        takes_in = {name for name in reached if self._installed.version(application, name)}
        others = {key: it for key, it in self._in_force.items() if key[0] != application or key[2] not in takes_in}
        synced = {key: item.version for key, item in items.items() if item.active and key[2] in takes_in}
        self._in_force = others | synced
        for (_, _, trustor, _), item in items.items():
            item.is_synced = item.is_synced or trustor in reached
            if managed and trustor not in {*managed, on}:
                found = f"{on} does not manage {application} on {trustor}, so the item does not get there."
                yield self._find("not_managed", found, item.path, Severity.ERROR)

    def _approved(self, application: str, manager: str) -> list[str]:
        """The instances that the manager manages by now, having approved them."""
        return [
            name
            for (name, app), by in self._manager.items()
            if (app, by) == (application, manager)
            and self._approved_at.get((name, app), timedelta(-1)) < self._now
        ]

    def _reached_by(self, step: Step) -> list[tuple[str, str]]:
        """The instances that a sync is sent to, each with the application."""
        it = step.sync_trust_profiles
        applications = (it.application or self._scenario.applications) if it else ()
        return [(name, app) for app in applications for name in self._approved(app, it.on if it else "")]

    def _forget(self, it: model.RemoveApplicationStep) -> None:
        """What goes with an application: the trust that an instance gives, the profile it keeps, its grants."""
        for on in it.on:
            for kept in (self._items, self._records):
                for key in [key for key in kept if key[0] == it.application and on in {key[2], kept[key].on}]:
                    del kept[key]
            self._in_force = {
                key: version for key, version in self._in_force.items() if (key[0], key[2]) != (it.application, on)
            }
            gone = (it.application, on)
            self._grants = {key: grant for key, grant in self._grants.items() if key[:2] != gone}

    def _create_record(
        self, it: model.CreateTrustRecordStep, trustor: str, trustee: str, path: DataPath
    ) -> Iterator[Finding]:
        version = it.version or self._installed.capability_version(it.application, it.capability, trustor)
        wrong = list(self._wrong_trust(it.application, it.capability, version, trustor, trustee, path))
        yield from wrong
        if _IMPOSSIBLE & {finding.code for finding in wrong}:
            return
        key = (it.application, it.capability, trustor, trustee)
        if key in self._items and self._items[key].is_synced:
            found = f"A profile item has {trustor} trust {trustee} too."
            yield self._find("profile_takes_over", found, path, Severity.WARNING)
        self._records[key] = _Item(path, trustor, version, is_synced=True)

    def _wrong_trust(
        self, application: str, capability: str, version: str | None, trustor: str, trustee: str, path: DataPath
    ) -> Iterator[Finding]:
        if trustor == trustee:
            yield self._find(RefusalCode.SELF_TRUST, f"{trustor} would trust itself.", path)
        elif self._scenario.instances[trustor].account != self._scenario.instances[trustee].account:
            yield self._find(RefusalCode.OTHER_ACCOUNT, self._accounts(trustor, trustee), path)
        elif retired := self._retired & {trustor, trustee}:
            yield self._find(RefusalCode.INSTANCE_RETIRED, f"{min(retired)} has been decommissioned before.", path)
        yield from self._missing(application, [trustor, trustee], path)
        yield from self._wrong_versions(application, trustor, trustee, path)
        for name in (trustor, trustee):
            offered = self._installed.capability_version(application, capability, name)
            if version is not None and offered is not None and version != offered:
                found = f"{capability} is trusted in version {version} and offered by {name} in version {offered}."
                yield self._find(RefusalCode.VERSION_MISMATCH, found, path, Severity.WARNING)

    def _wrong_versions(self, application: str, one: str, other: str, path: DataPath) -> Iterator[Finding]:
        definition = self._scenario.applications[application]
        versions = {name: self._installed.version(application, name) for name in (one, other)}
        for name, version in versions.items():
            if (
                version
                and definition.minimum_version
                and version_order(version) < version_order(definition.minimum_version)
            ):
                found = f"{name} has {application} {version}; the oldest that takes part is "
                yield self._find(RefusalCode.APPLICATION_TOO_OLD, f"{found}{definition.minimum_version}.", path)
        if definition.same_version and len({version for version in versions.values() if version}) > 1:
            found = f"{one} has {application} {versions[one]} and {other} has {versions[other]}."
            yield self._find(RefusalCode.APPLICATION_DIFFERS, found, path)

    def _missing(
        self, application: str, names: Iterable[str], path: DataPath, *, may_come: bool = True
    ) -> Iterator[Finding]:
        """That it is not installed there; for who only prepares something it *may come* in a later step."""
        for name in names:
            for code, found in self._installed.missing(application, name):
                is_mended = may_come and self._installed.will_come(application, name, after=path)
                yield self._find(code, found, path, Severity.NOTE if is_mended else Severity.ERROR)

    # -- what needs it ----------------------------------------------------------------------------------

    def _send(
        self, it: model.SendStep, sender: str, recipient: str, path: DataPath, severity: Severity
    ) -> Iterator[Finding]:
        yield from self._missing(it.application, [sender, recipient], path, may_come=False)
        offer = self._scenario.applications[it.application].capabilities[it.capability]
        is_data = offer.operations[it.operation].kind is OperationKind.DATA
        trustor, trustee = (sender, recipient) if is_data else (recipient, sender)
        key = (it.application, it.capability, trustor, trustee)
        for item in (self._items.get(key), self._records.get(key)):
            if item is not None and item.active and item.is_synced:
                item.is_used = True
        if key not in self._in_force and key not in self._records:
            if severity is not Severity.NOTE:
                self._needed.setdefault(key, path)
            found = f"{trustor} does not trust {trustee} for {it.capability}, which {it.operation} needs."
            yield self._find(RefusalCode.NO_TRUST_RECORD, found, path, severity)
            return
        # A synced profile has its way over a record by hand, and what fits is sent in one version on all sides.
        trusted = self._in_force[key] if key in self._in_force else self._records[key].version
        versions = {"the trust": trusted} | {
            name: self._installed.capability_version(it.application, it.capability, name)
            for name in (sender, recipient)
        }
        if len({version for version in versions.values() if version}) > 1:
            said = ", ".join(f"{name} has version {version}" for name, version in versions.items() if version)
            yield self._find(RefusalCode.VERSION_MISMATCH, f"{it.capability}: {said}.", path, severity)
        if offer.operations[it.operation].cmdb:
            objections = self._cmdb.receive(it.application, sender, recipient, it.payload)
            for code, what in objections:
                yield self._find(code, what, path, severity)

    def _configured(self, application: str, one: str, other: str, path: DataPath) -> Iterator[Finding]:
        """What keeps the application's data from being shared whatever is granted."""
        yield from self._missing(application, [one, other], path, may_come=False)
        if not self._scenario.applications[application].data_sharing:
            found = f"{application} takes no part in data sharing."
            yield self._find(RefusalCode.NO_DATA_SHARING, found, path)
        if self._scenario.instances[one].account != self._scenario.instances[other].account:
            yield self._find(RefusalCode.OTHER_ACCOUNT, self._accounts(one, other), path)

    def _share(
        self, application: str, grantor: str, grantee: str, path: DataPath, severity: Severity
    ) -> Iterator[Finding]:
        yield from self._configured(application, grantor, grantee, path)
        default = self._is_production[grantee] and not self._is_production[grantor]
        if not self._grants.get((application, grantor, grantee), default):
            found = f"{grantor} does not grant {grantee} access to {application} at this point."
            yield self._find(RefusalCode.ACCESS_NOT_GRANTED, found, path, severity)

    # -- the end ----------------------------------------------------------------------------------------

    def _at_the_end(self) -> Iterator[Finding]:
        for (managed, application, manager), path in self._asked.items():
            found = f"Nobody on {managed} approves {manager} as manager for {application}."
            yield self._find("approval_missing", found, path, Severity.WARNING)
        for key, item in self._items.items():
            _, capability, trustor, trustee = key
            if item.active and not item.is_synced and not self._was_synced_in_vain(key, item):
                found = f"The item, {trustor} trusts {trustee} for {capability}, is never synced."
                yield self._find("never_synced", found, item.path, Severity.WARNING)
        for key, item in [*self._items.items(), *self._records.items()]:
            if item.is_synced and item.active and not item.is_used:
                _, capability, trustor, trustee = key
                found = f"Nothing is sent that needs {trustor} to trust {trustee} for {capability}."
                if key in self._needed:
                    found = f"Line {self._loaded.line(*self._needed[key])} needs it before."
                    yield self._find("trust_too_late", found, item.path, Severity.WARNING)
                else:
                    yield self._find("unused_trust", found, item.path, Severity.NOTE)

    def _was_synced_in_vain(self, key: Key, item: _Item) -> bool:
        """Whether the profile is synced after the item was saved, and does not reach its trusting instance."""
        steps = enumerate(self._scenario.steps)
        syncs = [(("steps", index), step.sync_trust_profiles) for index, step in steps]
        return any(
            it and it.on == item.on and key[0] in (it.application or [key[0]]) and path > item.path
            for path, it in syncs
        )

    def _accounts(self, one: str, other: str) -> str:
        accounts = [self._scenario.instances[name].account for name in (one, other)]
        return f"{one} belongs to account {accounts[0]}, {other} to account {accounts[1]}."

    def _find(self, code: str, found: str, path: DataPath, severity: Severity = Severity.ERROR) -> Finding:
        source = self._loaded.source
        place = source.values[source.nearest(path)]
        meaning = FINDINGS.get(code) or MEANINGS[RefusalCode(code)]
        return Finding(str(code), severity, place.file, place.line, place.column, found, meaning.remedy)


def _time_of(step: Step) -> timedelta:
    """By how much the clock may be further when the step is over."""
    expectations = step.expect if isinstance(step.expect, list) else [step.expect] if step.expect else []
    waits = [one.within for one in expectations if one.within]
    return (step.advance or timedelta(0)) + sum(waits, timedelta(0))


def _texts(value: Any) -> Iterator[str]:
    """All texts of a part of the scenario, however deep."""
    match value:
        case str():
            yield value
        case dict():
            yield from _texts([*value.keys(), *value.values()])
        case list() | tuple() | set():
            for part in value:
                yield from _texts(part)
