"""An instance's file kept a second time elsewhere, by what is written into it.

Who is where the file is reads what was committed since the last look from SQLite's write-ahead log, of which a
header in shared memory says how far it is valid (https://sqlite.org/walformat.html, sections 2 and 4); who has the
replica puts the pages into it. So what is passed on grows with what happens, not with the file.
"""

from __future__ import annotations

import fcntl
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from simulator.errors import StoreError
from simulator.store.fault import faults_of
from simulator.store.file import connect_to_read


@dataclass(frozen=True, slots=True)
class Changes:
    """Pages that were written, from one commit to another."""

    page_size: int
    """Bytes of a page."""
    size: int
    """Pages of the file afterwards."""
    pages: dict[int, bytes]
    """By number, from 1."""


_INDEX_HEADER = struct.Struct("=IIIBBHIIII8s8s")
"""Version, a gap, a count, two flags, the size of a page, the last valid frame, the pages of the file, the
checksum of that frame, the salts of the log, the checksum of this header."""

_LOG_HEADER, _FRAME_HEADER = 32, 24
"""Bytes before the first frame of the log, and before the page in each."""

_PATIENCE = 100
"""Looks at a header that is being written; a writer is done with it in microseconds."""


class Original:
    """A file that an instance keeps, or has kept, for those who have a replica of it. Raises StoreError."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._sql = connect_to_read(path)
        self._sql.execute("select count(*) from sqlite_schema").fetchone()  # from now on there are log and header
        # Never opened anew: closing a file lets go of all locks that this process has on it.
        try:
            self._index = os.open(f"{path}-shm", os.O_RDONLY)
            self._log = os.open(f"{path}-wal", os.O_RDONLY)
        except OSError as error:
            self._sql.close()
            raise StoreError(f"{path}: its log cannot be read: {error.strerror}") from error
        self._known: tuple[bytes, int] | None = None
        """The salts of the log, and its last frame that was passed on; None: nothing was."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the file."""
        self._sql.close()
        os.close(self._index)
        os.close(self._log)

    def changes(self) -> Changes | None:
        """What was committed since the last time; the first time everything; None when it is nothing."""
        salts, last, page_size, size = self._state()
        if self._known == (salts, last):
            return None
        pages = None
        if self._known is not None and self._known[0] == salts:
            pages = self._frames(self._known[1], last, page_size, salts)
        self._known = salts, last
        return self._everything() if pages is None else Changes(page_size, size, pages)

    def _state(self) -> tuple[bytes, int, int, int]:
        """The salts of the log, its last valid frame, the bytes of a page, and the pages of the file."""
        for _ in range(_PATIENCE):
            first, second = (os.pread(self._index, _INDEX_HEADER.size, at) for at in (0, _INDEX_HEADER.size))
            if first == second and len(first) == _INDEX_HEADER.size:
                _, _, _, _, _, page_size, last, size, *_, salts, _ = _INDEX_HEADER.unpack(first)
                return salts, last, 65536 if page_size == 1 else page_size, size
        raise StoreError(f"{self._path}: the header of its log cannot be read")

    def _frames(self, after: int, last: int, page_size: int, salts: bytes) -> dict[int, bytes] | None:
        """The pages of the frames above one number and up to another, of a page the newest.

        None: the log has begun anew meanwhile.
        """
        length = _FRAME_HEADER + page_size
        content = os.pread(self._log, (last - after) * length, _LOG_HEADER + after * length)
        found: dict[int, bytes] = {}
        for at in range(0, len(content), length):
            number, salted = struct.unpack_from(">I4x8s", content, at)
            if salted != salts:
                return None
            found[number] = content[at + _FRAME_HEADER : at + length]
        return found

    def _everything(self) -> Changes:
        with faults_of(self._path):
            (page_size,) = self._sql.execute("pragma page_size").fetchone()
            self._sql.execute("begin")  # or a page that is just being checkpointed came out empty, without a word
            self._sql.execute("select count(*) from sqlite_schema").fetchone()
            content = self._sql.serialize()
            self._sql.execute("rollback")
        pages = {at // page_size + 1: content[at : at + page_size] for at in range(0, len(content), page_size)}
        return Changes(page_size, len(pages), pages)


_WRITTEN_AHEAD = slice(18, 20)
"""Where a file says that it is written ahead to a log, which a replica is not."""

_COUNTS = (24, 92)
"""Where a file says how often it was changed, by which its readers know whether what they remember still holds."""

_LOCKED_AT, _LOCKED = 0x40000000, 512
"""The bytes by whose locks SQLite keeps readers and writers apart."""


class Replica:
    """The same file elsewhere, which anybody may read. Raises StoreError."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._count = 0
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise StoreError(f"{path}: cannot be written: {error.strerror}") from error

    def close(self) -> None:
        """Lets go of the file, which stays as it is."""
        os.close(self._file)

    def apply(self, changes: Changes) -> None:
        """Makes the file what the original was when these were taken. They come in their order."""
        self._count += 1
        count = self._count.to_bytes(4, "big")
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX, _LOCKED, _LOCKED_AT)
            for number, page in changes.pages.items():
                os.pwrite(self._file, _first(page) if number == 1 else page, (number - 1) * changes.page_size)
            for at in _COUNTS:
                os.pwrite(self._file, count, at)
            os.ftruncate(self._file, changes.size * changes.page_size)
            fcntl.lockf(self._file, fcntl.LOCK_UN, _LOCKED, _LOCKED_AT)
        except OSError as error:
            raise StoreError(f"{self._path}: cannot be written: {error.strerror}") from error


def _first(page: bytes) -> bytes:
    content = bytearray(page)
    content[_WRITTEN_AHEAD] = b"\x01\x01"
    return bytes(content)
