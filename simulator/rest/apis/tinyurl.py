"""`POST /api/now/tinyurl`: short forms of URLs that are too long for some clients."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

from simulator.cmdb.records import ChangeSet
from simulator.protocol.http import Request, Response
from simulator.rest import errors
from simulator.rest.call import Call, Desk
from simulator.rest.writing import writes

TABLE, _PARAMETER = "sys_tiny_url", "sysparm_tiny"


def shorten(call: Call) -> Response:
    """The path of the URL with one parameter in the place of all others."""
    url = call.body().get("url")
    if not isinstance(url, str) or not url:
        raise errors.unreadable("expected an object with url")
    sys_id, changes = call.desk.new_id(), ChangeSet()
    changes.inserts[TABLE].append({"sys_id": sys_id, "long_url": url})
    writes.write(call, changes)
    return Response(200, {"result": f"{urlsplit(url).path}?{_PARAMETER}={sys_id}"})


def expanded(request: Request, desk: Desk) -> Request:
    """The request with the parameters that a short form stands for."""
    short = request.parameter(_PARAMETER)
    if not short:
        return request
    found = desk.records.by_id(TABLE, [short], desk.model.hierarchy)
    url = next((row["long_url"] or "" for row in found.values()), "")
    others = [(name, value) for name, value in request.query if name != _PARAMETER]
    return replace(request, query=(*parse_qsl(urlsplit(url).query, keep_blank_values=True), *others))
