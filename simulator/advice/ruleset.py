"""What is wrong with the rules and data of CMDBs: of one in an instance's file, of one that a setup makes, and of
those that a scenario sets up and sends payloads to.

What the base data has itself is left out: nobody who asks has written it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime
from functools import cache
from pathlib import Path

from simulator.advice.checks.finding import Finding, Severity
from simulator.advice.checks.flaw import SEVERITY_BY_CODE, Flaw
from simulator.advice.checks.placeholders import Placeholders
from simulator.advice.checks.rules import find_flaws
from simulator.advice.stream import setups_in
from simulator.cmdb import payload
from simulator.cmdb.payload import Item, PayloadError, SubItem
from simulator.errors import Problem, ScenarioError, StoreError
from simulator.scenario.model import ConfigureCmdbStep, IdentifyStep
from simulator.scenario.reading.load import LoadedScenario
from simulator.scenario.reading.place import DataPath
from simulator.store.cmdb.domains import load_domains
from simulator.store.cmdb.model import load_model
from simulator.store.cmdb.reader import CmdbReader
from simulator.store.cmdb.store import CmdbStore
from simulator.store.file import connect_to_read, connect_with_cmdb
from simulator.store.setups.configure import configure
from simulator.store.setups.document import MAX_BYTES_OF_DATA, find_places, read_file
from simulator.store.setups.restatement import Configured, Removal
from simulator.store.setups.setup import Setup, read_setup


def examine_store(file: Path) -> list[Finding]:
    """All findings in an instance's file, the worst first; its records have no lines. Raises StoreError."""
    with closing(connect_to_read(file, is_kept=True)) as connection:
        store = CmdbStore(connection)
        flaws = [*_own(find_flaws(store)), *_missed(store)]
    return sorted((_finding(flaw, str(file), (0, 0)) for flaw in flaws), key=_by_severity)


def examine_setup(file: Path) -> list[Finding]:
    """All findings in a setup, in the order of the file. Raises ScenarioError for one that does not fit."""
    setup = read_setup(file)
    try:
        found = flaws_of(setup)
    except StoreError as error:
        raise ScenarioError([Problem(str(file), 1, 1, str(error))]) from error
    places = find_places(read_file(file, MAX_BYTES_OF_DATA), [path for _, path in found])
    findings = (_finding(flaw, str(file), place) for (flaw, _), place in zip(found, places, strict=True))
    return sorted(findings, key=by_place)


def examine_steps(loaded: LoadedScenario) -> list[Finding]:
    """All findings in what a scenario gives its CMDBs; a setup that does not fit is left to the run."""
    found: dict[Finding, None] = {}
    for instance in loaded.scenario.instances:
        for flaw, path in _flaws_on(instance, loaded):
            place = loaded.source.values[loaded.source.nearest(path)]
            found[_finding(flaw, place.file, (place.line, place.column))] = None
    return list(found)


def by_place(finding: Finding) -> tuple[int, int, str]:
    """The order of the file."""
    return finding.line, finding.column, finding.code


def flaws_of(setup: Setup) -> list[tuple[Flaw, DataPath]]:
    """The flaws of a new CMDB with this setup, and their places. Raises StoreError where it does not fit."""
    with closing(connect_with_cmdb()) as connection:
        store = CmdbStore(connection)
        done = configure(store, setup)
        flaws = _own(find_flaws(store))
    return [(flaw, done.path_by_id.get(flaw.sys_id, ())) for flaw in flaws] + _removed(done)


def _flaws_on(instance: str, loaded: LoadedScenario) -> Iterator[tuple[Flaw, DataPath]]:
    """The flaws of one instance's CMDB after all setups, and of each payload by the rules of its time."""
    path_by_id: dict[str, DataPath] = {}
    with closing(connect_with_cmdb()) as connection:
        store = CmdbStore(connection)
        placeholders: Placeholders | None = None
        for index, step in enumerate(loaded.scenario.steps):
            match getattr(step, step.verb):
                case ConfigureCmdbStep(on=on, setup=Setup() as setup) if instance in on:
                    try:
                        done = configure(store, setup)
                    except StoreError:
                        continue
                    within = ("steps", index, step.verb, "setup")
                    path_by_id |= {sys_id: (*within, *path) for sys_id, path in done.path_by_id.items()}
                    yield from ((flaw, (*within, *path)) for flaw, path in _removed(done))
                    placeholders = None
                case IdentifyStep(on=on, payload=dict() | str() as body) if instance in on:
                    placeholders = placeholders or _placeholders(store)
                    for flaw in _flaws_in(body, placeholders):
                        yield flaw, ("steps", index, step.verb, "payload")
        if path_by_id:
            yield from ((flaw, path_by_id.get(flaw.sys_id, ())) for flaw in _own(find_flaws(store)))


def _removed(done: Configured) -> list[tuple[Flaw, DataPath]]:
    """What the lists of a setup have taken away, and where the lists are."""
    return [(Flaw(removal.code, "", removal.found), removal.path) for removal in done.removals]


def _missed(store: CmdbStore) -> list[Flaw]:
    """What setups that the file was given have taken away of what was there, and what is not there again."""
    last: dict[tuple[str, str], tuple[datetime, Removal]] = {}
    with closing(connect_with_cmdb()) as connection:
        again = CmdbStore(connection)
        for given in setups_in(store):
            setup = Setup.model_validate(given.setup).model_copy(update={"records": {}})
            try:
                removals = configure(again, setup, given.at).removals
            except StoreError:  # it fitted what the base data were then
                continue
            last |= {(each.table, each.sys_id): (given.at, each) for each in removals}
    return [
        Flaw(each.code, "", f"{each.found[:-1]}, since the setup of {at:%Y-%m-%d %H:%M:%S}.")
        for (table, sys_id), (at, each) in last.items()
        if not store.rows(table, ("sys_id",), [(sys_id,)])
    ]


def _placeholders(reader: CmdbReader) -> Placeholders:
    return Placeholders(load_model(reader, load_domains(reader).tree))


def _flaws_in(body: dict[str, object] | str, placeholders: Placeholders) -> Iterator[Flaw]:
    try:
        items = payload.parse(body).items
    except PayloadError:
        return
    parts: list[Item | SubItem] = [*items, *(sub for item in items for sub in item.lookup)]
    for part in parts:
        for name, value in placeholders.of(part.class_name, part.values):
            yield Flaw("placeholder_value", "", f"The payload has {part.class_name}.{name} {value!r}.")


def _own(flaws: Iterable[Flaw]) -> list[Flaw]:
    return [flaw for flaw in flaws if flaw not in _of_the_base()]


@cache
def _of_the_base() -> frozenset[Flaw]:
    with closing(connect_with_cmdb()) as connection:
        return frozenset(find_flaws(CmdbStore(connection)))


def _finding(flaw: Flaw, file: str, place: tuple[int, int]) -> Finding:
    return Finding.at((file, *place), flaw.code, SEVERITY_BY_CODE[flaw.code], flaw.found)


def _by_severity(finding: Finding) -> tuple[int, str, str]:
    return list(Severity).index(finding.severity), finding.code, finding.found
