"""What becomes of a configuration item's class when a payload names another ("Configure CI reclassification")."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from simulator.cmdb.call import Call
from simulator.cmdb.classes.hierarchy import Hierarchy
from simulator.cmdb.duplicates.duplicates import OPEN_STATES
from simulator.cmdb.items import Identified, Info, Troubles
from simulator.cmdb.messages import trouble
from simulator.cmdb.payload import Item
from simulator.cmdb.records import ChangeSet, Record
from simulator.cmdb.rules.restrictions import Change

_TASKS = "reclassification_task"


@dataclass(frozen=True, slots=True)
class _Kept:
    """The CI keeps its class, by a restriction rule or, with none named, by a flag or property."""

    rule: str = ""


class Settled(NamedTuple):
    """What an item does to its CI: the operation, and the class that the CI has after it."""

    operation: str
    class_name: str
    info: tuple[Info, ...] = ()
    errors: Troubles = ()


def reclassify(item: Item, record: Record, call: Call) -> Settled:
    """Settle the class that the CI *record* has after the item, and the operation that says so."""
    have, want = record.get("sys_class_name") or "", item.class_name
    if have == want:
        return Settled("UPDATE", have)
    change = kind_of(call.model.hierarchy, have, want)
    kept = _restricted(change, have, item, call) or _kept_by_choice(change, item, call)
    if kept is not None:
        why = " by a reclassification restriction rule" if kept.rule else ""
        message = f"CI Reclassification not allowed from class: [{have}] to [{want}]{why}"
        return Settled("UPDATE", have, (Info(f"SKIPPED_CLASS_{change.upper()}", message, kept.rule),))
    reason = _forbidden(change, have, item, call)
    if reason:
        wrong = trouble("reclassification", kind=have, to_class=want, reason=reason)
        return Settled("UPDATE", have, errors=(wrong,))
    return Settled(f"UPDATE_WITH_{change.upper()}", want)


def kind_of(hierarchy: Hierarchy, have: str, want: str) -> Change:
    """To a class below is an upgrade, to one above a downgrade, and all else a switch."""
    if hierarchy.is_a(want, have):
        return "Upgrade"
    return "Downgrade" if hierarchy.is_a(have, want) else "Switch"


def lost(hierarchy: Hierarchy, record: Record, to_class: str) -> Record:
    """The values that the CI loses with its class, as the change that empties them."""
    gone = hierarchy.fields(record.get("sys_class_name") or "") - hierarchy.fields(to_class)
    return {name: None for name in sorted(gone) if record.get(name) is not None}


def _restricted(change: Change, have: str, item: Item, call: Call) -> _Kept | None:
    # The documents leave open whether this or updateWithout... comes first; reclassify asks this first.
    if not call.model.on("reclassification_restriction_rules_enabled", "true"):
        return None
    if item.settings.get("skipReclassificationRestrictionRules"):
        return None
    rule = call.model.restrictions.find(call.model.hierarchy, change, have, item.class_name)
    return None if rule is None else _Kept(rule)


def _kept_by_choice(change: Change, item: Item, call: Call) -> _Kept | None:
    chosen = item.settings.get(f"updateWithout{change}")
    return _Kept() if chosen or call.model.on(f"update_without_{change.lower()}_enabled", "false") else None


def _forbidden(change: Change, have: str, item: Item, call: Call) -> str:
    """What forbids the change; a flag of the item beats the property, but both classes need the same rule."""
    rules, hierarchy = call.model.rules, call.model.hierarchy
    rule, other = rules.rule_of(hierarchy, have), rules.rule_of(hierarchy, item.class_name)
    if rule is not other:
        names = " and ".join(
            "none" if each is None else f"{each.name} on {each.applies_to}" for each in (rule, other)
        )
        return f"The classes have different identification rules: {names}"
    flag = f"class{change}"
    if flag in item.flags:
        return "" if item.flags[flag] else f"The item says so with {flag}"
    allowed = call.model.properties.get(f"glide.class.{change.lower()}.enabled", "true")
    return "" if allowed == "true" else f"The property glide.class.{change.lower()}.enabled says so"


def report(items: Iterable[Identified], call: Call) -> ChangeSet:
    """A task for each change of class that was refused, one open task for a CI and a class only."""
    changes = ChangeSet()
    troubled = [each for each in items if each.errors]
    refused = [
        each for each in troubled if any(one.error == "RECLASSIFICATION_NOT_ALLOWED" for one in each.errors)
    ]
    for each in refused:
        call.index.want(_TASKS, ("cmdb_ci",), (each.sys_id,))
    call.index.fetch()
    for each in refused:
        assert each.match is not None
        description = f"Current class: [{each.class_name}], target class: [{each.item.class_name}]"
        rows = [*call.index.found(_TASKS, ("cmdb_ci",), (each.sys_id,)), *changes.inserts[_TASKS]]
        if any(
            (row["cmdb_ci"], row["description"]) == (each.sys_id, description) and row["state"] in OPEN_STATES
            for row in rows
        ):
            continue
        changes.inserts[_TASKS].append(
            {
                "sys_id": call.new_id(),
                "cmdb_ci": each.sys_id,
                "short_description": "CI reclassification",
                "description": description,
                "payload": json.dumps({"items": [dict(each.item.raw)]}),
                "state": "1",
                "active": "true",
                "sys_domain": each.match.get("sys_domain") or "global",
                "sys_created_on": call.stamp,
            }
        )
    return changes
