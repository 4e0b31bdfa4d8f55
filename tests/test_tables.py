"""What an instance knows: looking rows up by other columns than their key says what a look at every row says."""

from __future__ import annotations

import sys
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.tables import Change, Delete, Put, Tables
from simulator.trust.management import Managed
from simulator.trust.states import Approval
from tests.fleet import examples

KEYS = st.tuples(st.sampled_from("AB"), st.sampled_from("xyz"))
APPROVALS = st.sampled_from([Approval.APPROVED, Approval.REJECTED])


def managed(application: str, instance: str, status: Approval) -> Managed:
    return Managed(application=application, managed_instance=instance, status=status)


CHANGES = st.one_of(
    st.builds(lambda key, status: Put(managed(key[0], key[1], status)), KEYS, APPROVALS),
    st.builds(lambda key: Delete(Managed, key), KEYS),
)


@given(changes=st.lists(CHANGES, max_size=20), application=st.sampled_from("AB"), status=APPROVALS)
@examples(200)
def test_first_finds_a_row_where_there_is_one(changes: list[Change], application: str, status: Approval) -> None:
    """After every change, however often a row has come, changed and gone."""
    tables = Tables("me")
    for change in changes:
        tables.apply([change])
        found = tables.first(Managed, application=application, status=status)
        every = tables.all(Managed, application=application, status=status)
        assert found in every if every else found is None


def test_first_finds_the_oldest() -> None:
    """Which one is found does not depend on when the index was made."""
    rows = [managed("A", instance, Approval.APPROVED) for instance in "zyx"]
    early = Tables("me")
    for row in rows:
        early.first(Managed, application="A", status=Approval.APPROVED)
        early.apply([Put(row)])
    for tables in (early, Tables("me", rows)):
        found = tables.first(Managed, application="A", status=Approval.APPROVED)
        assert found is not None
        assert found.managed_instance == "z"


def test_columns_that_are_not_indexed_are_a_mistake() -> None:
    """Looking by them would be slow where there are thousands of rows."""
    with pytest.raises(AssertionError, match="sn_mif_managed_instance is not looked for by"):
        Tables("me").first(Managed, managed_instance="x")


@examples(200)
@given(
    st.lists(st.builds(managed, st.sampled_from("AB"), st.sampled_from("xyz"), APPROVALS), max_size=6),
    st.lists(CHANGES, max_size=8),
)
def test_a_table_that_is_shared_is_as_ones_own(rows: list[Managed], changes: list[Change]) -> None:
    """Whatever is put and deleted: the same rows in the same order; whoever shares them sees nothing of it."""
    shared = {row.key: row for row in rows}
    before = dict(shared)
    sharing, own = Tables("a"), Tables("b", shared.values())
    sharing.share(Managed, shared)
    for change in changes:
        assert sharing.apply([change]) == own.apply([change])
        assert sharing.all(Managed) == own.all(Managed)
        assert [sharing.get(Managed, *key) for key in before] == [own.get(Managed, *key) for key in before]
        assert sharing.after([change]).all(Managed) == own.after([change]).all(Managed)
    assert shared == before


def test_a_change_in_a_table_that_is_shared_takes_no_copy_of_it() -> None:
    """When all of a fleet hear of a change, a copy for each would take the square of its size."""
    rows = [managed("App", str(number), Approval.APPROVED) for number in range(2_000)]
    shared = {row.key: row for row in rows}
    tables = Tables("a")
    tables.share(Managed, shared)
    tracemalloc.start()
    tables.apply([Put(managed("App", "7", Approval.REJECTED)), Put(managed("App", "new", Approval.APPROVED))])
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken < sys.getsizeof(shared) / 10
