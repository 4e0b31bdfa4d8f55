"""Where a broker listens and how to log in."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from ipaddress import IPv6Address
from typing import Self
from urllib.parse import unquote

from simulator.transport.tls import Tls

LOOPBACK = "127.0.0.1"

DEFAULT_PORTS = {"mqtt": 1883, "mqtts": 8883}
"""By scheme, as registered."""

_EXPECTED = (
    "expected mqtt://[user:password@]host[:port][,host[:port]...], for example mqtt://127.0.0.1:1883"
    " or mqtts://ann:secret@node1,node2:2883, which is with TLS"
)

_MOST_PORTS = 65_535


@dataclass(frozen=True, slots=True)
class BrokerNode:
    """One of the servers that a broker is made of."""

    host: str
    port: int
    relay: int | None = None
    """The port of a relay of ours on the loopback that leads there; None: there is none in between."""

    @property
    def door(self) -> tuple[str, int]:
        """The host and port to connect to."""
        return (self.host, self.port) if self.relay is None else (LOOPBACK, self.relay)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """A broker's nodes, of which any will do, and the account to use there; printing never shows the password."""

    nodes: tuple[BrokerNode, ...]
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: Tls | None = None
    """How TLS is spoken, where that is not the instance's own affair; None: it is not."""

    @classmethod
    def at(cls, host: str, port: int, username: str | None = None, password: str | None = None) -> Self:
        """That of a broker with one node."""
        return cls((BrokerNode(host, port),), username, password)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `mqtts://user:password@host:port,host:port`; ValueError says what was expected and what came.

        User name and password may be percent-encoded; the port defaults to that of the scheme.
        """
        shown = _without_password(text)

        def wrong(what: str) -> ValueError:
            return ValueError(f"{_EXPECTED}; {shown!r} {what}")

        scheme, is_there, rest = text.partition("://")
        if not is_there or scheme.lower() not in DEFAULT_PORTS:
            raise wrong("begins with neither mqtt:// nor mqtts://")
        account, has_account, places = rest.rpartition("@")
        if "://" in places:
            raise wrong("has a second scheme: it stands once, before the first host")
        places = places.rstrip("/")
        if re.search("[/?#]", places):
            raise wrong("goes on after the port")
        if "@" in account:
            raise wrong(
                "has a second @: one account stands before all hosts, and an @ in a password is written %40"
            )
        if re.search("[/?#]", account):
            raise wrong("has a /, ? or # before the @: in a password they are written %2F, %3F and %23")
        user, has_password, password = account.partition(":")
        if has_account and not user:
            raise wrong("has a password but no user" if has_password else "has an @ but no user")
        try:
            nodes = _nodes(places, DEFAULT_PORTS[scheme.lower()])
        except ValueError as error:
            raise wrong(str(error)) from None
        return cls(
            nodes=nodes,
            username=unquote(user) if user else None,
            password=unquote(password) if has_password else None,
            tls=Tls() if scheme.lower() == "mqtts" else None,
        )

    @property
    def node(self) -> BrokerNode:
        """The only node, of a broker that has one."""
        (node,) = self.nodes
        return node

    def only(self, place: int) -> Self:
        """As if there was no other node than the one at that place of the list."""
        return replace(self, nodes=(self.nodes[place],))

    def with_port(self, port: int) -> Self:
        """The same of a broker with one node, at another port."""
        return replace(self, nodes=(replace(self.node, port=port),))

    def __str__(self) -> str:
        account = f"{self.username}@" if self.username is not None else ""
        return f"{'mqtts' if self.tls else 'mqtt'}://{account}{','.join(map(str, self.nodes))}"


def _nodes(places: str, default_port: int) -> tuple[BrokerNode, ...]:
    """Those of a list such as `a,b:1884`; ValueError says what is wrong with which."""
    nodes: list[BrokerNode] = []
    parts = places.split(",")
    for number, part in enumerate(parts, 1):
        which = f"in {part!r}, number {number} of its {len(parts)} hosts, " if len(parts) > 1 else ""
        host, port = _host_and_port(part, which)
        node = BrokerNode(host, default_port if port is None else port)
        if node in nodes:
            raise ValueError(f"names {node} twice")
        nodes.append(node)
    return tuple(nodes)


def _host_and_port(part: str, which: str) -> tuple[str, int | None]:
    if not part:
        raise ValueError("has an empty place between its commas" if which else "names no host")
    if part.startswith("["):
        host, is_closed, rest = part[1:].partition("]")
        if not is_closed:
            raise ValueError(f"{which}has no ] after its [")
        colon, port = rest[:1], rest[1:]
        if colon not in {"", ":"}:
            raise ValueError(f"{which}goes on after the ] with something else than a port")
        host = _ipv6(host, which)
    elif part.count(":") > 1:
        raise ValueError(f"{which}has several colons: an IPv6 address stands in brackets, as in [::1]:1883")
    else:
        host, colon, port = part.partition(":")
        host = _name(host, which)
    return host, _port(port, which) if colon else None


def _ipv6(host: str, which: str) -> str:
    try:
        return str(IPv6Address(host))
    except ValueError:
        raise ValueError(f"{which}has no IPv6 address in its brackets") from None


def _name(host: str, which: str) -> str:
    if not host:
        raise ValueError(f"{which}names no host")
    try:
        encoded = host.encode("idna").decode()
    except UnicodeError:
        encoded = ""
    if not re.fullmatch("[A-Za-z0-9._-]+", encoded):
        raise ValueError(f"{which}has {host!r} for a host, which cannot be one")
    return host.lower()


def _port(port: str, which: str) -> int:
    if not (port.isascii() and port.isdigit() and len(port) <= len(str(_MOST_PORTS))):
        raise ValueError(f"{which}has {port!r} for a port, which cannot be one")
    if int(port) == 0:
        raise ValueError(f"{which}has port 0, where nobody can listen")
    if int(port) > _MOST_PORTS:
        raise ValueError(f"{which}has port {port}, and the last one is {_MOST_PORTS}")
    return int(port)


def _without_password(text: str) -> str:
    """`text` as it may be shown: everything between the user's colon and the last @ is hidden."""
    account, at, rest = text.rpartition("@")
    scheme, slashes, login = account.partition("://")
    if ":" in scheme or not slashes:  # the :// is in the password, or nowhere
        scheme, slashes, login = "", "", account
    user, colon, _ = login.partition(":")
    return f"{scheme}{slashes}{user}{colon and ':***'}{at}{rest}"
