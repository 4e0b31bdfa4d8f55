"""Duplicates among the CIs that are there: each is looked for as a payload would ("runIdentificationAudit").

Only independent rules take part, and what is tagged as a duplicate has been told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count, groupby

from simulator.cmdb.call import Call
from simulator.cmdb.duplicates import duplicates
from simulator.cmdb.forms.editor import Editor, invalid
from simulator.cmdb.forms.roles import Right
from simulator.cmdb.identification.identification import Matcher
from simulator.cmdb.index import Index
from simulator.cmdb.items import Equals, Prepared
from simulator.cmdb.payload import Item, Options, SourceInfo, SubItem
from simulator.cmdb.preparation.preparation import under_rule
from simulator.cmdb.records import ChangeSet, Record, of_class
from simulator.cmdb.rules.identifiers import Entry
from simulator.cmdb.rules.model import Caller
from simulator.refusal import Refusal

_BATCH = 1000
"""CIs that are looked for at once: what the index reads for them is let go before the next."""


@dataclass(frozen=True, slots=True)
class Audit:
    """The sets of equal records, and the tasks for those that no open task names."""

    found: tuple[Equals, ...]
    changes: ChangeSet


def plan_audit(table: str, callers: Sequence[Caller], editor: Editor, now: datetime) -> Audit | Refusal:
    """Looks for each CI of a class as each of the *callers*, whose candidate domains do not overlap."""
    if refusal := editor.refuse(Right.REMEDIATE):
        return refusal
    if not editor.model.identifies(table):
        told = f"There is no class {table}, nor are other records of such a table identified."
        return invalid(told, "name a class of CIs, such as cmdb_ci, or a table such as cmn_location", editor)
    found: dict[tuple[str | None, ...], Equals] = {}
    every = editor.reader.rows(table, (), [()])
    every = of_class(table, every) if table in editor.model.other_tables else every
    records = editor.visible(table, [row for row in every if not row.get("duplicate_of")])
    for caller in callers:
        own = [row for row in records if caller.sees(row)]
        for start in range(0, len(own), _BATCH):
            call = _call(caller, editor, now)
            for equals in _find(own[start : start + _BATCH], call, editor):
                found.setdefault(tuple(row["sys_id"] for row in equals.records), equals)
    call = _call(callers[0], editor, now)
    return Audit(tuple(found.values()), duplicates.raise_tasks(found.values(), call))


def _call(caller: Caller, editor: Editor, now: datetime) -> Call:
    index = Index(editor.reader, editor.model.other_tables)
    return Call(None, Options(), caller, editor.model, index, now.astimezone(UTC), editor.new_id, explain=False)


def _find(records: Sequence[Record], call: Call, editor: Editor) -> Iterator[Equals]:
    items = [
        each
        for each in _items(records, call, editor)
        if each.rule is not None and each.rule.independent and not each.errors
    ]
    for found in Matcher(call, {}).identify(items).values():
        for equals in found.equals:
            yield equals._replace(marked=False)


def _items(records: Sequence[Record], call: Call, editor: Editor) -> Iterator[Prepared]:
    """The CIs as items of a payload, each with the lookup records that refer to it."""
    model, places, numbers = call.model, count(), count()
    by_class = sorted(records, key=lambda row: row["sys_class_name"] or "")
    for name, rows in groupby(by_class, key=lambda row: row["sys_class_name"] or ""):
        rule = model.rules.rule_of(model.hierarchy, name)
        if rule is None:
            continue
        own = list(rows)
        subs: dict[str | None, list[SubItem]] = {}
        for entry in {entry.table: entry for entry in rule.entries if entry.is_lookup}.values():
            for row in editor.reader.rows(entry.table, (entry.referenced_field,), [(ci["sys_id"],) for ci in own]):
                subs.setdefault(row[entry.referenced_field], []).append(_sub_item(row, entry, call))
        for ci in own:
            item = _item(name, ci, tuple(subs.get(ci["sys_id"], ())), call)
            found = under_rule(item, numbers, model)
            yield Prepared(next(places), item, {}, found.rule, found.subs, errors=found.errors)


def _item(name: str, ci: Record, lookup: tuple[SubItem, ...], call: Call) -> Item:
    values = _values(ci, name, call)
    return Item(name, values, {}, None, lookup, (), {}, {}, SourceInfo(), {}, ())


def _sub_item(row: Record, entry: Entry, call: Call) -> SubItem:
    name = row.get("sys_class_name") or entry.table
    return SubItem(name, _values(row, name, call), None, SourceInfo(), ())


def _values(row: Mapping[str, str | None], name: str, call: Call) -> Record:
    fields = call.model.hierarchy.fields(name)
    return {field: value for field, value in row.items() if field in fields and value}
