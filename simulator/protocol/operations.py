"""What kinds of operations there are between instances."""

from __future__ import annotations

from enum import StrEnum


class OperationKind(StrEnum):
    """Which way an operation goes between trustor and trustee."""

    MESSAGE = "message"
    """The trustee asks the trustor to act: the receiver must trust the sender."""
    DATA = "data"
    """The trustor's data reaches the trustee: the sender must trust the receiver."""
