"""Who works on many seeds: this process alone, others of this machine, or those of a cluster (cluster.py)."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing import active_children, connection, parent_process
from typing import Any, Generic, Protocol, TypeVar

from simulator.cluster import shipping
from simulator.errors import ClusterError, HostError
from simulator.runtime.stopping import uninterrupted

T = TypeVar("T")
R = TypeVar("R")


class Crew(Protocol):
    """Some who work, each on one thing at a time."""

    @property
    def done(self) -> Mapping[str, int]:
        """How much each has done, by where it is."""
        ...

    def map(self, one: Callable[[T], R], items: Iterable[T], *, singly: bool = False) -> Generator[R, None, None]:
        """What comes of each item, in their order. Raises what *one* raises, and MachineryError.

        Who closes it needs no more of them, and what is not begun then never is. *singly*: that will be soon.
        """
        ...


class Alone:
    """This process."""

    def __init__(self) -> None:
        self.done: Counter[str] = Counter()
        """See Crew.done."""

    def map(self, one: Callable[[T], R], items: Iterable[T], *, singly: bool = False) -> Generator[R, None, None]:
        """See Crew.map."""
        for item in items:
            result = one(item)
            self.done["here"] += 1
            yield result


_CHUNK = 0.5
"""Seconds of work that are handed over in one go: many times what handing it over takes, and soon done."""

_LARGEST_CHUNK = 1_000

_AHEAD = 2
"""Chunks for each worker that are handed over before the first of them is asked for."""

_LOOK = 0.5
"""Seconds between two looks whether those who work are there."""


def result_of(future: Future[R], what: str = "") -> R:
    """What has come of work on *what*. Raises HostError when a process that worked has been ended."""
    try:
        return future.result()
    except BrokenExecutor as error:
        raise _ended_from_outside() from error


def _ended_from_outside() -> HostError:
    return HostError(
        "a process that worked for this one has been ended from outside; a system that is short of memory "
        "does that: try a smaller --jobs"
    )


@dataclass
class Workers:
    """Those behind an executor, *number* of them; *check* raises MachineryError when they are gone."""

    executor: Executor
    number: int
    check: Callable[[], None] = lambda: None
    result_of: Callable[[Future[Any], str], Any] = result_of
    """What has come of work on this; raises MachineryError when it ends those who do it."""
    code: str = ""
    """The fingerprint of what they are to run, where somebody else has started them."""
    done: Counter[str] = field(default_factory=Counter)
    """See Crew.done."""

    def map(self, one: Callable[[T], R], items: Iterable[T], *, singly: bool = False) -> Generator[R, None, None]:
        """See Crew.map. Only what is worked on next is held here, however many items there are."""
        left, size, ahead = iter(items), 1, 1 if singly else _AHEAD
        waiting: deque[tuple[Sequence[T], Future[_Done[R]]]] = deque()
        try:
            while True:
                while len(waiting) < ahead * self.number and (chunk := tuple(islice(left, size))):
                    waiting.append((chunk, self.executor.submit(_take, one, chunk, self.code)))
                if not waiting:
                    return
                while not wait([waiting[0][1]], timeout=_LOOK).done:
                    self.check()
                items_of_it, future = waiting.popleft()
                try:
                    done: _Done[R] = self.result_of(future, _in_words(items_of_it))
                except Exception:
                    self.check()  # what is lost with them is no fault of the work
                    raise
                self.done[done.where] += len(done.results)
                if not singly:
                    size = min(max(int(_CHUNK / max(done.seconds / len(done.results), 1e-6)), 1), _LARGEST_CHUNK)
                yield from done.results
        finally:
            for _, future in waiting:
                _call_off(future)


def _call_off(future: Future[Any]) -> None:
    """Cancels what is not begun. Python 3.11 fails to tell who was cancelled that the processes have died."""
    if future.cancel():
        future.set_exception = _hear_nothing  # type: ignore[assignment]


def _hear_nothing(_: BaseException | None) -> None:
    """Who was cancelled is told nothing."""


@dataclass(frozen=True, slots=True)
class _Done(Generic[R]):
    """What came of a chunk, and where."""

    results: list[R]
    seconds: float
    where: str


_TURN = threading.Lock()
"""A run with a broken rule changes this process for all of its threads, of which a cluster may give it several."""


def _in_words(items: Sequence[object]) -> str:
    first, last = items[0], items[-1]
    if not isinstance(first, int | str):
        return "something to try"
    return f"{first}" if first == last else f"{first} to {last}"


def _take(one: Callable[[T], R], items: Sequence[T], code: str) -> _Done[R]:
    """Works on a chunk. Raises ClusterError when the code here is not that of *code*, if that is said."""
    if code and code != shipping.own_code():
        raise ClusterError(
            f"the worker {socket.gethostname()}:{os.getpid()} has come with other code than this trustsim: "
            "install the same there and start it again"
        )
    with _TURN:
        began = time.monotonic()
        results = [one(item) for item in items]
        return _Done(results, time.monotonic() - began, f"{socket.gethostname()}:{os.getpid()}")


@contextmanager
def crew_of(jobs: int) -> Iterator[Crew]:
    """*jobs* processes of this machine, which end with the block; of one it is this one."""
    if jobs == 1:
        yield Alone()
        return
    with workers(jobs) as pool:
        yield Workers(pool, jobs)


@contextmanager
def workers(jobs: int) -> Iterator[ProcessPoolExecutor]:
    """*jobs* processes. They end with the block: at once, with what they are at, when an exception leaves it."""
    with ProcessPoolExecutor(jobs, initializer=_begin) as pool:
        try:
            with uninterrupted(signal.SIGINT):  # Ctrl-C reaches the whole group, and is for us alone
                pool.submit(_begun)  # that starts them all
            yield pool
        except BaseException as error:
            for process in active_children():
                process.kill()
            if isinstance(error, BrokenExecutor):  # it has ended before it was given all its work
                raise _ended_from_outside() from error
            raise


def _begin() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Ends this process when the one that has started it is killed: it would wait for work for ever."""
    parent = parent_process()
    assert parent is not None, "this is done by workers alone"
    connection.wait([parent.sentinel])
    os._exit(1)


def _begun() -> None:
    """Does nothing, as the first work of all."""
