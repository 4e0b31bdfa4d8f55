"""What has passed between instances, as the skeleton of a scenario with what is known to have come of it.

A wire shows less than a scenario says. What administrators did is told by the messages it led to; trust that
was there before is supposed where an application sent something, for it asks its own tables first; and of a
message that is never answered nobody learns on the wire whether it was processed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from math import ceil
from typing import Any, assert_never, cast

from simulator.protocol.envelope import Envelope
from simulator.protocol.messages import (
    CapabilityAnswer,
    CapabilityMessage,
    GrantState,
    InstanceChanged,
    ManagementDecision,
    ManagementEnded,
    ManagementRequest,
    ManagementRevoked,
    ManagerConfirmation,
    ManagerDesignation,
    Receipt,
    Relations,
    SharedData,
    SyncItem,
    TrustGranted,
    TrustProfileSync,
    TrustRemoved,
    TrustSyncResult,
    WireMessage,
)
from simulator.protocol.operations import OperationKind
from simulator.scenario.interpolation import escaped
from simulator.scenario.model import ALONE
from simulator.scenario.writing.layout import laid_out
from simulator.scenario.writing.written import Data, written

_PAUSE = timedelta(minutes=1)
"""So long nothing is sent where somebody has waited for something."""


@dataclass(frozen=True, slots=True)
class Known:
    """What somebody has said of the instances and applications, which the wire does not show."""

    names: Mapping[str, str] = field(default_factory=dict)
    """By id of an instance."""
    instances: Mapping[str, object] = field(default_factory=dict)
    """By name: what it is, as a scenario has it."""
    applications: Mapping[str, object] = field(default_factory=dict)
    """By name: what it is, as a scenario has it."""


Capability = tuple[str, str]
"""An application and one of its capabilities, by name."""


@dataclass
class _Recording:
    """What is made of envelopes, one after the other."""

    known: Known
    envelopes: Sequence[Envelope[WireMessage]]
    steps: list[Data] = field(default_factory=list)
    instances: dict[str, str] = field(default_factory=dict)
    """The name of each, by id, in the order in which they were first seen."""
    managers: set[str] = field(default_factory=set)
    applications: dict[str, Data] = field(default_factory=dict)
    profiles: dict[tuple[str, str], dict[str, tuple[SyncItem, ...]]] = field(default_factory=dict)
    """By manager and application: what was synced to each managed instance."""
    syncs: dict[tuple[str, str, int], Data] = field(default_factory=dict)
    """By manager, application and revision: the step."""
    trust: dict[tuple[str, str, Capability], bool] = field(default_factory=dict)
    """By trustor, trustee and capability: whether there is trust now."""
    before: set[tuple[str, str, Capability]] = field(default_factory=set)
    """Trust that must have been there when the recording began."""
    unknown: int = 0
    """Messages of which nobody said what became of them."""
    left_out: set[str] = field(default_factory=set)
    at: datetime | None = None

    def __post_init__(self) -> None:
        self._answers = {
            it.message.request: it.message for it in self.envelopes if isinstance(it.message, CapabilityAnswer)
        }
        self._numbers = count(1)
        syncs = [it for it in self.envelopes if isinstance(it.message, TrustProfileSync)]
        self._syncs = {id_ for it in syncs for id_ in (it.id, it.cause)}
        """The ids of syncs, and of the presses of the button that they came of."""
        self._passed = {it.id for it in self.envelopes}
        """The ids of all that has passed."""
        self._own: dict[str | None, list[Envelope[WireMessage]]] = defaultdict(list)
        """By the press of the button: what a manager told those whom it trusts by its own profile, or no more."""
        for it in self.envelopes:
            if isinstance(it.message, TrustGranted | TrustRemoved) and it.cause in self._syncs:
                self._own[it.cause].append(it)
        for envelope in self.envelopes:
            self._take(envelope)

    # -- names

    def _name(self, id_: str) -> str:
        if id_ not in self.instances:
            self.instances[id_] = self.known.names.get(id_) or f"instance{next(self._numbers)}"
        return self.instances[id_]

    def definition(self, id_: str) -> object:
        """What an instance is; who manages others is production where nothing else is known."""
        supposed = "production" if id_ in self.managers else "development"
        return self.known.instances.get(self.instances[id_], supposed)

    # -- steps

    def _take(self, envelope: Envelope[WireMessage]) -> None:
        message = envelope.message
        if isinstance(message, Receipt):
            return
        sender, recipient = self._name(envelope.sender), self._name(envelope.recipient)
        self._pass(envelope.sent_at, to_the_end=isinstance(message, ManagerConfirmation))
        application = getattr(message, "application", "")
        if application:
            self.applications.setdefault(application, {"capabilities": {}})
        match message:
            case ManagerDesignation():
                self.managers.add(envelope.recipient)
                self._step("name_manager", on=sender, application=application, manager=recipient)
            case ManagementRequest():
                self.managers.add(envelope.sender)
                self._step("request_management", on=sender, application=application, instances=recipient)
            case ManagementDecision() | ManagementRevoked() if envelope.cause in self._passed:
                pass  # an instance answers so by itself what it has just read
            case ManagementDecision(refusal=None):
                verb = "approve_manager" if message.approved else "reject_manager"
                self._step(verb, on=sender, application=application, manager=recipient)
            case ManagementRevoked(refusal=None):
                self._step("delete_manager", on=sender, application=application, manager=recipient)
            case ManagementEnded():
                self._step("delete_managed", on=sender, application=application, instances=recipient)
            case ManagerConfirmation() | ManagementDecision() | ManagementRevoked():
                pass  # an instance says so by itself
            case TrustProfileSync():
                self._synced(envelope, message)
            case TrustSyncResult():
                self._told(envelope.recipient, envelope.sender, message)
            case TrustGranted() | TrustRemoved():
                self._trusted(envelope, message)
            case CapabilityMessage():
                self._sent(envelope, message)
            case GrantState():
                self.applications[application]["data_sharing"] = True
                self._step("set_grant_access", on=sender, application=application, instance=recipient,
                           grant=message.granted)  # fmt: skip
            case SharedData():
                self.applications[application]["data_sharing"] = True
                self._step("share_data", **{"from": sender}, to=recipient, application=application,
                           payload=message.payload)  # fmt: skip
            case InstanceChanged() | Relations():
                self.left_out.add(f"{sender} was changed, cloned or restored")
            case CapabilityAnswer():
                pass  # the message it answers has it
            case never:
                assert_never(never)

    def _step(self, verb: str, **said: Any) -> Data:
        step: Data = {verb: said}
        self.steps.append(step)
        return step

    def _pass(self, sent_at: datetime, *, to_the_end: bool) -> None:
        """Time that has passed, in whole minutes; *to_the_end*: as many as it takes until this has been sent."""
        self.at = self.at or sent_at
        minutes = (ceil if to_the_end else round)((sent_at - self.at) / _PAUSE)
        if minutes > 0:
            self.steps.append({"advance": f"{minutes}m"})
            self.at += minutes * _PAUSE

    # -- trust

    def _synced(self, envelope: Envelope[WireMessage], sync: TrustProfileSync) -> None:
        """One envelope of a sync: the profile's items for one instance, as they have been changed since."""
        manager, managed = envelope.sender, envelope.recipient
        self.managers.add(manager)
        profile = self.profiles.setdefault((manager, sync.application), {})
        key = manager, sync.application, sync.revision
        if key not in self.syncs:
            before = profile.get(manager, ())
            profile[manager] = self._own_items(envelope.cause, before)
            self.steps += self._changes(manager, manager, sync.application, profile[manager], before)
            button = {"on": self._name(manager), "application": sync.application}
            self.syncs[key] = self._step("sync_trust_profiles", **button)
        changes = self._changes(manager, managed, sync.application, sync.items, profile.get(managed, ()))
        place = next(index for index, step in enumerate(self.steps) if step is self.syncs[key])
        self.steps[place:place] = changes
        profile[managed] = sync.items

    def _own_items(self, button: str | None, before: Iterable[SyncItem]) -> tuple[SyncItem, ...]:
        """The items in which a manager trusts somebody itself: it syncs nothing to itself, but tells these."""
        items = {(item.capability, item.trusted): item for item in before}
        for it in self._own[button]:
            match it.message:
                case TrustGranted(capability=name, version=version):
                    items[name, it.recipient] = SyncItem(capability=name, version=version, trusted=it.recipient)
                case TrustRemoved(capability=name):
                    items.pop((name, it.recipient), None)
        return tuple(items.values())

    def _changes(
        self, manager: str, trusting: str, application: str, items: Sequence[SyncItem], before: Sequence[SyncItem]
    ) -> list[Data]:
        """What was saved and what was deleted of a profile, in which one instance trusts."""
        changes: list[Data] = []
        for item in items:
            self._capability(application, item.capability, item.version)
            if item not in before:
                said = self._item(manager, trusting, application, item)
                changes.append({"save_profile_item": {**said, "version": item.version}})
        kept = {(item.capability, item.trusted) for item in items}
        gone = [item for item in before if (item.capability, item.trusted) not in kept]
        return changes + [{"delete_profile_item": self._item(manager, trusting, application, it)} for it in gone]

    def _item(self, manager: str, trusting: str, application: str, item: SyncItem) -> Data:
        return {
            "on": self._name(manager),
            "application": application,
            "capability": item.capability,
            "trusting": self._name(trusting),
            "trusted": self._name(item.trusted),
        }

    def _told(self, manager: str, managed: str, result: TrustSyncResult) -> None:
        """What a managed instance says of a sync becomes what is expected of it."""
        step = self.syncs.get((manager, result.application, result.revision))
        if step is None:
            return
        said = {"refused": result.refusal} if result.refusal else "synced"  # also where it has left items out
        expected = step.setdefault(
            "expect", [{"sync": result.application, "on": self._name(manager), "results": {}}]
        )
        expected[0]["results"][self._name(managed)] = said

    def _trusted(self, envelope: Envelope[WireMessage], message: TrustGranted | TrustRemoved) -> None:
        """Trust that came or went: by a sync, or by hand."""
        trust = envelope.sender, envelope.recipient, (message.application, message.capability)
        said = {
            "on": self._name(envelope.sender),
            "application": message.application,
            "capability": message.capability,
            "trustee": self._name(envelope.recipient),
        }
        if isinstance(message, TrustGranted):
            self._capability(message.application, message.capability, message.version)
            if envelope.cause not in self._syncs:
                self._step("create_trust_record", **said, version=message.version)
        elif envelope.cause not in self._syncs:
            if trust not in self.trust:
                self.before.add(trust)
            self._step("delete_trust_record", **said)
        self.trust[trust] = isinstance(message, TrustGranted)

    # -- what applications send

    def _capability(self, application: str, capability: str, version: str) -> Data:
        offered: dict[str, Data] = self.applications.setdefault(application, {"capabilities": {}})["capabilities"]
        return offered.setdefault(capability, {"version": version, "operations": {}})

    def _sent(self, envelope: Envelope[WireMessage], message: CapabilityMessage) -> None:
        sender, recipient = envelope.sender, envelope.recipient
        self.applications[message.application].setdefault("version", message.application_version)
        operations = self._capability(message.application, message.capability, message.version)["operations"]
        answer = self._answers.get(envelope.id)
        is_data = message.operation_kind is OperationKind.DATA
        operation = operations.setdefault(message.operation, "data" if is_data else {"kind": "message"})
        if answer is not None and isinstance(operation, dict):
            operation.setdefault("answer", answer.payload)
        # Its sender had heard of the trust, where nothing else says that the step is to wait for that.
        if answer is None and not is_data and self.steps and "send" not in self.steps[-1]:
            self.steps.append({"settle": ALONE["settle"]})
        step = self._step(
            "send", **{"from": self._name(sender)}, to=self._name(recipient), application=message.application,
            capability=message.capability, operation=message.operation,
            **({"payload": message.payload} if message.payload else {}),
        )  # fmt: skip
        trustor, trustee = (sender, recipient) if is_data else (recipient, sender)
        trust = trustor, trustee, (message.application, message.capability)
        if answer is not None:
            step["expect"] = "processed"
        elif not is_data and self._is_answered_elsewhere(message):
            step["send"]["unchecked"] = True
            step["expect"] = "refused"
            return
        else:
            self.unknown += 1
        if trust not in self.trust:
            self.before.add(trust)
            self.trust[trust] = True

    def _is_answered_elsewhere(self, message: CapabilityMessage) -> bool:
        """Whether this operation is one that is answered, when it is processed."""
        return any(
            (it.application, it.capability, it.operation)
            == (message.application, message.capability, message.operation)
            for it in self._answers.values()
        )


def recorded(envelopes: Iterable[Envelope[WireMessage]], known: Known, name: str) -> str:
    """The text of a scenario file. Every envelope counts once, in the order in which they come."""
    once = list({(it.sender, it.id): it for it in envelopes}.values())
    it = _Recording(known, once)
    steps = _joined([*(_with_trust(it, trust) for trust in sorted(it.before)), *it.steps])
    data: Data = {
        "name": name,
        "instances": {called: it.definition(id_) for id_, called in it.instances.items()},
        "applications": cast("Data", escaped(dict(_offered(it))))
        | {called: known.applications[called] for called in it.applications if called in known.applications},
        "steps": escaped(steps),
        "expect": list(_at_the_end(it)),
    }
    return laid_out(written(data, list(_remarks(it, len(once)))), name)


_UNSEEN = "unseen"
"""What stands for a capability or an operation that must be there, and was not seen."""

_MANY = {
    "name_manager": ("on",),
    "request_management": ("instances",),
    "save_profile_item": ("trusting", "trusted"),
    "delete_profile_item": ("trusting", "trusted"),
    "create_trust_record": ("on", "trustee"),
    "delete_trust_record": ("on", "trustee"),
    "set_grant_access": ("on", "instance"),
    "send": ("from", "to"),
    "share_data": ("from", "to"),
}
"""The keys of steps that take several instances."""


def _joined(steps: Iterable[Data]) -> list[Data]:
    """Steps in a row that differ in one instance become one with several."""
    joined: list[Data] = []
    for step in steps:
        if not joined or not _joins(joined[-1], step):
            joined.append(step)
    return joined


def _joins(last: Data, step: Data) -> bool:
    """Adds to the last step what this one says, if both can be said at once."""
    (verb, *_), said = step, next(iter(step.values()))
    if verb not in last or verb not in _MANY or step.get("expect") != last.get("expect"):
        return False
    different = [key for key in said if said[key] != last[verb].get(key)]
    if len(different) != 1 or different[0] not in _MANY[verb] or said.keys() != last[verb].keys():
        return False
    before = last[verb][different[0]]
    several = before if isinstance(before, list) else [before]
    if said[different[0]] in several:
        return False
    last[verb][different[0]] = [*several, said[different[0]]]
    return True


def _offered(it: _Recording) -> Iterable[tuple[str, Data]]:
    """The applications that were seen; they offer something, also where nobody has used it."""
    for name, application in it.applications.items():
        capabilities = application.pop("capabilities")
        if not capabilities and "data_sharing" not in application:
            capabilities = {_UNSEEN: {"operations": {}}}
        for capability in capabilities.values():
            capability["operations"] = capability["operations"] or {_UNSEEN: "data"}
        yield name, application | ({"capabilities": capabilities} if capabilities else {})


def _with_trust(it: _Recording, trust: tuple[str, str, Capability]) -> Data:
    trustor, trustee, (application, capability) = trust
    said = {"on": it.instances[trustor], "application": application, "capability": capability}
    return {"create_trust_record": {**said, "trustee": it.instances[trustee]}}


def _at_the_end(it: _Recording) -> Iterable[Data]:
    """Who is trusted in the end, as the trustees' tables have it."""
    number: dict[str, int] = defaultdict(int)
    for (_, trustee, _), is_there in it.trust.items():
        number[it.instances[trustee]] += is_there
    for trustee, trusting in number.items():
        yield {"table": "sn_mif_trusting_instance", "on": trustee, "count": trusting}


def _remarks(it: _Recording, number: int) -> Iterable[str]:
    yield f"Made by trustsim record of {number} envelopes. Look through it before you rely on it:"
    if not it.known.names.keys() >= it.instances.keys():
        yield "- the wire has no names: instances are called by numbers, and what they are is a guess"
    if it.before:
        yield f"- {len(it.before)} trust records at the beginning are supposed: something was sent by their leave"
    if it.unknown:
        yield f"- of {it.unknown} messages nobody said on the wire what became of them: add what you expect"
    yield from (f"- left out: {each}" for each in sorted(it.left_out))
