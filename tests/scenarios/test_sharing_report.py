"""The matrix of data sharing in a report: who grants whom access, and whom somebody has denied it."""

from __future__ import annotations

import asyncio

import pytest

from simulator.scenario.reading.load import load_text
from simulator.scenario.running.run import run_virtual

from .running import Unseen, in_full

SHARING = """\
name: Sharing
instances: { prod1: production, dev1: development, dev2: development }
applications: { Usage: { data_sharing: true } }
steps:
"""


@pytest.mark.parametrize(
    ("step", "row"),
    [
        ("set_grant_access: { on: dev1, instance: prod1, grant: false }", ["dev1", "denied"]),
        ("set_grant_access: { on: dev1, instance: prod1, grant: true }", ["dev1", "customised"]),
        ("settle", ["dev1", "default"]),
    ],
)
def test_a_customised_grant_shows_whether_it_is_one_or_a_denial(step: str, row: list[str]) -> None:
    result = asyncio.run(run_virtual(load_text(f"{SHARING}  - {step}\n", "sharing.yaml"), 0, None, Unseen()))
    lines = in_full(result).split("data sharing", 1)[1].splitlines()
    assert row in [line.split() for line in lines]


def test_a_denial_shows_where_nobody_grants_anybody_access() -> None:
    step = "  - set_grant_access: { on: [dev1, dev2], instance: prod1, grant: false }\n"
    text = in_full(asyncio.run(run_virtual(load_text(SHARING + step, "sharing.yaml"), 0, None, Unseen())))
    assert text.split("Usage: data sharing", 1)[1].count("denied") == 2
