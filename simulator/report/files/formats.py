"""The files in which finished runs are told: what makes the text of each, by the suffix of its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.report.result import Run, UnbegunRun


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of file."""

    what: str
    """What it is, in a few words."""
    maker: str
    """In which module of this package its text is made, and by which function."""
    has_unbegun: bool = False
    """Whether it has a way to say that something was to be run and was not."""

    def text_of(self, told: object) -> str:
        """Runs, or a coverage, in this format, whose module is imported now: few are asked for at a time."""
        module, _, function = self.maker.partition(":")
        text: str = getattr(import_module(f"simulator.report.files.{module}"), function)(told)
        return text


FORMATS: Mapping[str, Format] = {
    ".html": Format("a page that shows all of it", "page:to_html"),
    ".md": Format("Markdown", "markdown:to_markdown"),
    ".mmd": Format("a Mermaid sequence diagram", "mermaid:to_mermaid"),
    ".svg": Format("the diagram as SVG", "svg:to_svg"),
    ".tap": Format("TAP 14", "tap:to_tap", has_unbegun=True),
    ".xml": Format("JUnit XML", "machine:to_junit", has_unbegun=True),
    ".sarif": Format("SARIF", "sarif:failures_to_sarif"),
    ".json": Format("JSON", "machine:to_json"),
    ".jsonl": Format("the journal as JSON lines", "json_lines:to_json_lines"),
}


_WITH_COVERAGE: Mapping[str, Format] = {
    ".html": Format("a page that shows all of it", "covered:page_with"),
    ".md": Format("Markdown", "covered:markdown_with"),
}

COVERAGE_FORMATS: Mapping[str, Format] = {
    ".json": Format("all of it", "covered:to_json"),
    ".md": Format("a table and what is missing", "covered:to_markdown"),
}
"""The files in which coverage is told by itself."""


def written(runs: Sequence[Run | UnbegunRun], suffix: str, *, with_coverage: bool = False) -> str:
    """The runs as a file with that suffix; of the same seed it is the same, byte for byte.

    *with_coverage*, also what they have exercised, where a person reads the file.
    """
    from simulator.report.result import UnbegunRun

    formats = {**FORMATS, **_WITH_COVERAGE} if with_coverage else FORMATS
    each = formats[suffix]
    told = runs if each.has_unbegun else [run for run in runs if not isinstance(run, UnbegunRun)]
    return each.text_of([run.without_clock() for run in told])


def in_words(formats: Mapping[str, Format] = FORMATS) -> str:
    """All of them, such as ".md: Markdown, .tap: TAP 14"."""
    return ", ".join(f"{suffix}: {each.what}" for suffix, each in formats.items())
