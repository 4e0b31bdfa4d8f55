"""Where the instances of a fleet are reached over HTTP."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

from simulator.errors import TransportError
from simulator.transport.http import listen


@dataclass(frozen=True, slots=True)
class Listening:
    """Addresses and ports of all instances, with and without TLS, by name; they stay while one is down."""

    hosts: dict[str, str]
    """These change when an instance moves to another machine."""
    plain: Mapping[str, int]
    secure: Mapping[str, int]
    """Empty where nothing is served with TLS."""
    server_files: Mapping[str, Path] = field(default_factory=dict)
    """The private key and certificate for TLS, by address."""
    authority: Path | None = None
    """The certificate of the authority that vouches for it."""

    def url(self, instance: str) -> str:
        """Where the instance is reached without TLS."""
        return f"http://{_bracketed(self.hosts[instance])}:{self.plain[instance]}"

    def sockets(self, instance: str) -> dict[socket.socket, ssl.SSLContext | None]:
        """What the instance listens on from now on. Raises TransportError where somebody has taken its port."""
        sockets: dict[socket.socket, ssl.SSLContext | None] = {
            listen(self.hosts[instance], self.plain[instance]): None
        }
        if instance in self.secure:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(self.server_files[self.hosts[instance]])
            if self.authority is not None:  # clients may show a certificate of a user, and need not
                context.load_verify_locations(self.authority)
                context.verify_mode = ssl.CERT_OPTIONAL
            sockets[listen(self.hosts[instance], self.secure[instance])] = context
        return sockets

    def secure_url(self, instance: str) -> str | None:
        """Where the instance is reached with TLS, if it is."""
        port = self.secure.get(instance)
        return None if port is None else f"https://{_bracketed(self.hosts[instance])}:{port}"


def take_ports(instances: Iterable[str], host: str, first: int) -> dict[str, int]:
    """Ports for all instances: from *first* upwards in their order, or free ones where it is 0.

    They were free a moment ago. Raises TransportError for the first that is taken.
    """
    ports: dict[str, int] = {}
    with ExitStack() as held:
        for number, name in enumerate(instances):
            port = first + number if first else 0
            if port > _LAST:
                raise TransportError(f"{name} would get the port {port}; ports end at {_LAST}: begin lower")
            listener = held.enter_context(closing(listen(host, port)))
            ports[name] = listener.getsockname()[1]
    return ports


_LAST = 65535


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
