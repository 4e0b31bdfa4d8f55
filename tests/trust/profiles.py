"""The trust profile that an instance has."""

from __future__ import annotations

from simulator.trust.profile import TrustProfile
from tests.fleet import HEALTH, Fleet


def profile_of(fleet: Fleet, name: str) -> TrustProfile:
    """The trust profile for Impact Health on one instance."""
    [profile] = [row for row in fleet.rows(name, TrustProfile) if row.application == HEALTH]
    return profile
