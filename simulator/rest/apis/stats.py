"""`/api/now/stats/{table}`: counts, sums and the like, over all records or by the values of fields."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from simulator.cmdb.conditions import conditions
from simulator.protocol.http import Response
from simulator.rest import errors
from simulator.rest.apis.table import check_table
from simulator.rest.call import Call
from simulator.rest.callers.access import Access
from simulator.rest.filters import query_of
from simulator.rest.shapes import Look, shown_values
from simulator.store.records.records import Page

_FUNCTIONS = ("avg", "min", "max", "sum")
_COUNT = "count"

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Group:
    """What was counted of some records."""

    keys: tuple[str, ...]
    count: int
    values: dict[tuple[str, str], Any]

    def of(self, function: str, field: str) -> float:
        """The value as a number; nothing is less than all."""
        value = self.count if function == _COUNT else self.values.get((function, field))
        try:
            return float("-inf" if value is None else value)
        except ValueError:
            return float("-inf")


def aggregate(call: Call, table: str) -> Response:
    """One answer, or one for each group."""
    check_table(call, table)
    if not Access.of(call).may("read", table):
        raise errors.RestError(403, "Insufficient rights to query records")
    request = call.request
    asked = [(name, field) for name in _FUNCTIONS for field in _fields(call, table, f"sysparm_{name}_fields")]
    having, order = _having(request.parameter("sysparm_having")), request.parameter("sysparm_order_by")
    hidden = [(function, field) for function, field in (*having[:1], *_order(order)[:1]) if function != _COUNT]
    functions = list(dict.fromkeys([*asked, *(each for each in hidden if _is_field(call, table, each[1]))]))
    by, page = _fields(call, table, "sysparm_group_by"), Page(query_of(call, table), 0, 0, call.domains)
    rows = call.desk.records.group(table, page, by, functions, call.desk.model.hierarchy)
    groups = [_group(row, len(by), functions) for row in rows]
    if having:
        (function, field), compare, number = having
        groups = [group for group in groups if compare(group.of(function, field), number)]
    groups = _ordered(groups, by, order)
    stats = [_stats(group, asked, counts=request.asks("sysparm_count")) for group in groups]
    if not by:
        return Response(200, {"result": {"stats": stats[0] if stats else {}}})
    keys = _keys(call, table, by, groups)
    return Response(
        200,
        {"result": [{"stats": one, "groupby_fields": key} for one, key in zip(stats, keys, strict=True)]},
    )


def _fields(call: Call, table: str, parameter: str) -> list[str]:
    names = (name.strip() for name in call.request.parameter(parameter).split(","))
    return [name for name in dict.fromkeys(names) if name and _is_field(call, table, name)]


def _is_field(call: Call, table: str, name: str) -> bool:
    *_, (field, holder) = conditions.steps(name, table, call.desk.model.hierarchy)
    return holder is not None and call.desk.model.hierarchy.has_field(holder, field)


def _having(text: str) -> tuple[Any, ...]:
    """`count^state^>^3`: function and field, comparison, number; nothing where it says nothing."""
    if not text:
        return ()
    pieces = text.split("^")
    try:
        function, field, compare, number = pieces
        return (function.lower(), field), _COMPARE[compare], float(number)
    except (ValueError, KeyError):
        raise errors.invalid_parameter(
            "sysparm_having", "a function, a field, a comparison and a number", text
        ) from None


def _order(text: str) -> tuple[Any, ...]:
    """`AVG^ram` or `COUNT^DESC`: function and field, and whether it descends."""
    pieces = [piece for piece in text.split("^") if piece]
    descends = "DESC" in pieces
    pieces = [piece for piece in pieces if piece != "DESC"]
    if not pieces or pieces[0].lower() not in (_COUNT, *_FUNCTIONS):
        return ()
    return (pieces[0].lower(), pieces[1] if len(pieces) > 1 else ""), descends


def _ordered(groups: list[_Group], by: Sequence[str], text: str) -> list[_Group]:
    """By a function of each, or by fields that they are grouped by."""
    order = _order(text)
    if order:
        (function, field), descends = order
        return sorted(groups, key=lambda group: group.of(function, field), reverse=descends)
    for name in reversed([name for name in text.replace("^", ",").split(",") if name]):
        field, descends = name.removeprefix("DESC"), name.startswith("DESC")
        if field in by:
            place = by.index(field)
            groups = sorted(groups, key=lambda group: group.keys[place].lower(), reverse=descends)
    return groups


def _group(row: Sequence[Any], width: int, functions: Sequence[tuple[str, str]]) -> _Group:
    keys = tuple("" if value is None else str(value) for value in row[:width])
    return _Group(keys, row[width], dict(zip(functions, row[width + 1 :], strict=True)))


def _stats(group: _Group, asked: Sequence[tuple[str, str]], *, counts: bool) -> dict[str, Any]:
    stats: dict[str, Any] = {_COUNT: str(group.count)} if counts else {}
    for function, field in asked:
        stats.setdefault(function, {})[field] = _text(group.values[function, field], is_mean=function == "avg")
    return stats


def _text(value: Any, *, is_mean: bool) -> str:
    """Averages with four decimals, whole numbers without any."""
    if isinstance(value, float):
        return f"{value:.4f}" if is_mean else f"{value:.10f}".rstrip("0").rstrip(".")
    return "" if value is None else str(value)


def _keys(call: Call, table: str, by: Sequence[str], groups: Sequence[_Group]) -> list[list[dict[str, str]]]:
    """What the records of each group have in common."""
    look, hierarchy = Look.of(call), call.desk.model.hierarchy
    columns = [
        shown_values(table, name, [group.keys[place] for group in groups], look, call.desk.records, hierarchy)
        for place, name in enumerate(by)
    ]
    keys: list[list[dict[str, str]]] = []
    for place, group in enumerate(groups):
        fields = []
        for name, value, shown in zip(by, group.keys, columns, strict=True):
            one = {"field": name, "value": shown[place] if look.mode == "true" else value}
            fields.append(one | {"display_value": shown[place]} if look.mode == "all" else one)
        keys.append(fields)
    return keys
