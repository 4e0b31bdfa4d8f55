"""By what an item of a payload can be recognised before anything is known of it ("IRE", partial payloads)."""

from __future__ import annotations

from simulator.cmdb.payload import Item, SubItem
from simulator.cmdb.preparation.criteria import criterion, value_of
from simulator.cmdb.rules.model import Model
from simulator.cmdb.text import fold


def identity_keys(model: Model, item: Item) -> list[str]:
    """By what the item can be recognised: its source's key, and every complete set of criteria."""
    keys = []
    if item.source.name and item.source.key:
        within = (model.hierarchy.top(item.class_name),) if model.is_other(item.class_name) else ()
        keys.append(_key("sys_object_source", *within, item.source.name, item.source.key))
    rule = model.rules.rule_of(model.hierarchy, item.class_name)
    rules = () if rule is None else model.rules.fallbacks(model.hierarchy, rule)
    for entry in (entry for each in rules for entry in each.entries):
        own = [value_of(item, name) for name in entry.hybrid_attributes]
        parts: list[Item | SubItem] = [item]
        if entry.is_lookup:
            parts = [each for each in item.lookup if model.hierarchy.is_a(each.class_name, entry.table)]
        for part in parts:
            by = criterion(part, entry)
            if by is not None and all(own):
                # A set from which attributes have dropped out is told from the other ones by their names.
                names = () if by.attributes == entry.attributes else by.attributes
                keys.append(_key(entry.sys_id, *names, *(value or "" for value in (*by.values, *own))))
    return keys


def _key(*parts: str) -> str:
    """Parts that stay apart, whatever is in them; keys are the same whatever their case."""
    return "".join(f"{len(part)}:{fold(part)}" for part in parts)


def lasting_keys(model: Model, item: Item) -> list[str]:
    """By what an item can be told from all others, whichever host it is on."""
    rule = model.rules.rule_of(model.hierarchy, item.class_name)
    keys = identity_keys(model, item)
    return keys if rule is not None and rule.independent else keys[: bool(item.source.name and item.source.key)]
