"""A store on a thread of its own."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from simulator.errors import StoreError
from simulator.store.thread import StoreThread
from simulator.tables import Property, Put
from tests.fleet import START


async def test_functions_run_on_one_other_thread(tmp_path: Path) -> None:
    """Every function runs on the same thread, and it is not the caller's."""
    thread = StoreThread(tmp_path / "a.sqlite")
    async with thread:
        seen = await asyncio.gather(*(thread.run(threading.get_ident) for _ in range(20)))
    assert len(set(seen)) == 1
    assert seen[0] != threading.get_ident()


async def test_functions_do_not_mix(tmp_path: Path) -> None:
    """Transactions of several tasks follow one another, in the order in which they were handed over."""
    thread = StoreThread(tmp_path / "a.sqlite")
    async with thread:
        store = thread.store("me")

        def add(number: int) -> int:
            with store.transaction():
                before = len(store.load(Property))
                store.apply([Put(Property(name=f"p{number}", value=""))], START)
                return before

        assert await asyncio.gather(*(thread.run(add, number) for number in range(20))) == list(range(20))


async def test_arguments_results_and_exceptions_pass(tmp_path: Path) -> None:
    """A function's result and its exception come back to who called."""

    def divide(a: int, b: int) -> float:
        return a / b

    thread = StoreThread(tmp_path / "a.sqlite")
    async with thread:
        assert await thread.run(divide, 6, b=3) == 2
        with pytest.raises(ZeroDivisionError):
            await thread.run(divide, 1, 0)
        assert await thread.run(divide, 1, 1) == 1, "it goes on after an exception"


async def test_a_result_does_not_wait_for_the_calls_behind_it(tmp_path: Path) -> None:
    """Whoever asks for a little has it, though others ask for a lot; who gives up leaves these alone."""
    goes_on = threading.Event()
    async with StoreThread(tmp_path / "a.sqlite") as thread:
        quick, slow, given_up, last = (
            asyncio.create_task(thread.run(*call)) for call in ((int,), (goes_on.wait, 10), (int,), (int,))
        )
        async with asyncio.timeout(5):
            assert await quick == 0
        assert not slow.done()
        given_up.cancel()
        goes_on.set()
        assert await slow
        assert await last == 0
        assert given_up.cancelled()


async def test_brief_call_is_done_at_once_unless_the_thread_is_at_work(tmp_path: Path) -> None:
    """A brief call does not leave the caller's thread; where another one is under way it comes after that."""
    goes_on = threading.Event()
    async with StoreThread(tmp_path / "a.sqlite") as thread:
        store = thread.store("me")

        def write() -> None:
            goes_on.wait(10)
            with store.transaction():
                store.apply([Put(Property(name="p", value="written"))], START)

        def read() -> tuple[int, list[str]]:
            return threading.get_ident(), [row.value for row in store.load(Property)]

        assert await thread.run_brief(read) == (threading.get_ident(), [])
        writing = asyncio.create_task(thread.run(write))
        await asyncio.sleep(0)
        reading = asyncio.create_task(thread.run_brief(read))
        await asyncio.sleep(0)
        assert not reading.done()
        goes_on.set()
        where, found = await reading
        assert (where == threading.get_ident(), found) == (False, ["written"])
        await writing
        assert await thread.run_brief(read) == (threading.get_ident(), ["written"])


async def test_nobody_waits_for_a_thread_that_has_ended(tmp_path: Path) -> None:
    """A call that comes too late is a mistake that is told."""
    async with StoreThread(tmp_path / "a.sqlite") as thread:
        pass
    for run in (thread.run, thread.run_brief):
        with pytest.raises(ValueError, match="has ended"):
            await run(int)


async def test_leaving_closes_the_file_and_ends_the_thread(tmp_path: Path) -> None:
    """After `async with` the connection is closed, and no thread is left."""
    before = set(threading.enumerate())
    thread = StoreThread(tmp_path / "a.sqlite")
    async with thread:
        store = thread.store("me")
        assert len(set(threading.enumerate()) - before) == 1
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        store.load(Property)
    assert_ended(before)


async def test_file_that_cannot_be_opened_is_a_store_error(tmp_path: Path) -> None:
    """What `connect` raises comes out of `async with`, and no thread is left."""
    (tmp_path / "a.sqlite").write_bytes(b"no database at all " * 100)
    before = set(threading.enumerate())
    with pytest.raises(StoreError, match=r"a\.sqlite"):
        async with StoreThread(tmp_path / "a.sqlite"):
            pass
    assert_ended(before)


def assert_ended(before: set[threading.Thread]) -> None:
    """Every thread that was not there before has ended, or does so within seconds."""
    for started in set(threading.enumerate()) - before:
        started.join(timeout=5)
    assert set(threading.enumerate()) <= before


async def test_who_is_stopped_while_opening_waits_for_its_thread(tmp_path: Path) -> None:
    """The thread reports its end to the loop, which may be closed the moment after."""
    before = set(threading.enumerate())
    with closing(sqlite3.connect(tmp_path / "a.sqlite", isolation_level=None)) as other:
        other.execute("pragma journal_mode = wal")
        other.execute("begin immediate")  # so that opening takes its time
        opening = asyncio.create_task(StoreThread(tmp_path / "a.sqlite").__aenter__())
        await asyncio.sleep(0.05)
        opening.cancel()
        await asyncio.sleep(0.05)
        assert not opening.done()
        other.execute("rollback")
        with pytest.raises(asyncio.CancelledError):
            await opening
    assert not [one for one in set(threading.enumerate()) - before if "connection_worker" in one.name]


async def test_who_cannot_open_a_file_leaves_no_thread(tmp_path: Path) -> None:
    """The same where it ends by a fault."""
    before = set(threading.enumerate())
    with pytest.raises(StoreError):
        await StoreThread(tmp_path / "none" / "a.sqlite").__aenter__()
    assert not [one for one in set(threading.enumerate()) - before if "connection_worker" in one.name]
