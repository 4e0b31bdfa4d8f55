"""The server that forks the processes of a run, with the imports already made.

Python has one fork server per process, and what it imports is settled when it starts. So it is started in one
place, as early as a command knows that it will need processes; it imports while the command reads its files.
"""

from __future__ import annotations

import multiprocessing
from multiprocessing import forkserver

PRELOAD = ["simulator.runtime.host", "simulator.transport.embedded_process"]
"""By name, so that nothing of it has to be imported here."""


def start_fork_server() -> None:
    """Starts the fork server if it does not run yet; it ends with this process."""
    multiprocessing.get_context("forkserver").set_forkserver_preload(PRELOAD)
    forkserver.ensure_running()
