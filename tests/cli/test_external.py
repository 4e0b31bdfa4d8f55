"""Somebody else's broker, by `--broker` with several nodes and with TLS: runs, guests, and mistakes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from simulator.peer import Peer
from simulator.transport.certificate import Certificate
from tests.transport.conftest import NEEDS_MOSQUITTO
from tests.transport.theirs import TheirBroker

from .command import EXAMPLE, HEAD, Command, run
from .test_peer import SCENARIO

LIMIT = 30.0
"""Seconds nothing here should take; only a test that fails waits so long."""


@pytest.fixture
def short(tmp_path: Path) -> Path:
    """A scenario of one step."""
    file = tmp_path / "short.yaml"
    step = "steps:\n  - create_trust_record: { on: subprod1, trustee: prod1 }\n"
    file.write_text(HEAD.format(name="A short one") + step)
    return file


@pytest.fixture
async def theirs(tmp_path: Path) -> AsyncIterator[TheirBroker]:
    """A running broker with TLS."""
    broker = TheirBroker(tmp_path / "theirs")
    await broker.start()
    yield broker
    await broker.close()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--broker", "mqtts://ann:s3cret@a,b:x"], "in 'b:x', number 2 of its 2 hosts, has 'x' for a port"),
        (["--broker-ca", "ca.pem"], "--broker-ca: such a file is for a broker with TLS, --broker mqtts://..."),
        (
            ["--broker", "mqtt://ann:s3cret@a", "--broker-cert", "c.pem", "--broker-key", "k.pem"],
            "--broker-cert and --broker-key: such a file is for a broker with TLS, --broker mqtts://...",
        ),
        (["--broker", "mosquitto", "--broker-key", "k.pem"], "--broker-key: such a file is for a broker with TLS"),
        (
            ["--broker", "mqtts://a", "--broker-key", "k.pem"],
            "goes with a certificate, and there is no --broker-cert",
        ),
        (["--broker", "mqtts://a", "--broker-ca", "ca.pem"], "--broker-ca: ca.pem: No such file or directory"),
        (
            ["--broker-cert", str(EXAMPLE), "--broker", "mqtts://a"],
            f"--broker-cert: {EXAMPLE}: expected PEM with -----BEGIN CERTIFICATE-----, and there is none in it",
        ),
    ],
)
def test_what_cannot_be_meant(short: Path, tmp_path: Path, options: list[str], message: str) -> None:
    """Exit code 2 and what was expected, before anything starts; a password is not repeated."""
    result = run(tmp_path, "run", *options, short)
    assert result.code == 2
    assert message in " ".join(result.err.split())
    assert "s3cret" not in result.err
    assert "A short one" not in result.out + result.err


@pytest.mark.parametrize("command", [["record", "-o", "x.yaml"], ["instance", EXAMPLE, "prod1"]])
def test_who_listens_at_a_broker_has_the_same_options(tmp_path: Path, command: list[str]) -> None:
    """Whatever has an address of a broker takes several nodes, and files for TLS."""
    assert "--broker: expected mqtt://" in run(tmp_path, *command, "--broker", "mqtts://a,,b").err.replace("'", "")
    result = run(tmp_path, *command, "--broker", "mqtts://a,b", "--broker-ca", "ca.pem")
    assert result.code == 2
    assert "ca.pem: No such file or directory" in result.err


@NEEDS_MOSQUITTO[0]
@NEEDS_MOSQUITTO[1]
async def test_a_broker_that_cannot_be_verified_ends_a_run(
    theirs: TheirBroker, short: Path, tmp_path: Path
) -> None:
    """Exit code 3, and one line that says which side does not trust the other, and nothing that is secret."""
    address = f"127.0.0.1:{theirs.address.node.port}"
    own = theirs.certify(Certificate.VALID)
    result = run(tmp_path, "run", "-q", "--broker", f"mqtts://ann:s3cret@{address}", "--broker-cert", own, short)
    assert result.code == 3
    assert f"trustsim: no connection to the broker at mqtts://ann@{address}: its certificate cannot" in result.err
    assert len(result.err.splitlines()) == 1
    assert "s3cret" not in result.err


@NEEDS_MOSQUITTO[0]
@NEEDS_MOSQUITTO[1]
async def test_a_guest_is_told_the_account_and_the_certificates(
    theirs: TheirBroker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `up` was given is enough for it, too; of the nodes the first is not there.

    Nobody is told that such a fleet is not encrypted.
    """
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    (tmp_path / "guest.yaml").write_text(SCENARIO)
    url = f"mqtts://ann:s3cret@127.0.0.1:9,127.0.0.1:{theirs.address.node.port}"
    tls = ("--broker-ca", theirs.authorities, "--broker-cert", theirs.certify(Certificate.VALID))
    options = ("--broker", url, *tls, "--guest", "guest", "--http-port", "0", "--instances-per-process", "2")
    with Command(tmp_path, "up", tmp_path / "guest.yaml", *options, XDG_RUNTIME_DIR=str(tmp_path)) as fleet:
        fleet.wait_until(lambda: "Ctrl-C stops it" in fleet.out)
        async with asyncio.timeout(LIMIT), Peer.guest("guest") as me:
            granted = await me.receive()
            assert (granted.sender, granted.message.kind) == ("prod1", "trust_granted")
            await granted.confirm()
        assert f"mqtts://ann@127.0.0.1:9,127.0.0.1:{theirs.address.node.port}" in fleet.out
        assert "s3cret" not in fleet.out + fleet.err
        assert "encrypted" not in fleet.out + fleet.err
