"""Who trusts whom, and who grants whom access, as matrices in which what is alike stands once."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from simulator.report.result import RunResult

NONE = "·"
"""What stands where there is nothing."""

_FEW = 3
"""From so many on, rows or columns that are equal are folded: two say as much by themselves."""

_Cells = dict[tuple[str, str], str]
"""What stands in a matrix, by row and column."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """What stands at whom about whom."""

    title: str
    corner: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    """Each with what it is called."""


def matrices_of(result: RunResult) -> list[Matrix]:
    """One for each application and capability, and for each application that shares data."""
    trust: dict[str, _Cells] = defaultdict(dict)
    for record in result.trust:
        cells = trust[f"{record.application} > {record.capability}"]
        cells[record.trustor, record.trustee] = f"{record.version} {record.origin}"
    return [
        *(_folded(title, "trustor \\ trustee", cells) for title, cells in trust.items()),
        *(
            _folded(f"{application}: data sharing", "grantor \\ grantee", cells)
            for application, cells in _grants(result).items()
        ),
    ]


def is_nobody_trusted(result: RunResult) -> bool:
    """Whether instances have had to do with each other, and there is no matrix."""
    return not matrices_of(result) and any(entry.sender != entry.recipient for entry in result.journal)


def _grants(result: RunResult) -> dict[str, _Cells]:
    """Who grants whom access to each application's data, whether by default, and whom somebody has denied it."""
    grants: dict[str, _Cells] = defaultdict(dict)
    for instance, tables in result.tables.items():
        for row in tables.get("sn_mif_trust_config", ()):
            if row.get("grant_access") or row.get("customised"):
                is_own = row.get("customised")
                state = "default" if not is_own else "customised" if row.get("grant_access") else "denied"
                grants[str(row.get("application"))][instance, str(row.get("instance"))] = state
    return grants


def _folded(title: str, corner: str, cells: _Cells) -> Matrix:
    names, others = (list(dict.fromkeys(key[side] for key in cells)) for side in (0, 1))
    rows = _groups({name: tuple(cells.get((name, other), NONE) for other in others) for name in names})
    columns = _groups({other: tuple(cells.get((name, other), NONE) for name in names) for other in others})
    return Matrix(
        title,
        corner,
        tuple(map(_called, columns)),
        tuple((_called(row), tuple(cells.get((row[0], column[0]), NONE) for column in columns)) for row in rows),
    )


def _groups(lines: Mapping[str, tuple[str, ...]]) -> list[list[str]]:
    """The names of equal lines together where they are many, each group where its first one stands."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for name, line in lines.items():
        alike.setdefault(line, []).append(name)
    groups: list[list[str]] = []
    for name, line in lines.items():
        if len(alike[line]) < _FEW:
            groups.append([name])
        elif alike[line][0] == name:
            groups.append(alike[line])
    return groups


def _called(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{len(names)} instances alike: {', '.join(spans(names))}"


def spans(names: Sequence[str]) -> Iterator[str]:
    """The names; of three or more that are numbered one after the other the first and the last."""
    at = 0
    while at < len(names):
        end = at
        while end + 1 < len(names) and _follows(names[end], names[end + 1]):
            end += 1
        if end - at >= _FEW - 1:
            yield f"{names[at]} to {names[end]}"
        else:
            yield from names[at : end + 1]
        at = end + 1


def _follows(name: str, other: str) -> bool:
    """Whether *other* has the next number; dev10 follows dev09 and dev9."""
    one, two = (re.fullmatch(r"(.*?)([0-9]{1,9})", each, re.DOTALL) for each in (name, other))
    if one is None or two is None or one[1] != two[1] or int(two[2]) != int(one[2]) + 1:
        return False
    is_padded = one[2].startswith("0") or two[2].startswith("0")
    return len(one[2]) == len(two[2]) if is_padded else True
