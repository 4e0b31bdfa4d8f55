"""CMDB Instance API: CIs with their relations; what is written goes through identification and reconciliation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from simulator.cmdb.conditions.encoded import Condition, Term
from simulator.cmdb.conditions.queries import Query
from simulator.cmdb.forms.roles import Right
from simulator.cmdb.records import Record
from simulator.protocol.http import Response
from simulator.rest import errors, paging
from simulator.rest.apis import table
from simulator.rest.apis.ire import identify
from simulator.rest.call import Call
from simulator.rest.callers.access import Access
from simulator.rest.errors import RestError
from simulator.rest.filters import page_of, query_of
from simulator.rest.shapes import Look, Shape, shaped
from simulator.rest.writing import values, writes
from simulator.store.records.records import Page

_RELATIONS = "cmdb_rel_ci"
_ENDS = {"outbound_relations": ("parent", "child"), "inbound_relations": ("child", "parent")}
"""By what an answer calls them: the end at which the CI is, and the other."""

_MOST = 10_000
"""How many relations of a CI are shown."""

_LIMIT = 1000
"""How many CIs a list has where the request does not say."""


def find(call: Call, class_name: str) -> Response:
    """The CIs of a class, of each no more than the sys_id and the name."""
    _check(call, class_name)
    store, hierarchy = call.desk.records, call.desk.model.hierarchy
    page = page_of(call, query_of(call, class_name), default=_LIMIT)
    found = Access.of(call).readable(class_name, store.find(class_name, page, hierarchy))
    headers = paging.headers(call.request, store.count(class_name, page, hierarchy), page)
    result = [{"sys_id": row["sys_id"], "name": row.get("name") or ""} for row in found]
    return Response(200, {"result": result}, headers)


def read(call: Call, class_name: str, sys_id: str) -> Response:
    """One CI with its attributes and relations."""
    _check(call, class_name)
    return Response(200, {"result": _shape(call, class_name, table.one(call, class_name, sys_id))})


def insert(call: Call, class_name: str) -> Response:
    """A CI as its source tells of it, which may be there already, and relations to others."""
    _check(call, class_name)
    body = call.body()
    sys_id = _identified(call, class_name, _attributes(body), body.get("source"))
    _relate(call, sys_id, body)
    return Response(200, {"result": _shape(call, class_name, table.one(call, class_name, sys_id))})


def update(call: Call, class_name: str, sys_id: str) -> Response:
    """What a source tells of a CI that is there."""
    _check(call, class_name)
    record, body = table.one(call, class_name, sys_id), call.body()
    kind = record["sys_class_name"] or class_name
    _identified(call, kind, {**_attributes(body), "sys_id": sys_id}, body.get("source"))
    return Response(200, {"result": _shape(call, class_name, table.one(call, class_name, sys_id))})


def relate(call: Call, class_name: str, sys_id: str) -> Response:
    """Relations to CIs that are there."""
    _check(call, class_name)
    record = table.one(call, class_name, sys_id)
    _relate(call, sys_id, call.body())
    return Response(200, {"result": _shape(call, class_name, record)})


def part(call: Call, class_name: str, sys_id: str, relation: str) -> Response:
    """A relation of the CI is over."""
    _check(call, class_name)
    table.one(call, class_name, sys_id)
    row = table.one(call, _RELATIONS, relation)
    if sys_id not in (row["parent"], row["child"]):
        raise errors.no_record()
    writes.delete(call, _RELATIONS, row)
    return Response(204)


def _check(call: Call, class_name: str) -> None:
    """Raises RestError unless it is a class, and the caller may use this API."""
    if not Right.CALL.is_held(call.caller.roles):
        raise errors.not_authorized()
    if class_name not in call.desk.model.hierarchy:
        raise RestError(400, f"Invalid class {class_name}")


def _attributes(body: Mapping[str, Any]) -> dict[str, Any]:
    attributes = body.get("attributes", {})
    if not isinstance(attributes, dict):
        raise errors.unreadable(f"expected an object as attributes, got {type(attributes).__name__}")
    return attributes


def _identified(call: Call, class_name: str, attributes: Mapping[str, Any], source: Any) -> str:
    """The sys_id of the CI that the engine has found or made. Raises RestError with what it says against it."""
    payload = json.dumps({"items": [{"className": class_name, "values": attributes}]})
    source = source if isinstance(source, str) else None
    result = identify(call, payload, source, enhanced=False, query=False)
    [item, *_] = result["items"] or [{"errors": result.get("errors", [])}]
    if item.get("errors"):
        said = "; ".join(f"{each['error']}: {each['message']}" for each in item["errors"])
        raise RestError(400, "Exception while executing request", said)
    return str(item["sysId"])


def _relate(call: Call, sys_id: str, body: Mapping[str, Any]) -> None:
    for name, (own, other) in _ENDS.items():
        for relation in body.get(name) or ():
            if not (isinstance(relation, dict) and isinstance(relation.get("type"), str)):
                raise errors.unreadable(f"expected {name} with type and target each")
            said = {own: sys_id, other: str(relation.get("target") or ""), "type": relation["type"]}
            # What is there already is not made again, whether it is named by its sys_id or by what it shows.
            ends = {name: value or "" for name, value in values.read(call, _RELATIONS, said).items()}
            if not _related(call, ends):
                writes.insert_values(call, _RELATIONS, ends)


def _related(call: Call, ends: Mapping[str, str]) -> bool:
    groups = tuple((Term(name, "=", value),) for name, value in ends.items())
    page = Page(Query(Condition((groups,))), 1)
    return bool(call.desk.records.find(_RELATIONS, page, call.desk.model.hierarchy))


def _shape(call: Call, class_name: str, record: Record) -> dict[str, Any]:
    store, hierarchy = call.desk.records, call.desk.model.hierarchy
    look = Look(mode="all", has_links=True, fields=(), base=call.request.base)
    access = Access.of(call)
    [attributes] = shaped([record], class_name, look, store, hierarchy, access)
    shown: dict[str, Any] = {"attributes": {name: _attribute(one) for name, one in attributes.items()}}
    for name, (own, other) in _ENDS.items():
        page = Page(Query(Condition((((Term(own, "=", record["sys_id"] or ""),),),))), _MOST, 0, call.domains)
        rows = shaped(store.find(_RELATIONS, page, hierarchy), _RELATIONS, look, store, hierarchy, access)
        shown[name] = [
            {"sys_id": row["sys_id"]["value"], "type": row["type"], "target": _target(row[other])} for row in rows
        ]
    return shown


def _attribute(one: Shape) -> Any:
    """A reference with what it shows; of all else the value."""
    return one if "link" in one else one["value"]


def _target(one: Shape) -> Shape:
    return {**one, "link": str(one["link"]).replace("/api/now/table/", "/api/now/cmdb/instance/")}
