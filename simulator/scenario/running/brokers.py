"""The broker of one run of a scenario."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.protocol.topics import DEFAULT_NAMESPACE
from simulator.runtime.clock import FleetClock
from simulator.scenario.reading.load import LoadedScenario
from simulator.scenario.topology import instance_specs
from simulator.transport.broker import Broker
from simulator.transport.choice import BrokerChoice

if TYPE_CHECKING:
    from simulator.transport.mosquitto import MosquittoBroker


def namespace_on(broker: BrokerChoice) -> str:
    """The first level of all topics: on a broker that others use too, runs must not hear each other."""
    return DEFAULT_NAMESPACE if isinstance(broker, str) else f"{DEFAULT_NAMESPACE}-{secrets.token_hex(4)}"


def make_broker(
    loaded: LoadedScenario, choice: BrokerChoice, directory: Path, *, tls: bool, direct: bool = False
) -> Broker:
    """The broker of one run of the scenario; with *tls* our own that asks for certificates.

    *direct*: instances on other machines are to reach one that exists.
    """
    if tls:
        return secure_broker(loaded, directory)
    if not isinstance(choice, str):
        from simulator.transport.external import ExternalBroker

        return ExternalBroker(choice, direct=direct)
    if choice == "mosquitto":
        from simulator.transport.mosquitto import MosquittoBroker

        return MosquittoBroker(directory)
    from simulator.transport.embedded import EmbeddedBroker

    return EmbeddedBroker(preload=None)


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
