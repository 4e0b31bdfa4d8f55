"""What reports of the documented example look like; `python -m tests.report.golden` writes them anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from simulator.report.files.formats import written
from simulator.runtime.virtual.fleet import finish
from simulator.scenario.reading.load import load_text
from simulator.scenario.running.progress import Unfollowed
from simulator.scenario.running.run import run_virtual

ROOT = Path(__file__).parents[2]
EXAMPLE = "scenarios/documented-example.yaml"
GOLDEN = Path(__file__).parent / "golden"
SUFFIXES = (".md", ".mmd", ".svg", ".json", ".xml", ".tap")


def reports() -> Iterator[tuple[Path, str]]:
    """The file of each report, and what belongs into it."""
    result = finish(run_virtual(load_text((ROOT / EXAMPLE).read_text(), EXAMPLE), 0, None, Unfollowed()))
    for suffix in SUFFIXES:
        yield GOLDEN / f"documented-example{suffix}", written([result], suffix)


if __name__ == "__main__":
    for path, text in reports():
        path.write_text(text)
