"""Topologies in short, and what they stand for: many instances of one kind, a manager and its own, a pipeline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from simulator.scenario.model import ALONE, MAX_COUNT, Hub, Pipeline
from simulator.scenario.reading.place import DataPath
from simulator.scenario.reading.scope import At, Sheet, Value, parts_of

Keys = Mapping[str, Value | list[Value]]
"""The keys of a step; a list is made of values that stand at several places."""


def steps_of_hub(hub: Hub, written: Value) -> Iterator[tuple[str, Keys]]:
    """One manager, and trust of each instance that it manages in it."""
    at = written.part(("hub",))
    manager, managed, about = at.part(("manager",)), at.part(("managed",)), _about(at)
    yield from _managed(manager, managed, about, at)
    yield from _items(at, manager, about, [(managed, manager)])
    yield from _synced(manager, about)


def steps_of_pipeline(pipeline: Pipeline, written: Value) -> Iterator[tuple[str, Keys]]:
    """The last stage manages those before it, and each trusts the next one as that trusts it."""
    at = written.part(("pipeline",))
    *before, last = stages = parts_of(at.part(("stages",)))
    about = _about(at)
    managed = [name for stage in before for name in _names(stage)]
    yield from _managed(last, managed, about, at)
    pairs = [pair for one, next_ in pairwise(stages) for pair in ((one, next_), (next_, one))]
    yield from _items(at, last, about, pairs)
    yield from _synced(last, about)


def _about(at: Value) -> Keys:
    """The application, where it is named."""
    return {"application": at.part(("application",))} if "application" in _data(at) else {}


def _managed(manager: Value, managed: Value | list[Value], about: Keys, at: Value) -> Iterator[tuple[str, Keys]]:
    yield "name_manager", {"on": managed, "manager": manager, **about}
    yield _ARRIVED  # the time until it approves begins when the manager has heard of it
    yield "advance", {"": at.part(("approval",)) if "approval" in _data(at) else Value(APPROVAL)}
    yield _ARRIVED  # and it syncs to none before that has its answer


APPROVAL = "10m"
"""A manager approves by itself after five minutes, unless the file says otherwise."""


def _items(at: Value, manager: Value, about: Keys, pairs: list[tuple[Value, Value]]) -> Iterator[tuple[str, Keys]]:
    capabilities: list[Keys] = [{}]
    if "capability" in _data(at):
        capabilities = [{"capability": it} for it in _names(at.part(("capability",)))]
    for capability in capabilities:
        for trusting, trusted in pairs:
            keys: Keys = {"on": manager, **about, **capability, "trusting": trusting, "trusted": trusted}
            yield "save_profile_item", keys


def _synced(manager: Value, about: Keys) -> Iterator[tuple[str, Keys]]:
    yield "sync_trust_profiles", {"on": manager, **about}
    yield _ARRIVED


_ARRIVED: tuple[str, Keys] = ("settle", {"": Value(ALONE["settle"])})
"""In bad weather nothing is there before."""


def _names(value: Value) -> list[Value]:
    return parts_of(value) if isinstance(value.data, list) else [value]


def _data(value: Value) -> Mapping[str, object]:
    assert isinstance(value.data, Mapping), "it was checked"
    return value.data


# -- many instances of one kind -------------------------------------------------------------------------


def with_counted(data: dict[str, object], at: At, sheet: Sheet) -> dict[str, object]:
    """The data of a file in which an instance with a `count` is so many, with a group of its name."""
    match data:
        case {"instances": dict(written)}:
            counted = {name: it for name, it in written.items() if isinstance(it, dict) and "count" in it}
        case _:
            return data
    instances: dict[str, object] = {}
    groups = dict(data["groups"]) if isinstance(data.get("groups"), dict) else {}  # type: ignore[call-overload]
    for name, definition in written.items():
        if name not in counted:
            instances.setdefault(name, definition)
            continue
        place, key = sheet.values["instances", name], sheet.keys["instances", name]
        count = definition["count"]
        if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= MAX_COUNT:
            where = sheet.values.get(("instances", name, "count"), place)
            got = where.written or "nothing"
            sheet.report(
                where, f"instances.{name}.count: expected a whole number from 1 to {MAX_COUNT}, got {got}"
            )
            continue
        if name in groups:
            sheet.report(
                key, f"instances.{name}: with a count this is a group, and there is another one of this name"
            )
        names = [f"{name}{number}" for number in range(1, count + 1)]
        inside = {path[2:]: it for path, it in sheet.values.items() if path[:2] == ("instances", name)}
        for one in names:
            if one in written:
                sheet.report(key, f"instances.{name}: one of these {count} is {one}, which is defined already")
            instances[one] = {key: it for key, it in definition.items() if key != "count"}
            sheet.values.update({("instances", one, *path): it for path, it in inside.items()})
            sheet.keys["instances", one] = key
        groups[name] = names
        new: DataPath = ("groups", name)
        sheet.values.setdefault(("groups",), place)
        sheet.values[new] = sheet.keys[new] = place
    return {**data, "instances": instances, **({"groups": groups} if groups else {})}
