"""The envelope: a message with its sender, recipient, cause and times."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Generic, TypeVar

from pydantic import AwareDatetime

M_co = TypeVar("M_co", covariant=True)

LIFETIME = timedelta(hours=36)
"""How long an envelope may wait for its recipient: the retention of the product's transport (Hermes)."""


def derive_id(*parts: str | int) -> str:
    """A 32-digit id that is the same whenever its parts are: ids are derived from their cause, not drawn.

    As long as a sys_id. (uuid5 would say the same at six times the cost, several times a message.)
    """
    return sha256("\x1f".join(map(str, parts)).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope(Generic[M_co]):
    """A message on its way; `sender` and `recipient` are instance ids, `cause` is the id that led to it.

    An envelope whose sender is its recipient never leaves the instance: an action, or a timer.
    """

    id: str
    sender: str
    recipient: str
    cause: str | None
    sent_at: AwareDatetime
    expires_at: AwareDatetime
    message: M_co

    @property
    def is_inside(self) -> bool:
        """True for an action or a timer."""
        return self.sender == self.recipient

    @property
    def kept_as(self) -> str:
        """The id under which its recipient keeps what it leads to: whoever else uses the same one has another."""
        return self.id if self.is_inside else kept_as(self.sender, self.id)


def kept_as(peer: str, envelope_id: str) -> str:
    """See Envelope.kept_as, for an envelope of a peer."""
    return derive_id(peer, envelope_id)
