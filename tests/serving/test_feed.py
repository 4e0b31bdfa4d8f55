"""What pages are told of a fleet: everybody all of it, each at its own speed."""

from __future__ import annotations

import asyncio
import json
import socket
from datetime import timedelta

import httpx

from simulator.journal import Entry, Outcome
from simulator.protocol.http import Request, Response
from simulator.runtime.clock import EPOCH
from simulator.serving.feed import Feed
from simulator.transport.http import HttpServer, listen

NUMBER = 5_000


async def test_a_page_that_does_not_read_holds_up_nobody() -> None:
    """Another one has all, in order, while the first has taken nothing: neither it nor the fleet waits."""
    feed = Feed({"name": "one"})

    async def answer(_: Request) -> Response:
        return Response(200, feed.follow(), content_type="text/event-stream")

    listener = listen("127.0.0.1", 0)
    host, port = listener.getsockname()
    async with HttpServer(answer, {listener: None}), asyncio.timeout(60):
        with socket.create_connection((host, port)) as slow:
            slow.sendall(b"GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
            reading = asyncio.create_task(read(f"http://{host}:{port}/events", NUMBER))
            for number in range(NUMBER):
                feed.happened(EPOCH + timedelta(seconds=number), [entry(number)], (), (), {})
                if number % 100 == 0:
                    await asyncio.sleep(0)
            assert await reading == [f"{number:032x}" for number in range(NUMBER)]


def entry(number: int) -> Entry:
    return Entry(
        instance="prod1",
        at=EPOCH + timedelta(seconds=number),
        outcome=Outcome.REFUSED,
        explanation=f"for reason {number} " * 10,
        envelope=f"{number:032x}",
        kind="send",
        sender="prod1",
        recipient="prod1",
    )


async def read(url: str, number: int) -> list[str]:
    """The ids of envelopes of that many pieces of news."""
    found: list[str] = []
    async with httpx.AsyncClient() as client, client.stream("GET", url) as response:
        async for line in response.aiter_lines():
            if line.startswith("data: "):
                found += filter(None, json.loads(line.removeprefix("data: ")).get("ids", []))
            if len(found) >= number:
                return found
    return found
