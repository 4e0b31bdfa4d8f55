"""What the identified items make of the records: CIs, their lookup and related records, relations, sources."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from simulator.cmdb.call import Call
from simulator.cmdb.duplicates.duplicates import release
from simulator.cmdb.duplicates.reclassification import lost
from simulator.cmdb.identification.identify import Identification
from simulator.cmdb.items import Identified, IdentifiedSub, Link, Pointer, Written
from simulator.cmdb.payload import SourceInfo
from simulator.cmdb.reconciliation.reconciliation import Reconciler
from simulator.cmdb.records import ChangeSet, Record, Value
from simulator.cmdb.text import fold


class MadeRelation(NamedTuple):
    """What became of a relation: inserted, or found."""

    operation: str
    sys_id: str


@dataclass(frozen=True, slots=True)
class Commit:
    """What became of the items in order and of their relations, by their places, and the changes."""

    items: Mapping[int, Written]
    relations: Mapping[int, MadeRelation]
    changes: ChangeSet


def write(identified: Identification, call: Call) -> Commit:
    """What all items in order make of the records, with the relations between them and where they come from."""
    return Writer(identified, call).write()


class Writer:
    """Collects the changes of the items that are in order."""

    def __init__(self, identified: Identification, call: Call) -> None:
        self._changes = ChangeSet()
        self._items = identified.items
        self._links = [each for each in identified.links if each.place not in identified.refused]
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

    def write(self) -> Commit:
        """Write each item with its lookup and related records, and then the relations."""
        items = [each for each in self._items.values() if not each.errors]
        self._reconciler.want(items)
        for link in self._links:
            if all(self._record(end).match is not None for end in link.ends):
                self._index.want("cmdb_rel_ci", *self._relation_key(link))
        for each in items:
            self._want_keyed(each.ready.sources, each.class_name, each.sys_id)
            for sub in each.subs:
                self._want_keyed(_keys(sub), sub.ready.class_name, sub.sys_id)
        self._index.fetch()
        known = [(each.match, each.class_name) for each in items if each.match is not None]
        self._moved = self._index.whole([row for row, name in known if row.get("sys_class_name") != name])
        written = {each.ready.place: self._write(each) for each in items}
        return Commit(written, self._relate(), self._changes)

    def _record(self, pointer: Pointer) -> Identified | IdentifiedSub:
        return self._items[pointer.item].record(pointer)

    def _write(self, each: Identified) -> Written:
        if each.match is None:
            written = self._insert(each)
        else:
            written = self._update(each, self._latest.get(each.sys_id, each.match))
        self._write_sources(each.ready.sources, each.class_name, each.sys_id)
        if not each.subs:
            return written
        operations: list[str] = []
        for sub in each.subs:
            operations.append(self._write_sub(each, sub))
            self._write_sources(_keys(sub), sub.ready.class_name, sub.sys_id)
        return written._replace(sub_operations=tuple(operations))

    def _insert(self, each: Identified) -> Written:
        values = each.ready.item.values
        table, hierarchy = each.ready.item.class_name, self._model.hierarchy
        row: Record = {
            **values,
            "sys_id": each.sys_id,
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
        self._reconciler.note_insert(each, row)
        return Written(each.operation)

    def _update(self, each: Identified, match: Record) -> Written:
        fields = self._model.hierarchy.fields(each.class_name)  # Those of the item's class, if it gets that.
        sent = each.ready.item.values.copy()
        if not fields.issuperset(sent):
            sent = {name: value for name, value in sent.items() if name in fields}
        sent.pop("discovery_source", None)
        seen = sent.get("last_discovered")
        is_outdated = self._is_outdated(seen, match)
        if is_outdated or seen is None:
            sent.pop("last_discovered", None)
        reconciled = self._reconciler.reconcile(each, match, sent)
        written = dict(reconciled.written)
        is_same = each.operation == "UPDATE" and not (written or reconciled.masked)
        if each.class_name != match.get("sys_class_name"):
            whole = {**self._moved.get(match["sys_id"], {}), **match}
            written |= {**lost(self._model.hierarchy, whole, each.class_name), "sys_class_name": each.class_name}
        written = release(match, written)
        if written:
            written["sys_updated_on"] = self._stamp
        if not is_outdated and (self._discovers or seen is not None):
            for name, value in (("discovery_source", self._source), ("last_discovered", seen or self._stamp)):
                if name in fields:
                    written[name] = value
        if written:
            self._latest[each.sys_id] = {**match, **written}
            # All that changes of a CI stands in one place: under the class that it had before the call.
            table = self._tables.setdefault(each.sys_id, match.get("sys_class_name") or "cmdb_ci")
            self._changes.updates[table].setdefault(each.sys_id, {}).update(written)
        return Written("NO_CHANGE" if is_same else each.operation, reconciled.masked, reconciled.told)

    def _is_outdated(self, seen: Value, match: Record) -> bool:
        """Whether the CI was discovered later than the payload says: that leaves both, when and by whom."""
        return self._heeds_older_sights and (seen or self._stamp) < (match.get("last_discovered") or "")

    def _write_sub(self, host: Identified, sub: IdentifiedSub) -> str:
        """Write a lookup or related record; the operation says what became of it."""
        entry, table = sub.ready.entry, sub.ready.class_name
        assert entry is not None
        # Which record it is and whose has been found out; what is sent for that changes neither.
        own = "sys_id", entry.referenced_field
        values = {name: value for name, value in sub.ready.item.values.items() if name not in own}
        known = self._subs.get(sub.sys_id, sub.match)
        if known is not None:
            changed = {name: value for name, value in values.items() if (known.get(name) or None) != value}
            if sub.match is None:
                known |= changed  # it is to be inserted so
            elif changed:
                released, table = release(known, changed), known.get("sys_class_name") or table
                self._changes.updates[table].setdefault(sub.sys_id, {}).update(released)
                self._subs[sub.sys_id] = {**known, **released}
            return "UPDATE" if changed else "NO_CHANGE"
        row = self._subs[sub.sys_id] = {
            **values,
            "sys_id": sub.sys_id,
            entry.referenced_field: host.sys_id,
            "sys_created_on": self._stamp,
        }
        if self._model.hierarchy.is_separated(table):
            # The texts leave the domain of such a record open: it is that of the CI it belongs to.
            row["sys_domain"] = self._call.caller.home if host.match is None else host.match.get("sys_domain")
        self._changes.inserts[table].append(row)
        return "INSERT"

    def _rows_of(self, source: SourceInfo, kind: str) -> list[Record]:
        """The rows of a key that stand for a record of such a class."""
        rows = self._keyed.found(source.identity)
        if not rows:
            return rows
        numbered_as = self._model.numbered_as
        within = numbered_as(kind)
        return [row for row in rows if numbered_as(row.get("target_table") or "cmdb_ci") == within]

    def _want_keyed(self, keys: Iterable[SourceInfo], kind: str, sys_id: str) -> None:
        """Of what these keys of a record stand for so far, that which is something else."""
        for source in keys:
            for row in self._rows_of(source, kind):
                if row.get("target_sys_id") != sys_id and (table := self._keyed_table(row)):
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

    def _write_sources(self, keys: Iterable[SourceInfo], kind: str, sys_id: str) -> None:
        """Write by which *keys* its sources know the record with this class and sys_id."""
        for source in keys:
            if (source.identity, sys_id) not in self._told:
                self._told.add((source.identity, sys_id))
                self._write_source(source, kind, sys_id)

    def _write_source(self, source: SourceInfo, kind: str, sys_id: str) -> None:
        row = self._row_of(source, kind, sys_id)
        scan = source.recency or self._stamp
        if row is None:
            self._changes.inserts["sys_object_source"].append(
                {
                    "sys_id": self._new_id(),
                    "name": source.name,
                    "id": source.key,
                    "source_feed": source.feed or self._call.caller.feed,
                    "target_table": kind,
                    "target_sys_id": sys_id,
                    "last_scan": scan,
                }
            )
        elif (source.recency or self._scans) and self._is_to_be_scanned(row, scan):
            self._changes.updates["sys_object_source"].setdefault(row["sys_id"] or "", {})["last_scan"] = scan

    def _row_of(self, source: SourceInfo, kind: str, sys_id: str) -> Record | None:
        """The row by which the source knows the record, which may have stood for another one; None without one."""
        rows = self._rows_of(source, kind)
        for row in rows:
            if row.get("target_sys_id") == sys_id:
                return row
        free = next(filter(self._is_free, rows), None) if rows else None
        if free is None:
            return None
        # A source has one record of a key: its row follows to what that is now.
        target: Record = {"target_table": kind, "target_sys_id": sys_id}
        self._changes.updates["sys_object_source"][free["sys_id"] or ""] = target
        return {**free, **target}

    def _is_to_be_scanned(self, row: Record, scan: str) -> bool:
        last = row.get("last_scan") or ""
        return scan > last or (scan < last and not self._heeds_older_scans)

    def _relation_key(self, link: Link) -> tuple[tuple[str, ...], tuple[Value, ...]]:
        kind = self._model.relation_id(link.type)
        return ("parent", "child", "type"), (
            self._record(link.parent).sys_id,
            self._record(link.child).sys_id,
            kind,
        )

    def _relate(self) -> dict[int, MadeRelation]:
        made: dict[tuple[Value, ...], str] = {}
        relations: dict[int, MadeRelation] = {}
        for link in self._links:
            columns, key = self._relation_key(link)
            rows = self._index.found("cmdb_rel_ci", columns, key)
            if rows or key in made:
                sys_id = (rows[0]["sys_id"] or "") if rows else made[key]
                relations[link.place] = MadeRelation("NO_CHANGE", sys_id)
                continue
            sys_id = made[key] = self._new_id()
            relations[link.place] = MadeRelation("INSERT", sys_id)
            row: Record = {"sys_id": sys_id, **dict(zip(columns, key, strict=True)), "sys_created_on": self._stamp}
            self._changes.inserts["cmdb_rel_ci"].append(row)
        self._tell_sources(relations)
        return relations

    def _tell_sources(self, relations: Mapping[int, MadeRelation]) -> None:
        """A row for each source that told of a relation, whoever told of it first."""
        table, columns = "sys_rel_source", ("relation",)
        links = [each for each in self._links if each.sent_source and not self._depends(each)]
        for link in links:
            self._index.want(table, columns, (relations[link.place].sys_id,))
        self._index.fetch()
        known = {
            (sys_id, fold(row["name"] or ""))
            for sys_id in (relations[link.place].sys_id for link in links)
            for row in self._index.found(table, columns, (sys_id,))
        }
        for link in links:
            name = self._model.source(link.source_name) or self._source
            place = relations[link.place].sys_id, fold(name)
            if place not in known:
                known.add(place)
                feed = link.source_feed or self._call.caller.feed or "UNKNOWN"
                row: Record = {"sys_id": self._new_id(), "relation": place[0], "name": name, "source_feed": feed}
                self._changes.inserts[table].append(row)

    def _depends(self, link: Link) -> bool:
        """Whether the relation is the one by which one of its ends depends on the other."""
        pairs = ((link.parent, link.child), (link.child, link.parent))
        return any(
            own.sub is None and other.sub is None and self._items[own.item].ready.host == other.item
            for own, other in pairs
        )


def _keys(sub: IdentifiedSub) -> tuple[SourceInfo, ...]:
    """What is said of the record's key at its source."""
    source = sub.ready.item.source
    return (source,) if source.name and source.key else ()
