"""An item while it is looked for, and what is found of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from simulator.cmdb.call import Call
from simulator.cmdb.explanation import Attempt, AttemptExplanation, Candidate
from simulator.cmdb.items import UNKNOWN, Equals, Identified, Prepared, Troubles
from simulator.cmdb.records import Record
from simulator.cmdb.rules.identifiers import Rule


class SearchResult(NamedTuple):
    """The CI of an item, how it was found, and what is wrong with that."""

    match: Record | None = None
    operation: str = "INSERT"
    """As far as it is said by an item of which several CIs are equal; else it is for operation.settle."""
    entry_id: str = UNKNOWN
    attempts: tuple[Attempt, ...] = ()
    explanations: tuple[AttemptExplanation, ...] = ()
    equals: tuple[Equals, ...] = ()
    errors: Troubles = ()


@dataclass(slots=True, eq=False)
class Search:
    """An item while it is looked for; *host* is the identified item that it depends on."""

    ready: Prepared
    rule: Rule
    host: Identified | None
    top: str
    """The table in which records of its class are found by their sys_ids."""
    keyed: list[Record] = field(default_factory=list)
    """What is known of its keys at its sources."""
    match: Record | None = None
    operation: str = "INSERT"
    entry_id: str = UNKNOWN
    attempts: tuple[Attempt, ...] = ()
    explanations: tuple[AttemptExplanation, ...] = ()
    equals: tuple[Equals, ...] = ()
    errors: Troubles = ()

    def result(self) -> SearchResult:
        """What is found, once nothing is left to be tried."""
        told = self.attempts, self.explanations
        return SearchResult(self.match, self.operation, self.entry_id, *told, self.equals, self.errors)

    def note(
        self,
        attempt: Attempt,
        seen: Iterable[tuple[Record, str]],
        call: Call,
        chosen: str = "",
        also: str = "",
    ) -> None:
        """Notes an attempt with the CIs that it came upon, each with why it is unfit.

        Of those that are not, the match is explained as *chosen* and others as *also*.
        """
        self.attempts += (attempt,)
        if call.explain:
            told = [(row, unfit or (chosen if row is self.match else also)) for row, unfit in seen]
            self.explain(attempt, told, call)

    def explain(self, attempt: Attempt, told: Iterable[tuple[Record, str]], call: Call) -> None:
        """Says of each CI that was come upon why it is the match or not, and what its domain has to do with it."""
        candidates = []
        for row, why in told:
            reason = f"{why}; {call.caller.standing(row.get('sys_domain') or 'global')}"
            title = f"{row.get('sys_class_name')} {row.get('name') or ''}".rstrip()
            candidates.append(Candidate(row["sys_id"], title, row.get("sys_domain"), reason, row is self.match))
        self.explanations += (AttemptExplanation(attempt, tuple(candidates)),)
