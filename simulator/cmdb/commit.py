"""What the identified items make of the records: CIs, their lookup and related records, relations, sources."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from simulator.cmdb.identifiers import Entry
from simulator.cmdb.index import Index
from simulator.cmdb.messages import trouble
from simulator.cmdb.model import Caller, Model
from simulator.cmdb.payload import Options, SubItem
from simulator.cmdb.preparation import Link
from simulator.cmdb.reclassification import reclassify
from simulator.cmdb.reconciliation import Reconciler
from simulator.cmdb.records import ChangeSet, Record, Value
from simulator.cmdb.work import UNKNOWN, SubResult, Work


def plan(work: Work, model: Model, source: str, changes: ChangeSet, now: datetime) -> None:
    """Settle whether the item inserts or updates, and with which error it may not."""
    stamp = text(now)
    item = work.item
    if work.match is None:
        for name in sorted(model.hierarchy.mandatory(item.class_name)):
            if model.properties.get("glide.required.attribute.enabled", "true") == "true" and not item.values.get(
                name
            ):
                work.errors.append(trouble("mandatory", field=name, table=item.class_name))
        if not model.rulebook.may_insert(model.hierarchy, item.class_name, source):
            work.errors.append(trouble("insert", kind=item.class_name, source=source))
        return
    work.sys_id = work.match["sys_id"] or UNKNOWN
    decided = reclassify(model, item, work.match)
    work.class_name, work.operation = decided.to_class, decided.operation
    if decided.info is not None:
        work.info.append(decided.info)
    if decided.error is not None:
        work.errors.append(decided.error)
    if decided.task:
        changes.inserts["reclassification_task"].append(
            {
                "cmdb_ci": work.sys_id,
                "short_description": "CI reclassification",
                "description": f"From class [{work.match.get('sys_class_name')}] to [{item.class_name}]",
                "state": "1",
                "sys_domain": work.match.get("sys_domain"),
                "sys_created_on": stamp,
            }
        )


class Writer:
    """Collects the changes of the items that are in order."""

    def __init__(
        self,
        model: Model,
        caller: Caller,
        index: Index,
        reconciler: Reconciler,
        source: str,
        options: Options,
        now: datetime,
        new_id: Callable[[], str],
        changes: ChangeSet,
    ) -> None:
        self._model, self._caller, self._index, self._reconciler = model, caller, index, reconciler
        self._source, self._options, self._new_id = source, options, new_id
        self._changes, self._stamp = changes, text(now)

    def write(self, works: list[Work], links: list[Link], references: list[tuple[str, Work, Work]]) -> None:
        """Write all *works*, the relations between them and where they come from."""
        for work in works:
            if work.match is None:
                work.sys_id = self._new_id()
        for field, referenced, by in references:
            by.item.values[field] = referenced.sys_id
        for work in works:
            for sub, entry in self._subs(work):
                if work.match is not None:
                    self._index.want(entry.table, *_sub_key(sub, entry, work))
        good = set(works)
        links = [each for each in links if each.parent in good and each.child in good]
        self._reconciler.want(works)
        for each in links:
            if each.parent.match is not None and each.child.match is not None:
                self._index.want("cmdb_rel_ci", *self._relation_key(each))
        self._index.fetch()
        for work in works:
            if work.match is None:
                self._insert(work)
            else:
                self._update(work, work.match)
            work.subs = [self._write_sub(work, sub, entry) for sub, entry in self._subs(work)]
            self._write_source(work)
        self._relate(links)

    def _insert(self, work: Work) -> None:
        values = work.item.values
        row: Record = {
            **values,
            "sys_id": work.sys_id,
            "sys_class_name": work.item.class_name,
            "sys_domain": self._caller.home,
            "discovery_source": self._source,
            "first_discovered": values.get("first_discovered") or self._stamp,
            "last_discovered": values.get("last_discovered") or self._stamp,
            "sys_created_on": self._stamp,
            "sys_updated_on": self._stamp,
        }
        self._changes.inserts[work.item.class_name].append(row)
        self._reconciler.note_insert(work, row)

    def _update(self, work: Work, match: Record) -> None:
        sent = {
            name: value for name, value in work.item.values.items() if name not in ("sys_id", "discovery_source")
        }
        seen = sent.get("last_discovered")
        if seen and seen < (match.get("last_discovered") or ""):
            del sent["last_discovered"]
        reconciled = self._reconciler.reconcile(work, match, sent)
        written, work.masked = dict(reconciled.written), reconciled.masked
        if work.operation == "UPDATE" and not (written or work.masked):
            work.operation = "NO_CHANGE"
        if work.class_name != match.get("sys_class_name"):
            written["sys_class_name"] = work.class_name
        if written:
            written["sys_updated_on"] = self._stamp
        if seen is not None or not self._options.skip_updating_source_last_discovered_to_now:
            if seen is None and (match.get("last_discovered") or "") < self._stamp:
                written["last_discovered"] = self._stamp
            written["discovery_source"] = self._source
        table = match.get("sys_class_name") or "cmdb_ci"
        self._changes.updates[table].setdefault(work.sys_id, {}).update(written)

    def _subs(self, work: Work) -> list[tuple[SubItem, Entry]]:
        assert work.rule is not None
        is_a = self._model.hierarchy.is_a
        entries = [entry for entry in work.rule.entries if entry.is_lookup]
        found = []
        for subs, choices in ((work.item.lookup, entries), (work.item.related, work.rule.related)):
            found += [(sub, next(entry for entry in choices if is_a(sub.class_name, entry.table))) for sub in subs]
        return found

    def _write_sub(self, work: Work, sub: SubItem, entry: Entry) -> SubResult:
        rows = self._index.found(entry.table, *_sub_key(sub, entry, work)) if work.match is not None else []
        if rows:
            row = rows[0]
            sys_id = row["sys_id"] or ""
            changed = {name: value for name, value in sub.values.items() if (row.get(name) or None) != value}
            if changed:
                table = row.get("sys_class_name") or sub.class_name
                self._changes.updates[table].setdefault(sys_id, {}).update(changed)
            return SubResult(sub.class_name, "UPDATE" if changed else "NO_CHANGE", sys_id)
        sys_id = self._new_id()
        row = {**sub.values, "sys_id": sys_id, entry.referenced_field: work.sys_id, "sys_created_on": self._stamp}
        if self._model.hierarchy.is_separated(sub.class_name):
            # The texts leave the domain of such a record open: it is that of the CI it belongs to.
            row["sys_domain"] = self._caller.home if work.match is None else work.match.get("sys_domain")
        self._changes.inserts[sub.class_name].append(row)
        return SubResult(sub.class_name, "INSERT", sys_id)

    def _write_source(self, work: Work) -> None:
        source = work.item.source
        if not (source.name and source.key):
            return
        rows = self._index.found("sys_object_source", ("name", "id"), (source.name, source.key))
        row = next((each for each in rows if each.get("target_sys_id") == work.sys_id), None)
        scan = source.recency or self._stamp
        if row is None:
            self._changes.inserts["sys_object_source"].append(
                {
                    "sys_id": self._new_id(),
                    "name": source.name,
                    "id": source.key,
                    "source_feed": source.feed or self._caller.feed,
                    "target_table": work.class_name,
                    "target_sys_id": work.sys_id,
                    "last_scan": scan,
                }
            )
        elif (row.get("last_scan") or "") < scan and (
            source.recency or not self._options.skip_updating_last_scan_to_now
        ):
            self._changes.updates["sys_object_source"][row["sys_id"] or ""] = {"last_scan": scan}

    def _relation_key(self, link: Link) -> tuple[tuple[str, ...], tuple[Value, ...]]:
        kind = self._model.relation_types[link.type][0]
        return ("parent", "child", "type"), (link.parent.sys_id, link.child.sys_id, kind)

    def _relate(self, links: list[Link]) -> None:
        made: dict[tuple[Value, ...], str] = {}
        for each in links:
            columns, key = self._relation_key(each)
            rows = self._index.found("cmdb_rel_ci", columns, key)
            if rows or key in made:
                each.result.operation = "NO_CHANGE"
                each.result.sys_id = rows[0]["sys_id"] if rows else made[key]
                continue
            sys_id = made[key] = each.result.sys_id = self._new_id()
            row: Record = {"sys_id": sys_id, **dict(zip(columns, key, strict=True)), "sys_created_on": self._stamp}
            self._changes.inserts["cmdb_rel_ci"].append(row)
            depends = each.parent.host is each.child or each.child.host is each.parent
            if each.sent_source and not depends:
                self._changes.inserts["sys_rel_source"].append(
                    {
                        "sys_id": self._new_id(),
                        "relation": sys_id,
                        "name": each.source_name or self._source,
                        "source_feed": each.source_feed or self._caller.feed or "UNKNOWN",
                    }
                )


def text(now: datetime) -> str:
    """A time as records keep it, in UTC."""
    return f"{now:%Y-%m-%d %H:%M:%S}"


def _sub_key(sub: SubItem, entry: Entry, work: Work) -> tuple[tuple[str, ...], tuple[Value, ...]]:
    values = [sub.values.get(name) for name in entry.attributes]
    return (*entry.attributes, entry.referenced_field), (*values, work.sys_id)
