"""What the core concludes about one envelope: changes to make true, envelopes to post, or a refusal."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from simulator.protocol.actions import Timer
from simulator.protocol.cmdb import CmdbAction
from simulator.protocol.envelope import derive_id
from simulator.protocol.messages import PeerMessage
from simulator.refusal import Refusal
from simulator.tables import Change


@dataclass(frozen=True, slots=True)
class Post:
    """A message to put in the outbox; to oneself it is a timer, handled once *after* has passed."""

    recipient: str
    message: PeerMessage | Timer
    after: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Decision:
    """The conclusion. A refused envelope may still have changes and posts, such as telling the peer why."""

    changes: tuple[Change, ...] = ()
    posts: tuple[Post, ...] = ()
    refusal: Refusal | None = None
    cmdb: CmdbAction | None = None
    """What the CMDB has to do, before all else; where it refuses, nothing of the decision comes true."""


@dataclass(frozen=True, slots=True)
class PostIds:
    """The ids of what one instance posts: derived, yet nobody without its secret can tell them beforehand."""

    secret: str = field(repr=False)

    def of(self, cause: str, index: int) -> str:
        """For the post at *index* (from 0) of the decision about the envelope that is kept as *cause*."""
        return derive_id(self.secret, cause, index)

    def retold(self, expired: str, index: int) -> str:
        """The same for what is decided when the instance's own envelope has expired."""
        return derive_id(self.secret, expired, "retold", index)


NOTHING = Decision()
"""Accepted, and nothing to do."""
