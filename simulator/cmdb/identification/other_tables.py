"""Tables whose records are identified as CIs are without being CIs ("IRE support for non-CMDB tables").

Of the global scope these are preset, and a property names them; of application scopes all are, which here are the
tables of setups with names as such. Only independent rules are for them, and no relations.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from simulator.cmdb.messages import trouble
from simulator.cmdb.records import Value

if TYPE_CHECKING:  # who only asks which tables there are needs nothing of the engine
    from simulator.cmdb.call import Call
    from simulator.cmdb.work import Work

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

    def check(self, works: Iterable[Work]) -> None:
        """Give those of the identified *works* that cannot be written so their error."""
        unique_by_table = self._call.model.other_tables
        works = [work for work in works if unique_by_table.get(work.item.class_name) and not work.errors]
        claims = [
            (work, work.item.class_name, name)
            for work in works
            for name in unique_by_table[work.item.class_name]
            if work.match is None or name in work.item.values
        ]
        for work, table, name in claims:
            self._call.index.want(table, (name,), (work.item.values.get(name),))
        self._call.index.fetch()
        for work, table, name in claims:
            self._claim(work, table, name)

    def _claim(self, work: Work, table: str, name: str) -> None:
        value = work.item.values.get(name)
        if not value:
            if work.match is None:
                work.errors += (trouble("mandatory", field=name, table=table),)
            return
        found = self._call.index.found(table, (name,), (value,))
        holders = {row["sys_id"] for row in found if row[name] == value}
        holders.add(self._holders.setdefault((table, name, value), work.sys_id))
        if holders != {work.sys_id}:
            work.errors += (trouble("unique", field=name, value=value, table=table),)
