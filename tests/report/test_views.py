"""The product's views as data: every column is one of the table's, and every choice has the product's word."""

from __future__ import annotations

from dataclasses import fields

import pytest

from simulator.report.views import VIEWS, Column, view_called
from simulator.trust.rows import ROW_TYPES
from simulator.trust.states import Approval, SyncState

COLUMNS_BY_TABLE = {row_type.TABLE: {field.name for field in fields(row_type)} for row_type in ROW_TYPES}  # type: ignore[arg-type]


def column(view: str, name: str) -> Column:
    return next(column for column in VIEWS[view].columns if column.name == name)


@pytest.mark.parametrize("name", VIEWS)
def test_columns_are_those_of_the_table(name: str) -> None:
    """A view is found by its name and its title; what stands below it are views, too."""
    view = VIEWS[name]
    assert {column.name for column in view.columns} <= COLUMNS_BY_TABLE[view.table]
    assert view_called(name) == view_called(view.title) == view_called(view.title.upper()) == name
    assert all(VIEWS[below].columns for below in view.related)


def test_choices_are_read_as_the_product_words_them() -> None:
    """Approval and Status (S3, S7), and what became of a sync."""
    for view, name in (("manager-instances", "approval"), ("managed-instances", "status")):
        assert [column(view, name).read({name: approval}) for approval in Approval] == [
            *("Pending approval", "Awaiting Manager Confirmation", "Approved", "Auto-Approved"),
            *("Rejected", "Revoked"),
        ]
    assert [column("sync-status", "status").read({"status": state}) for state in SyncState] == [
        *("Synced", "Pending", "Refused", "Not managed", "Stale")
    ]


@pytest.mark.parametrize(
    ("value", "read"), [(1, "true"), (True, "true"), ("0", "false"), (False, "false"), (None, "")]
)
def test_flags_are_true_or_false(value: object, read: str) -> None:
    """However the row has them: as a file, as a value, as text."""
    assert column("trust-configuration", "grant_access").read({"grant_access": value}) == read


def test_what_is_no_view() -> None:
    """A table is asked for by its own name."""
    assert view_called("sn_mif_managed_instance") is None
