"""What refers to a CI: the records that belong to it, and those that only name it.

The platform deletes, or clears the field, as the reference says ("Cascade delete rules"); which of the two it is
for each field of the CMDB is not published, and stands here alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from simulator.cmdb.rules.model import Model


class Cascade(Enum):
    """What becomes of a record when the CI goes that it refers to."""

    GOES_TOO = auto()
    IS_CLEARED = auto()


@dataclass(frozen=True, slots=True)
class Referrer:
    """A column that refers to CIs."""

    table: str
    column: str
    cascade: Cascade
    is_merged: bool
    """Whether it refers to the main CI once its CI is found to be a duplicate of that."""
    criteria: tuple[str, ...] = ()
    """By these columns two records of one CI are the same."""


RELATIONS = "cmdb_rel_ci"
RELATION_ENDS = ("parent", "child")
RELATION_SOURCES = "sys_rel_source"
AUDITED = Referrer("duplicate_audit_result", "duplicate_ci", Cascade.IS_CLEARED, is_merged=False)
"""A task of records that are gone still has their sys_ids, as `duplicate_id`."""

_FIXED = (
    *(Referrer(RELATIONS, end, Cascade.GOES_TOO, is_merged=False) for end in RELATION_ENDS),
    Referrer("sys_object_source", "target_sys_id", Cascade.GOES_TOO, is_merged=True, criteria=("name", "id")),
    Referrer("cmdb_datasource_last_update", "record", Cascade.GOES_TOO, is_merged=False),
    Referrer("cmdb_multisource_data", "record", Cascade.GOES_TOO, is_merged=False),
    AUDITED,
    Referrer("reclassification_task", "cmdb_ci", Cascade.IS_CLEARED, is_merged=True),
    Referrer("cmdb_key_value", "configuration_item", Cascade.GOES_TOO, is_merged=True, criteria=("key", "value")),
)


def referrers(model: Model) -> list[Referrer]:
    """All of them: what identification rules look up, what is related, and the reference fields of classes."""
    found = {(each.table, each.column): each for each in _FIXED}
    for rule in model.rules.rule_by_class.values():
        for entry in (*rule.entries, *rule.related):
            if entry.referenced_field:
                place = entry.table, entry.referenced_field
                found.setdefault(
                    place, Referrer(*place, Cascade.GOES_TOO, is_merged=True, criteria=entry.attributes)
                )
    for name in model.hierarchy.parent_by_class:
        for field, column in model.hierarchy.own_columns.get(name, {}).items():
            if column.reference in model.hierarchy:
                found.setdefault((name, field), Referrer(name, field, Cascade.IS_CLEARED, is_merged=True))
    return list(found.values())


def owner_columns(model: Model, table: str) -> list[str]:
    """The columns by which the records of a table belong to CIs."""
    return [each.column for each in referrers(model) if each.table == table and each.cascade is Cascade.GOES_TOO]


def editable_tables(model: Model) -> Iterator[str]:
    """The tables, besides classes, whose records people change: those that belong to CIs."""
    for each in referrers(model):
        if each.table not in model.hierarchy and model.hierarchy.fields(each.table):
            yield each.table


def deletable_tables(model: Model) -> Iterator[str]:
    """The tables, besides classes, of which people delete records."""
    yield from (RELATIONS, "sys_object_source")
    yield from editable_tables(model)
