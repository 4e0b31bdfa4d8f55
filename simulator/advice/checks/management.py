"""What is wrong with how instances come to be managed, besides what they refuse at once."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.advice.checks.finding import Objection, Severity
from simulator.advice.checks.installed import Installed
from simulator.advice.checks.rehearsal import Rehearsal, Rejected
from simulator.scenario import model
from simulator.scenario.reading.place import DataPath
from simulator.trust.management import ManagedBy, manages
from simulator.trust.states import Approval


class Management:
    """Looks at the management relations as they are in a rehearsal."""

    def __init__(self, rehearsal: Rehearsal, installed: Installed) -> None:
        self._rehearsal, self._installed = rehearsal, installed
        self._requests: dict[tuple[str, str, str], DataPath] = {}
        """Managed instance, application and manager, of every request."""
        self._named: dict[tuple[str, str, str], DataPath] = {}
        """The same, of every manager that the managed side named."""

    def managed(self, application: str, manager: str) -> list[str]:
        """The instances that the manager manages, or will when it has approved them."""
        found = ((name, self._row(application, manager, name)) for name in self._rehearsal.tables)
        return [name for name, row in found if row is not None and _is_agreed(row)]

    def approved(self, application: str, manager: str) -> list[str]:
        """The instances that the manager manages by now, having approved them."""
        tables = self._rehearsal.tables
        return [name for name, it in tables.items() if manages(tables[manager], application, it.owner)]

    def applications_of(self, manager: str) -> set[str]:
        """The applications that it manages somewhere, or will."""
        id_ = self._rehearsal.tables[manager].owner
        rows = (row for it in self._rehearsal.tables.values() for row in it.all(ManagedBy, manager_instance=id_))
        return {row.application for row in rows if _is_agreed(row)}

    def request(self, it: model.RequestManagementStep, path: DataPath) -> None:
        """A manager asks."""
        for managed in it.instances:
            self._requests[managed, it.application, it.on] = path

    def agreed(self, it: model.NameManagerStep | model.ManagerAnswerStep, path: DataPath) -> Iterator[Objection]:
        """The managed side names a manager or approves it: both need the application, sooner or later."""
        for managed in it.on:
            if isinstance(it, model.NameManagerStep):
                self._named[managed, it.application, it.manager] = path
            yield from self._installed.missing_so_far(it.application, [it.manager, managed], path)

    def rejected(self, it: Rejected) -> Objection:
        """Its turn has come, and another relation that came about in the meantime is in the way."""
        path = self._named[it.managed, it.application, it.manager]
        return Objection(it.refusal.code, it.refusal.found, path=path)

    def unanswered(self) -> Iterator[Objection]:
        """At the end: requests that nobody has decided."""
        for (managed, application, manager), path in self._requests.items():
            row = self._row(application, manager, managed)
            if row is not None and row.approval is Approval.PENDING_APPROVAL:
                found = f"Nobody on {managed} approves {manager} as manager for {application}."
                yield Objection("approval_missing", found, Severity.WARNING, path)

    def _row(self, application: str, manager: str, managed: str) -> ManagedBy | None:
        tables = self._rehearsal.tables
        return tables[managed].get(ManagedBy, application, tables[manager].owner)


def _is_agreed(row: ManagedBy) -> bool:
    """Whether the managed side has consented, so that it is the manager's turn at most."""
    return row.approval.is_in_force or row.approval is Approval.AWAITING_MANAGER_CONFIRMATION
