"""Encoded queries: `name=web^osLIKElinux^ORram>4096^NQactive=true`.

`^` is and, `^OR` adds an alternative to the condition before it, `^NQ` begins another query whose records count
too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from simulator.cmdb.records import Record

_OPERATORS = (
    "ISNOTEMPTY", "ISEMPTY", "STARTSWITH", "ENDSWITH", "NOT LIKE", "NOT IN", "CONTAINS", "LIKE", "IN",
    "!=", ">=", "<=", "=", "<", ">",
)  # fmt: skip
"""Those that begin with another one come before it."""

_TERM = re.compile(
    rf"(?P<field>[a-z0-9_.]+?)(?P<operator>{'|'.join(map(re.escape, _OPERATORS))})(?P<value>.*)", re.DOTALL
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
        return compare(record.get(self.field), self.operator, self.value)


@dataclass(frozen=True, slots=True)
class Condition:
    """Any of the ^NQ queries, each all of its ^ groups, each any of its ^OR terms."""

    queries: tuple[tuple[tuple[Term, ...], ...], ...]
    order: tuple[tuple[str, bool], ...] = ()
    """The fields of ^ORDERBY and ^ORDERBYDESC, each with whether it descends; they order lists of records."""

    def holds(self, record: Record) -> bool:
        """Whether *record* satisfies the condition; an empty one holds for all."""
        return not self.queries or any(
            all(any(term.holds(record) for term in group) for group in groups) for groups in self.queries
        )


@lru_cache(maxsize=4096)
def parse(text: str) -> Condition:
    """Read an encoded query such as `valid=true^absent=false^EQ`."""
    queries, order = [], []
    for query in text.split("^NQ"):
        groups: list[list[Term]] = []
        for piece in query.split("^"):
            if piece in ("", "EQ"):
                continue
            if piece.startswith("ORDERBY"):
                field = piece.removeprefix("ORDERBY")
                order.append((field.removeprefix("DESC"), field.startswith("DESC")))
                continue
            alternative = piece.startswith("OR") and bool(groups)
            found = _TERM.fullmatch(piece[2:] if alternative else piece)
            if found is None:
                known = " ".join(_OPERATORS)
                raise QueryError(
                    f"{piece!r} is no condition; write field, operator and value; the operators are {known}"
                )
            term = Term(found["field"], found["operator"], found["value"])
            if alternative:
                groups[-1].append(term)
            else:
                groups.append([term])
        if groups:
            queries.append(tuple(tuple(group) for group in groups))
    return Condition(tuple(queries), tuple(order))


def compare(have: str | None, operator: str, want: str) -> bool:
    """Whether the value *have* stands to *want* as the operator says; nothing counts as empty text."""
    have, want = (have or "").lower(), want.lower()
    match operator:
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
            return _ordered(have, operator, want)


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
