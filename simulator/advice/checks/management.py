"""Who manages whom at each point of a scenario, and what is wrong with how it comes to that.

As if every message arrived: what is found is wrong even then.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from simulator.advice.checks.finding import Objection, Severity
from simulator.advice.checks.installed import Installed
from simulator.advice.checks.instances import Instances
from simulator.refusal import RefusalCode
from simulator.scenario import model
from simulator.scenario.model import Scenario
from simulator.scenario.reading.place import DataPath


class Management:
    """Follows the management relations of all applications."""

    def __init__(self, scenario: Scenario, instances: Instances, installed: Installed) -> None:
        self._auto_approval = scenario.auto_approval
        self._instances, self._installed = instances, installed
        self._manager: dict[tuple[str, str], str] = {}
        """By managed instance and application."""
        self._asked: dict[tuple[str, str, str], DataPath] = {}
        """Managed instance, application and manager, of requests that nobody has answered."""
        self._now = timedelta(0)
        """How far the scenario has advanced the clock, or may have waited."""
        self._approved_at: dict[tuple[str, str], timedelta] = {}
        """By managed instance and application: when its manager approves it by itself."""

    def wait(self, time: timedelta) -> None:
        """Time passes."""
        self._now += time

    def managed(self, application: str, manager: str) -> list[str]:
        """The instances that the manager manages, or will when it has approved them."""
        return [name for (name, app), by in self._manager.items() if (app, by) == (application, manager)]

    def approved(self, application: str, manager: str) -> list[str]:
        """The instances that the manager manages by now, having approved them."""
        return [
            name
            for name in self.managed(application, manager)
            if self._approved_at.get((name, application), timedelta(-1)) < self._now
        ]

    def applications_of(self, manager: str) -> set[str]:
        """The applications that it manages somewhere."""
        return {app for (_, app), by in self._manager.items() if by == manager}

    def is_managed(self, instance: str, application: str) -> bool:
        """Whether the instance has a manager for the application."""
        return (instance, application) in self._manager

    def name_manager(self, it: model.NameManagerStep, path: DataPath) -> Iterator[Objection]:
        """The managed side names its manager."""
        for managed in it.on:
            self._approved_at[managed, it.application] = self._now + self._auto_approval
            yield from self._manage(it.application, it.manager, managed, path)

    def request(self, it: model.RequestManagementStep, path: DataPath) -> Iterator[Objection]:
        """A manager asks."""
        for managed in it.instances:
            wrong = [*self._wrong_pair(it.on, managed), *self._managed_itself(it.on, managed)]
            yield from wrong
            if not wrong:
                self._asked[managed, it.application, it.on] = path

    def answer(self, verb: str, it: model.ManagerAnswerStep, path: DataPath) -> Iterator[Objection]:
        """The managed side approves, rejects or deletes its manager."""
        for managed in it.on:
            yield from self._answer(verb, it.application, it.manager, managed, path)

    def give_up(self, it: model.DeleteManagedStep) -> Iterator[Objection]:
        """A manager deletes its records of managed instances."""
        for managed in it.instances:
            is_asked = self._asked.pop((managed, it.application, it.on), None)
            if self._manager.get((managed, it.application)) == it.on:
                del self._manager[managed, it.application]
            elif not is_asked:
                found = f"{it.on} neither manages {it.application} on {managed} nor has asked to."
                yield Objection(RefusalCode.NOT_MY_MANAGED, found)

    def end_forbidden(self) -> None:
        """What is not allowed any more ends, for an instance has changed."""
        self._manager = {
            (managed, application): by
            for (managed, application), by in self._manager.items()
            if not (
                self._instances.is_retired(by)
                or self._instances.is_retired(managed)
                or self._is_upside_down(by, managed)
            )
        }

    def unanswered(self) -> Iterator[Objection]:
        """At the end: requests that nobody has decided."""
        for (managed, application, manager), path in self._asked.items():
            found = f"Nobody on {managed} approves {manager} as manager for {application}."
            yield Objection("approval_missing", found, Severity.WARNING, path)

    def _manage(self, application: str, manager: str, managed: str, path: DataPath) -> Iterator[Objection]:
        wrong = [*self._wrong_pair(manager, managed), *self._wrong_role(application, manager, managed)]
        yield from wrong
        yield from self._installed.missing_so_far(application, [manager, managed], path)
        if not wrong:
            self._manager[managed, application] = manager

    def _answer(
        self, verb: str, application: str, manager: str, managed: str, path: DataPath
    ) -> Iterator[Objection]:
        request = (managed, application, manager)
        if verb == "delete_manager":
            self._manager.pop((managed, application), None)
            self._asked.pop(request, None)
        elif request not in self._asked:
            found = f"{manager} has not asked to manage {application} on {managed}."
            yield Objection(RefusalCode.NO_SUCH_REQUEST, found)
        elif verb == "reject_manager":
            del self._asked[request]
        else:
            self._approved_at.pop((managed, application), None)
            yield from self._manage(application, manager, managed, path)
            if self._manager.get((managed, application)) == manager:
                del self._asked[request]

    def _wrong_pair(self, manager: str, managed: str) -> Iterator[Objection]:
        if manager == managed:
            yield Objection(RefusalCode.SELF_MANAGEMENT, f"{manager} is named as its own manager.")
        elif apart := list(self._instances.apart(manager, managed)):
            yield from apart
        elif self._is_upside_down(manager, managed):
            found = f"{manager} is non-production and cannot manage {managed}, which is production."
            yield Objection(RefusalCode.SUBPROD_MANAGES_PROD, found)

    def _is_upside_down(self, manager: str, managed: str) -> bool:
        return self._instances.is_production(managed) and not self._instances.is_production(manager)

    def _managed_itself(self, manager: str, managed: str) -> Iterator[Objection]:
        for (it, app), other in self._manager.items():
            if it == manager:
                found = f"{manager} is managed by {other} for {app} and cannot manage {managed} as well."
                yield Objection(RefusalCode.MANAGING_AND_MANAGED, found)

    def _wrong_role(self, application: str, manager: str, managed: str) -> Iterator[Objection]:
        yield from self._managed_itself(manager, managed)
        for (it, app), other in self._manager.items():
            if other == managed:
                found = f"{managed} manages {app} on {it} and cannot be managed by {manager} as well."
                yield Objection(RefusalCode.MANAGING_AND_MANAGED, found)
        known = self._manager.get((managed, application))
        if known is not None and known != manager:
            found = f"{application} on {managed} is managed by {known} already."
            yield Objection(RefusalCode.SECOND_MANAGER, found)
