"""The gate: who may send what to whom, on both sides, and what a refusal tells."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulator.journal import Outcome
from simulator.protocol.actions import Send
from simulator.protocol.messages import (
    CapabilityMessage,
    ManagementEnded,
    ManagementRequest,
    ManagementRevoked,
    TrustGranted,
    TrustRemoved,
)
from simulator.protocol.operations import OperationKind
from simulator.refusal import Refusal, RefusalCode
from simulator.tables import Row, Tables
from simulator.trust.application import Application, refuse_versions
from simulator.trust.capability import decide_send
from simulator.trust.gate import admit
from simulator.trust.management import Managed, ManagedBy
from simulator.trust.profile import ProfileItem
from simulator.trust.record import Origin, TrustingInstance, TrustRecord
from simulator.trust.states import Approval
from tests.fleet import (
    CODE_CHECK,
    HEALTH,
    INVENTORY,
    NOTIFY,
    RUN_SCAN,
    SCAN_RESULT,
    VERSION,
    Fleet,
    directory_entry,
    health,
    id_of,
    tables_of,
)

MESSAGE, DATA = OperationKind.MESSAGE, OperationKind.DATA


def record(trustee: str, capability: str = CODE_CHECK, version: str = VERSION) -> TrustRecord:
    return TrustRecord(
        application=HEALTH,
        capability=capability,
        trusted_instance=id_of(trustee),
        version=version,
        origin=Origin.MANUAL,
    )


def mirror(trustor: str, capability: str = CODE_CHECK, version: str = VERSION) -> TrustingInstance:
    return TrustingInstance(
        application=HEALTH, capability=capability, trusting_instance=id_of(trustor), version=version
    )


def message(
    operation: str = RUN_SCAN, version: str = VERSION, kind: OperationKind | None = None
) -> CapabilityMessage:
    return CapabilityMessage(
        application=HEALTH,
        application_version="1.0.0",
        capability=CODE_CHECK,
        version=version,
        operation=operation,
        operation_kind=kind or (DATA if operation == SCAN_RESULT else MESSAGE),
        payload={},
    )


def code_of(refusal: Refusal | None) -> str:
    return refusal.code if refusal else "admitted"


# -- the receiver ------------------------------------------------------------------------------------------

RECEIVER = [
    # what arrives at dev1 from prod1, and what dev1 has
    ("message, trusted", message(), [record("prod1")], "admitted"),
    ("message, nothing", message(), [], "no_trust_record"),
    ("message, mirror only", message(), [mirror("prod1")], "no_trust_record"),
    ("message, other trustee", message(), [record("prod2")], "no_trust_record"),
    ("message, other capability", message(), [record("prod1", INVENTORY)], "no_trust_record"),
    ("message, record of another version", message(), [record("prod1", version="2.0.0")], "version_mismatch"),
    ("message of another version", message(version="2.0.0"), [record("prod1")], "version_mismatch"),
    (
        "record and message agree on a version that is not offered",
        message(version="2.0.0"),
        [record("prod1", version="2.0.0")],
        "version_mismatch",
    ),
    ("data, mirror", message(SCAN_RESULT), [mirror("prod1")], "admitted"),
    ("data, nothing", message(SCAN_RESULT), [], "no_trusting_instance"),
    ("data, record only", message(SCAN_RESULT), [record("prod1")], "no_trusting_instance"),
    ("data, mirror of another version", message(SCAN_RESULT), [mirror("prod1", version="2")], "version_mismatch"),
    ("data of another version", message(SCAN_RESULT, version="2"), [mirror("prod1")], "version_mismatch"),
    ("unknown operation", message("teleport"), [record("prod1"), mirror("prod1")], "operation_unknown"),
    (
        "message sent as data",
        message(RUN_SCAN, kind=DATA),
        [record("prod1"), mirror("prod1")],
        "wrong_direction",
    ),
    (
        "data sent as a message",
        message(SCAN_RESULT, kind=MESSAGE),
        [record("prod1"), mirror("prod1")],
        "wrong_direction",
    ),
    ("unknown capability", replace(message(), capability="Teleport"), [record("prod1")], "capability_unknown"),
    ("unknown application", replace(message(), application="Chess"), [record("prod1")], "application_missing"),
]


@pytest.mark.parametrize(("case", "came", "rows", "code"), RECEIVER, ids=[case[0] for case in RECEIVER])
def test_receiver_admits_or_refuses(case: str, came: CapabilityMessage, rows: list[Row], code: str) -> None:
    """A message needs the receiver's record, data needs its mirror, both in the version that is offered."""
    assert code_of(admit(tables_of("dev1", *rows), came, id_of("prod1"))) == code, case


def test_receiver_without_the_application_says_so() -> None:
    """Trust does not help where the application is not installed."""
    tables = Tables(id_of("dev1"), [directory_entry("dev1"), directory_entry("prod1"), record("prod1")])
    refusal = admit(tables, message(), id_of("prod1"))
    assert refusal is not None
    assert refusal.code == "application_missing"
    assert "Impact Health is not installed on dev1" in refusal.explanation


@pytest.mark.parametrize("account", ["acme", "umbrella", "unknown"])
def test_framework_messages_need_no_trust_but_the_account(account: str) -> None:
    """What builds trust is heard from every instance of the account and from no other."""
    known = [] if account == "unknown" else [directory_entry("prod1", account)]
    tables = Tables(id_of("dev1"), [directory_entry("dev1"), *known])
    expected = {"acme": "admitted", "umbrella": "other_account", "unknown": "unknown_instance"}[account]
    for came in (
        ManagementRequest(application=HEALTH),
        ManagementRevoked(application=HEALTH),
        ManagementEnded(application=HEALTH),
        TrustGranted(application=HEALTH, capability=CODE_CHECK, version=VERSION),
        TrustRemoved(application=HEALTH, capability=CODE_CHECK),
    ):
        assert code_of(admit(tables, came, id_of("prod1"))) == expected


def test_no_trust_opens_another_account() -> None:
    """A capability message from another account is refused whatever the trust table says."""
    rows = [directory_entry("dev1"), directory_entry("prod1", "umbrella"), *health(), record("prod1")]
    assert code_of(admit(Tables(id_of("dev1"), rows), message(), id_of("prod1"))) == "other_account"


# -- the sender --------------------------------------------------------------------------------------------

SENDER = [
    # what prod1 sends to dev1, and what prod1 has
    ("message, mirror", RUN_SCAN, [mirror("dev1")], "admitted"),
    ("message, nothing", RUN_SCAN, [], "no_trusting_instance"),
    ("message, record only", RUN_SCAN, [record("dev1")], "no_trusting_instance"),
    ("message, mirror of another version", RUN_SCAN, [mirror("dev1", version="2.0.0")], "version_mismatch"),
    ("data, record", SCAN_RESULT, [record("dev1")], "admitted"),
    ("data, nothing", SCAN_RESULT, [], "no_trust_record"),
    ("data, mirror only", SCAN_RESULT, [mirror("dev1")], "no_trust_record"),
    ("data, record of another version", SCAN_RESULT, [record("dev1", version="2.0.0")], "version_mismatch"),
    ("unknown operation", "teleport", [mirror("dev1"), record("dev1")], "operation_unknown"),
]


@pytest.mark.parametrize(("case", "operation", "rows", "code"), SENDER, ids=[case[0] for case in SENDER])
@pytest.mark.parametrize("unchecked", [False, True])
def test_sender_looks_before_it_speaks(
    case: str, operation: str, rows: list[Row], code: str, unchecked: bool
) -> None:
    """The sender checks the same trust from its own side, unless it is told to send unchecked."""
    send = Send(
        application=HEALTH,
        capability=CODE_CHECK,
        operation=operation,
        recipient=id_of("dev1"),
        payload={},
        unchecked=unchecked,
    )
    decision = decide_send(tables_of("prod1", *rows), send, "cause")
    expected = "admitted" if unchecked and operation != "teleport" else code
    assert code_of(decision.refusal) == expected, case
    assert len(decision.posts) == (1 if expected == "admitted" else 0)


@pytest.mark.parametrize(("recipient", "code"), [("prod1", "self_trust"), ("dev9", "unknown_instance")])
def test_sender_needs_another_known_instance(recipient: str, code: str) -> None:
    """Nothing is sent to oneself or to an instance that the directory does not have."""
    send = Send(
        application=HEALTH,
        capability=CODE_CHECK,
        operation=NOTIFY,
        recipient=id_of(recipient),
        payload={},
        unchecked=True,
    )
    assert code_of(decide_send(tables_of("prod1"), send, "cause").refusal) == code


# -- what a refusal tells ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "nearest"),
    [
        ([], "with trustee prod1."),
        ([record("prod2")], "; the nearest record has the trustee prod2."),
        ([record("prod1", INVENTORY)], f"; the nearest record has the capability {INVENTORY}."),
        ([mirror("prod1")], "; there is trust only the other way: prod1 trusts dev1."),
        ([record("prod2", INVENTORY)], "with trustee prod1."),
    ],
)
def test_refused_message_names_the_missing_record_and_the_nearest(rows: list[Row], nearest: str) -> None:
    """The explanation names the record that is missing, and the one that comes closest."""
    refusal = admit(tables_of("dev1", *rows), message(), id_of("prod1"))
    assert refusal is not None
    assert refusal.found.startswith(f"The trust table of dev1 has no record for {HEALTH} > {CODE_CHECK}")
    assert refusal.found.endswith(nearest)


@pytest.mark.parametrize(
    ("rows", "nearest"),
    [
        ([], f"for {HEALTH} > {CODE_CHECK}."),
        ([mirror("prod2")], "; the nearest row has the trusting instance prod2."),
        ([mirror("prod1", INVENTORY)], f"; the nearest row has the capability {INVENTORY}."),
        ([record("prod1")], "; there is trust only the other way: dev1 trusts prod1."),
    ],
)
def test_refused_data_names_the_missing_row_and_the_nearest(rows: list[Row], nearest: str) -> None:
    """The explanation names the row of Trusting Instances that is missing, and the one that comes closest."""
    refusal = admit(tables_of("dev1", *rows), message(SCAN_RESULT), id_of("prod1"))
    assert refusal is not None
    assert refusal.found.startswith("Trusting Instances on dev1 does not list prod1")
    assert refusal.found.endswith(nearest)


MANAGED_BY = ManagedBy(application=HEALTH, manager_instance=id_of("prod2"), approval=Approval.APPROVED)
ITEM = f"add an active item for {CODE_CHECK} {VERSION} with dev1 as trusting and prod1 as trusted instance"
MANAGED = Managed(application=HEALTH, managed_instance=id_of("dev2"), status=Approval.AUTO_APPROVED)


def item(
    trusting: str = "dev1", trusted: str = "prod1", version: str = VERSION, *, active: bool = True
) -> ProfileItem:
    """A line of the profile that an instance keeps."""
    return ProfileItem(
        application=HEALTH,
        capability=CODE_CHECK,
        trusting_instance=id_of(trusting),
        trusted_instance=id_of(trusted),
        version=version,
        active=active,
        description="",
    )


@pytest.mark.parametrize(
    ("rows", "operation", "who", "change"),
    [
        ([], RUN_SCAN, "of dev1", "create a trust record for Impact Health > "),
        ([], SCAN_RESULT, "of prod1", "create a trust record for Impact Health > "),
        ([MANAGED_BY], RUN_SCAN, "of prod2", "dev1 as trusting and prod1 as trusted instance"),
        ([MANAGED_BY], SCAN_RESULT, "of prod2", "prod1 as trusting and dev1 as trusted instance"),
        (
            [MANAGED],
            RUN_SCAN,
            "of dev1",
            f"{ITEM} to the trust profile for Impact Health and select Sync Trust Prof",
        ),
        ([MANAGED], SCAN_RESULT, "of prod1", "create a trust record for Impact Health > "),
        ([MANAGED, item()], RUN_SCAN, "of dev1", "select Sync Trust Profiles for Impact Health"),
        ([MANAGED, item(active=False)], RUN_SCAN, "of dev1", "set Active to true and the Application Capability"),
        ([MANAGED, item(version="2")], RUN_SCAN, "of dev1", f"the Application Capability Version to {VERSION} on"),
        ([record("prod1", version="2.0.0")], RUN_SCAN, "of dev1", f"Version of that trust to {VERSION}"),
        ([mirror("prod1", version="2.0.0")], SCAN_RESULT, "of prod1", f"Version of that trust to {VERSION}"),
        ([MANAGED_BY, record("prod1", version="2")], RUN_SCAN, "of prod2", f"Version of that trust to {VERSION}"),
    ],
)
def test_refusal_says_who_must_do_what(rows: list[Row], operation: str, who: str, change: str) -> None:
    """The change is the trustor's, or its manager's where there is one, and names both instances."""
    refusal = admit(tables_of("dev1", *rows), message(operation), id_of("prod1"))
    assert refusal is not None
    assert refusal.who == f"an administrator (admin or sn_mif.mif_admin) {who}"
    assert change in refusal.change
    assert refusal.explanation == f"{refusal.found} To allow it, {refusal.who} must {refusal.change}."


@pytest.mark.parametrize(
    ("active", "nearest"),
    [
        (True, "; the trust profile has the item, which is not in force."),
        (False, "; the trust profile has the item, with Active false."),
    ],
)
def test_an_item_without_its_record_comes_nearest(active: bool, nearest: str) -> None:
    """Who saved an item and forgot to sync or to activate it is told so, on either side of it."""
    for operation, ends in ((RUN_SCAN, ("dev1", "prod1")), (SCAN_RESULT, ("prod1", "dev1"))):
        rows = [MANAGED, item(*ends, active=active), record("prod2"), mirror("prod2")]
        refusal = admit(tables_of("dev1", *rows), message(operation), id_of("prod1"))
        assert refusal is not None
        assert refusal.found.endswith(nearest)


def test_doing_what_the_refusal_says_allows_the_message(fleet: Fleet) -> None:
    """A message refused on both sides goes through once the named administrator makes the named record."""
    assert fleet.send("prod1", "dev1").code == "no_trusting_instance"
    fleet.send("prod1", "dev1", unchecked=True)
    fleet.settle()
    assert fleet.journal("dev1")[-1].code == "no_trust_record"
    fleet.create_record("dev1", "prod1")
    fleet.settle()
    assert fleet.send("prod1", "dev1").outcome is Outcome.PROCESSED
    fleet.settle()
    assert fleet.journal("dev1")[-1].outcome is Outcome.PROCESSED


# -- versions of the application ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mine", "peers", "code"),
    [
        ("6.2.4", "6.2.4", None),
        ("6.2.10", "6.2.10", None),
        ("6.2.4", "6.2.10", RefusalCode.APPLICATION_DIFFERS),
        ("6.2.3", "6.2.4", RefusalCode.APPLICATION_TOO_OLD),
        ("6.2.4", "5.1.1", RefusalCode.APPLICATION_TOO_OLD),
    ],
)
def test_versions_of_an_application_that_must_be_the_same(mine: str, peers: str, code: RefusalCode | None) -> None:
    """S8: the same on both sides, and at least the minimum; 6.2.10 is newer than 6.2.4."""
    installed = Application(name=HEALTH, version=mine, minimum_version="6.2.4", same_version=True)
    refusal = refuse_versions(tables_of("prod1", installed), HEALTH, id_of("dev1"), peers)
    assert (refusal.code if refusal else None) == code


def test_versions_of_other_applications_do_not_matter() -> None:
    """Without a rule of its own an application takes part in any version."""
    assert refuse_versions(tables_of("prod1"), HEALTH, id_of("dev1"), "0.1") is None
