"""Instances of a virtual fleet share their directory and have nothing in common: what one is, others only hear."""

from __future__ import annotations

import pytest

from simulator.protocol.actions import Action, Decommission, Rename
from simulator.runtime.faults import Crash
from simulator.runtime.kinds import CrashPoint
from simulator.runtime.virtual import fleet as virtual_fleet
from simulator.tables import Property
from simulator.trust.directory import DirectoryEntry

from .virtual import ID_BY_NAME, SECOND, Virtual, running

DEV1 = ID_BY_NAME["dev1"]


@pytest.fixture(params=["plain values", "SQL"], autouse=True)
def _kept_as(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "SQL":
        monkeypatch.setattr(virtual_fleet, "IN_SQL_OF", 1)


def known_as(it: Virtual, instance: str) -> tuple[str, bool]:
    """What dev1 is called there, and whether it is retired; the tables and the file must agree."""
    [entry] = [row for row in it.fleet.load(instance, DirectoryEntry) if row.sys_id == DEV1]
    [row] = [row for row in it.fleet._instances[instance].store.rows("sn_mif_instance") if row["sys_id"] == DEV1]
    up = it.fleet._instances[instance]._instance
    assert (row["name"], bool(row["retired"])) == (entry.name, entry.retired)
    assert up is None or up._tables.get(DirectoryEntry, DEV1) == entry
    return entry.name, entry.retired


@pytest.mark.parametrize(
    ("action", "after"), [(Rename(name="qa1"), ("qa1", False)), (Decommission(), ("dev1", True))]
)
async def test_others_know_what_one_has_become_when_they_have_heard(
    action: Action, after: tuple[str, bool]
) -> None:
    """At once it is different for itself, then for whoever the message has reached, at last for who was away."""
    before = ("dev1", False)
    async with running() as it:
        await it.fleet.stop(["dev2"])
        await it.act("dev1", action)
        assert [known_as(it, name) for name in ("dev1", "prod1", "dev2")] == [after, before, before]
        await it.settle()
        assert [known_as(it, name) for name in ("dev1", "prod1", "dev2")] == [after, after, before]
        await it.inject(Crash(ID_BY_NAME["prod1"], CrashPoint.NOW), lasts=SECOND)
        await it.inject(Crash(DEV1, CrashPoint.NOW), lasts=SECOND)
        await it.fleet.advance(2 * SECOND)
        assert [known_as(it, name) for name in ("dev1", "prod1", "dev2")] == [after, after, before]
        await it.fleet.start(["dev2"])
        await it.settle()
        assert [known_as(it, name) for name in ("dev1", "prod1", "dev2")] == [after] * 3
    async with running() as it:  # the next fleet begins anew
        assert [known_as(it, name) for name in ("dev1", "prod1", "dev2")] == [before] * 3


async def test_every_other_table_is_an_instances_own() -> None:
    """What one has put, changed and journalled is in its own store, and in no other."""
    async with running() as it:
        others = {name: everything(it, name) for name in ("prod1", "dev2")}
        await it.act("dev1", Rename(name="qa1"))
        assert {name: everything(it, name) for name in others} == others


def everything(it: Virtual, name: str) -> list[object]:
    fleet = it.fleet
    return [fleet.journal(name), fleet.alterations(name), fleet.posted(name), fleet.load(name, Property)]
