"""An instance over its file: every envelope once and in order, whatever the network and the process do."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from random import Random  # noqa: TID251 - Hypothesis makes it and prints its seed
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from simulator.decision import PostIds
from simulator.journal import Outcome
from simulator.protocol.actions import NameManager
from simulator.protocol.codec import decode, encode
from simulator.protocol.envelope import LIFETIME, derive_id
from simulator.protocol.messages import (
    CapabilityMessage,
    ManagementRequest,
    Receipt,
    Relations,
    TrustGranted,
    TrustProfileSync,
    TrustSyncResult,
)
from simulator.protocol.operations import OperationKind
from simulator.protocol.signature import signing_key
from simulator.protocol.topics import Arrival
from simulator.trust.capability import ActedMessage
from simulator.trust.management import ManagedBy
from simulator.trust.profile import TrustProfile
from simulator.trust.record import TrustingInstance
from simulator.trust.rows import ROW_TYPES
from simulator.trust.states import SyncState
from simulator.trust.sync import SyncStatus
from tests.fleet import (
    CODE_CHECK,
    HEALTH,
    INVENTORY,
    NOTIFY,
    RUN_SCAN,
    SEED,
    VERSION,
    Calm,
    Fleet,
    Storm,
    examples,
    id_of,
)

PUBLIC_KEY = signing_key(SEED, id_of("prod1")).public

GRANTED = TrustGranted(application=HEALTH, capability=CODE_CHECK, version=VERSION)


@pytest.fixture
def fleet() -> Iterator[Fleet]:
    """prod1, dev1 and dev2; dev1 trusts prod1, and all is quiet."""
    with Fleet("prod1", "dev1", "dev2") as fleet:
        fleet.create_record("dev1", "prod1")
        fleet.settle()
        yield fleet


@pytest.fixture
def on_disk(tmp_path: Path) -> Iterator[Fleet]:
    """The same, in files."""
    with Fleet("prod1", "dev1", "dev2", directory=tmp_path) as fleet:
        fleet.create_record("dev1", "prod1")
        fleet.settle()
        yield fleet


def payload_of(fleet: Fleet, sender: str, recipient: str, key: str | None = None) -> bytes:
    """A framework message, signed by *key* or by nobody ("")."""
    signer = sender if key is None else key
    envelope = fleet.envelope(sender, recipient, GRANTED)
    return encode(envelope, signing_key(SEED, id_of(signer)) if signer else None)


def snapshot(fleet: Fleet, name: str) -> list[object]:
    """All rows of all tables, as a person sees them."""
    return [fleet.show(name, row_type.TABLE) for row_type in ROW_TYPES]


def numbers_acted_on(fleet: Fleet, name: str) -> list[object]:
    """The numbers of the messages that the instance has acted on, in order."""
    return [row.payload["n"] for row in fleet.rows(name, ActedMessage)]


def receipts_on(fleet: Fleet) -> list[tuple[str, tuple[str, ...]]]:
    """Recipient and ids of the receipts on the network."""
    return [
        (parcel.recipient, envelope.message.envelope_ids)
        for parcel in fleet.network
        if isinstance((envelope := decode(parcel.payload).envelope).message, Receipt)
    ]


# -- what arrives ------------------------------------------------------------------------------------------


def test_repeat_is_recognised_and_receipted_again(fleet: Fleet) -> None:
    """An envelope that comes twice is handled once, journalled twice, and receipted twice."""
    fleet.send("prod1", "dev1", NOTIFY, {"n": 1})
    [parcel] = fleet.network
    fleet.lose_all()
    for expected in (Outcome.PROCESSED, Outcome.DUPLICATE, Outcome.DUPLICATE):
        fleet.inject(parcel.recipient, parcel.payload)
        [(recipient, ids)] = receipts_on(fleet)
        assert (recipient, ids) == ("prod1", (decode(parcel.payload).envelope.id,))
        assert fleet.journal("dev1")[-1].outcome is expected
        fleet.lose_all()
    assert numbers_acted_on(fleet, "dev1") == [1]


def test_repeat_within_one_batch_is_recognised(fleet: Fleet) -> None:
    """Two copies that are handed over together count once."""
    payload = payload_of(fleet, "dev2", "prod1")
    fleet.instances["prod1"].receive([Arrival(id_of("dev2"), payload)] * 2, fleet.now)
    assert [entry.outcome for entry in fleet.journal("prod1")[-2:]] == [Outcome.PROCESSED, Outcome.DUPLICATE]


def test_id_that_another_sender_has_used_swallows_nothing(fleet: Fleet) -> None:
    """Whoever knows the id of a message on its way, and uses it first, does not keep the message from arriving."""
    fleet.send("prod1", "dev1", NOTIFY, {"n": 1})
    [parcel] = fleet.network
    fleet.inject_message("dev2", "dev1", ManagementRequest(application=HEALTH), decode(parcel.payload).envelope.id)
    fleet.settle()
    assert numbers_acted_on(fleet, "dev1") == [1]
    assert fleet.instances["prod1"].waiting_for() == {}


def test_messages_of_two_senders_with_one_id_are_both_acted_on_and_answered(fleet: Fleet) -> None:
    """Each leaves a row of its own and gets an answer of its own."""
    fleet.create_record("dev1", "dev2")
    fleet.settle()
    message = CapabilityMessage(
        application=HEALTH,
        application_version=VERSION,
        capability=CODE_CHECK,
        version=VERSION,
        operation=RUN_SCAN,
        operation_kind=OperationKind.MESSAGE,
        payload={},
    )
    for sender in ("prod1", "dev2"):
        fleet.inject_message(sender, "dev1", message, "one id")
    assert [row["sender_instance"] for row in fleet.show("dev1", "sn_mif_message")] == ["prod1", "dev2"]
    answers = [decode(parcel.payload).envelope for parcel in fleet.network]
    assert len({answer.id for answer in answers if answer.message.kind == "capability_answer"}) == 2


def test_ids_are_derived_with_what_only_their_sender_has() -> None:
    """The same action has the same consequences under the same id, and under another with another key."""
    ids = [PostIds(signing_key(seed, id_of("prod1")).id_secret).of("cause", 0) for seed in ("one", "one", "two")]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 2


def test_ids_cannot_be_told_from_what_crosses_the_wire(fleet: Fleet) -> None:
    """The id of a message is not what anybody would derive from its cause and its sender."""
    fleet.send("prod1", "dev1", NOTIFY, {"n": 1})
    [parcel] = fleet.network
    envelope = decode(parcel.payload).envelope
    public: list[str | int] = [envelope.cause or "", envelope.sender, envelope.recipient, PUBLIC_KEY, 0, "retold"]
    guesses = {derive_id(*parts) for length in (1, 2, 3) for parts in permutations(public, length)}
    assert envelope.id not in guesses


def test_repeats_are_forgotten_while_the_instance_runs(fleet: Fleet) -> None:
    """The memory of ids does not grow for as long as an instance is up, only for as long as a repeat can come."""
    sizes = []
    for number in range(60):
        fleet.send("prod1", "dev1", NOTIFY, {"n": number})
        fleet.settle()
        fleet.advance(timedelta(hours=6))
        sizes.append(len(fleet.show("dev1", "x_trustsim_inbox")))
    assert sizes[-1] == sizes[20]
    assert numbers_acted_on(fleet, "dev1") == list(range(60))


def test_action_with_the_same_id_is_taken_once(fleet: Fleet) -> None:
    """The fleet may hand over an action again after a crash: it has its effect once."""
    action = NameManager(application=HEALTH, manager=id_of("prod1"))
    outcomes = [fleet.act("dev1", action, id_="again").outcome for _ in range(2)]
    assert outcomes == [Outcome.PROCESSED, Outcome.DUPLICATE]
    assert [entry.kind for entry in fleet.journal("dev1")].count("name_manager") == 2


@pytest.mark.parametrize("payload", [b"", b"garbage", b"\xff\xfe\n{}", b"AAAA\n{}"])
def test_unreadable_bytes_are_journalled(fleet: Fleet, payload: bytes) -> None:
    """What is no envelope leaves an entry that says why, on which topic and in whose name, and no other trace."""
    before = snapshot(fleet, "dev1")
    fleet.inject("dev1", payload, published_by=id_of("prod1"))
    entry = fleet.journal("dev1")[-1]
    assert (entry.outcome, entry.kind, entry.sender) == (Outcome.UNREADABLE, "", "")
    origin = f"/{id_of('dev1')}/inbox/{id_of('prod1')}, in the name of prod1"
    assert re.fullmatch(f".+; it came on mif/.*{origin}", entry.explanation)
    assert not fleet.network
    assert snapshot(fleet, "dev1") == before


@pytest.mark.parametrize(
    ("case", "sender", "recipient", "key", "code"),
    [
        ("unsigned", "prod1", "dev1", "", "signature_invalid"),
        ("signed by another", "prod1", "dev1", "dev2", "signature_invalid"),
        ("unknown sender", "prod9", "dev1", None, "unknown_sender"),
        ("for somebody else", "prod1", "dev2", None, "not_addressed"),
        ("published by another", "prod1", "dev1", None, "sender_mismatch"),
    ],
)
@pytest.mark.parametrize("kind", ["message", "receipt"])
def test_what_is_not_authentic_is_journalled_and_not_receipted(
    fleet: Fleet, case: str, sender: str, recipient: str, key: str | None, code: str, kind: str
) -> None:
    """Who cannot be believed gets no answer: an entry with the code, and nothing else changes."""
    fleet.send("dev1", "prod1", "scan_result")  # something that a forged receipt could end
    fleet.lose_all()
    before, waiting = snapshot(fleet, "dev1"), fleet.instances["dev1"].waiting_for()
    [id_] = [decode(payload).envelope.id for payload in _due_of(fleet, "dev1")]
    message = GRANTED if kind == "message" else Receipt(envelope_ids=(id_,))
    signer = sender if key is None else key
    payload = encode(
        fleet.envelope(sender, recipient, message), signing_key(SEED, id_of(signer)) if signer else None
    )
    fleet.inject("dev1", payload, published_by=id_of("dev2") if code == "sender_mismatch" else "")
    entry = fleet.journal("dev1")[-1]
    assert (entry.outcome, entry.code, entry.sender) == (Outcome.REFUSED, code, id_of(sender)), case
    assert not receipts_on(fleet)
    assert snapshot(fleet, "dev1") == before
    assert fleet.instances["dev1"].waiting_for() == waiting


def _due_of(fleet: Fleet, name: str) -> list[bytes]:
    fleet.now += timedelta(seconds=2)
    return [item.payload for item in fleet.instances[name].wake(fleet.now)]


@pytest.mark.parametrize("field", ["id", "sender", "recipient", "cause", "application", "no envelope", "topic"])
def test_what_nobody_vouches_for_is_journalled_short(fleet: Fleet, field: str) -> None:
    """A stranger's megabyte does not end in the journal, wherever it stands."""
    long = "x" * 1_000_000
    envelope = fleet.envelope("dev2", "dev1", ManagementRequest(application=HEALTH))
    if field == "application":
        envelope = replace(envelope, message=ManagementRequest(application=long))
    elif field in {"id", "sender", "recipient", "cause"}:
        changed: dict[str, Any] = {field: long}
        envelope = replace(envelope, **changed)
    payload = encode(envelope, signing_key(SEED, id_of("prod1")))
    if field == "no envelope":
        payload = payload.replace(b'"management_request"', b'"%s"' % long.encode())
    fleet.inject("dev1", payload, published_by=long if field == "topic" else "")
    entry = fleet.journal("dev1")[-1]
    assert entry.outcome in {Outcome.REFUSED, Outcome.UNREADABLE}
    assert len(repr(entry)) < 5_000


UNWORKABLE = [
    ("no time zone", b"Z", b""),
    ("the end of time", b'"expires_at":"2026-01-06T20:00:00Z"', b'"expires_at":"9999-12-31T23:59:59Z"'),
    ("expired before it was sent", b'"expires_at":"2026-01-06T', b'"expires_at":"2026-01-04T'),
    ("a year of five digits", b"2026-", b"12026-"),
]


@pytest.mark.parametrize(("case", "old", "new"), UNWORKABLE, ids=[case[0] for case in UNWORKABLE])
def test_times_that_cannot_be_worked_with_are_unreadable(fleet: Fleet, case: str, old: bytes, new: bytes) -> None:
    """An envelope with such times, though signed, is journalled as unreadable, and the instance goes on."""
    body = payload_of(fleet, "dev2", "prod1", key="").partition(b"\n")[2]
    assert old in body, case
    body = body.replace(old, new)
    fleet.inject("prod1", b64encode(signing_key(SEED, id_of("dev2")).sign(body)) + b"\n" + body)
    assert fleet.journal("prod1")[-1].outcome is Outcome.UNREADABLE
    assert_goes_on(fleet)


@pytest.mark.parametrize("revision", [-1, 2**63])
def test_number_that_no_column_holds_is_unreadable(fleet: Fleet, revision: int) -> None:
    """A revision that the file could not hold is journalled as unreadable, and the instance goes on."""
    fleet.manage("dev2", "dev1")
    fleet.inject_message("dev2", "dev1", TrustProfileSync(application=HEALTH, revision=revision, items=()))
    assert fleet.journal("dev1")[-1].outcome is Outcome.UNREADABLE
    assert_goes_on(fleet)


LAST = 2**63 - 1
CLAIMS = [
    TrustSyncResult(application=HEALTH, revision=1, refusal="stale_revision", newest=LAST),
    Relations(
        application=HEALTH,
        trusts={},
        manages=False,
        is_managed=True,
        revision=LAST,
        grants=None,
        wants_answer=False,
    ),
]


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.kind)
def test_a_revision_that_nobody_can_have_given_is_not_counted_on(
    fleet: Fleet, claim: TrustSyncResult | Relations
) -> None:
    """A managed instance that claims the last number there is does not keep its manager from going on."""
    fleet.manage("dev2", "dev1")
    fleet.sync("dev2")
    fleet.settle()
    fleet.inject_message("dev1", "dev2", claim)
    fleet.save_item("dev2", "dev1", "dev2")
    fleet.sync("dev2")
    fleet.settle()
    [profile] = fleet.rows("dev2", TrustProfile, application=HEALTH)
    assert profile.revision < 10
    [status] = fleet.rows("dev2", SyncStatus, application=HEALTH, instance=id_of("dev1"))
    assert status.status is SyncState.SYNCED


def assert_goes_on(fleet: Fleet) -> None:
    """A message from prod1 still reaches dev1, and its receipt comes back."""
    fleet.send("prod1", "dev1", NOTIFY, {"n": 7})
    fleet.settle()
    assert numbers_acted_on(fleet, "dev1") == [7]
    assert fleet.instances["prod1"].waiting_for() == {}


@pytest.mark.parametrize("account", ["acme", "umbrella"])
def test_only_the_recipient_can_give_a_receipt(account: str) -> None:
    """An authentic receipt for somebody else's envelope does not end its delivery."""
    with Fleet("prod1", "dev1", "dev2", accounts={"dev2": account}) as fleet:
        fleet.create_record("dev1", "prod1")
        [parcel] = fleet.network
        fleet.lose_all()
        fleet.inject_message("dev2", "dev1", Receipt(envelope_ids=(decode(parcel.payload).envelope.id,)))
        assert fleet.instances["dev1"].waiting_for() == {id_of("prod1"): 1}
        fleet.settle()
        assert [row.trusting_instance for row in fleet.rows("prod1", TrustingInstance)] == [id_of("dev1")]
        assert fleet.instances["dev1"].waiting_for() == {}


def test_unsigned_envelope_is_told_from_a_wrong_signature(fleet: Fleet) -> None:
    """The explanation says whether there was no signature or a wrong one (F20)."""
    fleet.inject("dev1", payload_of(fleet, "prod1", "dev1", key=""))
    assert "is unsigned" in fleet.journal("dev1")[-1].explanation
    fleet.inject("dev1", payload_of(fleet, "prod1", "dev1", key="dev2"))
    assert "unsigned" not in fleet.journal("dev1")[-1].explanation


def test_forged_envelope_does_not_spoil_the_real_one(fleet: Fleet) -> None:
    """An unauthentic envelope with a real one's id does not make the real one a repeat."""
    real = fleet.envelope("dev2", "prod1", GRANTED, id_="same")
    forged = replace(real, message=ManagementRequest(application=HEALTH))
    fleet.inject("prod1", encode(forged, signing_key(SEED, id_of("dev1"))))
    fleet.inject("prod1", encode(real, signing_key(SEED, id_of("dev2"))))
    assert fleet.rows("prod1", ManagedBy) == []
    assert id_of("dev2") in {row.trusting_instance for row in fleet.rows("prod1", TrustingInstance)}


def test_expired_on_arrival_is_receipted_and_not_handled(fleet: Fleet) -> None:
    """What comes too late is journalled as expired, receipted so that it is not sent again, and not acted on."""
    fleet.send("prod1", "dev1", NOTIFY, {"n": 1})
    [parcel] = fleet.network
    fleet.lose_all()
    fleet.now += LIFETIME
    fleet.inject(parcel.recipient, parcel.payload)
    assert fleet.journal("dev1")[-1].outcome is Outcome.EXPIRED
    assert len(receipts_on(fleet)) == 1
    assert numbers_acted_on(fleet, "dev1") == []


def test_sender_journals_what_it_gives_up(fleet: Fleet) -> None:
    """After 36 hours without a receipt the sender gives up and says to whom and since when."""
    fleet.crash("dev1")
    sent_at = fleet.now
    fleet.send("prod1", "dev1", NOTIFY, {"n": 1})
    fleet.advance(LIFETIME)
    [entry] = fleet.entries("prod1", Outcome.EXPIRED)
    assert entry.at == sent_at + LIFETIME
    assert entry.explanation == f"no receipt from dev1 since {sent_at:%Y-%m-%d %H:%M:%S}"
    assert fleet.instances["prod1"].waiting_for() == {}
    fleet.start("dev1")
    fleet.settle()
    assert numbers_acted_on(fleet, "dev1") == []


# -- crashes -----------------------------------------------------------------------------------------------


def test_crash_between_commit_and_publish_loses_nothing(on_disk: Fleet) -> None:
    """What was committed but not published goes out when the instance is opened again, once in effect."""
    for number in range(3):
        on_disk.send("prod1", "dev1", NOTIFY, {"n": number})
        on_disk.lose_all()
        on_disk.crash("prod1")
        on_disk.start("prod1")
    on_disk.settle()
    assert numbers_acted_on(on_disk, "dev1") == [0, 1, 2]


def test_crash_between_publish_and_receipt_repeats_without_effect(on_disk: Fleet) -> None:
    """What was published and not receipted is published again; the recipient recognises it."""
    on_disk.send("prod1", "dev1", NOTIFY, {"n": 1})
    on_disk.crash("prod1")
    on_disk.deliver()  # dev1 acts, and its receipt finds nobody
    on_disk.start("prod1")
    on_disk.settle()
    assert numbers_acted_on(on_disk, "dev1") == [1]
    assert len(on_disk.entries("dev1", Outcome.DUPLICATE)) == 1
    assert on_disk.instances["prod1"].waiting_for() == {}


def test_crash_after_the_receipt_only_repeats(on_disk: Fleet) -> None:
    """A receipt that was only in memory is forgotten in a crash, and comes again."""
    on_disk.send("prod1", "dev1", NOTIFY, {"n": 1})
    on_disk.deliver()
    assert on_disk.instances["prod1"].waiting_for() == {}
    on_disk.crash("prod1")
    on_disk.start("prod1")
    assert on_disk.instances["prod1"].waiting_for() == {id_of("dev1"): 1}
    on_disk.settle()
    assert numbers_acted_on(on_disk, "dev1") == [1]
    assert on_disk.instances["prod1"].waiting_for() == {}


def test_recipient_s_crash_before_its_answer_is_published(on_disk: Fleet) -> None:
    """An answer that was committed with the message goes out after the crash."""
    on_disk.send("prod1", "dev1", "run_scan", {})
    [parcel] = on_disk.network
    on_disk.lose_all()
    on_disk.inject(parcel.recipient, parcel.payload)
    on_disk.lose_all()
    on_disk.crash("dev1")
    on_disk.start("dev1")
    on_disk.settle()
    assert len(on_disk.show("prod1", "sn_mif_message_answer")) == 1


def test_timer_survives_a_crash(on_disk: Fleet) -> None:
    """A delay that was under way when the process died ends at its time."""
    on_disk.name_manager("dev2", "prod1")
    on_disk.deliver()
    on_disk.crash("prod1")
    on_disk.now += timedelta(minutes=2)
    on_disk.start("prod1")
    on_disk.settle()
    [entry] = [entry for entry in on_disk.journal("prod1") if entry.kind == "approve_designation"]
    assert entry.at == entry.at.replace(minute=5, second=0, microsecond=0)
    assert on_disk.approval("dev2", "prod1") == "auto_approved"


def test_timer_that_has_fired_does_not_fire_again(on_disk: Fleet) -> None:
    """A timer is gone from the file with its effect: a restart brings it back neither as work nor as a repeat."""
    on_disk.name_manager("dev2", "prod1")
    on_disk.settle()
    on_disk.crash("prod1")
    on_disk.start("prod1")
    on_disk.settle()
    assert [entry.kind for entry in on_disk.journal("prod1")].count("approve_designation") == 1


def test_instance_that_was_stopped_goes_on_where_it_was(on_disk: Fleet) -> None:
    """Closed and opened again, an instance has the same tables, the same outbox and the same journal."""
    on_disk.crash("dev2")
    on_disk.create_record("prod1", "dev2")
    on_disk.request("prod1", "dev2")
    on_disk.name_manager("dev1", "prod1")
    on_disk.deliver()
    instance = on_disk.instances["prod1"]
    tables = [instance._tables.all(row_type) for row_type in ROW_TYPES]
    before = (snapshot(on_disk, "prod1"), on_disk.journal("prod1"), instance.waiting_for())
    on_disk.stop("prod1")
    on_disk.start("prod1")
    instance = on_disk.instances["prod1"]
    assert [instance._tables.all(row_type) for row_type in ROW_TYPES] == tables
    assert (snapshot(on_disk, "prod1"), on_disk.journal("prod1"), instance.waiting_for()) == before


def test_instance_that_comes_back_need_not_wait_for_a_retry(fleet: Fleet) -> None:
    """It announces itself, and its peers send at once what they hold for it."""
    fleet.crash("dev1")
    fleet.send("prod1", "dev1", NOTIFY, {"n": 1})
    fleet.advance(timedelta(hours=5))
    fleet.start("dev1")
    fleet.deliver()
    assert numbers_acted_on(fleet, "dev1") == [1]


def test_instance_announces_itself_within_its_account_only() -> None:
    """Coming up or reconnecting, an instance writes to the others of its account, and to no other account's."""
    names = ("prod1", "dev1", "dev2", "prod9", "dev9")
    with Fleet(*names, accounts={"prod9": "umbrella", "dev9": "umbrella"}) as fleet:
        expected = {"prod1": ["dev1", "dev2"], "dev2": ["prod1", "dev1"], "prod9": ["dev9"]}
        for name, peers in expected.items():
            for announce in (fleet.instances[name].announce, fleet.instances[name].reconnected):
                outgoing = announce(fleet.now)
                assert [item.recipient for item in outgoing] == [id_of(peer) for peer in peers]
                assert {decode(item.payload).envelope.message for item in outgoing} == {Receipt(envelope_ids=())}


def test_entering_the_same_rows_changes_nothing(fleet: Fleet) -> None:
    """What a fleet enters at every start leaves rows that are there as they are."""
    before = snapshot(fleet, "dev1")
    fleet.crash("dev1")
    fleet.start("dev1")
    assert snapshot(fleet, "dev1") == before


# -- any weather -------------------------------------------------------------------------------------------

steps = st.lists(
    st.sampled_from(["send", "send", "send", "deliver", "deliver", "wait", "crash", "stop"]),
    min_size=1,
    max_size=40,
)


@given(steps=steps, chance=st.randoms(use_true_random=True))
@examples(60)
def test_each_message_is_acted_on_once_and_in_order(steps: list[str], chance: Random) -> None:
    """In any weather, with crashes, every message is acted on exactly once and in order within its channel."""
    names = ("prod1", "dev1", "dev2")
    sent: dict[tuple[str, str], list[object]] = {}
    with Fleet(*names) as fleet:
        for trustor in names:
            for trustee in names:
                if trustor != trustee:
                    fleet.create_record(trustor, trustee)
                    fleet.create_record(trustor, trustee, INVENTORY)
        fleet.settle()
        fleet.weather = Storm(chance, lost=30, doubled=30)
        for number, step in enumerate(steps):
            sender, recipient = chance.sample(names, 2)
            if step == "send":
                fleet.send(sender, recipient, NOTIFY, {"n": number}, chance.choice([CODE_CHECK, INVENTORY]))
                sent.setdefault((sender, recipient), []).append(number)
            elif step == "deliver":
                fleet.deliver(1 + chance.randrange(5))
            elif step == "wait":
                fleet.jump_to_next_wake()
            elif step == "stop":
                fleet.stop(sender)
                fleet.start(sender)
            else:
                if chance.random() < 0.5:
                    fleet.lose_all()  # killed before it could publish
                fleet.crash(sender)
                fleet.start(sender)
        fleet.settle()
        fleet.weather = Calm()
        event(f"{sum(map(len, sent.values())) // 5 * 5} messages or a few more")
        for recipient in names:
            acted = fleet.rows(recipient, ActedMessage)
            for sender in names:
                arrived = [row.payload["n"] for row in acted if row.sender_instance == id_of(sender)]
                assert arrived == sent.get((sender, recipient), [])
            assert fleet.instances[recipient].waiting_for() == {}
            tables = [
                fleet.instances[recipient]._tables.all(row_type) for row_type in ROW_TYPES if row_type.IS_READ
            ]
            assert tables == [fleet.rows(recipient, row_type) for row_type in ROW_TYPES if row_type.IS_READ]


@given(data=st.lists(st.binary(max_size=60), max_size=10), chance=st.randoms(use_true_random=True))
@examples(25)
def test_noise_on_the_inbox_harms_nobody(data: list[bytes], chance: Random) -> None:
    """Garbage, cut and altered payloads are journalled, and what is real arrives all the same."""
    with Fleet("prod1", "dev1") as fleet:
        fleet.create_record("dev1", "prod1")
        fleet.settle()
        for number in range(3):
            fleet.send("prod1", "dev1", NOTIFY, {"n": number})
            for noise in data:
                fleet.inject(chance.choice(("prod1", "dev1")), noise)
            for parcel in list(fleet.network):
                payload = parcel.arrival.payload
                altered = bytearray(payload)
                altered[chance.randrange(len(altered))] ^= 1 + chance.randrange(255)
                for noise in (bytes(altered), payload[: 1 + chance.randrange(200)]):
                    fleet.network.appendleft(replace(parcel, arrival=replace(parcel.arrival, payload=noise)))
        fleet.settle()
        assert numbers_acted_on(fleet, "dev1") == [0, 1, 2]
