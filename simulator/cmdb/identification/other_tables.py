"""Tables whose records are identified as CIs are without being CIs ("IRE support for non-CMDB tables").

Of the global scope these are preset, and a property names them; of application scopes all are, which here are the
tables of setups with names as such. Only independent rules are for them, and no relations.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from simulator.cmdb.messages import Trouble, trouble
from simulator.cmdb.records import Value

if TYPE_CHECKING:  # who only asks which tables there are needs nothing of the engine
    from simulator.cmdb.call import Call
    from simulator.cmdb.items import Identified

PRESET = "cmn_location,cmn_department,cmn_cost_center,cmn_building,sys_user,sys_user_group"
"""Those of the global scope that are identified from the start."""

SCOPED = ("x_", "sn_")
"""What the names of the tables of an application's scope begin with."""

FURTHER = frozenset({"core_company", "cmdb_model", "cmn_schedule", "business_unit"})
"""Those that the property may name besides: what an instance has of people, places and companies."""


class Claims:
    """Who has the values that no two records of a table may share, such as the names by which users log in.

    Only other tables than CIs' have such columns, and a record of theirs is not without a value in one.
    """

    def __init__(self, call: Call) -> None:
        self._call = call
        self._holders: dict[tuple[str, str, Value], str] = {}
        """The records of this call by table, column and value."""

    def check(self, items: Iterable[Identified]) -> Iterator[tuple[int, Trouble]]:
        """By their places what is wrong with those of the identified *items* that cannot be written so."""
        unique_by_table = self._call.model.other_tables
        claims = [
            (each, name)
            for each in items
            if not each.errors
            for name in unique_by_table.get(each.item.class_name, ())
            if each.match is None or name in each.item.values
        ]
        for each, name in claims:
            self._call.index.want(each.item.class_name, (name,), (each.item.values.get(name),))
        self._call.index.fetch()
        for each, name in claims:
            if (wrong := self._claim(each, name)) is not None:
                yield each.place, wrong

    def _claim(self, each: Identified, name: str) -> Trouble | None:
        value, table = each.item.values.get(name), each.item.class_name
        if not value:
            return trouble("mandatory", field=name, table=table) if each.match is None else None
        found = self._call.index.found(table, (name,), (value,))
        holders = {row["sys_id"] for row in found if row[name] == value}
        holders.add(self._holders.setdefault((table, name, value), each.sys_id))
        return None if holders == {each.sys_id} else trouble("unique", field=name, value=value, table=table)
