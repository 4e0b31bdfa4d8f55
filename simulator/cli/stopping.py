"""How a command is stopped: Ctrl-C and SIGTERM let it clean up, and then end it with exit code 130."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    import asyncio

T = TypeVar("T")

EXIT_STOPPED = 130

_SIGNALS = (signal.SIGINT, signal.SIGTERM)

_SOON = 0.01
"""Seconds: when a signal comes again that came where nobody could hear it."""


@contextmanager
def stoppable() -> Iterator[None]:
    """The first signal ends the block with KeyboardInterrupt; what follows it does not disturb the clean-up.

    However deep it comes into what others have written: nobody turns it into another fault, nor swallows it.
    """
    stopped_by: int | None = None
    hook = sys.unraisablehook

    def stop(number: int, _frame: object) -> None:
        nonlocal stopped_by
        if stopped_by is None:
            stopped_by = number
            raise KeyboardInterrupt

    def try_again(ignored: sys.UnraisableHookArgs) -> None:
        nonlocal stopped_by
        if stopped_by is None or not isinstance(ignored.exc_value, KeyboardInterrupt):
            hook(ignored)
            return
        again, stopped_by = stopped_by, None  # it came into a callback, which can raise nothing
        threading.Timer(_SOON, signal.pthread_kill, (threading.main_thread().ident, again)).start()

    before = _handle(stop)
    sys.unraisablehook = try_again
    try:
        yield
    except click.Abort as error:  # click makes one of its own of a KeyboardInterrupt
        raise error.__cause__ or error from None
    except BaseException as error:
        if stopped_by is not None and not isinstance(error, KeyboardInterrupt):
            raise KeyboardInterrupt from error
        raise
    finally:
        sys.unraisablehook = hook
        _restore(before)


def until_stopped(work: Coroutine[Any, Any, T]) -> T:
    """Runs *work* to its end. Ctrl-C and SIGTERM let it clean up, and then this raises KeyboardInterrupt.

    Only the first one counts: what follows it, until this process ends, is bounded and must not be left half done.
    """
    import asyncio  # here, because not every command has a loop

    is_stopped = False
    task: asyncio.Task[Any] | None = None

    def stop(*_: object) -> None:
        nonlocal is_stopped
        if not is_stopped:
            is_stopped = True
            if task is not None and not task.get_loop().is_closed():
                task.get_loop().call_soon_threadsafe(task.cancel)

    async def cancellable() -> T:
        nonlocal task
        task = asyncio.current_task()
        if is_stopped:
            work.close()
            raise asyncio.CancelledError
        return await work

    before = _handle(stop)
    try:
        return asyncio.run(cancellable())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    finally:
        if is_stopped:  # not SIG_IGN, of which Python complains when a signal is just coming in
            signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        else:
            _restore(before)


_Handlers = dict[signal.Signals, Any]


def _handle(handler: Callable[[int, Any], object]) -> _Handlers:
    """Lets it handle the signals, but for those that are ignored, as SIGINT is in the background of a script."""
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    for number, earlier in before.items():
        if earlier is not signal.SIG_IGN:
            signal.signal(number, handler)
    return before


def _restore(before: _Handlers) -> None:
    for number, handler in before.items():
        signal.signal(number, handler)
