"""The server that forks the processes of a run, with the imports already made.

Python has one fork server per process, and what it imports is settled when it starts. So it is started in one
place, as early as a command knows that it will need processes; it imports while the command reads its files.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import forkserver, resource_tracker

from simulator.errors import HostError
from simulator.runtime.stopping import uninterrupted

PRELOAD = ["simulator.runtime.live.preloaded"]
"""By name, so that nothing of it has to be imported here."""


def start_fork_server() -> None:
    """Starts the fork server if it does not run yet; it ends with this process. Raises HostError."""
    multiprocessing.get_context("forkserver").set_forkserver_preload(PRELOAD)
    with _safe_path():
        _start()


@contextmanager
def _safe_path() -> Iterator[None]:
    """Python's own helpers import by name: in a folder with somebody's `inspect.py` they would take that."""
    before = os.environ.get(_SAFE_PATH)
    os.environ[_SAFE_PATH] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_SAFE_PATH]
        else:
            os.environ[_SAFE_PATH] = before


_SAFE_PATH = "PYTHONSAFEPATH"


def _start() -> None:
    resource_tracker.ensure_running()  # by itself: it would let Ctrl-C in again, in the middle of what follows
    # Ctrl-C reaches the whole group. What starts with it blocked, and all that it forks, never sees it, not even
    # in the moment before a process can say so itself; this process hears of it afterwards and ends the others.
    try:
        with uninterrupted(signal.SIGINT):
            forkserver.ensure_running()
    except OSError as error:  # mostly a socket's path that is too long, because TMPDIR is
        directory = tempfile.gettempdir()
        raise HostError(
            f"no process can be started from {directory}: {error}; set TMPDIR to a shorter path"
        ) from error
