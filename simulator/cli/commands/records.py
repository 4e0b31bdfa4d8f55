"""`trustsim store edit` and so on: what people do with the records in one instance's file, with no broker."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeVar

import click

from simulator.cli.command import EXIT_MET
from simulator.cli.commands.cmdb import EXIT_FAILURE, STORE, TEXT, as_time, opened, store
from simulator.cli.output import print_report, say
from simulator.protocol.cmdb import AuditCis, CloseTask, CmdbEdit, CmdbValues, DeleteRecord, EditRecord, Remediate

if TYPE_CHECKING:
    from simulator.refusal import Refusal

F = TypeVar("F", bound=Callable[..., Any])


class _Pairs(click.ParamType[tuple[str, str | None]]):
    """A column with its value; nothing after the sign: empty."""

    name = "column=value"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str | None]:
        column, sign, content = TEXT.convert(value, param, ctx).partition("=")
        if not (column and sign):
            self.fail(f"expected COLUMN=VALUE such as name=web1, got {value!r}", param, ctx)
        return column, content or None


_PAIRS = _Pairs()


def values_option(option: str, name: str, help_text: str, *, required: bool = False) -> Callable[[F], F]:
    """An option that may be repeated, whose values become a mapping."""
    return click.option(
        option,
        name,
        type=_PAIRS,
        multiple=True,
        required=required,
        metavar="COLUMN=VALUE",
        help=help_text,
        callback=lambda _context, _parameter, pairs: dict(pairs),
    )


_AS = click.option("--as", "user", type=TEXT, default="admin", show_default=True, metavar="NAME",
                   help="Who does it: roles and domain of that user count.")  # fmt: skip
_DOMAIN = click.option("--domain", "picked", type=TEXT, metavar="NAME",
                       help="The domain that was picked; left out, the user's own.")  # fmt: skip
_AT = click.option("--at", callback=as_time, metavar="TIME", help="When it is done; left out, now.")
_TABLE = click.argument("table", type=TEXT)
_WHERE = values_option(
    "--where", "where", "What the records have; a reference by the name of its record.", required=True
)
_TASK = click.argument("task", type=TEXT)


@click.command(epilog="Example: trustsim store edit dev1.sqlite cmdb_ci --where name=w1 --set name=w2")
@STORE
@_TABLE
@_WHERE
@values_option(
    "--set", "values", "What they have from now on; nothing after the = empties a column.", required=True
)
@_AS
@_DOMAIN
@_AT
def edit(
    file: Path,
    table: str,
    where: CmdbValues,
    values: CmdbValues,
    user: str,
    picked: str | None,
    at: datetime | None,
) -> None:
    """Change values of the records of TABLE in FILE that fit, as a form does: reconciliation is not asked.

    Exit code 0: done; 1: refused, with the reason, and nothing is changed; 2: there is no such file.
    """
    _do(file, EditRecord(user=user, picked=picked, table=table, where=where, values=values), at)


@click.command(epilog="Example: trustsim store retire dev1.sqlite cmdb_ci --where name=web1")
@STORE
@_TABLE
@_WHERE
@_AS
@_DOMAIN
@_AT
def retire(file: Path, table: str, where: CmdbValues, user: str, picked: str | None, at: datetime | None) -> None:
    """Set install_status and operational_status of the CIs that fit to retired.

    Exit codes as of `store edit`.
    """
    from simulator.cmdb.forms.edit import RETIRED

    _do(file, EditRecord(user=user, picked=picked, table=table, where=where, values={**RETIRED}), at)


@click.command(epilog="Example: trustsim store delete dev1.sqlite cmdb_ci --where name=web1")
@STORE
@_TABLE
@_WHERE
@_AS
@_DOMAIN
@_AT
def delete(file: Path, table: str, where: CmdbValues, user: str, picked: str | None, at: datetime | None) -> None:
    """Delete the records of TABLE that fit: CIs with what belongs to them, or a relation, a lookup record.

    Exit codes as of `store edit`.
    """
    _do(file, DeleteRecord(user=user, picked=picked, table=table, where=where), at)


@click.command(epilog="Example: trustsim store close dev1.sqlite DUP0001001")
@STORE
@_TASK
@click.option("--state", type=click.Choice(["closed_complete", "closed_incomplete", "closed_skipped"]),
              default="closed_complete", show_default=True, help="The state that ends it.")  # fmt: skip
@_AS
@_DOMAIN
@_AT
def close(
    file: Path,
    task: str,
    state: Literal["closed_complete", "closed_incomplete", "closed_skipped"],
    user: str,
    picked: str | None,
    at: datetime | None,
) -> None:
    """Close the TASK with that number, such as DUP0001001, and do nothing else.

    Exit codes as of `store edit`.
    """
    _do(file, CloseTask(user=user, picked=picked, task=task, state=state), at)


@click.command(epilog="Example: trustsim store remediate dev1.sqlite DUP0001001")
@STORE
@_TASK
@values_option(
    "--main", "main", "What the CI has that stays, and no other of the task; left out, the oldest stays."
)
@values_option("--take", "take", "What the main CI takes over; a duplicate must have it.")
@click.option("--no-relations", is_flag=True, help="The main CI takes over no relations.")
@click.option("--no-related", is_flag=True, help="What refers to the others goes on doing so.")
@click.option("--others", type=click.Choice(["delete", "retire"]), help="What becomes of the others.")
@values_option("--set", "values", "Or what they are set to.")
@_AS
@_DOMAIN
@_AT
def remediate(
    file: Path,
    task: str,
    main: CmdbValues,
    take: CmdbValues,
    no_relations: bool,
    no_related: bool,
    others: str | None,
    values: CmdbValues,
    user: str,
    picked: str | None,
    at: datetime | None,
) -> None:
    """Make one CI of those of the de-duplication TASK with that number, and close it.

    Exit codes as of `store edit`.
    """
    from simulator.cmdb.forms.remediation import OTHERS

    if (others is None) == (not values):
        raise click.UsageError("expected either --others or --set, to say what becomes of the other CIs")
    action = Remediate(
        user=user,
        picked=picked,
        task=task,
        main=main,
        take=take,
        relations=not no_relations,
        related=not no_related,
        others=OTHERS[others] if others else values,
    )
    _do(file, action, at)


def _do(file: Path, action: CmdbEdit, at: datetime | None) -> None:
    from simulator.runtime.clock import FleetClock
    from simulator.runtime.cmdb import Cmdb
    from simulator.store.cmdb.store import CmdbStore
    from simulator.store.file import connect_existing

    with opened(connect_existing, file, "FILE") as connection:
        refusal: Refusal | None = Cmdb(CmdbStore(connection)).tell(action, at or FleetClock().now())
    if refusal is not None:
        _refuse(refusal)
    say(f"{file}: ok")


def _refuse(refusal: Refusal) -> NoReturn:
    say(f"refused ({refusal.code}): {refusal.explanation}", err=True)
    sys.exit(EXIT_FAILURE)


@click.command(epilog="Example: trustsim store audit dev1.sqlite cmdb_ci_server --query")
@STORE
@click.argument("table", type=TEXT, default="cmdb_ci", metavar="[CLASS]")
@click.option("--query", is_flag=True, help="Only say what there is, and leave no tasks.")
@_AS
@_DOMAIN
@_AT
def audit(file: Path, table: str, query: bool, user: str, picked: str | None, at: datetime | None) -> None:
    """Find duplicates among the CIs of CLASS, left out all, by the rules of today, and leave tasks for them.

    Exit code 0: there are none; 1: there are, or the user may not; 2: there is no such file.
    """
    from simulator.refusal import Refusal
    from simulator.report.terminal.audit import audit_report
    from simulator.runtime.clock import FleetClock
    from simulator.runtime.cmdb import Cmdb
    from simulator.store.cmdb.store import CmdbStore
    from simulator.store.file import connect_existing
    from simulator.store.records.query import domain_names

    with opened(connect_existing, file, "FILE") as connection:
        action = AuditCis(user=user, picked=picked, table=table)
        found = Cmdb(CmdbStore(connection)).look(action, at or FleetClock().now(), commit=not query)
        names = domain_names(connection)
    if isinstance(found, Refusal):
        _refuse(found)
    print_report(audit_report(found, names))
    sys.exit(EXIT_FAILURE if found.found else EXIT_MET)


for command in (edit, retire, delete, audit, close, remediate):
    store.add_command(command)
