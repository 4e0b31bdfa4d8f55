"""Real drift in real files: instances that were away, files of another day, edits that were never synced."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from simulator.advice.drift import find_drift
from simulator.errors import StoreError
from simulator.report.drift import Drift
from simulator.runtime.clock import EPOCH
from simulator.runtime.virtual.fleet import finish
from simulator.scenario.reading.beginnings import fleet_in
from simulator.scenario.reading.load import LoadedScenario, load
from simulator.scenario.running.progress import Unfollowed
from simulator.scenario.running.run import run_watched
from simulator.scenario.topology import instance_id
from simulator.store.file import connect
from simulator.store.store import Store
from simulator.tables import Change, Delete
from simulator.trust.application import Capability
from simulator.trust.record import TrustRecord
from tests.simulation.shipped import FILES

from .fleets import BETWEEN, BY_HAND, DELETE, SAVE, SYNC, SYNCED, scenario


def kept(directory: Path, loaded: LoadedScenario) -> Path:
    """The files that a run leaves."""
    directory.mkdir()
    finish(run_watched(loaded, 0, directory, Unfollowed()))
    return directory


def lines(drift: Drift, *, all_of_them: bool = False) -> list[str]:
    """Each line of drift, as it is shown."""
    return [
        f"{it.state}: {it.subject} {it.verb} {it.object}: {it.detail}"
        for it in drift.lines
        if all_of_them or it.state.is_drift
    ]


def drift_of(tmp_path: Path, *steps: str) -> Drift:
    return find_drift(kept(tmp_path / "fleet", scenario(*steps)))


# -- no drift -------------------------------------------------------------------------------------------


def test_all_is_synced(tmp_path: Path) -> None:
    """One line for each relation and each item, and a trust record by hand is no drift."""
    drift = drift_of(tmp_path, SYNCED, BY_HAND)
    assert lines(drift, all_of_them=True) == [
        "SYNCED: prod1 manages dev1: revision 1",
        "SYNCED: prod1 manages dev2: revision 1",
        "SYNCED: dev1 trusts prod1: ",
        "SYNCED: dev2 trusts prod1: ",
        "MANUAL: dev3 trusts dev1: ",
    ]
    assert drift.instances == ("dev1", "dev2", "dev3", "prod1")
    assert drift.summary == "No drift: 4 SYNCED, 1 MANUAL."


def test_an_inactive_item_is_synced(tmp_path: Path) -> None:
    inactive = "  - save_profile_item: { on: prod1, trusting: dev1, trusted: dev2, active: false }\n"
    assert "SYNCED: dev1 trusts dev2: inactive" in lines(drift_of(tmp_path, inactive, SYNCED), all_of_them=True)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_scenario_ends_without_contradictions(file: Path, tmp_path: Path) -> None:
    """Of the shipped scenarios, at rest at their end, both sides of everything know the same."""
    drift = find_drift(kept(tmp_path / "fleet", load(file)))
    assert {it.state for it in drift.lines} <= {"SYNCED", "MANUAL", "NOT SENT", "ORPHANED"}


# -- not sent -------------------------------------------------------------------------------------------


def test_saved_and_never_synced(tmp_path: Path) -> None:
    assert lines(drift_of(tmp_path, SAVE)) == [
        "NOT SENT: dev1 trusts prod1: never synced; the trust table of dev1 has no record",
        "NOT SENT: dev2 trusts prod1: never synced; the trust table of dev2 has no record",
    ]


def test_edited_since_the_last_sync(tmp_path: Path) -> None:
    """An item that is new, one that is gone, and one that has another version."""
    newer = "  - save_profile_item: { on: prod1, trusting: dev2, trusted: prod1, version: 2.0.0 }\n"
    assert sorted(lines(drift_of(tmp_path, SYNCED, DELETE, BETWEEN, newer))) == [
        "NOT SENT: dev1 trusts dev2: saved since the last sync; the trust table of dev1 has no record",
        "NOT SENT: dev1 trusts prod1: taken out since the last sync; the trust table of dev1 has 1.0.0 profile",
        "NOT SENT: dev2 trusts prod1: saved since the last sync; the trust table of dev2 has 1.0.0 profile",
    ]


def test_the_managers_own_item(tmp_path: Path) -> None:
    """It has no other side that could tell what it has received."""
    own = "  - save_profile_item: { on: prod1, trusting: prod1, trusted: dev1 }\n"
    assert lines(drift_of(tmp_path, SYNCED, own)) == [
        "NOT SENT: prod1 trusts dev1: saved since the last sync; the trust table of prod1 has no record"
    ]


def test_an_instance_that_is_not_managed(tmp_path: Path) -> None:
    """No sync reaches it (Q13)."""
    unmanaged = "  - save_profile_item: { on: prod1, trusting: dev3, trusted: prod1 }\n"
    assert lines(drift_of(tmp_path, unmanaged, SYNCED)) == [
        "NOT SENT: dev3 trusts prod1: prod1 does not manage dev3"
    ]


# -- stale ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ends", ["stop", "kill"])
def test_an_instance_that_was_away_at_the_sync(ends: str, tmp_path: Path) -> None:
    assert lines(drift_of(tmp_path, f"  - {ends}: dev2\n", SAVE, SYNC)) == [
        "STALE: prod1 manages dev2: dev2 has no revision; prod1 has sent 1, and shows it as pending",
        "STALE: dev2 trusts prod1: the trust table of dev2 has no record",
    ]


def test_a_manager_who_has_sent_nothing_and_an_instance_that_has_something(tmp_path: Path) -> None:
    """The manager's file is from before its first sync."""
    before, after = kept(tmp_path / "before", scenario(SAVE)), kept(tmp_path / "after", scenario(SYNCED))
    shutil.copy(before / "prod1.sqlite", after / "prod1.sqlite")
    assert lines(find_drift(after))[:2] == [
        "STALE: prod1 manages dev1: dev1 has revision 1; prod1 has sent none",
        "STALE: prod1 manages dev2: dev2 has revision 1; prod1 has sent none",
    ]


def test_an_older_file_of_a_managed_instance(tmp_path: Path) -> None:
    """It is put back after a sync that has removed its record: it trusts whom it should trust no more."""
    older = kept(tmp_path / "older", scenario(SYNCED))
    now = kept(tmp_path / "now", scenario(SYNCED, DELETE, SYNC))
    shutil.copy(older / "dev1.sqlite", now)
    assert lines(find_drift(now)) == [
        "STALE: prod1 manages dev1: dev1 has revision 1; prod1 has sent 2, and shows it as synced",
        "STALE: dev1 trusts prod1: the trust table of dev1 has 1.0.0 profile",
    ]


def test_an_older_file_of_the_manager(tmp_path: Path) -> None:
    """It knows of fewer revisions than it has sent, so that its next sync would be refused as older."""
    older = kept(tmp_path / "older", scenario(SYNCED))
    now = kept(tmp_path / "now", scenario(SYNCED, DELETE, SYNC))
    shutil.copy(older / "prod1.sqlite", now)
    no_record = "the trust table of dev1 has no record"
    assert lines(find_drift(now)) == [
        "STALE: prod1 manages dev1: dev1 has revision 2; prod1 has sent 1, and shows it as synced",
        "STALE: prod1 manages dev2: dev2 has revision 2; prod1 has sent 1, and shows it as synced",
        f"STALE: dev1 trusts prod1: {no_record}",
        f"CONTRADICTS: dev1 trusts prod1: Trusting Instances of prod1 says so, and {no_record}",
    ]


# -- contradictions -------------------------------------------------------------------------------------


def test_a_trustee_that_does_not_know(tmp_path: Path) -> None:
    """The trustee's file is from before the record."""
    older = kept(tmp_path / "older", scenario(SAVE))
    now = kept(tmp_path / "now", scenario(BETWEEN, SYNCED))
    shutil.copy(older / "dev2.sqlite", now)
    assert "CONTRADICTS: dev1 trusts dev2: Trusting Instances of dev2 does not list dev1" in lines(find_drift(now))


def test_a_trustor_that_does_not_know(tmp_path: Path) -> None:
    """The trustor's file is from before a record by hand, of which no profile says anything."""
    older = kept(tmp_path / "older", scenario(SYNCED))
    now = kept(tmp_path / "now", scenario(SYNCED, BY_HAND))
    shutil.copy(older / "dev3.sqlite", now)
    no_record = "the trust table of dev3 has no record"
    assert lines(find_drift(now)) == [
        f"CONTRADICTS: dev3 trusts dev1: Trusting Instances of dev1 says so, and {no_record}"
    ]


def test_a_record_that_was_deleted_by_hand(tmp_path: Path) -> None:
    """The instance has what it was sent, and its own administrator has taken the record away."""
    deleted = "  - delete_trust_record: { on: dev1, trustee: prod1 }\n  - settle\n"
    drift = drift_of(tmp_path, SYNCED, deleted)
    assert lines(drift) == [
        "CONTRADICTS: dev1 trusts prod1: dev1 has taken in this item, and the trust table of dev1 has no record"
    ]
    assert drift.summary == "Drift: 1 of 4 lines; 3 SYNCED, 1 CONTRADICTS."


def test_versions_that_differ_between_the_sides(tmp_path: Path) -> None:
    newer = BY_HAND.replace("trustee: dev1", "trustee: dev1, version: 2.0.0")
    older = kept(tmp_path / "older", scenario(BY_HAND))
    now = kept(tmp_path / "now", scenario(newer))
    shutil.copy(older / "dev1.sqlite", now)
    assert lines(find_drift(now)) == [
        "CONTRADICTS: dev3 trusts dev1: Trusting Instances of dev1 has it in version 1.0.0"
    ]


# -- management -----------------------------------------------------------------------------------------


def test_a_manager_that_has_not_noticed(tmp_path: Path) -> None:
    """It was down when the managed side deleted its record, and is for good."""
    ended = "  - kill: prod1\n  - delete_manager: { on: dev1, manager: prod1 }\n"
    assert lines(drift_of(tmp_path, SYNCED, ended)) == [
        "PEER REVOKED UNNOTICED: prod1 manages dev1: Manager Instances of dev1 does not list prod1"
    ]


def test_a_managed_instance_that_has_not_noticed(tmp_path: Path) -> None:
    """The manager's file is one in which the relation had ended."""
    ended = kept(tmp_path / "ended", scenario(SYNCED, "  - delete_manager: { on: dev1, manager: prod1 }\n"))
    now = kept(tmp_path / "now", scenario(SYNCED))
    shutil.copy(ended / "prod1.sqlite", now)
    assert lines(find_drift(now)) == [
        "PEER REVOKED UNNOTICED: prod1 manages dev1: Managed Instances of prod1 has dev1 as revoked"
    ]


# -- what nobody keeps ----------------------------------------------------------------------------------


def test_a_record_that_no_profile_has_any_more(tmp_path: Path) -> None:
    """Its instance has left the manager, who then has taken the item out of the profile (Q8)."""
    left = "  - delete_manager: { on: dev1, manager: prod1 }\n  - settle\n"
    assert lines(drift_of(tmp_path, SYNCED, left, DELETE)) == [
        "ORPHANED: dev1 trusts prod1: a profile has brought it, and nobody manages dev1"
    ]


def test_an_item_that_a_rule_forbids(tmp_path: Path) -> None:
    """The trustor has lost the capability, and the record with it."""
    directory = kept(tmp_path / "fleet", scenario(SYNCED))
    prod1 = instance_id("prod1", scenario(SYNCED).scenario.instances["prod1"])
    change(
        directory / "dev1.sqlite", [Delete(Capability, ("App", "Cap")), Delete(TrustRecord, ("App", "Cap", prod1))]
    )
    assert lines(find_drift(directory))[0] == (
        "LEFT OUT: dev1 trusts prod1: capability_unknown: App on dev1 has no capability Cap; it has: none."
    )


def change(file: Path, changes: Sequence[Change]) -> None:
    """Changes a kept file behind the back of its instance."""
    store = Store(connect(file), owner="")
    with store.transaction():
        store.apply(changes, EPOCH)
    store.close()


# -- files ----------------------------------------------------------------------------------------------


def test_a_renamed_instance_is_called_as_its_file_is(tmp_path: Path) -> None:
    drift = drift_of(tmp_path, SYNCED, "  - rename: { on: dev1, to: qa1 }\n  - settle\n")
    assert not drift.is_drift
    assert "SYNCED: prod1 manages dev1: revision 1" in lines(drift, all_of_them=True)


def test_nothing_is_written(tmp_path: Path) -> None:
    """Neither to the files nor beside them."""
    directory = kept(tmp_path / "fleet", scenario(SYNCED))
    before = {file.name: file.read_bytes() for file in directory.iterdir()}
    find_drift(directory)
    assert {file.name: file.read_bytes() for file in directory.iterdir()} == before


def test_what_is_only_in_the_log_beside_a_file_is_read_too(tmp_path: Path) -> None:
    """As an instance leaves it that was killed: its last commits are not in the file itself."""
    directory = kept(tmp_path / "fleet", scenario(SYNCED))
    store = Store(connect(directory / "dev1.sqlite"), owner="")
    prod1 = instance_id("prod1", scenario(SYNCED).scenario.instances["prod1"])
    with store.transaction():
        store.apply([Delete(TrustRecord, ("App", "Cap", prod1))], EPOCH)
    found = lines(find_drift(directory))
    store.close()
    assert found[0].startswith("CONTRADICTS: dev1 trusts prod1: dev1 has taken in this item")


def test_the_directory_of_the_run_or_the_one_above(tmp_path: Path) -> None:
    """`run --keep DIR` makes a directory in DIR for each scenario."""
    first = kept(tmp_path / "first", scenario(SAVE))
    assert fleet_in(first) == fleet_in(tmp_path) == first
    kept(tmp_path / "second", scenario(SAVE))
    with pytest.raises(StoreError, match=r"has several fleets, name one: .*first, .*second"):
        fleet_in(tmp_path)


@pytest.mark.parametrize("name", ["no-such", "empty"])
def test_a_directory_without_files(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(StoreError, match=r"`?trustsim run --keep`?"):
        fleet_in(tmp_path / name)


def test_a_fleet_of_which_a_file_is_missing(tmp_path: Path) -> None:
    directory = kept(tmp_path / "fleet", scenario(SYNCED))
    (directory / "dev2.sqlite").unlink()
    with pytest.raises(StoreError, match="the file of dev2 is missing"):
        find_drift(directory)


def test_a_file_of_nobody(tmp_path: Path) -> None:
    """It has been given the name of an instance that its directory does not have."""
    directory = kept(tmp_path / "fleet", scenario(SYNCED))
    (directory / "dev2.sqlite").rename(directory / "dev9.sqlite")
    with pytest.raises(StoreError, match=r"dev9\.sqlite: its instance directory has no dev9"):
        find_drift(directory)


def test_a_file_that_is_no_instances(tmp_path: Path) -> None:
    directory = kept(tmp_path / "fleet", scenario(SYNCED))
    (directory / "dev2.sqlite").write_text("no database at all")
    with pytest.raises(StoreError, match=r"dev2\.sqlite: cannot be read as an instance's file"):
        find_drift(directory)


def test_a_file_of_another_version(tmp_path: Path) -> None:
    directory = kept(tmp_path / "fleet", scenario(SYNCED))
    connection = sqlite3.connect(directory / "dev2.sqlite")
    connection.execute("drop table sn_mif_trusted_instance")
    connection.close()
    with pytest.raises(StoreError, match=r"dev2\.sqlite: .*no such table: sn_mif_trusted_instance"):
        find_drift(directory)
