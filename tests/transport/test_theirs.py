"""Somebody else's broker with TLS: who is let in, what is said when either side does not trust the other."""

from __future__ import annotations

import asyncio
import pickle
import subprocess
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from simulator.errors import TransportError
from simulator.transport.address import BrokerAddress, BrokerNode
from simulator.transport.certificate import Certificate
from simulator.transport.external import ExternalBroker
from simulator.transport.mosquitto import MosquittoBroker
from simulator.transport.mqtt import MqttLink
from simulator.transport.tls import Tls, authorities_in, own_in

from .conftest import NEEDS_MOSQUITTO
from .theirs import TheirBroker

BOUND = 10.0
"""Seconds nothing here should take; only a test that fails waits so long."""


@pytest.fixture
async def theirs(tmp_path: Path) -> AsyncIterator[TheirBroker]:
    """A running one."""
    broker = TheirBroker(tmp_path)
    await broker.start()
    yield broker
    await broker.close()


async def refusal(address: BrokerAddress) -> str:
    """Why there is no connection, as the first line that a run ends with."""
    with pytest.raises(TransportError) as error:
        await ExternalBroker(address).start()
    said = str(error.value)
    assert said.startswith(f"no connection to the broker at {address}: ")
    assert "s3cret" not in said
    assert "\n" not in said
    return said.removeprefix(f"no connection to the broker at {address}: ")


@pytest.mark.parametrize("direct", [False, True], ids=["behind a relay", "directly"])
@NEEDS_MOSQUITTO[0]
@NEEDS_MOSQUITTO[1]
async def test_it_is_spoken_with(theirs: TheirBroker, direct: bool) -> None:
    """In MQTT 3.1.1, for some speak no other; also by who is on another machine and has only the address."""
    external = ExternalBroker(theirs.reached(theirs.tls()), direct=direct)
    address = pickle.loads(pickle.dumps(await external.start()))  # noqa: S301 - our own
    theirs.theirs.remove()
    assert str(address) == f"mqtts://ann@127.0.0.1:{theirs.address.node.port}"
    async with MqttLink(address, "ann", "in/ann") as ann, asyncio.timeout(BOUND):
        await ann.publish("in/ann", b"hello")
        assert [arrival.payload for arrival in await ann.receive()] == [b"hello"]
    await external.close()
    assert "as ann (p2," in (theirs.directory / "mosquitto.log").read_text()


@NEEDS_MOSQUITTO[0]
@NEEDS_MOSQUITTO[1]
async def test_it_has_to_be_vouched_for(theirs: TheirBroker) -> None:
    """By an authority that is trusted, and under the name of the node, also where a relay is in between.

    Else nothing is sent to it.
    """
    trusting = theirs.tls()
    stranger = await refusal(theirs.reached(replace(trusting, authorities=None)))
    assert stranger.startswith("its certificate cannot be verified: ")
    assert stranger.endswith("; expected one for this host, from an authority that the system trusts")
    node = BrokerNode("elsewhere.example", 8883, relay=theirs.address.node.port)
    misnamed = await refusal(replace(theirs.reached(trusting), nodes=(node,)))
    assert misnamed.startswith("its certificate cannot be verified: Hostname mismatch")
    assert misnamed.endswith("from an authority that is in the file of --broker-ca")
    assert "client connected" not in (theirs.directory / "mosquitto.log").read_text()


@NEEDS_MOSQUITTO[0]
@NEEDS_MOSQUITTO[1]
async def test_it_says_whom_it_does_not_let_in(theirs: TheirBroker) -> None:
    """Who has no certificate, one that is not valid, or the wrong account."""
    trusting = theirs.tls()
    none = await refusal(theirs.reached(replace(trusting, own=None)))
    assert none == "it refuses who has no certificate, which --broker-cert gives: certificate required"
    expired = await refusal(theirs.reached(theirs.tls(Certificate.EXPIRED)))
    assert expired == "it refuses our certificate: certificate expired"
    foreign = await refusal(theirs.reached(theirs.tls(Certificate.FOREIGN)))
    assert foreign == "it refuses our certificate: unknown ca"
    guessing = await refusal(replace(theirs.reached(trusting), password="guess"))  # noqa: S106
    assert "ot authori" in guessing


@NEEDS_MOSQUITTO[0]
@NEEDS_MOSQUITTO[1]
async def test_a_broker_without_tls_is_told_from_one_that_is_not_trusted(tmp_path: Path) -> None:
    """TLS is for a port of its own, and the address may name the other one."""
    broker = MosquittoBroker(tmp_path)
    try:
        said = await refusal(replace(await broker.start(), tls=Tls()))
    finally:
        await broker.close()
    assert "certificate" not in said


def test_files_that_are_none_are_named(tmp_path: Path) -> None:
    """What was expected of them, and what is there."""
    theirs = TheirBroker(tmp_path / "one")
    other = TheirBroker(tmp_path / "other")
    authorities, own = theirs.authorities, theirs.certify(Certificate.VALID)
    text, encrypted, cut = tmp_path / "text.pem", tmp_path / "encrypted.pem", tmp_path / "cut.pem"
    text.write_text("no PEM ü\n")
    cut.write_text("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")
    lock = ["openssl", "pkey", "-in", str(own), "-aes256", "-passout", "pass:s3cret", "-out", str(encrypted)]
    subprocess.run(lock, check=True)
    with pytest.raises(ValueError, match=f"{tmp_path}/nowhere: No such file or directory"):
        authorities_in(tmp_path / "nowhere")
    with pytest.raises(ValueError, match=f"{tmp_path}: Is a directory"):
        authorities_in(tmp_path)
    with pytest.raises(ValueError, match=f"{text}: expected PEM with -----BEGIN CERTIFICATE-----"):
        authorities_in(text)
    with pytest.raises(ValueError, match=f"{cut}: its certificates cannot be read"):
        authorities_in(cut)
    with pytest.raises(ValueError, match=f"{authorities}: expected PEM with -----BEGIN PRIVATE KEY-----"):
        own_in(authorities, None)
    with pytest.raises(ValueError, match=f"{text}: expected PEM with -----BEGIN PRIVATE KEY-----"):
        own_in(own, text)
    with pytest.raises(ValueError, match=f"{encrypted}: expected a private key without a passphrase"):
        own_in(own, encrypted)
    with pytest.raises(ValueError, match="the private key does not go with the certificate in"):
        own_in(own, other.certify(Certificate.VALID))


def test_what_is_read_of_files_is_what_matters(tmp_path: Path) -> None:
    """Remarks between certificates, in whatever letters; a key in a file of its own; and none of it is printed."""
    theirs = TheirBroker(tmp_path)
    certificate = theirs.authorities.read_text()
    remarked = tmp_path / "remarked.pem"
    remarked.write_text(f"# Größte Behörde\n{certificate}# the same again\n{certificate}")
    assert authorities_in(remarked).count("BEGIN CERTIFICATE") == 2
    own = theirs.certify(Certificate.VALID)
    key, _, shown = own.read_text().partition("-----BEGIN CERTIFICATE")
    (tmp_path / "key.pem").write_text(key)
    (tmp_path / "shown.pem").write_text(f"-----BEGIN CERTIFICATE{shown}")
    read = own_in(tmp_path / "shown.pem", tmp_path / "key.pem")
    assert sorted(read.split()) == sorted(own_in(own, None).split()) == sorted(own.read_text().split())
    assert "BEGIN" not in repr(replace(theirs.address, tls=Tls(certificate, read)))


@pytest.mark.parametrize(
    ("alert", "without", "with_own"),
    [
        ("handshake failure", "it refuses who has no certificate", "it refuses TLS with us"),  # before TLS 1.3
        ("certificate revoked", "it refuses who has no certificate", "it refuses our certificate"),
        ("protocol version", "it refuses TLS with us", "it refuses TLS with us"),
    ],
)
def test_an_alert_is_about_our_certificate_or_not(alert: str, without: str, with_own: str) -> None:
    """Of what is no matter of certificates, nobody is told to mend one."""
    for tls, expected in ((Tls(), without), (Tls(own="a certificate"), with_own)):
        said = tls.fault(None, alert)
        assert said is not None
        assert said.startswith(expected)
        assert said.endswith(f": {alert}")
    assert Tls().fault(None, None) is None
