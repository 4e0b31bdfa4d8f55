"""What is wrong with the rules and data of a CMDB: of one in an instance's file, or of one that a setup makes.

What the base data has itself is left out: nobody who asks has written it.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from functools import cache
from pathlib import Path

from simulator.advice.finding import Finding, Severity
from simulator.advice.rule_findings import RULE_FINDINGS, SEVERITY_BY_CODE
from simulator.advice.rules import Flaw, find_flaws
from simulator.errors import Problem, ScenarioError, StoreError
from simulator.store.cmdb import CmdbStore
from simulator.store.document import find_places
from simulator.store.setup import Setup, add, paths_of, read_setup
from simulator.store.store import MEMORY, connect, connect_to_read


def examine_store(file: Path) -> list[Finding]:
    """All findings in an instance's file; its records have no lines. Raises StoreError."""
    with closing(connect_to_read(file, is_kept=True)) as connection:
        flaws = _own(find_flaws(CmdbStore(connection)))
    return sorted((_finding(flaw, str(file), (0, 0)) for flaw in flaws), key=_by_severity)


def examine_setup(file: Path) -> list[Finding]:
    """All findings in a setup, in the order of the file. Raises ScenarioError for one that does not fit."""
    setup = read_setup(file)
    try:
        flaws = flaws_of([setup])
    except StoreError as error:
        raise ScenarioError([Problem(str(file), 1, 1, str(error))]) from error
    path_by_id = paths_of(setup)
    places = find_places(file.read_text(encoding="utf-8"), [path_by_id.get(flaw.sys_id, ()) for flaw in flaws])
    found = (_finding(flaw, str(file), place) for flaw, place in zip(flaws, places, strict=True))
    return sorted(found, key=lambda finding: (finding.line, finding.column, finding.code))


def flaws_of(setups: Iterable[Setup]) -> list[Flaw]:
    """The flaws of a new CMDB with these setups. Raises StoreError where one does not fit."""
    with closing(connect(MEMORY)) as connection:
        store = CmdbStore(connection)
        store.install()
        for setup in setups:
            add(store, setup)
        return _own(find_flaws(store))


def _own(flaws: Iterable[Flaw]) -> list[Flaw]:
    return [flaw for flaw in flaws if flaw not in _of_the_base()]


@cache
def _of_the_base() -> frozenset[Flaw]:
    with closing(connect(MEMORY)) as connection:
        store = CmdbStore(connection)
        store.install()
        return frozenset(find_flaws(store))


def _finding(flaw: Flaw, file: str, place: tuple[int, int]) -> Finding:
    severity, remedy = SEVERITY_BY_CODE[flaw.code], RULE_FINDINGS[flaw.code].remedy
    return Finding(flaw.code, severity, file, *place, flaw.found, remedy)


def _by_severity(finding: Finding) -> tuple[int, str, str]:
    return list(Severity).index(finding.severity), finding.code, finding.found
