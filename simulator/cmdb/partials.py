"""Items that cannot be identified yet: kept until a later payload completes them ("IRE", partial payloads)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from simulator.cmdb import payload
from simulator.cmdb.authority import Ranking
from simulator.cmdb.call import Call
from simulator.cmdb.criteria import criterion, value_of
from simulator.cmdb.messages import PARTIAL_CODES
from simulator.cmdb.model import Model
from simulator.cmdb.payload import Item, Payload, Relation, SourceInfo, SubItem
from simulator.cmdb.records import Record, Value
from simulator.cmdb.references import Reference
from simulator.cmdb.relations import Link
from simulator.cmdb.text import fold, fold_key
from simulator.cmdb.work import Part, Work, owner_of

_KEYS = "cmdb_ire_partial_payloads_index"
_PARTIALS = "cmdb_ire_partial_payloads"
_KEY_COLUMNS = ("identifier_key", "sys_domain")
KEPT_FOR = timedelta(days=90)
"""How long a partial payload waits for what completes it; then it is deleted."""


def identity_keys(model: Model, item: Item) -> list[str]:
    """By what the item can be recognised: its source's key, and every complete set of criteria."""
    keys = []
    if item.source.name and item.source.key:
        keys.append(_key("sys_object_source", item.source.name, item.source.key))
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


def merge(parsed: Payload, call: Call) -> tuple[Payload, Mapping[int, list[str]]]:
    """The payload with what is stored of its items merged in, and the ids of that by item.

    Items and relations that came with a stored item follow those of the payload; such items have no `indices`.
    """
    index, ids = call.index, _find(parsed, call)
    items, relations, refers = list(parsed.items), list(parsed.relations), list(parsed.references)
    for place, stored_ids in ids.items():
        for sys_id in stored_ids:
            (row,) = index.found(_PARTIALS, ("sys_id",), (sys_id,))
            body = payload.parse(row["payload"] or "")
            stored = _without_indices(body.items[0])
            items[place] = _merged(items[place], stored, row["source"], call)
            first = len(items) - 1
            items += [_without_indices(each) for each in body.items[1:]]
            moved = {0: place} | {number: first + number for number in range(1, len(body.items))}
            relations += [_moved(each, moved) for each in body.relations]
            refers += _renamed(body.references, stored, items[place])
    return Payload(tuple(items), tuple(relations), tuple(refers)), ids


def _find(parsed: Payload, call: Call) -> dict[int, list[str]]:
    """The stored partials that have an identity in common with items of the payload, by item, each once."""
    index, domain = call.index, call.caller.home
    if index.is_empty(_KEYS):
        return {}
    keys_by_item = {place: identity_keys(call.model, item) for place, item in enumerate(parsed.items)}
    for keys in keys_by_item.values():
        for key in keys:
            index.want(_KEYS, _KEY_COLUMNS, (key, domain))
    index.fetch()
    found: dict[str, int] = {}
    for place, keys in keys_by_item.items():
        for key in keys:
            for row in index.found(_KEYS, _KEY_COLUMNS, (key, domain)):
                found.setdefault(row["partial_payload"] or "", place)
    for sys_id in found:
        index.want(_PARTIALS, ("sys_id",), (sys_id,))
    index.fetch()
    ids: dict[int, list[str]] = {}
    oldest = f"{call.now - KEPT_FOR:%Y-%m-%d %H:%M:%S}"
    for sys_id, place in found.items():
        if any((row["sys_created_on"] or "") >= oldest for row in index.found(_PARTIALS, ("sys_id",), (sys_id,))):
            ids.setdefault(place, []).append(sys_id)
    return ids


def _without_indices(item: Item) -> Item:
    """An item that does not stand in the request."""
    lookup = tuple(replace(each, indices=()) for each in item.lookup)
    return replace(
        item, indices=(), lookup=lookup, related=tuple(replace(each, indices=()) for each in item.related)
    )


def _moved(relation: Relation, place_by_index: Mapping[int, int]) -> Relation:
    places = {
        "parent": place_by_index[int(relation.parent or 0)],
        "child": place_by_index[int(relation.child or 0)],
    }
    return replace(relation, parent=places["parent"], child=places["child"], raw={**relation.raw, **places})


def _renamed(references: Iterable[payload.Reference], stored: Item, item: Item) -> Iterator[payload.Reference]:
    """The references with the names that the records of the *stored* item have in the *item* it went into."""
    name_by_part = {_content(each): each.internal_id for each in (*item.lookup, *item.related)}
    names = {each.internal_id: name_by_part[_content(each)] for each in (*stored.lookup, *stored.related)}
    names[stored.internal_id] = item.internal_id
    for each in references:
        referenced, by = names.get(each.referenced), names.get(each.referenced_by)
        yield replace(each, referenced=referenced or each.referenced, referenced_by=by or each.referenced_by)


def _content(sub: SubItem) -> tuple[str, frozenset[tuple[str, Value]]]:
    """What tells the lookup or related records of one item apart."""
    return sub.class_name, frozenset(zip(sub.values, fold_key(tuple(sub.values.values())), strict=True))


def _merged(item: Item, stored: Item, stored_source: str | None, call: Call) -> Item:
    """The item with what was stored of it, of the class of the two that says more."""
    model = call.model
    specific = stored if model.hierarchy.is_a(stored.class_name, item.class_name) else item
    kept = {
        name: value
        for name, value in stored.values.items()
        if name not in item.values or _stored_wins(name, item, stored, stored_source, call)
    }
    is_newer = _is_of_one_key(item, stored) and _is_more_recent(stored, item)
    return replace(
        item,
        class_name=specific.class_name,
        values={**item.values, **kept},
        internal_id=item.internal_id or stored.internal_id,
        lookup=_joined(item.lookup, stored.lookup),
        related=_joined(item.related, stored.related),
        source=stored.source if is_newer or not item.source.key else item.source,
    )


def _stored_wins(name: str, item: Item, stored: Item, stored_source: str | None, call: Call) -> bool:
    """Of one record at its source the more recent value wins; otherwise static reconciliation rules decide.

    Where neither says anything, as for two sources without rules, the value that was sent wins.
    """
    if _is_of_one_key(item, stored):
        return _is_more_recent(stored, item)
    model, source = call.model, call.source or ""
    rules = model.rulebook.of(model.hierarchy, item.class_name, call.caller.home, with_dynamic=False)
    ranking = rules.governor(name, call.view(item.class_name, {**stored.values, **item.values}))
    if not isinstance(ranking, Ranking) or not ranking.admits(stored_source or ""):
        return False
    return not ranking.admits(source) or ranking.outranks(stored_source or "", source)


def _is_of_one_key(item: Item, stored: Item) -> bool:
    return bool(item.source.key) and item.source.identity == stored.source.identity


def _is_more_recent(item: Item, other: Item) -> bool:
    return (item.source.recency or "") > (other.source.recency or "")


def _joined(subs: tuple[SubItem, ...], stored: tuple[SubItem, ...]) -> tuple[SubItem, ...]:
    """The records with those stored ones that are not among them; what one does not say of them, the other may."""
    there = {_content(each): each for each in stored}
    own = {_content(each) for each in subs}
    known = [_completed(each, there.get(_content(each), each)) for each in subs]
    return (*known, *(each for each in stored if _content(each) not in own))


def _completed(sub: SubItem, stored: SubItem) -> SubItem:
    source = sub.source if sub.source.key else stored.source
    return replace(sub, internal_id=sub.internal_id or stored.internal_id, source=source)


def store(bad: list[Work], links: list[Link], refers: list[Reference], call: Call) -> None:
    """Keep the items in trouble: with an identity and only things missing as partial, all others as incomplete."""
    members_by_root: dict[Work, list[Work]] = {}
    for work in bad:
        members_by_root.setdefault(_path(work)[0], []).append(work)
    partial = {
        root: [root, *(each for each in members if each is not root)]
        for root, members in members_by_root.items()
        if _is_partial(root, call.model)
    }
    for root, members in members_by_root.items():
        if root not in partial:
            for work in members:
                _store_incomplete(work, call)
    links_by_root: dict[Work, list[Link]] = {}
    root_by_work = {work: root for root, members in partial.items() for work in members}
    for each in links:
        roots = {root_by_work[end] for end in each.ends if isinstance(end, Work) and end in root_by_work}
        is_kept = all(isinstance(end, Work) and (end in root_by_work or not end.errors) for end in each.ends)
        if is_kept and len(roots) == 1:
            links_by_root.setdefault(roots.pop(), []).append(each)
        elif each.result.errors:
            each.result.operation = "INSERT_AS_INCOMPLETE"
    for root, members in partial.items():
        _store_partial(root, members, links_by_root.get(root, []), refers, call)


def _is_partial(root: Work, model: Model) -> bool:
    return all(each.error in PARTIAL_CODES for each in root.errors) and bool(identity_keys(model, _whole(root)))


def _path(work: Work) -> list[Work]:
    """The items in trouble from the first that others depend on down to this one: they are kept together.

    One that is in trouble of its own, and not for its host's, does not become partial with that.
    """
    path = [work]
    while (host := path[0].host) is not None and path[0].errors[0].error == "ABANDONED" and host not in path:
        path.insert(0, host)
    return path


def _store_incomplete(work: Work, call: Call) -> None:
    sys_id = call.new_id()
    work.operation, work.incomplete_ids = "INSERT_AS_INCOMPLETE", [sys_id]
    row = _row(sys_id, {"items": [dict(work.item.raw)]}, call)
    call.changes.inserts["cmdb_ire_incomplete_payloads"].append(row)


def _store_partial(
    root: Work, members: list[Work], links: list[Link], refers: list[Reference], call: Call
) -> None:
    """Keep an item with all that depends on it, so that they come back together."""
    keys = identity_keys(call.model, _whole(root))
    for work in members:
        work.operation = "INSERT_AS_PARTIAL"
    for part in _parts(members, int(call.model.setting("partial_payload_items_max_size", "1000"))):
        sys_id = call.new_id()
        for work in part:
            work.partial_ids.append(sys_id)
        row = _row(sys_id, _body(sys_id, part, links, refers), call)
        call.changes.inserts[_PARTIALS].append(row)
        call.changes.inserts[_KEYS] += [
            {
                "sys_id": call.new_id(),
                "identifier_key": key,
                "partial_payload": sys_id,
                "sys_domain": row["sys_domain"],
            }
            for key in keys
        ]
    for each in links:
        each.result.operation, each.result.errors = "INSERT_AS_PARTIAL", []
    for work in members:
        work.warnings, work.errors = work.warnings + work.errors, []


def _parts(members: list[Work], size: int) -> Iterator[list[Work]]:
    """The members in parts of at most *size* items; each part has all that its items depend on."""
    part: dict[Work, None] = {}
    for work in members:
        path = dict.fromkeys(_path(work))
        if part and len(part | path) > size:
            yield list(part)
            part = {}
        part |= path
    yield list(part)


def _body(sys_id: str, part: list[Work], links: list[Link], refers: list[Reference]) -> dict[str, Any]:
    """A payload of these items, with what else they are joined to: CIs that are known by their sys_ids."""
    within = set(part)
    joined = [each.ends for each in links if any(end in within for end in each.ends)]
    joined += [(each.by, each.referenced) for each in refers if owner_of(each.referenced) in within]
    places = {work: place for place, work in enumerate(part)}
    for one in (owner_of(end) for ends in joined for end in ends):
        if not one.errors:
            places.setdefault(one, len(places))
    # Among the items of a later payload, names that begin so are nobody else's.
    named = dict.fromkeys(end for each in refers for end in (each.by, each.referenced) if owner_of(end) in places)
    names = {each: f"{sys_id}:{number}" for number, each in enumerate(named)}
    relations = [
        {"parent": places[one], "child": places[other], "type": each.type}
        for each in links
        for one, other in [each.ends]
        if isinstance(one, Work) and isinstance(other, Work)
        if {one, other} <= places.keys() and {one, other} & within
    ]
    references = [
        {"referenceField": each.field, "referenced": names[each.referenced], "referencedBy": names[each.by]}
        for each in refers
        if owner_of(each.referenced) in within and each.by in names
    ]
    items = [_raw(each, names) if each in within else _known(each, names) for each in places]
    return {"items": items, "relations": relations, "referenceItems": references}


def _known(work: Work, names: Mapping[Part, str]) -> dict[str, Any]:
    """A CI that was in order, by all that it may be recognised by when it comes again."""
    entries = work.rule.entries if work.rule is not None else ()
    criteria = {name for entry in entries for name in (*entry.attributes, *entry.hybrid_attributes)}
    values = {name: value for name, value in work.item.values.items() if name in criteria}
    known: dict[str, Any] = {"className": work.class_name, "values": {**values, "sys_id": work.sys_id}}
    return known | _source(work.item.source) | _name(work, names)


def _raw(work: Work, names: Mapping[Part, str]) -> dict[str, Any]:
    """The item as a payload would send it, with what was merged in; relations find it by its place."""
    whole = _whole(work)
    parts: dict[str, list[dict[str, Any]]] = {}
    for sub in work.subs:
        body = {"className": sub.class_name, "values": sub.item.values, **_source(sub.item.source)}
        parts.setdefault("lookup" if sub.is_lookup else "related", []).append(body | _name(sub, names))
    raw = {name: value for name, value in whole.raw.items() if name not in ("internal_id", "lookup", "related")}
    own = {"className": whole.class_name, "values": whole.values, **parts}
    return raw | own | _source(whole.source) | _name(work, names)


def _whole(work: Work) -> Item:
    """The item with the lookup and related records that it has now."""
    return replace(
        work.item,
        lookup=tuple(each.item for each in work.subs if each.is_lookup),
        related=tuple(each.item for each in work.subs if not each.is_lookup),
    )


def _name(part: Part, names: Mapping[Part, str]) -> dict[str, Any]:
    return {"internal_id": names[part]} if part in names else {}


def _source(source: SourceInfo) -> dict[str, Any]:
    names = ("source_name", "source_native_key", "source_feed", "source_recency_timestamp")
    pairs = zip(names, (source.name, source.key, source.feed, source.recency), strict=True)
    info = {name: value for name, value in pairs if value}
    return {"sys_object_source_info": info} if info else {}


def _row(sys_id: str, body: dict[str, Any], call: Call) -> Record:
    return {
        "sys_id": sys_id,
        "payload": json.dumps(body),
        "source": call.source,
        "sys_domain": call.caller.home,
        "sys_created_on": call.stamp,
    }


def remove(works: list[Work], call: Call) -> None:
    """Delete the stored partials that went into *works*, with their keys."""
    taken = dict.fromkeys(sys_id for work in works for sys_id in work.merged_ids)
    for sys_id in taken:
        call.index.want(_KEYS, ("partial_payload",), (sys_id,))
    call.index.fetch()
    for sys_id in taken:
        call.changes.deletes[_PARTIALS].append(sys_id)
        rows = call.index.found(_KEYS, ("partial_payload",), (sys_id,))
        call.changes.deletes[_KEYS] += [row["sys_id"] or "" for row in rows]
