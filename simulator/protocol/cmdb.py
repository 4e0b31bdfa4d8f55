"""What happens to the CMDB of an instance from inside: calls of its API, what people do with records, setups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from simulator.protocol.messages import Payload

CmdbRows = dict[str, list[dict[str, str | int | None]]]
"""The rows of a CMDB, by table."""

CmdbValues = dict[str, str | None]
"""Values of a record by column, None for empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigureCmdb:
    """An administrator gives the CMDB classes, rules, domains, users and records."""

    kind: Literal["configure_cmdb"] = "configure_cmdb"
    setup: Payload
    """In the form of a setup file (store/setups/setup.py)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identify:
    """A call of the Identification and Reconciliation API."""

    kind: Literal["identify"] = "identify"
    user: str
    source: str | None
    body: str
    """The request body as it came: JSON, if the caller is right."""
    options: str | None = None
    enhanced: bool = False
    query: bool = False
    """Whether the call only asks what would happen."""
    picked: str | None = None
    """The name of the domain that the user has picked; None: the user's own."""
    feed: str | None = None
    """Where the data comes from: the source feed of items that name none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnTable:
    """What a user does with records of one table."""

    kind: str
    user: str
    table: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OnTask:
    """What a user does with a task that the engine has left."""

    kind: str
    user: str
    task: str
    """Its number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateRecord(OnTable):
    """A user makes a record, at a form."""

    kind: Literal["create_record"] = "create_record"
    sys_id: str
    """Its own from now on."""
    values: CmdbValues
    picked: str | None = None
    """As of `Identify`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditRecord(OnTable):
    """A user changes values of records, at a form or in a list."""

    kind: Literal["edit_record"] = "edit_record"
    where: CmdbValues
    """What all of the records have; a reference by its sys_id or by what it shows."""
    values: CmdbValues
    picked: str | None = None
    """As of `Identify`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteRecord(OnTable):
    """A user deletes records, and what belongs to them."""

    kind: Literal["delete_record"] = "delete_record"
    where: CmdbValues
    picked: str | None = None
    """As of `Identify`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditCis(OnTable):
    """A user has the CIs of a class looked through for duplicates, which leaves tasks."""

    kind: Literal["audit"] = "audit"
    picked: str | None = None
    """As of `Identify`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseTask(OnTask):
    """A user closes a task that the engine has left, without anything else."""

    kind: Literal["close_task"] = "close_task"
    state: Literal["closed_complete", "closed_incomplete", "closed_skipped"]
    picked: str | None = None
    """As of `Identify`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remediate(OnTask):
    """A user makes one CI of those of a de-duplication task."""

    kind: Literal["remediate"] = "remediate"
    main: CmdbValues
    """Values that the CI that stays has, and no other of the task; none: the oldest."""
    take: CmdbValues
    """Values of duplicates that the main CI takes over."""
    relations: bool
    """Whether the main CI takes over the relations of the others."""
    related: bool
    """The same of the records that refer to them."""
    others: CmdbValues | None
    """What the other CIs are set to; None: they are deleted."""
    picked: str | None = None
    """As of `Identify`."""


@dataclass(frozen=True, slots=True)
class ReplaceCmdb:
    """Part of a clone or a restore: all of the CMDB is another one from now on."""

    rows: CmdbRows


CmdbEdit = CreateRecord | EditRecord | DeleteRecord | CloseTask | Remediate
"""What people do with records."""

FormAction = CmdbEdit | AuditCis
"""All that people do in a CMDB, at forms and in lists."""

ToldAction = ConfigureCmdb | Identify | FormAction
"""What a CMDB is told to do, and notes, so that it can be done again."""

CmdbAction = ToldAction | ReplaceCmdb
"""What the CMDB does itself, from what stands in it."""
