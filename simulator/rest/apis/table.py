"""Table API: the records of every table ("Table API")."""

from __future__ import annotations

from simulator.cmdb.records import Record
from simulator.protocol.http import Response
from simulator.rest import errors, paging
from simulator.rest.call import Call
from simulator.rest.callers.access import ENFORCED, Access
from simulator.rest.filters import page_of, query_of
from simulator.rest.shapes import Look, shaped
from simulator.rest.writing import writes


def find(call: Call, table: str) -> Response:
    """A list; one of version 1 that finds nothing is 404."""
    check_table(call, table)
    store, hierarchy, request = call.desk.records, call.desk.model.hierarchy, call.request
    page, access = page_of(call, query_of(call, table)), Access.of(call)
    if call.desk.model.properties.get(ENFORCED) == "true":
        access.check_query(page.query, table)
    look = Look.of(call)
    found = store.find(table, page, hierarchy, look.own_fields)
    records = access.readable(table, found)
    is_counted = not request.asks("sysparm_no_count")
    headers = paging.headers(request, store.count(table, page, hierarchy), page) if is_counted else ()
    if call.version == "v1" and not found:
        raise errors.no_record()
    return Response(200, {"result": shaped(records, table, look, store, hierarchy, access)}, headers)


def read(call: Call, table: str, sys_id: str) -> Response:
    """One record."""
    check_table(call, table)
    return Response(200, {"result": _shown(call, table, sys_id)})


def insert(call: Call, table: str) -> Response:
    """Makes a record."""
    check_table(call, table)
    sys_id = writes.insert(call, table)
    location = f"{call.request.base}/api/now/table/{table}/{sys_id}"
    return Response(201, {"result": _shown(call, table, sys_id)}, (("Location", location),))


def update(call: Call, table: str, sys_id: str) -> Response:
    """Changes a record; what the body does not name stays, whether it is PUT or PATCH."""
    check_table(call, table)
    writes.update(call, table, one(call, table, sys_id))
    return Response(200, {"result": _shown(call, table, sys_id)})


def delete(call: Call, table: str, sys_id: str) -> Response:
    """Deletes a record, and what belongs to it."""
    check_table(call, table)
    writes.delete(call, table, one(call, table, sys_id))
    return Response(204)


def _shown(call: Call, table: str, sys_id: str) -> dict[str, object]:
    """A record as the request wants to see it. Raises RestError."""
    look, access = Look.of(call), Access.of(call)
    record = _readable(call, table, sys_id, look.own_fields, access)
    [shown] = shaped([record], table, look, call.desk.records, call.desk.model.hierarchy, access)
    return shown


def one(call: Call, table: str, sys_id: str) -> Record:
    """The record that the caller may see. Raises RestError."""
    return _readable(call, table, sys_id, frozenset(), Access.of(call))


def _readable(call: Call, table: str, sys_id: str, fields: frozenset[str], access: Access) -> Record:
    """The record with at least these *fields*; none named: all. Raises RestError."""
    desk = call.desk
    found = desk.records.one(table, sys_id, call.domains, desk.model.hierarchy, fields)
    readable = [] if found is None else access.readable(table, [found])
    if not readable:
        raise errors.no_record()
    return readable[0]


def check_table(call: Call, table: str) -> None:
    """Raises RestError where there is no such table, or it is not for clients."""
    if not call.desk.records.has(table, call.desk.model.hierarchy):
        raise errors.invalid_table(table)
    if not call.desk.records.is_served(table, call.desk.model.hierarchy):
        raise errors.not_authorized()
