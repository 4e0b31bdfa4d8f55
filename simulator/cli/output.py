"""The one door through which all text leaves: what is printed, what goes on while a command works, result files.

Text from data is shown and never obeyed: not by rich as markup, not by a terminal as an escape sequence.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from io import TextIOWrapper, UnsupportedOperation
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simulator.errors import MachineryError
from simulator.report.printable import printable, printable_json
from simulator.runtime.stopping import uninterrupted

if TYPE_CHECKING:  # rich takes longer to import than a short command to run, which prints without it
    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
    from rich.status import Status
    from rich.text import Text

STANDARD_OUTPUT = Path("-")

_NEVER_WRAPPED = 10_000
"""Columns: more than any line of a report has."""


def say(text: object, *, err: bool = False) -> None:
    """Prints a line, or some, to standard output or standard error."""
    click.echo(_unobeyed(printable(str(text))), err=err)


def command_github(line: str, *, err: bool) -> None:
    """Prints a command of a workflow of GitHub, which its runner obeys in either stream."""
    click.echo(line, err=err)


def is_github() -> bool:
    """Whether a workflow of GitHub reads what is printed."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def _unobeyed(text: str) -> str:
    """The text with a space of no width in what a workflow of GitHub obeys: `::` that begins a line and `##[`."""
    return _COMMAND.sub("\\g<0>\N{ZERO WIDTH SPACE}", text) if is_github() else text


_COMMAND = re.compile(r"^\s*:(?=:)|##(?=\[)", re.MULTILINE)


def print_json(text: str) -> None:
    """Prints JSON to standard output; it has its own way to say what cannot be printed."""
    click.echo(printable_json(text).rstrip("\n"))


def print_report(renderable: RenderableType, *, err: bool = False) -> None:
    """Prints to a terminal as it is, and elsewhere a line each, however long, without the blanks that fill it.

    Who sets COLUMNS wants that many for each line, also in a pipe.
    """
    console = _console(err=err)
    if console.is_terminal:
        console.print(_Printable(renderable))
        return
    columns = os.environ.get("COLUMNS", "")
    console = _console(width=int(columns) if columns.isdecimal() else _NEVER_WRAPPED)
    with console.capture() as capture:
        console.print(_Printable(renderable))
    click.echo(_unobeyed("\n".join(line.rstrip() for line in capture.get().splitlines())), err=err)


def is_terminal(*, err: bool = False) -> bool:
    """Whether a person reads what is printed, and no program."""
    return _console(err=err).is_terminal


def _console(*, err: bool = False, width: int | None = None) -> Console:
    from rich.console import Console

    return Console(stderr=err, width=width, markup=False, emoji=False)


class _Printable:
    """What another one renders, with all of its text printable."""

    def __init__(self, renderable: RenderableType) -> None:
        self._renderable = renderable

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.segment import Segment

        for segment in console.render(self._renderable, options):
            yield segment if segment.control else Segment(printable(segment.text), segment.style)


class Going:
    """What a command does at the moment, in one line of a terminal; nothing elsewhere."""

    def __init__(self, status: Status | None) -> None:
        self._status = status

    @property
    def is_shown(self) -> bool:
        """Whether anybody sees it: there is a terminal."""
        return self._status is not None

    def update(self, text: str) -> None:
        """It does this now."""
        if self._status:
            self._status.update(_line(text, self._status.console))

    def stop(self) -> None:
        """The line is gone."""
        if self._status:
            self._status.stop()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """The line is gone while something is printed."""
        self.stop()
        try:
            yield
        finally:
            if self._status:
                self._status.start()


@contextmanager
def going(text: str) -> Iterator[Going]:
    """Shows on standard error what goes on inside."""
    console = _console(err=True)
    if not console.is_terminal:
        yield Going(None)
        return
    with console.status(_line(text, console)) as status:
        yield Going(status)


def _line(text: str, console: Console) -> Text:
    """What fits beside the spinner: the place in which it moves stays one line."""
    from rich.text import Text

    line = Text(" ".join(printable(text).split()))
    line.truncate(console.width - 3, overflow="ellipsis")
    return line


# -- files ----------------------------------------------------------------------------------------------


@contextmanager
def result_file(path: Path | None) -> Iterator[Callable[[str], None]]:
    """What writes the file that was asked for, once; nothing where none was, and - is standard output.

    It is written beside and moved into its place when it is complete. That it can be is made sure of before the
    work begins: raises click.FileError.
    """
    if path is None:
        yield lambda _: None
    elif path == STANDARD_OUTPUT:
        yield click.echo
    else:
        yield partial(_put, *_target(path))


def _target(path: Path) -> tuple[Path, bool]:
    """Where a path leads, and whether it is replaced; a pipe or a device of /dev is written in its place.

    That a file can be made beside it is tried. None is there while the work goes on: who is killed removes none.
    """
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            if str(path).startswith("/dev/"):
                return path, False
            raise UnsupportedOperation(_OF_NOBODY)
        target = Path(os.path.realpath(path))
        if target.is_dir():
            raise IsADirectoryError(0, "it is a directory")
        if target.exists() and not os.access(target, os.W_OK):
            raise PermissionError(0, "it may not be written")
        with _beside(target):
            return target, True
    except (OSError, ValueError) as error:
        raise click.FileError(str(path), getattr(error, "strerror", None) or str(error)) from error


_OF_NOBODY = "it is a pipe or a device, of which nobody knows whether it ever takes anything"


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """A new file in the same directory, which is gone after the block unless it has been moved."""
    with ExitStack() as stack:
        with uninterrupted():  # or a Ctrl-C between making and knowing it would leave it behind
            handle, name = tempfile.mkstemp(prefix=".trustsim-", dir=target.parent)
            beside = Path(name)
            stack.callback(beside.unlink, missing_ok=True)
        os.close(handle)
        yield beside


def _put(target: Path, is_replaced: bool, text: str) -> None:
    try:
        if not is_replaced:
            target.write_text(text, encoding="utf-8")
            return
        with _beside(target) as beside:
            beside.write_text(text, encoding="utf-8")
            beside.chmod(target.stat().st_mode & 0o7777 if target.exists() else 0o666 & ~_umask())
            try:
                beside.replace(target)
            except OSError:  # what is mounted by itself, as into a container, cannot be replaced
                target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise MachineryError(f"{target}: the results cannot be written: {error.strerror}") from error


def add_to_file(path: Path, text: str) -> None:
    """Writes the text at the end of a file of others, which is made where it is missing."""
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise MachineryError(f"{path}: the summary cannot be written: {error.strerror}") from error


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def never_fail() -> None:
    """Lets the standard streams print in any encoding: a character that it has not is escaped."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
