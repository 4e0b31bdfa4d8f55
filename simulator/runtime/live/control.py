"""What the fleet and its processes say to each other: one JSON object a line.

    fleet -> host    {"call": 7, "do": "act", "instance": "prod1", "with": ...}
    host -> fleet    {"call": 7, "result": ...}
    host -> fleet    {"call": 0, "result": "its last words"}

The way between them (channel.py) is also the lifeline: a host whose fleet is gone sees its end and stops, and a
fleet whose host is gone sees it at once.

A status tells what instances still have to do: of those of which that has changed since the last one was told.
"""

from __future__ import annotations

import base64
import json
from typing import Any, Literal, TypedDict, get_args

from pydantic import TypeAdapter

from simulator.protocol.http import Request, Response
from simulator.runtime.faults import Fault

Command = Literal[
    "start",
    "stop",
    "crash",
    "stand_at",
    "stands",
    "go_on",
    "act",
    "advance",
    "status",
    "begin",
    "end",
    "certify",
    "claim",
    "leave",
    "come_back",
    "request",
]

LAST_WORDS = 0
"""The number of no call: with it a host says what it dies of."""

LINE_LIMIT = 16 * 1024 * 1024
"""Bytes in a line: several envelopes of the largest size fit in."""


class Call(TypedDict):
    """Something for a host to do."""

    call: int
    do: Command
    instance: str
    argument: Any


class Reply(TypedDict):
    """What came of a call; a call that fails ends the host."""

    call: int
    result: Any


def dump_fault(number: int, fault: Fault) -> Any:
    """A fault as what JSON can carry."""
    return [number, type(fault).__name__, TypeAdapter(type(fault)).dump_python(fault, mode="json")]


def load_fault(dumped: Any) -> tuple[int, Fault]:
    """The reverse of dump_fault."""
    number, name, fields = dumped
    kind = next(kind for kind in get_args(Fault) if kind.__name__ == name)
    return number, TypeAdapter[Fault](kind).validate_python(fields)


def dump_request(request: Request) -> Any:
    """A request as what JSON can carry."""
    body = base64.b64encode(request.body).decode()
    return [request.method, request.path, request.query, dict(request.headers), body, request.base]


def load_request(dumped: Any) -> Request:
    """The reverse of dump_request."""
    method, path, query, headers, body, base = dumped
    pairs = tuple((name, value) for name, value in query)
    return Request(method, path, pairs, headers, base64.b64decode(body), base)


def dump_response(response: Response) -> Any:
    """An answer as what JSON can carry."""
    is_file = isinstance(response.body, bytes)
    body = base64.b64encode(response.body).decode() if is_file else response.body
    return [response.status, is_file, body, response.headers, response.content_type]


def load_response(dumped: Any) -> Response:
    """The reverse of dump_response."""
    status, is_file, body, headers, content_type = dumped
    return Response(
        status,
        base64.b64decode(body) if is_file else body,
        tuple((name, value) for name, value in headers),
        content_type,
    )


def dump_line(line: Call | Reply) -> bytes:
    """A call or a reply as it is sent."""
    return json.dumps(line, separators=(",", ":")).encode() + b"\n"


def load_line(line: bytes) -> Any:
    """The reverse of dump_line."""
    return json.loads(line)
