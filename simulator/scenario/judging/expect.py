"""What a scenario expects, held against what is there."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

from simulator.report.numbers import counted
from simulator.runtime.fleet import Fleet
from simulator.scenario.judging.cmdb import shown
from simulator.scenario.judging.fates import Fate
from simulator.scenario.judging.mismatch import Mismatch
from simulator.scenario.judging.responses import first_difference
from simulator.scenario.model import (
    ConnectionExpectation,
    Expectation,
    JournalExpectation,
    MessageExpectation,
    OutcomeExpectation,
    SyncExpectation,
    TableExpectation,
)
from simulator.scenario.model.names import SYSTEM_COLUMNS
from simulator.scenario.model.rows import JOURNAL, is_reference
from simulator.scenario.phrases import listed
from simulator.trust.directory import DirectoryEntry


@dataclass(frozen=True, slots=True)
class _Part:
    """What is wrong with one message or instance."""

    name: str
    wanted: str
    seen: str
    by: str = ""
    """Who has decided so."""
    explanation: str = ""
    response: Mapping[str, Any] | None = None


def _together(parts: Sequence[_Part], place: Callable[[str], str]) -> Mismatch | None:
    """All that is wrong as one mismatch, in which what is alike is said once; *place* says where, by names."""
    alike: dict[tuple[str, str], list[_Part]] = {}
    for part in parts:
        alike.setdefault((part.wanted, part.seen), []).append(part)
    if not alike:
        return None
    wanted, seen, why = [], [], []
    for (what, found), group in alike.items():
        names = ", ".join(part.name for part in group)
        wanted.append(f"{place(names)}: {what}")
        by = ", ".join(dict.fromkeys(part.by for part in group if part.by))
        found = f"{found} by {by}" if by else found
        seen.append(found if len(alike) == 1 or by else f"{names}: {found}")
        why += _reasons(group)
    responses = {part.name: part.response for part in parts if part.response is not None}
    return Mismatch("; ".join(wanted), "; ".join(seen), "\n".join(why), responses=responses)


def _reasons(group: Sequence[_Part]) -> list[str]:
    """Why, and of reasons that differ only in the names the first."""
    alike: dict[str, list[str]] = {}
    for part in group:
        if part.explanation:
            without_names = reduce(
                lambda text, name: text.replace(name, ""), part.name.split(" -> "), part.explanation
            )
            alike.setdefault(without_names, []).append(part.explanation)
    return [
        reasons[0] if len(reasons) == 1 else f"{reasons[0]} (and {len(reasons) - 1} more, alike)"
        for reasons in alike.values()
    ]


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
            place = _place(expectation.table, listed(expectation.on), expectation.where)
            return f"{place}: {_rows_expected(expectation)}"
        case SyncExpectation():
            results = ", ".join(f"{name}: {_columns(it) if isinstance(it, dict) else it}"
                                for name, it in expectation.results.items())  # fmt: skip
            return f"sync of {expectation.sync} on {expectation.on}: {results}"
        case JournalExpectation():
            where = _place("journal", expectation.journal, expectation.where)
            return f"{where}: {_entries_expected(expectation)}"
        case ConnectionExpectation():
            return f"connection of {expectation.connection}: {_connection(expectation.refused)}"


def _place(what: str, names: str, where: Mapping[str, Any]) -> str:
    return f"{what} on {names}{f' where {_columns(where)}' if where else ''}"


def _rows_expected(expectation: TableExpectation) -> str:
    if expectation.rows is not None:
        return f"exactly {'; '.join(map(_columns, expectation.rows)) or 'no row'}"
    return "at least one row" if expectation.count is None else counted(expectation.count, "row")


def _entries_expected(expectation: JournalExpectation) -> str:
    return "at least one entry" if expectation.count is None else counted(expectation.count, "entry", "entries")


def check_fates(expectation: OutcomeExpectation, fates: Sequence[Fate]) -> Mismatch | None:
    """Every one of the messages must have met the expected fate; all that have not are told."""
    return _together([part for fate in fates if (part := _check_fate(expectation, fate))], lambda names: names)


def _check_fate(expectation: OutcomeExpectation, fate: Fate) -> _Part | None:
    if not _meets(expectation, fate):
        wanted = _fate_in_words(expectation)
        return _Part(fate.what, wanted, fate.verdict_in_words(), fate.by, fate.explanation, fate.response)
    if expectation.response is None:
        return None
    if fate.response is None:
        return _Part(fate.what, "a response", "its CMDB was not asked")
    found = first_difference(expectation.response, fate.response)
    if found is None:
        return None
    return _Part(fate.what, f"{found.path}: {found.wanted}", found.seen, response=fate.response)


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
    parts = []
    for instance in expectation.on:
        rows = rows_with(fleet, instance, expectation.table, expectation.where)
        exactly = [_as_begun(fleet, instance, expectation.table, row) for row in expectation.rows or ()]
        wanted = _rows_wanted(expectation, exactly, rows)
        if wanted is not None:
            parts.append(_Part(instance, wanted, _rows_in_words(rows)))
    return _together(parts, lambda names: _place(expectation.table, names, expectation.where))


def rows_with(fleet: Fleet, instance: str, table: str, columns: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The rows of an instance's table that have these values, as expectations write them."""
    where = _as_begun(fleet, instance, table, columns)
    return [row for row in shown(fleet, instance, table) if _has(row, where)]


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
            return f"exactly {counted(len(expectation.rows), 'row')}"
    if expectation.count is not None:
        return None if len(rows) == expectation.count else counted(expectation.count, "row")
    return None if rows or expectation.rows is not None else "at least one row"


def _check_sync(expectation: SyncExpectation, fleet: Fleet) -> Mismatch | None:
    rows = fleet.show(expectation.on, "sn_mif_sync_status")
    status_of = {row["instance"]: row for row in rows if row["application"] == expectation.sync}
    parts = []
    for instance, wanted in expectation.results.items():
        status, code = ("refused", wanted["refused"]) if isinstance(wanted, dict) else (wanted, None)
        row = status_of.get(instance, {"status": "no result", "code": "", "detail": ""})
        if row["status"] != status or code not in {None, row["code"]}:
            seen = " ".join(filter(None, [row["status"], row["code"] and f"({row['code']})", row["detail"]]))
            parts.append(_Part(instance, f"{status}{f' ({code})' if code else ''}", seen))
    return _together(parts, lambda names: f"sync of {expectation.sync} to {names}")


def _check_journal(expectation: JournalExpectation, fleet: Fleet) -> Mismatch | None:
    entries = fleet.show(expectation.journal, JOURNAL)
    wanted = _as_begun(fleet, expectation.journal, JOURNAL, expectation.where)
    found = [entry for entry in entries if _has(entry, wanted)]
    if len(found) == expectation.count or (expectation.count is None and found):
        return None
    place = _place("journal", expectation.journal, expectation.where)
    return Mismatch(f"{place}: {_entries_expected(expectation)}", counted(len(found), "entry", "entries"))


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
    said = "; ".join(map(_columns, first))
    return f"{counted(len(rows), 'row')}{': ' if first else ''}{said}{'; ...' if rows[5:] else ''}"


def _says_something(name: str, value: object) -> bool:
    return name not in SYSTEM_COLUMNS and value is not None


def _columns(columns: Mapping[Any, Any]) -> str:
    return "{" + ", ".join(f"{name}: {value}" for name, value in columns.items()) + "}"
