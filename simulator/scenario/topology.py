"""A scenario's instances and applications as what their tables hold from the start."""

from __future__ import annotations

from simulator.protocol.envelope import derive_id
from simulator.protocol.signature import public_key, signing_key
from simulator.runtime.spec import InstanceSpec
from simulator.scenario.model import ApplicationDefinition, Environment, InstanceDefinition, Scenario
from simulator.tables import Property, Row
from simulator.trust.application import Application, Capability, Operation
from simulator.trust.directory import DirectoryEntry, InstanceType
from simulator.trust.management import AUTO_APPROVAL_DELAY


def instance_specs(scenario: Scenario, namespace: str) -> list[InstanceSpec]:
    """What is needed to bring up each instance of the scenario, in the order of the file."""
    directory = tuple(_directory_entry(scenario, name, item) for name, item in scenario.instances.items())
    delay = Property(name=AUTO_APPROVAL_DELAY, value=f"{scenario.auto_approval.total_seconds():g}")
    return [
        InstanceSpec(
            name=name,
            id=instance_id(name, definition),
            account=definition.account,
            seed=scenario.seed,
            namespace=namespace,
            rows=(*directory, delay, *_application_rows(scenario, definition)),
        )
        for name, definition in scenario.instances.items()
    ]


def instance_id(name: str, definition: InstanceDefinition) -> str:
    """The instance's id: the same in every run of every scenario with this instance."""
    return derive_id("instance", definition.account, name)


def _directory_entry(scenario: Scenario, name: str, definition: InstanceDefinition) -> DirectoryEntry:
    id_ = instance_id(name, definition)
    is_production = definition.environment is Environment.PRODUCTION
    return DirectoryEntry(
        sys_id=id_,
        name=name,
        account=definition.account,
        type=InstanceType.PRODUCTION if is_production else InstanceType.NON_PRODUCTION,
        environment=definition.environment.value,  # a plain text: no host needs the types of scenarios for it
        release=definition.release,
        public_key=public_key(signing_key(scenario.seed, id_)),
    )


def _application_rows(scenario: Scenario, definition: InstanceDefinition) -> list[Row]:
    """The applications installed on one instance, and what they offer."""
    installed = definition.applications
    if installed is None:
        installed = dict.fromkeys(scenario.applications)
    rows: list[Row] = []
    for name, version in installed.items():
        application = scenario.applications[name]
        rows.append(Application(name=name, version=version or application.version))
        rows += _offer_rows(name, application)
    return rows


def _offer_rows(application: str, definition: ApplicationDefinition) -> list[Row]:
    rows: list[Row] = []
    for capability, offer in definition.capabilities.items():
        rows.append(Capability(application=application, name=capability, version=offer.version))
        rows += [
            Operation(
                application=application,
                capability=capability,
                name=name,
                kind=operation.kind,
                answer=operation.answer,
            )
            for name, operation in offer.operations.items()
        ]
    return rows
