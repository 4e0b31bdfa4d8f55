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

from nacl.bindings import (
    crypto_sign,
    crypto_sign_BYTES,
    crypto_sign_open,
    crypto_sign_PUBLICKEYBYTES,
    crypto_sign_seed_keypair,
)
from nacl.exceptions import BadSignatureError

_MEMBERS = 16_384
"""More than the instances of the largest fleet in one process, each of which signs again and again."""


class SigningKey:
    """One instance's signing key; see `key_of`."""

    __slots__ = ("_secret", "id_secret", "public")

    def __init__(self, private: bytes) -> None:
        public, self._secret = crypto_sign_seed_keypair(private)
        self.public = public.hex()
        """The public half as 64 hexadecimal digits, as the instance directory keeps it."""
        self.id_secret = sha256(b"ids/" + private).hexdigest()
        """What the ids of its envelopes are derived with, so that nobody else can tell them beforehand."""

    def sign(self, body: bytes) -> bytes:
        """The 64-byte signature of *body*."""
        signature = crypto_sign(body, self._secret)[:crypto_sign_BYTES]
        _MADE_HERE[signature] = (self.public, body)
        if len(_MADE_HERE) > _MADE_HERE_MOST:
            _MADE_HERE.popitem(last=False)
        return signature


def private_key(secret: str, instance_id: str) -> bytes:
    """The 32 bytes of one instance's signing key in the fleet with this secret."""
    return sha256(f"{secret}/{instance_id}".encode()).digest()


@lru_cache(maxsize=_MEMBERS)
def key_of(private: bytes) -> SigningKey:
    """The signing key with these 32 bytes."""
    return SigningKey(private)


def signing_key(secret: str, instance_id: str) -> SigningKey:
    """The signing key of one instance of the fleet with this secret."""
    return key_of(private_key(secret, instance_id))


def is_authentic(body: bytes, signature: bytes, sender_public_key: str) -> bool:
    """Whether *signature* over *body* was made with the private half of *sender_public_key*."""
    if _MADE_HERE.get(signature) == (sender_public_key, body):
        return True
    try:
        key = bytes.fromhex(sender_public_key)
        # libsodium is handed both as they are, and would read on behind what is too short.
        if len(key) != crypto_sign_PUBLICKEYBYTES or len(signature) != crypto_sign_BYTES:
            return False
        crypto_sign_open(signature + body, key)
    except (ValueError, BadSignatureError):
        return False
    return True


_MADE_HERE: OrderedDict[bytes, tuple[str, bytes]] = OrderedDict()
"""The latest signatures that this process has made itself, with the key and the body of each.

Verifying costs nearly three times as much as signing. Where sender and recipient share a process, as in virtual
time, a triple that came out of `sign` unchanged need not be computed a second time; any other goes the whole way.
"""

_MADE_HERE_MOST = 4096
