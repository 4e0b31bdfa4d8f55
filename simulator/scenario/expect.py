"""What a scenario expects, held against what is there."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from simulator.runtime.fleet import Fleet
from simulator.scenario.choices import JOURNAL, is_reference
from simulator.scenario.cmdb import shown
from simulator.scenario.model import (
    ConnectionExpectation,
    Expectation,
    JournalExpectation,
    MessageExpectation,
    OutcomeExpectation,
    SyncExpectation,
    TableExpectation,
)
from simulator.scenario.outcome import Fate
from simulator.scenario.outcome import in_words as fates_in_words
from simulator.scenario.references import SYSTEM_COLUMNS
from simulator.scenario.responses import first_difference
from simulator.scenario.words import listed
from simulator.trust.directory import DirectoryEntry


@dataclass(frozen=True, slots=True)
class Mismatch:
    """What was wanted and what was seen instead."""

    wanted: str
    seen: str
    explanation: str = ""
    is_open: bool = False
    """Whether something was still due when the wait was over."""
    is_early: bool = False
    """Whether there is nothing yet that could be as wanted."""


Check = Callable[[], Mismatch | None]
"""Looks at the fleet as it is now; None when the expectation is met."""


def check_of(expectation: Expectation, fleet: Fleet, fates: Callable[[str], list[Fate]]) -> Check:
    """The check for one expectation; *fates* tells what became of the messages with a name."""
    match expectation:
        case MessageExpectation():
            return lambda: _check_message(expectation, fates(expectation.message))
        case TableExpectation():
            return lambda: _check_table(expectation, fleet)
        case SyncExpectation():
            return lambda: _check_sync(expectation, fleet)
        case JournalExpectation():
            return lambda: _check_journal(expectation, fleet)
        case ConnectionExpectation():
            return lambda: _check_connection(expectation, fleet)


def instances_of(expectation: Expectation) -> Sequence[str]:
    """The instances at which its check looks; none for messages, whose fate may be decided anywhere."""
    match expectation:
        case MessageExpectation():
            return ()
        case TableExpectation():
            return expectation.on
        case SyncExpectation():
            return (expectation.on,)
        case JournalExpectation():
            return (expectation.journal,)
        case ConnectionExpectation():
            return (expectation.connection,)


def per_instance(expectation: Expectation) -> Sequence[Expectation]:
    """The same for each of its instances: what must never hold may not hold on one of them."""
    if isinstance(expectation, TableExpectation):
        return [expectation.model_copy(update={"on": [instance]}) for instance in expectation.on]
    return (expectation,)


def in_words(expectation: Expectation) -> str:
    """What is expected, in a line."""
    match expectation:
        case MessageExpectation():
            return f"{expectation.message}: {_fate_in_words(expectation)}"
        case TableExpectation():
            return f"{_place(expectation.table, expectation.on, expectation.where)}: {_rows_expected(expectation)}"
        case SyncExpectation():
            results = ", ".join(f"{name}: {_columns(it) if isinstance(it, dict) else it}"
                                for name, it in expectation.results.items())  # fmt: skip
            return f"sync of {expectation.sync} on {expectation.on}: {results}"
        case JournalExpectation():
            where = _place("journal", [expectation.journal], expectation.where)
            return f"{where}: {_entries_expected(expectation)}"
        case ConnectionExpectation():
            return f"connection of {expectation.connection}: {_connection(expectation.refused)}"


def _place(what: str, instances: Sequence[str], where: Mapping[str, Any]) -> str:
    return f"{what} on {listed(instances)}{f' where {_columns(where)}' if where else ''}"


def _rows_expected(expectation: TableExpectation) -> str:
    if expectation.rows is not None:
        return f"exactly {'; '.join(map(_columns, expectation.rows)) or 'no row'}"
    return "at least one row" if expectation.count is None else _count(expectation.count)


def _entries_expected(expectation: JournalExpectation) -> str:
    return "at least one entry" if expectation.count is None else _count(expectation.count, "entry", "entries")


def check_fates(expectation: OutcomeExpectation, fates: Sequence[Fate]) -> Mismatch | None:
    """Every one of the messages must have met the expected fate."""
    wanted = _fate_in_words(expectation)
    for fate in fates:
        if not _meets(expectation, fate):
            return Mismatch(f"{fate.what}: {wanted}", fates_in_words([fate]), fate.explanation)
        if expectation.response is not None and (mismatch := _check_response(expectation.response, fate)):
            return mismatch
    return None


def _check_response(wanted: Mapping[str, Any], fate: Fate) -> Mismatch | None:
    if fate.response is None:
        return Mismatch(f"{fate.what}: a response", "its CMDB was not asked")
    found = first_difference(wanted, fate.response)
    return Mismatch(f"{fate.what}: {found.path}: {found.wanted}", found.seen) if found else None


def _check_message(expectation: MessageExpectation, fates: Sequence[Fate]) -> Mismatch | None:
    if not fates:
        return Mismatch(_fate_in_words(expectation), "nothing was sent yet", is_early=True)
    mismatch = check_fates(expectation, fates)
    is_early = any(fate.outcome is None for fate in fates)
    return mismatch and replace(mismatch, is_early=is_early)


def _meets(expectation: OutcomeExpectation, fate: Fate) -> bool:
    return (
        (fate.outcome or "pending") == expectation.wanted
        and expectation.refused in {None, fate.code}
        and expectation.by in {None, fate.by}
        and (expectation.because or "") in fate.explanation
    )


def _fate_in_words(expectation: OutcomeExpectation) -> str:
    words = f"refused ({expectation.refused})" if expectation.refused else expectation.wanted
    if expectation.by:
        words += f" by {expectation.by}"
    if expectation.because:
        words += f" because {expectation.because!r}"
    return words


def _check_table(expectation: TableExpectation, fleet: Fleet) -> Mismatch | None:
    for instance in expectation.on:
        where = _as_begun(fleet, instance, expectation.table, expectation.where)
        rows = [row for row in shown(fleet, instance, expectation.table) if _has(row, where)]
        exactly = [_as_begun(fleet, instance, expectation.table, row) for row in expectation.rows or ()]
        wanted = _rows_wanted(expectation, exactly, rows)
        if wanted is not None:
            place = _place(expectation.table, [instance], expectation.where)
            return Mismatch(f"{place}: {wanted}", _rows_in_words(rows))
    return None


def _as_begun(fleet: Fleet, instance: str, table: str, columns: Mapping[str, Any]) -> Mapping[str, Any]:
    """The columns, with instances by the names of the scenario, which come first.

    A scenario may also call them as *instance* does by now: that shows whether it has heard of a new name.
    """
    known = fleet.names.values()
    new = {
        name: value
        for name, value in columns.items()
        if is_reference(table, name) and value != "" and value not in known
    }
    if not new:
        return columns
    begun_as = {entry.name: fleet.names[entry.sys_id] for entry in fleet.load(instance, DirectoryEntry)}
    return {**columns, **{name: begun_as.get(value, value) for name, value in new.items()}}


def _rows_wanted(
    expectation: TableExpectation, exactly: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]]
) -> str | None:
    """What the expectation, whose rows are *exactly* these, wants and *rows* are not; None when they are it."""
    if expectation.rows is not None:
        unmatched = list(rows)
        for wanted in exactly:
            found = next((row for row in unmatched if _has(row, wanted)), None)
            if found is None:
                return f"a row {_columns(wanted)}"
            unmatched.remove(found)
        if unmatched:
            return f"exactly {_count(len(expectation.rows))}"
    if expectation.count is not None:
        return None if len(rows) == expectation.count else _count(expectation.count)
    return None if rows or expectation.rows is not None else "at least one row"


def _check_sync(expectation: SyncExpectation, fleet: Fleet) -> Mismatch | None:
    rows = fleet.show(expectation.on, "sn_mif_sync_status")
    status_of = {row["instance"]: row for row in rows if row["application"] == expectation.sync}
    for instance, wanted in expectation.results.items():
        status, code = ("refused", wanted["refused"]) if isinstance(wanted, dict) else (wanted, None)
        row = status_of.get(instance, {"status": "no result", "code": "", "detail": ""})
        if row["status"] != status or code not in {None, row["code"]}:
            return Mismatch(
                f"sync of {expectation.sync} to {instance}: {status}{f' ({code})' if code else ''}",
                " ".join(filter(None, [row["status"], row["code"] and f"({row['code']})", row["detail"]])),
            )
    return None


def _check_journal(expectation: JournalExpectation, fleet: Fleet) -> Mismatch | None:
    entries = fleet.show(expectation.journal, JOURNAL)
    wanted = _as_begun(fleet, expectation.journal, JOURNAL, expectation.where)
    found = [entry for entry in entries if _has(entry, wanted)]
    if len(found) == expectation.count or (expectation.count is None and found):
        return None
    place = _place("journal", [expectation.journal], expectation.where)
    return Mismatch(f"{place}: {_entries_expected(expectation)}", _count(len(found), "entry", "entries"))


def _check_connection(expectation: ConnectionExpectation, fleet: Fleet) -> Mismatch | None:
    instance = expectation.connection
    alert = fleet.refusal(instance)
    seen = _connection(alert.replace(" ", "_")) if fleet.is_running(instance) else "it is not running"
    wanted = _connection(expectation.refused)
    return None if seen == wanted else Mismatch(f"connection of {instance}: {wanted}", seen)


def _connection(code: str | None) -> str:
    return f"refused ({code})" if code else "not refused"


# -- values ---------------------------------------------------------------------------------------------


def _has(row: Mapping[str, Any], columns: Mapping[str, Any]) -> bool:
    return all(name in row and _is(row[name], value) for name, value in columns.items())


def _is(seen: object, wanted: object) -> bool:
    """Whether a column's value is the one that a scenario file writes."""
    if isinstance(wanted, dict | list) and isinstance(seen, str):
        return bool(json.loads(seen) == wanted)
    if isinstance(seen, str):  # the CMDB's tables hold text, also where it is a number or a truth value
        return seen == (str(wanted).lower() if isinstance(wanted, bool | int | float) else wanted)
    return bool(seen == (int(wanted) if isinstance(wanted, bool) else wanted))


def _rows_in_words(rows: Sequence[Mapping[str, Any]]) -> str:
    first = [{name: value for name, value in row.items() if _says_something(name, value)} for row in rows[:5]]
    return (
        f"{_count(len(rows))}{': ' if first else ''}{'; '.join(map(_columns, first))}{'; ...' if rows[5:] else ''}"
    )


def _says_something(name: str, value: object) -> bool:
    return name not in SYSTEM_COLUMNS and value is not None


def _columns(columns: Mapping[Any, Any]) -> str:
    return "{" + ", ".join(f"{name}: {value}" for name, value in columns.items()) + "}"


def _count(number: int, one: str = "row", many: str = "rows") -> str:
    return f"{number} {one if number == 1 else many}"
