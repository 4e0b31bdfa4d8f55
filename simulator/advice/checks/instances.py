"""What the instances are at each point of a scenario: of which type, and whether they are in operation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from simulator.advice.checks.finding import Objection
from simulator.refusal import RefusalCode
from simulator.scenario.model import Environment, Scenario


class Instances:
    """Follows the instances themselves."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._retired: set[str] = set()
        self._production = {
            name for name, it in scenario.instances.items() if it.environment is Environment.PRODUCTION
        }

    def is_production(self, name: str) -> bool:
        """Whether it is of that type now."""
        return name in self._production

    def is_retired(self, name: str) -> bool:
        """Whether it has been decommissioned before."""
        return name in self._retired

    def retire(self, names: Iterable[str]) -> None:
        """Instances are decommissioned."""
        self._retired.update(names)

    def promote(self, names: Iterable[str]) -> None:
        """Instances become production."""
        self._production.update(names)

    def demote(self, names: Iterable[str]) -> None:
        """Instances become non-production."""
        self._production.difference_update(names)

    def strangers(self, one: str, other: str) -> Iterator[Objection]:
        """That they belong to different accounts."""
        accounts = [self._scenario.instances[name].account for name in (one, other)]
        if accounts[0] != accounts[1]:
            found = f"{one} belongs to account {accounts[0]}, {other} to account {accounts[1]}."
            yield Objection(RefusalCode.OTHER_ACCOUNT, found)

    def apart(self, one: str, other: str) -> Iterator[Objection]:
        """Why nothing can be between the two, whatever it is."""
        if strangers := list(self.strangers(one, other)):
            yield from strangers
        elif retired := self._retired & {one, other}:
            yield Objection(RefusalCode.INSTANCE_RETIRED, f"{min(retired)} has been decommissioned before.")
