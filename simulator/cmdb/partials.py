"""Items that cannot be identified yet: kept until a later payload completes them ("IRE", partial payloads)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from simulator.cmdb import payload
from simulator.cmdb.index import Index
from simulator.cmdb.messages import PARTIAL_CODES
from simulator.cmdb.model import Caller, Model
from simulator.cmdb.payload import Item, Payload, Relation
from simulator.cmdb.records import ChangeSet
from simulator.cmdb.work import Work

_KEYS = "cmdb_ire_partial_payloads_index"
_PARTIALS = "cmdb_ire_partial_payloads"
_KEY_COLUMNS = ("identifier_key", "sys_domain")


def identity_keys(model: Model, item: Item) -> list[str]:
    """By what the item can be recognised: its source's key, and every complete set of criteria."""
    keys = []
    if item.source.name and item.source.key:
        keys.append(json.dumps(["sys_object_source", item.source.name, item.source.key]))
    rule = model.rules.rule_of(model.hierarchy, item.class_name)
    if rule is None or not rule.independent:
        return keys
    for entry in rule.entries:
        parts = [each for each in item.lookup if model.hierarchy.is_a(each.class_name, entry.table)]
        for values in [each.values for each in parts] if entry.is_lookup else [item.values]:
            criteria = [values.get(name) for name in entry.attributes]
            if criteria and all(criteria):
                keys.append(json.dumps([entry.table or rule.applies_to, list(entry.attributes), criteria]))
    return keys


def merge(
    parsed: Payload, model: Model, caller: Caller, index: Index
) -> tuple[Payload, Mapping[int, list[str]], frozenset[int]]:
    """The payload with stored partials merged in, the ids merged by item, and the items that came with them."""
    keys_by_item = {place: identity_keys(model, item) for place, item in enumerate(parsed.items)}
    for keys in keys_by_item.values():
        for key in keys:
            index.want(_KEYS, _KEY_COLUMNS, (key, caller.home))
    index.fetch()
    ids: dict[int, list[str]] = {}
    taken: set[str] = set()
    for place, keys in keys_by_item.items():
        for key in keys:
            for row in index.found(_KEYS, _KEY_COLUMNS, (key, caller.home)):
                stored = row.get("partial_payload") or ""
                if stored not in taken:
                    taken.add(stored)
                    ids.setdefault(place, []).append(stored)
                    index.want(_PARTIALS, ("sys_id",), (stored,))
    index.fetch()
    items, relations = list(parsed.items), list(parsed.relations)
    for place, stored_ids in ids.items():
        for sys_id in stored_ids:
            for row in index.found(_PARTIALS, ("sys_id",), (sys_id,)):
                body = payload.parse(row.get("payload") or "{}")
                items[place] = _merged(model, items[place], body.items[0])
                first = len(items) - 1
                items.extend(
                    replace(each, indices=(first + number,)) for number, each in enumerate(body.items[1:], 1)
                )
                moved = {0: place} | {number: first + number for number in range(1, len(body.items))}
                relations.extend(_moved(each, moved) for each in body.relations)
    added = frozenset(range(len(parsed.items), len(items)))
    return Payload(tuple(items), tuple(relations), parsed.references), ids, added


def _moved(relation: Relation, place_by_index: Mapping[int, int]) -> Relation:
    return replace(
        relation,
        parent=place_by_index[int(relation.parent or 0)],
        child=place_by_index[int(relation.child or 0)],
    )


def _merged(model: Model, item: Item, stored: Item) -> Item:
    older, newer = stored, item
    if (stored.source.recency or "") > (item.source.recency or "") and stored.source.key == item.source.key:
        older, newer = item, stored
    specific = stored if model.hierarchy.is_a(stored.class_name, item.class_name) else item
    seen = [(each.class_name, each.values) for each in item.lookup]
    more = tuple(each for each in stored.lookup if (each.class_name, each.values) not in seen)
    return replace(
        item,
        class_name=specific.class_name,
        values={**older.values, **newer.values},
        lookup=item.lookup + more,
        related=item.related + tuple(each for each in stored.related if each not in item.related),
        source=item.source if item.source.key else stored.source,
    )


def store(
    works: list[Work], model: Model, caller: Caller, changes: ChangeSet, now: str, new_id: Callable[[], str]
) -> None:
    """Keep the items in trouble: with an identity and only things missing as partial, all others as incomplete."""
    fit: dict[Work, bool] = {}

    def partial(work: Work) -> bool:
        if work not in fit:
            lacking = all(each.error in PARTIAL_CODES for each in work.errors)
            if work.host is not None and work.host.errors:
                # What depends on a partial item becomes partial with it.
                lacking = partial(work.host)
                fit[work] = lacking
            else:
                fit[work] = lacking and bool(identity_keys(model, work.item))
        return fit[work]

    for work in works:
        if work.host is not None and work.host.errors and partial(work):
            continue
        sys_id = new_id()
        if not partial(work):
            work.operation = "INSERT_AS_INCOMPLETE"
            work.incomplete_ids = [sys_id]
            row = {
                "sys_id": sys_id,
                "payload": json.dumps({"items": [dict(work.item.raw)]}),
                "sys_created_on": now,
            }
            changes.inserts["cmdb_ire_incomplete_payloads"].append({**row, "sys_domain": caller.home})
            continue
        group = [work, *(each for each in works if each.host is work)]
        _store_partial(group, sys_id, model, caller, changes, now, new_id)


def _store_partial(
    group: list[Work],
    sys_id: str,
    model: Model,
    caller: Caller,
    changes: ChangeSet,
    now: str,
    new_id: Callable[[], str],
) -> None:
    """Keep an item and its dependents in one row, so that they come back together."""
    relations = []
    for place, each in enumerate(group):
        each.operation, each.partial_ids = "INSERT_AS_PARTIAL", [sys_id]
        each.warnings, each.errors = each.errors, []
        if place and each.dependency is not None:
            first, second = (place, 0) if each.dependency.dependent_is_parent else (0, place)
            relations.append({"parent": first, "child": second, "type": each.dependency.relation})
    body = {"items": [_raw(each.item) for each in group], "relations": relations}
    changes.inserts[_PARTIALS].append(
        {"sys_id": sys_id, "payload": json.dumps(body), "sys_domain": caller.home, "sys_created_on": now}
    )
    for key in identity_keys(model, group[0].item):
        row = {"sys_id": new_id(), "identifier_key": key, "partial_payload": sys_id, "sys_domain": caller.home}
        changes.inserts[_KEYS].append({**row})


def _raw(item: Item) -> dict[str, Any]:
    """The item as a payload would send it, with what was merged in."""
    parts = {
        name: [{"className": each.class_name, "values": each.values} for each in subs]
        for name, subs in (("lookup", item.lookup), ("related", item.related))
        if subs
    }
    return {**item.raw, "className": item.class_name, "values": item.values, **parts}


def remove(works: list[Work], index: Index, changes: ChangeSet) -> None:
    """Delete the stored partials that *works* have completed, with their keys."""
    for work in works:
        for sys_id in work.merged_ids:
            index.want(_KEYS, ("partial_payload",), (sys_id,))
    index.fetch()
    for work in works:
        for sys_id in work.merged_ids:
            changes.deletes[_PARTIALS].append(sys_id)
            rows = index.found(_KEYS, ("partial_payload",), (sys_id,))
            changes.deletes[_KEYS].extend(row["sys_id"] or "" for row in rows)
