"""The classes and what extends what, and the columns of these and of the other tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from simulator.cmdb.classes.columns import Column, Type
from simulator.cmdb.records import Record, Value

SYS_ID = Column("sys_id", Type.GUID, max_length=32)
_OF_ALL = (
    SYS_ID,
    Column("sys_created_on", Type.DATE_TIME),
    Column("sys_updated_on", Type.DATE_TIME),
    Column("sys_mod_count", Type.INTEGER),
    Column("sys_created_by"),
    Column("sys_updated_by"),
)
_OF_CIS = (
    Column("sys_class_name"),
    Column("sys_domain", Type.REFERENCE, reference="domain"),
    Column("sys_domain_path"),
)

_CIS = "cmdb_ci"

SYSTEM_COLUMNS = tuple(each.element for each in (*_OF_ALL, *_OF_CIS))
"""What every CI has, whatever its class."""


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """Class to superclass, and the columns declared on each class and on each table that is no class."""

    parent_by_class: Mapping[str, str | None]
    own_columns: Mapping[str, Mapping[str, Column]]
    """By class, those that it adds to its superclass's, and by table all but those that every table has."""
    parent_by_table: Mapping[str, str] = field(default_factory=dict)
    """The same as for classes, for tables that setups declare."""
    _chains: dict[str, tuple[str, ...]] = field(default_factory=dict, compare=False, repr=False)
    _tops: dict[str, str] = field(default_factory=dict, compare=False, repr=False)
    _columns: dict[str, dict[str, Column]] = field(default_factory=dict, compare=False, repr=False)
    _every: dict[str, dict[str, Column]] = field(default_factory=dict, compare=False, repr=False)
    _fields: dict[str, frozenset[str]] = field(default_factory=dict, compare=False, repr=False)
    _lengths: dict[str, dict[str, int]] = field(default_factory=dict, compare=False, repr=False)
    _references: dict[str, dict[str, str]] = field(default_factory=dict, compare=False, repr=False)
    _defaults: dict[str, dict[str, str]] = field(default_factory=dict, compare=False, repr=False)
    _mandatory: dict[str, list[str]] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def from_rows(
        cls,
        classes: Iterable[Record],
        dictionary: Iterable[Record],
        choices: Iterable[Record] = (),
        tables: Iterable[Record] = (),
    ) -> Hierarchy:
        """Read the rows of `sys_db_object`, classes and other *tables* apart, and those of the dictionary."""
        choices_by_place: dict[tuple[str | None, str | None], list[Record]] = defaultdict(list)
        for row in choices:
            choices_by_place[row["name"], row["element"]].append(row)
        columns: dict[str, dict[str, Column]] = defaultdict(dict)
        for row in dictionary:
            name, element = row["name"] or "", row["element"] or ""
            columns[name][element] = Column.from_row(row, choices_by_place.get((name, element), ()))
        above = {row["name"] or "": parent for row in tables if (parent := row.get("super_class"))}
        return cls({row["name"] or "": row.get("super_class") for row in classes}, dict(columns), above)

    def __contains__(self, name: object) -> bool:
        return name in self.parent_by_class

    def chain(self, name: str) -> tuple[str, ...]:
        """The class and its ancestors, nearest first."""
        known = self._chains.get(name)
        if known is None:
            chain = [name]
            above = self._parent(name)
            while above is not None and above not in chain:
                chain.append(above)
                above = self._parent(above)
            known = self._chains[name] = tuple(chain)
        return known

    def _parent(self, name: str) -> str | None:
        return self.parent_by_class.get(name) or self.parent_by_table.get(name)

    def is_a(self, name: str | None, ancestor: str) -> bool:
        """Whether class *name* is *ancestor* or extends it."""
        return name is not None and ancestor in self.chain(name)

    def top(self, name: str) -> str:
        """In which table records of a class or table are looked for by their sys_ids: of CIs in `cmdb_ci`."""
        known = self._tops.get(name)
        if known is None:
            known = self._tops[name] = _CIS if self.is_a(name, _CIS) else self.chain(name)[-1]
        return known

    def columns(self, name: str) -> Mapping[str, Column]:
        """The columns of a class or table that a payload may fill, inherited ones included."""
        known = self._columns.get(name)
        if known is None:
            known = self._columns[name] = {}
            for each in reversed(self.chain(name)):
                known |= self.own_columns.get(each, {})
        return known

    def lengths(self, name: str) -> Mapping[str, int]:
        """The longest values of the columns that hold any text, which are most: shorter ones need no reading."""
        known = self._lengths.get(name)
        if known is None:
            columns = self.columns(name).items()
            known = self._lengths[name] = {field: one.max_length for field, one in columns if one.is_plain}
        return known

    def column(self, name: str, element: str) -> Column | None:
        """The column of a class or table, be it one of the system's; None where there is none."""
        known = self._every.get(name)
        if known is None:
            system = (*_OF_ALL, *_OF_CIS) if name in self else _OF_ALL
            known = self._every[name] = {each.element: each for each in system} | {**self.columns(name)}
        return known.get(element)

    def read(self, name: str, values: Mapping[str, Value]) -> Record:
        """What is sought of a record of a class or table, as records keep it; what is no value stays as it is."""
        columns = {field: self.column(name, field) for field in values}
        return {
            field: value and ((column.read(value) if (column := columns[field]) else None) or value)
            for field, value in values.items()
        }

    def fields(self, name: str) -> frozenset[str]:
        """The names of the columns."""
        known = self._fields.get(name)
        if known is None:
            known = self._fields[name] = frozenset(self.columns(name))
        return known

    def has_field(self, name: str, field: str) -> bool:
        """Whether records of a class or table have the field."""
        return self.column(name, field) is not None

    def below(self, name: str) -> list[str]:
        """The class and all that extend it."""
        return sorted(each for each in (*self.parent_by_class, *self.parent_by_table) if self.is_a(each, name))

    def is_separated(self, name: str) -> bool:
        """Whether the records of a class or table belong to domains, as all CIs do."""
        return name in self.parent_by_class or "sys_domain" in self.fields(name)

    def is_field(self, name: str) -> bool:
        """Whether any class has a field of this name."""
        return any(name in columns for columns in self.own_columns.values())

    def references(self, name: str) -> Mapping[str, str]:
        """The fields of a class or table that refer to records, with the tables of those."""
        known = self._references.get(name)
        if known is None:
            columns = self.columns(name).items()
            known = self._references[name] = {field: one.reference for field, one in columns if one.reference}
        return known

    def display(self, name: str) -> str:
        """The field by which people know a record of the class or table."""
        shown = (field for field, one in self.columns(name).items() if one.display)
        return next(shown, "name")

    def defaults(self, name: str) -> Mapping[str, str]:
        """What a new record of a class or table has in the fields of which nobody says anything."""
        known = self._defaults.get(name)
        if known is None:
            columns = self.columns(name).items()
            known = self._defaults[name] = {
                field: one.default for field, one in columns if one.default is not None
            }
        return known

    def mandatory(self, name: str) -> list[str]:
        """The mandatory fields of a class or table, inherited ones included, by name."""
        known = self._mandatory.get(name)
        if known is None:
            columns = self.columns(name).items()
            known = self._mandatory[name] = sorted(field for field, one in columns if one.mandatory)
        return known
