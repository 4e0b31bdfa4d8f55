"""Ids, keys and topics: the same in every run, for they are on the wire and in files."""

from __future__ import annotations

import pytest

from simulator.protocol.envelope import LIFETIME, derive_id
from simulator.protocol.signature import is_authentic, signing_key
from simulator.protocol.topics import inbox, outbox, topic


@pytest.mark.parametrize(
    ("parts", "id_"),
    [
        (("instance", "acme", "prod1"), "8048501e5f54b26290e82816c5648b6c"),
        (("cause", 0), "eb5fe63cf40d846ef323a3f207d4947c"),
    ],
)
def test_derived_ids_never_change(parts: tuple[str | int, ...], id_: str) -> None:
    """The same parts give the same id in every version of the simulator."""
    assert derive_id(*parts) == id_


def test_derived_ids_differ_where_the_parts_do() -> None:
    """Neither the order nor the borders of the parts are lost."""
    ids = {derive_id(*parts) for parts in [("a", "b"), ("b", "a"), ("ab",), ("a", "b", 0), ("a", "b", 1), ()]}
    assert len(ids) == 6


@pytest.mark.parametrize(
    ("seed", "instance", "public"),
    [
        ("seed", "a", "9ba451eeb2b84ee164ea85c9f69bf1d16087c00921c6509cfd4061cbb5324d9a"),
        ("seed", "b", "733c9968d8a649cc45b5011628ff9c3d494bac7b7d6d9f5b35ebdf36aef4e5ee"),
    ],
)
def test_signing_keys_never_change(seed: str, instance: str, public: str) -> None:
    """The key of an instance follows from the fleet's seed and the instance's id alone."""
    assert signing_key(seed, instance).public == public


def test_signature_never_changes() -> None:
    """Signing is deterministic, so the same run gives the same bytes."""
    signature = signing_key("seed", "a").sign(b"body")
    assert signature.hex().startswith("247d6357fb3125ad837fa3bb435688b8")
    assert is_authentic(b"body", signature, signing_key("seed", "a").public)


@pytest.mark.parametrize("signature", [b"", b"\0" * 63, b"\0" * 64, b"\0" * 65])
def test_anything_else_is_no_signature(signature: bytes) -> None:
    """A signature of any other length or content is not authentic, and no error."""
    assert not is_authentic(b"body", signature, signing_key("seed", "a").public)


@pytest.mark.parametrize("key", ["", "ab", "00" * 31, "00" * 33, "no key", "é" * 64])
def test_nothing_is_authentic_under_what_is_no_key(key: str) -> None:
    """A directory may have been written by others: what it has in the place of a key is no error either."""
    assert not is_authentic(b"body", signing_key("seed", "a").sign(b"body"), key)


def test_messages_wait_for_thirty_six_hours() -> None:
    """The retention of the product's transport."""
    assert LIFETIME.total_seconds() == 36 * 60 * 60


def test_topics_name_account_recipient_and_sender() -> None:
    """What an instance may read and what it may write meet in the one topic from one to the other."""
    assert topic("mif", "acme", "1f", "2e") == "mif/acme/1f/inbox/2e"
    assert inbox("mif", "acme", "1f") == "mif/acme/1f/inbox/+"
    assert outbox("mif", "acme", "2e") == "mif/acme/+/inbox/2e"
