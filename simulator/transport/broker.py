"""What a run needs of a broker, whoever provides it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn, Protocol

from simulator.errors import TransportError
from simulator.transport.address import BrokerAddress

if TYPE_CHECKING:
    from simulator.transport.authority import Authority


class Broker(Protocol):
    """A broker that can be stopped and started again, at the same address, as often as a run likes."""

    @property
    def address(self) -> BrokerAddress:
        """Where clients connect; known from the first start() on."""
        ...

    @property
    def authority(self) -> Authority | None:
        """Who issues the certificates without which nobody connects; None: connections are not encrypted."""
        ...

    @property
    def is_ours(self) -> bool:
        """Whether it can be stopped; where it cannot, those who are to miss it leave it."""
        ...

    async def start(self) -> BrokerAddress:
        """Return when clients can connect; TransportError when that cannot be had. Twice is as once."""
        ...

    async def stop(self) -> None:
        """Cut every connection and listen no more; leaves no process and no socket. Twice is as once.

        TransportError where the broker is not ours to stop.
        """
        ...

    async def close(self) -> None:
        """Stop for good, as far as it is ours to stop."""
        ...

    async def reload(self) -> None:
        """Heed from now on what its authority has revoked; without an authority there is nothing to heed."""
        ...

    async def wait_died(self) -> str:
        """Wait until the broker ends without having been asked to, and return its last words.

        Never returns for a broker that runs, or that was stopped; may be waited for across restarts.
        """
        ...


async def serve(broker: Broker, announce: Callable[[BrokerAddress], None]) -> NoReturn:
    """Run `broker` until cancelled (Ctrl-C); calls `announce` once it accepts clients.

    Raises TransportError with its last words should the broker die.
    """
    try:
        announce(await broker.start())
        raise TransportError(await broker.wait_died())
    finally:
        await broker.close()
