"""Attachment API: files that belong to records."""

from __future__ import annotations

import json
from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import quote

from simulator.cmdb.records import Record
from simulator.protocol.http import Headers, Response
from simulator.rest import errors, paging
from simulator.rest.apis import table
from simulator.rest.call import Call
from simulator.rest.callers.access import Access
from simulator.rest.filters import page_of, query_of
from simulator.rest.writing import files, writes
from simulator.rest.writing.files import TABLE

LIMIT = 1000
"""How many a list has where the request does not say."""

_ANY = "application/octet-stream"


def find(call: Call) -> Response:
    """What is known of attachments, and not their contents."""
    store, hierarchy = call.desk.records, call.desk.model.hierarchy
    page = page_of(call, query_of(call, TABLE), default=LIMIT)
    access = Access.of(call)
    found = access.readable(TABLE, store.find(TABLE, page, hierarchy))
    found = [row for row in found if access.may("read", row["table_name"] or "")]
    headers = paging.headers(call.request, store.count(TABLE, page, hierarchy), page)
    return Response(200, {"result": [_shape(call, row) for row in found]}, headers)


def read(call: Call, sys_id: str) -> Response:
    """What is known of one."""
    return Response(200, {"result": _shape(call, _about(call, sys_id))})


def download(call: Call, sys_id: str) -> Response:
    """The file itself."""
    about = _about(call, sys_id)
    headers = (
        ("X-Attachment-Metadata", json.dumps(_shape(call, about))),
        ("Content-Disposition", f"attachment;filename*=UTF-8''{quote(about['file_name'] or '')}"),
    )
    return Response(200, files.content_of(call, sys_id), headers, about["content_type"] or _ANY)


def add(call: Call) -> Response:
    """`/file`: the body is the file; what it is called and belongs to stands in the query."""
    request = call.request
    kind = request.headers.get("content-type") or _ANY
    place = {name: request.parameter(name) for name in ("file_name", "table_name", "table_sys_id")}
    return _added(call, place, kind, request.body)


def upload(call: Call) -> Response:
    """`/upload`: a form, of which the file is the last part."""
    kind = call.request.headers.get("content-type", "")
    whole = f"Content-Type: {kind}\r\n\r\n".encode("latin-1", "replace") + call.request.body
    message = BytesParser(policy=HTTP).parsebytes(whole)
    parts = list(message.iter_parts()) if message.is_multipart() else []
    fields, file = {}, None
    for part in parts:
        if part.get_filename() is not None:
            file = part
        else:
            fields[str(part.get_param("name", header="content-disposition"))] = str(part.get_payload()).strip()
    if file is None:
        raise errors.unreadable("expected a form (multipart/form-data) with a file")
    content = file.get_payload(decode=True)
    place = {
        "file_name": file.get_filename() or "",
        "table_name": fields.get("table_name", ""),
        "table_sys_id": fields.get("table_sys_id", ""),
    }
    return _added(call, place, file.get_content_type(), content if isinstance(content, bytes) else b"")


def delete(call: Call, sys_id: str) -> Response:
    """The file is gone."""
    _about(call, sys_id)
    Access.of(call).check("delete", TABLE)
    writes.write(call, files.removed(sys_id))
    return Response(204)


def _about(call: Call, sys_id: str) -> Record:
    """What is known of a file of a record that the caller may see. Raises RestError."""
    about = table.one(call, TABLE, sys_id)
    table.one(call, about["table_name"] or "", about["table_sys_id"] or "")
    return about


def _added(call: Call, place: dict[str, str], kind: str, content: bytes) -> Response:
    missing = [name for name, value in place.items() if not value]
    if missing:
        raise errors.unreadable(f"expected {', '.join(missing)}")
    table.check_table(call, place["table_name"])
    record = table.one(call, place["table_name"], place["table_sys_id"])
    Access.of(call).check("create", TABLE)
    sys_id = call.desk.new_id()
    place["table_sys_id"] = record["sys_id"] or ""  # as the record has it, however it was written
    writes.write(call, files.put(sys_id, {**place, "content_type": kind.partition(";")[0].strip()}, content))
    headers: Headers = (("Location", f"{_link(call, sys_id)}/file"),)
    return Response(201, {"result": _shape(call, table.one(call, TABLE, sys_id))}, headers)


def _shape(call: Call, row: Record) -> dict[str, str]:
    shown = {name: value or "" for name, value in row.items()}
    return shown | {"download_link": f"{call.request.base}/api/now/attachment/{row['sys_id']}/file"}


def _link(call: Call, sys_id: str) -> str:
    """Where the file is; with the version that a client compares it by."""
    return f"{call.request.base}/api/now/v1/attachment/{sys_id}"
