"""A CMDB with domains, called by its users as the API is: TOP above ACME above ACME-EU, and TOP above INIT."""

from __future__ import annotations

import json
from typing import Any

from simulator.cmdb.engine import Result
from simulator.cmdb.records import ChangeSet, Record
from simulator.protocol.cmdb import Identify
from simulator.protocol.envelope import derive_id
from simulator.runtime.cmdb import Cmdb
from simulator.store.setups.configure import configure
from simulator.store.setups.setup import Setup, domain_id
from tests.cmdb.base import NOW, Instance

STRICT, PLATFORM = "false", "true"
"""The property that switches between the modes."""
MODE = "glide.identification_engine.platform_domain_separation_enabled"
SOURCE = "Other Automated"
LINUX = "cmdb_ci_linux_server"
_LONG_AGO = "2025-01-01 00:00:00"

SETUP: dict[str, Any] = {
    "domains": {
        "TOP": {"primary": True},
        "ACME": {"parent": "TOP"},
        "ACME-EU": {"parent": "ACME"},
        "INIT": {"parent": "TOP"},
    },
    "users": {
        name: {"domain": domain, "roles": ["itil"]}
        for name, domain in {
            "u_top": "TOP",
            "u_acme": "ACME",
            "u_eu": "ACME-EU",
            "u_init": "INIT",
            "u_glob": "global",
        }.items()
    },
}


class Separated(Instance):
    """An instance in one of the modes, without one as it comes; *more* goes into its setup as it stands."""

    def __init__(self, mode: str | None = None, **more: Any) -> None:
        super().__init__({**SETUP, **more})
        if mode is not None:
            self.switch(mode)
        self.cmdb = Cmdb(self.store)
        self._calls = 0

    def switch(self, mode: str) -> None:
        """Sets the property."""
        self.configure(properties={MODE: mode})

    def configure(self, **setup: Any) -> None:
        """Adds to the setup."""
        configure(self.store, Setup.model_validate(setup))
        self.cmdb = Cmdb(self.store)

    def send(self, user: str, *items: dict[str, Any], relations: Any = (), **call: Any) -> dict[str, Any]:
        """The response to a payload of these items that the user sends."""
        self._calls += 1
        body = json.dumps({"items": items, "relations": list(relations)})
        identify = Identify(user=user, source=call.pop("source", SOURCE), body=body, **call)
        result = self.cmdb.identify(identify, derive_id("call", self._calls), NOW)
        assert isinstance(result, Result), result
        return result.response

    def seed(self, table: str, sys_id: str, domain: str = "global", **columns: str) -> None:
        """A record of a domain that was there before; of two the one with the smaller sys_id is older."""
        changes = ChangeSet()
        row: Record = {"sys_id": sys_id, "sys_domain": domain_id(domain), "sys_created_on": _LONG_AGO, **columns}
        changes.inserts[table] = [row]
        self.store.apply(changes, NOW)

    def domain_of(self, sys_id: str, table: str = "cmdb_ci") -> str:
        """The name of the domain that a record is in."""
        names = {domain_id(name): name for name in ("global", *SETUP["domains"])}
        domain: str = names[self.get(table, sys_id)["sys_domain"] or ""]
        return domain
