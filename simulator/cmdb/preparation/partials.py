"""Items that cannot be identified yet: kept until a later payload completes them ("IRE", partial payloads)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from datetime import timedelta
from typing import Any

from simulator.cmdb import payload
from simulator.cmdb.call import Call
from simulator.cmdb.messages import PARTIAL_CODES
from simulator.cmdb.payload import Item, Payload, Relation, SourceInfo, SubItem
from simulator.cmdb.preparation.identity import identity_keys, lasting_keys
from simulator.cmdb.preparation.references import Reference
from simulator.cmdb.preparation.relations import Link
from simulator.cmdb.records import ChangeSet, Record, Value
from simulator.cmdb.rules.authority import Ranking
from simulator.cmdb.rules.model import Model
from simulator.cmdb.text import fold_key
from simulator.cmdb.work import Part, Work, owner_of

_KEYS = "cmdb_ire_partial_payloads_index"
_PARTIALS = "cmdb_ire_partial_payloads"
_KEY_COLUMNS = ("identifier_key", "sys_domain")
KEPT_FOR = timedelta(days=90)
"""How long a partial payload waits for what completes it; then it is deleted."""


def merge(parsed: Payload, call: Call) -> tuple[Payload, Mapping[int, list[str]]]:
    """The payload with what is stored of its items merged in, and the ids of that by item.

    Items and relations that came with a stored item follow those of the payload; such items have no `indices`. One
    that is there already, such as the other end of a relation that was stored apart, is that one.
    """
    index, ids = call.index, _find(parsed, call)
    items, relations, refers = list(parsed.items), list(parsed.relations), list(parsed.references)
    place_by_key: dict[str, int] = {}
    for place in range(len(items) if ids else 0):
        _take_place(items, place, place_by_key, call)
    for place, stored_ids in ids.items():
        for sys_id in stored_ids:
            (row,) = index.found(_PARTIALS, ("sys_id",), (sys_id,))
            body = payload.parse(row["payload"] or "")
            moved = {0: place}
            for number, each in enumerate(map(_without_indices, body.items)):
                there = (place_by_key[key] for key in lasting_keys(call.model, each) if key in place_by_key)
                at = moved.get(number, next(there, None))
                if at is None:
                    items.append(each)
                    at = len(items) - 1
                else:
                    items[at] = _merged(items[at], each, row["source"], call)
                moved[number] = at
                _take_place(items, at, place_by_key, call)
            relations += [_moved(each, moved) for each in body.relations]
            renamed = {number: items[at] for number, at in moved.items()}
            refers += _renamed(body, renamed)
    return Payload(tuple(items), tuple(relations), tuple(refers)), ids


def _take_place(items: list[Item], place: int, place_by_key: dict[str, int], call: Call) -> None:
    for key in lasting_keys(call.model, items[place]):
        place_by_key.setdefault(key, place)


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
    lookup = tuple(each._replace(indices=()) for each in item.lookup)
    related = tuple(each._replace(indices=()) for each in item.related)
    return item._replace(indices=(), lookup=lookup, related=related)


def _moved(relation: Relation, place_by_index: Mapping[int, int]) -> Relation:
    places = {
        "parent": place_by_index[int(relation.parent or 0)],
        "child": place_by_index[int(relation.child or 0)],
    }
    return replace(relation, parent=places["parent"], child=places["child"], raw={**relation.raw, **places})


def _renamed(body: Payload, item_by_number: Mapping[int, Item]) -> Iterator[payload.Reference]:
    """The references with the names that the records of the stored items have in the items these went into."""
    names: dict[str | None, str | None] = {}
    for number, stored in enumerate(body.items):
        item = item_by_number[number]
        name_by_part = {_content(each): each.internal_id for each in (*item.lookup, *item.related)}
        names |= {each.internal_id: name_by_part[_content(each)] for each in (*stored.lookup, *stored.related)}
        names[stored.internal_id] = item.internal_id
    for each in body.references:
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
    return item._replace(
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
    return sub._replace(internal_id=sub.internal_id or stored.internal_id, source=source)


def store(bad: list[Work], links: Iterable[Link], refers: Sequence[Reference], call: Call) -> ChangeSet:
    """Keep the items in trouble: with an identity and only things missing as partial, all others as incomplete."""
    changes = ChangeSet()
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
                _store_incomplete(work, changes, call)
    links_by_root: dict[Work, list[Link]] = {}
    root_by_work = {work: root for root, members in partial.items() for work in members}
    for each in links:
        ends = [end for end in each.ends if isinstance(end, Work)]
        roots = [root_by_work[end] for end in ends if end in root_by_work]
        is_kept = len(ends) == 2 and all(end in root_by_work or not end.errors for end in ends)
        if is_kept and roots:
            links_by_root.setdefault(roots[0], []).append(each)
        elif each.result.errors:
            each.result.operation = "INSERT_AS_INCOMPLETE"
    for root, members in partial.items():
        apart = root_by_work.keys() - members
        _store_partial(root, members, links_by_root.get(root, []), refers, apart, changes, call)
    return changes


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


def _store_incomplete(work: Work, changes: ChangeSet, call: Call) -> None:
    sys_id = call.new_id()
    work.operation, work.incomplete_ids = "INSERT_AS_INCOMPLETE", (sys_id,)
    row = _row(sys_id, {"items": [dict(work.item.raw)]}, call)
    changes.inserts["cmdb_ire_incomplete_payloads"].append(row)


def _store_partial(
    root: Work,
    members: list[Work],
    links: list[Link],
    refers: Sequence[Reference],
    apart: Set[Work],
    changes: ChangeSet,
    call: Call,
) -> None:
    """Keep an item with all that depends on it, so that they come back together; others are kept *apart*."""
    keys = identity_keys(call.model, _whole(root))
    for work in members:
        work.operation = "INSERT_AS_PARTIAL"
    for part in _parts(members, int(call.model.setting("partial_payload_items_max_size", "1000"))):
        sys_id = call.new_id()
        for work in part:
            work.partial_ids += (sys_id,)
        row = _row(sys_id, _body(sys_id, part, links, refers, apart), call)
        changes.inserts[_PARTIALS].append(row)
        changes.inserts[_KEYS] += [
            {
                "sys_id": call.new_id(),
                "identifier_key": key,
                "partial_payload": sys_id,
                "sys_domain": row["sys_domain"],
            }
            for key in keys
        ]
    for each in links:
        each.result.operation, each.result.errors = "INSERT_AS_PARTIAL", ()
    for work in members:
        work.warnings, work.errors = work.warnings + work.errors, ()


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


def _body(
    sys_id: str,
    part: list[Work],
    links: list[Link],
    refers: Sequence[Reference],
    apart: Set[Work],
) -> dict[str, Any]:
    """A payload of these items, with what else they are joined to: CIs, and items that are kept apart."""
    within = set(part)
    joined = [each.ends for each in links if any(end in within for end in each.ends)]
    joined += [(each.by, each.referenced) for each in refers if owner_of(each.referenced) in within]
    places = {work: place for place, work in enumerate(part)}
    for one in (owner_of(end) for ends in joined for end in ends):
        at: Work | None = one
        while at is not None and at not in places and (at in apart or not at.errors):
            places[at] = len(places)
            at = at.host if at in apart else None  # what depends on another is recognised only with that
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
    relations += [_dependency(each, places) for each in places if each in apart and each.host in places]
    references = [
        {"referenceField": each.field, "referenced": names[each.referenced], "referencedBy": names[each.by]}
        for each in refers
        if owner_of(each.referenced) in within and each.by in names
    ]
    items = [
        _raw(each, names) if each in within else _recognisable(each, names, is_kept_apart=each in apart)
        for each in places
    ]
    return {"items": items, "relations": relations, "referenceItems": references}


def _dependency(work: Work, places: Mapping[Work, int]) -> dict[str, Any]:
    """The relation by which an item depends on its host."""
    assert work.host is not None
    assert work.dependency is not None
    ends = places[work], places[work.host]
    parent, child = ends if work.dependency.dependent_is_parent else reversed(ends)
    return {"parent": parent, "child": child, "type": work.dependency.relation}


def _recognisable(work: Work, names: Mapping[Part, str], *, is_kept_apart: bool) -> dict[str, Any]:
    """What is joined to the items of a partial payload, by all that it may be recognised by when it comes again.

    It is a CI that was in order, or an item that waits in a payload of its own, known by its source's key.
    """
    source = _source(work.item.source) | _name(work, names)
    if is_kept_apart and work.sources:
        return {"className": work.item.class_name, "values": {}} | source
    if is_kept_apart:
        return _raw(work, names)
    entries = work.rule.entries if work.rule is not None else ()
    criteria = {name for entry in entries for name in (*entry.attributes, *entry.hybrid_attributes)}
    values = {name: value for name, value in work.item.values.items() if name in criteria}
    known: dict[str, Any] = {"className": work.class_name, "values": {**values, "sys_id": work.sys_id}}
    return known | source


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
    return work.item._replace(
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


def remove(works: list[Work], call: Call) -> ChangeSet:
    """Delete the stored partials that went into *works*, with their keys."""
    changes = ChangeSet()
    taken = dict.fromkeys(sys_id for work in works for sys_id in work.merged_ids)
    for sys_id in taken:
        call.index.want(_KEYS, ("partial_payload",), (sys_id,))
    call.index.fetch()
    for sys_id in taken:
        changes.deletes[_PARTIALS].append(sys_id)
        rows = call.index.found(_KEYS, ("partial_payload",), (sys_id,))
        changes.deletes[_KEYS] += [row["sys_id"] or "" for row in rows]
    return changes
