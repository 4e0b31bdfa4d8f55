"""What must not be left half done waits with Ctrl-C and SIGTERM."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uninterrupted(*signals: signal.Signals) -> Iterator[None]:
    """Lets these signals, left out both that stop a command, wait for the end of the block.

    Processes that are started inside never hear of them.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals or (signal.SIGINT, signal.SIGTERM))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
