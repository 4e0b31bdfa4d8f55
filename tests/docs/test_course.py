"""The course: eight chapters, each with commands, an exercise and its answer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from simulator.docs.links import targets_in
from tests.readme.console import FILE, blocks

FOLDER = Path(__file__).parents[2] / "simulator" / "docs" / "course"
CHAPTERS = sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")


def test_the_chapters_are_listed_in_their_order() -> None:
    """All eight of them."""
    listed = [target for target in targets_in((FOLDER / "README.md").read_text()) if "/" not in target]
    assert listed == [path.name for path in CHAPTERS]
    assert len(CHAPTERS) == 8


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_shows_something_and_ends_with_an_exercise_and_its_answer(chapter: Path) -> None:
    """What commands name are files that the chapter has had its readers write, or that a command has written."""
    text = chapter.read_text()
    before, _, exercise = text.partition("\n## Exercise\n\n")
    assert "\nYou will " in before
    assert re.fullmatch(r".+<details><summary>Answer</summary>\n\n.+</details>\n", exercise, re.DOTALL)
    known = {file["name"] for file in FILE.finditer(text)}
    for command, output in blocks(chapter):
        assert set(re.findall(r"[\w-]+\.(?:yaml|py)\b", command)) <= known
        known |= set(re.findall(r"written to (\S+),", output))
