"""`trustsim ire` and `store`: the CMDB in one instance's file, with no broker."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
from pydantic_core import to_json

from simulator.cli.command import EXIT_MET, PATH, Group, expects_store
from simulator.cli.output import print_json, print_report, say

EXIT_FAILURE = 1
"""The API has answered with another status than 200."""

STORE = click.argument("file", type=PATH)


class _Text(click.ParamType[str]):
    """Text that the response can repeat; an argument of other bytes comes with half characters in it."""

    name = "text"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            value.encode()
        except UnicodeEncodeError:
            self.fail(f"expected text in UTF-8, got {value!r}", param, ctx)
        return value


TEXT = _Text()


def as_time(_context: click.Context, _parameter: click.Parameter, value: str | None) -> datetime | None:
    """The time that an option names; without a zone it is in UTC. Raises click.BadParameter."""
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError as error:
        raise click.BadParameter(f"expected a time such as 2026-01-05T10:00:00Z, got {value!r}") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


@click.command(epilog="Example: trustsim ire --store dev1.sqlite --source ServiceNow payload.json")
@click.option("--store", "file", type=PATH, required=True, metavar="FILE", help="The instance's SQLite file.")
@click.option("--user", type=TEXT, default="admin", show_default=True, metavar="NAME", help="Who calls.")
@click.option("--domain", type=TEXT, metavar="NAME", help="The domain that was picked; left out, the user's own.")
@click.option("--source", type=TEXT, metavar="NAME", help="sysparm_data_source; left out, every item is refused.")
@click.option("--enhanced", is_flag=True, help="Call /enhanced, which knows options and partial payloads.")
@click.option("--query", is_flag=True, help="Call /query or /queryEnhanced: say what would happen, write nothing.")
@click.option("--options", type=TEXT, metavar="NAME:VALUE,...", help="As the API's parameter options.")
@click.option("--explain", is_flag=True, help="Tell on standard error how it came about.")
@click.option("--at", callback=as_time, metavar="TIME", help="When the call is made; left out, now.")
@click.argument("payload", type=PATH, metavar="PAYLOAD.json")
def ire(
    file: Path,
    user: str,
    domain: str | None,
    source: str | None,
    enhanced: bool,
    query: bool,
    options: str | None,
    explain: bool,
    at: datetime | None,
    payload: Path,
) -> None:
    """Call the Identification and Reconciliation API of the instance whose file it is; - reads standard input.

    Prints the body of the response. Exit code 0: the API answers with 200, whatever errors the body reports; 1:
    with 401, 403 or 500, as the user is not known, may not, or an option cannot be read; 2: PAYLOAD.json is
    not JSON, or a file is missing, and nothing is done.
    """
    from simulator.protocol.cmdb import Identify
    from simulator.refusal import Refusal
    from simulator.report.terminal.ire import explanation_report
    from simulator.rest.apis.ire import failure
    from simulator.runtime.clock import FleetClock
    from simulator.runtime.cmdb import Cmdb
    from simulator.store.cmdb.store import CmdbStore
    from simulator.store.file import connect_existing
    from simulator.store.records.query import domain_names

    if options is not None and not enhanced:
        raise click.UsageError("only the enhanced endpoint has options: add --enhanced, or leave out --options")
    call = Identify(
        user=user,
        picked=domain,
        source=source,
        body=_json_text(payload),
        options=options,
        enhanced=enhanced,
        query=query,
    )
    with opened(connect_existing, file, "--store") as connection:
        answer = Cmdb(CmdbStore(connection)).call(call, at or FleetClock().now(), explain=explain)
        names = domain_names(connection)
    if isinstance(answer, Refusal):
        response = failure(answer).response()
        print_json(json.dumps(response.body, indent=2, ensure_ascii=False))
        say(f"HTTP status {response.status}", err=True)
        sys.exit(EXIT_FAILURE)
    print_json(to_json({"result": answer.response}, indent=2).decode())
    if explain:
        print_report(explanation_report(answer.explanation, names), err=True)
    sys.exit(EXIT_MET)


def _json_text(payload: Path) -> str:
    """What the file holds. Raises click.BadParameter unless that is JSON."""
    from simulator.store.setups.document import MAX_BYTES_OF_DATA, read_file

    try:
        text = read_file(STANDARD_INPUT if payload == Path("-") else payload, MAX_BYTES_OF_DATA)
        text = text.removeprefix(_BYTE_ORDER_MARK)
        json.loads(text)
    except ValueError as error:  # no JSON, or a number with thousands of digits
        raise click.BadParameter(f"{payload}: expected JSON: {error}", param_hint="PAYLOAD.json") from error
    except RecursionError as error:
        raise click.BadParameter(f"{payload}: nested too deeply", param_hint="PAYLOAD.json") from error
    return text


STANDARD_INPUT = Path("/dev/stdin")
_BYTE_ORDER_MARK = "\ufeff"


@click.group(cls=Group, epilog="Example: trustsim store init dev1.sqlite")
def store() -> None:
    """Make an instance's SQLite file with a CMDB, and do in it what people do with records.

    `trustsim show FILE` looks into one.
    """


@store.command(epilog="Example: trustsim store init dev1.sqlite --from setup.yaml")
@STORE
@click.option("--from", "setup_file", type=PATH, metavar="SETUP.yaml",
              help="Classes, rules, users, domains and records to begin with.")  # fmt: skip
def init(file: Path, setup_file: Path | None) -> None:
    """Give FILE, which may be new, the base data of a CMDB, and what SETUP.yaml says.

    Exit code 0: done; 2: something is wrong with a file, and nothing is changed.
    """
    from simulator.runtime.clock import FleetClock
    from simulator.runtime.cmdb import Cmdb
    from simulator.store.cmdb.store import CmdbStore
    from simulator.store.file import connect, connect_existing
    from simulator.store.setups.setup import Setup, read_setup

    setup = read_setup(setup_file) if setup_file else Setup()
    is_new = not file.exists()
    with _all_or_nothing(file), opened(connect if is_new else connect_existing, file, "FILE") as connection:
        refusal = Cmdb(CmdbStore(connection)).begin(setup, FleetClock().now())
        if refusal is not None:
            raise click.BadParameter(f"{setup_file}: {refusal.explanation}", param_hint="--from")
    say(f"{file}: ok")


@contextmanager
def _all_or_nothing(file: Path) -> Iterator[None]:
    """Takes a new file away again, with what SQLite puts beside it, when what is done with it fails."""
    is_new = not file.exists()
    try:
        yield
    except BaseException:
        if is_new:
            for end in ("", "-wal", "-shm"):
                file.with_name(f"{file.name}{end}").unlink(missing_ok=True)
        raise


@contextmanager
def opened(opener: Callable[[Path], sqlite3.Connection], file: Path, hint: str) -> Iterator[sqlite3.Connection]:
    """The file as *opener* opens it. Raises click.BadParameter where that is none of an instance, also later."""
    with expects_store(file, hint), closing(opener(file)) as connection:
        yield connection
