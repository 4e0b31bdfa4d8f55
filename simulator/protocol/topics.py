"""Where an instance listens and where it speaks: its inbox, with a topic of its own for each sender.

The sender's id ends the topic, so that a broker which knows its clients can see to it that nobody publishes in
another's name: that takes no look at what is published. A broker without that knowledge carries any topic, and
the signature of each envelope tells who has sent it.
"""

from __future__ import annotations

DEFAULT_NAMESPACE = "mif"
"""The first level of every topic; a run on a broker that others use takes another one."""

ANY = "+"
"""Stands for any instance's id, where a filter of topics is meant."""


def topic(namespace: str, account: str, recipient: str, sender: str) -> str:
    """Where *sender* publishes for *recipient*; both are ids, so a renamed instance keeps its mail."""
    return f"{namespace}/{account}/{recipient}/inbox/{sender}"


def inbox(namespace: str, account: str, instance_id: str) -> str:
    """All topics of one instance's inbox: the only ones that it ever reads."""
    return topic(namespace, account, instance_id, ANY)


def outbox(namespace: str, account: str, instance_id: str) -> str:
    """All topics on which one instance publishes: as itself, to the others of its account."""
    return topic(namespace, account, ANY, instance_id)
