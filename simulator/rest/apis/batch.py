"""`/api/now/v1/batch`: many requests in one, each with the rights of the one caller."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from simulator.protocol.content import encoded
from simulator.protocol.http import Request, Response
from simulator.rest import errors
from simulator.rest.call import json_of

ITEM_LIMIT = 5 * 1024 * 1024
"""Bytes of one request's body within a batch."""

ANSWER_LIMIT = 10 * 1024 * 1024
"""The same of an answer's."""


def answer(request: Request, serve: Callable[[Request], Response]) -> Response:
    """Serves one request after the other; one that fails does not keep the others from being served."""
    try:
        asked = json_of(request.body)
        parts = asked["rest_requests"]
        works = [(str(part["id"]), part, _request(part, request)) for part in parts]
    except (ValueError, LookupError, TypeError, AttributeError, binascii.Error) as error:
        raise errors.unreadable(
            f"expected a batch with rest_requests, each with id, method and url: {error}"
        ) from None
    serviced, unserviced = [], []
    for id_, part, work in works:
        if len(work.body) > ITEM_LIMIT or work.path.endswith("/batch"):
            unserviced.append(id_)
            continue
        response = serve(work)
        content = encoded(response)
        if len(content) > ANSWER_LIMIT:
            unserviced.append(id_)
            continue
        is_bare = part.get("exclude_response_headers") is True
        serviced.append(_serviced(id_, response, content, exclude_headers=is_bare))
    return Response(
        200,
        {
            "batch_request_id": str(asked.get("batch_request_id", "")),
            "serviced_requests": serviced,
            "unserviced_requests": unserviced,
        },
    )


def _request(part: dict[str, Any], outer: Request) -> Request:
    url = urlsplit(part["url"])
    headers = {str(one["name"]).lower(): str(one["value"]) for one in part.get("headers") or ()}
    body = base64.b64decode(part.get("body") or "", validate=True)
    query = tuple(parse_qsl(url.query, keep_blank_values=True))
    return Request(str(part["method"]).upper(), unquote(url.path), query, headers, body, outer.base)


def _serviced(id_: str, response: Response, content: bytes, *, exclude_headers: bool) -> dict[str, Any]:
    headers = [{"name": name, "value": value} for name, value in response.headers]
    if response.body is not None:
        headers.append({"name": "Content-Type", "value": response.content_type})
    return {
        "id": id_,
        "body": base64.b64encode(content).decode(),
        "status_code": response.status,
        "status_text": HTTPStatus(response.status).phrase,
        "headers": [] if exclude_headers else headers,
        "execution_time": 0,
    }
