"""What a site and its agent say to each other; whoever can speak to a Dask worker can run code there anyway."""

from __future__ import annotations

import pickle
import zlib
from dataclasses import dataclass

from simulator.runtime.spec import HostSpec
from simulator.store.replica import Changes

SERVER_FILE, AUTHORITY_FILE = "server.pem", "authority.pem"
"""What the files for HTTPS are called on a worker."""


@dataclass(frozen=True, slots=True)
class Launch:
    """Site to agent: start a host of that number, for which these files are to be there."""

    number: int
    spec: HostSpec
    files: dict[str, bytes]
    """Their contents by name: of instances that have one already, and for HTTPS."""


@dataclass(frozen=True, slots=True)
class Launched:
    """Agent to site: it has started."""

    number: int
    pid: int


@dataclass(frozen=True, slots=True)
class NotLaunched:
    """Agent to site: it cannot be started."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class Line:
    """Either way: what a channel carries (runtime/live/control.py)."""

    number: int
    line: bytes


@dataclass(frozen=True, slots=True)
class End:
    """Site to agent: the host is to end."""

    number: int
    at_once: bool
    """Not in good order."""


@dataclass(frozen=True, slots=True)
class Ended:
    """Agent to site: the host has ended; all that its instances have committed was told before."""

    number: int
    exitcode: int | None
    log: str


@dataclass(frozen=True, slots=True)
class Changed:
    """Agent to site: what was written into an instance's file."""

    file: str
    changes: Changes


@dataclass(frozen=True, slots=True)
class Ports:
    """Agent to site: ports that were free a moment ago, as many as were asked for."""

    ports: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AskPorts:
    """Site to agent: how many free ports are wanted, and at which address."""

    host: str
    count: int


ToAgent = Launch | Line | End | AskPorts
ToSite = Launched | NotLaunched | Line | Ended | Changed | Ports


def dump(frame: ToAgent | ToSite) -> bytes:
    """A frame as it is sent: pages are mostly empty."""
    return zlib.compress(pickle.dumps(frame), 1)


def load_for_agent(dumped: bytes) -> ToAgent:
    """The reverse of dump, at the agent."""
    frame: ToAgent = pickle.loads(zlib.decompress(dumped))  # noqa: S301 - see above
    return frame


def load_for_site(dumped: bytes) -> ToSite:
    """The reverse of dump, at the site."""
    frame: ToSite = pickle.loads(zlib.decompress(dumped))  # noqa: S301 - see above
    return frame
