"""Certificates of instances that have none yet, on a broker that asks for them."""

from __future__ import annotations

from simulator.runtime.fleet import Fleet
from simulator.scenario.model import Scenario, Step
from simulator.scenario.topology import instance_id
from simulator.tables import Property, Row, Tables
from simulator.trust.directory import DirectoryEntry
from simulator.trust.readiness import Plugin, refuse_without_tls

_ROWS: tuple[type[Row], ...] = (DirectoryEntry, Property, Plugin)
"""What readiness for mutual TLS depends on."""


class Certificates:
    """Gives an instance its certificate when it becomes ready for mutual TLS; *with_tls*: whether that matters."""

    def __init__(self, fleet: Fleet, scenario: Scenario, *, with_tls: bool) -> None:
        self._fleet = fleet
        self._scenario = scenario
        self._with_tls = with_tls

    def awaited(self, step: Step) -> set[str]:
        """Those that the step makes ready or brings nearer to it, and that are not ready yet."""
        if not self._with_tls:
            return set()
        concerned = {*(step.enable_tls or ()), *(step.install_plugin.on if step.install_plugin else ())}
        return {instance for instance in concerned if refuse_without_tls(self._setup_of(instance))}

    async def issue(self, instances: set[str]) -> None:
        """To each the certificate that the scenario says."""
        for instance in instances:
            await self._fleet.certify(instance, self._scenario.instances[instance].certificate)

    def _setup_of(self, instance: str) -> Tables:
        rows = (row for row_type in _ROWS for row in self._fleet.load(instance, row_type))
        return Tables(instance_id(instance, self._scenario.instances[instance]), rows)
