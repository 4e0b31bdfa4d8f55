"""An instance's REST API on a socket, with a client that knows nothing of ours."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from simulator.protocol.http import Request, Response
from simulator.transport import http
from simulator.transport.http import HttpServer, listen
from tests.rest.client import Api, basic


@asynccontextmanager
async def served(api: Api, context: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """The address of an instance that is served."""

    async def handle(request: Request) -> Response:
        return api.instance.serve(request, api.now)[0]

    listener = listen("127.0.0.1", 0)
    async with HttpServer(handle, {listener: context}):
        yield f"http{'s' * (context is not None)}://127.0.0.1:{listener.getsockname()[1]}"


async def test_a_client_reads_a_list_over_http() -> None:
    async with served(Api()) as url, httpx.AsyncClient(base_url=url, auth=("admin", "admin")) as client:
        answer = await client.get("/api/now/v2/table/sn_mif_instance", params={"sysparm_limit": 2})
        assert answer.status_code == 200
        assert len(answer.json()["result"]) == 2
        assert answer.links["next"]["url"].startswith(f"{url}/api/now/v2/table/sn_mif_instance?")
        named = {"server": "ServiceNow", "content-type": "application/json;charset=UTF-8", "expires": "0",
                 "cache-control": "no-cache,no-store,must-revalidate,max-age=-1", "pragma": "no-store,no-cache",
                 "x-content-type-options": "nosniff", "x-is-logged-in": "true"}  # fmt: skip
        assert named.items() <= dict(answer.headers).items()
        assert "strict-transport-security" not in answer.headers
        ids = {(await client.get("/api/now/table/nope")).headers["x-transaction-id"] for _ in range(3)}
        assert {len(one) for one in ids} == {12}
        assert len(ids | {answer.headers["x-transaction-id"]}) == 4
        assert (await client.head("/api/now/table/sn_mif_instance")).content == b""
        assert (
            (await client.get("/api/now/table/" + "x" * 8000))
            .json()["error"]["message"]
            .startswith("Invalid table")
        )


async def test_a_body_that_is_too_large_is_refused_and_the_connection_goes_on() -> None:
    async with served(Api()) as url, httpx.AsyncClient(base_url=url, auth=("admin", "admin")) as client:
        answer = await client.post("/api/now/table/sys_user", content=b"x" * (10 * 1024 * 1024 + 1))
        assert "content-length = 10485761 bytes" in answer.json()["error"]["detail"]
        assert (await client.get("/api/now/table/sys_user")).status_code == 200


async def test_answer_that_comes_in_pieces_is_sent_piece_by_piece() -> None:
    """Each as it comes, the first before there is a second; and when the client leaves it is closed."""
    goes_on, is_closed = asyncio.Event(), asyncio.Event()

    async def pieces() -> AsyncGenerator[bytes]:
        try:
            yield b"one "
            await goes_on.wait()
            yield b"two"
            await asyncio.Event().wait()
        finally:
            is_closed.set()

    async def handle(_: Request) -> Response:
        return Response(200, pieces(), content_type="text/plain")

    listener = listen("127.0.0.1", 0)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    async with (
        asyncio.timeout(10), HttpServer(handle, {listener: None}), httpx.AsyncClient() as client
    ):  # fmt: skip
        async with client.stream("GET", url) as answer:
            found = answer.aiter_bytes()
            assert await anext(found) == b"one "
            goes_on.set()
            assert await anext(found) == b"two"
            assert not is_closed.is_set()
        await is_closed.wait()


async def test_body_in_chunks_is_read() -> None:
    """As clients send what they do not know the length of."""

    async def chunks() -> AsyncIterator[bytes]:
        yield b'{"name": '
        yield b'"in chunks"}'

    async with served(Api({})) as url, httpx.AsyncClient(base_url=url, auth=("admin", "admin")) as client:
        sent = {"content-type": "application/json"}
        answer = await client.post("/api/now/table/core_company", content=chunks(), headers=sent)
        assert (answer.status_code, answer.json()["result"]["name"]) == (201, "in chunks")


async def test_half_a_body_is_none() -> None:
    """Of a file whose client is gone before its end nothing is kept."""
    api = Api({"records": {"core_company": [{"sys_id": "1" * 32, "name": "c"}]}})
    place = f"file_name=a&table_name=core_company&table_sys_id={'1' * 32}"
    head = (
        f"POST /api/now/attachment/file?{place} HTTP/1.1\r\nHost: x\r\nAuthorization: {basic('admin')}\r\n"
        "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\n"
    )
    async with served(api) as url, httpx.AsyncClient(base_url=url, auth=("admin", "admin")) as client:
        host, port = url.removeprefix("http://").split(":")
        for body in (b"abc", b"abcde"):
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(head.encode() + body)
            await writer.drain()
            writer.write_eof()
            await reader.read()
            writer.close()
        listed = (await client.get("/api/now/attachment")).json()["result"]
        assert [row["size_bytes"] for row in listed] == ["5"]


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (b"", b""),
        (b"GET /api/now/table/sys_user HTTP/1.1\r\nHost:", b""),
        (b"POST /api/now/table/sys_user HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab", b"408"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /api", b"401"),
    ],
)
async def test_a_request_that_does_not_come_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, sent: bytes, answer: bytes
) -> None:
    monkeypatch.setattr(http, "IDLE_LIMIT", 0.2)
    async with served(Api()) as url:
        host, port = url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(sent)
        async with asyncio.timeout(20):
            said = await reader.read()
        assert said[9:12] == answer
        writer.close()


async def test_long_request_lines_reach_the_instance_and_longer_ones_a_page_for_people() -> None:
    """16 KiB and more (trap 9)."""
    async with served(Api()) as url, httpx.AsyncClient(base_url=url, auth=("admin", "admin")) as client:
        query = "^OR".join(["user_name=admin"] * 1200)
        found = await client.get(f"/api/now/table/sys_user?sysparm_query={query}")
        assert (found.status_code, len(found.json()["result"])) == (200, 1)
        absurd = await client.get("/api/now/table/" + "x" * 23_000)
        assert (absurd.status_code, absurd.headers["content-type"]) == (400, "text/html;charset=UTF-8")


async def test_who_says_nothing_or_nonsense_keeps_nobody_from_being_served() -> None:
    """Half-open connections, what is no HTTP, and 200 clients at once."""
    async with (
        served(Api()) as url,
        httpx.AsyncClient(base_url=url, auth=("admin", "admin"), timeout=60) as client,
    ):
        host, port = url.removeprefix("http://").split(":")
        silent = [await asyncio.open_connection(host, int(port)) for _ in range(20)]
        silent[0][1].write(b"\0\1\2 nonsense\r\n\r\n")
        silent[1][1].write(b"GET /api/now/table/sys_user HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab")
        assert b"400 Bad Request" in await silent[0][0].read()
        answers = await asyncio.gather(*(client.get("/api/now/table/sys_user") for _ in range(200)))
        assert {answer.status_code for answer in answers} == {200}
        for _, writer in silent:
            writer.close()
