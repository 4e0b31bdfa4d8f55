"""`trustsim broker` and `instance`: parts of a fleet, served by themselves."""

from __future__ import annotations

from pathlib import Path

import click

from simulator.cli.brokers import BROKER_THAT_EXISTS
from simulator.cli.command import PATH, SET, expects_store, load, make_directory
from simulator.cli.output import say
from simulator.cli.stopping import until_stopped
from simulator.protocol.topics import DEFAULT_NAMESPACE
from simulator.runtime.live.forkserver import start_fork_server
from simulator.transport.address import BrokerAddress


@click.command(epilog="Example: trustsim broker --port 1883")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=1883, show_default=True, help="0 takes a free one.")
def broker(host: str, port: int) -> None:
    """Serve the embedded broker by itself, until Ctrl-C."""
    from simulator.transport.broker import serve
    from simulator.transport.embedded import EmbeddedBroker

    start_fork_server()

    def announce(address: BrokerAddress) -> None:
        say(f"serving MQTT 3.1.1 on {address}; Ctrl-C stops it")

    until_stopped(serve(EmbeddedBroker(host, port, preload=None), announce))


@click.command(epilog="Example: trustsim instance first.yaml prod1 --broker mqtt://127.0.0.1:1883")
@click.argument("file", type=PATH)
@click.argument("name")
@SET
@BROKER_THAT_EXISTS
@click.option("--directory", type=click.Path(path_type=Path, file_okay=False), default=Path(), metavar="DIR",
              help="Where the instance's SQLite file is or goes; left out: here.")  # fmt: skip
@click.option("--namespace", default=DEFAULT_NAMESPACE, show_default=True, help="The first level of all topics.")
def instance(file: Path, name: str, broker: BrokerAddress, directory: Path, namespace: str) -> None:
    """Serve the instance NAME of the topology in FILE until Ctrl-C, for a test of your own to talk to."""
    from simulator.runtime.clock import FleetClock
    from simulator.runtime.live.instance import LiveInstance
    from simulator.scenario.topology import instance_specs
    from simulator.store.file import connect_to_read
    from simulator.transport.mqtt import MqttLink

    specs = {spec.name: spec for spec in instance_specs(load(file).scenario, namespace, FleetClock().now())}
    if name not in specs:
        raise click.BadParameter(f"{file} has no instance {name}; it has: {', '.join(specs)}", param_hint="NAME")
    make_directory(directory, "--directory", must_be_new=False)
    spec = specs[name]
    if (kept := directory / spec.file_name).exists():
        with expects_store(kept, "--directory"):
            connect_to_read(kept, is_kept=True).close()
    link = MqttLink(broker, identity=spec.client, inbox=spec.inbox)

    def announce() -> None:
        say(f"{name} listens on {broker}, topics {spec.inbox}; Ctrl-C stops it")

    until_stopped(LiveInstance(spec, directory, link, FleetClock()).run(announce))
