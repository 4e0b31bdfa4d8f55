"""`trustsim import`: a real instance's rules and topology, as a file to rehearse with."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simulator.cli.command import PATH
from simulator.cli.output import STANDARD_OUTPUT, Going, going, is_terminal, result_file, say
from simulator.errors import SourceError

if TYPE_CHECKING:
    from simulator.importing.login import Login
    from simulator.importing.rows import Rows

PASSWORD, CLIENT_SECRET = "TRUSTSIM_PASSWORD", "TRUSTSIM_CLIENT_SECRET"


@click.command("import", epilog="Example: trustsim import https://dev1.example.com --user ann -o dev1.yaml")
@click.argument("sources", nargs=-1, required=True, metavar="URL|FILES...")
@click.option("--user", metavar="NAME", help="Who reads; needs a role that may read all of it, such as admin.")
@click.option("--client-id", metavar="ID", help=f"Log in by OAuth, with the secret in {CLIENT_SECRET}.")
@click.option("-o", "--output", type=PATH, default=STANDARD_OUTPUT, metavar="FILE",
              help="Where the file goes; left out or -, standard output.")  # fmt: skip
@click.option("--instance", metavar="NAME", help="Which of the instances it is, where that cannot be seen.")
@click.option(
    "--setup", "as_setup", is_flag=True, help="Make a setup in any case, as `store init --from` takes it."
)
@click.option("--anonymise", is_flag=True,
              help="Invented names for users, groups, domains, companies and accounts.")  # fmt: skip
def import_(
    sources: tuple[str, ...],
    user: str | None,
    client_id: str | None,
    output: Path,
    instance: str | None,
    as_setup: bool,
    anonymise: bool,
) -> None:
    """Make one file to rehearse with of what an instance has: by its REST API, or of exports.

    URL is the instance's address, such as https://NAME.service-now.com. It is only read, page by page. The
    password is asked for on a terminal or comes from TRUSTSIM_PASSWORD; with --client-id and without --user a
    client logs in as itself. FILES are exports: JSON as the Table API gives it, each named by its table, or XML of
    lists.

    Read are classes with their columns, rules of identification and reconciliation, relation types, data sources,
    properties that decide something, domains, groups, users with their domains and roles, companies, and the
    instances and applications of the Multi-Instance Framework: no CIs, no passwords. The file is a scenario with
    instances, applications and a configure_cmdb step, ready for steps of your own; where there are no instances,
    or with --setup, it is a setup. It says what differs from the base data. With --anonymise names of instances,
    data sources and rules stay, but for old names in rules and in what these ask for.

    Exit code 0: done; 2: the instance does not let it in, does not show all, or a file cannot be read; 3: the
    instance cannot be reached.
    """
    from simulator.importing.document import document
    from simulator.importing.files import read_files
    from simulator.importing.rows import Rows

    url = _url_of(sources, user, client_id)
    try:
        with result_file(output) as write:
            if url is None:
                rows = Rows(read_files(map(Path, sources)))
                host = ""
            else:
                host = url.partition("://")[2]
                login = _login(user, client_id)
                with going(f"{host}: reading") as status:
                    rows = _read(url, login, host, status)
            made = document(rows, host, instance=instance, as_setup=as_setup, anonymise=anonymise)
            write(made.text)
    except SourceError as error:
        raise click.ClickException(str(error)) from error
    for note in made.notes:
        say(f"left out: {note}", err=True)
    say(f"{'imported' if output == STANDARD_OUTPUT else output}: {made.summary}", err=True)


def _url_of(sources: tuple[str, ...], user: str | None, client_id: str | None) -> str | None:
    """The address of the instance; None for files. Raises click.ClickException for what is neither."""
    if not any("://" in source for source in sources):
        if user or client_id:
            raise click.UsageError("--user and --client-id are for an instance's address, and these are files")
        return None
    [url, *more] = sources
    scheme, _, rest = url.partition("://")
    host, _, path = rest.rstrip("/").partition("/")
    if more or scheme not in ("http", "https") or not host or path or "@" in host or set("?# \\") & set(host):
        raise click.BadParameter(
            "expected the address of one instance, such as https://NAME.service-now.com, without a user or a "
            "path, or files",
            param_hint="URL|FILES...",
        )
    if not user and not client_id:
        raise click.UsageError("who reads the instance? Give --user, or --client-id")
    return f"{scheme}://{host}"


def _login(user: str | None, client_id: str | None) -> Login:
    """With what the reader logs in; a password that no variable has is asked for. Raises click.UsageError."""
    from simulator.importing.login import Login

    secret = os.environ.get(CLIENT_SECRET, "")
    if client_id and not secret:
        raise click.UsageError(
            f"the secret of {client_id} is expected in the environment variable {CLIENT_SECRET}"
        )
    password = os.environ.get(PASSWORD, "")
    if user and not password:
        if not is_terminal(err=True):
            raise click.UsageError(f"the password of {user} is expected in the environment variable {PASSWORD}")
        password = click.prompt(f"Password of {user}", hide_input=True, err=True)
    return Login(user, password, client_id, secret)


def _read(url: str, login: Login, host: str, status: Going) -> Rows:
    from simulator.importing.rest import Reader, client_of
    from simulator.runtime.clock import FleetClock

    def tell(text: str) -> None:
        status.update(f"{host}: {text}")

    async def read() -> Rows:
        async with client_of(url, login) as client:
            return await Reader(client, asyncio.sleep, tell, FleetClock().now).read()

    return asyncio.run(read())
