"""What an instance sees of the world: a link."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self


class Link(Protocol):
    """Carries payloads to any topic and from one topic, its inbox; at most once, with no promises.

    `async with link:` connects. When the first connect fails it raises TransportError with the broker's
    host and port; a connection that is lost later is sought again for ever, with a growing pause, and the
    inbox is subscribed again. One task at a time may receive; publishing is open to all.
    """

    @property
    def connections(self) -> int:
        """How often this link has connected, the first time included."""
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

    async def receive(self) -> list[bytes]:
        """Wait for a payload, then return all that wait, oldest first, at most `endpoint.MAX_BATCH`.

        Outlasts the broker: while there is no connection it goes on waiting. A cancelled receive() loses
        nothing.
        """
        ...

    async def wait_connected(self, after: int = 0) -> None:
        """Wait until the link is connected and `connections` is greater than `after`."""
        ...
