"""Encoded queries: `name=web^osLIKElinux^ORram>4096^NQactive=true`.

`^` is and, `^OR` adds an alternative to the condition before it, `^NQ` begins another query whose records count
too; `^^` is the sign itself. This is the only reader of them; conditions.py holds them against the tables of an
instance, and queries.py says what lists may ask besides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from simulator.cmdb.conditions import periods
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

RELATIVE = {"RELATIVEGT": ">", "RELATIVEGE": ">=", "RELATIVELT": "<", "RELATIVELE": "<=", "RELATIVEEE": "ON"}
"""Those that compare with a time as far from now, each with the comparison."""

_OF_LISTS = ("DYNAMIC", "IN_HIERARCHY", "ON", "NOTON", "DATEPART", "MORETHAN", "LESSTHAN", *RELATIVE)
"""Those that ask about who asks, when, or about more than the record: only lists have them."""

_UNSUPPORTED = ("VALCHANGES", "CHANGESFROM", "CHANGESTO", "MATCH_PAT", "MATCH_RGX")
"""The product's other operators: refused, for nothing here means the same."""

_LONGEST_FIRST = sorted((*_MEANING, *_OF_LISTS, *_UNSUPPORTED), key=len, reverse=True)
CLAUSES = ("GROUPBY", "RLQUERY", "ENDRLQUERY", "JOIN", "123TEXTQUERY321")
"""What else a query of the product may have between two `^`."""

_FIELD = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")
_UNIT = r"(minute|hour|day|dayofweek|week|month|quarter|year)s?"
_VALUE = {
    "BETWEEN": (re.compile(r"[^@]+@[^@]+", re.DOTALL), "two values such as 1@5"),
    "INSTANCEOF": (re.compile(r"[a-z][a-z0-9_]*"), "the name of a class"),
    "ISEMPTY": (re.compile(""), "nothing"),
    "ISNOTEMPTY": (re.compile(""), "nothing"),
    "ANYTHING": (re.compile(""), "nothing"),
    **dict.fromkeys(_BETWEEN_FIELDS, (_FIELD, "a field")),
    **dict.fromkeys(("=", "!="), (re.compile(r"(?![=<>]).*", re.DOTALL), "a value")),
    **dict.fromkeys(("<", "<=", ">", ">="), (re.compile(r"[^=<>].*", re.DOTALL), "a value")),
}
"""What may follow an operator, and how to say that; after all others anything but nothing."""

_VALUE_IN_LISTS = {
    **_VALUE,
    **dict.fromkeys(
        ("ON", "NOTON"), (re.compile(r"[^@]*(@[^@]+@[^@]+)?"), "a day, or a label, a first and a last time")
    ),
    "DATEPART": (re.compile(r"[^@]*@[^@]+"), "a label and a part such as Monday@javascript:gs.datePart(...)"),
    **dict.fromkeys(RELATIVE, (re.compile(rf"@{_UNIT}@(ago|ahead)@\d{{1,6}}"), "a distance such as @hour@ago@1")),
    **dict.fromkeys(
        ("MORETHAN", "LESSTHAN"),
        (re.compile(rf"{_FIELD.pattern}@{_UNIT}@(before|after)@\d{{1,6}}"), "a field and a distance"),
    ),
    **dict.fromkeys(("IN", "NOT IN"), (re.compile(r".*", re.DOTALL), "values")),
    **dict.fromkeys(("SAMEAS", "NSAMEAS"), (re.compile(rf"{_FIELD.pattern}(@{_UNIT})?"), "a field")),
}
"""The same in lists."""

_APART = frozenset({"MORETHAN", "LESSTHAN"})
"""Those that say how far the times in two fields are apart."""

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
    """Of times perhaps with more: `SAMEAS@day`, `MORETHAN@day@before@1`."""
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
        for piece in pieces(query):
            if piece in ("", "EQ"):
                continue
            if piece.startswith("ORDERBY"):
                order.append(order_of(piece))
            elif piece.startswith("OR") and groups:
                groups[-1].append(term_of(piece[2:]))
            else:
                groups.append([term_of(piece)])
        if groups:
            queries.append(tuple(tuple(group) for group in groups))
    return Condition(tuple(queries), tuple(order))


def pieces(query: str) -> list[str]:
    """What stands between the `^` of a query."""
    return [piece.replace("\0", "^") for piece in query.replace("^^", "\0").split("^")]


def order_of(piece: str) -> tuple[str, bool]:
    """The field that `ORDERBY...` names, and whether it descends."""
    field = piece.removeprefix("ORDERBY")
    return field.removeprefix("DESC"), field.startswith("DESC")


def term_of(piece: str, *, in_list: bool = False) -> Term:
    """One comparison: a field, the longest operator that fits, and what may follow that. Raises QueryError."""
    clause = next((each for each in CLAUSES if piece.startswith(each)), None)
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
    if operator in _UNSUPPORTED or (operator in _OF_LISTS and not in_list):
        raise QueryError(f"{piece!r}: {operator} is not supported; the operators are {' '.join(_MEANING)}")
    if value.startswith("javascript:") and not in_list:
        raise QueryError(f"{piece!r}: scripts are not run; write the value itself")
    meaning, with_field = _MEANING.get(operator, operator), operator in _BETWEEN_FIELDS
    known = _VALUE_IN_LISTS if in_list else _VALUE
    fits, expected = known.get(operator) or known.get(meaning, _SOME_VALUE)
    if not fits.fullmatch(value):
        raise QueryError(f"{piece!r}: expected {expected} after {operator}, got {value!r}")
    if meaning == "INSTANCEOF" and found[0].rpartition(".")[2] != "sys_class_name":
        raise QueryError(
            f"{piece!r}: INSTANCEOF asks for a class; expected sys_class_name before it, got {found[0]}"
        )
    if in_list and "@" in value and (with_field or operator in _APART):
        other, _, span = value.partition("@")
        return Term(found[0], f"{operator}@{span}", other, with_field=True)
    return Term(found[0], meaning, value, with_field)


def compare(have: Value, operator: str, want: str) -> bool:
    """Whether the value *have* stands to *want* as the operator says; nothing counts as empty text."""
    have, want = fold(have or ""), fold(want)
    name, _, span = operator.partition("@")
    match name:
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
        case "NOT BETWEEN":
            return not compare(have, "BETWEEN", want)
        case "DATEPART":
            return periods.has_part(have, want)
        case "SAMEAS":
            return periods.is_same(have, want, span)
        case "NSAMEAS":
            return not periods.is_same(have, want, span)
        case "MORETHAN" | "LESSTHAN":
            return periods.is_apart(have, want, name, span)
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
