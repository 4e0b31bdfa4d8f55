"""What GitHub is told where a command is part of a workflow: a summary, and remarks beside the lines of files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.cli.output import add_to_file, command_github, is_github
from simulator.report.files.annotations import annotation_of
from simulator.report.files.formats import written
from simulator.report.remarks import Remark, remarks_of

if TYPE_CHECKING:
    from simulator.report.result import Run


def tell_github(runs: Sequence[Run], *, err: bool, with_coverage: bool) -> None:
    """In a workflow of GitHub: a summary on its page, and each failure beside its line of the scenario file."""
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        _summarise(Path(summary), written(runs, ".md", with_coverage=with_coverage))
    annotate(remarks_of(runs), err=err)


def annotate(remarks: Iterable[Remark], *, err: bool) -> None:
    """Puts remarks beside the lines of the files, where a workflow of GitHub reads what is printed."""
    if is_github():
        for remark in remarks:
            command_github(annotation_of(remark), err=err)


_SUMMARY = 1 << 20
"""Bytes: GitHub shows nothing at all of a larger summary."""


def _summarise(file: Path, text: str) -> None:
    room = _SUMMARY - len(_LEFT_OUT.encode()) - (file.stat().st_size if file.exists() else 0)
    if len(text.encode()) > room:
        whole = text.encode()[: max(room, 0)].decode(errors="ignore").rpartition("\n\n")[0]
        text = whole + _LEFT_OUT
    add_to_file(file, text)


_LEFT_OUT = "\n\n(The rest is left out: GitHub takes 1 MiB. `--report FILE.md` has all of it.)\n"
