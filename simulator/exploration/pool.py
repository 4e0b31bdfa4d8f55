"""Processes that work for the one that has started them, and end with it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import active_children, connection, parent_process

from simulator.runtime.stopping import uninterrupted


@contextmanager
def workers(jobs: int) -> Iterator[ProcessPoolExecutor]:
    """*jobs* processes. They end with the block: at once, with what they are at, when an exception leaves it."""
    with ProcessPoolExecutor(jobs, initializer=_begin) as pool:
        try:
            with uninterrupted(signal.SIGINT):  # Ctrl-C reaches the whole group, and is for us alone
                pool.submit(_begun)  # that starts them all
            yield pool
        except BaseException:
            for process in active_children():
                process.kill()
            raise


def _begin() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Ends this process when the one that has started it is killed: it would wait for work for ever."""
    parent = parent_process()
    assert parent is not None, "this is done by workers alone"
    connection.wait([parent.sentinel])
    os._exit(1)


def _begun() -> None:
    """Does nothing, as the first work of all."""
