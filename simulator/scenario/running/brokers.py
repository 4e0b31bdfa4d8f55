"""The broker of one run of a scenario."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.protocol.topics import DEFAULT_NAMESPACE
from simulator.runtime.clock import FleetClock
from simulator.scenario.reading.load import LoadedScenario
from simulator.scenario.topology import instance_specs
from simulator.transport.address import BrokerAddress
from simulator.transport.broker import Broker

if TYPE_CHECKING:
    from simulator.transport.mosquitto import MosquittoBroker


def namespace_on(broker: str) -> str:
    """The first level of all topics: on a broker that others use too, runs must not hear each other."""
    return f"{DEFAULT_NAMESPACE}-{secrets.token_hex(4)}" if "://" in broker else DEFAULT_NAMESPACE


def make_broker(loaded: LoadedScenario, choice: str, directory: Path, *, tls: bool) -> Broker:
    """The broker of one run of the scenario: `embedded`, `mosquitto`, or the one with an address.

    Raises ValueError where it is neither of the two nor an address.
    """
    if tls:
        return secure_broker(loaded, directory)
    if choice == "embedded":
        from simulator.transport.embedded import EmbeddedBroker

        return EmbeddedBroker(preload=None)
    if choice == "mosquitto":
        from simulator.transport.mosquitto import MosquittoBroker

        return MosquittoBroker(directory)
    from simulator.transport.external import ExternalBroker

    return ExternalBroker(BrokerAddress.parse(choice))


def secure_broker(loaded: LoadedScenario, directory: Path) -> MosquittoBroker:
    """A Mosquitto with TLS that lets in the instances of the scenario and nobody else, each as itself."""
    # Imported here, because certificates take long to import, and most runs have none.
    from simulator.transport.authority import Authority
    from simulator.transport.mosquitto import HOST, MosquittoBroker, Right

    now = FleetClock().now()
    authority = Authority(directory / "tls", now, HOST)
    specs = instance_specs(loaded.scenario, DEFAULT_NAMESPACE, now)
    rights = [Right(spec.id, reads=spec.inbox, writes=spec.outbox) for spec in specs]
    return MosquittoBroker(directory, authority=authority, rights=rights)
