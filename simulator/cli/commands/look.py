"""`trustsim show`, `why` and `reach`: what instances know, wherever they are, and what that allows."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import compress
from typing import TYPE_CHECKING

import click

from simulator.cli.command import EXIT_MET, EXIT_NOT_MET, SET
from simulator.cli.commands.cmdb import TEXT
from simulator.cli.commands.records import values_option
from simulator.cli.output import print_json, print_report
from simulator.cli.places import look_at, split_place
from simulator.errors import DiskError, NoTableError, StoreError
from simulator.report.files.machine import as_json
from simulator.report.shown import Shown, as_objects, fits
from simulator.report.terminal.shown import shown_report
from simulator.report.views import VIEWS, view_called
from simulator.scenario.suggestion import did_you_mean

if TYPE_CHECKING:
    from simulator.runtime.fleet import KnownFleet

_LIMIT = 20
"""Rows of a table that are shown of each instance unless more are asked for; of a view all are."""


@click.command(epilog="Example: trustsim show scenarios/first.yaml trust-records")
@click.argument("words", nargs=-1, required=True, type=TEXT, metavar="[FILE|DIR|URL] VIEW [INSTANCE]")
@SET
@values_option(
    "--where", "where", "Only rows with these values, by the column's label or name; instances by name."
)
@click.option("--query", type=TEXT, default="", metavar="ENCODED",
              help="An encoded query, such as nameSTARTSWITHweb^os=Linux.")  # fmt: skip
@click.option("--limit", type=click.IntRange(1), metavar="N",
              help=f"Rows of each instance; left out, all of a view and {_LIMIT} of a table.")  # fmt: skip
@click.option("--json", "is_json", is_flag=True, help="Print whole rows as JSON: instances by name, else values.")
def show(
    words: tuple[str, ...], where: Mapping[str, str | None], query: str, limit: int | None, is_json: bool
) -> None:
    """Print a VIEW or table of an INSTANCE, left out of all, for people; nothing is written.

    \b
    FILE  a scenario: its fleet that is up, or else its end in virtual time;
          or one instance's file
    DIR   what `run --keep` kept
    URL   the control address of a fleet that is up; left out: the only one

    VIEW is one of the product's lists, by name or title, or any table or class by its name. Choices are read by
    their labels and references by the names of what they lead to.

    \b
    manager-instances    application-trust-profiles, with items and sync
    managed-instances    trust-profile-items
    trusting-instances   sync-status
    trust-table          trust-configuration

    Encoded queries know ^, ^OR, ^NQ, ^ORDERBY and ^ORDERBYDESC, and walk: company.name=Acme. Numbers compare as
    numbers, text without regard to case. Exit code 0: done, also without rows; 2: there is no such place, view,
    instance or column.
    """
    place, names = split_place(words, most=2)
    if not 1 <= len(names) <= 2:  # a view, and perhaps an instance
        raise click.UsageError(f"expected a view and at most one instance, got: {' '.join(names) or 'nothing'}")
    view, instance = names[0], names[1] if len(names) > 1 else None

    def look(fleet: KnownFleet, told: str) -> None:
        instances = [known_instance(fleet, instance)] if instance else fleet.instances
        shown = _shown(fleet, instances, view, _Filter(where, query, limit))
        if is_json:
            print_json(as_json(as_objects(shown)))
        else:
            print_report(shown_report(told, shown))

    look_at(place, look, as_a_whole=False)


@click.command(epilog="Example: trustsim why scenarios/documented-example.yaml subprod1 prod1")
@click.argument("words", nargs=-1, required=True, type=TEXT, metavar="[FILE|DIR|URL] FROM TO [CAPABILITY]")
@SET
def why(words: tuple[str, ...]) -> None:
    """Say why what FROM would send TO is allowed now or not.

    Both are asked by their own tables; nothing is sent. Told are the rows that decide on either side, since when
    they are so and what has led to it, and in the words of the refusals who must change what. CAPABILITY, or
    instead an application or an operation, leaves all others out; without it data sharing is included, too.

    FILE, DIR and URL are as of `trustsim show`; of kept files all are needed, and the last time that they know is
    now.

    Exit code 0: all of it is allowed; 1: something is not; 2: there is no such place, instance or capability.
    """
    from simulator.advice.why import Asked
    from simulator.report.terminal.why import why_report

    place, names = split_place(words, most=3)
    if not 2 <= len(names) <= 3:
        raise click.UsageError(
            f"expected two instances, and perhaps a capability, got: {' '.join(names) or 'none'}"
        )

    def look(fleet: KnownFleet, told: str) -> bool:
        sender, recipient = (known_instance(fleet, name) for name in names[:2])
        asked = Asked.of(fleet, sender, recipient)
        subject = names[2] if len(names) > 2 else None
        if subject is not None and subject not in asked.subjects():
            raise click.UsageError(f"there is no capability {subject!r}{did_you_mean(subject, asked.subjects())}")
        answers = asked.answers(subject)
        print_report(why_report(told, sender, recipient, answers))
        return not any(answer.refused for answer in answers)

    sys.exit(EXIT_MET if look_at(place, look, as_a_whole=True) else EXIT_NOT_MET)


@click.command(epilog="Example: trustsim reach scenarios/documented-example.yaml prod1")
@click.argument("words", nargs=-1, required=True, type=TEXT, metavar="[FILE|DIR|URL] INSTANCE")
@SET
def reach(words: tuple[str, ...]) -> None:
    """Say all that INSTANCE may do to the others and get from them now, as if it were in other hands.

    It is taken to send without looking in its own tables, so only the others' decide: by capability and operation,
    with data sharing, and whose manager it is. Nothing is sent.

    FILE, DIR and URL are as of `trustsim show`; of kept files all are needed, and the last time that they know is
    now.

    Exit code 0: done; 2: there is no such place or instance.
    """
    from simulator.advice.reach import reach_of
    from simulator.report.terminal.why import reach_report

    place, names = split_place(words, most=1)
    if len(names) != 1:
        raise click.UsageError(f"expected one instance, got: {' '.join(names) or 'none'}")

    def look(fleet: KnownFleet, told: str) -> None:
        instance = known_instance(fleet, names[0])
        print_report(reach_report(told, instance, reach_of(fleet, instance)))

    look_at(place, look, as_a_whole=True)


_Values = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class _Filter:
    """Which rows are wanted."""

    where: _Values
    query: str
    limit: int | None


def _shown(fleet: KnownFleet, instances: Sequence[str], view: str, wanted: _Filter) -> list[Shown]:
    """The view, with what belongs to it, on each of the instances that has its table. Raises click.UsageError."""
    name = view_called(view)
    shown: list[Shown] = []
    lacking: NoTableError | None = None
    for instance in instances:
        try:
            main = _rows(fleet, instance, view, name, wanted)
            shown += [main, *(_related(fleet, main, each) for each in (VIEWS[name].related if name else ()))]
        except DiskError:
            raise
        except NoTableError as error:  # classes of CIs come with their first use
            lacking = error
        except StoreError as error:
            raise click.UsageError(str(error)) from error
    if lacking is not None and not shown:
        raise click.UsageError(f"there is no view {view!r}{did_you_mean(view, VIEWS)}; {lacking}") from lacking
    return shown


def _rows(fleet: KnownFleet, instance: str, view: str, name: str | None, wanted: _Filter) -> Shown:
    from simulator.store.records.found import ALL

    table = VIEWS[name].table if name else view
    limit = wanted.limit or (ALL if name else _LIMIT)
    most = ALL if limit == ALL or wanted.where else limit + 1  # one more tells whether there is more
    found = fleet.find(instance, table, wanted.query, most)
    where = _columns(wanted.where, name, found.rows[0]) if found.rows else {}
    fitting = [pair for pair in zip(found.rows, found.read, strict=True) if fits(name, pair[1], where)]
    first = fitting[: None if limit == ALL else limit]
    return Shown(
        instance,
        table,
        name,
        [row for row, _ in first],
        [read for _, read in first],
        more=len(first) < len(fitting),
    )


def _related(fleet: KnownFleet, above: Shown, name: str) -> Shown:
    """The rows of a view that belong to those *above* it."""
    below = _rows(fleet, above.instance, name, name, _Filter({}, "", None))
    applications = {row["application"] for row in above.rows}
    belongs = [row["application"] in applications for row in below.rows]
    return replace(below, rows=[*compress(below.rows, belongs)], read=[*compress(below.read, belongs)])


def _columns(where: _Values, name: str | None, row: Mapping[str, object]) -> _Values:
    """The values by the names of the columns, which may be called by their labels. Raises click.UsageError."""
    labels = {column.label.casefold(): column.name for column in VIEWS[name].columns} if name else {}
    called = {labels.get(column.casefold(), column): value for column, value in where.items()}
    for column in called:
        if column not in row:
            hint = did_you_mean(column, [*labels, *(set(row) - set(labels.values()))])
            raise click.UsageError(f"there is no column {column!r}{hint}")
    return called


def known_instance(fleet: KnownFleet, name: str) -> str:
    """The name, of an instance that can be read. Raises click.UsageError."""
    if name not in fleet.instances:
        raise click.UsageError(f"there is no instance {name!r}{did_you_mean(name, fleet.instances)}")
    return name
