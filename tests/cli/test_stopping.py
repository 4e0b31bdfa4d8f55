"""A run that ends before its time: Ctrl-C, SIGTERM, SIGKILL, and processes that die under it.

Whatever happens there is an exit code within seconds, and no process is left.
"""

from __future__ import annotations

import json
import os
import re
import signal
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from simulator.cli.stopping import stoppable
from simulator.transport.mosquitto import find_mosquitto

from .command import ENDLESS, EXAMPLE, Command, called, run

SOON = 5.0
"""Seconds to an end that takes a fraction of one on an idle machine."""

BROKERS = [
    "embedded",
    pytest.param(
        "mosquitto",
        marks=(
            pytest.mark.mosquitto,
            pytest.mark.skipif(
                find_mosquitto() is None, reason="there is no mosquitto executable on this machine"
            ),
        ),
    ),
]


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    """A scenario that would run for a minute."""
    path = tmp_path / "endless.yaml"
    path.write_text(ENDLESS)
    return path


@pytest.fixture
def running(tmp_path: Path, endless: Path, request: pytest.FixtureRequest) -> Iterator[Command]:
    """A run in the middle of its second step; a test may name its broker."""
    broker = getattr(request, "param", "embedded")
    with Command(tmp_path, "run", endless, "--broker", broker) as command:
        command.wait_until(lambda: "1/2" in command.err)
        yield command


IN_THE_SECOND_STEP = rf" in step 2 of 2 \(.*/endless\.yaml:{ENDLESS.count(chr(10)) - 1}\): expect"


def assert_stopped(command: Command, where: str = IN_THE_SECOND_STEP) -> None:
    """It ends soon, says *where* it was, as a regular expression, and leaves neither processes nor files."""
    result = command.wait(SOON)
    command.wait_gone(SOON)
    assert result.code == 130, result.err
    assert re.fullmatch(f"trustsim: stopped{where}", result.err.splitlines()[-1]), result.err
    assert "Traceback" not in result.err
    assert not list(command.temporary.iterdir())


# -- on purpose -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("running", BROKERS, indirect=True)
def test_ctrl_c(running: Command) -> None:
    """Ctrl-C, which reaches every process of the run, ends it with exit code 130."""
    running.interrupt()
    assert_stopped(running)


def test_ctrl_c_ends_all_that_run_at_the_same_time(tmp_path: Path) -> None:
    """Where each of them was is said, and stands in the place of its result."""
    files = tmp_path / "a.yaml", tmp_path / "b.yaml"
    for file in files:
        file.write_text(ENDLESS)
    with Command(tmp_path, "run", "-v", "--jobs", "2", "--json", tmp_path / "r.json", *files) as command:
        command.wait_until(lambda: command.err.count("1/2") == len(files))
        command.interrupt()
        where = r" in step 2 of 2 \(.*/{}\.yaml:\d+\): expect"
        assert_stopped(command, f"{where.format('[ab]')};{where.format('[ab]')}")
    found = json.loads((tmp_path / "r.json").read_text())
    assert [Path(run["file"]) for run in found] == list(files)
    assert all(run["error"].startswith("stopped in step 2 of 2 (") for run in found)


def test_sigterm(running: Command) -> None:
    """SIGTERM to the command does the same."""
    running.process.terminate()
    assert_stopped(running)


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_an_impatient_person(running: Command, signal_number: signal.Signals) -> None:
    """Any number of further signals, at any point of the clean-up, change nothing about it."""
    while running.process.poll() is None:
        running.process.send_signal(signal_number)
    assert_stopped(running)


@pytest.mark.parametrize("number", range(3, 7))
def test_ctrl_c_during_start_up(tmp_path: Path, endless: Path, number: int) -> None:
    """Ctrl-C while the fork server, the broker or an instance has just been started."""
    with Command(tmp_path, "run", endless) as command:
        command.wait_until(lambda: len(command.processes()) >= number, every=0.002)
        command.interrupt()
        assert_stopped(command, where=r"( before the first step| in step \d of 2 .*)?")


STARTING: dict[str, list[str | Path]] = {
    "run": ["run", "endless.yaml", "--json", "out.json"],
    "run --virtual": ["run", "--virtual", *[EXAMPLE] * 50, "--json", "out.json"],
    "sweep": ["sweep", "--seeds", "100000", EXAMPLE, "--json", "out.json"],
    "ire": ["ire", "--store", "it.sqlite", "p.json"],
    "instance": ["instance", EXAMPLE, "prod1", "--broker", "mqtt://127.0.0.1:9"],
}


@pytest.mark.parametrize("after", [0.0, 0.3], ids=["during imports", "a moment later"])
@pytest.mark.parametrize("what", STARTING)
def test_ctrl_c_in_the_first_moments(
    tmp_path: Path, endless: Path, monkeypatch: pytest.MonkeyPatch, what: str, after: float
) -> None:
    """Whatever a command is at: it ends with 130 and a word, and leaves nothing."""
    monkeypatch.chdir(tmp_path)
    assert endless.exists()
    assert called("store", "init", "it.sqlite").code == 0
    (tmp_path / "p.json").write_text('{"items": []}')
    with Command(tmp_path, *STARTING[what]) as command:
        command.wait_until(lambda: "_pydantic_core" in command.loaded)
        time.sleep(after)
        if command.process.poll() is None:
            command.interrupt()
        result = command.wait(SOON)
        command.wait_gone(SOON)
    assert not re.search("Traceback|Exception|Error", result.err), result.err
    if result.code != 0 or what != "ire":  # which may have been done by then, or just be saying so
        assert result.code == 130, result.err
        assert result.err.splitlines()[-1].startswith("trustsim: stopped")
    assert not list(command.temporary.iterdir())
    assert not list(tmp_path.glob(".trustsim-*"))


def test_ctrl_c_during_a_sweep(tmp_path: Path) -> None:
    """Its processes end with it, and say nothing of their own."""
    with Command(tmp_path, "sweep", "--seeds", "100000", "--jobs", "2", EXAMPLE) as command:
        command.wait_until(lambda: len(command.processes()) > 2)
        command.interrupt()
        assert_stopped(command, where="")


def test_a_killed_sweep_leaves_no_process(tmp_path: Path) -> None:
    """SIGKILL of the command itself: its processes would wait for work for ever."""
    with Command(tmp_path, "sweep", "--seeds", "100000", "--jobs", "2", EXAMPLE) as command:
        command.wait_until(lambda: len(command.processes()) > 2)
        command.process.kill()
        command.process.wait(SOON)
        command.wait_gone(SOON)


@pytest.mark.parametrize("what", [["sweep", "--seeds", "100000"], ["run", "--virtual", *[EXAMPLE] * 49]], ids=str)
def test_a_process_that_is_ended_from_outside_ends_what_it_works_for(tmp_path: Path, what: list[str]) -> None:
    """As a system does that is short of memory: no verdict, exit code 3, and what to do."""
    with Command(tmp_path, *what, "--jobs", "2", EXAMPLE) as command:
        command.wait_until(lambda: len(command.processes()) > 2)
        os.kill(command.processes()[-1], signal.SIGKILL)
        result = command.wait(SOON)
        command.wait_gone(SOON)
    assert (result.code, len(result.err.splitlines())) == (3, 1), result.err
    assert "has been ended from outside" in result.err
    assert "try a smaller --jobs" in result.err


class _Holder:
    """Something to watch the end of."""


def stopped(work: Callable[[], object]) -> bool:
    """Whether a signal has stopped the work."""
    try:
        with stoppable():
            work()
    except KeyboardInterrupt:
        return True
    return False


def test_a_signal_where_nothing_can_be_raised_comes_again() -> None:
    """In a callback of Python's it would be printed and lost."""

    def work() -> None:
        holder = _Holder()
        reference = weakref.ref(holder, lambda _: signal.raise_signal(signal.SIGINT))
        del holder
        assert reference() is None
        time.sleep(SOON)

    assert stopped(work)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_signal_that_becomes_another_fault() -> None:
    """As Python makes a RuntimeError of it where a class is being made: it is a signal all the same."""

    def work() -> None:
        try:
            signal.raise_signal(signal.SIGTERM)
        except KeyboardInterrupt:
            raise RuntimeError from None

    assert stopped(work)


def test_a_second_signal_does_not_disturb_the_clean_up() -> None:
    """Only the first one counts."""
    cleaned = []

    def work() -> None:
        try:
            signal.raise_signal(signal.SIGINT)
        finally:
            signal.raise_signal(signal.SIGINT)
            cleaned.append("up")

    assert stopped(work)
    assert cleaned


# -- not on purpose -------------------------------------------------------------------------------------


@pytest.mark.parametrize("running", BROKERS, indirect=True)
def test_a_killed_command_leaves_no_process(running: Command) -> None:
    """SIGKILL of the command itself: broker and instances notice, and end."""
    assert len(running.processes()) > 3
    running.process.kill()
    running.process.wait(SOON)
    running.wait_gone(SOON)


def test_what_a_killed_command_has_left_goes_with_the_next(
    tmp_path: Path, endless: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Among its files may be private keys. What a command that lives works with stays, and so do others' files."""
    monkeypatch.chdir(tmp_path)
    with Command(tmp_path, "run", endless, "--json", "out.json") as killed:
        killed.wait_until(lambda: "1/2" in killed.err)
        killed.process.kill()
        killed.process.wait(SOON)
        killed.wait_gone(SOON)
        [left] = killed.temporary.glob("trustsim-*")
        assert list(left.glob("prod1.sqlite"))
        assert not list(tmp_path.glob(".trustsim-*"))
        others = killed.temporary / "trustsim-others"
        others.mkdir()
        with Command(tmp_path, "run", endless, TMPDIR=str(killed.temporary)) as living:
            living.wait_until(lambda: "1/2" in living.err)
            assert not left.exists()
            [used] = set(killed.temporary.glob("trustsim-*")) - {others}
            run(tmp_path, "run", "--virtual", EXAMPLE, TMPDIR=str(killed.temporary))
            assert set(killed.temporary.glob("trustsim-*")) == {others, used}


def test_a_killed_instance_ends_the_run(running: Command) -> None:
    """When somebody kills an instance's process the run fails at once: exit code 3, naming the instance."""
    os.kill(running.find_host("prod1"), signal.SIGKILL)
    result = running.wait(SOON)
    assert result.code == 3
    assert "trustsim: the process of prod1 ended with exit code -9" in result.err
    assert "Traceback" not in result.err
    running.wait_gone(SOON)
    assert not list(running.temporary.iterdir())


@pytest.mark.parametrize("running", BROKERS, indirect=True)
def test_a_killed_broker_ends_the_run(running: Command) -> None:
    """When somebody kills the broker the run fails at once: exit code 3, with the broker's address."""
    os.kill(running.find_broker(), signal.SIGKILL)
    result = running.wait(SOON)
    assert result.code == 3
    last = result.err.splitlines()[-1]
    assert last.startswith("trustsim: ")
    assert " died: " in last
    assert "mqtt://127.0.0.1:" in last
    running.wait_gone(SOON)
    assert not list(running.temporary.iterdir())


def test_a_killed_fork_server_does_not_hang_the_run(running: Command) -> None:
    """The fork server is only needed to start processes; without it the run can still be stopped."""
    os.kill(running.find_fork_server(), signal.SIGKILL)
    running.interrupt()
    result = running.wait(SOON)
    assert result.code in (3, 130)
    running.wait_gone(SOON)
