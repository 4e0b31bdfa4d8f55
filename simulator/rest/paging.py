"""The headers of a list: how many records match, and where the other pages are."""

from __future__ import annotations

from urllib.parse import quote

from simulator.protocol.http import Headers, Request
from simulator.store.records.records import Page

_PLACES = ("sysparm_limit", "sysparm_offset")


def headers(request: Request, total: int, page: Page) -> Headers:
    """`X-Total-Count`, and `Link`, unless that is suppressed or there is one page only.

    The punctuation is that of a live instance: a client reads it with a regular expression.
    """
    limit, offset = page.limit, page.offset
    counted = (("X-Total-Count", str(total)),)
    if request.asks("sysparm_suppress_pagination_header") or not limit or (total <= limit and not offset):
        return counted
    links = [_link(request, 0, limit, "first")]
    if offset:
        links.append(_link(request, max(offset - limit, 0), limit, "prev"))
    if offset + limit < total:
        links.append(_link(request, offset + limit, limit, "next"))
    links.append(_link(request, max(total - 1, 0) // limit * limit, limit, "last"))
    return (*counted, ("Link", ",".join(links)))


def _link(request: Request, offset: int, limit: int, relation: str) -> str:
    others = [f"{quote(name)}={quote(value)}" for name, value in request.query if name not in _PLACES]
    query = "&".join([*others, f"sysparm_offset={offset}", f"sysparm_limit={limit}"])
    return f'<{request.base}{quote(request.path)}?{query}>;rel="{relation}"'
