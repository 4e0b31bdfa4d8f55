"""Whether an item inserts or updates, and what it may not."""

from __future__ import annotations

from collections.abc import Iterable

from simulator.cmdb.call import Call
from simulator.cmdb.duplicates.reclassification import Settled, reclassify
from simulator.cmdb.items import IdentifiedSub
from simulator.cmdb.messages import Trouble, trouble
from simulator.cmdb.payload import Item, SubItem
from simulator.cmdb.records import Record


def settle(item: Item, subs: Iterable[IdentifiedSub], match: Record | None, call: Call) -> Settled:
    """Whether an item that leads to this CI inserts or updates, and with which errors it may not."""
    missing: list[Trouble] = []
    if call.model.properties.get("glide.required.attribute.enabled", "true") == "true":
        if match is None:
            missing += _missing(item, None, call)
        for sub in subs:
            if sub.match is None:
                entry = sub.ready.entry
                missing += _missing(sub.ready.item, None if entry is None else entry.referenced_field, call)
    if match is not None:
        settled = reclassify(item, match, call)
        return settled._replace(errors=(*missing, *settled.errors)) if missing else settled
    if not call.model.rulebook.may_insert(call.model.hierarchy, item.class_name, call.source or ""):
        missing.append(trouble("insert", kind=item.class_name, source=call.source))
    return Settled("INSERT", item.class_name, errors=tuple(missing))


def _missing(item: Item | SubItem, own: str | None, call: Call) -> list[Trouble]:
    """An error for each mandatory field but its *own* in which a record that is to be inserted has no value."""
    table, hierarchy = item.class_name, call.model.hierarchy
    mandatory = hierarchy.mandatory(table)
    if not mandatory:
        return []
    values = {**hierarchy.defaults(table), **item.values}
    return [
        trouble("mandatory", field=name, table=table) for name in mandatory if name != own and not values.get(name)
    ]
