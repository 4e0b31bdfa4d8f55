"""The management relation: both ways in, every way out, and the rules at the moment of each change."""

from __future__ import annotations

from datetime import timedelta

import pytest

from simulator.decision import Decision, Post
from simulator.journal import Outcome
from simulator.protocol.actions import (
    ApproveDesignation,
    ApproveManager,
    DeleteManager,
    NameManager,
    RejectManager,
    RequestManagement,
)
from simulator.protocol.messages import (
    ManagementDecision,
    ManagementRequest,
    ManagementRevoked,
    ManagerConfirmation,
    ManagerDesignation,
)
from simulator.refusal import RefusalCode
from simulator.tables import Property, Row
from simulator.trust import designation, ending, request
from simulator.trust.designation import AUTO_APPROVAL_DELAY
from simulator.trust.management import Managed, ManagedBy
from simulator.trust.record import TrustRecord
from simulator.trust.states import Approval
from tests.fleet import HEALTH, RELEASE_OPS, START, Fleet, id_of, tables_of

FIVE_MINUTES = timedelta(minutes=5)


def managed_by(manager: str, approval: Approval = Approval.APPROVED, application: str = HEALTH) -> ManagedBy:
    return ManagedBy(application=application, manager_instance=id_of(manager), approval=approval)


def managed(name: str, status: Approval = Approval.APPROVED, application: str = HEALTH) -> Managed:
    return Managed(application=application, managed_instance=id_of(name), status=status)


# -- the two ways in ----------------------------------------------------------------------------------------


def test_request_waits_for_approval_on_both_sides(fleet: Fleet) -> None:
    """After Send Requests both sides show the relation as pending, and time alone changes nothing."""
    fleet.request("prod1", "dev1")
    assert fleet.status("prod1", "dev1") == "pending_approval"
    assert fleet.approval("dev1", "prod1") == ""
    fleet.deliver()
    fleet.advance(timedelta(days=30))
    assert (fleet.status("prod1", "dev1"), fleet.approval("dev1", "prod1")) == ("pending_approval",) * 2


def test_approved_request_is_in_force_on_both_sides(fleet: Fleet) -> None:
    """Approve Manager Instance leads to approved on the managed side at once and on the manager by message."""
    fleet.request("prod1", "dev1")
    fleet.deliver()
    fleet.approve("dev1", "prod1")
    assert (fleet.approval("dev1", "prod1"), fleet.status("prod1", "dev1")) == ("approved", "pending_approval")
    fleet.deliver()
    assert (fleet.approval("dev1", "prod1"), fleet.status("prod1", "dev1")) == ("approved", "approved")


def test_rejected_request_is_rejected_on_both_sides(fleet: Fleet) -> None:
    """Reject Manager Instance shows on both sides, without a rule's code as its reason."""
    fleet.request("prod1", "dev1")
    fleet.deliver()
    fleet.reject("dev1", "prod1")
    fleet.deliver()
    assert fleet.rows("dev1", ManagedBy) == [managed_by("prod1", Approval.REJECTED)]
    assert fleet.rows("prod1", Managed) == [managed("dev1", Approval.REJECTED)]


def test_named_manager_is_auto_approved_after_its_delay(fleet: Fleet) -> None:
    """A named manager approves by itself after five minutes, not before, and both sides say auto-approved."""
    fleet.name_manager("dev1", "prod1")
    assert fleet.approval("dev1", "prod1") == "awaiting_manager_confirmation"
    fleet.deliver()
    fleet.advance(FIVE_MINUTES - timedelta(seconds=1))
    assert (fleet.approval("dev1", "prod1"), fleet.status("prod1", "dev1")) == (
        "awaiting_manager_confirmation",
        "",
    )
    fleet.advance(timedelta(seconds=1))
    assert (fleet.approval("dev1", "prod1"), fleet.status("prod1", "dev1")) == ("auto_approved", "auto_approved")


@pytest.mark.parametrize(("seconds", "delay"), [("0", timedelta(0)), ("12.5", timedelta(seconds=12.5))])
def test_auto_approval_delay_is_a_property(seconds: str, delay: timedelta) -> None:
    """The system property sets the delay, in seconds; zero approves with the arrival."""
    with Fleet("prod1", "dev1", properties=[Property(name=AUTO_APPROVAL_DELAY, value=seconds)]) as fleet:
        fleet.name_manager("dev1", "prod1")
        fleet.deliver()
        fleet.settle()
        [entry] = [entry for entry in fleet.journal("prod1") if entry.kind == "approve_designation"]
        assert entry.at == START + delay
        assert fleet.approval("dev1", "prod1") == "auto_approved"


def test_auto_approval_outlives_a_long_absence(fleet: Fleet) -> None:
    """A timer is no message on the transport: it fires however late its instance comes to it."""
    fleet.name_manager("dev1", "prod1")
    fleet.deliver()
    fleet.jump(timedelta(days=2))
    fleet.settle()
    assert fleet.approval("dev1", "prod1") == "auto_approved"


def test_naming_one_s_manager_again_changes_nothing(fleet: Fleet) -> None:
    """To name or to ask again while the relation is in force is accepted and does nothing."""
    fleet.manage("prod1", "dev1")
    before = fleet.show("dev1", ManagedBy.TABLE) + fleet.show("prod1", Managed.TABLE)
    assert fleet.name_manager("dev1", "prod1").outcome is Outcome.PROCESSED
    assert fleet.request("prod1", "dev1").outcome is Outcome.PROCESSED
    fleet.settle()
    assert fleet.show("dev1", ManagedBy.TABLE) + fleet.show("prod1", Managed.TABLE) == before


def test_one_manager_for_many_instances(fleet: Fleet) -> None:
    """One manager may manage an application on many instances, production ones included."""
    fleet.manage("prod1", "dev1", "dev2", "prod2")
    assert [row.managed_instance for row in fleet.rows("prod1", Managed)] == [
        *map(id_of, ("dev1", "dev2", "prod2"))
    ]


def test_different_managers_for_different_applications(fleet: Fleet) -> None:
    """An instance may have another manager for another application."""
    fleet.manage("prod1", "dev1", application=HEALTH)
    fleet.manage("prod2", "dev1", application=RELEASE_OPS)
    assert fleet.approval("dev1", "prod1", HEALTH) == fleet.approval("dev1", "prod2", RELEASE_OPS) == "approved"


def test_non_production_may_manage_non_production(fleet: Fleet) -> None:
    """A non-production instance may manage another one."""
    fleet.manage("dev1", "dev2")
    assert fleet.status("dev1", "dev2") == "approved"


# -- the ways out -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way_in", ["approved", "auto_approved"])
def test_deleted_relation_shows_as_revoked_on_the_manager(fleet: Fleet, way_in: str) -> None:
    """When the managed side deletes its row, the manager's row becomes revoked."""
    if way_in == "approved":
        fleet.manage("prod1", "dev1")
    else:
        fleet.name_manager("dev1", "prod1")
        fleet.settle()
    assert fleet.status("prod1", "dev1") == way_in
    fleet.delete_manager("dev1", "prod1")
    fleet.deliver()
    assert (fleet.approval("dev1", "prod1"), fleet.status("prod1", "dev1")) == ("", "revoked")


@pytest.mark.parametrize("stage", ["pending", "approved", "auto_approved"])
def test_a_manager_gives_up_what_it_manages_or_has_asked_for(fleet: Fleet, stage: str) -> None:
    """When the manager deletes its row, the managed side's is gone too (Q9), and anew both can begin."""
    if stage == "auto_approved":
        fleet.name_manager("dev1", "prod1")
    else:
        fleet.request("prod1", "dev1")
    fleet.settle()
    if stage == "approved":
        fleet.approve("dev1", "prod1")
        fleet.settle()
    fleet.delete_managed("prod1", "dev1")
    assert fleet.status("prod1", "dev1") == ""
    fleet.settle()
    assert fleet.approval("dev1", "prod1") == ""
    assert fleet.approve("dev1", "prod1").code == "no_such_request"
    fleet.manage("prod1", "dev1")
    assert (fleet.approval("dev1", "prod1"), fleet.status("prod1", "dev1")) == ("approved", "approved")


def test_a_name_that_crosses_the_end_stands(fleet: Fleet) -> None:
    """The managed side leaves and names the manager again, while the manager gives the old relation up."""
    fleet.manage("prod1", "dev1")
    fleet.delete_manager("dev1", "prod1")
    fleet.name_manager("dev1", "prod1")
    fleet.delete_managed("prod1", "dev1")
    fleet.settle()
    assert (fleet.approval("dev1", "prod1"), fleet.status("prod1", "dev1")) == ("auto_approved", "auto_approved")


def test_an_approval_that_crosses_the_end_does_not(fleet: Fleet) -> None:
    """A request that was taken back cannot be approved any more, whoever is quicker."""
    fleet.request("prod1", "dev1")
    fleet.deliver()
    fleet.delete_managed("prod1", "dev1")
    fleet.approve("dev1", "prod1")
    fleet.settle()
    assert (fleet.approval("dev1", "prod1"), fleet.status("prod1", "dev1")) == ("", "")


def test_a_manager_clears_away_a_rejection(fleet: Fleet) -> None:
    """The managed side keeps its own record of what it has rejected."""
    fleet.request("prod1", "dev1")
    fleet.deliver()
    fleet.reject("dev1", "prod1")
    fleet.settle()
    fleet.delete_managed("prod1", "dev1")
    fleet.settle()
    assert (fleet.approval("dev1", "prod1"), fleet.status("prod1", "dev1")) == ("rejected", "")


def test_a_request_that_followed_a_rejection_is_taken_back_too(fleet: Fleet) -> None:
    """The manager has asked twice and sees the first request rejected; the second one is still to be answered."""
    fleet.request("prod1", "dev1")
    fleet.deliver()
    fleet.request("prod1", "dev1")
    fleet.reject("dev1", "prod1")
    fleet.settle()
    assert (fleet.approval("dev1", "prod1"), fleet.status("prod1", "dev1")) == ("pending_approval", "rejected")
    fleet.delete_managed("prod1", "dev1")
    fleet.approve("dev1", "prod1")
    fleet.settle()
    assert (fleet.approval("dev1", "prod1"), fleet.status("prod1", "dev1")) == ("", "")


def test_trust_records_outlive_the_relation(fleet: Fleet) -> None:
    """Revocation ends management, not trust: the records that the profile made stay (Q8)."""
    fleet.manage("prod1", "dev1")
    fleet.save_item("prod1", "dev1", "prod1")
    fleet.sync("prod1")
    fleet.deliver()
    records = fleet.rows("dev1", TrustRecord)
    assert len(records) == 1
    fleet.delete_manager("dev1", "prod1")
    fleet.settle()
    assert fleet.rows("dev1", TrustRecord) == records


@pytest.mark.parametrize("ended", ["rejected", "revoked"])
@pytest.mark.parametrize("again", ["request", "name"])
def test_ended_relation_can_be_begun_anew(fleet: Fleet, ended: str, again: str) -> None:
    """After a rejection or a revocation a new request, or a new name, leads back in."""
    if ended == "revoked":
        fleet.manage("prod1", "dev1")
        fleet.delete_manager("dev1", "prod1")
    else:
        fleet.request("prod1", "dev1")
        fleet.deliver()
        fleet.reject("dev1", "prod1")
    fleet.deliver()
    assert fleet.status("prod1", "dev1") == ended
    if again == "request":
        fleet.manage("prod1", "dev1")
    else:
        fleet.name_manager("dev1", "prod1")
    fleet.settle()
    word = "approved" if again == "request" else "auto_approved"
    assert (fleet.approval("dev1", "prod1"), fleet.status("prod1", "dev1")) == (word, word)


def test_named_manager_that_is_managed_rejects(fleet: Fleet) -> None:
    """When the named instance cannot be a manager, the managed side's row is rejected with the rule's code."""
    fleet.manage("prod2", "prod1")
    fleet.name_manager("dev1", "prod1")
    fleet.settle()
    assert fleet.rows("dev1", ManagedBy)[0].approval is Approval.REJECTED
    assert fleet.rows("dev1", ManagedBy)[0].reason == "managing_and_managed"
    assert fleet.status("prod1", "dev1") == ""
    assert [entry.code for entry in fleet.entries("prod1", Outcome.REFUSED)] == ["managing_and_managed"]


@pytest.mark.parametrize("stage", ["no row", "approved", "rejected", "awaiting"])
@pytest.mark.parametrize("decide", ["approve", "reject"])
def test_only_a_pending_request_can_be_decided(fleet: Fleet, stage: str, decide: str) -> None:
    """Approve and Reject need a pending request; everything else is refused and changes nothing."""
    if stage == "approved":
        fleet.manage("prod1", "dev1")
    elif stage == "rejected":
        fleet.request("prod1", "dev1")
        fleet.deliver()
        fleet.reject("dev1", "prod1")
        fleet.deliver()
    elif stage == "awaiting":
        fleet.name_manager("dev1", "prod1")
    before = fleet.rows("dev1", ManagedBy)
    entry = fleet.approve("dev1", "prod1") if decide == "approve" else fleet.reject("dev1", "prod1")
    assert (entry.outcome, entry.code) == (Outcome.REFUSED, "no_such_request")
    assert "an administrator (admin or sn_mif.mif_admin) of prod1 must send" in entry.explanation
    assert fleet.rows("dev1", ManagedBy) == before


def test_answer_that_a_relation_is_lost_leaves_a_newer_wish_alone(fleet: Fleet) -> None:
    """Whoever approves, ends and names anew before it hears that the approval came to nothing is managed."""
    fleet.request("prod1", "dev1")
    fleet.deliver()
    fleet.delete_managed("prod1", "dev1")
    fleet.lose_all()  # the news of it comes late
    fleet.approve("dev1", "prod1")
    fleet.delete_manager("dev1", "prod1")
    fleet.name_manager("dev1", "prod1")
    fleet.settle()
    assert fleet.approval("dev1", "prod1") == fleet.status("prod1", "dev1") == "auto_approved"


def test_deleted_request_does_not_come_back_with_its_approval(fleet: Fleet) -> None:
    """Whoever takes back a request that is just being approved has no record of it, and nor has the other side."""
    fleet.request("prod1", "dev1")
    fleet.deliver()
    fleet.delete_managed("prod1", "dev1")
    fleet.approve("dev1", "prod1")
    fleet.settle()
    assert fleet.rows("dev1", ManagedBy) == []
    assert fleet.rows("prod1", Managed) == []


def test_only_an_existing_row_can_be_deleted(fleet: Fleet) -> None:
    """To delete a manager that is not there is refused."""
    assert fleet.delete_manager("dev1", "prod1").code == "no_such_request"
    assert fleet.delete_managed("prod1", "dev1").code == "not_my_managed"


# -- the rules, at the moment of change, on both sides ---------------------------------------------------------

NAME, ASK = "name", "ask"
ADMINISTRATOR_RULES = [
    ("self", NAME, "dev1", "dev1", [], RefusalCode.SELF_MANAGEMENT),
    ("self", ASK, "dev1", "dev1", [], RefusalCode.SELF_MANAGEMENT),
    ("unknown", NAME, "dev1", "dev9", [], RefusalCode.UNKNOWN_INSTANCE),
    ("unknown", ASK, "prod1", "dev9", [], RefusalCode.UNKNOWN_INSTANCE),
    ("sub-production over production", NAME, "prod1", "dev1", [], RefusalCode.SUBPROD_MANAGES_PROD),
    ("sub-production over production", ASK, "dev1", "prod1", [], RefusalCode.SUBPROD_MANAGES_PROD),
    ("managing already", NAME, "dev1", "prod1", [managed("dev2")], RefusalCode.MANAGING_AND_MANAGED),
    (
        "managing another application",
        NAME,
        "dev1",
        "prod1",
        [managed("dev2", Approval.AUTO_APPROVED, RELEASE_OPS)],
        RefusalCode.MANAGING_AND_MANAGED,
    ),
    ("managed already", ASK, "dev1", "dev2", [managed_by("prod1")], RefusalCode.MANAGING_AND_MANAGED),
    (
        "managed for another application",
        ASK,
        "dev1",
        "dev2",
        [managed_by("prod1", Approval.AUTO_APPROVED, RELEASE_OPS)],
        RefusalCode.MANAGING_AND_MANAGED,
    ),
    ("second manager", NAME, "dev1", "prod2", [managed_by("prod1")], RefusalCode.SECOND_MANAGER),
]


@pytest.mark.parametrize(("rule", "how", "me", "peer", "rows", "code"), ADMINISTRATOR_RULES)
def test_administrator_cannot_break_a_rule(
    rule: str, how: str, me: str, peer: str, rows: list[Row], code: RefusalCode
) -> None:
    """A rule refuses the administrator's action with its code; no row changes and no message leaves."""
    tables = tables_of(me, *rows)
    if how == NAME:
        decision = designation.decide_name_manager(tables, NameManager(application=HEALTH, manager=id_of(peer)))
    else:
        decision = request.decide_request_management(
            tables, RequestManagement(application=HEALTH, instance=id_of(peer))
        )
    assert decision.refusal is not None, rule
    assert decision == Decision(refusal=decision.refusal)
    assert decision.refusal.code is code


@pytest.mark.parametrize("approval", [item for item in Approval if not item.is_in_force])
def test_a_wish_is_no_role(approval: Approval) -> None:
    """Rows that are not in force stand in nobody's way (Q6)."""
    asked = tables_of("dev1", managed_by("prod1", approval))
    asks = RequestManagement(application=HEALTH, instance=id_of("dev2"))
    assert request.decide_request_management(asked, asks).refusal is None
    asking = tables_of("dev1", managed("dev2", approval), managed_by("prod2", approval))
    name = NameManager(application=HEALTH, manager=id_of("prod1"))
    assert designation.decide_name_manager(asking, name).refusal is None


def test_second_manager_cannot_be_approved(fleet: Fleet) -> None:
    """Several requests may wait side by side; once one is approved, the others cannot be (Q7)."""
    fleet.request("prod1", "dev1")
    fleet.request("prod2", "dev1")
    fleet.deliver()
    fleet.approve("dev1", "prod1")
    assert fleet.approve("dev1", "prod2").code == "second_manager"
    assert fleet.approval("dev1", "prod2") == "pending_approval"
    fleet.delete_manager("dev1", "prod1")
    assert fleet.approve("dev1", "prod2").outcome is Outcome.PROCESSED


def test_managing_instance_cannot_approve_a_manager(fleet: Fleet) -> None:
    """An instance that has come to manage another since the request arrived cannot approve it."""
    fleet.request("prod1", "dev1")
    fleet.deliver()
    fleet.manage("dev1", "dev2")
    assert fleet.approve("dev1", "prod1").code == "managing_and_managed"
    fleet.delete_manager("dev2", "dev1")
    fleet.deliver()
    assert fleet.approve("dev1", "prod1").outcome is Outcome.PROCESSED


# What arrives from a peer whose own rules did not hold it back: rows here, message, code, the answer's code.
PEER_RULES = [
    ("dev1", "prod1", [], ManagementRequest(application=HEALTH), "subprod_manages_prod", "management_decision"),
    ("prod1", "dev1", [], ManagerDesignation(application=HEALTH), "subprod_manages_prod", "manager_confirmation"),
    (
        "dev2",
        "dev1",
        [managed_by("prod1")],
        ManagerDesignation(application=HEALTH),
        "managing_and_managed",
        "manager_confirmation",
    ),
    (
        "prod1",
        "dev1",
        [managed_by("prod1", Approval.AWAITING_MANAGER_CONFIRMATION), managed("dev2")],
        ManagerConfirmation(application=HEALTH),
        "managing_and_managed",
        "management_revoked",
    ),
    (
        "prod2",
        "dev1",
        [managed_by("prod1"), managed_by("prod2", Approval.AWAITING_MANAGER_CONFIRMATION)],
        ManagerConfirmation(application=HEALTH),
        "second_manager",
        "management_revoked",
    ),
    (
        "dev2",
        "dev1",
        [managed_by("prod1"), managed("dev2", Approval.PENDING_APPROVAL)],
        ManagementDecision(application=HEALTH, approved=True),
        "managing_and_managed",
        "manager_confirmation",
    ),
    (
        "dev2",
        "dev1",
        [],
        ManagementDecision(application=HEALTH, approved=True),
        "not_my_managed",
        "manager_confirmation",
    ),
]


@pytest.mark.parametrize(("sender", "me", "rows", "message", "code", "answer"), PEER_RULES)
def test_peer_cannot_break_a_rule(
    sender: str, me: str, rows: list[Row], message: object, code: str, answer: str | None
) -> None:
    """A peer's message that a rule forbids is refused with its code, takes no role, and the peer is told."""
    tables = tables_of(me, *rows)
    in_force = _in_force(tables.all(Managed), tables.all(ManagedBy))
    match message:
        case ManagementRequest():
            decision = request.decide_request(tables, message, id_of(sender))
        case ManagerDesignation():
            decision = designation.decide_designation(tables, message, id_of(sender))
        case ManagerConfirmation():
            decision = designation.decide_confirmation(tables, message, id_of(sender))
        case ManagementDecision():
            decision = request.decide_decision(tables, message, id_of(sender))
        case _:
            raise AssertionError(message)
    assert decision.refusal is not None
    assert decision.refusal.code == code
    assert [post.message.kind for post in decision.posts] == ([answer] if answer else [])
    assert all(post.recipient == id_of(sender) for post in decision.posts)
    tables.apply(decision.changes)
    assert _in_force(tables.all(Managed), tables.all(ManagedBy)) == in_force


def _in_force(managed_rows: list[Managed], managed_by_rows: list[ManagedBy]) -> list[Row]:
    return [
        *(row for row in managed_rows if row.status.is_in_force),
        *(row for row in managed_by_rows if row.approval.is_in_force),
    ]


def test_manager_checks_again_when_the_delay_has_passed() -> None:
    """A manager that has become managed during the auto-approval delay rejects."""
    tables = tables_of("dev1", managed_by("prod1"))
    timer = ApproveDesignation(application=HEALTH, instance=id_of("dev2"))
    decision = designation.decide_approve_designation(tables, timer)
    assert decision.refusal is not None
    assert decision.refusal.code is RefusalCode.MANAGING_AND_MANAGED
    tables.apply(decision.changes)
    [row] = tables.all(Managed)
    assert (row.status, row.reason) == (Approval.REJECTED, "managing_and_managed")


def test_another_account_is_out_of_reach() -> None:
    """An instance of another account can neither be named nor asked, and is not heard (S3)."""
    with Fleet("prod1", "dev1", "prod9", accounts={"prod9": "umbrella"}) as fleet:
        assert fleet.name_manager("dev1", "prod9").code == "other_account"
        assert fleet.request("prod9", "dev1").code == "other_account"
        fleet.inject_message("prod9", "dev1", ManagementRequest(application=HEALTH))
        assert fleet.journal("dev1")[-1].code == "other_account"
        assert fleet.rows("dev1", ManagedBy) == []


def test_refusal_names_the_record_and_who_must_change_it(fleet: Fleet) -> None:
    """A refused action says which row stands in the way and who can delete it where."""
    fleet.manage("prod1", "dev1")
    second = fleet.name_manager("dev1", "prod2").explanation
    assert "Impact Health on dev1 is managed by prod1" in second
    assert "of dev1 must delete the Manager Instances record of prod1" in second
    both = fleet.name_manager("prod1", "prod2").explanation
    assert "prod1 manages Impact Health on dev1" in both
    assert "of dev1 must delete the Manager Instances record that names prod1" in both


# -- races on the network --------------------------------------------------------------------------------------


def test_two_instances_that_name_each_other_end_without_a_manager(fleet: Fleet) -> None:
    """When two instances name each other at the same time, neither becomes both managing and managed."""
    fleet.name_manager("dev1", "dev2")
    fleet.name_manager("dev2", "dev1")
    fleet.settle()
    for me, peer in (("dev1", "dev2"), ("dev2", "dev1")):
        assert fleet.approval(me, peer) == "rejected"
        assert fleet.status(me, peer) == "revoked"


def test_two_instances_that_ask_each_other_have_one_manager_in_the_end(fleet: Fleet) -> None:
    """Of two crossing requests the first approval wins, and the other can only be refused."""
    fleet.request("dev1", "dev2")
    fleet.request("dev2", "dev1")
    fleet.deliver()
    fleet.approve("dev1", "dev2")
    fleet.approve("dev2", "dev1")  # both at once: the approvals cross
    fleet.settle()
    in_force = [
        (me, peer) for me, peer in (("dev1", "dev2"), ("dev2", "dev1")) if "approved" in fleet.approval(me, peer)
    ]
    assert len(in_force) <= 1
    for me, peer in (("dev1", "dev2"), ("dev2", "dev1")):
        assert (fleet.approval(me, peer) == "approved") == (fleet.status(peer, me) == "approved")


def test_withdrawn_designation_approves_no_later_request(fleet: Fleet) -> None:
    """The managed side withdrew its designation; a later request still waits for its administrator."""
    fleet.name_manager("dev1", "prod1")
    fleet.deliver()
    fleet.delete_manager("dev1", "prod1")
    fleet.deliver()
    fleet.request("prod1", "dev1")
    fleet.settle()  # the auto-approval timer of the withdrawn designation fires here
    assert fleet.approval("dev1", "prod1") == "pending_approval"


def test_rejection_is_not_overturned_by_a_confirmation(fleet: Fleet) -> None:
    """Where a rejection was accepted, a confirmation that was under way does not change it."""
    fleet.name_manager("dev1", "prod1")
    fleet.request("prod1", "dev1")
    fleet.deliver()
    entry = fleet.reject("dev1", "prod1")
    fleet.settle()
    assert (fleet.approval("dev1", "prod1") == "rejected") == (entry.outcome is Outcome.PROCESSED)


def test_rejection_that_crosses_the_confirmation_leaves_both_sides_agreeing(fleet: Fleet) -> None:
    """When the rejection and the confirmation cross, both sides say afterwards whether it is in force."""
    fleet.name_manager("dev1", "prod1")
    fleet.request("prod1", "dev1")
    fleet.deliver()
    fleet.jump(FIVE_MINUTES)  # the confirmation is on the network
    fleet.reject("dev1", "prod1")
    fleet.settle()
    in_force = {"approved", "auto_approved"}
    assert (fleet.approval("dev1", "prod1") in in_force) == (fleet.status("prod1", "dev1") in in_force)


def test_two_named_managers_end_with_the_first_that_confirms(fleet: Fleet) -> None:
    """Of two managers named for one application the first confirmation wins, the other manager sees revoked."""
    fleet.name_manager("dev1", "prod1")
    fleet.name_manager("dev1", "prod2")
    fleet.settle()
    assert (fleet.approval("dev1", "prod1"), fleet.approval("dev1", "prod2")) == ("auto_approved", "rejected")
    assert (fleet.status("prod1", "dev1"), fleet.status("prod2", "dev1")) == ("auto_approved", "revoked")


def test_approval_and_confirmation_of_two_managers_cross(fleet: Fleet) -> None:
    """A manager approved by hand while another's confirmation is under way stays the only one."""
    fleet.name_manager("dev1", "prod1")
    fleet.request("prod2", "dev1")
    fleet.deliver()
    fleet.approve("dev1", "prod2")
    fleet.settle()
    assert (fleet.approval("dev1", "prod2"), fleet.status("prod2", "dev1")) == ("approved", "approved")
    assert (fleet.approval("dev1", "prod1"), fleet.status("prod1", "dev1")) == ("rejected", "revoked")


def test_manager_becomes_managed_while_an_approval_is_under_way(fleet: Fleet) -> None:
    """When the asking side has become managed before the approval arrives, both sides end rejected."""
    fleet.request("dev1", "dev2")
    fleet.request("prod1", "dev1")
    fleet.deliver()
    fleet.approve("dev2", "dev1")  # on its way while dev1 takes the other role
    fleet.approve("dev1", "prod1")
    fleet.settle()
    assert (fleet.approval("dev1", "prod1"), fleet.status("prod1", "dev1")) == ("approved", "approved")
    assert (fleet.approval("dev2", "dev1"), fleet.status("dev1", "dev2")) == ("rejected", "rejected")
    assert fleet.rows("dev1", Managed)[0].reason == "managing_and_managed"


@pytest.mark.parametrize("delivered", range(4))
def test_revocation_crosses_the_confirmation(fleet: Fleet, delivered: int) -> None:
    """A row deleted at any moment around the confirmation leaves nothing in force on either side."""
    fleet.name_manager("dev1", "prod1")
    fleet.deliver()
    fleet.jump(FIVE_MINUTES)  # the timer fires, the confirmation is on the network
    fleet.deliver(delivered)
    fleet.delete_manager("dev1", "prod1")
    fleet.settle()
    assert (fleet.approval("dev1", "prod1"), fleet.status("prod1", "dev1")) == ("", "revoked")


def test_manager_deleted_before_the_delay_has_passed(fleet: Fleet) -> None:
    """A row deleted during the auto-approval delay leaves nothing in force."""
    fleet.name_manager("dev1", "prod1")
    fleet.deliver()
    fleet.delete_manager("dev1", "prod1")
    fleet.settle()
    assert fleet.approval("dev1", "prod1") == ""
    assert not fleet.status("prod1", "dev1").endswith("approved")


def test_lost_answer_is_given_again_to_a_new_request(fleet: Fleet) -> None:
    """A manager that never heard of its approval asks again and is told at once."""
    fleet.request("prod1", "dev1")
    fleet.deliver()
    fleet.approve("dev1", "prod1")
    fleet.lose_all()
    fleet.crash("prod1")
    fleet.advance(timedelta(hours=37))  # the answer expires in dev1's outbox
    fleet.lose_all()
    fleet.start("prod1")
    fleet.settle()
    assert fleet.status("prod1", "dev1") == "pending_approval"
    fleet.request("prod1", "dev1")
    fleet.settle()
    assert fleet.status("prod1", "dev1") == "approved"


def test_old_approval_does_not_bring_back_a_relation_that_has_ended() -> None:
    """An approval that was long under way: the managed side hears that it counts again, and objects."""
    ended = Managed(application=HEALTH, managed_instance=id_of("dev1"), status=Approval.REVOKED)
    approval = ManagementDecision(application=HEALTH, approved=True)
    taken = request.decide_decision(tables_of("prod1", ended), approval, id_of("dev1"))
    confirmation = ManagerConfirmation(application=HEALTH)
    assert taken.posts == (Post(id_of("dev1"), confirmation),)
    rejected = ManagedBy(application=HEALTH, manager_instance=id_of("prod1"), approval=Approval.REJECTED)
    objection = designation.decide_confirmation(tables_of("dev1", rejected), confirmation, id_of("prod1"))
    assert objection.posts == (Post(id_of("prod1"), ManagementRevoked(application=HEALTH)),)


def test_rejection_of_what_was_confirmed_takes_the_confirmation_back() -> None:
    """The managed side has asked as well, and its confirmation is on the way: it must not stay the last word."""
    confirmed = Managed(application=HEALTH, managed_instance=id_of("dev1"), status=Approval.AUTO_APPROVED)
    code = RefusalCode.SUBPROD_MANAGES_PROD
    rejection = ManagementDecision(application=HEALTH, approved=False, refusal=code)
    taken = request.decide_decision(tables_of("prod1", confirmed), rejection, id_of("dev1"))
    assert taken.posts == (Post(id_of("dev1"), ManagerConfirmation(application=HEALTH, refusal=code)),)


def test_revocation_of_a_relation_that_never_was_is_accepted() -> None:
    """A revocation without a row, and a refusal without a row, do nothing."""
    tables = tables_of("prod1")
    revoked = ending.decide_revoked(tables, ManagementRevoked(application=HEALTH), id_of("dev1"))
    refused = designation.decide_confirmation(
        tables, ManagerConfirmation(application=HEALTH, refusal="second_manager"), id_of("dev1")
    )
    assert revoked == refused == Decision()


def test_decisions_without_a_request_change_nothing() -> None:
    """Approve, reject and delete say which record is missing when there is none."""
    tables = tables_of("dev1")
    decisions = [
        request.decide_approve_manager(tables, ApproveManager(application=HEALTH, manager=id_of("prod1"))),
        request.decide_reject_manager(tables, RejectManager(application=HEALTH, manager=id_of("prod1"))),
        ending.decide_delete_manager(tables, DeleteManager(application=HEALTH, manager=id_of("prod1"))),
    ]
    for decision in decisions:
        assert decision.refusal is not None
        assert decision.refusal.found == f"Manager Instances on dev1 has no record of prod1 for {HEALTH}."
        assert decision == Decision(refusal=decision.refusal)
