"""Sources that tell an instance about one Linux server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Self

from simulator.cmdb.engine import Result
from simulator.cmdb.records import Record, Value
from tests.cmdb.base import NOW, Instance

SERVER = "c"
LINUX = "cmdb_ci_linux_server"
COMPUTER = "cmdb_ci_computer"

Rule = dict[str, str]


def static(source: str, attributes: str = "", priority: int = 100, on: str = COMPUTER, **more: str) -> Rule:
    """A reconciliation definition."""
    row = {"applies_to": on, "discovery_source": source, "attributes": attributes, "priority": str(priority)}
    return {"name": f"{source}/{attributes or 'all'}", **row, **more}


def refresh(source: str, duration: str, on: str = COMPUTER) -> Rule:
    """A data refresh rule."""
    return {"applies_to": on, "discovery_source": source, "duration": duration}


def dynamic(kind: str, attributes: str, on: str = COMPUTER, **more: str) -> Rule:
    """A dynamic reconciliation rule."""
    return {"name": kind, "type": kind, "applies_to": on, "attributes": attributes, **more}


class Server:
    """An instance with rules and, before any source speaks, a Linux server named `lx1` with the given values."""

    def __init__(
        self,
        *rules: Rule,
        staleness: tuple[Rule, ...] = (),
        precedence: tuple[Rule, ...] = (),
        dynamic: tuple[Rule, ...] = (),
        properties: dict[str, str] | None = None,
        setup: dict[str, Any] | None = None,
        **values: str,
    ) -> None:
        records = {
            "cmdb_reconciliation_definition": rules,
            "cmdb_datasource_staleness": staleness,
            "cmdb_datasource_precedence": precedence,
            "cmdb_dynamic_reconciliation_definition": dynamic,
        }
        given = {table: list(rows) for table, rows in records.items() if rows}
        names = {"glide.identification_engine.multisource_enabled": "true"} if dynamic else {}
        self.instance = Instance(
            {"records": given, "properties": {**names, **(properties or {})}, **(setup or {})}
        )
        self.instance.put(LINUX, SERVER, name="lx1", **values)

    @contextmanager
    def undone(self) -> Iterator[Self]:
        """All that is done in it is undone at the end: one server serves many examples."""
        self.instance.connection.execute("begin")
        try:
            yield self
        finally:
            self.instance.connection.execute("rollback")

    def send(self, source: str, *, days: float = 0, explain: bool = False, **values: Any) -> dict[str, Any]:
        """The result of an item that a source sends some days after the first one."""
        item: dict[str, Any] = self.run(source, days=days, explain=explain, **values).response["items"][0]
        assert "errors" not in item, item
        return item

    def run(self, source: str, *, days: float = 0, explain: bool = False, **values: Any) -> Result:
        """The whole result."""
        body = {"items": [{"className": LINUX, "values": {"sys_id": SERVER, **values}}]}
        return self.instance.run(body, source=source, now=NOW + timedelta(days=days), explain=explain)

    def __getitem__(self, name: str) -> Value:
        return self.instance.get(LINUX, SERVER)[name]

    @property
    def history(self) -> list[Record]:
        return self.instance.all("cmdb_datasource_last_update")

    @property
    def reports(self) -> list[Record]:
        return self.instance.all("cmdb_multisource_data")
