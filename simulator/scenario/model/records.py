"""Steps of people at the forms and lists of the CMDB."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from simulator.scenario.model.names import known_column
from simulator.scenario.model.values import Instances, Part, TableName
from simulator.store.cmdb.parts import Text

_User = Annotated[str, Field(default="admin", alias="as", description="the user, whose roles and domain count")]
_Picked = Annotated[
    str | None,
    Field(
        default=None,
        description="the domain that the user has picked, one that the user sees; left out: the user's own",
    ),
]
_Value = Text | None
_Values = dict[Annotated[str, AfterValidator(known_column)], _Value]


class RecordStep(Part):
    """What is done with records: all that have certain values and that the user sees."""

    on: Instances = Field(description="the instances")
    user: _User
    picked: _Picked
    table: TableName = Field(description="the class of CIs, or the table of what belongs to them")
    where: _Values = Field(
        min_length=1, description="the values of the records; a reference by the name of what it leads to"
    )


class EditRecordStep(RecordStep):
    """Somebody changes values of records at a form, which bypasses reconciliation: their owner's next run takes
    them back.
    """

    values: _Values = Field(min_length=1, description="the values from now on; `null` empties a field")


class RetireStep(RecordStep):
    """Somebody retires CIs: an edit that sets `install_status` to 7 and `operational_status` to 6."""


class DeleteRecordStep(RecordStep):
    """Somebody deletes records: CIs with their relations, lookup and related records and source rows, or one of
    these, such as a row of cmdb_rel_ci.
    """


class AuditStep(Part):
    """Somebody has CIs looked through for duplicates by the rules of today, which leaves tasks."""

    on: Instances = Field(description="the instances")
    user: _User
    picked: _Picked
    table: TableName = Field(
        default="cmdb_ci", description="the class whose CIs are looked through; left out: all"
    )


class TaskStep(Part):
    """What is done with a task that the engine has left."""

    on: Instances = Field(description="the instances")
    user: _User
    picked: _Picked
    task: str = Field(pattern="^(DUP|RCT)[0-9]{7}$", description="the task's number, such as DUP0001001")


class CloseTaskStep(TaskStep):
    """Somebody closes a task and does nothing else: what the engine meets again, it reports again."""

    state: Literal["closed_complete", "closed_incomplete", "closed_skipped"] = Field(
        default="closed_complete", description="the state that ends it"
    )


class RemediateStep(TaskStep):
    """Somebody makes one CI of those of a de-duplication task, which is then closed."""

    task: str = Field(pattern="^DUP[0-9]{7}$", description="the task's number, such as DUP0001001")
    main: dict[str, _Value] = Field(
        default={},
        description="values that the main CI has, which stays, and no other of the task; left out: the oldest",
    )
    take: dict[str, _Value] = Field(
        default={}, description="values that the main CI takes over; each must be one that a duplicate has"
    )
    relations: bool = Field(default=True, description="whether the main CI takes over the others' relations")
    related: bool = Field(
        default=True,
        description="whether what refers to the others refers to the main CI then: lookup and related records, "
        "source rows, reference fields",
    )
    others: Literal["delete", "retire"] | dict[str, _Value] = Field(
        description="what becomes of the others: `delete`, `retire`, or values that they are set to; those that "
        "stay are duplicates of the main CI"
    )
