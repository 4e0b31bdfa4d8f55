"""Envelopes as bytes: what goes in comes out, and nothing else is ever taken for an envelope."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import inf, nan
from typing import Any, get_args

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from jwt.api_jws import PyJWS

from simulator.errors import WireError
from simulator.protocol.actions import Action, Send
from simulator.protocol.codec import (
    LAST_YEAR,
    MAX_PAYLOAD_BYTES,
    MAX_WIRE_BYTES,
    decode,
    dump_action,
    dump_posted,
    encode,
    load_action,
    load_posted,
    seal,
)
from simulator.protocol.envelope import LIFETIME, Envelope
from simulator.protocol.messages import (
    CapabilityAnswer,
    ManagementRequest,
    Payload,
    PeerMessage,
    Receipt,
    TrustProfileSync,
    WireMessage,
)
from simulator.protocol.signature import is_authentic, private_key, signing_key
from tests.fleet import examples
from tests.protocol.wire import action_envelopes, envelopes_of, messages_of, timer_envelopes, wire_envelopes

KEY = signing_key("seed", "a")
PUBLIC = KEY.public
OPENSSL_KEY = Ed25519PrivateKey.from_private_bytes(private_key("seed", "a"))
"""The same to a library that has nothing in common with ours."""
NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
REQUEST: Envelope[WireMessage] = Envelope(
    id="1f",
    sender="a",
    recipient="b",
    cause=None,
    sent_at=NOW,
    expires_at=NOW + LIFETIME,
    message=ManagementRequest(application="Impact Health"),
)


@given(envelope=wire_envelopes)
@examples(300)
def test_what_is_encoded_is_decoded(envelope: Envelope[Any]) -> None:
    """Every envelope comes back as it was, and is authentic for its sender's key."""
    signed = decode(encode(envelope, KEY))
    assert signed.envelope == envelope
    assert is_authentic(signed.signed, signed.signature, PUBLIC)


@given(envelope=envelopes_of(messages_of(PeerMessage)) | timer_envelopes)
@examples(200)
def test_what_waits_in_an_outbox_is_kept_whole(envelope: Envelope[Any]) -> None:
    """Every envelope that an outbox holds, timers included, comes back from its text."""
    assert load_posted(dump_posted(envelope)) == envelope


@given(envelope=envelopes_of(messages_of(PeerMessage)))
@examples(200)
def test_what_waits_for_a_peer_is_sent_as_it_is_kept(envelope: Envelope[Any]) -> None:
    """A repeat after a restart is byte for byte what was sent before, and nothing is written twice."""
    assert seal(dump_posted(envelope).encode(), KEY) == encode(envelope, KEY)


@given(envelope=action_envelopes)
@examples(200)
def test_actions_come_back_from_their_text(envelope: Envelope[Any]) -> None:
    """Every action survives the way from the fleet to an instance."""
    assert load_action(dump_action(envelope)) == envelope


@given(envelope=wire_envelopes, at=st.integers(min_value=0), bits=st.integers(min_value=1, max_value=255))
@examples(500)
def test_a_changed_byte_never_makes_another_authentic_envelope(
    envelope: Envelope[Any], at: int, bits: int
) -> None:
    """Whatever byte is changed: the result is unreadable, or not authentic, or says just the same."""
    changed = bytearray(encode(envelope, KEY))
    changed[at % len(changed)] ^= bits
    try:
        signed = decode(bytes(changed))
    except WireError:
        return
    if is_authentic(signed.signed, signed.signature, PUBLIC):
        assert signed.envelope == envelope


@given(data=st.binary(max_size=200))
@examples(300)
def test_garbage_is_unreadable(data: bytes) -> None:
    """Bytes that are no envelope raise WireError and nothing else."""
    with pytest.raises(WireError):
        decode(data)


def body_with(**changes: object) -> bytes:
    """The body of REQUEST with other members."""
    body = json.loads(encode(REQUEST, None).partition(b"\n")[2])
    return json.dumps(body | changes).encode()


def sync_of(revision: int) -> bytes:
    """The body of a sync with this revision."""
    message = TrustProfileSync(application="x", revision=revision, items=())
    return encode(replace(REQUEST, message=message), None).partition(b"\n")[2]


HEADER = urlsafe_b64encode(b'{"alg":"EdDSA","b64":false,"crit":["b64"]}').rstrip(b"=")


def signed_bytes(body: bytes, header: bytes = HEADER) -> bytes:
    """The body behind its signature, made without the code that is tested."""
    return header + b".." + urlsafe_b64encode(OPENSSL_KEY.sign(header + b"." + body)).rstrip(b"=") + b"\n" + body


def header_of(**members: object) -> bytes:
    """A header with other members."""
    header = {"alg": "EdDSA", "b64": False, "crit": ["b64"]} | members
    return urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=")


UNREADABLE = [
    ("empty", b"", "no newline"),
    ("one line", b"hello", "no newline"),
    ("no signature", b"?!\n" + body_with(), "no signature, which is a header, two points"),
    ("signature is not Base64", HEADER + b"..?!\n" + body_with(), "signature is not Base64url"),
    ("signature is not ASCII", HEADER + "..ä\n".encode() + body_with(), "signature is not Base64url"),
    ("signature is padded", encode(REQUEST, KEY).replace(b"\n", b"==\n", 1), "signature is not Base64url"),
    ("signature is of another alphabet", HEADER + b"..+/8\n" + body_with(), "signature is not Base64url"),
    ("header is cut", encode(REQUEST, KEY)[1:], "header is not"),
    ("header is no JSON", signed_bytes(body_with(), b"e30x"), "header is not JSON"),
    ("header is long", signed_bytes(body_with(), header_of(kid="x" * 1000)), "header has more than 1000 bytes"),
    ("header is a list", signed_bytes(body_with(), b"W10"), "header does not say"),
    ("header has no algorithm", signed_bytes(body_with(), b"e30"), "header does not say"),
    ("another algorithm", signed_bytes(body_with(), header_of(alg="none")), 'does not say {"alg": "EdDSA"'),
    ("the body is encoded", signed_bytes(body_with(), header_of(b64=True)), "header does not say"),
    ("more is critical", signed_bytes(body_with(), header_of(crit=["b64", "exp"], exp=1)), "header does not say"),
    ("body is no JSON", signed_bytes(b"{"), "JSON"),
    ("body is not UTF-8", signed_bytes(b'{"id": "\xff"}'), ""),
    ("body is a list", signed_bytes(b"[]"), ""),
    ("member missing", signed_bytes(b"{}"), "id: Field required"),
    ("time is no time", signed_bytes(body_with(sent_at="soon")), "sent_at"),
    ("time has no zone", signed_bytes(body_with(sent_at="2026-01-05T08:00:00")), "sent_at: "),
    ("expiry has no zone", signed_bytes(body_with(expires_at="2026-01-05T08:00:01")), "expires_at: "),
    ("revision below 0", signed_bytes(sync_of(-1)), "revision: "),
    ("revision that no column holds", signed_bytes(sync_of(2**63)), "revision: "),
    ("kind is missing", signed_bytes(body_with(message={"application": "x"})), "kind"),
    ("kind is unknown", signed_bytes(body_with(message={"kind": "hello", "application": "x"})), "kind"),
    ("message is incomplete", signed_bytes(body_with(message={"kind": "management_request"})), "application"),
    ("sender is the recipient", signed_bytes(body_with(recipient="a")), "sender is the recipient"),
    ("nested too deep", signed_bytes(body_with(message="x").replace(b'"x"', b'{"a":' * 5000 + b"}" * 5000)), ""),
]


@pytest.mark.parametrize(("case", "data", "message"), UNREADABLE, ids=[case[0] for case in UNREADABLE])
def test_unreadable_bytes_say_what_is_wrong(case: str, data: bytes, message: str) -> None:
    """Each way of being no envelope is a WireError whose message names the place."""
    with pytest.raises(WireError) as raised:
        decode(data)
    assert message in str(raised.value), case


@pytest.mark.parametrize("signature", [b"?!", b"AAAAA", b"=AAA", b"AA==AA==", b"AAAA====", "ä".encode()])
def test_what_is_said_of_a_spoilt_signature_is_the_same_with_every_python(signature: bytes) -> None:
    """It goes into journals, which are the same to the byte; Python's own words change with its version.

    Found with the stormy seed 8 of rename-and-upgrade, whose journal was another one with Python 3.13.
    """
    with pytest.raises(WireError) as raised:
        decode(HEADER + b".." + signature + b"\n" + body_with())
    assert str(raised.value) == "the signature is not Base64url"


@pytest.mark.parametrize(
    ("lifetime", "is_readable"),
    [
        (-LIFETIME, False),
        (timedelta(0), False),
        (timedelta(microseconds=1), True),
        (LIFETIME, True),
        (LIFETIME + timedelta(microseconds=1), False),
        (datetime.max.replace(tzinfo=UTC) - NOW, False),
    ],
)
def test_an_envelope_lives_between_nothing_and_thirty_six_hours(lifetime: timedelta, is_readable: bool) -> None:
    """An envelope expires after it was sent, and at most 36 hours after."""
    envelope = replace(REQUEST, expires_at=NOW + lifetime)
    if is_readable:
        assert decode(encode(envelope, KEY)).envelope == envelope
    else:
        with pytest.raises(WireError, match=r"it expires .*, having been sent 2026-01-05 08:00:00"):
            decode(encode(envelope, KEY))


@pytest.mark.parametrize(
    ("year", "is_readable"), [(1, True), (LAST_YEAR, True), (LAST_YEAR + 1, False), (9999, False)]
)
def test_times_stay_within_the_calendar(year: int, is_readable: bool) -> None:
    """An envelope of the last thousand years of the calendar is unreadable: its times could not be added to."""
    envelope = replace(REQUEST, sent_at=NOW.replace(year=year), expires_at=NOW.replace(year=year) + LIFETIME)
    if is_readable:
        assert decode(encode(envelope, KEY)).envelope == envelope
    else:
        with pytest.raises(WireError, match=f"it expires {year}"):
            decode(encode(envelope, KEY))


@pytest.mark.parametrize("number", [inf, -inf, nan])
def test_payload_keeps_numbers_that_json_does_not_have(number: float) -> None:
    """Infinity and not-a-number come back from wire, outbox and action as they were, wherever in the payload."""
    payload: Payload = {"top": number, "list": [number], "deep": {"er": [{"est": number}]}}
    answer = CapabilityAnswer(application="x", capability="c", operation="o", request="1f", payload=payload)
    send = Send(application="x", capability="c", operation="o", recipient="b", payload=payload)
    sent: Envelope[PeerMessage] = Envelope(
        id="1f", sender="a", recipient="b", cause=None, sent_at=NOW, expires_at=NOW + LIFETIME, message=answer
    )
    action = Envelope(
        id="1f", sender="a", recipient="a", cause=None, sent_at=NOW, expires_at=NOW + LIFETIME, message=send
    )
    for arrived in (
        decode(encode(sent, KEY)).envelope.message,
        load_posted(dump_posted(sent)).message,
        load_action(dump_action(action)).message,
    ):
        assert isinstance(arrived, CapabilityAnswer | Send)
        assert repr(arrived.payload) == repr(payload), "not-a-number is not equal to itself"


def test_largest_payload_leaves_room_for_its_envelope() -> None:
    """A payload of the largest size that an application may send is readable, with long names around it."""
    payload: Payload = {"blob": "x" * (MAX_PAYLOAD_BYTES - len('{"blob":""}'))}
    name = "n" * 1000
    answer = CapabilityAnswer(application=name, capability=name, operation=name, request="1" * 32, payload=payload)
    assert decode(encode(replace(REQUEST, message=answer), KEY)).envelope.message == answer


@pytest.mark.parametrize("kind", [item.__dataclass_fields__["kind"].default for item in get_args(Action)])
def test_action_is_never_on_the_wire(kind: str) -> None:
    """No peer can have an instance's administrator do something."""
    everything = {
        "kind": kind, "application": "x", "manager": "b", "instance": "b", "capability": "c", "version": "1",
        "trusting": "a", "trusted": "b", "trustee": "b", "operation": "o", "recipient": "b", "payload": {},
    }  # fmt: skip
    with pytest.raises(WireError, match=kind):
        decode(signed_bytes(body_with(message=everything)))


def test_timer_is_never_on_the_wire() -> None:
    """No peer can make a delay pass."""
    timer = {"kind": "approve_designation", "application": "x", "instance": "b"}
    with pytest.raises(WireError):
        decode(signed_bytes(body_with(message=timer)))


def test_receipt_never_waits_in_an_outbox() -> None:
    """A receipt confirms and is not itself confirmed, so an outbox does not hold it."""
    receipt = encode(replace(REQUEST, message=Receipt(envelope_ids=())), None).partition(b"\n")[2]
    with pytest.raises(WireError):
        load_posted(receipt.decode())


@pytest.mark.parametrize("load", [load_posted, load_action])
@pytest.mark.parametrize("text", ["", "{", "[]", '{"id": 1}', body_with(message={"kind": "hello"}).decode()])
def test_unreadable_text_is_a_wire_error(load: Any, text: str) -> None:
    """A text that is no envelope of the right sort raises WireError."""
    with pytest.raises(WireError):
        load(text)


@pytest.mark.parametrize(("extra", "is_readable"), [(0, True), (1, False)])
def test_at_most_two_megabytes(extra: int, is_readable: bool) -> None:
    """Two megabytes are an envelope, one byte more is not; trailing spaces fill up to the limit."""
    data = encode(REQUEST, KEY)
    filled = data + b" " * (MAX_WIRE_BYTES - len(data) + extra)
    if is_readable:
        assert decode(filled).envelope == REQUEST
    else:
        with pytest.raises(WireError, match="2097153 bytes"):
            decode(filled)


def test_a_header_may_say_more_and_otherwise() -> None:
    """Libraries order its members otherwise and add what a key or a type is called; what it asks for stays."""
    header = header_of(kid="a", typ="trustsim")
    signed = decode(signed_bytes(body_with(), header))
    assert signed.envelope == REQUEST
    assert is_authentic(signed.signed, signed.signature, PUBLIC)


def test_a_library_for_jws_takes_it_and_is_taken() -> None:
    """The one of PyPI that is used most, which knows nothing of us."""
    jws, data = PyJWS(), encode(REQUEST, KEY)
    token, _, body = data.partition(b"\n")
    verified = jws.decode_complete(token, OPENSSL_KEY.public_key(), algorithms=["EdDSA"], detached_payload=body)
    assert json.loads(verified["payload"]) == json.loads(body)
    theirs = jws.encode(body, OPENSSL_KEY, algorithm="EdDSA", is_payload_detached=True, headers={"crit": ["b64"]})
    signed = decode(theirs.encode() + b"\n" + body)
    assert is_authentic(signed.signed, signed.signature, PUBLIC)


def test_unsigned_envelope_is_readable_and_not_authentic() -> None:
    """Without a key the signature is empty: a recipient can say who claims to have sent it, and refuses it."""
    signed = decode(encode(REQUEST, None))
    assert signed.envelope == REQUEST
    assert signed.signature == b""
    assert not is_authentic(signed.signed, signed.signature, PUBLIC)


@pytest.mark.parametrize("signer", [("seed", "b"), ("other seed", "a")])
def test_envelope_signed_with_another_key_is_not_authentic(signer: tuple[str, str]) -> None:
    """Neither another instance nor another fleet can sign for the sender."""
    signed = decode(encode(REQUEST, signing_key(*signer)))
    assert not is_authentic(signed.signed, signed.signature, PUBLIC)


def test_signature_covers_the_body_as_it_stands() -> None:
    """The same envelope written with other spaces is not authentic."""
    signature, _, body = encode(REQUEST, KEY).partition(b"\n")
    signed = decode(signature + b"\n" + body.replace(b":", b": ", 1))
    assert signed.envelope == REQUEST
    assert not is_authentic(signed.signed, signed.signature, PUBLIC)


def test_body_can_be_read_by_a_person() -> None:
    """The body is plain JSON with the members of an envelope."""
    body = json.loads(encode(REQUEST, KEY).partition(b"\n")[2])
    assert body["message"] == {"kind": "management_request", "application": "Impact Health"}
    assert datetime.fromisoformat(body["expires_at"]) - datetime.fromisoformat(body["sent_at"]) == timedelta(
        hours=36
    )
