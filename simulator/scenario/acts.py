"""A step as what administrators and applications do on which instances, and in words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from itertools import product

from simulator.protocol import actions
from simulator.protocol.actions import Action
from simulator.scenario import model
from simulator.scenario.model import Scenario, Step
from simulator.scenario.topology import instance_id

Act = tuple[str, Action]
"""The name of the instance, and what is done there."""


def acts_of(scenario: Scenario, step: Step) -> list[Act]:
    """What a step does, one action for each combination of the instances it names; none for an event."""
    return list(_Acts(scenario).of(step))


class _Acts:
    """Turns the names of a scenario into the ids and versions that actions carry."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario

    def of(self, step: Step) -> Iterable[Act]:
        match getattr(step, step.verb):
            case model.NameManagerStep() as it:
                act: Action = actions.NameManager(application=it.application, manager=self._id(it.manager))
                return [(on, act) for on in it.on]
            case model.RequestManagementStep() as it:
                return [(it.on, self._request(it, name)) for name in it.instances]
            case model.ManagerAnswerStep() as it:
                action_type = _ANSWERS[step.verb]
                act = action_type(application=it.application, manager=self._id(it.manager))
                return [(on, act) for on in it.on]
            case model.SaveProfileItemStep() as it:
                return [(it.on, self._item(it, *pair)) for pair in product(it.trusting, it.trusted)]
            case model.DeleteProfileItemStep() as it:
                return [(it.on, self._delete_item(it, *pair)) for pair in product(it.trusting, it.trusted)]
            case model.SyncTrustProfilesStep() as it:
                return [(it.on, actions.SyncTrustProfiles(application=it.application))]
            case model.CreateTrustRecordStep() as it:
                return [(on, self._record(it, trustee)) for on, trustee in product(it.on, it.trustee)]
            case model.DeleteTrustRecordStep() as it:
                return [(on, self._delete_record(it, trustee)) for on, trustee in product(it.on, it.trustee)]
            case model.SendStep() as it:
                return [(sender, self._send(it, to)) for sender, to in product(it.sender, it.to)]
            case _:
                return []

    def _id(self, name: str) -> str:
        return instance_id(name, self._scenario.instances[name])

    def _version(self, application: str, capability: str) -> str:
        return self._scenario.applications[application].capabilities[capability].version

    def _request(self, it: model.RequestManagementStep, instance: str) -> Action:
        return actions.RequestManagement(application=it.application, instance=self._id(instance))

    def _item(self, it: model.SaveProfileItemStep, trusting: str, trusted: str) -> Action:
        return actions.SaveProfileItem(
            application=it.application,
            capability=it.capability,
            version=it.version or self._version(it.application, it.capability),
            trusting=self._id(trusting),
            trusted=self._id(trusted),
            active=it.active,
            description=it.description,
        )

    def _delete_item(self, it: model.DeleteProfileItemStep, trusting: str, trusted: str) -> Action:
        return actions.DeleteProfileItem(
            application=it.application,
            capability=it.capability,
            trusting=self._id(trusting),
            trusted=self._id(trusted),
        )

    def _record(self, it: model.CreateTrustRecordStep, trustee: str) -> Action:
        return actions.CreateTrustRecord(
            application=it.application,
            capability=it.capability,
            version=it.version or self._version(it.application, it.capability),
            trustee=self._id(trustee),
        )

    def _delete_record(self, it: model.DeleteTrustRecordStep, trustee: str) -> Action:
        return actions.DeleteTrustRecord(
            application=it.application, capability=it.capability, trustee=self._id(trustee)
        )

    def _send(self, it: model.SendStep, recipient: str) -> Action:
        return actions.Send(
            application=it.application,
            capability=it.capability,
            operation=it.operation,
            recipient=self._id(recipient),
            payload=it.payload,
            unchecked=it.unchecked,
        )


_ANSWERS: dict[str, type[actions.ApproveManager | actions.RejectManager | actions.DeleteManager]] = {
    "approve_manager": actions.ApproveManager,
    "reject_manager": actions.RejectManager,
    "delete_manager": actions.DeleteManager,
}


# -- in words -------------------------------------------------------------------------------------------


def in_words(step: Step) -> str:
    """A step as a sentence."""
    match getattr(step, step.verb):
        case model.NameManagerStep() as it:
            return f"{_list(it.on)} {_s(it.on, 'name')} {it.manager} as manager for {it.application}"
        case model.RequestManagementStep() as it:
            return f"{it.on} asks to manage {it.application} on {_list(it.instances)}"
        case model.ManagerAnswerStep() as it:
            verb = step.verb.removesuffix("_manager")
            return f"{_list(it.on)} {_s(it.on, verb)} {it.manager} as manager for {it.application}"
        case model.SaveProfileItemStep() as it:
            state = "" if it.active else " (inactive)"
            return f"{it.on}: profile item, {_pairs(it)} for {it.capability}{state}"
        case model.DeleteProfileItemStep() as it:
            return f"{it.on}: profile item deleted, {_pairs(it)} for {it.capability}"
        case model.SyncTrustProfilesStep() as it:
            return f"{it.on}: Sync Trust Profiles for {it.application}"
        case model.CreateTrustRecordStep() as it:
            return f"{_list(it.on)} {_s(it.on, 'trust')} {_list(it.trustee)} for {it.capability}, by hand"
        case model.DeleteTrustRecordStep() as it:
            return f"{_list(it.on)}: trust record deleted, {_list(it.trustee)} for {it.capability}"
        case model.SendStep() as it:
            look = " without looking" if it.unchecked else ""
            return f"{_list(it.sender)} {_s(it.sender, 'send')} {it.operation} to {_list(it.to)}{look}"
        case timedelta() as span:
            return f"{step.verb} {duration_in_words(span)}"
        case list() as names if step.verb != "expect":
            return f"{step.verb} {_list(names)}"
        case _:
            return step.verb.replace("_", " ")


def duration_in_words(span: timedelta) -> str:
    """A duration as a scenario file writes it."""
    seconds = span.total_seconds()
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g}{unit}"
    return f"{seconds:g}s"


def _list(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _s(subjects: list[str], verb: str) -> str:
    return f"{verb}s" if len(subjects) == 1 else verb


def _pairs(it: model.ProfileItemKey) -> str:
    return f"{_list(it.trusting)} {_s(it.trusting, 'trust')} {_list(it.trusted)}"
