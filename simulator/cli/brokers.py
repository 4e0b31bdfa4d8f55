"""The options that say which broker it is to be, and how TLS is spoken with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from simulator.cli.command import PATH

if TYPE_CHECKING:
    from simulator.transport.address import BrokerAddress
    from simulator.transport.choice import BrokerChoice

_FORM = "mqtt[s]://[USER:PASSWORD@]HOST[:PORT][,HOST...]"

_OPTIONS = {
    "--broker-ca": "Who may vouch for a broker with mqtts://; left out: whom the system trusts.",
    "--broker-cert": "The certificate to show such a broker.",
    "--broker-key": "The private key for that; left out: it is in the same file.",
}
"""Those for TLS, and their help. The files are PEM."""

_FILES = "trustsim.broker.files"

Given = TypeVar("Given")
Read = TypeVar("Read")


def _note(context: click.Context, option: click.Parameter, file: Path | None) -> None:
    if file is not None:
        context.meta.setdefault(_FILES, {})[option.opts[0]] = file


def _choice(context: click.Context, _option: click.Parameter, text: str) -> BrokerChoice:
    from simulator.transport.choice import chosen

    choice = _read(chosen, text)
    if isinstance(choice, str):
        _check_needless(context)
        return choice
    return _with_files(context, choice)


def _address(context: click.Context, _option: click.Parameter, text: str) -> BrokerAddress:
    from simulator.transport.address import BrokerAddress

    return _with_files(context, _read(BrokerAddress.parse, text))


def _with_files(context: click.Context, address: BrokerAddress) -> BrokerAddress:
    if address.tls is None:
        _check_needless(context)
        return address
    from simulator.transport.tls import Tls, authorities_in, own_in

    files = context.meta.get(_FILES, {})
    trusted, certificate, key = (files.get(option) for option in _OPTIONS)
    if key and not certificate:
        raise click.UsageError("--broker-key goes with a certificate, and there is no --broker-cert")
    authorities = _read(authorities_in, trusted, hint="--broker-ca") if trusted else None
    own = _read(partial(own_in, key=key), certificate, hint="--broker-cert") if certificate else None
    return replace(address, tls=Tls(authorities, own))


def _check_needless(context: click.Context) -> None:
    if files := context.meta.get(_FILES):
        raise click.UsageError(
            f"{' and '.join(files)}: such a file is for a broker with TLS, --broker mqtts://..."
        )


def _read(read: Callable[[Given], Read], given: Given, hint: str | None = None) -> Read:
    try:
        return read(given)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=hint) from None


def _with_tls(broker: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Gives a command the option, and those for TLS below it."""

    def give(command: Any) -> Any:
        for option, help_ in reversed(_OPTIONS.items()):
            command = click.option(
                option, type=PATH, metavar="FILE", is_eager=True, expose_value=False, callback=_note, help=help_
            )(command)
        return broker(command)

    return give


BROKER = _with_tls(
    click.option(
        "--broker",
        default="embedded",
        show_default=True,
        callback=_choice,
        metavar=f"embedded|mosquitto|{_FORM}",
        help="A broker of the run's own, or one that exists: of a cluster, the nodes to turn to.",
    )
)
"""Gives the command a BrokerChoice."""

BROKER_THAT_EXISTS = _with_tls(
    click.option(
        "--broker",
        required=True,
        callback=_address,
        metavar=_FORM,
        help="The broker; of a cluster, the nodes to turn to.",
    )
)
"""Gives the command a BrokerAddress."""
