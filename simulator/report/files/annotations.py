"""Remarks as GitHub's workflow commands, which put them beside the lines of the files."""

from __future__ import annotations

from simulator.report.printable import printable
from simulator.report.remarks import Remark

_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def annotation_of(remark: Remark) -> str:
    """A line, to be printed as it is."""
    at = f"file={_property(remark.file)},line={remark.line}" + (f",col={remark.column}" if remark.column else "")
    title = f",title={_property(remark.title)}" if remark.title else ""
    return f"::{_COMMANDS[remark.level]} {at}{title}::{_data(remark.text)}"


def _data(text: str) -> str:
    """As GitHub's toolkit does it; a sign stands for what a terminal would obey."""
    kept = printable(text.replace("\r", "\n"))
    return kept.replace("%", "%25").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
