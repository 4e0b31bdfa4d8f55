"""A disk that takes no more: no fault of a scenario, so the run ends with exit code 3 and names the disk."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .command import HEAD, Command, run

SOON = 20.0
"""Seconds to an end that takes one or two on an idle machine, and came never."""

LARGE = (
    HEAD.format(name="More than the disk takes")
    + "steps:\n"
    + """\
  - create_trust_record: { on: subprod1, trustee: prod1 }
  - send: { from: subprod1, to: prod1, operation: hand over, payload: { a: "%s" } }
    expect: processed
"""
    % ("x" * 300_000)
)

HOW = [pytest.param((), id="on a broker"), pytest.param(("--virtual",), id="in virtual time")]


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A scenario with a message of some 300 KB."""
    path = tmp_path / "large.yaml"
    path.write_text(LARGE)
    return path


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MB of its own."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.decode().strip()}")
    yield disk
    subprocess.run(["umount", disk], check=True)


@pytest.mark.parametrize("how", HOW)
def test_a_full_disk_ends_a_run_and_is_named(
    tmp_path: Path, large: Path, small_disk: Path, how: tuple[str]
) -> None:
    """The last words are there although the log is on the same disk."""
    began = time.monotonic()
    result = run(tmp_path, "run", *how, "--keep", small_disk / "kept", large)
    assert result.code == 3, result.err
    assert f"no space left on the disk of {small_disk / 'kept' / 'large'}" in result.err
    assert "Traceback" not in result.err
    assert time.monotonic() - began < SOON


@pytest.mark.parametrize("how", HOW)
def test_a_disk_that_takes_no_more_of_a_file_ends_a_run(tmp_path: Path, large: Path, how: tuple[str]) -> None:
    """As a quota does it: the run does not wait for it to pass, for no fault of the scenario holds it up."""
    with Command(tmp_path, "run", *how, "--keep", tmp_path / "kept", large, largest_file=1_000_000) as command:
        result = command.wait(SOON)
        command.wait_gone()
    assert result.code == 3, result.err
    assert f"the disk is that of {tmp_path / 'kept' / 'large'}" in result.err
    assert "Traceback" not in result.err


@pytest.mark.parametrize("how", [*HOW, pytest.param(("--broker", "mosquitto", "--tls"), id="with TLS")])
def test_a_disk_without_room_for_any_file_ends_a_run(
    tmp_path: Path, large: Path, small_disk: Path, how: tuple[str]
) -> None:
    """Also where nothing can even be begun."""
    (small_disk / "filling").write_bytes(bytes(1_000_000))
    result = run(tmp_path, "run", *how, "--keep", small_disk / "kept", large)
    assert result.code == 3, result.err
    assert str(small_disk) in result.err
    assert "Traceback" not in result.err


def test_what_does_not_fit_on_the_disk_is_no_fault_of_a_setup(tmp_path: Path) -> None:
    """`store init` on a full disk says so, and not that the setup is wrong."""
    result = run(tmp_path, "store", "init", tmp_path / "x.sqlite", largest_file=100_000)
    assert result.code == 3, result.err
    assert f"the disk is that of {tmp_path}" in result.err
    assert "Traceback" not in result.err
