"""Which of the records with `sys_domain` and `sys_overrides` apply in a domain ("Process administration")."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from simulator.domains.tree import GLOBAL, Tree

ProcessRecord = TypeVar("ProcessRecord", bound=Mapping[str, str | None])
"""A row with `sys_id`, and where the table has them `sys_domain`, `sys_overrides` and `active`."""


def applicable(tree: Tree, domain: str, records: Iterable[ProcessRecord]) -> list[ProcessRecord]:
    """The records that the domain runs, in the order in which they came; give it all records, inactive ones too.

    They are its own, those of the domains above it and those of global, of which an override in a nearer domain
    replaces the one it names. Of several overrides of one record the nearest applies. An inactive override
    replaces too, and so switches the record off from its domain down. Raises DomainError for an unknown domain.
    """
    distance = {one: steps for steps, one in enumerate(tree.chain(domain))}
    here = {_sys_id(record): record for record in records if _domain(record) in distance}
    away = {sys_id: distance[_domain(record)] for sys_id, record in here.items()}
    origin = {sys_id: _origin(sys_id, here, away) for sys_id in here}
    nearest: dict[str, int] = {}
    for sys_id, first in origin.items():
        nearest[first] = min(away[sys_id], nearest.get(first, away[sys_id]))
    return [
        record
        for sys_id, record in here.items()
        if away[sys_id] == nearest[origin[sys_id]] and record.get("active") != "false"
    ]


def _origin(sys_id: str, here: Mapping[str, ProcessRecord], away: Mapping[str, int]) -> str:
    """The record that this one overrides, directly or by way of others; itself where it overrides none.

    The product makes an override only in a domain below the record's. One that names a record elsewhere, or one
    that the domain does not run, stands for itself; so no chain has a circle.
    """
    while True:
        above = here[sys_id].get("sys_overrides")
        if not above or above not in here or away[above] <= away[sys_id]:
            return sys_id
        sys_id = above


def _sys_id(record: Mapping[str, str | None]) -> str:
    sys_id = record["sys_id"]
    assert sys_id, record
    return sys_id


def _domain(record: Mapping[str, str | None]) -> str:
    return record.get("sys_domain") or GLOBAL
