"""CMDBs in files and payloads for them, as the tests of commands and advice need them."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from simulator.cmdb.engine import Result
from simulator.protocol.cmdb import Identify
from simulator.refusal import Refusal
from simulator.runtime.cmdb import Cmdb
from simulator.store.cmdb.store import CmdbStore
from simulator.store.file import connect
from simulator.store.setups.setup import Setup

NOW = datetime(2026, 1, 5, 10, tzinfo=UTC)

DOMAINS: dict[str, Any] = {
    "domains": {
        "TOP": {"primary": True},
        "ACME": {"parent": "TOP"},
        "ACME-EU": {"parent": "ACME"},
        "INIT": {"parent": "TOP"},
    },
    "users": {
        "u_top": {"domain": "TOP", "roles": ["itil"]},
        "u_acme": {"domain": "ACME", "roles": ["itil"]},
        "u_eu": {"domain": "ACME-EU", "roles": ["asset"]},
        "u_none": {"domain": "ACME"},
    },
}


def item(name: str, **values: str) -> dict[str, Any]:
    """A Linux server."""
    return {"className": "cmdb_ci_linux_server", "values": {"name": name, **values}}


def body(*items: dict[str, Any]) -> str:
    """A payload as it is sent."""
    return json.dumps({"items": items})


def make(file: Path, setup: dict[str, Any], *calls: Identify) -> Path:
    """An instance's file whose CMDB was given a setup, and a minute apart these calls."""
    with closing(connect(file)) as connection:
        cmdb = Cmdb(CmdbStore(connection))
        assert cmdb.begin(Setup.model_validate(setup), NOW) is None
        for minutes, call in enumerate(calls, start=1):
            answer = cmdb.call(call, NOW + timedelta(minutes=minutes))
            assert not isinstance(answer, Refusal), answer
    return file


def call(user: str, *items: dict[str, Any], source: str = "ServiceNow", query: bool = False) -> Identify:
    """A call of the API that is not enhanced."""
    return Identify(user=user, source=source, body=body(*items), query=query)


def explained(file: Path, made: Identify) -> Result:
    """What the instance answers, with the explanation."""
    with closing(connect(file)) as connection:
        answer = Cmdb(CmdbStore(connection)).call(made, NOW, explain=True)
    assert isinstance(answer, Result)
    return answer
