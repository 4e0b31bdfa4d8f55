"""What Sync Trust Profiles would change: a fleet in virtual time, before the button is pressed and after.

The scenario is run up to a moment. Then all faults end, whoever is down comes back, and the fleet comes to rest,
so that every difference is the sync's. The instances themselves do everything; here the two states are only held
against each other.

No check of the doctor is asked. Those foresee what instances would refuse if every message arrived; here they have
refused or not. What is noted stands in their tables, with the catalogue's codes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from simulator.advice.messages import Judged, Message, judge
from simulator.advice.state import tables_of
from simulator.journal import Outcome
from simulator.protocol.actions import SyncTrustProfiles
from simulator.protocol.envelope import LIFETIME, Envelope, derive_id
from simulator.protocol.topics import DEFAULT_NAMESPACE
from simulator.report.plan import Flip, Plan, Sign, Sync, TrustChange
from simulator.report.result import RunResult
from simulator.runtime.clock import EPOCH
from simulator.runtime.virtual.fleet import VirtualFleet, finish
from simulator.scenario.judging.journals import Journals
from simulator.scenario.model import Scenario
from simulator.scenario.reading.load import LoadedScenario
from simulator.scenario.running.progress import Unfollowed
from simulator.scenario.running.runner import Runner
from simulator.scenario.sentences import step_in_words
from simulator.scenario.topology import instance_specs
from simulator.tables import Tables
from simulator.trust.profile import keeps_profile
from simulator.trust.record import TrustingInstance, TrustRecord
from simulator.trust.states import SyncState
from simulator.trust.sync import SyncStatus

END = "end"
"""The moment after the last step."""

REST_LIMIT = timedelta(hours=1)
"""How long the fleet may take to come to rest: far longer than anything but a message to somebody who is gone."""

_EDITS = {"save_profile_item", "delete_profile_item"}
_SYNC = "sync_trust_profiles"


def moment_of(loaded: LoadedScenario, at: str | None) -> int:
    """The number of steps before the plan's moment: the step on the line *at* is the first that is left out.

    Without a line, it is the last sync of the file, or the first of those that stand in a row there; when items
    are edited after every sync, or nothing is synced at all, it is the end. What the file expects to be refused
    does not count. Raises ValueError.
    """
    steps = loaded.scenario.steps
    if at == END:
        return len(steps)
    if at is not None:
        lines = [loaded.line("steps", index) for index in range(len(steps))]
        if not at.isdecimal() or int(at) not in lines:
            raise ValueError(
                f"expected {END!r} or the line on which a step of {loaded.file} begins, not {at}; "
                f"they begin on: {', '.join(map(str, lines))}"
            )
        return lines.index(int(at))
    about = [
        number for number, step in enumerate(steps) if step.verb in {*_EDITS, _SYNC} and not step.is_to_be_refused
    ]
    if not about or steps[about[-1]].verb in _EDITS:
        return len(steps)
    index = about[-1]
    while index and steps[index - 1].verb == _SYNC:
        index -= 1
    return index


def make_plan(loaded: LoadedScenario, moment: int, messages: Sequence[Message]) -> Plan:
    """What a sync of all trust profiles would change after that many steps, and which messages would flip."""
    return finish(_make_plan(loaded, moment, messages))


async def _make_plan(loaded: LoadedScenario, moment: int, messages: Sequence[Message]) -> Plan:
    scenario = loaded.scenario
    begins_at = loaded.beginnings.not_before(EPOCH)
    specs = loaded.beginnings.given_to(instance_specs(scenario, DEFAULT_NAMESPACE, begins_at))
    async with VirtualFleet(specs, seed=0, begins_at=begins_at) as fleet:
        runner = Runner(_until(loaded, moment), fleet, Unfollowed())
        notes = [*_failed(await runner.run())]
        down = [name for name in scenario.instances if not fleet.is_running(name)]
        notes += [f"{name} is down; the plan takes it to be up again within 36 hours" for name in down]
        if fleet.is_cut_off:
            notes.append("the broker is away; the plan takes it to be back within 36 hours")
        await _mend(fleet, down)
        is_at_rest = await runner.patience.settle(REST_LIMIT)
        before = _State.of(fleet)
        syncs = list(before.syncs(scenario))
        for sync in syncs:
            notes += await _press(fleet, sync, before.tables[sync.manager].owner)
        is_at_rest &= await runner.patience.settle(REST_LIMIT)
        after = _State.of(fleet)
    notes += _left_out(after, syncs)
    if not is_at_rest:
        notes.append("the fleet did not come to rest, so not every difference need be the sync's")
    return Plan(
        file=loaded.told_file,
        name=scenario.name,
        moment=_in_words(loaded, moment),
        syncs=tuple(syncs),
        elsewhere=tuple(_other_syncs(loaded, moment)),
        changes=tuple(_changes(before, after)),
        messages=len(messages),
        flips=tuple(_flips(messages, before, after)),
        notes=tuple(notes),
    )


def _until(loaded: LoadedScenario, moment: int) -> LoadedScenario:
    """The scenario without the steps from that one on, and without what it expects of the whole."""
    without: dict[str, list[object]] = {
        key: [] for key in ("expect", "always", "never", "eventually", "sometimes")
    }
    cut = {**without, "steps": loaded.scenario.steps[:moment]}
    return replace(loaded, scenario=loaded.scenario.model_copy(update=cut))


def _failed(result: RunResult) -> Iterator[str]:
    for failure in result.failures:
        yield f"line {failure.line} is not met before: wanted {failure.wanted}; seen {failure.seen}"


async def _mend(fleet: VirtualFleet, down: Sequence[str]) -> None:
    await fleet.calm()
    if fleet.is_cut_off:
        await fleet.start_broker()
    await fleet.start(down)


def _in_words(loaded: LoadedScenario, moment: int) -> str:
    steps = loaded.scenario.steps
    if moment == len(steps):
        return "at the end of its steps"
    return f"before line {loaded.line('steps', moment)}, {step_in_words(steps[moment])}"


def _other_syncs(loaded: LoadedScenario, moment: int) -> Iterator[int]:
    """The lines of the syncs that do not follow on the moment at once."""
    steps = loaded.scenario.steps
    end = moment
    while end < len(steps) and steps[end].verb == _SYNC:
        end += 1
    for index, step in enumerate(steps):
        if step.verb == _SYNC and not moment <= index < end:
            yield loaded.line("steps", index)


# -- the button -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _State:
    """What all instances know at one moment."""

    now: datetime
    tables: dict[str, Tables]
    """By the name that the instance has in the scenario."""

    @cached_property
    def name(self) -> dict[str, str]:
        """The names of the scenario by id: also of what is renamed, for that is what the file calls it."""
        return {tables.owner: name for name, tables in self.tables.items()}

    @classmethod
    def of(cls, fleet: VirtualFleet) -> _State:
        return cls(fleet.now(), tables_of(fleet))

    def syncs(self, scenario: Scenario) -> Iterator[Sync]:
        """Who keeps a trust profile, and for which application."""
        for name, tables in self.tables.items():
            for application in scenario.applications:
                if keeps_profile(tables, application):
                    yield Sync(name, application)


async def _press(fleet: VirtualFleet, sync: Sync, manager_id: str) -> list[str]:
    """Selects Sync Trust Profiles; returns why it is refused, where it is."""
    now = fleet.now()
    action = Envelope(
        id=derive_id("plan", manager_id, sync.application),
        sender=manager_id,
        recipient=manager_id,
        cause=None,
        sent_at=now,
        expires_at=now + LIFETIME,
        message=SyncTrustProfiles(application=sync.application),
    )
    await fleet.act(sync.manager, action)
    journals = Journals(fleet, [sync.manager])
    journals.read()
    fate = journals.fate_of_action(sync.manager, action.id)
    if fate.outcome is Outcome.PROCESSED:
        return []
    return [f"{sync.manager} cannot sync {sync.application}: {fate.verdict_in_words()}: {fate.explanation}"]


def _left_out(after: _State, syncs: Sequence[Sync]) -> Iterator[str]:
    """Whom a sync did not reach or who did not take all of it in."""
    for sync in syncs:
        manager, application = sync.manager, sync.application
        for row in after.tables[manager].all(SyncStatus, application=application):
            instance = after.name[row.instance]
            match row.status:
                case SyncState.SYNCED if row.code:
                    yield f"{instance} leaves out of {application}: {row.detail}"
                case SyncState.SYNCED:
                    pass
                case SyncState.NOT_MANAGED:
                    yield f"{instance} gets nothing for {application}: {manager} does not manage it"
                case SyncState.REFUSED:
                    yield f"{instance} refuses the profile for {application} of {manager}: {row.code}"
                case SyncState.PENDING | SyncState.STALE:
                    yield f"{instance} has not taken in the profile for {application} of {manager}"


# -- the difference -------------------------------------------------------------------------------------


def _changes(before: _State, after: _State) -> Iterator[TrustChange]:
    """Instance by instance, first whom it trusts and then who trusts it."""
    for name, now in before.tables.items():
        then = after.tables[name]
        for relation, old, new in (
            ("trusts", _records(now, before.name), _records(then, before.name)),
            ("is trusted by", _mirrors(now, before.name), _mirrors(then, before.name)),
        ):
            for key in sorted({**old, **new}):
                is_was = old.get(key, ""), new.get(key, "")
                if is_was[0] != is_was[1]:
                    yield _change(name, relation, key, *is_was)


_Rows = dict[tuple[str, str, str], str]
"""By application, capability and the name of the peer: the rest of the row in words."""


def _records(tables: Tables, name: Mapping[str, str]) -> _Rows:
    return {
        (row.application, row.capability, name[row.trusted_instance]): f"{row.version} {row.origin}"
        for row in tables.all(TrustRecord)
    }


def _mirrors(tables: Tables, name: Mapping[str, str]) -> _Rows:
    return {
        (row.application, row.capability, name[row.trusting_instance]): row.version
        for row in tables.all(TrustingInstance)
    }


def _change(instance: str, relation: str, key: tuple[str, str, str], before: str, after: str) -> TrustChange:
    application, capability, peer = key
    return TrustChange(
        sign=Sign.CHANGED if before and after else Sign.ADDED if after else Sign.REMOVED,
        instance=instance,
        relation=relation,
        peer=peer,
        application=application,
        capability=capability,
        before=before,
        after=after,
    )


def _flips(messages: Sequence[Message], before: _State, after: _State) -> Iterator[Flip]:
    """The messages whose verdict changes, like ones together, in the order in which they came."""
    found: dict[tuple[object, ...], list[tuple[Message, Judged, Sign]]] = {}
    for message in messages:
        now = judge(message, before.tables, before.now)
        then = judge(message, after.tables, after.now)
        if bool(now.refusal) == bool(then.refusal):
            continue
        refused, sign = (now, Sign.ADDED) if now.refusal else (then, Sign.REMOVED)
        it = message.action
        key = (message.sender, message.recipient, it.application, it.capability, it.operation, refused, sign)
        found.setdefault(key, []).append((message, refused, sign))
    for alike in found.values():
        message, refused, sign = alike[0]
        assert refused.refusal is not None
        yield Flip(
            sign=sign,
            sender=message.sender,
            recipient=message.recipient,
            application=message.action.application,
            capability=message.action.capability,
            operation=message.action.operation,
            by=refused.by,
            code=refused.refusal.code,
            reason=refused.refusal.found,
            lines=tuple(dict.fromkeys(one.line for one, *_ in alike if one.line is not None)),
            times=len(alike),
        )
