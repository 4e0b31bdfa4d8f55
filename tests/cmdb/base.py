"""Base rules, classes and a reader over plain lists."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from simulator.cmdb.engine import Result, process
from simulator.cmdb.hierarchy import Hierarchy
from simulator.cmdb.identifiers import Rules
from simulator.cmdb.model import Caller, Model
from simulator.cmdb.payload import Options
from simulator.cmdb.records import ChangeSet, Record, Value

NOW = datetime(2026, 1, 5, 10, 0, 2, tzinfo=UTC)
PARENTS = {
    "cmdb_ci": None,
    "cmdb_ci_hardware": "cmdb_ci",
    "cmdb_ci_computer": "cmdb_ci_hardware",
    "cmdb_ci_server": "cmdb_ci_computer",
    "cmdb_ci_linux_server": "cmdb_ci_server",
    "cmdb_ci_win_server": "cmdb_ci_server",
    "cmdb_ci_appl": "cmdb_ci",
    "cmdb_ci_web_server": "cmdb_ci_appl",
    "cmdb_ci_app_server_tomcat": "cmdb_ci_appl",
    "cmdb_ci_network_adapter": "cmdb_ci",
    "cmdb_ci_unruled": "cmdb_ci",
    "cmdb_serial_number": None,
}
HARDWARE = "hw"


def entry(sys_id: str, rule: str, table: str, attributes: str, order: int, **more: str) -> Record:
    row = {"sys_id": sys_id, "identifier": rule, "table": table, "attributes": attributes, "order": str(order)}
    return {**row, **more}


RULES = Rules.from_rows(
    [
        {"sys_id": "hw", "name": "Hardware Rule", "applies_to": "cmdb_ci_hardware", "independent": "true"},
        {"sys_id": "app", "name": "Application Rule", "applies_to": "cmdb_ci_appl", "independent": "false"},
        {"sys_id": "tc", "name": "Tomcat", "applies_to": "cmdb_ci_app_server_tomcat", "independent": "false"},
    ],
    [
        entry(
            "c12f9be8c3400200d8d4bea192d3aea6",
            "hw",
            "cmdb_serial_number",
            "serial_number,serial_number_type",
            100,
            referenced_field="cmdb_ci",
            exact_count_match="true",
            condition="valid=true^absent=false^EQ",
        ),
        entry("fb27f69cc3000200d8d4bea192d3ae67", "hw", "cmdb_ci_hardware", "serial_number", 200),
        entry("556eb250c3400200d8d4bea192d3ae92", "hw", "cmdb_ci_hardware", "name", 300),
        entry(
            "nic",
            "hw",
            "cmdb_ci_network_adapter",
            "mac_address,name",
            400,
            referenced_field="cmdb_ci",
            exact_count_match="true",
            condition="install_status!=100^EQ",
        ),
        entry("a1", "app", "cmdb_ci_appl", "cl_port,sys_class_name", 100),
        entry(
            "a2",
            "app",
            "cmdb_ci_appl",
            "running_process_command,running_process_key_parameters,sys_class_name",
            200,
        ),
        entry(
            "t1",
            "tc",
            "cmdb_ci_app_server_tomcat",
            "install_directory,running_process_key_parameters,sys_class_name",
            100,
            allow_fallback="true",
        ),
    ],
    hosting=[
        {"parent_type": "cmdb_ci_appl", "child_type": "cmdb_ci_hardware", "rel_type": "Runs on::Runs"},
    ],
)
MODEL = Model(
    Hierarchy.from_rows([{"name": name, "super_class": above} for name, above in PARENTS.items()]),
    RULES,
    frozenset({"ServiceNow", "Other Automated"}),
    {"Runs on::Runs": ("r1",), "IP Connection::IP Connection": ("r2",)},
)


class MemoryReader:
    """Rows by table in plain lists."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, Record]] = {}
        self.calls = 0

    def rows(self, table: str, columns: tuple[str, ...], keys: Iterable[tuple[Value, ...]]) -> list[Record]:
        self.calls += 1
        wanted = set(keys)
        found = [
            row
            for name, rows in self.tables.items()
            if name == table or MODEL.hierarchy.is_a(name, table)
            for row in rows.values()
            if tuple(row.get(column) for column in columns) in wanted
        ]
        return sorted(found, key=lambda row: (row.get("sys_created_on") or "", row["sys_id"] or ""))

    def apply(self, changes: ChangeSet) -> None:
        for table, rows in changes.inserts.items():
            for row in rows:
                self.tables.setdefault(table, {})[row["sys_id"] or ""] = dict(row)
        for table, updates in changes.updates.items():
            for sys_id, columns in updates.items():
                row = self.tables[table].pop(sys_id)
                row.update(columns)
                kept = columns.get("sys_class_name") or table
                self.tables.setdefault(kept, {})[sys_id] = row
        for table, sys_ids in changes.deletes.items():
            for sys_id in sys_ids:
                del self.tables[table][sys_id]

    def all(self, table: str) -> list[Record]:
        return list(self.tables.get(table, {}).values())


class Instance:
    """A reader with a call that applies what it makes."""

    def __init__(self, **properties: str) -> None:
        self.reader = MemoryReader()
        names = {f"glide.identification_engine.{name}": value for name, value in properties.items()}
        self.model = replace(MODEL, properties=names)
        counter = itertools.count(1)
        self.new_id: Callable[[], str] = lambda: f"{next(counter):032x}"
        self.caller = Caller("u", "global")

    def run(
        self,
        body: Any,
        *,
        options: str | None = None,
        enhanced: bool = False,
        source: str | None = "ServiceNow",
        commit: bool = True,
        explain: bool = False,
    ) -> Result:
        result = process(
            body,
            source,
            Options.parse(options, enhanced=enhanced),
            self.caller,
            self.model,
            self.reader,
            NOW,
            self.new_id,
            commit,
            explain=explain,
        )
        self.reader.apply(result.changes)
        return result

    def put(self, table: str, sys_id: str, **columns: str) -> None:
        row: Record = {"sys_id": sys_id, "sys_class_name": table, "sys_domain": "global", **columns}
        self.reader.tables.setdefault(table, {})[sys_id] = row
