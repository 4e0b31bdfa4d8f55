"""An instance's CMDB for a test: a real store in memory, with the base data and what the test adds."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from weakref import finalize

from simulator.cmdb.engine import Result, process
from simulator.cmdb.payload import Options
from simulator.cmdb.records import ChangeSet, Record
from simulator.cmdb.rules.model import Caller
from simulator.store.cmdb.domains import load_domains
from simulator.store.cmdb.model import load_model
from simulator.store.cmdb.rows import property_row
from simulator.store.cmdb.store import CmdbStore
from simulator.store.file import connect_with_cmdb
from simulator.store.setups.configure import configure
from simulator.store.setups.setup import Setup

NOW = datetime(2026, 1, 5, 10, 0, 2, tzinfo=UTC)
_LONG_AGO = "2025-01-01 00:00:00"


class Instance:
    """A CMDB whose engine is called directly; *properties* are those below `glide.identification_engine.`."""

    def __init__(self, setup: dict[str, Any] | None = None, **properties: str) -> None:
        self.connection = connect_with_cmdb()
        finalize(self, self.connection.close)
        self.store = CmdbStore(self.connection)
        if setup is not None:
            configure(self.store, Setup.model_validate(setup))
        rows = [property_row(f"glide.identification_engine.{name}", value) for name, value in properties.items()]
        self.store.add_rows({"sys_properties": rows})
        self.reload()
        counter = itertools.count(1)
        self.new_id: Callable[[], str] = lambda: f"{next(counter):032x}"
        self.caller = Caller("u", "global")

    def reload(self) -> None:
        """Have the engine know the rules and properties as they are now."""
        self.model = load_model(self.store, load_domains(self.store).tree)

    def run(
        self,
        body: Any,
        *,
        options: str | None = None,
        enhanced: bool = False,
        source: str | None = "ServiceNow",
        commit: bool = True,
        explain: bool = False,
        now: datetime = NOW,
    ) -> Result:
        result = process(
            body,
            source,
            Options.parse(options, enhanced=enhanced),
            self.caller,
            self.model,
            self.store,
            now,
            self.new_id,
            commit,
            explain=explain,
        )
        self.store.apply(result.changes, now)
        return result

    def put(self, table: str, sys_id: str, /, **columns: str) -> None:
        """Insert a record that was there before, in the global domain unless *columns* say otherwise."""
        changes = ChangeSet()
        changes.inserts[table] = [{"sys_id": sys_id, "sys_created_on": _LONG_AGO, **columns}]
        self.store.apply(changes, NOW)

    def all(self, table: str) -> list[Record]:
        """The rows of a table or class, oldest first."""
        return self.store.rows(table, (), [()])

    def get(self, table: str, sys_id: str) -> Record:
        """The row with this sys_id."""
        (row,) = self.store.rows(table, ("sys_id",), [(sys_id,)])
        return row
