"""Where the processes of a fleet run, and the way to each: what a fleet needs to know of either."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from simulator.runtime.spec import HostSpec


class Channel(Protocol):
    """The way to one host: lines in both directions (control.py). When it ends the host does, and the reverse."""

    @property
    def pid(self) -> int:
        """The process id, where it runs."""
        ...

    @property
    def exitcode(self) -> int | None:
        """How the host ended, as far as that is known; negative: by which signal."""
        ...

    def write(self, line: bytes) -> None:
        """Sends a line after those before."""
        ...

    async def read(self) -> bytes:
        """The next line; empty when the host is gone."""
        ...

    def close(self) -> None:
        """Lets the host end in good order."""
        ...

    async def join(self, limit: float) -> None:
        """Returns when the host has ended, or after *limit* seconds."""
        ...

    async def kill(self) -> None:
        """Ends the host with SIGKILL; returns when it has ended, and nothing of it is left."""
        ...

    def logged(self) -> str:
        """What the host has printed."""
        ...


class Site(Protocol):
    """A machine, or a share of one, on which hosts run and the files of their instances are."""

    @property
    def lost(self) -> str:
        """Why nothing of it can be reached any more, hosts and files; empty while all can."""
        ...

    @property
    def host(self) -> str | None:
        """The address at which what listens there is reached; None: as the fleet says."""
        ...

    async def launch(self, spec: HostSpec) -> Channel:
        """Starts a host, with no instance running yet. Raises HostError."""
        ...


class Sites(Protocol):
    """All sites that a fleet has."""

    @property
    def pause(self) -> float:
        """Seconds between two looks at a fleet that is at work."""
        ...

    @property
    def replace(self) -> bool:
        """Whether what a site had starts again on others when it is lost."""
        ...

    def place(self, instances: Sequence[str]) -> list[tuple[Site, list[str]]]:
        """Divides instances among the sites that are left. Raises HostError for one that has no place."""
        ...

    def check(self) -> None:
        """Raises MachineryError when all of it is gone."""
        ...
