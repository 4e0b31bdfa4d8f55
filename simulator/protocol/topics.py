"""Where an instance listens: one inbox topic each, and nothing else is ever subscribed."""

from __future__ import annotations

DEFAULT_NAMESPACE = "mif"
"""The first level of every topic; a run on a broker that others use takes another one."""


def inbox(namespace: str, account: str, instance_id: str) -> str:
    """The topic of one instance's inbox; it is named by id, so a renamed instance keeps its mail."""
    return f"{namespace}/{account}/{instance_id}/inbox"
