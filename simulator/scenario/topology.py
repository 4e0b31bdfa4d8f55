"""A scenario's instances and applications as what their tables hold from the start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from simulator.protocol.envelope import derive_id
from simulator.protocol.signature import private_key, signing_key
from simulator.runtime.spec import InstanceSpec
from simulator.scenario.model import (
    ApplicationDefinition,
    Environment,
    InstallationDefinition,
    InstanceDefinition,
    Scenario,
)
from simulator.scenario.model.topology import LONG_AGO
from simulator.tables import Property, Row, Tables
from simulator.transport.certificate import Certificate
from simulator.trust.application import Application, Capability, Operation
from simulator.trust.designation import AUTO_APPROVAL_DELAY
from simulator.trust.directory import DirectoryEntry, InstanceType
from simulator.trust.readiness import PLUGINS, SUPPORTS_TLS, WAIT, Plugin, refuse_without_tls
from simulator.trust.sharing import SharingApplication


def instance_specs(
    scenario: Scenario,
    namespace: str,
    now: datetime,
    *,
    with_tls: bool = False,
    secret: str | None = None,
    explains: bool = True,
) -> list[InstanceSpec]:
    """What is needed to bring up each instance of the scenario at that time, in the order of the file.

    *with_tls*, one that is not ready for mutual TLS has no certificate. The signing keys are derived
    from *secret*; None: from the scenario's seed, which everybody knows who has the file.
    """
    secret = scenario.seed if secret is None else secret
    directory = tuple(_directory_entry(secret, name, item) for name, item in scenario.instances.items())
    spans = {AUTO_APPROVAL_DELAY: scenario.auto_approval, WAIT: scenario.mtls_wait}
    settings = [Property(name=name, value=f"{span.total_seconds():g}") for name, span in spans.items()]
    specs = [
        InstanceSpec(
            name=name,
            id=instance_id(name, definition),
            account=definition.account,
            private_key=private_key(secret, instance_id(name, definition)),
            namespace=namespace,
            directory=directory,
            own_rows=(
                *settings,
                *_readiness_rows(definition, now),
                *_application_rows(scenario, definition),
            ),
            certificate=definition.certificate,
            explains=explains,
        )
        for name, definition in scenario.instances.items()
    ]
    if not with_tls:
        return specs
    return [
        replace(spec, certificate=Certificate.MISSING) if refuse_without_tls(Tables(spec.id, spec.rows)) else spec
        for spec in specs
    ]


def instance_id(name: str, definition: InstanceDefinition) -> str:
    """The instance's id: the same in every run of every scenario with this instance."""
    return id_in(definition.account, name)


def id_in(account: str, name: str) -> str:
    """The id of the instance that began under this name; it stays when the instance is renamed."""
    return derive_id("instance", account, name)


def _directory_entry(secret: str, name: str, definition: InstanceDefinition) -> DirectoryEntry:
    id_ = instance_id(name, definition)
    is_production = definition.environment is Environment.PRODUCTION
    return DirectoryEntry(
        sys_id=id_,
        name=name,
        account=definition.account,
        type=InstanceType.PRODUCTION if is_production else InstanceType.NON_PRODUCTION,
        environment=definition.environment.value,  # a plain text: no host needs the types of scenarios for it
        release=definition.release,
        public_key=signing_key(secret, id_).public,
    )


def _readiness_rows(definition: InstanceDefinition, now: datetime) -> list[Row]:
    ages = {id_: definition.plugins.get(id_, LONG_AGO) for id_ in PLUGINS}
    plugins = [
        Plugin(id=id_, installed_at=(now - age).isoformat()) for id_, age in ages.items() if age is not None
    ]
    return [Property(name=SUPPORTS_TLS, value=str(definition.supports_tls).lower()), *plugins]


def _application_rows(scenario: Scenario, definition: InstanceDefinition) -> list[Row]:
    """The applications installed on one instance, and what they offer."""
    installed = definition.applications
    if installed is None:
        installed = {name: InstallationDefinition() for name in scenario.applications}
    return [row for name, it in installed.items() for row in rows_of(scenario, name, it.version, it.capabilities)]


def rows_of(scenario: Scenario, name: str, version: str | None, versions: Mapping[str, str]) -> list[Row]:
    """An application as it is defined, but for its version and the *versions* of capabilities that are others."""
    application = scenario.applications[name]
    rows: list[Row] = [
        Application(
            name=name,
            version=version or application.version,
            minimum_version=application.minimum_version,
            same_version=application.same_version,
        )
    ]
    rows += _offer_rows(name, application, versions)
    if application.data_sharing:
        rows.append(SharingApplication(application=name))
    return rows


def _offer_rows(application: str, definition: ApplicationDefinition, versions: Mapping[str, str]) -> list[Row]:
    rows: list[Row] = []
    for capability, offer in definition.capabilities.items():
        version = versions.get(capability, offer.version)
        rows.append(Capability(application=application, name=capability, version=version))
        rows += [
            Operation(
                application=application,
                capability=capability,
                name=name,
                kind=operation.kind,
                answer=operation.answer,
                settings=operation.settings,
                cmdb=operation.cmdb,
            )
            for name, operation in offer.operations.items()
        ]
    return rows
