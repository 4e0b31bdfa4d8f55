"""A witness knows of an instance's tables what a look at all rows says, and every new row is judged."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from simulator.scenario.judging.watched import WatchedTables
from simulator.tables import Tables
from simulator.trust.directory import DirectoryEntry
from simulator.trust.management import Managed
from simulator.trust.states import Approval
from tests.fleet import directory_entry, examples

ROWS = {
    (instance, status): Managed(application="App", managed_instance=instance, status=status)
    for instance in "abcd"
    for status in (Approval.APPROVED, Approval.REJECTED)
}
TABLES = st.lists(st.sampled_from(sorted(ROWS)), max_size=4, unique_by=lambda which: which[0])


@examples(100)
@example([[("a", Approval.APPROVED)], [("a", Approval.APPROVED), ("b", Approval.APPROVED)]], False)
@given(st.lists(TABLES, max_size=5), st.booleans())
def test_brought_up_to_date(contents: list[list[tuple[str, Approval]]], is_judged_every_time: bool) -> None:
    """Whatever has come, gone, changed or moved: the same rows in the same order, the new ones to be judged."""
    watched, judged = WatchedTables("me"), set[Managed]()
    watched.take_unjudged()
    for content in contents:
        rows = [ROWS[which] for which in content]
        before = set(watched.tables.all(Managed))
        watched.read(Managed, rows)
        assert watched.is_read
        assert not watched.is_judged
        assert watched.tables.all(Managed) == Tables("me", rows).all(Managed) == rows
        if is_judged_every_time:
            judged = before
        if is_judged_every_time or content is contents[-1]:
            unjudged = watched.take_unjudged()
            assert unjudged is not None
            assert set(rows) - judged <= set(unjudged) <= set(rows)
            assert watched.is_judged


def test_another_directory_lets_all_be_judged_again() -> None:
    """Who is of which type and account decides on rows that have not changed."""
    entry, watched = directory_entry("prod1"), WatchedTables("me")
    directory = {entry.key: entry}
    watched.share_directory(directory)
    watched.read(Managed, list(ROWS.values())[::2])
    assert watched.take_unjudged() is None
    watched.share_directory(directory)
    assert watched.take_unjudged() == []
    watched.share_directory(dict(directory))
    assert watched.take_unjudged() is None
    assert watched.tables.all(DirectoryEntry) == [entry]
