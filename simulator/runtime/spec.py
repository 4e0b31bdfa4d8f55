"""What a driver must know to bring an instance up, and a host to run some."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.decision import PostIds
from simulator.protocol.signature import SigningKey, key_of
from simulator.protocol.topics import inbox, outbox
from simulator.tables import Row
from simulator.transport.certificate import Certificate, TlsFiles
from simulator.trust.directory import DirectoryEntry

if TYPE_CHECKING:
    from simulator.runtime.listening import Listening
    from simulator.transport.address import BrokerAddress


@dataclass(frozen=True, slots=True)
class InstanceSpec:
    """One instance of a fleet; can be pickled, for the process that will run it."""

    name: str
    id: str
    account: str
    private_key: bytes = field(repr=False)
    """The 32 bytes of its signing key; it has nobody else's, and nothing from which they are derived."""
    namespace: str
    """The first level of all topics of the fleet."""
    directory: tuple[DirectoryEntry, ...]
    """The members of the fleet, as it knows them from the start: the same tuple for all of them."""
    own_rows: tuple[Row, ...]
    """What else is in its tables from the start: the applications, the properties."""
    certificate: Certificate = Certificate.VALID
    """The certificate that it has from the start."""
    content: bytes | None = field(default=None, repr=False)
    """The file that it begins with, as SQLite serializes it; None: an empty one."""
    explains: bool = False
    """Whether its CMDB notes how it came to each answer."""

    @property
    def rows(self) -> tuple[Row, ...]:
        """All that is in its tables from the start."""
        return *self.directory, *self.own_rows

    @property
    def file_name(self) -> str:
        """The name of its SQLite file within the fleet's directory."""
        return f"{self.name}.sqlite"

    @property
    def inbox(self) -> str:
        """The topics on which it listens."""
        return inbox(self.namespace, self.account, self.id)

    @property
    def outbox(self) -> str:
        """The topics on which it publishes."""
        return outbox(self.namespace, self.account, self.id)

    @property
    def client(self) -> str:
        """As which client it connects: on a broker that runs share no two may have the same."""
        return f"{self.namespace}-{self.id}"

    @property
    def key(self) -> SigningKey:
        """Its signing key."""
        return key_of(self.private_key)

    @property
    def post_ids(self) -> PostIds:
        """The ids of what it posts."""
        return PostIds(self.key.id_secret)


@dataclass(frozen=True, slots=True)
class HostSpec:
    """What a host must know; can be pickled."""

    name: str
    instances: tuple[InstanceSpec, ...]
    directory: Path
    """Where the instances' files are, and the host's log."""
    broker: BrokerAddress
    advanced: timedelta
    """How far the fleet's clock is ahead of the wall clock."""
    seed: int
    """What the weather is drawn from."""
    tls_files: dict[str, TlsFiles]
    """By the name of each instance; empty where the broker asks for no certificates."""
    listening: Listening | None = None
    """Where the instances answer HTTP; None: nowhere."""

    @property
    def log(self) -> Path:
        """Where the host's last words go."""
        return self.directory / f"{self.name}.log"
