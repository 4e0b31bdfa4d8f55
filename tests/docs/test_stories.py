"""Every failure story is listed, tells itself in three parts, and together they have every failure mode."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]

from simulator.docs.stories import topics
from simulator.scenario.failures import FAILURES

FOLDER = Path(__file__).parents[2] / "simulator" / "docs" / "failures"
NAME_BY_FILE = {file: name for topic in topics() for file, name in topic.name_by_file.items()}


def test_every_story_is_listed_under_its_name() -> None:
    """Once, under one topic; and there are as many as were promised."""
    assert {path.name: yaml.safe_load(path.read_text())["name"] for path in FOLDER.glob("*.yaml")} == NAME_BY_FILE
    assert sum(len(topic.name_by_file) for topic in topics()) == len(NAME_BY_FILE) >= 30


@pytest.mark.parametrize("file", NAME_BY_FILE)
def test_a_story_says_what_one_sees_why_and_what_to_do(file: str) -> None:
    """And expects what it tells: a refusal, an answer with an error, or rows that somebody would not want."""
    story = yaml.safe_load((FOLDER / file).read_text())
    leads = [paragraph.partition(":")[0] for paragraph in story["description"].strip().split("\n\n")]
    assert leads == ["You see", "Why", "What to do"]
    assert any("expect" in step for step in story["steps"] if isinstance(step, dict))


def test_every_failure_mode_is_told_or_said_not_to_be() -> None:
    """By its number, on the page that lists the stories."""
    named = set(re.findall(r"\bF\d+\b", (FOLDER / "README.md").read_text()))
    assert named == {failure.number for failure in FAILURES}
