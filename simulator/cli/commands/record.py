"""`trustsim record`: what passes between instances becomes the skeleton of a scenario."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from simulator.cli.brokers import BROKER_THAT_EXISTS
from simulator.cli.command import EXIT_NOT_MET, PATH, load
from simulator.cli.output import result_file, say
from simulator.cli.stopping import until_stopped
from simulator.transport.address import BrokerAddress

if TYPE_CHECKING:
    from simulator.protocol.envelope import Envelope
    from simulator.scenario.writing.recorded import Known
    from simulator.transport.mqtt import MqttLink

_LATE = 0.2
"""Seconds that are listened on after Ctrl-C, for what has just been sent."""


@click.command(epilog="Example: trustsim record --broker mqtt://127.0.0.1:1883 -o recorded.yaml")
@BROKER_THAT_EXISTS
@click.option("-o", "--output", "output", type=PATH, required=True, metavar="FILE", help="The scenario to write.")
@click.option("--namespace", default="+", metavar="NAME",
              help="Only the fleet whose topics begin with this; left out: all that there is.")  # fmt: skip
@click.option("--names", "topology", type=PATH, metavar="SCENARIO",
              help="A scenario file whose instances these are: the wire has no names.")  # fmt: skip
@click.option("--for", "seconds", type=click.FloatRange(0, min_open=True), metavar="SECONDS",
              help="How long; left out: until Ctrl-C.")  # fmt: skip
def record(
    broker: BrokerAddress, output: Path, namespace: str, topology: Path | None, seconds: float | None
) -> None:
    """Listen to the instances on a broker, and write what passes between them as the skeleton of a scenario.

    Nothing is sent. Ctrl-C ends it and writes the file: steps for what administrators and applications did,
    expectations for what is known to have come of it, and remarks about what the wire does not show. A broker that
    asks its clients for certificates lets nobody listen.

    Exit code 0: the file is written; 1: nothing has passed, and none is; 2: the command line is wrong; 3: the
    broker cannot be reached.
    """
    from simulator.scenario.writing.recorded import Known, recorded

    known = _known(topology) if topology else Known()
    envelopes: list[Envelope[Any]] = []
    with result_file(output) as write:
        with suppress(KeyboardInterrupt):
            until_stopped(_listen(broker, namespace, seconds, envelopes))
        messages = sum(it.message.kind != "receipt" for it in envelopes)
        if not messages:
            say(f"nothing has passed on {broker}, so nothing was written", err=True)
            sys.exit(EXIT_NOT_MET)
        write(recorded(envelopes, known, f"Recorded at {broker}"))
    say(f"{output}: {messages} messages; look through it, then: trustsim run --virtual {output}")


def _known(file: Path) -> Known:
    """What a scenario says of its instances and applications. Raises ScenarioError."""
    from simulator.scenario.topology import instance_id
    from simulator.scenario.writing.recorded import Known

    loaded = load(file)
    said = cast("dict[str, dict[str, object]]", loaded.source.data)
    names = {instance_id(name, item): name for name, item in loaded.scenario.instances.items()}
    return Known(names, said["instances"], said.get("applications", {}))


async def _listen(
    address: BrokerAddress, namespace: str, seconds: float | None, envelopes: list[Envelope[Any]]
) -> None:
    """Adds what can be read of all inboxes. Raises TransportError where there is no broker."""
    import secrets

    from simulator.protocol.topics import ANY, topic
    from simulator.transport.mqtt import MqttLink

    identity = f"trustsim-record-{secrets.token_hex(4)}"
    async with MqttLink(address, identity, topic(namespace, ANY, ANY, ANY)) as link:
        say(f"listening on {address}; Ctrl-C ends it and writes the file", err=True)
        try:
            await _read(link, seconds, envelopes)
        except asyncio.CancelledError:
            await _read(link, _LATE, envelopes)
            raise


async def _read(link: MqttLink, seconds: float | None, envelopes: list[Envelope[Any]]) -> None:
    """Reads for so long, or for ever; what is no envelope is passed over."""
    from simulator.errors import WireError
    from simulator.protocol.codec import decode

    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while True:
                for arrival in await link.receive():
                    with suppress(WireError):
                        envelopes.append(decode(arrival.payload).envelope)
