"""The catalogue has every refusal code, and what it says of them is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from simulator.catalogue.codes import MEANING_BY_CODE
from simulator.catalogue.findings import FINDINGS
from simulator.catalogue.flaws import FLAWS
from simulator.catalogue.refusals import REFUSALS
from simulator.refusal import RefusalCode

SCENARIOS = Path(__file__).parents[2] / "scenarios"
SOURCES = (SCENARIOS.parent / "simulator" / "docs" / "sources.md").read_text()
LISTED = set(re.findall(r"^## ([SR]\d+)$", SOURCES, re.MULTILINE))
"""The pages that are listed as sources."""


def test_every_code_is_explained() -> None:
    """In the order of the codes, and none that is no code."""
    assert list(REFUSALS) == list(RefusalCode)


def test_no_code_is_explained_twice() -> None:
    """Whatever kind it is of: who is told a code finds one entry."""
    assert len(MEANING_BY_CODE) == len(REFUSALS) + len(FINDINGS) + len(FLAWS)


@pytest.mark.parametrize("code", [code for code, meaning in REFUSALS.items() if meaning.scenario])
def test_the_scenario_shows_it(code: RefusalCode) -> None:
    """The scenario that is named expects this very refusal, or a row with it as its reason."""
    text = (SCENARIOS / f"{REFUSALS[code].scenario}.yaml").read_text()
    assert f"refused: {code}" in text or f"reason: {code}" in text


@pytest.mark.parametrize("code", RefusalCode)
def test_its_page_is_among_the_sources(code: RefusalCode) -> None:
    """A page that a rule is from is listed among the sources."""
    pages = {source for source in REFUSALS[code].source.split(", ") if source.startswith(("S", "R"))}
    assert pages <= LISTED
