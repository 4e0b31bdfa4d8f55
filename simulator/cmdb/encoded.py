"""Encoded queries: `name=web^osLIKElinux^ORram>4096^NQactive=true`.

`^` is and, `^OR` adds an alternative to the condition before it, `^NQ` begins another query whose records count
too. This is the only reader of them; conditions.py holds them against the tables of an instance.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from simulator.cmdb.records import Value
from simulator.cmdb.text import fold

_MEANING = {
    "=": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=",
    "LIKE": "LIKE", "CONTAINS": "LIKE", "*": "LIKE",
    "NOT LIKE": "NOT LIKE", "DOES NOT CONTAIN": "NOT LIKE", "!*": "NOT LIKE",
    "STARTSWITH": "STARTSWITH", "ENDSWITH": "ENDSWITH", "%": "ENDSWITH",
    "IN": "IN", "NOT IN": "NOT IN", "BETWEEN": "BETWEEN", "INSTANCEOF": "INSTANCEOF",
    "ISEMPTY": "ISEMPTY", "EMPTYSTRING": "ISEMPTY", "ISNOTEMPTY": "ISNOTEMPTY", "ANYTHING": "ANYTHING",
    "SAMEAS": "=", "NSAMEAS": "!=",
    "GT_FIELD": ">", "LT_FIELD": "<", "GT_OR_EQUALS_FIELD": ">=", "LT_OR_EQUALS_FIELD": "<=",
}  # fmt: skip
"""The operators as the product writes them, each with the one that means the same; records know no empty string
beside nothing."""

_BETWEEN_FIELDS = frozenset(
    {"SAMEAS", "NSAMEAS", "GT_FIELD", "LT_FIELD", "GT_OR_EQUALS_FIELD", "LT_OR_EQUALS_FIELD"}
)
"""Those that compare with another field of the record."""

_UNSUPPORTED = (
    "DYNAMIC", "IN_HIERARCHY", "ON", "NOTON", "DATEPART", "RELATIVEGT", "RELATIVEGE", "RELATIVELT", "RELATIVELE",
    "RELATIVEEE", "MORETHAN", "LESSTHAN", "VALCHANGES", "CHANGESFROM", "CHANGESTO", "MATCH_PAT", "MATCH_RGX",
)  # fmt: skip
"""The product's other operators: refused, for nothing here means the same."""

_LONGEST_FIRST = sorted((*_MEANING, *_UNSUPPORTED), key=len, reverse=True)
_CLAUSES = ("GROUPBY", "RLQUERY", "ENDRLQUERY", "JOIN", "123TEXTQUERY321")
"""What else a query of the product may have between two `^`."""

_FIELD = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")
_VALUE = {
    "BETWEEN": (re.compile(r"[^@]+@[^@]+", re.DOTALL), "two values such as 1@5"),
    "INSTANCEOF": (re.compile(r"[a-z][a-z0-9_]*"), "the name of a class"),
    "ISEMPTY": (re.compile(""), "nothing"),
    "ISNOTEMPTY": (re.compile(""), "nothing"),
    "ANYTHING": (re.compile(""), "nothing"),
    **dict.fromkeys(("=", "!="), (re.compile(r"(?![=<>]).*", re.DOTALL), "a value")),
    **dict.fromkeys(("<", "<=", ">", ">="), (re.compile(r"[^=<>].*", re.DOTALL), "a value")),
}
"""What may follow an operator, and how to say that; after all others anything but nothing."""

_SOME_VALUE = re.compile(r".+", re.DOTALL), "a value"


class QueryError(ValueError):
    """A condition that cannot be read."""


class Fields(Protocol):
    """A record, or what else has values by field."""

    def get(self, name: str, /) -> Value:
        """The value of a field; None for nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Term:
    """One comparison; text compares as everywhere (text.py)."""

    field: str
    """Perhaps with dots: `company.name` is a field of the record that the first part refers to."""
    operator: str
    value: str
    """What to compare with; the name of another field if *with_field*."""
    with_field: bool = False

    @property
    def fields(self) -> tuple[str, ...]:
        """All fields that the comparison is about."""
        return (self.field, self.value) if self.with_field else (self.field,)

    def holds(self, record: Fields) -> bool:
        """Whether *record* satisfies the comparison; an absent column counts as empty."""
        want = record.get(self.value) or "" if self.with_field else self.value
        return compare(record.get(self.field), self.operator, want)


@dataclass(frozen=True, slots=True)
class Condition:
    """Any of the ^NQ queries, each all of its ^ groups, each any of its ^OR terms."""

    queries: tuple[tuple[tuple[Term, ...], ...], ...]
    order: tuple[tuple[str, bool], ...] = ()
    """The fields of ^ORDERBY and ^ORDERBYDESC, each with whether it descends; they order lists of records."""

    @property
    def terms(self) -> tuple[Term, ...]:
        """All its comparisons."""
        return tuple(term for groups in self.queries for group in groups for term in group)

    def holds(self, record: Fields) -> bool:
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
            if piece.startswith("OR") and groups:
                groups[-1].append(_term(piece[2:]))
            else:
                groups.append([_term(piece)])
        if groups:
            queries.append(tuple(tuple(group) for group in groups))
    return Condition(tuple(queries), tuple(order))


def _term(piece: str) -> Term:
    """One comparison: a field, the longest operator that fits, and what may follow that."""
    clause = next((each for each in _CLAUSES if piece.startswith(each)), None)
    if clause is not None:
        raise QueryError(f"{piece!r}: {clause} is not supported; write conditions and ^ORDERBY")
    found = _FIELD.match(piece)
    rest = piece[found.end() :] if found else ""
    operator = next((each for each in _LONGEST_FIRST if rest.startswith(each)), None)
    if found is None or operator is None:
        raise QueryError(
            f"{piece!r} is no condition; write field, operator and value; the operators are {' '.join(_MEANING)}"
        )
    value = rest.removeprefix(operator)
    if operator in _UNSUPPORTED:
        raise QueryError(f"{piece!r}: {operator} is not supported; the operators are {' '.join(_MEANING)}")
    if value.startswith("javascript:"):
        raise QueryError(f"{piece!r}: scripts are not run; write the value itself")
    meaning, with_field = _MEANING[operator], operator in _BETWEEN_FIELDS
    fits, expected = (_FIELD, "a field") if with_field else _VALUE.get(meaning, _SOME_VALUE)
    if not fits.fullmatch(value):
        raise QueryError(f"{piece!r}: expected {expected} after {operator}, got {value!r}")
    if meaning == "INSTANCEOF" and found[0].rpartition(".")[2] != "sys_class_name":
        raise QueryError(
            f"{piece!r}: INSTANCEOF asks for a class; expected sys_class_name before it, got {found[0]}"
        )
    return Term(found[0], meaning, value, with_field)


def compare(have: Value, operator: str, want: str) -> bool:
    """Whether the value *have* stands to *want* as the operator says; nothing counts as empty text."""
    have, want = fold(have or ""), fold(want)
    match operator:
        case "=":
            return have == want
        case "!=":
            return have != want
        case "ANYTHING":
            return True
        case "ISEMPTY":
            return not have
        case "ISNOTEMPTY":
            return bool(have)
        case "STARTSWITH":
            return have.startswith(want)
        case "ENDSWITH":
            return have.endswith(want)
        case "LIKE":
            return want in have
        case "NOT LIKE":
            return want not in have
        case "IN":
            return have in want.split(",")
        case "NOT IN":
            return have not in want.split(",")
        case "BETWEEN":
            low, _, high = want.partition("@")
            return _ordered(have, ">=", low) and _ordered(have, "<=", high)
        case _:
            return _ordered(have, operator, want)


def _ordered(have: str, operator: str, want: str) -> bool:
    """Numbers compare as numbers, all else as text; what is empty is neither more nor less."""
    if not have or not want:
        return False
    left: float | str = have
    right: float | str = want
    try:
        left, right = float(have), float(want)
    except ValueError:
        left, right = have, want
    order = (left > right) - (left < right)  # type: ignore[operator]
    return {">": order > 0, "<": order < 0, ">=": order >= 0, "<=": order <= 0}[operator]
