"""The broker that needs nothing but Python: amqtt in an operating-system process of its own."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection

from simulator.errors import TransportError
from simulator.transport.address import BrokerAddress
from simulator.transport.start import start

PRELOAD = ("simulator.transport.embedded_process",)
"""What the fork server should import before it forks a broker."""

START_LIMIT = 20.0
"""Seconds until the broker accepts clients: fifty times the usual, for a machine under load."""


class EmbeddedBroker:
    """An amqtt broker that lives no longer than the process that started it.

    Python has one fork server per process, and only the preload list it is started with counts. Who forks
    other processes too passes their modules along (`preload=(*PRELOAD, ...)`), or passes None and has
    called set_forkserver_preload already.
    """

    authority = None

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        username: str | None = None,
        password: str | None = None,
        preload: Sequence[str] | None = PRELOAD,
    ) -> None:
        self._address = BrokerAddress.at(host, port, username, password)
        self._preload = preload
        self._life: _Life | None = None
        self._died = asyncio.Event()
        self._last_words = ""

    @property
    def address(self) -> BrokerAddress:
        """Where clients connect; the port is 0 before the first start if none was asked for."""
        return self._address

    @property
    def pid(self) -> int | None:
        """The broker's process id, or None while it does not run."""
        return self._life.process.pid if self._life is not None else None

    async def start(self) -> BrokerAddress:
        """See Broker.start."""
        if self._life is None:
            self._died.clear()
            if self._preload is not None:
                multiprocessing.get_context("forkserver").set_forkserver_preload(list(self._preload))
            life = _Life(self._address)
            try:
                self._address = await life.begin()
            except BaseException:
                life.end()
                raise
            life.watch(self._bury)
            self._life = life
        return self._address

    async def stop(self) -> None:
        """See Broker.stop."""
        life, self._life = self._life, None
        if life is not None:
            life.end()

    @property
    def is_ours(self) -> bool:
        """See Broker.is_ours."""
        return True

    async def close(self) -> None:
        """See Broker.close."""
        await self.stop()

    async def reload(self) -> None:
        """See Broker.reload."""

    async def wait_died(self) -> str:
        """See Broker.wait_died."""
        await self._died.wait()
        return self._last_words

    def _bury(self, last_words: str) -> None:
        self._life = None
        self._last_words = f"the embedded broker at {self._address} died: {last_words}"
        self._died.set()


class _Life:
    """One life of the broker: its process, and the pipe that is its lifeline.

    The broker reports its address through the pipe, and ends when our end of it closes. The kernel closes
    it whatever way we end, so a broker is never left behind.
    """

    def __init__(self, address: BrokerAddress) -> None:
        context = multiprocessing.get_context("forkserver")
        self._lifeline, self._far_end = context.Pipe()
        # Daemonic, so that the exit of the interpreter does not wait for it.
        self.process = context.Process(
            target=_run, args=(self._far_end, address), name="trustsim-broker", daemon=True
        )

    async def begin(self) -> BrokerAddress:
        """Start the process; return the broker's address when it accepts clients."""
        # In a thread, because the first fork waits for the fork server's imports.
        launch = asyncio.ensure_future(asyncio.to_thread(self._launch))
        try:
            report = await asyncio.shield(launch)
        except asyncio.CancelledError:
            await asyncio.wait({launch})  # a process that is half started cannot be ended
            raise
        if isinstance(report, BrokerAddress):
            return report
        raise TransportError(f"the embedded broker cannot start: {report}")

    def _launch(self) -> BrokerAddress | str:
        start(self.process)
        self._far_end.close()
        if not self._lifeline.poll(START_LIMIT):
            return f"it was not ready after {START_LIMIT:g} seconds"
        return self._report()

    def _report(self) -> BrokerAddress | str:
        """What the broker has to say: its address, or what went wrong."""
        try:
            report: BrokerAddress | str = self._lifeline.recv()
        except (EOFError, OSError):
            self.process.join()
            return f"its process ended with exit code {self.process.exitcode}"
        return report

    def watch(self, died: Callable[[str], None]) -> None:
        """Call `died` with the last words should the process end before end() is called."""

        def bury() -> None:
            last_words = str(self._report())
            self.end()
            died(last_words)

        asyncio.get_running_loop().add_reader(self._lifeline.fileno(), bury)

    def end(self) -> None:
        """End the process if it still runs, and close all we hold of it.

        Killed, not asked: it has nothing to lose, since nobody relies on a broker's memory. So the wait
        for its end is a matter of a millisecond.
        """
        asyncio.get_running_loop().remove_reader(self._lifeline.fileno())
        self._lifeline.close()
        self._far_end.close()
        if self.process.pid is not None:
            self.process.kill()
            self.process.join()
        self.process.close()


def _run(lifeline: Connection, address: BrokerAddress) -> None:
    # Imported here, so that only the broker's process pays for amqtt.
    from simulator.transport.embedded_process import run

    run(lifeline, address)
