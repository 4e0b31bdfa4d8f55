"""A fleet of two production and two development instances that all have both applications."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fleet import Fleet


@pytest.fixture
def fleet() -> Iterator[Fleet]:
    """prod1, prod2, dev1 and dev2, knowing one another."""
    with Fleet("prod1", "prod2", "dev1", "dev2") as fleet:
        yield fleet


@pytest.fixture
def managed(fleet: Fleet) -> Fleet:
    """prod1 manages dev1 and dev2, and its profile says that both trust it."""
    fleet.manage("prod1", "dev1", "dev2")
    fleet.save_item("prod1", "dev1", "prod1")
    fleet.save_item("prod1", "dev2", "prod1")
    return fleet
