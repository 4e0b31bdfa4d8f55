"""`trustsim run --tls`: when it can be had, what is said without it, and what it leaves with --keep."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.transport.mosquitto import find_mosquitto

from .command import EXAMPLE, HEAD, run

NEEDS_MOSQUITTO = (
    pytest.mark.mosquitto,
    pytest.mark.skipif(find_mosquitto() is None, reason="there is no mosquitto executable on this machine"),
)

CERTIFICATES = EXAMPLE.with_name("certificates-that-fail.yaml")

NOTICE = "not encrypted: only signatures tell instances apart"


@pytest.fixture
def short(tmp_path: Path) -> Path:
    """A scenario of one step."""
    file = tmp_path / "short.yaml"
    step = "steps:\n  - create_trust_record: { on: subprod1, trustee: prod1 }\n"
    file.write_text(HEAD.format(name="A short one") + step)
    return file


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "--tls needs --broker mosquitto"),
        (["--broker", "mqtt://ann:s3cret@127.0.0.1"], "--tls needs --broker mosquitto"),
        (["--broker", "mosquitto", "--virtual"], "--tls is for a run on a broker"),
        (["--broker", "mosquitto", "--check-determinism"], "--tls is for a run on a broker"),
    ],
)
def test_where_it_cannot_be_had(short: Path, tmp_path: Path, options: list[str], message: str) -> None:
    """Exit code 2 and the reason, before anything starts; a password is not repeated."""
    result = run(tmp_path, "run", "--tls", *options, short)
    assert result.code == 2
    assert message in result.err
    assert "s3cret" not in result.err
    assert "A short one" not in result.out + result.err


def test_a_run_without_it_says_so_once(short: Path, tmp_path: Path) -> None:
    """One line on standard error, however many files are run."""
    result = run(tmp_path, "run", short, short)
    assert result.code == 0
    assert [line for line in result.err.splitlines() if NOTICE in line] == [result.err.splitlines()[0]]
    assert NOTICE not in result.out


def test_virtual_time_says_nothing(short: Path, tmp_path: Path) -> None:
    """Where nothing is sent, nothing is encrypted or not."""
    assert NOTICE not in run(tmp_path, "run", "--virtual", short).err


@pytest.mark.parametrize("per_process", [1, 9])
@NEEDS_MOSQUITTO[0]
@NEEDS_MOSQUITTO[1]
def test_the_broker_itself_refuses(tmp_path: Path, per_process: int) -> None:
    """Every way to fail is met, as in virtual time; the files of TLS are kept, for the user's eyes only."""
    options = ["-v", "--broker", "mosquitto", "--tls", "--both", "--instances-per-process", str(per_process)]
    result = run(tmp_path, "run", *options, f"--keep={tmp_path / 'kept'}", CERTIFICATES)
    assert result.code == 0, result.out + result.err
    assert NOTICE not in result.err
    assert "refused (topic_denied) by the broker" in result.out
    assert "Rule: Topics are confined to the customer" in result.out
    assert "The broker does not let late publish as subprod1: Not authorized." in " ".join(result.out.split())
    assert "the run on a broker and the one in virtual time are alike" in result.err
    kept = tmp_path / "kept" / CERTIFICATES.stem / "tls"
    modes = {(file.is_dir(), file.stat().st_mode & 0o777) for file in kept.rglob("*")}
    assert modes == {(True, 0o700), (False, 0o600)}
    assert (kept / "clients" / "prod1.pem").read_text().startswith("-----BEGIN PRIVATE KEY-----")
