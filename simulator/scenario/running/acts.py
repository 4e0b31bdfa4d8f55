"""A step as what administrators and applications do on which instances."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from itertools import product

from simulator.cmdb.forms.edit import RETIRED
from simulator.cmdb.forms.remediation import OTHERS
from simulator.protocol import actions, cmdb
from simulator.protocol.actions import Action, Administered
from simulator.protocol.messages import CapabilityMessage
from simulator.scenario import model
from simulator.scenario.model import Scenario, Step
from simulator.scenario.topology import instance_id, rows_of
from simulator.store.setups.setup import Setup
from simulator.trust.copies import copy

Act = tuple[str, Action]
"""The name of the instance, and what is done there."""


def acts_of(scenario: Scenario, step: Step) -> list[Act]:
    """What a step does, one action for each combination of the instances it names; none for an event."""
    acts = _Acts(scenario).of(step)
    match getattr(step, step.verb):
        case model.ByUser(taken_by=user):
            return [(on, replace(it, taken_by=user) if isinstance(it, Administered) else it) for on, it in acts]
    return list(acts)


def forged_message(scenario: Scenario, step: model.ImpersonateStep) -> CapabilityMessage:
    """The message that an instance sends in another's name."""
    return _Acts(scenario).forged(step)


class _Acts:
    """Turns the names of a scenario into the ids and versions that actions carry."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario

    def of(self, step: Step) -> Iterable[Act]:
        match getattr(step, step.verb):
            case model.NameManagerStep() as it:
                action: Action = actions.NameManager(application=it.application, manager=self._id(it.manager))
                return [(on, action) for on in it.on]
            case model.DeleteManagedStep() as it:
                return [(it.on, self._delete_managed(it, name)) for name in it.instances]
            case model.RequestManagementStep() as it:
                return [(it.on, self._request(it, name)) for name in it.instances]
            case model.ManagerAnswerStep() as it:
                action_type = _ANSWERS[step.verb]
                action = action_type(application=it.application, manager=self._id(it.manager))
                return [(on, action) for on in it.on]
            case model.SaveProfileItemStep() as it:
                return [(it.on, self._item(it, *pair)) for pair in product(it.trusting, it.trusted)]
            case model.DeleteProfileItemStep() as it:
                return [(it.on, self._delete_item(it, *pair)) for pair in product(it.trusting, it.trusted)]
            case model.SyncTrustProfilesStep() as it:
                return [(it.on, actions.SyncTrustProfiles(application=one)) for one in it.application or [""]]
            case model.CreateTrustRecordStep() as it:
                return [(on, self._record(it, trustee)) for on, trustee in product(it.on, it.trustee)]
            case model.DeleteTrustRecordStep() as it:
                return [(on, self._delete_record(it, trustee)) for on, trustee in product(it.on, it.trustee)]
            case model.SendStep() as it:
                return [(sender, self._send(it, to)) for sender, to in product(it.sender, it.to)]
            case model.ChangeSettingsStep() as it:
                action = actions.ChangeSettings(
                    application=it.application, capability=it.capability, payload=it.payload
                )
                return [(on, action) for on in it.on]
            case model.SetGrantAccessStep() as it:
                return [(on, self._grant(it, instance)) for on, instance in product(it.on, it.instance)]
            case model.SetIsGrantingAccessStep() as it:
                return [(on, self._granting(it, instance)) for on, instance in product(it.on, it.instance)]
            case model.ConfigureCmdbStep(setup=Setup() as setup) as it:
                action = cmdb.ConfigureCmdb(setup=setup.model_dump(mode="json", exclude_unset=True))
                return [(on, action) for on in it.on]
            case model.IdentifyStep() as it:
                return [(on, _identify(it)) for on in it.on]
            case model.AssignUserStep() as it:
                return [(on, self._assign(it, instance)) for on, instance in product(it.on, it.instance)]
            case model.EditRecordStep() | model.RetireStep() | model.DeleteRecordStep() as it:
                return [(on, _of_record(it)) for on in it.on]
            case model.AuditStep() as it:
                action = cmdb.AuditCis(user=it.user, picked=it.picked, table=it.table)
                return [(on, action) for on in it.on]
            case model.CloseTaskStep() as it:
                action = cmdb.CloseTask(user=it.user, picked=it.picked, task=it.task, state=it.state)
                return [(on, action) for on in it.on]
            case model.RemediateStep() as it:
                return [(on, _remediate(it)) for on in it.on]
            case model.ShareDataStep() as it:
                return [(sender, self._share(it, to)) for sender, to in product(it.sender, it.to)]
            case model.DemoteStep() as it:
                action = actions.ChangeType(type="non_production", environment=it.to)
                return [(on, action) for on in it.on]
            case model.RenameStep() as it:
                return [(it.on, actions.Rename(name=it.to))]
            case model.UpgradeStep() as it:
                return [(on, actions.Upgrade(release=it.to)) for on in it.on]
            case model.InstallApplicationStep() as it:
                rows = copy(rows_of(self._scenario, it.application, it.version, it.capabilities))
                action = actions.InstallApplication(application=it.application, rows=rows)
                return [(on, action) for on in it.on]
            case model.UpgradeApplicationStep() as it:
                action = actions.UpgradeApplication(
                    application=it.application, version=it.to, capabilities=it.capabilities
                )
                return [(on, action) for on in it.on]
            case model.RemoveApplicationStep() as it:
                return [(on, actions.RemoveApplication(application=it.application)) for on in it.on]
            case model.InstallPluginStep() as it:
                action = actions.InstallPlugin(plugin=it.plugin)
                return [(on, action) for on in it.on]
            case list() as names if step.verb == "decommission":
                return [(on, actions.Decommission()) for on in names]
            case list() as names if step.verb == "enable_tls":
                return [(on, actions.EnableTls()) for on in names]
            case list() as names if step.verb == "promote":
                action = actions.ChangeType(type="production", environment="production")
                return [(on, action) for on in names]
            case _:
                return []

    def forged(self, it: model.ImpersonateStep) -> CapabilityMessage:
        application = self._scenario.applications[it.application]
        operations = application.capabilities[it.capability].operations
        return CapabilityMessage(
            application=it.application,
            application_version=application.version,
            capability=it.capability,
            version=application.capabilities[it.capability].version,
            operation=it.operation,
            operation_kind=operations[it.operation].kind,
            payload=it.payload,
        )

    def _id(self, name: str) -> str:
        return instance_id(name, self._scenario.instances[name])

    def _request(self, it: model.RequestManagementStep, instance: str) -> Action:
        return actions.RequestManagement(application=it.application, instance=self._id(instance))

    def _delete_managed(self, it: model.DeleteManagedStep, instance: str) -> Action:
        return actions.DeleteManaged(application=it.application, instance=self._id(instance))

    def _item(self, it: model.SaveProfileItemStep, trusting: str, trusted: str) -> Action:
        return actions.SaveProfileItem(
            application=it.application,
            capability=it.capability,
            version=it.version or "",
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
            version=it.version or "",
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
            payload={**it.payload, "fill": "x" * it.fill} if it.fill else it.payload,
            unchecked=it.unchecked,
        )

    def _grant(self, it: model.SetGrantAccessStep, instance: str) -> Action:
        return actions.SetGrantAccess(application=it.application, instance=self._id(instance), grant=it.grant)

    def _granting(self, it: model.SetIsGrantingAccessStep, instance: str) -> Action:
        return actions.SetIsGrantingAccess(
            application=it.application, instance=self._id(instance), granting=it.granting
        )

    def _assign(self, it: model.AssignUserStep, instance: str) -> Action:
        return actions.AssignUser(
            application=it.application, instance=self._id(instance), user=it.user, source=it.source
        )

    def _share(self, it: model.ShareDataStep, recipient: str) -> Action:
        return actions.ShareData(application=it.application, recipient=self._id(recipient), payload=it.payload)


def _identify(it: model.IdentifyStep) -> Action:
    body = it.payload if isinstance(it.payload, str) else json.dumps(it.payload, ensure_ascii=False)
    return cmdb.Identify(
        user=it.user,
        picked=it.picked,
        source=it.source,
        body=body,
        options=it.options,
        enhanced=it.enhanced,
        query=it.query,
    )


def _of_record(it: model.EditRecordStep | model.RetireStep | model.DeleteRecordStep) -> Action:
    match it:
        case model.EditRecordStep():
            return cmdb.EditRecord(
                user=it.user, picked=it.picked, table=it.table, where=it.where, values=it.values
            )
        case model.RetireStep():
            return cmdb.EditRecord(
                user=it.user, picked=it.picked, table=it.table, where=it.where, values={**RETIRED}
            )
        case model.DeleteRecordStep():
            return cmdb.DeleteRecord(user=it.user, picked=it.picked, table=it.table, where=it.where)


def _remediate(it: model.RemediateStep) -> Action:
    return cmdb.Remediate(
        user=it.user,
        picked=it.picked,
        task=it.task,
        main=it.main,
        take=it.take,
        relations=it.relations,
        related=it.related,
        others=OTHERS[it.others] if isinstance(it.others, str) else it.others,
    )


_ANSWERS: dict[str, type[actions.ApproveManager | actions.RejectManager | actions.DeleteManager]] = {
    "approve_manager": actions.ApproveManager,
    "reject_manager": actions.RejectManager,
    "delete_manager": actions.DeleteManager,
}
