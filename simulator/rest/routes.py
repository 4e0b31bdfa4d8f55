"""Which function answers which path: the whole REST surface of an instance on one page.

Four paths are not here, for they come before a caller is known or serve many requests: `/oauth_auth.do`,
`/oauth_token.do`, `/oauth_revoke_token.do` and `/api/now/batch` (api.py).

`{...}` takes one piece of a path. `/api/now/v1/...` and `/api/now/v2/...` are the same resources as
`/api/now/...`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from simulator.cmdb.classes.hierarchy import SYS_ID
from simulator.protocol.http import Response
from simulator.rest import errors
from simulator.rest.apis import actions, attachment, instance, ire, meta, stats, table, tinyurl

Function = Callable[..., Response]
"""Takes the call and the pieces of its path."""

ROUTES: dict[str, dict[str, Function]] = {
    "/api/now/table/{table}": {"GET": table.find, "POST": table.insert},
    "/api/now/table/{table}/{sys_id}": {
        "GET": table.read,
        "PUT": table.update,
        "PATCH": table.update,
        "DELETE": table.delete,
    },
    "/api/now/stats/{table}": {"GET": stats.aggregate},
    "/api/now/attachment": {"GET": attachment.find},
    "/api/now/attachment/file": {"POST": attachment.add},
    "/api/now/attachment/upload": {"POST": attachment.upload},
    "/api/now/attachment/{sys_id}": {"GET": attachment.read, "DELETE": attachment.delete},
    "/api/now/attachment/{sys_id}/file": {"GET": attachment.download},
    "/api/now/identifyreconcile": {"POST": ire.identify_reconcile},
    "/api/now/identifyreconcile/enhanced": {"POST": ire.identify_reconcile_enhanced},
    "/api/now/identifyreconcile/query": {"POST": ire.query},
    "/api/now/identifyreconcile/queryEnhanced": {"POST": ire.query_enhanced},
    "/api/now/cmdb/instance/{class_name}": {"GET": instance.find, "POST": instance.insert},
    "/api/now/cmdb/instance/{class_name}/{sys_id}": {
        "GET": instance.read,
        "PUT": instance.update,
        "PATCH": instance.update,
    },
    "/api/now/cmdb/instance/{class_name}/{sys_id}/relation": {"POST": instance.relate},
    "/api/now/cmdb/instance/{class_name}/{sys_id}/relation/{relation}": {"DELETE": instance.part},
    "/api/now/cmdb/meta/{class_name}": {"GET": meta.read},
    "/api/now/tinyurl": {"POST": tinyurl.shorten},
    "/api/x_trustsim/{action}": {"POST": actions.act},
}


@dataclass(frozen=True, slots=True)
class Route:
    """Where a path leads."""

    function: Function
    pieces: dict[str, str]
    version: str
    """`v1` or `v2` as the path names it, or nothing."""

    @property
    def takes_xml(self) -> bool:
        """Whether a body may be XML; that of the other APIs is JSON."""
        return self.function in (table.insert, table.update)

    @property
    def is_file(self) -> bool:
        """Whether what is sent or given is a file, of any type."""
        return self.function in (attachment.add, attachment.upload, attachment.download)


def find(method: str, path: str) -> Route:
    """The route of a request. Raises RestError where nothing answers under the path, or not this method."""
    version = _VERSION.match(path)
    plain = unversioned(path).rstrip("/")
    for pattern, functions in _PATTERNS:
        found = pattern.fullmatch(plain)
        if found is None:
            continue
        function = functions.get("GET" if method == "HEAD" else method)
        if function is None:
            raise errors.method_not_allowed(method, path)
        pieces = {name: _as_kept(name, piece) for name, piece in found.groupdict().items()}
        return Route(function, pieces, version[1] if version else "")
    raise errors.no_resource(path)


def _as_kept(name: str, piece: str) -> str:
    """A sys_id as records have it, whether a client writes it in small letters or in capitals."""
    return SYS_ID.read(piece) or piece if name in _SYS_IDS else piece


_SYS_IDS = frozenset({"sys_id", "relation"})
"""The pieces of paths that are sys_ids."""


def unversioned(path: str) -> str:
    """The path without the API's version."""
    return _VERSION.sub("/api/now/", path, count=1)


_VERSION = re.compile(r"/api/now/(v[12])/")

_PATTERNS = [(re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)), by) for path, by in ROUTES.items()]
