"""Encoded queries: the conditions of rules, tested on one record."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from simulator.cmdb.records import Record

_TERM = re.compile(
    r"(?P<field>[a-z0-9_.]+?)(?P<operator>ISNOTEMPTY|ISEMPTY|STARTSWITH|ENDSWITH|NOT LIKE|NOT IN|CONTAINS|LIKE|IN"
    r"|!=|>=|<=|=|<|>)(?P<value>.*)",
    re.DOTALL,
)


class QueryError(ValueError):
    """A condition that cannot be read."""


@dataclass(frozen=True, slots=True)
class Term:
    """One comparison; text compares without regard to case, as the product's database does."""

    field: str
    operator: str
    value: str

    def holds(self, record: Record) -> bool:
        """Whether *record* satisfies the comparison; an absent column counts as empty."""
        have, want = (record.get(self.field) or "").lower(), self.value.lower()
        match self.operator:
            case "=":
                return have == want
            case "!=":
                return have != want
            case "ISEMPTY":
                return not have
            case "ISNOTEMPTY":
                return bool(have)
            case "STARTSWITH":
                return have.startswith(want)
            case "ENDSWITH":
                return have.endswith(want)
            case "LIKE" | "CONTAINS":
                return want in have
            case "NOT LIKE":
                return want not in have
            case "IN":
                return have in want.split(",")
            case "NOT IN":
                return have not in want.split(",")
            case _:
                return _ordered(have, self.operator, want)


@dataclass(frozen=True, slots=True)
class Condition:
    """Any of the ^NQ queries, each all of its ^ groups, each any of its ^OR terms."""

    queries: tuple[tuple[tuple[Term, ...], ...], ...]

    def holds(self, record: Record) -> bool:
        """Whether *record* satisfies the condition; an empty one holds for all."""
        return not self.queries or any(
            all(any(term.holds(record) for term in group) for group in groups) for groups in self.queries
        )


@lru_cache(maxsize=4096)
def parse(text: str) -> Condition:
    """Read an encoded query such as `valid=true^absent=false^EQ`."""
    queries = []
    for query in text.split("^NQ"):
        groups: list[list[Term]] = []
        for piece in query.split("^"):
            if piece in ("", "EQ") or piece.startswith("ORDERBY"):
                continue
            alternative = piece.startswith("OR") and bool(groups)
            found = _TERM.fullmatch(piece[2:] if alternative else piece)
            if found is None:
                raise QueryError(f"no such condition: {piece!r} in {text!r}")
            term = Term(found["field"], found["operator"], found["value"])
            if alternative:
                groups[-1].append(term)
            else:
                groups.append([term])
        if groups:
            queries.append(tuple(tuple(group) for group in groups))
    return Condition(tuple(queries))


def _ordered(have: str, operator: str, want: str) -> bool:
    """Numbers compare as numbers, all else as text; what is empty is neither more nor less."""
    if not have:
        return False
    left: float | str = have
    right: float | str = want
    try:
        left, right = float(have), float(want)
    except ValueError:
        left, right = have, want
    order = (left > right) - (left < right)  # type: ignore[operator]
    return {">": order > 0, "<": order < 0, ">=": order >= 0, "<=": order <= 0}[operator]
