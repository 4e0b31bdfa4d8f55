"""Who sent it: every envelope on the wire is signed with its sender's Ed25519 signing key.

The keys are derived from the fleet's seed and the instance id, so that instances which are started apart
from each other know one another's public keys. They protect a simulation and nothing else.
"""

from __future__ import annotations

from collections import OrderedDict
from functools import lru_cache
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SigningKey = Ed25519PrivateKey


@lru_cache(maxsize=4096)
def signing_key(seed: str, instance_id: str) -> SigningKey:
    """The signing key of one instance of the fleet with this seed."""
    return Ed25519PrivateKey.from_private_bytes(sha256(f"{seed}/{instance_id}".encode()).digest())


@lru_cache(maxsize=4096)
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
