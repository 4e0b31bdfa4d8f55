"""The fleets that a user has up, each noted in a file of its own while it is: how `do` finds them."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from simulator.errors import MachineryError, NoFleetError


@dataclass(frozen=True, slots=True)
class Entry:
    """A fleet that is up."""

    file: str
    """The scenario's, with its whole path."""
    url: str
    token: str
    """What whoever asks something of it has to show."""
    pid: int


def _directory() -> Path:
    """The user's own; nobody else may look into it, for the tokens are there. Raises MachineryError."""
    base = os.environ.get("XDG_RUNTIME_DIR")
    directory = Path(base) / "trustsim" if base else Path(tempfile.gettempdir()) / f"trustsim-{os.getuid()}"
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        state = directory.lstat()
    except OSError as error:
        raise MachineryError(f"{directory}: cannot note which fleets are up: {error.strerror}") from error
    if state.st_uid != os.getuid() or state.st_mode & 0o077:
        raise MachineryError(f"{directory}: expected a directory that only you can read; remove it")
    return directory


@contextmanager
def noted(entry: Entry) -> Iterator[None]:
    """Notes the fleet for as long as the block lasts. Raises MachineryError."""
    file = _directory() / f"{entry.pid}.json"
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump(asdict(entry), stream)
    except OSError as error:
        raise MachineryError(f"{file}: cannot note that the fleet is up: {error.strerror}") from error
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def fleets() -> list[Entry]:
    """All that are up, the latest last; the notes of those that were killed are removed. Raises MachineryError."""
    found: list[tuple[float, Entry]] = []
    for file in _directory().glob("*.json"):
        with suppress(FileNotFoundError):  # it has ended just now
            try:
                entry = Entry(**json.loads(file.read_text(encoding="utf-8")))
            except (ValueError, TypeError):  # it is just being written, or was never finished
                continue
            if _is_up(entry.pid):
                found.append((file.stat().st_mtime, entry))
            else:
                file.unlink(missing_ok=True)
    return [entry for _, entry in sorted(found, key=lambda each: each[0])]


def find(wanted: str | None) -> Entry:
    """The fleet of a scenario's file or at an address; None: the only one. Raises NoFleetError."""
    up = fleets()
    if wanted is None:
        matching = up
    elif "://" in wanted:
        matching = [entry for entry in up if entry.url == wanted.rstrip("/")]
    else:
        matching = [entry for entry in up if entry.file == os.path.realpath(wanted)]
    if len(matching) == 1:
        return matching[0]
    known = "".join(f"\n  {entry.url}  {entry.file}" for entry in up) or " none"
    if matching:
        raise NoFleetError(f"expected one fleet, several are up; name one by its address:{known}")
    what = "no fleet is up" if wanted is None else f"no fleet of {wanted} is up"
    raise NoFleetError(f"{what}; start one with `trustsim up FILE`. Up are:{known}")


def _is_up(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another's process has the number by now
        return False
    return True
