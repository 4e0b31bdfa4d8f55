"""`--watch`: a command that is taken again whenever one of its files has changed, until Ctrl-C."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from simulator.cli.output import say

_OFTEN = 0.2
"""Seconds between two looks at the files."""

_YAML = (".yaml", ".yml")
_READ = (*_YAML, ".json", ".jsonl", ".csv")
"""What scenarios and the files that they name end in."""

WATCH = click.option(
    "--watch",
    is_flag=True,
    help="Do it again whenever YAML or JSON in the folders of FILES has changed, until Ctrl-C.",
)


def watch(files: Sequence[Path]) -> None:
    """Takes the same command without --watch, in a process of its own each time. Ends by KeyboardInterrupt."""
    command = [sys.executable, "-m", "simulator", *(each for each in sys.argv[1:] if each != "--watch")]
    folders = sorted({path if path.is_dir() else path.parent for path in files})
    while True:
        before = _state(folders)
        _take(command)
        # What has changed meanwhile is new; but JSON may be what the run itself has written.
        seen = {
            path: before.get(path) if path.endswith(_YAML) else state for path, state in _state(folders).items()
        }
        say(f"\nwatching {', '.join(map(str, folders))}: again when a file changes, Ctrl-C ends it", err=True)
        while (now := _state(folders)) == seen:
            time.sleep(_OFTEN)
        while (then := _state(folders)) != now:  # an editor may write several files, or one in several steps
            now = then
            time.sleep(_OFTEN)


def _take(command: Sequence[str]) -> None:
    """Lets one run come to its end, also when this process is stopped: it has things to clean up."""
    with subprocess.Popen(command) as process:  # noqa: S603
        try:
            process.wait()
        except KeyboardInterrupt:
            process.terminate()
            raise


def _state(folders: Sequence[Path]) -> dict[str, tuple[int, int]]:
    """When each file that may be read was changed, and how large it is."""
    return {path: state for folder in folders for path, state in _files(folder)}


def _files(folder: Path) -> Iterator[tuple[str, tuple[int, int]]]:
    for where, inner, names in os.walk(folder):
        inner[:] = [each for each in inner if not each.startswith(".")]
        for name in names:
            if name.startswith(".") or not name.endswith(_READ):
                continue
            path = os.path.join(where, name)
            try:
                found = os.stat(path)
            except OSError:  # it has gone while we looked
                continue
            yield path, (found.st_mtime_ns, found.st_size)
