"""The request body and its options, read into values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from simulator.cmdb.records import Value
from simulator.cmdb.text import Key

SYSTEM_FIELDS = frozenset(
    {
        "sys_domain",
        "sys_domain_path",
        "sys_updated_on",
        "sys_updated_by",
        "sys_mod_count",
        "sys_created_on",
        "sys_created_by",
        "sys_class_name",
        "sys_class_path",
        "duplicate_of",
    }
)
"""What a payload need not send and the engine does not take from it ("General guidelines").

The guidelines name the system fields; `duplicate_of` is the engine's own mark, as its domain and class are.
"""

DOMAIN_FIELDS = frozenset({"sys_domain", "sys_domain_path"})
"""Those of them with which a caller may believe to choose a domain."""

FLAGS = frozenset({"classUpgrade", "classDowngrade", "classSwitch"})
"""What an item says itself about a change of its class."""


_DEEPEST = 100
"""How many levels of JSON may be inside each other; what the documents describe has five."""


class PayloadError(ValueError):
    """A body that is not of the documented form."""


class OptionsError(ValueError):
    """An `options` text that cannot be split; the message is the product's."""


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a call; all false for a call that is not enhanced."""

    enhanced: bool = False
    partial_payloads: bool = False
    partial_commits: bool = False
    deduplicate_payloads: bool = False
    generate_summary: bool = False
    skip_updating_last_scan_to_now: bool = False
    skip_updating_source_last_discovered_to_now: bool = False

    @classmethod
    def parse(cls, text: str | None, *, enhanced: bool) -> Options:
        """Read `name:value,...`; `partial_payloads` forces the next two, as the REST page says."""
        given: dict[str, bool] = dict.fromkeys(
            ("partial_payloads", "partial_commits", "deduplicate_payloads"), enhanced
        )
        for piece in (text or "").split(","):
            if not piece.strip():
                continue
            name, colon, value = piece.partition(":")
            if not colon:
                raise OptionsError(f"Chunk [{piece}] is not a valid entry")
            if name.strip() in cls.__slots__ and name.strip() != "enhanced":
                given[name.strip()] = value.strip().lower() == "true"
        if not enhanced:
            return cls()
        if given["partial_payloads"]:
            given["partial_commits"] = given["deduplicate_payloads"] = True
        return cls(enhanced=True, **given)


class SourceInfo(NamedTuple):
    """`sys_object_source_info`: the record's key at its source."""

    name: str | None = None
    key: str | None = None
    feed: str | None = None
    recency: str | None = None
    identity: Key = (None, None)
    """Name and key, folded: what is the same for every word of the source about the record."""


class SubItem(NamedTuple):
    """An element of `lookup` or `related`; its *indices* are pairs, of its item and of itself within that."""

    class_name: str
    values: dict[str, Value]
    internal_id: str | None
    source: SourceInfo
    indices: tuple[tuple[int, int], ...]


class Item(NamedTuple):
    """An element of `items`; *indices* are the input items that went into it, none if it was stored before.

    *told_by* has the data sources of those values that another call has sent, by their names.
    """

    class_name: str
    values: dict[str, Value]
    display_values: dict[str, Value]
    internal_id: str | None
    lookup: tuple[SubItem, ...]
    related: tuple[SubItem, ...]
    settings: dict[str, bool]
    flags: dict[str, bool]
    source: SourceInfo
    raw: Mapping[str, Any]
    indices: tuple[int, ...]
    told_by: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Relation:
    """An element of `relations`, ends still as sent: an index or an internal_id."""

    parent: int | str | None
    child: int | str | None
    by_id: bool
    type: str
    source_name: str | None
    source_feed: str | None
    raw: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reference:
    """An element of `referenceItems`."""

    field: str
    referenced: str
    referenced_by: str


@dataclass(frozen=True, slots=True)
class Payload:
    """A request body."""

    items: tuple[Item, ...]
    relations: tuple[Relation, ...]
    references: tuple[Reference, ...]


def parse(body: str | Mapping[str, Any]) -> Payload:
    """Read a body, as text or already decoded; PayloadError says what is wrong and where."""
    sent = _object(_decode(body) if isinstance(body, str) else body, "the payload")
    _check_depth(sent)
    if "items" not in sent:
        found = ", ".join(sent) or "nothing"
        raise PayloadError(f"expected a list named items at the top of the payload, got {found}")
    return Payload(
        tuple(_item(raw, index) for index, raw in enumerate(_list(sent, "items"))),
        tuple(_relation(_object(raw, "relation")) for raw in _list(sent, "relations")),
        tuple(_reference(_object(raw, "referenceItem")) for raw in _list(sent, "referenceItems")),
    )


def _decode(body: str) -> object:
    try:
        decoded = json.loads(body, parse_constant=_refuse_constant)
        if "\\u" in body or not body.isascii():
            json.dumps(decoded, ensure_ascii=False).encode()
    except UnicodeEncodeError as problem:
        half = problem.object[problem.start]
        raise PayloadError(f"expected a whole character, got {half!r}, half of a surrogate pair") from None
    except (ValueError, RecursionError) as problem:
        raise PayloadError(str(problem)) from problem
    return decoded


def _refuse_constant(name: str) -> None:
    raise PayloadError(f"expected a value of JSON, got {name}")


def _check_depth(sent: Mapping[str, Any]) -> None:
    """Refuse what could be read and yet not be written again: JSON is written one call inside the other."""
    level: list[Any] = [sent]
    for _ in range(_DEEPEST):
        deeper: list[Any] = []
        for each in level:
            parts = each if isinstance(each, list) else each.values()
            if not _FLAT.issuperset(map(type, parts)):
                deeper += [part for part in parts if isinstance(part, (dict, list))]
        if not deeper:
            return
        level = deeper
    raise PayloadError(f"expected at most {_DEEPEST} levels of lists and objects inside each other, got more")


def _item(raw: object, index: int) -> Item:
    where = "items", index
    fields = raw if type(raw) is dict else _object(raw, _told(where))
    lookup, related = _list(fields, "lookup"), _list(fields, "related")
    subs: tuple[SubItem, ...] = ()
    if lookup or related:
        subs = tuple([_sub_item(each, index, place) for place, each in enumerate((*lookup, *related))])
    settings = fields.get("settings")
    return Item(
        _class_name(fields, where),
        _values(fields, "values", where),
        _values(fields, "display_values", where),
        _text(fields.get("internal_id"), "internal_id"),
        subs[: len(lookup)],
        subs[len(lookup) :],
        {name: _true(value) for name, value in _object(settings, "settings").items()} if settings else {},
        {} if FLAGS.isdisjoint(fields) else {name: _true(fields[name]) for name in FLAGS.intersection(fields)},
        _source(fields),
        fields,
        (index,),
    )


def _sub_item(raw: object, index: int, place: int) -> SubItem:
    where = f"element {place} of lookup and related in items", index
    fields = _object(raw, _told(where))
    internal_id = _text(fields.get("internal_id"), "internal_id")
    values = _values(fields, "values", where)
    return SubItem(_class_name(fields, where), values, internal_id, _source(fields), ((index, place),))


_Where = tuple[str, int]
"""A list and a place in it; put into words only where something is wrong there."""


def _told(where: _Where) -> str:
    return f"{where[0]}[{where[1]}]"


def _class_name(raw: Mapping[str, Any], where: _Where) -> str:
    name = raw.get("className")
    if not isinstance(name, str) or not name:
        raise PayloadError(f"{_told(where)} has no className")
    return name


def _values(raw: Mapping[str, Any], name: str, where: _Where) -> dict[str, Value]:
    sent = raw.get(name)
    if not sent:
        return {}
    if type(sent) is dict and _are_texts(sent) and SYSTEM_FIELDS.isdisjoint(sent):
        return sent.copy()
    within = f" in {_told(where)}"
    fields = _object(sent, name + within)
    own = {str(field): value for field, value in fields.items() if field not in SYSTEM_FIELDS}
    return {field: _text(value, field, within) for field, value in own.items()}


def _are_texts(sent: dict[Any, Any]) -> bool:
    """Whether all names and values are texts as records keep them, as nearly always; asked without a loop."""
    values = sent.values()
    return (
        _TEXTS.issuperset(map(type, sent))
        and _TEXTS.issuperset(map(type, values))
        and "" not in values
        and "\x00" not in "".join(values)
    )


_TEXTS = frozenset({str})
_FLAT = frozenset({str, int, float, bool, type(None)})


def _source(raw: Mapping[str, Any]) -> SourceInfo:
    sent = raw.get("sys_object_source_info")
    if not sent:
        return _NO_SOURCE
    info = _object(sent, "sys_object_source_info").get
    name, key = _text(info("source_name"), "source_name"), _text(info("source_native_key"), "source_native_key")
    feed, recency = info("source_feed"), info("source_recency_timestamp")
    return SourceInfo(
        name,
        key,
        _text(feed, "source_feed"),
        _text(recency, "source_recency_timestamp"),
        (name and name.lower(), key and key.lower()),
    )


_NO_SOURCE = SourceInfo()


def _relation(raw: Mapping[str, Any]) -> Relation:
    info = _object(raw.get("sys_rel_source_info") or {}, "sys_rel_source_info")
    name, feed = _text(info.get("source_name"), "source_name"), _text(info.get("source_feed"), "source_feed")
    kind = _text(raw.get("type"), "type") or ""
    if "parent_id" in raw or "child_id" in raw:
        parent, child = _text(raw.get("parent_id"), "parent_id"), _text(raw.get("child_id"), "child_id")
        return Relation(parent, child, True, kind, name, feed, raw)
    return Relation(_index(raw.get("parent")), _index(raw.get("child")), False, kind, name, feed, raw)


def _reference(raw: Mapping[str, Any]) -> Reference:
    names = [_text(raw.get(name), name) or "" for name in ("referenceField", "referenced", "referencedBy")]
    return Reference(*names)


def _index(value: object) -> int | None:
    if value is None:
        return None
    try:
        return int(str(value))
    except ValueError:
        # What the product's JSON reader says of a sys_id where an index belongs.
        problem = "com.fasterxml.jackson.databind.exc.InvalidFormatException: Cannot deserialize value of type"
        raise PayloadError(f'{problem} `int` from String "{value}": not a valid Integer value') from None


def _text(value: object, where: object, within: str = "") -> Value:
    if value is None or value == "":
        return None
    if isinstance(value, str):
        if "\x00" in value:  # No record could be found by such a text again.
            raise PayloadError(f"the value of {where}{within} has a null character; leave that out")
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise PayloadError(f"the value of {where}{within} is neither text nor a number")


def _true(value: object) -> bool:
    return value is True or (isinstance(value, str) and value.lower() == "true")


def _object(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise PayloadError(f"{where} is not an object")
    return value


def _list(raw: Mapping[str, Any], name: str) -> list[Any]:
    value = raw.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise PayloadError(f"{name} is not a list")
    return value
