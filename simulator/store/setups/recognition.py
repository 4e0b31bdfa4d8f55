"""Which rows the records of a setup are about, whoever has made these: the engine or an earlier setup."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import chain, count

from simulator.cmdb.records import Record, Value
from simulator.protocol.envelope import derive_id
from simulator.store.cmdb.store import CmdbStore

_IDENTIFYING: Mapping[str, tuple[str, ...]] = {
    "sys_user": ("user_name",),
    "sys_choice": ("name", "element", "value"),
    "cmdb_identifier": ("applies_to", "name"),
    "cmdb_ie_active_config": ("table",),
}
"""What tells the rows of a table apart where that is not `name`."""

_AMBIGUOUS = frozenset({"cmdb_rel_type"})
"""Tables in which a record may share its name: that the engine refuses the name then is what is to be seen."""


def identifying(store: CmdbStore, table: str) -> tuple[str, ...]:
    """The columns that tell the rows of a table or class apart for people, none where nothing does."""
    return _IDENTIFYING.get(table, ("name",) if "name" in store.columns(table) else ())


def recognise(store: CmdbStore, table: str, records: list[Record]) -> list[str]:
    """The sys_id of the row that each record is about, every row once.

    That is the stated one, else the one with its identifying name; with `sys_domain`, in that domain if there may
    be several. Of several, it is the one that a setup has made in the record's place among those of its name,
    otherwise the oldest. Where there is none, it is the one made in that place that is called otherwise or in
    another domain since, or a new one.
    """
    keys = [_key(store, table, record) for record in records]
    known = [_like(store, table, key, record.get("sys_domain")) for key, record in zip(keys, records, strict=True)]
    seen: Counter[tuple[Value, ...]] = Counter()
    own: list[str] = []
    for key in keys:
        own.append(_made(table, key, seen[key]))
        seen[key] += 1
    found = {at: sys_id for at, record in enumerate(records) if (sys_id := record.get("sys_id"))}
    taken = set(found.values())
    surest = [[mine] if mine in rows else [] for mine, rows in zip(own, known, strict=True)]
    last = [chain([mine], _unused(store, table, key, seen[key])) for key, mine in zip(keys, own, strict=True)]
    for candidates in (surest, known, last):
        for at, some in enumerate(candidates):
            sys_id = None if at in found else next((one for one in some if one not in taken), None)
            if sys_id is not None:
                found[at] = sys_id
                taken.add(sys_id)
    return [found[at] for at in range(len(records))]


def _key(store: CmdbStore, table: str, record: Record) -> tuple[Value, ...]:
    """The record's identifying values; none where one is missing."""
    if table in _AMBIGUOUS:
        return ()
    columns = identifying(store, table)
    key = tuple(record.get(column) for column in columns)
    return key if all(key) else ()


def _like(store: CmdbStore, table: str, key: tuple[Value, ...], domain: Value) -> list[str]:
    """The rows with these identifying values, oldest first; of *domain*, if others may have one too."""
    columns = identifying(store, table)
    rows = store.rows(table, columns, [key]) if key else []
    is_anywhere = domain is None or store.is_unique(table, columns)
    return [row["sys_id"] or "" for row in rows if is_anywhere or row.get("sys_domain") == domain]


def _made(table: str, key: tuple[Value, ...], number: int) -> str:
    """The sys_id of what a setup makes, by its place among those of the same name."""
    return derive_id("setup", table, *(part or "" for part in key or ("",)), number)


def _unused(store: CmdbStore, table: str, key: tuple[Value, ...], first: int) -> Iterator[str]:
    for number in count(first):
        sys_id = _made(table, key, number)
        if not store.rows(table, ("sys_id",), [(sys_id,)]):
            yield sys_id
