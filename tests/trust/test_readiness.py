"""Which instance can take part, and when it will be able to."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from simulator.journal import Outcome
from simulator.protocol.actions import EnableTls, InstallPlugin
from simulator.refusal import Refusal, RefusalCode
from simulator.tables import Delete, Property, Put, Tables
from simulator.trust.directory import DirectoryEntry
from simulator.trust.readiness import MIF, MTLS, RELEASES, SUPPORTS_TLS, WAIT, Plugin, refuse_unready
from tests.fleet import START, Fleet, id_of, tables_of

HOUR = timedelta(hours=1)


def installed(ago: timedelta) -> Plugin:
    return Plugin(id=MTLS, installed_at=(START - ago).isoformat())


def refusal(tables: Tables) -> Refusal:
    """Why that instance cannot take part."""
    found = refuse_unready(tables, START)
    assert found is not None
    return found


def test_an_instance_with_everything_is_ready() -> None:
    """TLS, both plugins for long enough, and a release that knows trust."""
    assert refuse_unready(tables_of("dev1"), START) is None


@pytest.mark.parametrize("release", RELEASES)
def test_trust_came_with_yokohama(release: str) -> None:
    """Older releases have none of it."""
    tables = tables_of("dev1")
    me = tables.get(DirectoryEntry, id_of("dev1"))
    assert me is not None
    tables.apply([Put(replace(me, release=release))])
    found = refuse_unready(tables, START)
    assert (found.code if found else None) == (
        RefusalCode.RELEASE_TOO_OLD if release in {"Washington DC", "Xanadu"} else None
    )


def test_without_tls() -> None:
    """Support has to enable it."""
    found = refusal(tables_of("dev1", Property(name=SUPPORTS_TLS, value="false")))
    assert found.code is RefusalCode.TLS_NOT_SUPPORTED
    assert found.who == "an administrator (admin) of dev1, with a Now Support ticket,"


@pytest.mark.parametrize("plugin", [MIF, MTLS])
def test_without_a_plugin(plugin: str) -> None:
    """The missing one is named."""
    tables = tables_of("dev1")
    tables.apply([Delete(Plugin, (plugin,))])
    assert refusal(tables).code is RefusalCode.PLUGIN_MISSING
    assert f"The plugin {plugin} is not installed on dev1." in refusal(tables).explanation


def test_a_day_has_to_pass() -> None:
    """To the second, and the refusal says when that will be."""
    a_day = timedelta(days=1)
    assert refuse_unready(tables_of("dev1", installed(a_day)), START) is None
    found = refusal(tables_of("dev1", installed(a_day - timedelta(seconds=1))))
    assert found.code is RefusalCode.PLUGIN_TOO_NEW
    assert found.change == "wait until 2026-01-05 08:00:01 UTC"


def test_the_wait_can_be_set() -> None:
    """A property has its seconds (Q23)."""
    short = Property(name=WAIT, value="3600")
    assert refuse_unready(tables_of("dev1", installed(HOUR), short), START) is None
    assert refusal(tables_of("dev1", installed(HOUR / 2), short)).found.endswith("less than 1 hours ago.")


def test_both_directions_are_closed() -> None:
    """Nothing is done on it, nothing it is told is taken in, and nobody hears of that."""
    with Fleet("prod1", "dev1", properties=[Property(name=SUPPORTS_TLS, value="false")]) as fleet:
        assert fleet.name_manager("dev1", "prod1").code == "tls_not_supported"
        fleet.act("prod1", EnableTls())
        fleet.request("prod1", "dev1")
        fleet.settle()
        assert [entry.code for entry in fleet.entries("dev1", Outcome.REFUSED)] == ["tls_not_supported"] * 2
        assert fleet.status("prod1", "dev1") == "pending_approval"


def test_support_mends_it(fleet: Fleet) -> None:
    """A plugin that is installed twice keeps its first time, and what was mended outlives a restart."""
    fleet.act("dev1", InstallPlugin(plugin=MTLS))
    [plugin] = fleet.rows("dev1", Plugin, id=MTLS)
    assert plugin.installed_at == (START - timedelta(days=30)).isoformat()
    fleet.act("dev1", EnableTls())
    fleet.stop("dev1")
    fleet.start("dev1")
    assert fleet.name_manager("dev1", "prod1").outcome == "processed"
