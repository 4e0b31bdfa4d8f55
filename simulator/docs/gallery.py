"""A page for every shipped scenario: its story, what to look for, its picture, the file and the run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import yaml  # type: ignore[import-untyped]

from simulator.cli.runs import Way, run_in_virtual_time
from simulator.docs.links import Links
from simulator.report.files.formats import written
from simulator.report.result import RunResult
from simulator.scenario.reading.load import load_all

ROOT = Path(__file__).parents[2]
FILE = "simulator/docs/gallery/README.md"
"""Says of every scenario what to look for, by topic, simplest first."""

_ENTRY = re.compile(
    r"^### \[(?P<name>[^\]]+)\]\([./]*/scenarios/(?P<file>[^)]+)\)\n\n(?P<look>.*?)(?=^#|\Z)", re.M | re.S
)
_WAY = Way(broker=None, tls=False, keep=None, instances_per_process=1, seed=0, jobs=1, at_rest=False)


def page_by_scenario() -> dict[Path, str]:
    """Every shipped scenario, with the place of its page on the site."""
    return {path: f"gallery/{path.stem}.md" for path in sorted((ROOT / "scenarios").glob("*.yaml"))}


def in_virtual_time(path: Path) -> list[RunResult]:
    """What comes of a scenario of the repository, which is named as from its top, in each of its combinations."""
    return [run_in_virtual_time(_WAY, loaded) for loaded in load_all(path.relative_to(ROOT))]


def looks() -> dict[str, str]:
    """What to look for in each scenario that the gallery tells of, by its file's name."""
    return {
        entry["file"]: entry["look"].strip()
        for entry in _ENTRY.finditer((ROOT / FILE).read_text(encoding="utf-8"))
    }


def pages(links: Links) -> Iterator[tuple[str, str]]:
    """The text of each page, with its place on the site."""
    told = looks()
    for path, page in page_by_scenario().items():
        text = path.read_text(encoding="utf-8")
        said = yaml.safe_load(text)
        story = f"{said['description'].strip()}\n\n" if "description" in said else ""
        codes = dict.fromkeys(re.findall(r"\brefused: (\w+)", text))
        refusals = ", ".join(f"[{code}](../reference/refusals.md#{code})" for code in codes)
        yield (
            page,
            (
                f"# {said['name']}\n\n{story}"
                f"## What to look for\n\n{links.rewritten(told[path.name], FILE)}\n\n"
                + (f"Refusals that it expects: {refusals}.\n\n" if refusals else "")
                + f"## Run it\n\n```sh\ntrustsim run --virtual -v scenarios/{path.name}\n```\n\n"
                f'<p><a href="../runs/{path.stem}.html">Look at the run</a>: messages, trust, tables and CMDB, as '
                "<code>--report FILE.html</code> writes them.</p>\n\n"
                f'<div class="picture" tabindex="0" role="group" aria-label="Sequence diagram of {said["name"]}">'
                f'<img src="../runs/{path.stem}.svg" alt="Who sent what to whom, step by step"></div>\n\n'
                f"## The file\n\n```yaml\n{text}```\n"
            ),
        )


def files() -> Iterator[tuple[str, str]]:
    """The picture and the page of every run, with their places on the site."""
    for path in page_by_scenario():
        runs = in_virtual_time(path)
        for suffix in (".svg", ".html"):
            yield f"runs/{path.stem}{suffix}", written(runs, suffix)
