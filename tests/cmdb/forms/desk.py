"""A CMDB in memory at which people work, for a test."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from weakref import finalize

from simulator.protocol.cmdb import (
    CloseTask,
    CmdbValues,
    DeleteRecord,
    EditRecord,
    FormAction,
    Identify,
    Remediate,
)
from simulator.refusal import Refusal
from simulator.runtime.cmdb import Cmdb
from simulator.store.cmdb.store import CmdbStore
from simulator.store.file import connect_with_cmdb
from simulator.store.setups.setup import Setup

NOW = datetime(2026, 1, 5, 10, tzinfo=UTC)
RUNS_ON = "Runs on::Runs"

PEOPLE: dict[str, Any] = {
    "domains": {
        "TOP": {"primary": True},
        "ACME": {"parent": "TOP"},
        "EU": {"parent": "ACME"},
        "INIT": {"parent": "TOP"},
    },
    "users": {
        "ann": {"domain": "ACME", "roles": ["itil_admin", "itil"]},
        "ina": {"domain": "INIT", "roles": ["itil_admin", "itil"]},
        "tom": {"domain": "TOP", "roles": ["admin"]},
        "bob": {"domain": "ACME", "roles": ["itil"]},
    },
}


def number(n: int) -> str:
    """A sys_id."""
    return f"c{n:031}"


def server(n: int, name: str, **values: str) -> dict[str, str]:
    """The record of a Linux server."""
    return {"sys_id": number(n), "name": name, **values}


class Desk:
    """The CMDB, with what is told to it a minute apart."""

    def __init__(self, records: dict[str, list[dict[str, str]]], setup: dict[str, Any] | None = None) -> None:
        connection = connect_with_cmdb()
        finalize(self, connection.close)
        self.store = CmdbStore(connection)
        self.cmdb = Cmdb(self.store)
        self._at = NOW
        assert self.cmdb.begin(Setup.model_validate({**(setup or {}), "records": records}), NOW) is None

    def tell(self, action: FormAction) -> str:
        """What becomes of it: the code of a refusal, or nothing."""
        refusal = self.cmdb.tell(action, self._now())
        self.said = refusal.explanation if refusal else ""
        return str(refusal.code) if refusal else ""

    def edit(
        self, table: str, where: CmdbValues, values: CmdbValues, user: str = "admin", picked: str | None = None
    ) -> str:
        return self.tell(EditRecord(user=user, picked=picked, table=table, where=where, values=values))

    def delete(self, table: str, where: CmdbValues, user: str = "admin", picked: str | None = None) -> str:
        return self.tell(DeleteRecord(user=user, picked=picked, table=table, where=where))

    def close(self, task: str, user: str = "admin") -> str:
        return self.tell(CloseTask(user=user, task=task, state="closed_skipped"))

    def remediate(
        self,
        task: str = "DUP0001001",
        *,
        main: CmdbValues | None = None,
        take: CmdbValues | None = None,
        relations: bool = True,
        related: bool = True,
        others: CmdbValues | None = None,
        user: str = "admin",
    ) -> str:
        return self.tell(
            Remediate(
                user=user,
                task=task,
                main=main or {},
                take=take or {},
                relations=relations,
                related=related,
                others=others,
            )
        )

    def identify(self, *items: dict[str, Any], source: str = "Discovery", user: str = "admin") -> list[str]:
        """The operations of the items."""
        call = Identify(user=user, source=source, body=json.dumps({"items": items}), enhanced=True)
        answer = self.cmdb.call(call, self._now())
        assert not isinstance(answer, Refusal), answer
        return [item["operation"] for item in answer.response["items"]]

    def rows(self, table: str, *columns: str) -> list[tuple[str | None, ...]]:
        """These columns of all rows of a table."""
        return sorted((tuple(row[name] for name in columns) for row in self.store.rows(table, (), [()])), key=str)

    def names(self, table: str) -> dict[str | None, str | None]:
        """The names of a table's records, by their sys_ids."""
        return {row["sys_id"]: row["name"] for row in self.store.rows(table, (), [()])}

    def _now(self) -> datetime:
        self._at += timedelta(minutes=1)
        return self._at


def linux(name: str, **values: str) -> dict[str, Any]:
    """A payload's item."""
    return {"className": "cmdb_ci_linux_server", "values": {"name": name, **values}}
