"""What the fleet and its processes say to each other: one JSON object a line, over a socket pair.

    fleet -> host    {"call": 7, "do": "act", "instance": "prod1", "with": ...}
    host -> fleet    {"call": 7, "result": ...}

The socket pair is also the lifeline: a host whose fleet is gone sees its end and stops, and a fleet whose
host is gone sees it at once.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any, Literal, TypedDict

Command = Literal["start", "stop", "crash", "act", "advance", "status"]

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
