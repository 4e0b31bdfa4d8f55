"""What a driver must know to bring an instance up."""

from __future__ import annotations

from dataclasses import dataclass, field

from simulator.decision import PostIds
from simulator.protocol.signature import SigningKey, id_secret, key_of
from simulator.protocol.topics import inbox, outbox
from simulator.tables import Row
from simulator.transport.certificate import Certificate


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
    rows: tuple[Row, ...]
    """What is in its tables from the start: the directory, the applications, the properties."""
    certificate: Certificate = Certificate.VALID
    """The certificate that it has from the start."""
    content: bytes | None = field(default=None, repr=False)
    """The file that it begins with, as SQLite serializes it; None: an empty one."""
    explains: bool = False
    """Whether its CMDB notes how it came to each answer."""

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
    def key(self) -> SigningKey:
        """Its signing key."""
        return key_of(self.private_key)

    @property
    def post_ids(self) -> PostIds:
        """The ids of what it posts."""
        return PostIds(id_secret(self.key))
