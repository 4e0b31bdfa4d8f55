"""What runs have exercised of trust: of what their scenarios define, and of what the product may answer."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from simulator.journal import Entry, Outcome
from simulator.refusal import UNREADY, RefusalCode
from simulator.report.result import Kind, Run, RunResult
from simulator.trust.management import Managed, ManagedBy
from simulator.trust.record import Origin, TrustRecord
from simulator.trust.states import Approval, SyncState
from simulator.trust.sync import SyncStatus

_STATES = {
    (Managed.TABLE, "status"): "management",
    (ManagedBy.TABLE, "approval"): "management",
    (SyncStatus.TABLE, "status"): "sync",
}
"""By table and column: what is in the state."""

_TABLES = {table for table, _ in _STATES}

_OF_ONE_FILE = {Kind.ITEM, Kind.RECORD}
"""What belongs to a file's own instances; the rest may come from a library and be exercised by any file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One thing that runs may exercise, and whether they have."""

    kind: Kind
    name: str
    file: str = ""
    """Where it is defined; empty: the product has it, or a test has called for it."""
    line: int = 0
    is_exercised: bool
    note: str = ""
    """What has become of it short of that."""

    @property
    def identity(self) -> tuple[str, str, str]:
        """What it has in common with the same thing in another run."""
        return self.kind, self.name, self.file if self.kind in _OF_ONE_FILE else ""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What some runs have exercised."""

    points: tuple[Point, ...] = ()
    """Each thing once, in the order of kinds."""

    def __or__(self, other: Coverage) -> Coverage:
        """What both have exercised together."""
        found: dict[tuple[str, str, str], Point] = {}
        for point in (*self.points, *other.points):
            known = found.get(point.identity)
            if known is None or (point.note and not known.note and not known.is_exercised):
                found[point.identity] = point
            elif point.is_exercised and not known.is_exercised:
                found[point.identity] = replace(known, is_exercised=True, note="")
        order = list(Kind)
        return Coverage(
            tuple(sorted(found.values(), key=lambda it: (order.index(it.kind), it.file, it.line, it.name)))
        )

    def of(self, kind: Kind) -> tuple[Point, ...]:
        """All of one kind."""
        return tuple(point for point in self.points if point.kind is kind)

    @property
    def by_kind(self) -> Iterator[tuple[Kind, Sequence[Point]]]:
        """The points of each kind that there is."""
        for kind in Kind:
            if points := self.of(kind):
                yield kind, points

    @property
    def percent(self) -> float:
        """How much is exercised of what scenarios define; of nothing all of it.

        Codes and states are told and not counted: no suite needs all that the product may answer.
        """
        counted = [point.is_exercised for point in self.points if point.kind not in OF_THE_PRODUCT]
        return 100 * sum(counted) / len(counted) if counted else 100.0


OF_THE_PRODUCT = (Kind.STATE, Kind.CODE)


def coverage_of(runs: Iterable[Run]) -> Coverage:
    """What the runs have exercised together; one that came to no end has exercised nothing."""
    found = Coverage()
    for run in runs:
        if isinstance(run, RunResult):
            found |= _of_run(run)
    return found


def _of_run(run: RunResult) -> Coverage:
    used, tried = set(_used(run)), set(_tried(run))
    points = [
        Point(
            kind=it.kind,
            name=it.name,
            file=run.file,
            line=it.line,
            is_exercised=(it.kind, it.key) in used,
            note="tried, and has never matched" if it.key in tried and (it.kind, it.key) not in used else "",
        )
        for it in run.defined
    ]
    codes = set(_codes(run))
    states = {*_states(run), *(f"readiness {code}" for code in codes & UNREADY)}
    points += [Point(kind=Kind.STATE, name=name, is_exercised=name in states) for name in _ALL_STATES]
    points += [Point(kind=Kind.CODE, name=str(code), is_exercised=code in codes) for code in RefusalCode]
    return Coverage() | Coverage(tuple(points))


_ALL_STATES = [
    *(f"management {state}" for state in Approval),
    *(f"sync {state}" for state in SyncState),
    *("readiness ready", *(f"readiness {code}" for code in RefusalCode if code in UNREADY)),
]


# -- what a run has used --------------------------------------------------------------------------------


def _used(run: RunResult) -> Iterator[tuple[Kind, tuple[str, ...]]]:
    kinds = {it.key: it.operation_kind for it in run.defined if it.kind is Kind.OPERATION}
    origins = _origins(run)
    for entry in run.journal:
        operation = (entry.application, entry.capability, entry.operation)
        if entry.kind != "capability_message" or entry.outcome is not Outcome.PROCESSED or operation not in kinds:
            continue
        yield Kind.OPERATION, operation
        pair = (
            (entry.recipient, entry.sender) if kinds[operation] == "message" else (entry.sender, entry.recipient)
        )
        trust = (entry.application, entry.capability, *pair)
        kind = Kind.ITEM if _origin_at(origins[trust], entry) == Origin.PROFILE else Kind.RECORD
        yield kind, trust
    for explained in chain.from_iterable(answer.explanation for answer in run.answers):
        for each in explained["attempts"]:
            if each["attempt"]["result"] == "MATCHED":
                yield Kind.ENTRY, _entry(each["attempt"])
        for attribute in explained["attributes"]:
            if attribute["rule"]:
                yield Kind.RULE, (attribute["rule"],)


def _tried(run: RunResult) -> Iterator[tuple[str, ...]]:
    for explained in chain.from_iterable(answer.explanation for answer in run.answers):
        for each in explained["attempts"]:
            if each["attempt"]["result"] != "SKIPPED":
                yield _entry(each["attempt"])


def _entry(attempt: Mapping[str, Any]) -> tuple[str, ...]:
    return (attempt["identifier"], *attempt["attributes"])


def _origins(run: RunResult) -> Mapping[tuple[str, ...], list[tuple[Any, str]]]:
    """Since when each trust record has come from where, by application, capability, trustor and trustee."""
    found: dict[tuple[str, ...], list[tuple[Any, str]]] = defaultdict(list)
    for alteration in run.alterations:
        if alteration.table == TrustRecord.TABLE and (row := alteration.after):
            trust = (row["application"], row["capability"], alteration.instance, row["trusted_instance"])
            found[trust].append((alteration.at, row["origin"]))
    return found


def _origin_at(origins: Sequence[tuple[Any, str]], entry: Entry) -> str:
    """Where the record came from by which the message was allowed: the last that there was before."""
    before = [origin for at, origin in origins if at <= entry.at]
    return before[-1] if before else ""


_IN_BRACKETS = re.compile(r"\((\w+)\)")


def _codes(run: RunResult) -> Iterator[str]:
    yield from (entry.code for entry in run.journal)
    for step in run.steps:  # what no instance journals, as it is the broker who says no
        yield from _IN_BRACKETS.findall(step.outcome)
    for row in _rows(run):
        yield from (str(row[name]) for name in ("code", "reason") if row.get(name))
        yield from (each.rpartition(": ")[2] for each in str(row.get("detail", "")).split("; "))


def _states(run: RunResult) -> Iterator[str]:
    if any(entry.sender != entry.recipient and entry.outcome is Outcome.PROCESSED for entry in run.journal):
        yield "readiness ready"  # else nothing from a peer is taken in
    for table, row in _rows_by_table(run):
        for (of, column), what in _STATES.items():
            if of == table:
                yield f"{what} {row[column]}"


def _rows(run: RunResult) -> Iterator[Mapping[str, Any]]:
    yield from (row for _, row in _rows_by_table(run))


def _rows_by_table(run: RunResult) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every row that a table of trust has had in the run."""
    for alteration in run.alterations:
        if alteration.after:
            yield alteration.table, alteration.after
    for tables in run.tables.values():
        for table, rows in tables.items():
            if table in _TABLES:
                yield from ((table, row) for row in rows)
