"""First-generation data sharing: defaults, customs, what resets them, the mirror, and what flows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from simulator.decision import PostIds
from simulator.journal import Entry, Outcome
from simulator.protocol.actions import ChangeType, Restore, SetGrantAccess, SetIsGrantingAccess, ShareData
from simulator.protocol.codec import load_posted
from simulator.protocol.envelope import LIFETIME, Envelope
from simulator.protocol.messages import GrantState, Payload, SharedData
from simulator.tables import Property, Put, Row
from simulator.trust.application import Application
from simulator.trust.capability import ReceivedData
from simulator.trust.copies import COPIED_ROWS, copy
from simulator.trust.directory import DirectoryEntry, InstanceType
from simulator.trust.handler import decide_from_inside
from simulator.trust.readiness import SUPPORTS_TLS
from simulator.trust.sharing import SharingApplication, TrustConfig, grants_by_default, missing_configuration
from tests.fleet import HEALTH, START, Fleet, health, id_of, tables_of

SUBSCRIPTIONS = "Subscription Management"
SECURITY_CENTER = "Security Center"
NAMES = ("prod1", "prod2", "subprod2", "subprod3", "subprod4")

PRODUCTION, NON_PRODUCTION = InstanceType.PRODUCTION, InstanceType.NON_PRODUCTION


def sharing(*names: str) -> list[Row]:
    """Applications that share data, as they are installed."""
    rows: list[Row] = [Application(name=name, version="1.0.0") for name in names]
    return [*rows, *(SharingApplication(application=name) for name in names)]


@pytest.fixture
def fleet() -> Iterator[Fleet]:
    """The instances of the vendor's worked example; all but subprod4 have Security Center too."""
    applications = [*sharing(SUBSCRIPTIONS, SECURITY_CENTER), *health()]
    installed = {**dict.fromkeys(NAMES, applications), "subprod4": sharing(SUBSCRIPTIONS)}
    with Fleet(*NAMES, installed=installed) as fleet:
        yield fleet


def grant(fleet: Fleet, grantor: str, grantee: str, value: bool = True, application: str = SUBSCRIPTIONS) -> Entry:
    return fleet.act(grantor, SetGrantAccess(application=application, instance=id_of(grantee), grant=value))


def share(
    fleet: Fleet,
    grantor: str,
    grantee: str,
    payload: Payload | None = None,
    application: str = SUBSCRIPTIONS,
) -> Entry:
    return fleet.act(grantor, ShareData(application=application, recipient=id_of(grantee), payload=payload or {}))


def promote(fleet: Fleet, name: str) -> None:
    fleet.act(name, ChangeType(type="production", environment="production"))


def demote(fleet: Fleet, name: str) -> None:
    fleet.act(name, ChangeType(type="non_production", environment="test"))


def row(fleet: Fleet, on: str, about: str, application: str = SUBSCRIPTIONS) -> TrustConfig:
    [found] = fleet.rows(on, TrustConfig, application=application, instance=id_of(about))
    return found


def granted(fleet: Fleet, grantor: str, grantee: str) -> tuple[bool, bool]:
    """What both sides show: Grant access, and Is granting access."""
    return row(fleet, grantor, grantee).grant_access, row(fleet, grantee, grantor).is_granting_access


def arrived(fleet: Fleet, at: str) -> list[tuple[str, Payload]]:
    return [(data.source_instance, data.payload) for data in fleet.rows(at, ReceivedData)]


# -- defaults -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("grantor", "grantee", "expected"),
    [
        (NON_PRODUCTION, PRODUCTION, True),
        (NON_PRODUCTION, NON_PRODUCTION, False),
        (PRODUCTION, NON_PRODUCTION, False),
        (PRODUCTION, PRODUCTION, False),
    ],
)
def test_only_non_production_grants_and_only_production(
    grantor: InstanceType, grantee: InstanceType, expected: bool
) -> None:
    """S4, S13: for every pair of types."""
    assert grants_by_default(grantor, grantee) is expected


def test_the_list_shows_every_other_instance_from_the_start(fleet: Fleet) -> None:
    """With the defaults in both columns, as an administrator sees them; nothing had to be sent for it."""
    shown = {
        (line["application"], line["instance"]): (line["grant_access"], line["is_granting_access"])
        for line in fleet.show("subprod2", "sn_mif_trust_config")
    }
    assert shown == {
        (application, instance): (int(instance.startswith("prod")), 0)
        for application in (SUBSCRIPTIONS, SECURITY_CENTER)
        for instance in NAMES
        if instance != "subprod2"
    }
    assert not fleet.network


def test_other_accounts_are_not_listed() -> None:
    """S3: and nothing is granted to them or shared with them."""
    with Fleet(
        "prod1", "other1", accounts={"other1": "umbrella"}, installed=everywhere("prod1", "other1")
    ) as fleet:
        assert fleet.rows("other1", TrustConfig) == []
        assert grant(fleet, "other1", "prod1").code == "other_account"
        assert share(fleet, "other1", "prod1").code == "other_account"


def everywhere(*names: str) -> dict[str, list[Row]]:
    return dict.fromkeys(names, sharing(SUBSCRIPTIONS))


# -- the golden table -----------------------------------------------------------------------------------


def test_the_worked_example_of_the_vendor(fleet: Fleet) -> None:
    """S4: three grants are customised, the other three are as they were; both sides show the same."""
    grant(fleet, "prod1", "prod2")
    grant(fleet, "subprod3", "subprod4")
    grant(fleet, "subprod4", "subprod3")
    fleet.deliver()
    golden = {
        ("prod1", "prod2"): (True, True),
        ("prod2", "prod1"): (False, False),
        ("subprod2", "prod1"): (True, False),
        ("prod1", "subprod2"): (False, False),
        ("subprod3", "subprod4"): (True, True),
        ("subprod4", "subprod3"): (True, True),
    }
    for (grantor, grantee), (value, customised) in golden.items():
        assert granted(fleet, grantor, grantee) == (value, value), f"{grantor} -> {grantee}"
        assert row(fleet, grantor, grantee).customised is customised, f"{grantor} -> {grantee}"


# -- customs and what resets them -----------------------------------------------------------------------


def test_a_grant_is_for_one_application(fleet: Fleet) -> None:
    """Another application of the same two instances is as it was."""
    grant(fleet, "prod1", "prod2")
    assert not row(fleet, "prod1", "prod2", SECURITY_CENTER).grant_access


def test_a_custom_outlives_a_restart_on_both_sides(fleet: Fleet) -> None:
    """The defaults are not entered a second time."""
    grant(fleet, "prod1", "prod2")
    fleet.deliver()
    for name in ("prod1", "prod2"):
        fleet.stop(name)
        fleet.start(name)
    assert granted(fleet, "prod1", "prod2") == (True, True)
    assert row(fleet, "prod1", "prod2").customised


def test_promotion_resets_to_the_defaults_of_production(fleet: Fleet) -> None:
    """S4: what was customised and what was not, in every application; it grants nobody now."""
    grant(fleet, "subprod2", "subprod3")
    grant(fleet, "subprod2", "prod1", False)
    fleet.deliver()
    promote(fleet, "subprod2")
    rows = fleet.rows("subprod2", TrustConfig)
    assert len(rows) == 8
    assert not any(config.grant_access or config.customised for config in rows)
    fleet.deliver()
    assert {granted(fleet, "subprod2", name) for name in NAMES if name != "subprod2"} == {(False, False)}


def test_demotion_resets_to_the_defaults_of_non_production(fleet: Fleet) -> None:
    """S4: it grants production, whatever was customised."""
    grant(fleet, "prod1", "subprod3")
    fleet.deliver()
    demote(fleet, "prod1")
    fleet.deliver()
    assert granted(fleet, "prod1", "prod2") == (True, True)
    assert granted(fleet, "prod1", "subprod3") == (False, False)
    assert not any(config.customised for config in fleet.rows("prod1", TrustConfig))


def test_a_new_label_of_the_same_type_resets_nothing(fleet: Fleet) -> None:
    """A development instance that becomes a test instance is not demoted."""
    grant(fleet, "subprod2", "subprod3")
    demote(fleet, "subprod2")
    assert row(fleet, "subprod2", "subprod3").customised


def test_default_grants_follow_the_type_of_the_other(fleet: Fleet) -> None:
    """Every non-production instance grants the new production instance; what was customised stays."""
    grant(fleet, "subprod4", "subprod3", False)
    promote(fleet, "subprod3")
    fleet.deliver()
    assert granted(fleet, "subprod2", "subprod3") == (True, True)
    assert granted(fleet, "subprod4", "subprod3") == (False, False)
    assert granted(fleet, "prod1", "subprod3") == (False, False)
    demote(fleet, "subprod3")
    fleet.deliver()
    assert granted(fleet, "subprod2", "subprod3") == (False, False)


def test_what_is_set_to_the_default_is_customised_too(fleet: Fleet) -> None:
    """An administrator who says no has said it for the time after the other's promotion as well."""
    grant(fleet, "subprod2", "subprod3", False)
    promote(fleet, "subprod3")
    fleet.deliver()
    assert granted(fleet, "subprod2", "subprod3") == (False, False)


def test_both_change_type_at_once(fleet: Fleet) -> None:
    """Neither has heard of the other when it resets; in the end the defaults are those of the final types."""
    demote(fleet, "prod1")
    promote(fleet, "subprod2")
    fleet.deliver()
    assert granted(fleet, "prod1", "subprod2") == (True, True)
    assert granted(fleet, "subprod2", "prod1") == (False, False)


# -- the mirror -----------------------------------------------------------------------------------------


def test_the_mirror_is_read_only(fleet: Fleet) -> None:
    """Rule 8: who would like to see more learns who has to act where."""
    action = SetIsGrantingAccess(application=SUBSCRIPTIONS, instance=id_of("prod1"), granting=True)
    entry = fleet.act("prod2", action)
    assert entry.code == "mirror_is_read_only"
    assert "of prod1 must set Grant access for prod2 to true on prod1" in entry.explanation
    assert granted(fleet, "prod1", "prod2") == (False, False)


def test_a_grant_says_nothing_about_the_reverse(fleet: Fleet) -> None:
    """Each row has two words, each of one side."""
    grant(fleet, "prod1", "prod2")
    fleet.deliver()
    assert granted(fleet, "prod2", "prod1") == (False, False)
    assert not row(fleet, "prod2", "prod1").customised


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_order_of_type_and_grant_does_not_matter(fleet: Fleet, order: tuple[int, int]) -> None:
    """A demotion and the grants that follow from it travel apart, and either may come first."""
    demote(fleet, "prod1")
    to_prod2 = [parcel for parcel in fleet.network if parcel.recipient == "prod2"]
    fleet.network.clear()
    assert len(to_prod2) == 3, "the new type, and the grants for two applications"
    fleet.network.extend([*[to_prod2[index] for index in order], to_prod2[2]])
    fleet.deliver()
    assert granted(fleet, "prod1", "prod2") == (True, True)


def test_an_administrator_mends_a_mirror_by_setting_the_grant_again(fleet: Fleet) -> None:
    """The same value is told again."""
    fleet.inject_message("prod1", "prod2", GrantState(application=SUBSCRIPTIONS, granted=True, revision=9))
    assert granted(fleet, "prod1", "prod2") == (False, True)
    grant(fleet, "prod1", "prod2", False)
    fleet.deliver()
    assert granted(fleet, "prod1", "prod2") == (False, False)


def test_the_mirror_becomes_right_however_long_the_outage(fleet: Fleet) -> None:
    """What expires is told again: one envelope waits, with the last state, whatever was said in between."""
    fleet.crash("prod2")
    for value in (True, False, True):
        grant(fleet, "prod1", "prod2", value)
    fleet.advance(LIFETIME * 3 + timedelta(hours=1))
    assert fleet.instances["prod1"].waiting_for() == {id_of("prod2"): 1}
    fleet.start("prod2")
    fleet.deliver()
    assert granted(fleet, "prod1", "prod2") == (True, True)
    assert [entry.kind for entry in fleet.entries("prod2", Outcome.PROCESSED)] == ["grant_state"]


def test_a_grantor_that_was_away_itself_tells_what_holds(fleet: Fleet) -> None:
    """Its own outage may outlast what it had to say, too."""
    grant(fleet, "prod1", "prod2")
    fleet.lose_all()
    fleet.crash("prod1")
    fleet.advance(LIFETIME * 2)
    fleet.start("prod1")
    fleet.deliver()
    assert granted(fleet, "prod1", "prod2") == (True, True)


def test_no_revision_of_a_grant_says_two_things_after_a_restore(fleet: Fleet) -> None:
    """A state that expires after a restore is not told again with what is so since: it was not the last."""
    before = copy(it for row_type in COPIED_ROWS for it in fleet.rows("prod1", row_type))
    fleet.stop("subprod2")
    grant(fleet, "prod1", "subprod2", value=True)
    fleet.act("prod1", Restore(rows=before, cmdb={}))
    told = dict[int, set[bool]]()
    for _ in range(5):
        for _, body in fleet.store("prod1").posted():
            message = load_posted(body).message
            if isinstance(message, GrantState):
                told.setdefault(message.revision, set()).add(message.granted)
        fleet.advance(LIFETIME / 2)
    assert told
    assert all(len(states) == 1 for states in told.values())
    assert row(fleet, "prod1", "subprod2").revision > max(told)
    fleet.start("subprod2")
    fleet.settle()
    assert granted(fleet, "prod1", "subprod2") == (False, False)


def test_an_instance_that_is_not_ready_hears_of_grants_all_the_same() -> None:
    """It can set none and takes no data in, but nobody would tell its mirror again once it is ready."""
    with Fleet("prod1", "prod2", installed=everywhere("prod1", "prod2")) as fleet:
        fleet.store("prod2").apply([Put(Property(name=SUPPORTS_TLS, value="false"))], fleet.now)
        fleet.crash("prod2")
        fleet.start("prod2")
        assert grant(fleet, "prod2", "prod1").code == "tls_not_supported"
        grant(fleet, "prod1", "prod2")
        share(fleet, "prod1", "prod2")
        fleet.deliver()
        assert granted(fleet, "prod1", "prod2") == (True, True)
        assert arrived(fleet, "prod2") == []


def test_data_sharing_is_older_than_application_trust() -> None:
    """S4: an instance of Washington DC shares data."""
    tables = tables_of("dev1")
    [me] = tables.all(DirectoryEntry, sys_id=tables.owner)
    tables.apply([Put(replace(me, release="Washington DC")), *map(Put, sharing(SUBSCRIPTIONS))])
    tables.apply(missing_configuration(tables))
    action = ShareData(application=SUBSCRIPTIONS, recipient=id_of("prod1"), payload={})
    envelope = Envelope(
        id="1",
        sender=tables.owner,
        recipient=tables.owner,
        cause=None,
        sent_at=START,
        expires_at=START,
        message=action,
    )
    assert decide_from_inside(tables, envelope, START, PostIds("tests")).refusal is None


# -- what flows -----------------------------------------------------------------------------------------


def test_data_flows_where_access_is_granted(fleet: Fleet) -> None:
    """It is kept with the instance it comes from."""
    share(fleet, "subprod2", "prod1", {"users": 250})
    fleet.deliver()
    assert arrived(fleet, "prod1") == [(id_of("subprod2"), {"users": 250})]


def test_data_does_not_leave_where_access_is_not_granted(fleet: Fleet) -> None:
    """F16: the refusal names the row, why it is so, and who has to change it."""
    entry = share(fleet, "prod1", "subprod2")
    assert entry.code == "access_not_granted"
    assert "(the default from production to non-production)" in entry.explanation
    assert "of prod1 must set Grant access for subprod2 to true" in entry.explanation
    grant(fleet, "prod1", "subprod2", False)
    assert "(an administrator has set it so)" in share(fleet, "prod1", "subprod2").explanation
    fleet.deliver()
    assert arrived(fleet, "subprod2") == []


def test_data_is_not_lost_because_a_mirror_is_late(fleet: Fleet) -> None:
    """The grantor decides when it leaves; the news of the grant may come later."""
    grant(fleet, "prod1", "prod2")
    fleet.lose_all()
    fleet.inject_message("prod1", "prod2", SharedData(application=SUBSCRIPTIONS, payload={"users": 1}))
    assert granted(fleet, "prod1", "prod2") == (True, False)
    assert arrived(fleet, "prod2") == [(id_of("prod1"), {"users": 1})]


def test_withdrawal_stops_what_comes_later_only(fleet: Fleet) -> None:
    """What has left arrives, and what has arrived stays."""
    share(fleet, "subprod2", "prod1", {"day": 1})
    assert grant(fleet, "subprod2", "prod1", False).outcome is Outcome.PROCESSED
    assert share(fleet, "subprod2", "prod1", {"day": 2}).code == "access_not_granted"
    fleet.deliver()
    assert arrived(fleet, "prod1") == [(id_of("subprod2"), {"day": 1})]


def test_an_application_without_data_sharing(fleet: Fleet) -> None:
    """It is not in the list, so there is nothing to grant or to share."""
    for entry in (grant(fleet, "prod1", "prod2", application=HEALTH), share(fleet, "prod1", "prod2", {}, HEALTH)):
        assert entry.code == "no_data_sharing"


def test_an_application_that_is_not_installed(fleet: Fleet) -> None:
    """On the grantor it cannot be granted; at the grantee nothing of it is taken in."""
    assert grant(fleet, "subprod4", "prod1", application=SECURITY_CENTER).code == "application_missing"
    grant(fleet, "subprod2", "subprod4", application=SECURITY_CENTER)
    share(fleet, "subprod2", "subprod4", application=SECURITY_CENTER)
    fleet.deliver()
    assert {entry.code for entry in fleet.journal("subprod4")} == {"application_missing"}
    assert arrived(fleet, "subprod4") == []


def test_nobody_shares_with_oneself(fleet: Fleet) -> None:
    """There is no such row."""
    assert grant(fleet, "prod1", "prod1").code == "self_trust"


def test_too_much_at_once(fleet: Fleet) -> None:
    """The transport's limit is that of messages."""
    assert share(fleet, "subprod2", "prod1", {"rows": "x" * 2**21}).code == "message_too_large"
