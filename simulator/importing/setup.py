"""All rows together as one setup, which is tried before anybody gets it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import closing
from typing import Any

from pydantic import ValidationError

from simulator.errors import SourceError, StoreError
from simulator.importing.classes import Said, classes_of
from simulator.importing.people import display_names, domain_names, domains_of, groups_of, unknown_homes, users_of
from simulator.importing.rows import Row, Rows
from simulator.importing.rules import (
    dependencies_of,
    identifiers_of,
    properties_of,
    records_of,
    relation_types_of,
    sources_of,
)
from simulator.protocol.envelope import derive_id
from simulator.store.cmdb.store import CmdbStore
from simulator.store.file import connect_with_cmdb
from simulator.store.setups.configure import configure
from simulator.store.setups.setup import Setup, domain_id

_SEPARATION = "glide.sys.domain.partitioning"
_NUMBER = re.compile(r"0|[1-9][0-9]{0,8}")
_SYS_ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")


def setup_of(rows: Rows, notes: list[str]) -> Said:
    """What a setup says to make of a new CMDB one with these rules; what it leaves out goes to *notes*."""
    names = domain_names(rows)
    relation_types, relation_rows = relation_types_of(rows)
    sources, choices = sources_of(rows)
    properties = properties_of(rows, notes)
    records: dict[str, list[Row]] = {
        "sys_user": display_names(rows),
        "sys_choice": choices,
        "cmdb_rel_type": relation_rows,
        **records_of(rows, names, notes),
    }
    if names and properties.pop(_SEPARATION, None) is None:  # with domains a setup turns separation on
        records["sys_properties"] = [{"name": _SEPARATION, "value": "false"}]
    setup = {
        "properties": _plain(properties),
        "sources": sources,
        "relation_types": relation_types,
        "domains": domains_of(rows, names),
        "groups": groups_of(rows, names),
        "users": users_of(rows, names),
        "classes": classes_of(rows, notes),
        "identifiers": identifiers_of(rows, notes),
        **dependencies_of(rows, notes),
        "records": {table: [_plain(row) for row in some] for table, some in records.items() if some},
    }
    notes += unknown_homes(rows, names)
    renamed = {
        row["sys_id"]: domain_id(names[row["sys_id"]]) for row in rows.of("domain") if row["sys_id"] in names
    }
    for table, column in (("sys_user", "user_name"), ("sys_user_group", "name")):
        renamed |= {row["sys_id"]: derive_id(table, row.get(column, "")) for row in rows.of(table)}
    return {part: _asking(said, renamed) for part, said in setup.items() if said}


def check(setup: Said) -> None:
    """Makes a CMDB of the setup, as whoever gets it will. Raises SourceError where that is not possible."""
    try:
        with closing(connect_with_cmdb()) as connection:
            configure(CmdbStore(connection), Setup.model_validate(setup))
    except ValidationError as error:
        [first, *_] = error.errors()
        where = ".".join(map(str, first["loc"]))
        raise SourceError(f"no CMDB can be made of these rows: {where}: {first['msg']}") from error
    except StoreError as error:
        raise SourceError(f"no CMDB can be made of these rows: {error}") from error


def _plain(texts: Row) -> Said:
    """Truth values and numbers as people write them, where a setup reads them as the same texts."""
    truths = {"true": True, "false": False}
    return {name: int(text) if _NUMBER.fullmatch(text) else truths.get(text, text) for name, text in texts.items()}


def _asking(said: Any, renamed: Mapping[str, str]) -> Any:
    """The same, with the new sys_ids in conditions of what a setup knows by its name."""
    match said:
        case dict():
            return {key: _follow(value, renamed) if key == "condition" else _asking(value, renamed)
                    for key, value in said.items()}  # fmt: skip
        case list():
            return [_asking(each, renamed) for each in said]
    return said


def _follow(condition: Any, renamed: Mapping[str, str]) -> Any:
    if not isinstance(condition, str):
        return condition
    return _SYS_ID.sub(lambda found: renamed.get(found[0], found[0]), condition)
