"""A person at work on records: who it is, what they see and what their roles allow."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass

from simulator.cmdb.forms.referrers import owner_columns
from simulator.cmdb.forms.roles import ADMINISTRATOR, Right, refuse_role
from simulator.cmdb.records import Reader, Record
from simulator.cmdb.rules.model import Model
from simulator.domains.tree import GLOBAL
from simulator.refusal import Refusal, RefusalCode


@dataclass(frozen=True, slots=True)
class Editor:
    """Who edits: a user with *roles* who sees the data of these *domains*; None for all."""

    user: str
    roles: Set[str]
    domains: Set[str] | None
    home: str
    """The domain of what the user makes."""
    model: Model
    reader: Reader
    stamp: str
    """The time, as records keep it."""
    new_id: Callable[[], str]

    def refuse(self, right: Right) -> Refusal | None:
        """Why the user's roles do not allow it; None where they do."""
        return refuse_role(self.user, self.roles, right)

    def sees(self, record: Record) -> bool:
        """Whether a record of a table with domains is in one that the user sees."""
        return self.domains is None or (record.get("sys_domain") or GLOBAL) in self.domains

    def visible(self, table: str, records: Sequence[Record]) -> list[Record]:
        """Those that the user sees; what is in no domain itself, such as a relation, only with all of its CIs."""
        if self.domains is None or any("sys_domain" in row for row in records):
            return [row for row in records if self.sees(row)]
        columns = owner_columns(self.model, table)
        owners = [(row[column],) for row in records for column in columns if row.get(column)]
        hidden = {ci["sys_id"] for ci in self.reader.rows("cmdb", ("sys_id",), owners) if not self.sees(ci)}
        return [row for row in records if hidden.isdisjoint(row.get(column) for column in columns)]

    def choose(self, table: str, records: Sequence[Record], sought: str) -> list[Record] | Refusal:
        """The ones to work on, of the records that fit what was *sought*, or why there are none."""
        if not records:
            return Refusal(
                code=RefusalCode.RECORD_UNKNOWN,
                found=f"{table} has no record with {sought}.",
                change="name a record that is there",
                who=f"the user {self.user}",
            )
        return self.visible(table, records) or Refusal(
            code=RefusalCode.RECORD_NOT_VISIBLE,
            found=f"The record of {table} with {sought} is in a domain that the user {self.user} does not see.",
            change=f"let the user {self.user} see that domain, or have one of its users do it",
            who=ADMINISTRATOR,
        )


def invalid(found: str, change: str, editor: Editor) -> Refusal:
    """The refusal of a change that no form would take."""
    return Refusal(code=RefusalCode.EDIT_INVALID, found=found, change=change, who=f"the user {editor.user}")
