"""The files in which finished runs are told: what makes the text of each, by the suffix of its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from simulator.report.json_lines import to_json_lines
from simulator.report.machine import to_json, to_junit
from simulator.report.markdown import to_markdown
from simulator.report.mermaid import to_mermaid
from simulator.report.page import to_html
from simulator.report.remarks import remarks_of
from simulator.report.result import Run, without_clock
from simulator.report.sarif import to_sarif
from simulator.report.svg import to_svg
from simulator.report.tap import to_tap


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of file."""

    what: str
    """What it is, in a few words."""
    text_of: Callable[[Sequence[Run]], str]


FORMATS: Mapping[str, Format] = {
    ".html": Format("a page that shows all of it", to_html),
    ".md": Format("Markdown", to_markdown),
    ".mmd": Format("a Mermaid sequence diagram", to_mermaid),
    ".svg": Format("the diagram as SVG", to_svg),
    ".tap": Format("TAP 14", to_tap),
    ".xml": Format("JUnit XML", to_junit),
    ".sarif": Format("SARIF", lambda runs: to_sarif(remarks_of(runs))),
    ".json": Format("JSON", to_json),
    ".jsonl": Format("the journal as JSON lines", to_json_lines),
}


def written(runs: Sequence[Run], suffix: str) -> str:
    """The runs as a file with that suffix; of the same seed it is the same, byte for byte."""
    return FORMATS[suffix].text_of([without_clock(run) for run in runs])


def in_words() -> str:
    """All of them, such as ".md: Markdown, .tap: TAP 14"."""
    return ", ".join(f"{suffix}: {each.what}" for suffix, each in FORMATS.items())
