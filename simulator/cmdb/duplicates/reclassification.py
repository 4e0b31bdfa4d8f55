"""What becomes of a configuration item's class when a payload names another ("Configure CI reclassification")."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from simulator.cmdb.call import Call
from simulator.cmdb.classes.hierarchy import Hierarchy
from simulator.cmdb.duplicates.duplicates import OPEN_STATES
from simulator.cmdb.messages import trouble
from simulator.cmdb.payload import Item
from simulator.cmdb.records import ChangeSet, Record
from simulator.cmdb.rules.restrictions import Change
from simulator.cmdb.work import Info, Work

_TASKS = "reclassification_task"


@dataclass(frozen=True, slots=True)
class _Kept:
    """The CI keeps its class, by a restriction rule or, with none named, by a flag or property."""

    rule: str = ""


def reclassify(work: Work, record: Record, call: Call) -> None:
    """Settle the class that the CI *record* has after the item, and the operation that says so."""
    have, want = record.get("sys_class_name") or "", work.item.class_name
    work.operation, work.class_name = "UPDATE", have
    if have == want:
        return
    change = kind_of(call.model.hierarchy, have, want)
    kept = _restricted(change, have, work.item, call) or _kept_by_choice(change, work.item, call)
    if kept is not None:
        why = " by a reclassification restriction rule" if kept.rule else ""
        message = f"CI Reclassification not allowed from class: [{have}] to [{want}]{why}"
        work.info += (Info(f"SKIPPED_CLASS_{change.upper()}", message, kept.rule),)
        return
    reason = _forbidden(change, have, work.item, call)
    if reason:
        work.errors += (trouble("reclassification", kind=have, to_class=want, reason=reason),)
    else:
        work.operation, work.class_name = f"UPDATE_WITH_{change.upper()}", want


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


def report(works: Iterable[Work], call: Call) -> ChangeSet:
    """A task for each change of class that was refused, one open task for a CI and a class only."""
    changes = ChangeSet()
    refused = [work for work in works if any(each.error == "RECLASSIFICATION_NOT_ALLOWED" for each in work.errors)]
    for work in refused:
        call.index.want(_TASKS, ("cmdb_ci",), (work.sys_id,))
    call.index.fetch()
    for work in refused:
        assert work.match is not None
        description = f"Current class: [{work.class_name}], target class: [{work.item.class_name}]"
        rows = [*call.index.found(_TASKS, ("cmdb_ci",), (work.sys_id,)), *changes.inserts[_TASKS]]
        if any(
            (row["cmdb_ci"], row["description"]) == (work.sys_id, description) and row["state"] in OPEN_STATES
            for row in rows
        ):
            continue
        changes.inserts[_TASKS].append(
            {
                "sys_id": call.new_id(),
                "cmdb_ci": work.sys_id,
                "short_description": "CI reclassification",
                "description": description,
                "payload": json.dumps({"items": [dict(work.item.raw)]}),
                "state": "1",
                "active": "true",
                "sys_domain": work.match.get("sys_domain") or "global",
                "sys_created_on": call.stamp,
            }
        )
    return changes
