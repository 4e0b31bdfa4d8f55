"""Envelopes as bytes and back: a signature, a newline, and the JSON body that it signs.

The signature is a JSON Web Signature in its compact form, by EdDSA, with the body detached (RFC 7515, appendix F)
and unencoded (RFC 7797): `HEADER..SIGNATURE`. The body is signed as it stands, so nothing has to be brought into a
canonical form, and a person who listens on the broker can read it.
"""

from __future__ import annotations

import contextlib
import json
from binascii import a2b_base64, b2a_base64
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Annotated

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from simulator.errors import WireError
from simulator.protocol.actions import Action, Timer
from simulator.protocol.envelope import LIFETIME, Envelope
from simulator.protocol.messages import PeerMessage, WireMessage
from simulator.protocol.signature import SigningKey

MAX_WIRE_BYTES = 2 * 1024 * 1024
"""The product's transport takes messages of at most 2 MB."""

MAX_PAYLOAD_BYTES = MAX_WIRE_BYTES - 16 * 1024
"""What an application can send in one; the rest is for the envelope."""

LAST_YEAR = 9000
"""The latest year of an envelope's times, so that reckoning with them stays within the calendar."""

Posted = PeerMessage | Timer
"""What an outbox holds: envelopes to peers, and to oneself."""

_BY_KIND = Field(discriminator="kind")
# A payload's infinity arrives as it was sent, not as null. Only the adapter's own config reaches a payload: one
# on Envelope ends at the next dataclass.
_CONFIG = ConfigDict(ser_json_inf_nan="constants", defer_build=True)
_WIRE = TypeAdapter[Envelope[WireMessage]](Envelope[Annotated[WireMessage, _BY_KIND]], config=_CONFIG)
_POSTED = TypeAdapter[Envelope[Posted]](Envelope[Annotated[Posted, _BY_KIND]], config=_CONFIG)
_ACTION = TypeAdapter[Envelope[Action]](Envelope[Annotated[Action, _BY_KIND]], config=_CONFIG)


@dataclass(frozen=True, slots=True)
class Signed:
    """What came off the wire: an envelope, and what is needed to tell whether it is authentic."""

    envelope: Envelope[WireMessage]
    signed: bytes
    """What is signed: the header, a point, and the body."""
    signature: bytes
    """Empty where it is unsigned."""


def encode(envelope: Envelope[WireMessage], key: SigningKey | None) -> bytes:
    """The bytes to publish; without a key they are unsigned, and every recipient refuses them."""
    return seal(_WIRE.dump_json(envelope), key)


def signed_otherwise(data: bytes, key: SigningKey | None) -> bytes:
    """The same envelope as *data*, which `encode` gave, signed with another key or not at all."""
    return seal(data.partition(b"\n")[2], key)


def seal(body: bytes, key: SigningKey | None) -> bytes:
    """The bytes to publish for a body, which is what `dump_posted` gives of an envelope to a peer."""
    signature = _to_base64(key.sign(_HEADER + b"." + body)) if key else b""
    return _HEADER + b".." + signature + b"\n" + body


def decode(data: bytes) -> Signed:
    """Reads what a peer published. Raises WireError, saying what is wrong, when it is no envelope."""
    if len(data) > MAX_WIRE_BYTES:
        raise WireError(f"{len(data)} bytes, but an envelope has at most {MAX_WIRE_BYTES}")
    head, newline, body = data.partition(b"\n")
    if not newline:
        raise WireError("no newline between signature and body")
    header, points, encoded_signature = head.partition(b"..")
    if not points:
        raise WireError("the first line is no signature, which is a header, two points, and the signature")
    if header != _HEADER:
        _check_header(header[: _MAX_HEADER + 1])
    signature = _from_base64(encoded_signature, "the signature")
    try:
        envelope = _WIRE.validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"])) or "body"
        raise WireError(f"{where}: {first['msg']}") from error
    if envelope.is_inside:
        raise WireError("the sender is the recipient: such an envelope never crosses the wire")
    if not timedelta(0) < envelope.expires_at - envelope.sent_at <= LIFETIME or envelope.sent_at.year > LAST_YEAR:
        raise WireError(f"it expires {envelope.expires_at}, having been sent {envelope.sent_at}")
    return Signed(envelope, header + b"." + body, signature)


_FOR_URLS, _FROM_URLS = bytes.maketrans(b"+/", b"-_"), bytes.maketrans(b"-_", b"+/")


def _to_base64(data: bytes) -> bytes:
    """In the alphabet for URLs and without padding, as JWS has it."""
    return b2a_base64(data, newline=False).translate(_FOR_URLS).rstrip(b"=")


def _from_base64(encoded: bytes, what: str) -> bytes:
    """The bytes that are written so, and in no other way. Raises WireError.

    What Python takes for Base64, and what it says of the rest, differs from version to version; but a journal, in
    which this ends, must not.
    """
    with contextlib.suppress(ValueError):
        decoded = a2b_base64(encoded.translate(_FROM_URLS) + b"=" * (-len(encoded) % 4))
        if _to_base64(decoded) == encoded:
            return decoded
    raise WireError(f"{what} is not Base64url")


_ASKED_OF_HEADERS: dict[str, object] = {"alg": "EdDSA", "b64": False, "crit": ["b64"]}

_HEADER = _to_base64(json.dumps(_ASKED_OF_HEADERS, separators=(",", ":")).encode())
"""What is written here; others may order the members otherwise, and add some."""


_MAX_HEADER = 1000
"""Bytes, as it is written."""


@lru_cache(maxsize=256)
def _check_header(encoded: bytes) -> None:
    """Whether it says that the body is signed as it is signed here. Raises WireError."""
    if len(encoded) > _MAX_HEADER:
        raise WireError(f"the header has more than {_MAX_HEADER} bytes")
    try:
        header = json.loads(_from_base64(encoded, "the header"))
    except (ValueError, RecursionError):
        raise WireError("the header is not JSON") from None
    if not isinstance(header, dict) or any(header.get(name) != value for name, value in _ASKED_OF_HEADERS.items()):
        raise WireError(f"the header does not say {json.dumps(_ASKED_OF_HEADERS)}")


def envelope_schema() -> dict[str, object]:
    """The JSON Schema of the body of an envelope, whatever its message."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:trustsim:envelope",
        **_WIRE.json_schema(mode="validation"),
        "title": "An envelope between instances: the body behind its signature",
    }


def dump_posted(envelope: Envelope[Posted]) -> str:
    """What waits in an outbox as text, for the store; what goes to a peer is sent as it is kept."""
    return _POSTED.dump_json(envelope).decode()


def load_posted(text: str) -> Envelope[Posted]:
    """The reverse of dump_posted; raises WireError."""
    try:
        return _POSTED.validate_json(text)
    except ValidationError as error:
        raise WireError(f"not an envelope that an outbox holds: {error}") from error


def dump_action(envelope: Envelope[Action]) -> str:
    """An action as text, for the way from the fleet to an instance."""
    return _ACTION.dump_json(envelope).decode()


def load_action(text: str) -> Envelope[Action]:
    """The reverse of dump_action; raises WireError."""
    try:
        return _ACTION.validate_json(text)
    except ValidationError as error:
        raise WireError(f"not an action: {error}") from error
