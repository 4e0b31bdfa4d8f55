"""What in a payload refers to other records: reference fields, display values and `referenceItems`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from simulator.cmdb.call import Call
from simulator.cmdb.messages import trouble
from simulator.cmdb.payload import Payload
from simulator.cmdb.preparation.relations import by_internal_id
from simulator.cmdb.records import Record, Value
from simulator.cmdb.work import UNKNOWN, Part, Work, owner_of


@dataclass(slots=True, eq=False)
class Reference:
    """One of `referenceItems`: *by* refers to *referenced* in *field*."""

    field: str
    referenced: Part
    by: Part

    def fill(self) -> None:
        """Write the sys_id of the referenced record, as soon as it is known."""
        if not self.referenced.errors and self.referenced.sys_id != UNKNOWN:
            self.by.item.values[self.field] = self.referenced.sys_id
            owner_of(self.by).criteria = None


def resolve(works: Iterable[Work], call: Call) -> None:
    """Find the records that display values name; a reference to what does not exist becomes 'Unknown'."""
    plan = call.model.plan
    works = [
        work
        for work in works
        if work.item.display_values
        or work.subs
        or not plan(work.item.class_name).references.keys().isdisjoint(work.item.values)
    ]
    for work in works:
        for _, _, value, table in _display_values(work, call):
            call.index.want(table, (call.model.hierarchy.display(table),), (value,))
        for _, _, value, table in _reference_values(work, call):
            call.index.want(table, ("sys_id",), (value,))
    call.index.fetch()
    for work in works:
        for part, field, value, table in list(_reference_values(work, call)):
            if not _seen(table, ("sys_id",), value, call):
                part.item.values[field] = UNKNOWN
        found = {
            field: _seen(table, (call.model.hierarchy.display(table),), value, call)
            for _, field, value, table in _display_values(work, call)
        }
        for field, value in work.item.display_values.items():
            rows = found.get(field)
            if rows:
                work.item.values.setdefault(field, rows[0]["sys_id"])
            else:
                warning = trouble("display_value", value=value, field=field, table=work.item.class_name)
                work.warnings += (warning,)


def _seen(table: str, columns: tuple[str], value: Value, call: Call) -> list[Record]:
    """The records that a value may refer to: a CI that the caller may not match, it may not refer to either.

    Companies and the like are in their customers' domains, and are referred to from the provider's.
    """
    found = call.index.found(table, columns, (value,))
    return [row for row in found if table not in call.model.hierarchy or call.sees(table, row)]


def _display_values(work: Work, call: Call) -> Iterator[tuple[Part, str, Value, str]]:
    for field, value in work.item.display_values.items():
        table = call.model.hierarchy.references(work.item.class_name).get(field)
        if value and table:
            yield work, field, value, table


def _reference_values(work: Work, call: Call) -> Iterator[tuple[Part, str, Value, str]]:
    parts: tuple[Part, ...] = (work, *work.subs)
    for part in parts:
        for field in call.model.hierarchy.references(part.item.class_name):
            value = part.item.values.get(field)
            if value and value != UNKNOWN:
                yield part, field, value, call.model.hierarchy.references(part.item.class_name)[field]


def find(parsed: Payload, works: list[Work], call: Call) -> list[Reference]:
    """The references of the payload; one to an item that is not there is a warning of the item that refers."""
    by_id = by_internal_id(works)
    found = []
    for each in parsed.references:
        referenced, by = by_id.get(each.referenced), by_id.get(each.referenced_by)
        if by is None:  # There is nobody who could be told.
            continue
        owner, table = owner_of(by), by.item.class_name
        if each.field not in call.model.fillable(table):
            owner.warnings += (trouble("field", field=each.field, table=table),)
        elif referenced is None:
            owner.warnings += (trouble("reference", internal_id=each.referenced, field=each.field),)
        else:
            found.append(Reference(each.field, referenced, by))
    return found


def needs(references: Iterable[Reference]) -> dict[Work, list[Work]]:
    """For each item those that it refers to, which are better identified before it."""
    found = defaultdict(list)
    for each in references:
        if isinstance(each.by, Work) and isinstance(each.referenced, Work):
            found[each.by].append(each.referenced)
    return found
