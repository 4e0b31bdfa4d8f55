"""What in a payload refers to other records: reference fields, display values and `referenceItems`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from simulator.cmdb.call import Call
from simulator.cmdb.items import UNKNOWN, Pointer, Prepared, PreparedItems, Reference, Troubles
from simulator.cmdb.messages import trouble
from simulator.cmdb.payload import SYSTEM_FIELDS, Payload
from simulator.cmdb.preparation.relations import by_internal_id
from simulator.cmdb.records import Record, Value


def resolve(items: PreparedItems, call: Call) -> dict[int, Prepared]:
    """Find the records that display values name; a reference to what does not exist becomes 'Unknown'."""
    plan = call.model.plan
    referring = [
        each
        for each in items.values()
        if each.item.display_values
        or each.subs
        or not plan(each.item.class_name).references.keys().isdisjoint(each.item.values)
    ]
    for ready in referring:
        for _, value, table in _display_values(ready, call):
            call.index.want(table, (call.model.hierarchy.display(table),), (value,))
        for _, _, value, table in _reference_values(ready, call):
            call.index.want(table, ("sys_id",), (value,))
    call.index.fetch()
    return dict(items) | {each.place: _resolved(each, call) for each in referring}


def _resolved(ready: Prepared, call: Call) -> Prepared:
    for pointer, field, value, table in list(_reference_values(ready, call)):
        if not _seen(table, ("sys_id",), value, call):
            ready = ready.with_value(pointer, field, UNKNOWN)
    found = {
        field: _seen(table, (call.model.hierarchy.display(table),), value, call)
        for field, value, table in _display_values(ready, call)
    }
    item, warnings = ready.item, list(ready.warnings)
    values = dict(item.values)
    for field, text in item.display_values.items():
        if rows := found.get(field):
            values.setdefault(field, rows[0]["sys_id"])
        else:
            warnings.append(trouble("display_value", value=text, field=field, table=item.class_name))
    return ready.with_item(item._replace(values=values))._replace(warnings=tuple(warnings))


def _seen(table: str, columns: tuple[str], value: Value, call: Call) -> list[Record]:
    """The records that a value may refer to: a CI that the caller may not match, it may not refer to either.

    Companies and the like are in their customers' domains, and are referred to from the provider's.
    """
    found = call.index.found(table, columns, (value,))
    return [row for row in found if table not in call.model.hierarchy or call.sees(table, row)]


def _display_values(ready: Prepared, call: Call) -> Iterator[tuple[str, str, str]]:
    table_by_field = call.model.hierarchy.references(ready.item.class_name)
    for field, value in ready.item.display_values.items():
        table = table_by_field.get(field)
        if value and table:
            yield field, value, table


def _reference_values(ready: Prepared, call: Call) -> Iterator[tuple[Pointer, str, str, str]]:
    for pointer, item in ready.records:
        for field, table in call.model.hierarchy.references(item.class_name).items():
            value = item.values.get(field)
            if value and value != UNKNOWN:
                yield pointer, field, value, table


def find(parsed: Payload, items: PreparedItems, call: Call) -> tuple[list[Reference], Mapping[int, Troubles]]:
    """The references of the payload; one to an item that is not there is a warning of the item that refers."""
    pointer_by_id: Mapping[str, Pointer] = by_internal_id(items) if parsed.references else {}
    found: list[Reference] = []
    warnings: dict[int, Troubles] = {}
    for each in parsed.references:
        referenced, by = pointer_by_id.get(each.referenced), pointer_by_id.get(each.referenced_by)
        if by is None:  # There is nobody who could be told.
            continue
        table = items[by.item].class_of(by)
        column = call.model.hierarchy.columns(table).get(each.field)
        if each.field not in call.model.fillable(table) or each.field in SYSTEM_FIELDS:
            wrong = trouble("field", field=each.field, table=table)
        elif column is not None and not column.may_refer:
            wrong = trouble(
                "value", value=each.referenced, field=each.field, table=table, expected=column.expected
            )
        elif referenced is None:
            wrong = trouble("reference", internal_id=each.referenced, field=each.field)
        else:
            found.append(Reference(each.field, referenced, by))
            continue
        warnings[by.item] = (*warnings.get(by.item, ()), wrong)
    return found, warnings


def needs(references: Iterable[Reference]) -> dict[int, list[int]]:
    """For each item those that it refers to, which are better identified before it."""
    found = defaultdict(list)
    for each in references:
        if each.by.sub is None and each.referenced.sub is None:
            found[each.by.item].append(each.referenced.item)
    return found
