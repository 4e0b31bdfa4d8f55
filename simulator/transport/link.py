"""What an instance sees of the world: a link."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self

from simulator.protocol.topics import Arrival
from simulator.transport.certificate import Credentials


class Link(Protocol):
    """Carries payloads to any topic and from one topic, its inbox; at most once, with no promises.

    `async with link:` connects. When the first connect fails it raises TransportError with the broker's
    host and port; a connection that is lost later is sought again for ever, with a growing pause, and the
    inbox is subscribed again. A broker that refuses the certificate is asked again for ever from the first
    time on: certificates are renewed. One task at a time may receive; publishing is open to all.
    """

    @property
    def connections(self) -> int:
        """How often this link has connected, the first time included."""
        ...

    @property
    def refusal(self) -> str:
        """The alert with which the broker has refused the certificate; empty when it has not."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    async def publish(self, topic: str, payload: bytes) -> None:
        """Send once; TransportError when there is no connection right now. Success proves nothing."""
        ...

    async def claim(self, topic: str, payload: bytes) -> str:
        """Publish where only another may: what the broker says against it, or nothing.

        Only one that knows its clients objects. TransportError when there is no connection right now.
        """
        ...

    async def renew(self, credentials: Credentials) -> None:
        """Connect anew with these; on return the link is connected, or `refusal` says why not."""
        ...

    async def receive(self) -> list[Arrival]:
        """Wait for something, then return all that waits, oldest first, at most `endpoint.MAX_BATCH`.

        Outlasts the broker: while there is no connection it goes on waiting. A cancelled receive() loses
        nothing.
        """
        ...

    async def wait_connected(self, after: int = 0) -> None:
        """Wait until the link is connected and `connections` is greater than `after`."""
        ...
