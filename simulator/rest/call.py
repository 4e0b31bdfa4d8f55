"""A request of somebody who is known, and what the instance does for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from simulator.cmdb.records import ChangeSet
from simulator.cmdb.rules.model import Model
from simulator.protocol.actions import Action
from simulator.protocol.cmdb import Identify
from simulator.protocol.http import Request
from simulator.refusal import Refusal
from simulator.rest import errors, media
from simulator.store.cmdb.domains import Domains
from simulator.store.records.records import Records


class Desk(Protocol):
    """What the API asks of its instance."""

    @property
    def records(self) -> Records:
        """The records of every table."""
        ...

    @property
    def model(self) -> Model:
        """The classes, tables and settings as they are now."""
        ...

    @property
    def domains(self) -> Domains:
        """The domains and users as they are now."""
        ...

    def new_id(self) -> str:
        """The sys_id of a record that is to be made."""
        ...

    def act(self, action: Action) -> Refusal | None:
        """Does what a user does by hand, as a scenario's step would; None where it is done."""
        ...

    def identify(self, call: Identify) -> dict[str, Any] | Refusal:
        """What the Identification and Reconciliation engine answers."""
        ...

    def write(self, changes: ChangeSet, by: str) -> str | None:
        """Makes a user's changes to records true, or says in words why that cannot be."""
        ...


_PAST_DOMAINS = frozenset({"admin", "query_no_domain_table_api"})
"""The roles with which a list may be of all domains."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The user who calls, with the roles; None for the domains: the records of all are seen."""

    name: str
    sys_id: str
    roles: frozenset[str]
    domains: frozenset[str] | None
    home: str
    """The domain of what the caller makes."""

    @property
    def is_admin(self) -> bool:
        """Whether no access rule holds the caller up."""
        return "admin" in self.roles


@dataclass(frozen=True, slots=True)
class Call:
    """One request on its way through the API."""

    request: Request
    caller: Caller
    desk: Desk
    version: str
    """`v1` or `v2` as the path names it, or nothing."""
    now: datetime

    @property
    def domains(self) -> frozenset[str] | None:
        """The domains whose records there are for the request; None for all, for who may look past domains."""
        is_free = self.request.asks("sysparm_query_no_domain") and not _PAST_DOMAINS.isdisjoint(self.caller.roles)
        return None if is_free else self.caller.domains

    def body(self) -> dict[str, Any]:
        """The body as an object; of a list only the first element counts. Raises RestError."""
        if media.is_xml(self.request):
            return media.entry_of(self.request.body)
        content = json_of(self.request.body or b"{}")
        if isinstance(content, list) and content:
            content = content[0]
        if not isinstance(content, dict):
            raise errors.unreadable(f"expected a JSON object, got {type(content).__name__}")
        return content


def json_of(content: bytes) -> Any:
    """What JSON says. Raises RestError for what media.read_json does not take."""
    try:
        return media.read_json(content)
    except ValueError as error:
        raise errors.unreadable(f"expected JSON: {error}") from None
