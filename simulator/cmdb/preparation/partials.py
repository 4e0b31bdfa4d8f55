"""What was stored of items that could not be identified yet goes into them now ("IRE", partial payloads)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from simulator.cmdb import payload
from simulator.cmdb.call import Call
from simulator.cmdb.payload import Item, Payload, Relation, SubItem
from simulator.cmdb.preparation.identity import identity_keys, lasting_keys
from simulator.cmdb.records import Value
from simulator.cmdb.rules.authority import Ranking
from simulator.cmdb.text import fold_key

KEYS = "cmdb_ire_partial_payloads_index"
PARTIALS = "cmdb_ire_partial_payloads"
_KEY_COLUMNS = ("identifier_key", "sys_domain")
APART = "kept_apart"
"""Marks an item that is stored only as the other end of what is joined to it: it waits in a payload of its own."""
TOLD_BY = "told_by"
"""Has with an item the data sources of those values that are not from the call which stored it, by their names."""
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
    sent = _neighbours(parsed) if ids else {}
    for place, stored_ids in ids.items():
        for sys_id in stored_ids:
            (row,) = index.found(PARTIALS, ("sys_id",), (sys_id,))
            body = payload.parse(row["payload"] or "")
            moved, joined = {0: place}, _neighbours(body)
            for number, sent_item in enumerate(body.items):
                each = _stored(sent_item, row["source"] or "", call)
                at = moved.get(number)
                if at is None:
                    keys = lasting_keys(call.model, each)
                    at = next((place_by_key[key] for key in keys if key in place_by_key), None)
                if at is None and is_apart(each):
                    others = (moved[other] for other in joined.get(number, ()) if other in moved)
                    near = (one for other in others for one in sent.get(other, ()))
                    at = next((one for one in near if _share_key(items[one], each, call)), None)
                if at is None:
                    items.append(each)
                    at = len(items) - 1
                else:
                    items[at] = _merged(items[at], each, call)
                moved[number] = at
                _take_place(items, at, place_by_key, call)
            relations += [_moved(each, moved) for each in body.relations]
            renamed = {number: items[at] for number, at in moved.items()}
            refers += _renamed(body, renamed)
    return Payload(tuple(items), tuple(relations), tuple(refers)), ids


def _take_place(items: list[Item], place: int, place_by_key: dict[str, int], call: Call) -> None:
    for key in lasting_keys(call.model, items[place]):
        place_by_key.setdefault(key, place)


def is_apart(item: Item) -> bool:
    """Whether the item is known only as the other end of what is joined to it, and waits elsewhere."""
    return not item.indices and item.raw.get(APART) is True


def _neighbours(parsed: Payload) -> Mapping[int, Sequence[int]]:
    """By its place in the payload what each item is joined to, by relations or references."""
    place_by_name = {item.internal_id: place for place, item in enumerate(parsed.items) if item.internal_id}

    def place(end: int | str | None) -> int | None:
        if isinstance(end, int):
            return end if 0 <= end < len(parsed.items) else None
        return place_by_name.get(end or "")

    joined = [(place(each.parent), place(each.child)) for each in parsed.relations]
    joined += [(place(each.referenced_by), place(each.referenced)) for each in parsed.references]
    found: dict[int, list[int]] = defaultdict(list)
    for one, other in joined:
        if one is not None and other is not None:
            found[one].append(other)
            found[other].append(one)
    return found


def _share_key(item: Item, stored: Item, call: Call) -> bool:
    """Whether they can be recognised by the same, which of dependents is no more than that they may be one."""
    keys = identity_keys(call.model, item)
    return any(key in keys for key in identity_keys(call.model, stored))


def _find(parsed: Payload, call: Call) -> dict[int, list[str]]:
    """The stored partials that have an identity in common with items of the payload, by item, each once."""
    index, domain = call.index, call.caller.home
    if index.is_empty(KEYS):
        return {}
    keys_by_item = {place: identity_keys(call.model, item) for place, item in enumerate(parsed.items)}
    for keys in keys_by_item.values():
        for key in keys:
            index.want(KEYS, _KEY_COLUMNS, (key, domain))
    index.fetch()
    found: dict[str, int] = {}
    for place, keys in keys_by_item.items():
        for key in keys:
            for row in index.found(KEYS, _KEY_COLUMNS, (key, domain)):
                found.setdefault(row["partial_payload"] or "", place)
    for sys_id in found:
        index.want(PARTIALS, ("sys_id",), (sys_id,))
    index.fetch()
    ids: dict[int, list[str]] = {}
    oldest = f"{call.now - KEPT_FOR:%Y-%m-%d %H:%M:%S}"
    for sys_id, place in found.items():
        if any((row["sys_created_on"] or "") >= oldest for row in index.found(PARTIALS, ("sys_id",), (sys_id,))):
            ids.setdefault(place, []).append(sys_id)
    return ids


def _stored(item: Item, source: str, call: Call) -> Item:
    """An item that does not stand in the request, with the sources of its values where they are not the call's."""
    lookup = tuple(each._replace(indices=()) for each in item.lookup)
    related = tuple(each._replace(indices=()) for each in item.related)
    source_by_name = {**dict.fromkeys(item.values, source), **item.raw.get(TOLD_BY, {})}
    told_by = {name: each for name, each in source_by_name.items() if each != call.source}
    return item._replace(indices=(), lookup=lookup, related=related, told_by=told_by)


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


def _merged(item: Item, stored: Item, call: Call) -> Item:
    """The item with what was stored of it, of the class of the two that says more."""
    model = call.model
    specific = stored if model.hierarchy.is_a(stored.class_name, item.class_name) else item
    kept = {
        name: value
        for name, value in stored.values.items()
        if name not in item.values or _stored_wins(name, item, stored, call)
    }
    is_newer = _is_of_one_key(item, stored) and _is_more_recent(stored, item)
    return item._replace(
        class_name=specific.class_name,
        values={**item.values, **kept},
        told_by=tellers(item, stored, kept),
        internal_id=item.internal_id or stored.internal_id,
        lookup=_joined(item.lookup, stored.lookup),
        related=_joined(item.related, stored.related),
        source=stored.source if is_newer or not item.source.key else item.source,
    )


def tellers(item: Item, other: Item, taken: Container[str]) -> dict[str, str]:
    """The sources of an item's values, where they are not the call's, once it has *taken* some of another one."""
    own = {name: source for name, source in item.told_by.items() if name not in taken}
    return own | {name: source for name, source in other.told_by.items() if name in taken}


def _stored_wins(name: str, item: Item, stored: Item, call: Call) -> bool:
    """Of one record at its source the more recent value wins; otherwise static reconciliation rules decide.

    Where neither says anything, as for two sources without rules, the value that was sent wins.
    """
    if _is_of_one_key(item, stored):
        return _is_more_recent(stored, item)
    model, ours = call.model, call.source or ""
    source, stored_source = item.told_by.get(name, ours), stored.told_by.get(name, ours)
    rules = model.rulebook.of(model.hierarchy, item.class_name, call.caller.home, with_dynamic=False)
    ranking = rules.governor(name, call.view(item.class_name, {**stored.values, **item.values}))
    if not isinstance(ranking, Ranking) or not ranking.admits(stored_source):
        return False
    return not ranking.admits(source) or ranking.outranks(stored_source, source)


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
