"""Directories for files that nobody keeps: gone when the command is over, or when the next one begins.

A command that is killed can take nothing away, and among its files may be private keys.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from simulator.runtime.stopping import uninterrupted

PREFIX = "trustsim-"
"""What the names of the directories begin with."""

LOCK = ".in-use"
"""The file in each that is locked as long as the command lives that has made it; the kernel unlocks it."""


@contextmanager
def temporary_directory() -> Iterator[Path]:
    """A new directory, which goes with the block; what commands left behind that were killed goes first."""
    remove_abandoned()
    with uninterrupted():  # or a Ctrl-C between making and knowing it would leave it behind
        made = tempfile.TemporaryDirectory(prefix=PREFIX)
        lock = _lock(Path(made.name))
    try:
        with made as name:
            yield Path(name)
    finally:
        os.close(lock)


def remove_abandoned() -> None:
    """Removes the directories of this user's commands that do not live any more."""
    for directory in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):  # it is in use or somebody else's, or others are removing it just now
            if directory.lstat().st_uid != os.geteuid():
                continue
            lock = os.open(directory / LOCK, os.O_RDWR | os.O_NOFOLLOW)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(directory)
            finally:
                os.close(lock)


def _lock(directory: Path) -> int:
    """Marks the directory as in use, until what is returned is closed or this process is gone."""
    lock = os.open(directory / f"{LOCK}.new", os.O_RDWR | os.O_CREAT, 0o600)
    with suppress(OSError):  # a file system without locks, on which nothing counts as abandoned
        fcntl.flock(lock, fcntl.LOCK_EX)
    os.rename(directory / f"{LOCK}.new", directory / LOCK)  # who sees it sees it locked
    return lock
