"""The embedded broker's own process: amqtt, silent, until its lifeline is cut."""

from __future__ import annotations

import asyncio
import hmac
import logging
import os
import resource
import signal
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from amqtt.adapters import StreamReaderAdapter, StreamWriterAdapter  # type: ignore[import-untyped]
from amqtt.broker import Broker as AmqttBroker  # type: ignore[import-untyped]
from amqtt.contexts import BrokerConfig, ListenerConfig, ListenerType  # type: ignore[import-untyped]
from amqtt.plugins.base import BaseAuthPlugin  # type: ignore[import-untyped]

from simulator.transport.address import BrokerAddress

MAX_FILES = 65_536
"""One open file per client; the usual soft limit of 1,024 is too few for a large fleet."""


def run(lifeline: Connection, address: BrokerAddress) -> None:
    """Serve at `address` until `lifeline` is cut; report the true address, or what went wrong, through it."""
    # Ctrl-C reaches the whole process group, but only the one who started us says when to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # amqtt reports every client that goes away; what matters of it comes through the lifeline.
    logging.disable(logging.CRITICAL)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = MAX_FILES if hard == resource.RLIM_INFINITY else min(hard, MAX_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    try:
        asyncio.run(_serve(lifeline, address))
    except Exception as error:  # whatever it is, these are our last words
        lifeline.send(f"{type(error).__name__}: {error}")


async def _serve(lifeline: Connection, address: BrokerAddress) -> None:
    # Nothing is ever sent to us, so readable means closed. No farewell: clients reconnect anyway.
    asyncio.get_running_loop().add_reader(lifeline.fileno(), os._exit, 0)
    broker = AmqttBroker(_config(address))
    await broker.start()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await broker.external_connected(StreamReaderAdapter(reader), StreamWriterAdapter(writer), "default")

    # A listener of our own, because amqtt does not tell which port it was given for port 0.
    server = await asyncio.start_server(accept, address.node.host, address.node.port, backlog=1024)
    lifeline.send(address.with_port(server.sockets[0].getsockname()[1]))
    await server.serve_forever()


def _config(address: BrokerAddress) -> BrokerConfig:
    # Spelled out, so that the default plugins (one of them publishes statistics) stay out.
    plugins: dict[str, dict[str, Any]]
    if address.username is None:
        plugins = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}
    else:
        account = {"username": address.username, "password": address.password or ""}
        plugins = {f"{__name__}.{AccountPlugin.__name__}": account}
    return BrokerConfig(
        listeners={"default": ListenerConfig(type=ListenerType.EXTERNAL)},
        plugins=plugins,
    )


class AccountPlugin(BaseAuthPlugin):  # type: ignore[misc] # amqtt is untyped
    """Lets in who knows the one user name and password."""

    @dataclass
    class Config:
        """The account; amqtt fills it in."""

        username: str
        password: str

    async def authenticate(self, *, session: Any) -> bool | None:
        """True for the account's user name and password."""
        given = f"{session.username}\n{session.password}"
        expected = f"{self.config.username}\n{self.config.password}"
        return hmac.compare_digest(given.encode(), expected.encode())
