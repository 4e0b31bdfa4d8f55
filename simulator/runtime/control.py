"""What the fleet and its processes say to each other: one JSON object a line, over a socket pair.

    fleet -> host    {"call": 7, "do": "act", "instance": "prod1", "with": ...}
    host -> fleet    {"call": 7, "result": ...}
    host -> fleet    {"call": 0, "result": "its last words"}

The socket pair is also the lifeline: a host whose fleet is gone sees its end and stops, and a fleet whose
host is gone sees it at once.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any, Literal, TypedDict, get_args

from pydantic import TypeAdapter

from simulator.runtime.faults import Fault

Command = Literal[
    "start", "stop", "crash", "stand_at", "go_on", "act", "advance", "status", "begin", "end", "certify", "claim"
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


def write_line(writer: asyncio.StreamWriter, line: Call | Reply) -> None:
    """Queues one line."""
    writer.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")


async def read_line(reader: asyncio.StreamReader) -> Any | None:
    """The next line, or None when the other side is gone."""
    try:
        line = await reader.readline()
    except ConnectionError:
        return None
    return json.loads(line) if line.endswith(b"\n") else None
