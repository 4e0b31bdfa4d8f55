"""Conditions of rules, held against the classes and tables of an instance."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from simulator.cmdb.classes.columns import Column, Type
from simulator.cmdb.classes.hierarchy import Hierarchy
from simulator.cmdb.conditions import encoded
from simulator.cmdb.conditions.encoded import Condition, QueryError, Term
from simulator.cmdb.records import Record, Value
from simulator.cmdb.text import fold


def read(text: str | None, table: str, hierarchy: Hierarchy) -> Condition:
    """The condition on records of *table*; as in the product, a term about a field that there is not is dropped.

    Raises QueryError for what is no condition, or cannot be one here.
    """
    try:
        condition = encoded.parse(text or "")
    except QueryError as problem:
        raise QueryError(f"the condition {text!r} on {table}: {problem}") from problem
    return known(condition, table, hierarchy)


def known(condition: Condition, table: str, hierarchy: Hierarchy) -> Condition:
    """What the condition says of fields that there are, as records keep their values."""
    unknown = {*unknown_fields(condition, table, hierarchy)}
    queries = (
        [[term for term in group if unknown.isdisjoint(term.fields)] for group in groups]
        for groups in condition.queries
    )
    left = tuple(tuple(tuple(group) for group in groups if group) for groups in queries)
    order = tuple(each for each in condition.order if each[0] not in unknown)
    return resolved(replace(condition, queries=left, order=order), table, hierarchy)


def resolved(condition: Condition, table: str, hierarchy: Hierarchy) -> Condition:
    """The condition on records of *table* as they keep their values.

    Values are in the form of their columns, and the names of classes stand in the place of INSTANCEOF; of a class
    that there is not, none.
    """

    def resolve(term: Term) -> Term:
        return _of_columns(_of_classes(term, hierarchy), table, hierarchy)

    queries = (tuple(tuple(map(resolve, group)) for group in groups) for groups in condition.queries)
    return replace(condition, queries=tuple(queries))


def unknown_fields(condition: Condition, table: str, hierarchy: Hierarchy) -> list[str]:
    """The fields that the condition names and that records of *table*, if there is such a table, do not have."""
    if table not in hierarchy and not hierarchy.fields(table):
        return []
    named = dict.fromkeys(name for term in condition.terms for name in term.fields)
    named |= dict.fromkeys(name for name, _ in condition.order)
    return [
        name
        for name in named
        if any(at is None or not hierarchy.has_field(at, field) for field, at in steps(name, table, hierarchy))
    ]


def unknown_classes(condition: Condition, hierarchy: Hierarchy) -> list[str]:
    """The classes that INSTANCEOF asks for and that there are not."""
    asked = (term.value for term in condition.terms if term.operator == "INSTANCEOF")
    return [name for name in dict.fromkeys(asked) if name not in hierarchy]


def steps(name: str, table: str, hierarchy: Hierarchy) -> Iterator[tuple[str, str | None]]:
    """A dot-walk from *table*: each field with the table that has it; None where there is no way on."""
    at: str | None = table
    for field in name.split("."):
        yield field, at
        at = None if at is None else hierarchy.references(at).get(field)


def _of_classes(term: Term, hierarchy: Hierarchy) -> Term:
    if term.operator != "INSTANCEOF":
        return term
    return replace(term, operator="IN", value=",".join(hierarchy.below(term.value)))


_LISTS = {"IN": ",", "NOT IN": ",", "BETWEEN": "@", "NOT BETWEEN": "@"}
"""What stands between the values of operators that take several."""

_WHOLE = frozenset({"=", "!=", "<", "<=", ">", ">="})


def _of_columns(term: Term, table: str, hierarchy: Hierarchy) -> Term:
    """The comparison with its value in the form of the column; numbers compare as numbers in any form."""
    if term.with_field or term.operator not in (*_LISTS, *_WHOLE):
        return term
    *_, (field, at) = steps(term.field, table, hierarchy)
    column = None if at is None else hierarchy.column(at, field)
    if column is None or (column.type is Type.STRING and not column.choice_by_text):
        return term
    separator = _LISTS.get(term.operator)
    parts = [term.value] if separator is None else term.value.split(separator)
    return replace(term, value=(separator or "").join(_read(part, column) for part in parts))


_NUMBER = Column("number", Type.DECIMAL)


def _read(text: str, column: Column) -> str:
    """A value to compare with; no record of whole numbers has 2.5, but one may be above or below it."""
    if column.type in (Type.INTEGER, Type.LONG) and fold(text) not in column.choice_by_text:
        column = _NUMBER
    return (column.read(text) if text else None) or text


@dataclass(frozen=True, slots=True)
class View:
    """A record of *table* together with those that it refers to: its `company.name` is the name of its company."""

    table: str
    record: Record
    hierarchy: Hierarchy
    find: Callable[[str, Value], Record | None]
    """The record of a table with a sys_id."""

    def get(self, name: str, /) -> Value:
        """See simulator.cmdb.conditions.encoded.Fields."""
        if "." not in name:
            return self.record.get(name)
        record: Record | None = self.record
        at: str | None = self.table
        *way, last = name.split(".")
        for field in way:
            at = None if at is None else self.hierarchy.references(at).get(field)
            record = None if record is None or at is None else self.find(at, record.get(field))
            at = at if record is None else record.get("sys_class_name") or at
        return None if record is None else record.get(last)
