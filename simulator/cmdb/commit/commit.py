"""What the identified items make of the records: CIs, their lookup and related records, relations, sources."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from simulator.cmdb.call import Call
from simulator.cmdb.duplicates.duplicates import release
from simulator.cmdb.duplicates.reclassification import lost
from simulator.cmdb.payload import SourceInfo
from simulator.cmdb.preparation.references import Reference
from simulator.cmdb.preparation.relations import Link
from simulator.cmdb.reconciliation.reconciliation import Reconciler
from simulator.cmdb.records import ChangeSet, Record, Value
from simulator.cmdb.text import fold
from simulator.cmdb.work import Part, SubWork, Work, owner_of


class Writer:
    """Collects the changes of the items that are in order."""

    def __init__(self, call: Call) -> None:
        self._changes = ChangeSet()
        self._call, self._reconciler = call, Reconciler(call, self._changes)
        self._model, self._index = call.model, call.index
        self._source, self._stamp, self._new_id = call.source or "", call.stamp, call.new_id
        self._keyed = call.index.place("sys_object_source", ("name", "id"))
        self._heeds_older_sights = call.model.on("skip_updating_source_last_discovered_if_older", "true")
        self._heeds_older_scans = call.model.on("skip_updating_last_scan_if_older", "true")
        self._discovers = not call.options.skip_updating_source_last_discovered_to_now
        self._scans = not call.options.skip_updating_last_scan_to_now
        self._tables: dict[str, str] = {}
        self._moved: dict[Value, Record] = {}
        """The CIs that get another class, with all that they have: they lose what that has no field for."""
        self._latest: dict[str, Record] = {}
        """The updated CIs as they are now: several items may lead to one."""
        self._subs: dict[str, Record] = {}
        """The same for their lookup and related records, inserted ones included."""
        self._told: set[tuple[Hashable, str]] = set()
        """Of which records keys at their sources have been written."""

    def write(self, works: list[Work], links: Iterable[Link], references: Iterable[Reference]) -> ChangeSet:
        """What all *works* make of the records, with the relations between them and where they come from."""
        good = set(works)
        links = [each for each in links if all(owner_of(end) in good for end in each.ends)]
        for reference in references:
            reference.fill()
        self._reconciler.want(works)
        for each in links:
            if all(end.match is not None for end in each.ends):
                self._index.want("cmdb_rel_ci", *self._relation_key(each))
        for work in works:
            self._want_keyed(work)
            for sub in work.subs:
                self._want_keyed(sub)
        self._index.fetch()
        known = [(work.match, work.class_name) for work in works if work.match is not None]
        self._moved = self._index.whole([row for row, name in known if row.get("sys_class_name") != name])
        for work in works:
            if work.match is None:
                self._insert(work)
            else:
                self._update(work, self._latest.get(work.sys_id, work.match))
            self._write_sources(work)
            for sub in work.subs:
                self._write_sub(sub)
                self._write_sources(sub)
        self._relate(links)
        return self._changes

    def _insert(self, work: Work) -> None:
        values = work.item.values
        table, hierarchy = work.item.class_name, self._model.hierarchy
        row: Record = {
            **values,
            "sys_id": work.sys_id,
            "sys_class_name": table,
            "sys_domain": self._call.caller.home,
            "discovery_source": self._source,
            "first_discovered": values.get("first_discovered") or self._stamp,
            "last_discovered": values.get("last_discovered") or self._stamp,
            "sys_created_on": self._stamp,
            "sys_updated_on": self._stamp,
        }
        if hierarchy.top(table) != "cmdb_ci":  # it has no fields of discovery ("IRE support for non-CMDB tables")
            row = {name: value for name, value in row.items() if hierarchy.has_field(table, name)}
        self._changes.inserts[table].append(row)
        self._reconciler.note_insert(work, row)

    def _update(self, work: Work, match: Record) -> None:
        fields = self._model.hierarchy.fields(work.class_name)  # Those of the item's class, if it gets that.
        sent = work.item.values.copy()
        if not fields.issuperset(sent):
            sent = {name: value for name, value in sent.items() if name in fields}
        sent.pop("discovery_source", None)
        seen = sent.get("last_discovered")
        is_outdated = self._is_outdated(seen, match)
        if is_outdated or seen is None:
            sent.pop("last_discovered", None)
        reconciled = self._reconciler.reconcile(work, match, sent)
        written, work.masked = dict(reconciled.written), reconciled.masked
        work.reconciled += reconciled.told
        if work.operation == "UPDATE" and not (written or work.masked):
            work.operation = "NO_CHANGE"
        if work.class_name != match.get("sys_class_name"):
            whole = {**self._moved.get(match["sys_id"], {}), **match}
            written |= {**lost(self._model.hierarchy, whole, work.class_name), "sys_class_name": work.class_name}
        written = release(match, written)
        if written:
            written["sys_updated_on"] = self._stamp
        if not is_outdated and (self._discovers or seen is not None):
            for name, value in (("discovery_source", self._source), ("last_discovered", seen or self._stamp)):
                if name in fields:
                    written[name] = value
        if written:
            self._latest[work.sys_id] = {**match, **written}
            # All that changes of a CI stands in one place: under the class that it had before the call.
            table = self._tables.setdefault(work.sys_id, match.get("sys_class_name") or "cmdb_ci")
            self._changes.updates[table].setdefault(work.sys_id, {}).update(written)

    def _is_outdated(self, seen: Value, match: Record) -> bool:
        """Whether the CI was discovered later than the payload says: that leaves both, when and by whom."""
        return self._heeds_older_sights and (seen or self._stamp) < (match.get("last_discovered") or "")

    def _write_sub(self, sub: SubWork) -> None:
        work, entry, values = sub.owner, sub.entry, sub.item.values
        assert entry is not None
        known = self._subs.get(sub.sys_id, sub.match)
        if known is not None:
            changed = {name: value for name, value in values.items() if (known.get(name) or None) != value}
            sub.operation = "UPDATE" if changed else "NO_CHANGE"
            if sub.match is None:
                known |= changed  # it is to be inserted so
            elif changed:
                table, changed = known.get("sys_class_name") or sub.class_name, release(known, changed)
                self._changes.updates[table].setdefault(sub.sys_id, {}).update(changed)
                self._subs[sub.sys_id] = {**known, **changed}
            return
        sub.operation = "INSERT"
        row = self._subs[sub.sys_id] = {
            **values,
            "sys_id": sub.sys_id,
            entry.referenced_field: work.sys_id,
            "sys_created_on": self._stamp,
        }
        if self._model.hierarchy.is_separated(sub.class_name):
            # The texts leave the domain of such a record open: it is that of the CI it belongs to.
            row["sys_domain"] = self._call.caller.home if work.match is None else work.match.get("sys_domain")
        self._changes.inserts[sub.class_name].append(row)

    def _rows_of(self, source: SourceInfo, part: Part) -> list[Record]:
        """The rows of a key that stand for a record such as this."""
        rows = self._keyed.found(source.identity)
        if not rows:
            return rows
        numbered_as = self._model.numbered_as
        within = numbered_as(part.class_name)
        return [row for row in rows if numbered_as(row.get("target_table") or "cmdb_ci") == within]

    def _want_keyed(self, part: Part) -> None:
        """Of what the keys of *part* stand for so far, that which is something else."""
        for source in _sources(part):
            for row in self._rows_of(source, part):
                if row.get("target_sys_id") != part.sys_id and (table := self._keyed_table(row)):
                    self._index.want(table, ("sys_id",), (row.get("target_sys_id"),))

    def _keyed_table(self, row: Record) -> str | None:
        """Where the record is that a key stands for; None for a table that there is not."""
        table = row.get("target_table") or "cmdb_ci"
        if table in self._model.hierarchy:
            return self._model.hierarchy.top(table)
        return table if self._model.hierarchy.fields(table) else None

    def _is_free(self, row: Record) -> bool:
        """Whether a key may stand for something else now: not where the caller does not see what it stands for."""
        table = self._keyed_table(row)
        known = self._index.found(table, ("sys_id",), (row.get("target_sys_id"),)) if table else []
        return all(self._call.sees(table or "", each) for each in known)

    def _write_sources(self, part: Part) -> None:
        for source in _sources(part):
            if (source.identity, part.sys_id) not in self._told:
                self._told.add((source.identity, part.sys_id))
                self._write_source(source, part)

    def _write_source(self, source: SourceInfo, part: Part) -> None:
        rows = self._rows_of(source, part)
        row = next((each for each in rows if each.get("target_sys_id") == part.sys_id), None)
        if row is None and (free := next(filter(self._is_free, rows), None)) is not None:
            # A source has one record of a key: its row follows to what that is now.
            target: Record = {"target_table": part.class_name, "target_sys_id": part.sys_id}
            self._changes.updates["sys_object_source"][free["sys_id"] or ""] = target
            row = {**free, **target}
        scan = source.recency or self._stamp
        if row is None:
            self._changes.inserts["sys_object_source"].append(
                {
                    "sys_id": self._new_id(),
                    "name": source.name,
                    "id": source.key,
                    "source_feed": source.feed or self._call.caller.feed,
                    "target_table": part.class_name,
                    "target_sys_id": part.sys_id,
                    "last_scan": scan,
                }
            )
        elif (source.recency or self._scans) and self._is_to_be_scanned(row, scan):
            self._changes.updates["sys_object_source"].setdefault(row["sys_id"] or "", {})["last_scan"] = scan

    def _is_to_be_scanned(self, row: Record, scan: str) -> bool:
        last = row.get("last_scan") or ""
        return scan > last or (scan < last and not self._heeds_older_scans)

    def _relation_key(self, link: Link) -> tuple[tuple[str, ...], tuple[Value, ...]]:
        kind = self._model.relation_id(link.type)
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
        self._tell_sources([each for each in links if each.sent_source and not _depends(each)])

    def _tell_sources(self, links: list[Link]) -> None:
        """A row for each source that told of a relation, whoever told of it first."""
        table, columns = "sys_rel_source", ("relation",)
        for each in links:
            self._index.want(table, columns, (each.result.sys_id,))
        self._index.fetch()
        known = {
            (each.result.sys_id, fold(row["name"] or ""))
            for each in links
            for row in self._index.found(table, columns, (each.result.sys_id,))
        }
        for each in links:
            name = self._model.source(each.source_name) or self._source
            place = each.result.sys_id, fold(name)
            if place not in known:
                known.add(place)
                feed = each.source_feed or self._call.caller.feed or "UNKNOWN"
                row: Record = {"sys_id": self._new_id(), "relation": place[0], "name": name, "source_feed": feed}
                self._changes.inserts[table].append(row)


def _depends(link: Link) -> bool:
    """Whether the relation is the one by which one of its ends depends on the other."""
    pairs = ((link.parent, link.child), (link.child, link.parent))
    return any(isinstance(own, Work) and own.host is other for own, other in pairs)


def _sources(part: Part) -> tuple[SourceInfo, ...]:
    """What is said of the record's keys at its sources."""
    if isinstance(part, Work):
        return part.sources
    source = part.item.source
    return (source,) if source.name and source.key else ()
