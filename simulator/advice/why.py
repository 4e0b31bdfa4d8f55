"""Why an instance may send another something or not: asked of both of them, and told by the rows that decide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from simulator.advice.messages import Both, judge_both
from simulator.advice.state import tables_of
from simulator.catalogue.refusals import with_rule
from simulator.protocol.actions import Send, ShareData
from simulator.protocol.operations import OperationKind
from simulator.report.views import VIEWS
from simulator.report.why import Answer, Row, Said
from simulator.runtime.fleet import KnownFleet
from simulator.tables import Row as TableRow
from simulator.tables import Tables
from simulator.trust.application import Operation
from simulator.trust.management import ManagedBy
from simulator.trust.profile import ProfileItem, manager_of
from simulator.trust.record import Origin, TrustingInstance, TrustRecord
from simulator.trust.sharing import SharingApplication, TrustConfig


def operations_of(*sides: Tables) -> list[Operation]:
    """The operations that are offered on any of these instances, each once."""
    return list({row.key: row for tables in sides for row in tables.all(Operation)}.values())


def sharing_of(*sides: Tables) -> list[str]:
    """The applications that take part in data sharing on any of these instances."""
    return list({row.application: None for tables in sides for row in tables.all(SharingApplication)})


def send_of(operation: Operation, recipient: Tables) -> Send:
    """What an application does that sends the operation."""
    return Send(
        application=operation.application,
        capability=operation.capability,
        operation=operation.name,
        recipient=recipient.owner,
        payload={},  # no decision depends on it
    )


def share_of(application: str, recipient: Tables) -> ShareData:
    """What an application does that shares data."""
    return ShareData(application=application, recipient=recipient.owner, payload={})


@dataclass(frozen=True, slots=True)
class Asked:
    """One instance that sends, and one to which it sends, with what both know."""

    fleet: KnownFleet
    sender: str
    recipient: str
    tables: Mapping[str, Tables]

    @classmethod
    def of(cls, fleet: KnownFleet, sender: str, recipient: str) -> Asked:
        """Reads what the two know."""
        return cls(fleet, sender, recipient, tables_of(fleet, {sender, recipient}))

    @property
    def _sides(self) -> tuple[Tables, Tables]:
        return self.tables[self.sender], self.tables[self.recipient]

    def subjects(self) -> list[str]:
        """What may be asked about: applications, capabilities and operations."""
        operations = operations_of(*self._sides)
        names = [name for row in operations for name in (row.application, row.capability, row.name)]
        return list(dict.fromkeys([*names, *sharing_of(*self._sides)]))

    def answers(self, subject: str | None) -> list[Answer]:
        """One for each operation, and for each application that shares data; *subject* is one of the subjects."""
        operations = [
            row
            for row in operations_of(*self._sides)
            if subject is None or subject in (row.application, row.capability, row.name)
        ]
        shared = [name for name in sharing_of(*self._sides) if subject in (None, name)]
        return [*map(self._about, operations), *map(self._about_sharing, shared)]

    def _about(self, operation: Operation) -> Answer:
        sender, recipient = self._sides
        is_data = operation.kind is OperationKind.DATA
        trustor, trustee = (self.sender, self.recipient) if is_data else (self.recipient, self.sender)
        both = judge_both(send_of(operation, recipient), sender, recipient, self.fleet.now())
        return Answer(
            what=f"{operation.application} > {operation.capability} > {operation.name}",
            needs=f"for a {operation.kind} operation {trustor} must trust {trustee}",
            refused=self._said(both),
            rows=tuple(
                sorted(self._trust_rows(operation, trustor, trustee), key=lambda row: row.instance != self.sender)
            ),
        )

    def _trust_rows(self, operation: Operation, trustor: str, trustee: str) -> Iterator[Row]:
        application, capability = operation.application, operation.capability
        me, other = self.tables[trustor].owner, self.tables[trustee].owner
        record = self.tables[trustor].get(TrustRecord, application, capability, other)
        yield self._row(
            trustor, TrustRecord, (application, capability, other), "trust-table", ("version", "origin")
        )
        if record is not None and record.origin is Origin.PROFILE:
            key = (application, capability, me, other)
            yield self._row(trustor, ProfileItem, key, "trust-profile-items", ("version", "active"))
        if manager := manager_of(self.tables[trustor], application):
            yield self._row(trustor, ManagedBy, (application, manager), "manager-instances", ("approval",))
        yield self._row(
            trustee, TrustingInstance, (application, capability, me), "trusting-instances", ("version",)
        )

    def _about_sharing(self, application: str) -> Answer:
        sender, recipient = self._sides
        both = judge_both(share_of(application, recipient), sender, recipient, self.fleet.now())
        told = "trust-configuration", ("grant_access", "is_granting_access")
        return Answer(
            what=f"{application}: data sharing",
            needs=f"{self.sender} must grant {self.recipient} access",
            refused=self._said(both),
            rows=(
                self._row(self.sender, TrustConfig, (application, recipient.owner), *told),
                self._row(self.recipient, TrustConfig, (application, sender.owner), *told),
            ),
        )

    def _said(self, both: Both) -> tuple[Said, ...]:
        """What the two have against it, in the words of the catalogue."""
        return tuple(
            [
                Said(
                    instance,
                    refusal.code,
                    f"{instance} ({refusal.code}): {with_rule(refusal.code, refusal.explanation)}",
                )
                for instance, refusal in ((self.sender, both.by_sender), (self.recipient, both.by_recipient))
                if refusal is not None
            ]
        )

    # -- rows -------------------------------------------------------------------------------------------

    def _row(
        self, instance: str, row_type: type[TableRow], key: tuple[str, ...], view: str, told: tuple[str, ...]
    ) -> Row:
        """The row with that key, or that there is none, under the labels of the view; and how that came to be."""
        row = self.tables[instance].get(row_type, *key)
        names = self.fleet.names
        words = {column.name: column for column in VIEWS[view].columns}
        found = ""
        if row is not None:
            keys = [name for name in row_type.KEY if name not in _SAID]
            values = {name: getattr(row, name) for name in (*keys, *told)}
            named = {name: names.get(value, value) for name, value in values.items()}
            found = ", ".join(
                f"{words[name].label} {words[name].read(named)}" if name in words else f"{name} {named[name]}"
                for name in named
            )
        return Row(
            instance, VIEWS[view].title, found, self._since(instance, row_type, key, is_there=row is not None)
        )

    def _since(self, instance: str, row_type: type[TableRow], key: tuple[str, ...], *, is_there: bool) -> str:
        last: tuple[datetime, str] | None = None
        for _, alteration in self.fleet.alterations(instance):
            row = alteration.after or alteration.before or {}
            if alteration.table == row_type.TABLE and tuple(row.get(column) for column in row_type.KEY) == key:
                last = alteration.at, alteration.cause
        if last is None:
            return "since it began" if is_there else "never was one"
        at, cause = last
        return f"since {at:%Y-%m-%d %H:%M:%S}{self._by(instance, cause)}"

    def _by(self, instance: str, cause: str) -> str:
        """What has led to it, where the journal still has that."""
        entry = self.fleet.causes(instance).get(cause)
        if entry is None:
            return ""
        sender = self.fleet.names.get(entry.sender, entry.sender)
        what = entry.kind.replace("_", " ")
        return f", by {what} there" if sender == instance else f", by {what} from {sender}"


_SAID = ("application", "capability")
"""The columns of which the answer's heading tells."""
