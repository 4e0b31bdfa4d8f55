"""Where an instance listens and where it speaks: its inbox, with a topic of its own for each sender.

The sender's id ends the topic, so that a broker which knows its clients can see to it that nobody publishes in
another's name: that takes no look at what is published. The recipient holds the topic against the envelope that
came on it. A broker without that knowledge carries any topic, and the signature alone tells who has sent it.
"""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_NAMESPACE = "mif"
"""The first level of every topic; a run on a broker that others use takes another one."""

ANY = "+"
"""Stands for any instance's id, where a filter of topics is meant."""


def topic(namespace: str, account: str, recipient: str, sender: str) -> str:
    """Where *sender* publishes for *recipient*; both are ids, so a renamed instance keeps its mail."""
    return f"{namespace}/{account}/{recipient}/inbox/{sender}"


def sender_of(topic: str) -> str:
    """In whose name something is published on that topic of an inbox."""
    return topic.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a link brings: a payload, and in whose name its topic says that it was published."""

    sender: str
    payload: bytes


def inbox(namespace: str, account: str, instance_id: str) -> str:
    """All topics of one instance's inbox: the only ones that it ever reads."""
    return topic(namespace, account, instance_id, ANY)


def outbox(namespace: str, account: str, instance_id: str) -> str:
    """All topics on which one instance publishes: as itself, to the others of its account."""
    return topic(namespace, account, ANY, instance_id)
