"""Assertions: JSON Web Tokens with which a client asks for a token in somebody's name (RFC 7519, RFC 7523)."""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate

from simulator.rest.media import read_json

_HASHES: dict[str, type[SHA256 | SHA384 | SHA512]] = {"256": SHA256, "384": SHA384, "512": SHA512}

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"

_END = datetime.max.replace(tzinfo=UTC).timestamp()

SKEW = 300
"""Seconds by which the clocks of client and instance may differ, as on a new instance."""


@dataclass(frozen=True, slots=True)
class Assertion:
    """What a token says whose signature is good."""

    claims: dict[str, Any]

    @classmethod
    def read(cls, token: str, public_key: str, secret: str) -> Assertion | None:
        """Read one that is signed with the key, or with the secret where there is no key; None for any other."""
        signed, _, signature = token.rpartition(".")
        try:
            header, claims = (read_json(_bytes(part)) for part in signed.split("."))
            algorithm = str(header["alg"])
            is_good = _is_signed(signed.encode(), _bytes(signature), algorithm, public_key, secret)
        except (ValueError, TypeError, KeyError, InvalidSignature):
            return None
        return cls(claims) if is_good and isinstance(claims, dict) else None

    @property
    def until(self) -> datetime:
        """From when on it is good for nothing; of one that is good."""
        return datetime.fromtimestamp(self.claims["exp"] + SKEW, UTC)

    def is_good(self, client: str, now: datetime) -> bool:
        """Whether it is of and for this client, and its time has come and is not over."""
        audience = self.claims.get("aud")
        times = [self.claims.get(name) for name in ("exp", "nbf", "iat")]
        if any(isinstance(at, bool) or not isinstance(at, (int, float, type(None))) for at in times):
            return False
        until, *since = times
        at = now.timestamp()
        return (
            self.claims.get("iss") == client
            and client in (audience if isinstance(audience, list) else [audience])
            and until is not None
            and at < until + SKEW < _END
            and all(begin is None or begin - SKEW <= at for begin in since)
        )


def _is_signed(content: bytes, signature: bytes, algorithm: str, public_key: str, secret: str) -> bool:
    """Raises InvalidSignature or ValueError, or says whether the signature is good."""
    kind, hash_ = algorithm[:2], _HASHES[algorithm[2:]]()
    if not public_key:  # a key is never taken for a secret: whoever knew it could sign
        return kind == "HS" and hmac.compare_digest(hmac.digest(secret.encode(), content, hash_.name), signature)
    pem = public_key.encode()
    key = load_pem_x509_certificate(pem).public_key() if b"CERTIFICATE" in pem else load_pem_public_key(pem)
    match key:
        case rsa.RSAPublicKey() if kind == "RS":
            key.verify(signature, content, padding.PKCS1v15(), hash_)
        case ec.EllipticCurvePublicKey() if kind == "ES":
            half = len(signature) // 2
            numbers = (int.from_bytes(part) for part in (signature[:half], signature[half:]))
            key.verify(encode_dss_signature(*numbers), content, ec.ECDSA(hash_))
        case _:
            return False
    return True


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("expected base64") from error
