"""By what an identifier entry looks for a record of a payload."""

from __future__ import annotations

from simulator.cmdb.items import Prepared
from simulator.cmdb.payload import Item, SubItem
from simulator.cmdb.records import Value
from simulator.cmdb.rules.identifiers import Criterion, Entry
from simulator.cmdb.rules.model import Model
from simulator.cmdb.text import Key, fold_key


def value_of(item: Item | SubItem, name: str) -> Value:
    """What the item, or the lookup or related record, has for an attribute."""
    return item.class_name if name == "sys_class_name" else item.values.get(name)


def criterion(item: Item | SubItem, entry: Entry) -> Criterion | None:
    """By what the entry looks for the item, or for the lookup or related record; None where it cannot be tried.

    All attributes need values. With *allow null attribute* those that have none drop out, and one is enough: a
    serial number without the MAC address beside it finds whatever has the serial number (KB3035061).
    """
    values = item.values
    key = [values.get(name) for name in entry.attributes]
    if entry.has_class:
        key = [value_of(item, name) for name in entry.attributes]
    if all(key):
        return Criterion(entry.attributes, fold_key(tuple(key))) if key else None
    if not entry.allow_null or entry.hybrid_attributes:
        return None
    there = {name: value for name, value in zip(entry.attributes, fold_key(tuple(key)), strict=True) if value}
    # Every item has a class. The documents say of a set of two that the class alone is not enough; no more can
    # it be in a larger set, where it would find every CI of the class.
    if there.keys() <= {"sys_class_name"}:
        return None
    return Criterion(tuple(there), tuple(there.values()))


def whole(item: Item | SubItem, entry: Entry) -> Criterion:
    """All attributes of the entry with what the record has in them, also nothing."""
    return Criterion(entry.attributes, fold_key(tuple([value_of(item, name) for name in entry.attributes])))


def lookups(model: Model, ready: Prepared, entry: Entry) -> list[Criterion]:
    """By what a lookup entry looks for the item: by those of its lookup records that it can use, each once."""
    if not ready.subs:
        return []
    is_a = model.hierarchy.is_a
    subs = (sub for sub in ready.subs if sub.is_lookup and is_a(sub.class_name, entry.table))
    found = (criterion(sub.item, entry) for sub in subs)
    return list(dict.fromkeys(by for by in found if by is not None))


def own_values(item: Item, entry: Entry) -> Key:
    """What the item itself has, folded, for the attributes of the CI in a hybrid entry."""
    return fold_key(tuple([value_of(item, name) for name in entry.hybrid_attributes]))


def can_run(model: Model, ready: Prepared, entry: Entry) -> bool:
    """Whether the item has what the entry needs."""
    if entry.is_lookup:
        return bool(ready.subs) and all(own_values(ready.item, entry)) and bool(lookups(model, ready, entry))
    return own(ready, entry) is not None


def own(ready: Prepared, entry: Entry) -> Criterion | None:
    """By what a regular entry of the item's rule, or of one that this may fall back to, looks for the item."""
    known = ready.criteria
    if entry.sys_id not in known:
        known[entry.sys_id] = criterion(ready.item, entry)
    return known[entry.sys_id]
