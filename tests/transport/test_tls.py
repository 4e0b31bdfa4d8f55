"""A real Mosquitto with TLS: whom it lets in, what it says to the others, and what each may read and write."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from simulator.errors import TransportError
from simulator.transport import mosquitto
from simulator.transport.authority import Authority
from simulator.transport.certificate import ALERTS, Certificate, Credentials
from simulator.transport.mosquitto import HOST, MosquittoBroker, Right
from simulator.transport.mqtt import MqttLink

from .conftest import NEEDS_MOSQUITTO

pytestmark = [*NEEDS_MOSQUITTO]

BOUND = 10.0
"""Seconds nothing here should take; only a test that fails waits so long."""

RIGHTS = [
    Right(name, reads=f"mif/acme/{name}/inbox/+", writes=f"mif/acme/+/inbox/{name}") for name in ("ann", "bob")
]
RIGHTS += [Right("eve", reads="mif/globex/eve/inbox/+", writes="mif/globex/+/inbox/eve")]


class Door:
    """A broker with TLS, and links to it."""

    def __init__(self, directory: Path) -> None:
        now = datetime.now(UTC)  # noqa: TID251 - TLS goes by the wall clock
        self.authority = Authority(directory / "tls", now, HOST)
        self.broker = MosquittoBroker(directory, authority=self.authority, rights=RIGHTS)

    def link(self, name: str, inbox: str = "", identity: str = "") -> MqttLink:
        """A link that shows the certificate of *name*, and by default reads that one's own inbox."""
        inbox = inbox or f"mif/acme/{name}/inbox/+"
        credentials = Credentials(files=self.authority.files_of(name))
        return MqttLink(self.broker.address, identity or name, inbox, credentials)


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    """A running one, with a valid certificate for everybody."""
    door = Door(tmp_path)
    for right in RIGHTS:
        door.authority.certify(right.identity, right.identity, Certificate.VALID)
    await door.broker.start()
    yield door
    await door.broker.stop()


async def test_a_valid_certificate_lets_in(door: Door) -> None:
    """Two clients with certificates talk to each other."""
    async with door.link("ann") as ann, door.link("bob") as bob, asyncio.timeout(BOUND):
        assert (ann.refusal, bob.refusal) == ("", "")
        await ann.publish("mif/acme/bob/inbox/ann", b"hello")
        assert await payloads(bob) == [b"hello"]


@pytest.mark.parametrize("certificate", [it for it in Certificate if it is not Certificate.VALID])
async def test_any_other_is_refused_in_the_words_of_tls(door: Door, certificate: Certificate) -> None:
    """The link is not connected and says why, until it has a valid certificate."""
    door.authority.certify("ann", "ann", certificate)
    await door.broker.reload()
    async with door.link("ann") as ann, asyncio.timeout(BOUND):
        assert ann.refusal == ALERTS[certificate]
        assert ann.connections == 0
        with pytest.raises(TransportError, match="no connection"):
            await ann.publish("mif/acme/bob/inbox/ann", b"hello")
        door.authority.certify("ann", "ann", Certificate.VALID)
        await ann.wait_connected()
        assert ann.refusal == ""


@pytest.mark.parametrize("certificate", [it for it in Certificate if it is not Certificate.VALID])
async def test_without_tls_the_same_is_simulated(tmp_path: Path, certificate: Certificate) -> None:
    """A link to a broker that asks for no certificates is refused with the same words."""
    broker = MosquittoBroker(tmp_path)
    try:
        async with MqttLink(await broker.start(), "ann", "in/ann", Credentials(certificate)) as ann:
            assert (ann.refusal, ann.connections) == (ALERTS[certificate], 0)
            await ann.renew(Credentials())
            assert (ann.refusal, ann.connections) == ("", 1)
    finally:
        await broker.stop()


async def test_a_client_that_speaks_no_tls_is_not_let_in(door: Door) -> None:
    """Nor does it get an answer."""
    with pytest.raises(TransportError, match="no connection"):
        async with MqttLink(door.broker.address, "ann", "mif/acme/ann/inbox/+"):
            pass


async def test_revoking_shuts_out_who_connects_again_and_nobody_else(door: Door) -> None:
    """The broker reads the new list while it runs: the other client's connection stays."""
    async with door.link("ann") as ann, door.link("bob") as bob, asyncio.timeout(BOUND):
        for round_ in (1, 2):  # the second time the list is a third one
            door.authority.certify("ann", "ann", Certificate.REVOKED)
            await door.broker.reload()
            await ann.renew(Credentials(files=door.authority.files_of("ann")))
            assert ann.refusal == "certificate revoked"
            door.authority.certify("ann", "ann", Certificate.VALID)
            await ann.renew(Credentials(files=door.authority.files_of("ann")))
            assert (ann.refusal, ann.connections) == ("", 1 + round_)
        assert bob.connections == 1


async def test_a_renewal_outlasts_the_broker(door: Door) -> None:
    """With the broker away a link with a new certificate waits for it; the answer comes when it is back."""
    async with door.link("ann") as ann, asyncio.timeout(BOUND):
        await door.broker.stop()
        door.authority.certify("ann", "ann", Certificate.VALID)
        await ann.renew(Credentials(files=door.authority.files_of("ann")))
        assert ann.refusal == ""
        await door.broker.start()
        await ann.wait_connected(after=1)


async def test_nobody_publishes_as_another(door: Door) -> None:
    """The broker says no, and nothing arrives; neither in another's name nor in another account."""
    async with door.link("ann") as ann, door.link("bob") as bob, asyncio.timeout(BOUND):
        assert await ann.claim("mif/acme/bob/inbox/eve", b"as eve") == "Not authorized"
        assert await ann.claim("mif/globex/eve/inbox/ann", b"elsewhere") == "Not authorized"
        assert await ann.claim("mif/acme/bob/inbox", b"as nobody") == "Not authorized"
        await ann.publish("mif/acme/bob/inbox/eve", b"as eve, and without asking")
        assert await ann.claim("mif/acme/bob/inbox/ann", b"as ann") == ""
        assert await payloads(bob) == [b"as ann"]  # what was sent before would have come before


@pytest.mark.parametrize("inbox", ["mif/acme/bob/inbox/+", "mif/#", "#"])
async def test_nobody_reads_another_inbox(door: Door, inbox: str) -> None:
    """A subscription to it, or to everything, brings nothing but one's own."""
    async with door.link("ann", inbox) as ann, door.link("bob") as bob, asyncio.timeout(BOUND):
        await bob.publish("mif/acme/bob/inbox/bob", b"private")
        assert await payloads(bob) == [b"private"]
        if inbox.endswith("#"):
            await bob.publish("mif/acme/ann/inbox/bob", b"for ann")
            assert await payloads(ann) == [b"for ann"]
        await ann.claim("mif/acme/bob/inbox/ann", b"the broker answers after all that it had for her")
        assert not ann._waiting


async def test_nobody_takes_another_client_id(door: Door) -> None:
    """A client is who its certificate says: with another's id it cannot throw that one out."""
    async with door.link("bob") as bob, door.link("ann", identity="bob"), asyncio.timeout(BOUND):
        await bob.publish("mif/acme/bob/inbox/bob", b"still here")
        assert await payloads(bob) == [b"still here"]
        assert bob.connections == 1


async def test_a_mosquitto_without_tls_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would start and speak without, with no more than a warning in its log."""
    script = tmp_path / "mosquitto"
    script.write_text(
        "#!/bin/sh\necho 'Warning: TLS support not available.'\necho 'mosquitto running'\nexec sleep 60\n"
    )
    script.chmod(0o755)
    monkeypatch.setattr(mosquitto, "find_mosquitto", lambda: str(script))
    door = Door(tmp_path)
    with pytest.raises(TransportError, match=r"built without.*or run without --tls"):
        await door.broker.start()
    assert door.broker.pid is None


async def payloads(link: MqttLink) -> list[bytes]:
    """What comes next."""
    return [arrival.payload for arrival in await link.receive()]
