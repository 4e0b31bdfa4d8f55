"""What lists ask of a table: an encoded query with all that only lists may say ("Operators for filters").

Besides conditions that is who asks and when, records of other tables that go with a record, and words anywhere in
it. What cannot be read is left out, as the product does.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from simulator.cmdb.classes.columns import Column, Type
from simulator.cmdb.classes.hierarchy import Hierarchy
from simulator.cmdb.conditions import conditions, encoded, periods, scripts
from simulator.cmdb.conditions.encoded import RELATIVE, Condition, QueryError, Term
from simulator.cmdb.conditions.scripts import PREFIX, Asker

ME = "90d1921e5f510100a9ad2572f2b477fe"
"""The sys_id of the dynamic filter option "Me", on every instance."""

_WORDS = "123TEXTQUERY321="
_JOIN = re.compile(r"JOIN(\w+)\.(\w+)=(\w+)\.(\w+)!(.*)", re.DOTALL)
_RELATED = re.compile(r"RLQUERY(\w+)\.(\w+),(=|!=|>=|<=|>|<)(\d{1,9})(,m2m)?")
_ON_SHOWN = frozenset({"LIKE", "NOT LIKE", "STARTSWITH", "ENDSWITH"})
"""The operators that look, where the field is a reference, at what that shows."""


@dataclass(frozen=True, slots=True)
class Query:
    """All of it holds for a record that is asked for."""

    condition: Condition
    related: tuple[Related, ...] = ()
    joins: tuple[Join, ...] = ()
    words: tuple[str, ...] = ()
    """Each stands in one of the record's texts."""
    group_by: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    """What was left out, and why."""


@dataclass(frozen=True, slots=True)
class Related:
    """So many records of *table* refer by *field* to the record, and are as a query of theirs says."""

    table: str
    field: str
    operator: str
    number: int
    query: Query


@dataclass(frozen=True, slots=True)
class Join:
    """There is a record of *table* whose *other* is the record's *field*, and which is as a query of its says."""

    field: str
    table: str
    other: str
    query: Query


def read(text: str, table: str, hierarchy: Hierarchy, asker: Asker) -> Query:
    """The query on records of *table*, as they keep their values."""
    return _Reader(table, hierarchy, asker).read(encoded.pieces(text))


class _Reader:
    def __init__(self, table: str, hierarchy: Hierarchy, asker: Asker, depth: int = 0) -> None:
        self._table, self._hierarchy, self._asker, self._depth = table, hierarchy, asker, depth
        self._queries: list[list[list[Term]]] = [[]]
        self._is_alternative = False
        """Whether the last group may be added to: the term before `^OR` may have been left out."""
        self._order: list[tuple[str, bool]] = []
        self._groups: list[str] = []
        self._words: list[str] = []
        self._related: list[Related] = []
        self._joins: list[Join] = []
        self._problems: list[str] = []

    def read(self, pieces: list[str]) -> Query:
        at = 0
        while at < len(pieces):
            at = self._take(pieces, at)
        condition = Condition(
            tuple(tuple(map(tuple, groups)) for groups in self._queries if groups),
            (*((self._shown(name), False) for name in self._groups), *self._order),
        )
        return Query(
            conditions.resolved(condition, self._table, self._hierarchy),
            tuple(self._related),
            tuple(self._joins),
            tuple(self._words),
            tuple(self._groups),
            tuple(self._problems),
        )

    def _take(self, pieces: list[str], at: int) -> int:
        """Takes one piece, or all that belong to it; the place of the next."""
        piece = pieces[at]
        if piece.startswith("RLQUERY"):
            end = next((n for n in range(at, len(pieces)) if pieces[n] == "ENDRLQUERY"), len(pieces))
            self._try(piece, partial(self._relate, piece, pieces[at + 1 : end]))
            return end + 1
        if piece.startswith("JOIN"):
            end = next((n for n in range(at + 1, len(pieces)) if _begins_anew(pieces[n])), len(pieces))
            self._try(piece, partial(self._join, piece, pieces[at + 1 : end]))
            return end
        self._try(piece, partial(self._take_alone, piece))
        return at + 1

    def _try(self, piece: str, take: Callable[[], None]) -> None:
        try:
            take()
        except QueryError as problem:
            self._problems.append(f"{piece}: {problem}")

    def _take_alone(self, piece: str) -> None:
        if piece.startswith("NQ"):
            self._queries.append([])
            piece = piece.removeprefix("NQ")
        if piece in ("", "EQ"):
            return
        if piece.startswith("ORDERBY"):
            field, descends = encoded.order_of(piece)
            self._order.append((self._shown(self._known(field)), descends))
        elif piece.startswith("GROUPBY"):
            self._groups.append(self._known(piece.removeprefix("GROUPBY")))
        elif piece.startswith(_WORDS):
            self._words += piece.removeprefix(_WORDS).split()
        else:
            self._add(piece)

    def _add(self, piece: str) -> None:
        groups = self._queries[-1]
        is_alternative = piece.startswith("OR")
        if not is_alternative:
            self._is_alternative = False
        term = self._term(encoded.term_of(piece.removeprefix("OR"), in_list=True))
        if is_alternative and groups and self._is_alternative:
            groups[-1].append(term)
        else:
            groups.append([term])
        self._is_alternative = True

    # -- terms --------------------------------------------------------------------------------------------

    def _term(self, term: Term) -> Term:
        """The term with values in the place of what depends on who asks, and when. Raises QueryError."""
        for name in term.fields:
            self._known(name)
        term = term if term.with_field else replace(term, value=self._said(term.value))
        match term.operator:
            case "ON" | "NOTON":
                return replace(term, operator="BETWEEN" if term.operator == "ON" else "NOT BETWEEN",
                               value=_between(term.value))  # fmt: skip
            case "DATEPART":
                return replace(term, value=term.value.partition("@")[2])
            case "DYNAMIC":
                if term.value != ME:
                    raise QueryError(f"{term.value} is no dynamic filter option here; Me is {ME}")
                return replace(term, operator="=", value=self._asker.user_id)
            case relative if relative in RELATIVE:
                return self._relative(term)
            case shown if shown in _ON_SHOWN:
                return replace(term, field=self._shown(term.field))
        return term

    def _said(self, value: str) -> str:
        """The value, with what its scripts say."""
        parts = value.split("@") if f"@{PREFIX}" in value or value.startswith(PREFIX) else []
        for place, part in enumerate(parts):
            if part.startswith(PREFIX):
                said = scripts.value_of(part, self._asker)
                if said is None:
                    raise QueryError(f"{part!r} is not among the scripts that are known; none is run")
                parts[place] = said
        return "@".join(parts) if parts else value

    def _relative(self, term: Term) -> Term:
        _, unit, direction, number = term.value.split("@")
        unit, distance = unit.removesuffix("s"), int(number) * (-1 if direction == "ago" else 1)
        try:
            at = periods.moved(self._asker.at, unit, distance)
            if RELATIVE[term.operator] == "ON":
                first, last = periods.period(unit, at)
                return replace(term, operator="BETWEEN", value=f"{periods.write(first)}@{periods.write(last)}")
        except OverflowError:
            raise QueryError(f"{term.value} is too far away") from None
        return replace(term, operator=RELATIVE[term.operator], value=periods.write(at))

    # -- fields and other tables --------------------------------------------------------------------------

    def _known(self, name: str) -> str:
        """A field that records of the table, or those they refer to, have. Raises QueryError for another."""
        self._column(name)
        return name

    def _column(self, name: str) -> Column:
        *_, (field, holder) = conditions.steps(name, self._table, self._hierarchy)
        column = None if holder is None else self._hierarchy.column(holder, field)
        if column is None or column.type is Type.PASSWORD:
            raise QueryError(f"{self._table} has no field {name}")
        return column

    def _shown(self, name: str) -> str:
        """The field with what people see: of a reference, that of the record which it leads to."""
        referred = self._column(name).reference
        if referred is None or not self._hierarchy.has_field(referred, self._hierarchy.display(referred)):
            return name
        return f"{name}.{self._hierarchy.display(referred)}"

    def _relate(self, piece: str, rest: list[str]) -> None:
        found = _RELATED.fullmatch(piece)
        if found is None:
            raise QueryError("expected RLQUERY, table.field, a comparison such as >=1, and ^ENDRLQUERY")
        other = self._other(found[1], found[2])
        query = other.read(rest)
        self._problems += query.problems
        self._related.append(Related(found[1], found[2], found[3], int(found[4]), query))

    def _join(self, piece: str, rest: list[str]) -> None:
        found = _JOIN.fullmatch(piece)
        if found is None:
            raise QueryError("expected JOIN, table.field=other.field, ! and a query")
        other = self._other(found[3], found[4])
        query = other.read([found[5], *rest])
        self._problems += query.problems
        self._joins.append(Join(self._known(found[2]), found[3], found[4], query))

    def _other(self, table: str, field: str) -> _Reader:
        if self._depth >= _DEEPEST:
            raise QueryError(f"expected other tables within each other at most {_DEEPEST} deep")
        other = _Reader(table, self._hierarchy, self._asker, self._depth + 1)
        other._known(field)
        return other


def _between(value: str) -> str:
    """From and to: what a label stands for, or all of a day."""
    _, _, said = value.partition("@")
    if said:
        return said
    at = periods.read(value)
    if at is None:
        raise QueryError(f"expected a day such as 2026-01-05, got {value!r}")
    first, last = periods.period("day", at)
    return f"{periods.write(first)}@{periods.write(last)}"


_DEEPEST = 8
"""RLQUERY and JOIN within each other: more than anybody means."""


def _begins_anew(piece: str) -> bool:
    return piece.startswith(("ORDERBY", "NQ", *encoded.CLAUSES))
