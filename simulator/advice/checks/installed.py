"""Which applications are installed where, and in which versions, at each point of a scenario."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from simulator.advice.checks.finding import Objection, Severity
from simulator.refusal import RefusalCode
from simulator.scenario import model
from simulator.scenario.model import Scenario
from simulator.scenario.reading.place import DataPath


@dataclass(frozen=True, slots=True)
class _Installation:
    version: str
    capabilities: dict[str, str]
    """The version of each capability."""


class Installed:
    """Follows the applications of all instances."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._installed: dict[tuple[str, str], _Installation] = {}
        """By application and instance."""
        for name, instance in scenario.instances.items():
            of_all = {application: model.InstallationDefinition() for application in scenario.applications}
            for application, it in (of_all if instance.applications is None else instance.applications).items():
                self._put(application, name, it.version, it.capabilities)

    def version(self, application: str, instance: str) -> str | None:
        """Of the application on that instance; None where it is not installed."""
        found = self._installed.get((application, instance))
        return found.version if found else None

    def capability_version(self, application: str, capability: str, instance: str) -> str | None:
        """The Application Capability Version on that instance; None where the application is not installed."""
        found = self._installed.get((application, instance))
        return found.capabilities[capability] if found else None

    def missing(self, application: str, *instances: str) -> Iterator[Objection]:
        """Where it is not installed, and would have to be."""
        for instance in instances:
            if (application, instance) not in self._installed:
                found = f"{application} is not installed on {instance}."
                yield Objection(RefusalCode.APPLICATION_MISSING, found)

    def missing_so_far(self, application: str, instances: Iterable[str], path: DataPath) -> Iterator[Objection]:
        """The same for who only prepares something: a note where a step after that one installs it."""
        for instance in instances:
            for objection in self.missing(application, instance):
                will_come = self._will_come(application, instance, after=path)
                yield replace(objection, severity=Severity.NOTE) if will_come else objection

    def install(self, it: model.InstallApplicationStep) -> Iterator[Objection]:
        """An application comes."""
        for on in it.on:
            if known := self._installed.get((it.application, on)):
                found = f"{on} has {it.application} {known.version} already."
                yield Objection(RefusalCode.APPLICATION_INSTALLED, found)
            else:
                self._put(it.application, on, it.version, it.capabilities)

    def upgrade(self, it: model.UpgradeApplicationStep) -> Iterator[Objection]:
        """An application gets another version."""
        for on in it.on:
            yield from self.missing(it.application, on)
            if known := self._installed.get((it.application, on)):
                self._put(it.application, on, it.to, {**known.capabilities, **it.capabilities})

    def remove(self, it: model.RemoveApplicationStep) -> Iterator[Objection]:
        """An application goes."""
        for on in it.on:
            yield from self.missing(it.application, on)
            self._installed.pop((it.application, on), None)

    def clone(self, source: str, to: str) -> None:
        """One instance's applications take the place of another's."""
        kept = {key: it for key, it in self._installed.items() if key[1] != to}
        cloned = {(application, to): it for (application, on), it in kept.items() if on == source}
        self._installed = {**kept, **cloned}

    def _will_come(self, application: str, instance: str, after: DataPath) -> bool:
        installs = ((("steps", at), step.install_application) for at, step in enumerate(self._scenario.steps))
        return any(
            it and it.application == application and instance in it.on and path > after for path, it in installs
        )

    def _put(self, application: str, instance: str, version: str | None, versions: dict[str, str]) -> None:
        definition = self._scenario.applications[application]
        capabilities = {name: versions.get(name, it.version) for name, it in definition.capabilities.items()}
        self._installed[application, instance] = _Installation(version or definition.version, capabilities)
