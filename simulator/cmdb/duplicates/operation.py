"""Whether an item inserts or updates, and what it may not."""

from __future__ import annotations

from simulator.cmdb.call import Call
from simulator.cmdb.duplicates.reclassification import reclassify
from simulator.cmdb.messages import Trouble, trouble
from simulator.cmdb.work import Part, SubWork, Work


def settle(work: Work, call: Call) -> None:
    """Settle whether the item inserts or updates, and with which error it may not."""
    parts: tuple[Part, ...] = (work, *work.subs)
    if call.model.properties.get("glide.required.attribute.enabled", "true") == "true":
        work.errors += tuple([each for part in parts if part.match is None for each in _missing(part, call)])
    if work.match is not None:
        reclassify(work, work.match, call)
        return
    model, item = call.model, work.item
    if not model.rulebook.may_insert(model.hierarchy, item.class_name, call.source or ""):
        work.errors += (trouble("insert", kind=item.class_name, source=call.source),)


def _missing(part: Part, call: Call) -> list[Trouble]:
    """An error for each mandatory field in which a record that is to be inserted would have no value."""
    table, hierarchy = part.item.class_name, call.model.hierarchy
    mandatory = hierarchy.mandatory(table)
    if not mandatory:
        return []
    own = part.entry.referenced_field if isinstance(part, SubWork) and part.entry is not None else None
    values = {**hierarchy.defaults(table), **part.item.values}
    return [
        trouble("mandatory", field=name, table=table) for name in mandatory if name != own and not values.get(name)
    ]
