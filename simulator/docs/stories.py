"""Failure stories: each is a scenario that tells itself, and what trustsim says of it is what a run says."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml  # type: ignore[import-untyped]

from simulator.docs.gallery import in_virtual_time
from simulator.docs.links import Links
from simulator.report.answers import answer_in_words
from simulator.report.result import RunResult, StepResult

ROOT = Path(__file__).parents[2]
FOLDER = "simulator/docs/failures"

_TOPIC = re.compile(r"^## (?P<title>.*)\n(?P<stories>(?:\n|- .*\n)+)", re.MULTILINE)
_STORY = re.compile(r"^- \[(?P<name>[^\]]+)\]\((?P<file>[^)]+\.yaml)\)", re.MULTILINE)
_WIDTH = 96


@dataclass(frozen=True, slots=True)
class Topic:
    """Stories that belong together, simplest first."""

    title: str
    name_by_file: dict[str, str]

    @property
    def page(self) -> str:
        """Its place on the site."""
        return f"failures/{_slug(self.title)}.md"


def topics() -> list[Topic]:
    """The topics and their stories, as the page about them lists them."""
    text = (ROOT / FOLDER / "README.md").read_text(encoding="utf-8")
    return [
        Topic(topic["title"], {story["file"]: story["name"] for story in _STORY.finditer(topic["stories"])})
        for topic in _TOPIC.finditer(text)
    ]


def place_by_file() -> dict[str, str]:
    """Where each story stands on the site."""
    return {
        f"{FOLDER}/{file}": f"{topic.page}#{_slug(name)}"
        for topic in topics()
        for file, name in topic.name_by_file.items()
    }


def pages(links: Links) -> Iterator[tuple[str, str]]:
    """The text of each topic's page, with its place on the site."""
    for topic in topics():
        stories = "\n\n".join(_told(file, links) for file in topic.name_by_file)
        yield topic.page, f"# {topic.title}\n\n{stories}\n"


def _slug(title: str) -> str:
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def _told(file: str, links: Links) -> str:
    path = ROOT / FOLDER / file
    text = path.read_text(encoding="utf-8")
    said = yaml.safe_load(text)
    shown = text.partition("\n\n" + next(line for line in text.splitlines() if line.startswith("instances:")))
    story = re.sub(r"^(You see|Why|What to do):", r"**\1.**", said["description"], flags=re.MULTILINE)
    story = links.rewritten(story, f"{FOLDER}/{file}")
    [run] = in_virtual_time(path)
    lines = "\n".join(_lines(run))
    return (
        f"## {said['name']}\n\n{story}\n"
        f"```yaml\n{(shown[1] + shown[2]).strip()}\n```\n\n"
        f"What becomes of it:\n\n```text\n{lines}\n```"
    )


def _lines(run: RunResult) -> Iterator[str]:
    for step in run.steps:
        if step.outcome:
            yield from _wrapped(f"{step.text}: {step.outcome}", "")
            yield from _reasons(step)
    for answer in run.answers:
        if any(item.get("errors") for item in answer.response.get("items", ())):
            yield f"{answer.instance} answers"
            for line in answer_in_words(answer.response).splitlines():
                yield from _wrapped(line.strip(), "  ")


def _reasons(step: StepResult) -> Iterator[str]:
    for reason in step.reasons[:1]:
        yield from _wrapped(reason, "  ")


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=indent, subsequent_indent=indent or "    ")
