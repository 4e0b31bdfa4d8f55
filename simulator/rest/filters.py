"""Which records a request asks for: an encoded query, or names and values ("Table API")."""

from __future__ import annotations

from collections.abc import Iterable

from simulator.cmdb.classes.hierarchy import Hierarchy
from simulator.cmdb.conditions import conditions, queries
from simulator.cmdb.conditions.encoded import Condition, Term
from simulator.cmdb.conditions.queries import Query
from simulator.cmdb.conditions.scripts import Asker
from simulator.protocol.http import Request
from simulator.rest import errors
from simulator.rest.call import Call
from simulator.store.records.records import Page

LIMIT = 10_000
"""How many records a list has where the request does not say."""

NOTHING_FOR_INVALID = "glide.invalid_query.returns_no_rows"
"""The property with which a query that cannot be read in all its parts finds nothing."""

_NOTHING = Query(Condition((((Term("sys_id", "=", "none"),),),)))

MOST_TERMS = 5_000
"""Conditions of a query: SQLite needs seconds for so many, in which the instance does nothing else."""

_MOST = 1 << 31
"""More than any table has."""

SHOWN_BY = {"sys_user": ("user_name", "name")}
"""By what people may write for a reference beside its sys_id, where that is not the display field alone."""


def query_of(call: Call, table: str) -> Query:
    """What the parameters say of the records; unknown fields are as good as left out. Raises RestError."""
    text, hierarchy = call.request.parameter("sysparm_query"), call.desk.model.hierarchy
    if text:
        query = queries.read(text, table, hierarchy, Asker(call.caller.name, call.caller.sys_id, call.now))
    else:
        pairs = _of_pairs(call.request.query, table, hierarchy)
        query = Query(conditions.known(pairs, table, hierarchy))
    if (size := _size(query)) > MOST_TERMS:
        raise errors.invalid_query(f"expected at most {MOST_TERMS} conditions, got {size}; ask more than once")
    if query.problems and call.desk.model.properties.get(NOTHING_FOR_INVALID) == "true":
        return _NOTHING
    return query


def _size(query: Query) -> int:
    """How many conditions it has, with those of other tables."""
    others = [each.query for each in query.related] + [each.query for each in query.joins]
    return len(query.condition.terms) + len(query.words) + len(others) + sum(map(_size, others))


def page_of(call: Call, query: Query, default: int = LIMIT) -> Page:
    """The page that the request asks for; a list that says nothing has the *default* length. Raises RestError."""
    limit = _number(call.request, "sysparm_limit", default)
    return Page(query, limit, _number(call.request, "sysparm_offset", 0), call.domains)


def _of_pairs(pairs: Iterable[tuple[str, str]], table: str, hierarchy: Hierarchy) -> Condition:
    """Names and values, all of which have to be so; parameters of the API are none."""
    groups = [
        _equal(name, value, table, hierarchy) for name, value in pairs if not name.startswith("sysparm_") and name
    ]
    return Condition((tuple(groups),) if groups else ())


def _equal(name: str, value: str, table: str, hierarchy: Hierarchy) -> tuple[Term, ...]:
    """A reference may be given by its sys_id or by what it shows."""
    *_, (field, holder) = conditions.steps(name, table, hierarchy)
    referred = None if holder is None else hierarchy.references(holder).get(field)
    if referred is None or not value:
        return (Term(name, "=", value),)
    shown = SHOWN_BY.get(referred, (hierarchy.display(referred),))
    return (Term(name, "=", value), *(Term(f"{name}.{each}", "=", value) for each in shown))


def _number(request: Request, name: str, default: int) -> int:
    text = request.parameter(name)
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and int(text[:_DIGITS]) < _MOST):
        raise errors.invalid_parameter(name, "a number that is not negative", text[:_DIGITS])
    return int(text)


_DIGITS = 40
"""Of a parameter that are looked at."""
