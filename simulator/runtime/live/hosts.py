"""The hosts of a fleet, on the sites there are."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from simulator.runtime.clock import FleetClock
from simulator.runtime.listening import Listening
from simulator.runtime.live.channel import Sites
from simulator.runtime.live.control import Command
from simulator.runtime.live.process import HostProcess
from simulator.runtime.spec import HostSpec, InstanceSpec
from simulator.transport.broker import Broker


class Hosts:
    """Gives each instance a host, which it shares with others where a host has several; see LiveFleet."""

    def __init__(
        self,
        specs: Mapping[str, InstanceSpec],
        broker: Broker,
        directory: Path,
        instances_per_process: int,
        seed: int,
        clock: FleetClock,
        listening: Listening | None,
        sites: Sites,
    ) -> None:
        self._specs = specs
        self._broker = broker
        self._directory = directory
        self._instances_per_process = instances_per_process
        self._seed = seed
        self._clock = clock
        self._listening = listening
        self._sites = sites
        self._numbers = count(1)
        self._all: list[HostProcess] = []
        self._by_instance: dict[str, HostProcess] = {}

    def place(self, instances: Sequence[str]) -> None:
        """Gives the instances hosts, which are yet to be started. Raises HostError where one has no place."""
        size = self._instances_per_process
        for site, names in self._sites.place(instances):
            if self._listening is not None and site.host is not None:
                self._listening.hosts.update(dict.fromkeys(names, site.host))
            specs = [self._specs[name] for name in names]
            for group in (tuple(specs[at : at + size]) for at in range(0, len(specs), size)):
                host = HostProcess(self._spec(f"host-{next(self._numbers)}", group), site)
                self._all.append(host)
                self._by_instance.update({spec.name: host for spec in group})

    def of(self, instance: str) -> HostProcess:
        """The host of an instance."""
        return self._by_instance[instance]

    def up(self) -> list[HostProcess]:
        """Those that run, on sites that are not lost."""
        return [host for host in self._all if host.is_running and not host.site.lost]

    def lost(self) -> list[HostProcess]:
        """Those whose sites are lost."""
        return [host for host in self._all if host.site.lost]

    def give_up(self, hosts: Iterable[HostProcess]) -> None:
        """These are no more; their instances are to be placed again."""
        gone = set(hosts)
        self._all = [host for host in self._all if host not in gone]

    async def start(self, host: HostProcess) -> None:
        """Starts one, by the clock as it is now."""
        await host.start(self._spec(host.spec.name, host.spec.instances))

    async def call_up(self, do: Command, argument: Any = None) -> None:
        """Calls all that run, at the same time."""
        await asyncio.gather(*(host.call(do, argument=argument) for host in self.up()))

    async def stop(self) -> None:
        """Stops all, whatever becomes of one of them."""
        await asyncio.gather(*(host.stop() for host in self._all), return_exceptions=True)

    def _spec(self, name: str, instances: tuple[InstanceSpec, ...]) -> HostSpec:
        authority = self._broker.authority
        files = {spec.name: authority.files_of(spec.name) for spec in instances} if authority else {}
        return HostSpec(
            name,
            instances,
            self._directory,
            self._broker.address,
            self._clock.advanced,
            self._seed,
            files,
            self._listening,
        )
