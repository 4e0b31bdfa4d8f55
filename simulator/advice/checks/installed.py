"""Which applications are installed where, and in which versions, at each point of a scenario."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from simulator.advice.checks.finding import Objection, Severity
from simulator.advice.checks.rehearsal import Rehearsal
from simulator.refusal import RefusalCode
from simulator.scenario.model import Scenario
from simulator.scenario.reading.place import DataPath
from simulator.trust.application import Application, Capability


class Installed:
    """Looks at the applications of all instances as they are in a rehearsal."""

    def __init__(self, scenario: Scenario, rehearsal: Rehearsal) -> None:
        self._scenario, self._rehearsal = scenario, rehearsal

    def version(self, application: str, instance: str) -> str | None:
        """Of the application on that instance; None where it is not installed."""
        found = self._rehearsal.tables[instance].get(Application, application)
        return found.version if found else None

    def capability_version(self, application: str, capability: str, instance: str) -> str | None:
        """The Application Capability Version on that instance; None where the application is not installed."""
        found = self._rehearsal.tables[instance].get(Capability, application, capability)
        return found.version if found else None

    def missing(self, application: str, *instances: str) -> Iterator[Objection]:
        """Where it is not installed, and would have to be."""
        for instance in instances:
            if self.version(application, instance) is None:
                found = f"{application} is not installed on {instance}."
                yield Objection(RefusalCode.APPLICATION_MISSING, found)

    def missing_so_far(self, application: str, instances: Iterable[str], path: DataPath) -> Iterator[Objection]:
        """The same for who only prepares something: a note where a step after that one installs it."""
        for instance in instances:
            for objection in self.missing(application, instance):
                will_come = self._will_come(application, instance, after=path)
                yield replace(objection, severity=Severity.NOTE) if will_come else objection

    def _will_come(self, application: str, instance: str, after: DataPath) -> bool:
        installs = ((("steps", at), step.install_application) for at, step in enumerate(self._scenario.steps))
        return any(
            it and it.application == application and instance in it.on and path > after for path, it in installs
        )
