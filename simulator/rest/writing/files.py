"""Files that are attached to records: their contents, and that they go with their record."""

from __future__ import annotations

import base64
from hashlib import sha256

from simulator.cmdb.conditions.encoded import Condition, Term
from simulator.cmdb.conditions.queries import Query
from simulator.cmdb.records import ChangeSet
from simulator.rest.call import Call
from simulator.store.records.records import Page

TABLE, CONTENT = "sys_attachment", "sys_attachment_doc"

_MOST = 10_000
"""How many files of one record go with it: more than any has."""


def put(sys_id: str, about: dict[str, str], content: bytes) -> ChangeSet:
    """The file as the records that hold it."""
    changes = ChangeSet()
    changes.inserts[TABLE].append(
        {**about, "sys_id": sys_id, "size_bytes": str(len(content)), "hash": sha256(content).hexdigest()}
    )
    changes.inserts[CONTENT].append(
        {"sys_id": sys_id, "sys_attachment": sys_id, "data": base64.b64encode(content).decode()}
    )
    return changes


def content_of(call: Call, sys_id: str) -> bytes:
    """What is in the file."""
    return base64.b64decode(call.desk.records.content_of(sys_id))


def removed(*sys_ids: str) -> ChangeSet:
    """The files are gone."""
    changes = ChangeSet()
    changes.deletes[TABLE] += sys_ids
    changes.deletes[CONTENT] += sys_ids
    return changes


def removed_with(call: Call, record_id: str) -> ChangeSet:
    """The files of a record are gone."""
    query = Query(Condition((((Term("table_sys_id", "=", record_id),),),)))
    found = call.desk.records.find(TABLE, Page(query, _MOST), call.desk.model.hierarchy)
    return removed(*(row["sys_id"] or "" for row in found))
