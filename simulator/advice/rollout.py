"""What people have to do in the product to bring about what a scenario does, and where that takes time.

No step is run: what instances have by then is known from a rehearsal. Where the scenario moves the clock, people
wait; where it does not and something needs time, they wait all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from simulator.advice.checks.finding import Severity
from simulator.advice.checks.rehearsal import Rehearsal
from simulator.advice.doctor import examine
from simulator.protocol import actions
from simulator.protocol.actions import Action, Administered
from simulator.report.files.rollout import Kind, Rollout, Task, hours
from simulator.report.numbers import counted
from simulator.report.views import VIEWS, View
from simulator.scenario.model import (
    CloneStep,
    Expectation,
    OutcomeExpectation,
    Step,
    SyncExpectation,
    TableExpectation,
)
from simulator.scenario.model.topology import LONG_AGO
from simulator.scenario.reading.load import LoadedScenario
from simulator.scenario.running.acts import Act, acts_of
from simulator.scenario.sentences import step_in_words
from simulator.scenario.topology import instance_id
from simulator.trust.application import Capability
from simulator.trust.profile import profile_name
from simulator.trust.readiness import FIRST_RELEASE, MTLS, PLUGINS, RELEASES
from simulator.trust.states import SyncState
from simulator.trust.users import roles_for

_MENU = "Multi-Instance Management"

_TICKETS = (
    *(actions.EnableTls, actions.InstallPlugin, actions.Upgrade),
    *(actions.Rename, actions.ChangeType, actions.Decommission),
)
"""What Now Support does (S6); for names, types and the end of instances the pages do not say so."""

_BY_WORDS = ("clone", "restore", "change_settings", "assign_user", "configure_cmdb")
"""The steps of which there is nothing more to say than what they are."""

_USES = (actions.Send, actions.ShareData)


def make_rollout(loaded: LoadedScenario) -> Rollout:
    """The checklist for the scenario's steps."""
    walk = _Walk(loaded)
    before = (*map(walk.prerequisite, loaded.scenario.instances), *walk.first_tickets())
    steps = tuple(task for index, step in enumerate(loaded.scenario.steps) for task in walk.step(index, step))
    steps += tuple(walk.rest())
    after = tuple(
        task
        for index, expectation in enumerate(loaded.scenario.expect)
        for task in _checks(expectation, loaded.line("expect", index))
    )
    scenario = loaded.scenario
    errors = (each for each in examine(loaded) if each.severity is Severity.ERROR)
    objections = tuple((each.line, f"{each.found} ({each.remedy})") for each in errors)
    return Rollout(scenario.name, loaded.told_file, before, steps, after, tuple(walk.left_out), objections)


@dataclass(frozen=True, slots=True)
class _Due:
    """Something that is so after some time."""

    at: timedelta
    instances: frozenset[str]
    """Whose next entries need it."""
    text: str


class _Walk:
    """Goes through the steps, with a clock and what is due by it."""

    def __init__(self, loaded: LoadedScenario) -> None:
        self._loaded = loaded
        self._scenario = loaded.scenario
        self._name = {instance_id(name, item): name for name, item in loaded.scenario.instances.items()}
        self._rehearsal = Rehearsal(loaded.scenario)
        self._clock = timedelta(0)
        self._due: list[_Due] = []
        self._items: set[tuple[str, ...]] = set()
        self.left_out: list[tuple[int, str]] = []
        mended: dict[type[Action], set[str]] = {}
        for step in loaded.scenario.steps:
            for name, action in acts_of(loaded.scenario, step):
                mended.setdefault(type(action), set()).add(name)
        self._mended = mended
        """The instances on which a step does such a thing, sooner or later."""

    # -- before -----------------------------------------------------------------------------------------

    def prerequisite(self, name: str) -> Task:
        """What an instance must have before anything is entered there, as far as the scenario has it so."""
        instance = self._scenario.instances[name]
        installed = instance.applications
        versions = {
            application: (installed[application].version if installed else None) or definition.version
            for application, definition in self._scenario.applications.items()
            if installed is None or application in installed
        }
        parts = [f"release {FIRST_RELEASE} or newer (here {instance.release})"] if not self._is_old(name) else []
        if instance.supports_tls:
            parts.append(f"https://{name}.service-now.com/adcv2/supports_tls answers true")
        parts += [
            f"{plugin} is installed" for plugin in PLUGINS if instance.plugins.get(plugin, LONG_AGO) is not None
        ]
        age = instance.plugins.get(MTLS, LONG_AGO)
        if age is not None and age < self._scenario.mtls_wait:
            self._wait_for_plugin(name, self._scenario.mtls_wait - age)
        parts += [f"{application} {version} is installed" for application, version in versions.items()]
        return Task(Kind.CHECK, name, "admin", "; ".join(parts))

    def first_tickets(self) -> Iterator[Task]:
        """The tickets for what instances lack and no step brings."""
        for name, instance in self._scenario.instances.items():
            if self._is_old(name) and name not in self._mended.get(actions.Upgrade, ()):
                yield Task(
                    Kind.TICKET, name, "admin", f"upgrade to {FIRST_RELEASE} or newer (here {instance.release})"
                )
            if not instance.supports_tls and name not in self._mended.get(actions.EnableTls, ()):
                yield Task(Kind.TICKET, name, "admin", _TLS)
            for plugin in PLUGINS:
                is_missing = instance.plugins.get(plugin, LONG_AGO) is None
                if is_missing and name not in self._mended.get(actions.InstallPlugin, ()):
                    yield Task(Kind.TICKET, name, "admin", f"install {plugin}")
                    if plugin == MTLS:
                        self._wait_for_plugin(name, self._scenario.mtls_wait)

    def _is_old(self, name: str) -> bool:
        return RELEASES.index(self._scenario.instances[name].release) < RELEASES.index(FIRST_RELEASE)

    # -- steps ------------------------------------------------------------------------------------------

    def step(self, index: int, step: Step) -> Iterator[Task]:
        """The tasks of one step."""
        line = self._loaded.line("steps", index)
        if step.advance is not None:
            yield from self._wait(step.advance, line)
        acts = acts_of(self._scenario, step)
        uses = [act for act in acts if isinstance(act[1], _USES)]
        entries = [act for act in acts if act not in uses]
        self._rehearsal.take(step)
        if step.verb in _BY_WORDS and not step.is_to_be_refused:
            where = ", ".join(dict.fromkeys(self._where(step, acts)))
            yield Task(Kind.ENTRY, where, "admin", step_in_words(step), line)
        elif entries and step.is_to_be_refused:
            self.left_out.append((line, f"{step_in_words(step)}, which is expected to be refused"))
        elif entries and isinstance(entries[0][1], actions.SetIsGrantingAccess):
            self.left_out.append((line, f"{step_in_words(step)}, which is read-only"))
        elif entries and isinstance(entries[0][1], (Administered, *_TICKETS)):
            yield from self._entries(entries, line)
        elif uses and not getattr(uses[0][1], "unchecked", False):
            yield from self._uses(step, uses, line)
        elif step.verb not in _TIME:
            self.left_out.append((line, step_in_words(step)))
        for expectation in step.expect if isinstance(step.expect, list) else []:
            yield from _checks(expectation, line)

    def _where(self, step: Step, acts: Sequence[Act]) -> list[str]:
        """The instances on which it is done."""
        match getattr(step, step.verb):
            case CloneStep() as it:
                return [it.source, it.to]
            case str() as snapshot:
                taken = (each.snapshot for each in self._scenario.steps if each.snapshot)
                return [it.on for it in taken if it.name == snapshot][:1]
        return [name for name, _ in acts]

    def rest(self) -> Iterator[Task]:
        """The wait for what is still due when the last step is done."""
        yield from self._until(max((due.at for due in self._due), default=self._clock), None)

    def _entries(self, entries: Sequence[Act], line: int) -> Iterator[Task]:
        names = {name for name, _ in entries}
        needed = [due.at for due in self._due if due.instances & names]
        yield from self._until(max(needed, default=self._clock), line)
        requests = [it.instance for _, it in entries if isinstance(it, actions.RequestManagement)]
        for name, action in entries[:1] if requests else entries:
            kind = Kind.TICKET if isinstance(action, _TICKETS) else Kind.ENTRY
            text = self._asked(action, requests) if requests else self._entered(name, action)
            yield Task(kind, name, _role(action), text, line)

    def _asked(self, action: Action, instances: list[str]) -> str:
        assert isinstance(action, actions.RequestManagement)
        chosen = ", ".join(self._name[id_] for id_ in instances)
        return (
            f"{_MENU} > Managed Instances > Add managed instances: Application {action.application}, {chosen}; "
            "Send Requests (Status: Pending approval)"
        )

    def _entered(self, on: str, action: Action) -> str:
        """Where it is entered, and what."""
        match action:
            case actions.NameManager():
                manager = self._name[action.manager]
                approves = f"{manager} auto-approves {on} for {action.application} (Approval: Auto-Approved)"
                self._later(self._scenario.auto_approval, {manager}, approves)
                fields = f"Application {action.application}, Manager Instance {manager}"
                shown = "Approval: Awaiting Manager Confirmation"
                return f"{_MENU} > Manager Instances > New: {fields}; Submit ({shown})"
            case actions.ApproveManager():
                return f"{self._manager_of(action)}: Approve Manager Instance"
            case actions.RejectManager():
                return f"{self._manager_of(action)}: Reject Manager Instance"
            case actions.DeleteManager():
                return f"{self._manager_of(action)}: Delete (there, Status: Revoked)"
            case actions.DeleteManaged():
                return (
                    f"{_MENU} > Managed Instances > {self._name[action.instance]} for {action.application}: Delete"
                )
            case actions.SaveProfileItem():
                return self._item(on, action)
            case actions.DeleteProfileItem():
                return f"{_items(action.application)} > {self._key(action)}: Delete"
            case actions.SyncTrustProfiles():
                profile = f" > {profile_name(action.application)}" if action.application else ""
                return f"{_MENU} > Application Trust Profiles{profile}: Sync Trust Profiles"
            case actions.CreateTrustRecord():
                version = self._version(on, action)
                trustee = (
                    f"Trustee instance {self._name[action.trustee]}, Application Capability Version {version}"
                )
                fields = f"Application {action.application}, Capability {action.capability}, {trustee}"
                return f"Trust table > New: {fields}; Submit"
            case actions.DeleteTrustRecord():
                what = f"{action.application}, {action.capability}, {self._name[action.trustee]}"
                return f"Trust table > {what}: Delete"
            case actions.SetGrantAccess():
                row = f"{action.application}, {self._name[action.instance]}"
                return f"{_MENU} > Trust Configuration > {row}: Grant access {str(action.grant).lower()}"
            case actions.EnableTls():
                return _TLS
            case actions.InstallPlugin():
                if action.plugin == MTLS:
                    self._wait_for_plugin(on, self._scenario.mtls_wait)
                return f"install {action.plugin}"
            case actions.Upgrade():
                return f"upgrade to {action.release}"
            case actions.Rename():
                return f"rename to {action.name}"
            case actions.ChangeType():
                return f"make it a {action.environment} instance"
            case actions.Decommission():
                return "decommission it"
            case actions.InstallApplication():
                return f"install {action.application}"
            case actions.UpgradeApplication():
                return f"upgrade {action.application} to {action.version}"
            case actions.RemoveApplication():
                return f"uninstall {action.application}"
        raise AssertionError(f"{action.kind} is entered nowhere")

    def _manager_of(self, action: actions.ApproveManager | actions.RejectManager | actions.DeleteManager) -> str:
        return f"{_MENU} > Manager Instances > {self._name[action.manager]} for {action.application}"

    def _item(self, on: str, action: actions.SaveProfileItem) -> str:
        key = (action.application, action.capability, action.trusting, action.trusted)
        version = self._version(on, action)
        fields = f"Application Capability Version {version}, Active {str(action.active).lower()}"
        if action.description:
            fields += f", Description {action.description}"
        if key in self._items:
            return f"{_items(action.application)} > {self._key(action)}: {fields}; Update"
        self._items.add(key)
        trusting, trusted = self._name[action.trusting], self._name[action.trusted]
        what = f"Capability {action.capability}, Application {action.application}, {fields}"
        who = f"Trusting Instance {trusting}, Trusted Instance {trusted}"
        return f"{_items(action.application)} > New: {what}, {who}; Submit"

    def _key(self, action: actions.SaveProfileItem | actions.DeleteProfileItem) -> str:
        return f"{action.capability}, {self._name[action.trusting]} trusts {self._name[action.trusted]}"

    def _version(self, on: str, action: actions.SaveProfileItem | actions.CreateTrustRecord) -> str:
        """The one that is named, or else the one that is installed where it is entered."""
        if action.version:
            return action.version
        installed = self._rehearsal.tables[on].get(Capability, action.application, action.capability)
        if installed is not None:
            return installed.version
        return self._scenario.applications[action.application].capabilities[action.capability].version

    def _uses(self, step: Step, uses: Sequence[Act], line: int) -> Iterator[Task]:
        """What applications send, which shows whether it works: once for each sender."""
        expected = step.expect if isinstance(step.expect, OutcomeExpectation) else None
        refused = expected and expected.refused
        outcome = "processed" if expected is None else f"refused ({refused})" if refused else expected.wanted
        by_sender: dict[str, list[Action]] = {}
        for name, action in uses:
            by_sender.setdefault(name, []).append(action)
        for name, sent in by_sender.items():
            to = ", ".join(self._name[it.recipient] for it in sent if isinstance(it, _USES))
            first = sent[0]
            does = f"sends {first.operation} to" if isinstance(first, actions.Send) else "shares data with"
            subject = " > ".join(filter(None, (getattr(first, key, "") for key in ("application", "capability"))))
            yield Task(Kind.CHECK, name, "", f"{subject} {does} {to}: {outcome}", line)

    # -- time -------------------------------------------------------------------------------------------

    def _wait_for_plugin(self, name: str, span: timedelta) -> None:
        self._later(span, {name}, f"{MTLS} has been on {name} for {hours(self._scenario.mtls_wait)}")

    def _later(self, span: timedelta, instances: set[str], text: str) -> None:
        self._due.append(_Due(self._clock + span, frozenset(instances), text))

    def _until(self, at: timedelta, line: int | None) -> Iterator[Task]:
        if at > self._clock:
            yield from self._wait(at - self._clock, line)

    def _wait(self, span: timedelta, line: int | None) -> Iterator[Task]:
        self._clock += span
        over = [due.text for due in self._due if due.at <= self._clock]
        self._due = [due for due in self._due if due.at > self._clock]
        yield Task(Kind.WAIT, "", "", "; ".join(over) or "as the scenario does", line, span)


_TIME = ("advance", "settle", "expect")
"""The steps that are no work."""

_TLS = "enable ADCv2 mutual TLS, so that /adcv2/supports_tls answers true"


def _items(application: str) -> str:
    return f"{_MENU} > Application Trust Profiles > {profile_name(application)} > Active Trust Profile Items"


def _role(action: Action) -> str:
    """Who may do it, and who does in the scenario."""
    if not isinstance(action, Administered):
        return "admin"
    roles = " or ".join(roles_for(action)[:2])  # the third contains the second
    return roles if action.taken_by == "admin" else f"{action.taken_by}, with {roles}"


# -- checks ---------------------------------------------------------------------------------------------


def _checks(expectation: Expectation, line: int) -> Iterator[Task]:
    """What to look at in the product; what only the simulator shows is nothing to look at."""
    match expectation:
        case TableExpectation(never=False) if expectation.table in _VIEW_BY_TABLE:
            text = _rows_in_words(expectation, _VIEW_BY_TABLE[expectation.table])
            for instance in expectation.on:
                yield Task(Kind.CHECK, instance, "", text, line)
        case SyncExpectation(never=False):
            results = "; ".join(f"{name}: {_result(it)}" for name, it in expectation.results.items())
            yield Task(Kind.CHECK, expectation.on, "", f"Sync status of {expectation.sync}: {results}", line)


_VIEW_BY_TABLE = {view.table: view for view in VIEWS.values()}


def _rows_in_words(expectation: TableExpectation, view: View) -> str:
    """What a list must show, in the words of the product."""
    wanted = _labelled(view, expectation.where)
    which = f" with {wanted}" if wanted else ""
    if expectation.rows is not None:
        rows = "; ".join(_labelled(view, row) or "a row" for row in expectation.rows)
        return f"{view.title}{which}: exactly {rows or 'no row'}"
    if expectation.count is None:
        return f"{view.title}{which}: at least one row"
    return f"{view.title}{which}: {counted(expectation.count, 'row')}"


def _labelled(view: View, row: Mapping[str, Any]) -> str:
    columns = {column.name: column for column in view.columns}
    return ", ".join(
        f"{columns[name].label} {columns[name].read(row)}"
        for name in row
        if name in columns  # others are not seen
    )


def _result(result: SyncState | Mapping[Any, Any]) -> str:
    if isinstance(result, Mapping):
        return ", ".join(f"{status} ({code})" for status, code in result.items())
    return _labelled(VIEWS["sync-status"], {"status": result})
