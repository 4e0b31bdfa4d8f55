"""One call of the engine: who calls with what, and what it reads through."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from simulator.cmdb.conditions.conditions import View
from simulator.cmdb.index import Index
from simulator.cmdb.items import Prepared
from simulator.cmdb.payload import Options
from simulator.cmdb.records import Record, stamp_of
from simulator.cmdb.rules.model import Caller, Model


@dataclass(frozen=True, slots=True)
class Call:
    """What all steps of one call share; *now* is in UTC, *source* the data source as it was sent."""

    source: str | None
    options: Options
    caller: Caller
    model: Model
    index: Index
    now: datetime
    new_id: Callable[[], str]
    explain: bool

    @property
    def stamp(self) -> str:
        """The time of the call as records keep it."""
        return stamp_of(self.now)

    def sees(self, table: str, record: Record) -> bool:
        """Whether the caller may come upon a record of *table*: in a candidate domain, or without any domain."""
        return not self.model.hierarchy.is_separated(table) or self.caller.sees(record)

    def view(self, table: str, record: Record) -> View:
        """A record of *table* as conditions see it."""
        return View(table, record, self.model.hierarchy, self.index.row)

    def counts(self, table: str, record: Record) -> bool:
        """Whether a lookup record can identify: it may be a CI itself, tagged as a duplicate or out of sight."""
        return self.sees(table, record) and not record.get("duplicate_of")

    def echo(self, ready: Prepared) -> str:
        """The item as error messages print it."""
        item = ready.item
        body: dict[str, Any] = {"className": item.class_name}
        body["values"] = {"discovery_source": self.source, **dict(sorted(item.values.items()))}
        if ready.is_dependent:
            body["values"]["sys_class_name"] = item.class_name
        if item.source.name or item.source.key:
            info = {"source_name": item.source.name, "source_native_key": item.source.key}
            body["sys_object_source_info"] = info
        body |= {"settings": {}, "sys_ire_info": {"ire_received_time": self.stamp}}
        return json.dumps(body, separators=(",", ":"))
