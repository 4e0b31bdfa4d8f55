"""What is wrong with a topology and with the trust that a scenario sets up, without running it.

The steps are gone through in their order, as if every message arrived and nobody waited in vain: what is found
is wrong even then. Each step is put to the checks of its subject, which follow what it changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import product

from simulator.advice.checks.cmdb import Cmdbs
from simulator.advice.checks.disturbances import not_followed
from simulator.advice.checks.finding import Finding, Objection, Severity
from simulator.advice.checks.installed import Installed
from simulator.advice.checks.management import Management
from simulator.advice.checks.races import Races
from simulator.advice.checks.readiness import unmentioned, unready
from simulator.advice.checks.rehearsal import Rehearsal
from simulator.advice.checks.trust import Trust
from simulator.protocol.actions import Administered
from simulator.refusal import RefusalCode
from simulator.scenario import model
from simulator.scenario.model import Step
from simulator.scenario.reading.load import LoadedScenario
from simulator.scenario.reading.place import DataPath
from simulator.scenario.running.acts import acts_of
from simulator.scenario.running.waiting import is_to_be_processed
from simulator.trust.users import roles_for


def examine(loaded: LoadedScenario) -> list[Finding]:
    """All findings in the order of the file, each where it is met first, and where it is worse than before."""
    found: list[Finding] = []
    worst: dict[tuple[str, str], int] = {}
    for finding in _Doctor(loaded).findings():
        key, rank = (finding.code, finding.found), _FROM_BAD_TO_GOOD.index(finding.severity)
        if rank < worst.get(key, len(_FROM_BAD_TO_GOOD)):
            found.append(finding)
            worst[key] = rank
    return sorted(found, key=lambda finding: (finding.line, finding.column, finding.code))


_FROM_BAD_TO_GOOD = (Severity.ERROR, Severity.WARNING, Severity.NOTE)


class _Doctor:
    def __init__(self, loaded: LoadedScenario) -> None:
        self._loaded = loaded
        self._scenario = scenario = loaded.scenario
        self._races = Races(scenario)
        self._cmdbs = Cmdbs()
        self._rehearsal = Rehearsal(scenario)
        self._installed = Installed(scenario, self._rehearsal)
        self._management = Management(self._rehearsal, self._installed)
        self._trust = Trust(loaded, self._rehearsal, self._installed, self._management)

    def findings(self) -> Iterator[Finding]:
        before = [*unready(self._scenario), *unmentioned(self._scenario), *not_followed(self._loaded)]
        yield from self._at((), before)
        for index, step in enumerate(self._scenario.steps):
            path = ("steps", index)
            yield from self._at(path, self._races.left(step))
            yield from self._at(path, self._step(step, path))
            self._races.taken(step, self._loaded.line(*path), self._reached_by(step))
            late = self._rehearsal.wait(_time_of(step))
            yield from self._at(path, map(self._management.rejected, late))
        yield from self._at((), [*self._management.unanswered(), *self._trust.in_vain()])

    def _at(self, path: DataPath, objections: Iterable[Objection]) -> Iterator[Finding]:
        """As findings at their own place, or else at *path*."""
        source = self._loaded.source
        for it in objections:
            place = source.values[source.nearest(path if it.path is None else it.path)]
            yield Finding.at((place.file, place.line, place.column), it.code, it.severity, it.found)

    def _step(self, step: Step, path: DataPath) -> Iterator[Objection]:
        # What its user may not do does not come about.
        for objection in list(self._users(step)) or self._as_rehearsed(step, path):
            is_expected = objection.severity is Severity.ERROR and step.is_to_be_refused
            yield replace(objection, severity=Severity.NOTE) if is_expected else objection

    def _as_rehearsed(self, step: Step, path: DataPath) -> Iterator[Objection]:
        """What the checks object to, and what the instances refuse besides, whose word is final."""
        refusals = self._rehearsal.take(step)
        refused = {_as_told(it.code) for it in refusals}
        objections = [
            it for it in self._of_step(step, path) if it.code not in _OF_THE_MOMENT or it.code in refused
        ]
        severity = self._severity(step) if step.sending else Severity.ERROR
        told = {it.code for it in objections if it.severity in {Severity.ERROR, severity}}
        yield from (it for it in objections if it.code in told or it.code not in refused)
        for it in refusals:
            if _as_told(it.code) not in told:
                yield Objection(it.code, it.found, severity)

    def _users(self, step: Step) -> Iterator[Objection]:
        """What keeps the user who takes the step from it."""
        for on, action in acts_of(self._scenario, step):
            if isinstance(action, Administered):
                yield from self._cmdbs.act(on, action.taken_by, roles_for(action))

    def _of_step(self, step: Step, path: DataPath) -> Iterator[Objection]:
        match getattr(step, step.verb):
            case model.NameManagerStep() as it:
                yield from self._management.agreed(it, path)
            case model.RequestManagementStep() as it:
                self._management.request(it, path)
            case model.ManagerAnswerStep() as it if step.verb == "approve_manager":
                yield from self._management.agreed(it, path)
            case model.SaveProfileItemStep() as it:
                yield from self._trust.save_item(it, path)
            case model.DeleteProfileItemStep() as it:
                self._trust.delete_item(it)
            case model.SyncTrustProfilesStep() as it:
                yield from self._trust.sync(it)
            case model.CreateTrustRecordStep() as it:
                yield from self._trust.create_record(it, path)
            case model.DeleteTrustRecordStep() as it:
                self._trust.delete_record(it)
            case model.SetGrantAccessStep() as it:
                yield from self._installed.missing_so_far(it.application, it.instance, path)
            case model.SendStep() as it:
                yield from self._send(it, path, self._severity(step))
            case model.RemoveApplicationStep() as it:
                self._trust.forget(it)
            case _:
                yield from self._of_cmdbs(step, path)

    def _of_cmdbs(self, step: Step, path: DataPath) -> Iterator[Objection]:
        match getattr(step, step.verb):
            case model.CloneStep() as it:
                self._cmdbs.clone(it.source, it.to)
            case model.SnapshotStep() as it:
                self._cmdbs.snapshot(it)
            case str() as name if step.verb == "restore":
                self._cmdbs.restore(name)
            case model.ConfigureCmdbStep() as it:
                yield from self._cmdbs.configure(it)
            case model.IdentifyStep() as it:
                yield from _as_expected(step, self._cmdbs.identify(it))
            case model.RecordStep() | model.AuditStep() | model.TaskStep() as it:
                yield from _as_expected(step, self._cmdbs.edit(it))
            case model.AssignUserStep() as it:
                yield from self._installed.missing_so_far(it.application, [*it.on, *it.instance], path)
                self._cmdbs.assign(it)

    def _send(self, it: model.SendStep, path: DataPath, severity: Severity) -> Iterator[Objection]:
        offer = self._scenario.applications[it.application].capabilities[it.capability]
        for sender, recipient in product(it.sender, it.to):
            yield from self._installed.missing(it.application, sender, recipient)
            yield from self._trust.send(it, sender, recipient, path, severity)
            if offer.operations[it.operation].cmdb and self._trust.covers(it, sender, recipient):
                for objection in self._cmdbs.receive(it.application, sender, recipient, it.payload):
                    yield replace(objection, severity=severity)

    def _severity(self, step: Step) -> Severity:
        """How bad it is that a message of the step is refused: it depends on what the author expects of it."""
        if is_to_be_processed(self._scenario, step):
            return Severity.ERROR
        return Severity.WARNING if step.expect is None else Severity.NOTE

    def _reached_by(self, step: Step) -> list[tuple[str, str]]:
        """The instances that a sync is sent to, each with the application."""
        it = step.sync_trust_profiles
        if it is None:
            return []
        applications = it.application or self._scenario.applications
        return [(name, app) for app in applications for name in self._management.approved(app, it.on)]


_OF_THE_MOMENT = {RefusalCode.NO_TRUST_RECORD}
"""What the checks tell of the step itself only: it may be refused for something else, or not at all."""


def _as_told(code: str) -> str:
    """The code under which a check tells of it: a mirror lacks what its trustor's table lacks."""
    return RefusalCode.NO_TRUST_RECORD if code == RefusalCode.NO_TRUSTING_INSTANCE else code


def _as_expected(step: Step, objections: Iterable[Objection]) -> Iterator[Objection]:
    """What goes in and does no good is worth a note where the author says what comes of it."""
    for objection in objections:
        is_note = step.expect is not None and objection.severity is Severity.WARNING
        yield replace(objection, severity=Severity.NOTE) if is_note else objection


def _time_of(step: Step) -> timedelta:
    """By how much the clock may be further when the step is over."""
    expectations = step.expect if isinstance(step.expect, list) else [step.expect] if step.expect else []
    waits = [one.within for one in expectations if one.within]
    return (step.advance or timedelta(0)) + sum(waits, timedelta(0))
