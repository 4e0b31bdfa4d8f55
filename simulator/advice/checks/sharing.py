"""Which data of applications instances grant each other at each point of a scenario, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import product

from simulator.advice.checks.finding import Objection, Severity
from simulator.advice.checks.installed import Installed
from simulator.advice.checks.instances import Instances
from simulator.refusal import RefusalCode
from simulator.scenario import model
from simulator.scenario.model import Scenario


class Sharing:
    """Follows first-generation data sharing."""

    def __init__(self, scenario: Scenario, instances: Instances, installed: Installed) -> None:
        self._scenario = scenario
        self._instances, self._installed = instances, installed
        self._grants: dict[tuple[str, str, str], bool] = {}
        """By application, grantor and grantee, where it was customised."""

    def set_grant(self, it: model.SetGrantAccessStep) -> Iterator[Objection]:
        """A grantor sets Grant access."""
        for pair in product(it.on, it.instance):
            yield from self._unshared(it.application, *pair)
            self._grants[it.application, *pair] = it.grant

    def set_mirror(self, it: model.SetIsGrantingAccessStep) -> Iterator[Objection]:
        """A grantee would set Is granting access."""
        found = f"Is granting access of {it.on[0]} only mirrors Grant access on {it.instance[0]}."
        yield Objection(RefusalCode.MIRROR_IS_READ_ONLY, found)

    def share(self, it: model.ShareDataStep, severity: Severity) -> Iterator[Objection]:
        """Data is shared; *severity* is how bad it is when it is refused."""
        for grantor, grantee in product(it.sender, it.to):
            yield from self._unshared(it.application, grantor, grantee)
            default = self._instances.is_production(grantee) and not self._instances.is_production(grantor)
            if not self._grants.get((it.application, grantor, grantee), default):
                found = f"{grantor} does not grant {grantee} access to {it.application} at this point."
                yield Objection(RefusalCode.ACCESS_NOT_GRANTED, found, severity)

    def reset(self, grantors: Collection[str]) -> None:
        """Their type has changed, and what was customised on them is as it is by default."""
        self._grants = {key: grant for key, grant in self._grants.items() if key[1] not in grantors}

    def forget(self, it: model.RemoveApplicationStep) -> None:
        """What goes with an application."""
        self._grants = {
            key: grant for key, grant in self._grants.items() if key[0] != it.application or key[1] not in it.on
        }

    def _unshared(self, application: str, one: str, other: str) -> Iterator[Objection]:
        """What keeps the application's data from being shared whatever is granted."""
        yield from self._installed.missing(application, one, other)
        if not self._scenario.applications[application].data_sharing:
            yield Objection(RefusalCode.NO_DATA_SHARING, f"{application} takes no part in data sharing.")
        yield from self._instances.strangers(one, other)
