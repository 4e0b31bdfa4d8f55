"""What every command needs that starts a fleet: its broker and its directory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simulator.cli.command import make_directory
from simulator.cli.output import say
from simulator.runtime.temporary import remove_abandoned, temporary_directory

if TYPE_CHECKING:
    from simulator.scenario.reading.load import LoadedScenario
    from simulator.transport.choice import BrokerChoice

_NOT_ENCRYPTED = "not encrypted: only signatures tell instances apart (--broker mosquitto --tls for certificates)"

TLS = click.option("--tls", is_flag=True, help="Encrypt, and ask for certificates; needs --broker mosquitto.")

INSTANCES_PER_PROCESS = click.option(
    "--instances-per-process", type=click.IntRange(1), default=1, show_default=True, metavar="N"
)


def check_tls(tls: bool, broker: BrokerChoice, *, virtual: bool = False) -> None:
    """Only a broker of our own that knows its clients can do what --tls is for. Raises click.UsageError."""
    if not tls:
        return
    if virtual:
        raise click.UsageError(
            "--tls is for a run on a broker: in virtual time nothing is sent that could be read"
        )
    if broker != "mosquitto":
        raise click.UsageError(
            "--tls needs --broker mosquitto: with other brokers it is not ours to say who may connect"
        )


def say_if_open(tls: bool, broker: BrokerChoice) -> None:
    """What every run on a broker without TLS says, once."""
    if not tls and (isinstance(broker, str) or broker.tls is None):
        say(_NOT_ENCRYPTED, err=True)


@contextmanager
def directory_of(loaded: LoadedScenario, keep: Path | None) -> Iterator[Path]:
    """Where the files of one run go; they are gone afterwards unless they are to be kept."""
    if keep is None:
        with temporary_directory() as temporary:
            yield temporary
        return
    remove_abandoned()
    directory = kept_in(keep, loaded)
    make_directory(directory, "--keep", must_be_new=True)
    yield directory


def kept_in(keep: Path, loaded: LoadedScenario) -> Path:
    """Where the files of one scenario go below the directory of --keep."""
    name = Path(loaded.file).stem
    return keep / (f"{name}-{re.sub('[^A-Za-z0-9._]+', '-', loaded.combination)}" if loaded.combination else name)
