"""Who sent it: every envelope on the wire is signed with its sender's Ed25519 signing key.

The keys are derived from a secret and the instance id. A run on a broker draws its secret when it starts, and the
process of each instance gets that instance's key and no other. In virtual time, and for instances that are started
apart from each other and have to know one another's public keys, the scenario's seed stands for the secret: there
whoever knows the seed can sign as anybody.
"""

from __future__ import annotations

from collections import OrderedDict
from functools import lru_cache
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SigningKey = Ed25519PrivateKey

_MEMBERS = 16_384
"""More than the instances of the largest fleet in one process, each of which signs again and again."""


def private_key(secret: str, instance_id: str) -> bytes:
    """The 32 bytes of one instance's signing key in the fleet with this secret."""
    return sha256(f"{secret}/{instance_id}".encode()).digest()


@lru_cache(maxsize=_MEMBERS)
def key_of(private: bytes) -> SigningKey:
    """The signing key with these bytes."""
    return Ed25519PrivateKey.from_private_bytes(private)


def signing_key(secret: str, instance_id: str) -> SigningKey:
    """The signing key of one instance of the fleet with this secret."""
    return key_of(private_key(secret, instance_id))


@lru_cache(maxsize=_MEMBERS)
def id_secret(key: SigningKey) -> str:
    """What the ids of an instance's envelopes are derived with, so that nobody else can tell them beforehand."""
    return sha256(b"ids/" + key.private_bytes_raw()).hexdigest()


@lru_cache(maxsize=_MEMBERS)
def public_key(key: SigningKey) -> str:
    """The public half as 64 hexadecimal digits, as the instance directory keeps it."""
    return key.public_key().public_bytes_raw().hex()


def sign(body: bytes, key: SigningKey) -> bytes:
    """The 64-byte signature of *body*."""
    signature = key.sign(body)
    _made_here(public_key(key), body, signature)
    return signature


def is_authentic(body: bytes, signature: bytes, sender_public_key: str) -> bool:
    """Whether *signature* over *body* was made with the private half of *sender_public_key*."""
    if _MADE_HERE.get(signature) == (sender_public_key, body):
        return True
    try:
        _loaded(sender_public_key).verify(signature, body)
    except InvalidSignature:
        return False
    return True


_MADE_HERE: OrderedDict[bytes, tuple[str, bytes]] = OrderedDict()
"""The latest signatures that this process has made itself, with the key and the body of each.

Verifying costs four times as much as signing. Where sender and recipient share a process, as in virtual time,
a triple that came out of `sign` unchanged need not be computed a second time; any other goes the whole way.
"""

_MADE_HERE_MOST = 4096


def _made_here(key: str, body: bytes, signature: bytes) -> None:
    _MADE_HERE[signature] = (key, body)
    if len(_MADE_HERE) > _MADE_HERE_MOST:
        _MADE_HERE.popitem(last=False)


@lru_cache(maxsize=4096)  # an instance hears from few senders; loading a key costs as much as a hash
def _loaded(hexadecimal: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(hexadecimal))
