"""HTTP on a socket: requests come in as values, and an answer is carried back for each."""

from __future__ import annotations

import asyncio
import secrets
import socket
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, MutableMapping
from contextlib import aclosing
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl

from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from simulator.errors import TransportError
from simulator.protocol.content import encoded
from simulator.protocol.http import BODY_LIMIT, Request, Response

Handler = Callable[[Request], Awaitable[Response]]
"""Answers one request; what it raises ends the connection and nothing else."""

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

IDLE_LIMIT = 30
"""Seconds that a connection may stay without a request, or in one: clients keep theirs for the next call."""

_LATE = Response(408, headers=(("Connection", "close"),))
"""The answer to a request whose body does not come."""

LAST_ANSWERS = 2.0
"""Seconds that answers on their way get when the server closes."""

_CERTIFIED = "certified_user"

_PLAIN_HEADERS = [
    (b"server", b"ServiceNow"),
    (b"cache-control", b"no-cache,no-store,must-revalidate,max-age=-1"),
    (b"pragma", b"no-store,no-cache"),
    (b"expires", b"0"),
    (b"x-content-type-options", b"nosniff"),
]
"""What a live instance sends with every answer."""

_SECURE = (b"strict-transport-security", b"max-age=63072000; includeSubDomains")
"""What it sends over HTTPS besides: browsers shall come that way only."""

_TRANSACTION = b"x-transaction-id"
"""The header with the id by which people find a request again in what they log."""


def listen(host: str, port: int) -> socket.socket:
    """A socket to serve on; port 0 takes a free one. Raises TransportError where it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With its protocol named, asyncio turns Nagle's algorithm off: an answer goes out in two pieces.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise TransportError(
            f"cannot serve HTTP on {host}:{port}: {error.strerror}; choose another port"
        ) from error
    listener.listen(256)
    listener.setblocking(False)
    return listener


class HttpServer:
    """Serves one handler on the given sockets, each with or without TLS; `async with` closes them.

    uvicorn's own server is not used, only its protocol: that one belongs to a whole process, takes its signals
    and wakes ten times a second, and here many servers share one loop.
    """

    def __init__(self, handler: Handler, sockets: dict[socket.socket, ssl.SSLContext | None]) -> None:
        self._sockets = sockets
        self._config = Config(
            asgi_app(handler), http="httptools", ws="none", lifespan="off", access_log=False, proxy_headers=False,
            log_config=None, timeout_keep_alive=IDLE_LIMIT,
        )  # fmt: skip
        self._state = ServerState()
        self._state.default_headers = _PLAIN_HEADERS
        self._servers: list[asyncio.Server] = []

    async def __aenter__(self) -> Self:
        self._config.load()
        loop = asyncio.get_running_loop()
        for listener, context in self._sockets.items():
            protocol = lambda: _Connection(self._config, self._state, {}, loop)  # noqa: E731
            self._servers.append(await loop.create_server(protocol, sock=listener, ssl=context))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in self._servers:
            server.close()
        for connection in list(self._state.connections):
            connection.shutdown()
        if self._state.tasks:
            await asyncio.wait(self._state.tasks, timeout=LAST_ANSWERS)
        for connection in list(self._state.connections):
            connection.transport.abort()


class _Gathering(asyncio.Transport):
    """Sends together what is written in one turn of the loop.

    uvicorn writes the head of an answer and its body one by one, and to send a piece, and wake who reads it, costs
    as much as to read a record.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._transport = transport
        self._loop = loop
        self._pieces: list[bytes | bytearray | memoryview] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """See asyncio.WriteTransport."""
        if not self._pieces:
            self._loop.call_soon(self._send)
        self._pieces.append(data)

    def _send(self) -> None:
        data = b"".join(self._pieces)
        self._pieces.clear()
        self._transport.write(data)

    def close(self) -> None:
        """See asyncio.BaseTransport; what is written before is sent."""
        if self._pieces:
            self._send()
        self._transport.close()

    def abort(self) -> None:
        """See asyncio.WriteTransport."""
        self._transport.abort()

    def is_closing(self) -> bool:
        """See asyncio.BaseTransport."""
        return self._transport.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """See asyncio.BaseTransport."""
        return self._transport.get_extra_info(name, default)

    def pause_reading(self) -> None:
        """See asyncio.ReadTransport."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """See asyncio.ReadTransport."""
        self._transport.resume_reading()


class _Connection(HttpToolsProtocol):
    """A connection that says for whom the client's certificate is, and waits for no request without end."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(_Gathering(transport, self.loop))
        tls = transport.get_extra_info("ssl_object")
        subject = (tls.getpeercert() or {}).get("subject", ()) if tls is not None else ()
        names = [value for part in subject for name, value in part if name == "commonName"]
        self.app_state = {**self.app_state, _CERTIFIED: names[0] if names else None}
        self._wait()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is None or cycle.response_complete:  # the beginning of a request is no request
            self._wait()

    def _wait(self) -> None:
        """uvicorn itself waits without end for the first request, and for the rest of what has begun."""
        self._unset_keepalive_if_required()
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )


def asgi_app(handler: Handler) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """The handler as what ASGI servers and clients call."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            body = await (_no_body(receive) if _BODY.isdisjoint(headers) else _body(receive))
        except ConnectionError:
            return
        response = _LATE if body is None else await handler(_request(scope, headers, body))
        if isinstance(response.body, AsyncGenerator):
            await _stream(response, response.body, receive, send)
            return
        content, sent = _encoded(response)
        sent.append((_TRANSACTION, secrets.token_hex(6).encode()))
        if scope["scheme"] == "https":
            sent.append(_SECURE)
        await send({"type": "http.response.start", "status": response.status, "headers": sent})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else content})

    return app


async def _stream(response: Response, chunks: AsyncGenerator[bytes], receive: Receive, send: Send) -> None:
    """Sends what comes as it comes, until there is no more or the client leaves; a slow one is waited for."""
    kind = (b"content-type", response.content_type.encode())
    await send({"type": "http.response.start", "status": response.status, "headers": [kind]})
    left = asyncio.ensure_future(receive())  # the next event is that the client has left
    try:
        async with aclosing(chunks):
            while True:
                coming = asyncio.ensure_future(anext(chunks, None))
                await asyncio.wait({left, coming}, return_when=asyncio.FIRST_COMPLETED)
                if left.done():
                    coming.cancel()
                    await asyncio.wait({coming})
                    return
                chunk = coming.result()
                await send({"type": "http.response.body", "body": chunk or b"", "more_body": chunk is not None})
                if chunk is None:
                    return
    finally:
        left.cancel()


async def _no_body(receive: Receive) -> bytes:
    """Nothing: who says nothing of a body sends none, so that nobody waits for it (RFC 9112, 6.3)."""
    if (await receive())["type"] == "http.disconnect":
        raise ConnectionError("the client is gone")
    return b""


async def _body(receive: Receive) -> bytes | None:
    """The body, or its beginning where it is too long; the rest is read and dropped, or the client would hang.

    None for one that does not come; raises ConnectionError where the client is gone: half a body is none.
    """
    chunks, length = [], 0
    while True:
        try:
            async with asyncio.timeout(IDLE_LIMIT):
                event = await receive()
        except TimeoutError:
            return None
        if event["type"] == "http.disconnect":
            raise ConnectionError("the client is gone")
        chunk = event.get("body", b"")
        if length <= BODY_LIMIT:
            chunks.append(chunk)
        length += len(chunk)
        if not event.get("more_body", False):
            return b"".join(chunks)[: BODY_LIMIT + 1]


_BODY = frozenset({"content-length", "transfer-encoding"})
"""The headers, one of which every request with a body has."""


def _request(scope: Scope, headers: dict[str, str], body: bytes) -> Request:
    host = headers.get("host") or ":".join(map(str, scope["server"]))
    return Request(
        scope["method"],
        scope["path"],
        tuple(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)),
        headers,
        body,
        f"{scope['scheme']}://{host}",
        scope.get("state", {}).get(_CERTIFIED),
    )


def _encoded(response: Response) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    headers = [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in response.headers]
    if response.body is None:
        return b"", [*headers, (b"content-length", b"0")] if response.status != 204 else headers
    content = encoded(response)
    kind = (b"content-type", response.content_type.encode())
    return content, [*headers, kind, (b"content-length", str(len(content)).encode())]
