"""Items that cannot be identified yet: kept until a later payload completes them ("IRE", partial payloads)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any

from simulator.cmdb.call import Call
from simulator.cmdb.identification.identify import Identification
from simulator.cmdb.items import Identified, Kept, Link, Pointer, Prepared
from simulator.cmdb.messages import PARTIAL_CODES
from simulator.cmdb.payload import Item, SourceInfo
from simulator.cmdb.preparation.identity import identity_keys
from simulator.cmdb.preparation.partials import APART, KEYS, PARTIALS, TOLD_BY, is_apart
from simulator.cmdb.records import ChangeSet, Record

_INCOMPLETE = "cmdb_ire_incomplete_payloads"

_OWN = frozenset({"internal_id", "lookup", "related", APART, TOLD_BY})
"""What is stored of an item in the engine's own words, whatever was sent under these names."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """What is stored of the items in trouble, and what goes of that which was stored of others."""

    items: Mapping[int, Kept]
    relations: Mapping[int, str]
    """By their places the operations of relations that join such items."""
    changes: ChangeSet


def keep(identified: Identification, call: Call) -> Keeping:
    """Keep the items in trouble: with an identity and only things missing as partial, all others as incomplete.

    The stored payloads that went into items which are in order now, or which are kept anew, are deleted.
    """
    if not call.options.partial_payloads:
        return Keeping({}, {}, ChangeSet())
    return _Keeper(identified, call).keep()


class _Keeper:
    def __init__(self, identified: Identification, call: Call) -> None:
        self._call, self._items = call, identified.items
        self._links, self._refused, self._refers = identified.links, identified.refused, identified.references
        self._changes = ChangeSet()
        self._kept: dict[int, Kept] = {}
        self._root_by_place: dict[int, int] = {}
        """Of the items that are kept as partial the one that all others of the same stored payload depend on."""

    def keep(self) -> Keeping:
        members_by_root: dict[int, list[int]] = {}
        for place, each in self._items.items():
            if each.errors:
                members_by_root.setdefault(self._path(place)[0], []).append(place)
        partial = {root: members for root, members in members_by_root.items() if self._is_partial(root)}
        for root, members in members_by_root.items():
            if root not in partial:
                for place in members:
                    self._store_incomplete(place)
        self._root_by_place = {place: root for root, members in partial.items() for place in members}
        links_by_root: dict[int, list[Link]] = {}
        operations: dict[int, str] = {}
        for link in self._links:
            roots = [self._root_by_place[end.item] for end in link.ends if end.item in self._root_by_place]
            if roots and self._is_kept(link):
                links_by_root.setdefault(roots[0], []).append(link)
                operations[link.place] = "INSERT_AS_PARTIAL"
            elif link.place in self._refused:
                operations[link.place] = "INSERT_AS_INCOMPLETE"
        for root, members in partial.items():
            links = links_by_root.get(root, [])
            if self._waits_elsewhere(members, links):
                self._kept |= dict.fromkeys(members, Kept("INSERT_AS_PARTIAL", ()))
                continue
            ordered = [root, *(each for each in members if each != root)]
            self._store_partial(root, ordered, links)
        self._remove_merged()
        return Keeping(self._kept, operations, self._changes)

    def _waits_elsewhere(self, members: list[int], links: list[Link]) -> bool:
        """Whether nothing is known of these items but that another one, which is kept as well, is joined to them.

        They are kept with that again; to keep them by themselves, too, would do so anew with each call.
        """
        if links or not all(is_apart(self._items[place].item) for place in members):
            return False
        return not any(
            each.referenced.item in members
            or (each.by.item in members and each.referenced.item not in self._root_by_place)
            for each in self._refers
        )

    def _is_kept(self, link: Link) -> bool:
        """Whether the relation is stored with its ends: items, none of them in trouble that is not partial."""
        return all(
            end.sub is None and (end.item in self._root_by_place or not self._items[end.item].errors)
            for end in link.ends
        )

    def _is_partial(self, root: int) -> bool:
        each = self._items[root]
        is_lacking = all(error.error in PARTIAL_CODES for error in each.errors)
        return is_lacking and bool(identity_keys(self._call.model, _whole(each.ready)))

    def _path(self, place: int) -> list[int]:
        """The items in trouble from the first that others depend on down to this one: they are kept together.

        One that is in trouble of its own, and not for its host's, does not become partial with that.
        """
        path, at = [place], self._items[place]
        while (host := at.ready.host) is not None and at.errors[0].error == "ABANDONED" and host not in path:
            path.insert(0, host)
            at = self._items[host]
        return path

    def _store_incomplete(self, place: int) -> None:
        sys_id = self._call.new_id()
        self._kept[place] = Kept("INSERT_AS_INCOMPLETE", (sys_id,))
        row = self._row(sys_id, {"items": [dict(self._items[place].item.raw)]})
        self._changes.inserts[_INCOMPLETE].append(row)

    def _store_partial(self, root: int, members: list[int], links: list[Link]) -> None:
        """Keep an item with all that depends on it, so that they come back together."""
        keys, new_id = identity_keys(self._call.model, _whole(self._items[root].ready)), self._call.new_id
        sys_ids: dict[int, tuple[str, ...]] = dict.fromkeys(members, ())
        for part in self._parts(members, int(self._call.model.setting("partial_payload_items_max_size", "1000"))):
            sys_id = new_id()
            for place in part:
                sys_ids[place] += (sys_id,)
            row = self._row(sys_id, self._body(sys_id, part, links, self._root_by_place.keys() - members))
            self._changes.inserts[PARTIALS].append(row)
            self._changes.inserts[KEYS] += [
                {
                    "sys_id": new_id(),
                    "identifier_key": key,
                    "partial_payload": sys_id,
                    "sys_domain": row["sys_domain"],
                }
                for key in keys
            ]
        for place in members:
            self._kept[place] = Kept("INSERT_AS_PARTIAL", sys_ids[place])

    def _parts(self, members: list[int], size: int) -> Iterator[list[int]]:
        """The members in parts of at most *size* items; each part has all that its items depend on."""
        part: dict[int, None] = {}
        for place in members:
            path = dict.fromkeys(self._path(place))
            if part and len(part | path) > size:
                yield list(part)
                part = {}
            part |= path
        yield list(part)

    def _body(self, sys_id: str, part: list[int], links: list[Link], apart: Set[int]) -> dict[str, Any]:
        """A payload of these items, with what else they are joined to: CIs, and items that are kept *apart*."""
        within, refers = set(part), self._refers
        joined = [each.ends for each in links if any(end.item in within for end in each.ends)]
        joined += [(each.by, each.referenced) for each in refers if each.referenced.item in within]
        places = {place: number for number, place in enumerate(part)}
        for one in (end.item for ends in joined for end in ends):
            at: int | None = one
            while at is not None and at not in places and (at in apart or not self._items[at].errors):
                places[at] = len(places)
                # What depends on another is recognised only with that.
                at = self._items[at].ready.host if at in apart else None
        # Among the items of a later payload, names that begin so are nobody else's.
        named = dict.fromkeys(end for each in refers for end in (each.by, each.referenced) if end.item in places)
        names = {each: f"{sys_id}:{number}" for number, each in enumerate(named)}
        relations = [
            {"parent": places[one.item], "child": places[other.item], "type": each.type}
            for each in links
            for one, other in [each.ends]
            if {one.item, other.item} <= places.keys() and {one.item, other.item} & within
        ]
        hosted = [self._items[place].ready for place in places if place in apart]
        relations += [_dependency(each, places) for each in hosted if each.host in places]
        references = [
            {"referenceField": each.field, "referenced": names[each.referenced], "referencedBy": names[each.by]}
            for each in refers
            if each.referenced.item in within and each.by in names
        ]
        items = [
            _raw(self._items[place].ready, names)
            if place in within
            else _recognisable(self._items[place], names, is_kept_apart=place in apart)
            for place in places
        ]
        return {"items": items, "relations": _each_once(relations), "referenceItems": _each_once(references)}

    def _row(self, sys_id: str, body: dict[str, Any]) -> Record:
        return {
            "sys_id": sys_id,
            "payload": json.dumps(body),
            "source": self._call.source,
            "sys_domain": self._call.caller.home,
            "sys_created_on": self._call.stamp,
        }

    def _remove_merged(self) -> None:
        """Delete the stored partial payloads that went into items in order or kept as partial, with their keys."""
        done = [
            each.ready
            for place, each in self._items.items()
            if not each.errors or (place in self._kept and self._kept[place].is_partial)
        ]
        taken = dict.fromkeys(sys_id for each in done for sys_id in each.merged_ids)
        for sys_id in taken:
            self._call.index.want(KEYS, ("partial_payload",), (sys_id,))
        self._call.index.fetch()
        for sys_id in taken:
            self._changes.deletes[PARTIALS].append(sys_id)
            rows = self._call.index.found(KEYS, ("partial_payload",), (sys_id,))
            self._changes.deletes[KEYS] += [row["sys_id"] or "" for row in rows]


def _each_once(told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without what was stored before and has been sent again."""
    return list({tuple(each.values()): each for each in told}.values())


def _dependency(ready: Prepared, places: Mapping[int, int]) -> dict[str, Any]:
    """The relation by which an item depends on its host."""
    assert ready.host is not None
    assert ready.dependency is not None
    ends = places[ready.place], places[ready.host]
    parent, child = ends if ready.dependency.dependent_is_parent else reversed(ends)
    return {"parent": parent, "child": child, "type": ready.dependency.relation}


def _recognisable(each: Identified, names: Mapping[Pointer, str], *, is_kept_apart: bool) -> dict[str, Any]:
    """What is joined to the items of a partial payload, by all that it may be recognised by when it comes again.

    It is a CI that was in order, or an item that waits in a payload of its own, known by its source's key.
    """
    ready, item = each.ready, each.item
    source = _source(item.source) | _name(Pointer(each.place), names)
    if is_kept_apart and ready.sources:
        return {"className": item.class_name, "values": {}, APART: True} | source
    if is_kept_apart:
        return {**_raw(ready, names), APART: True}
    entries = ready.rule.entries if ready.rule is not None else ()
    criteria = {name for entry in entries for name in (*entry.attributes, *entry.hybrid_attributes)}
    values = {name: value for name, value in item.values.items() if name in criteria}
    known: dict[str, Any] = {"className": each.class_name, "values": {**values, "sys_id": each.sys_id}}
    return known | source


def _raw(ready: Prepared, names: Mapping[Pointer, str]) -> dict[str, Any]:
    """The item as a payload would send it, with what was merged in; relations find it by its place."""
    whole = _whole(ready)
    parts: dict[str, list[dict[str, Any]]] = {}
    for sub in ready.subs:
        body = {"className": sub.class_name, "values": sub.item.values, **_source(sub.item.source)}
        name = _name(Pointer(ready.place, sub.number), names)
        parts.setdefault("lookup" if sub.is_lookup else "related", []).append(body | name)
    raw = {name: value for name, value in whole.raw.items() if name not in _OWN}
    own = {"className": whole.class_name, "values": whole.values, **parts}
    if whole.told_by:
        own[TOLD_BY] = dict(whole.told_by)
    return raw | own | _source(whole.source) | _name(Pointer(ready.place), names)


def _whole(ready: Prepared) -> Item:
    """The item with the lookup and related records that it has now."""
    return ready.item._replace(
        lookup=tuple(each.item for each in ready.subs if each.is_lookup),
        related=tuple(each.item for each in ready.subs if not each.is_lookup),
    )


def _name(pointer: Pointer, names: Mapping[Pointer, str]) -> dict[str, Any]:
    return {"internal_id": names[pointer]} if pointer in names else {}


def _source(source: SourceInfo) -> dict[str, Any]:
    names = ("source_name", "source_native_key", "source_feed", "source_recency_timestamp")
    pairs = zip(names, (source.name, source.key, source.feed, source.recency), strict=True)
    info = {name: value for name, value in pairs if value}
    return {"sys_object_source_info": info} if info else {}
