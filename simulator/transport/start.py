"""How a process of ours starts, whoever's program this is."""

from __future__ import annotations

import sys
import threading
from types import ModuleType
from typing import Any

_turn = threading.Lock()


def start(process: Any) -> None:
    """Starts a process of the fork server's, which has nothing of the program's own main module.

    Python would import that in every process anew: a script would begin again, and pytest is large. What we start
    needs nothing of it. For the moment of the start another one stands in its place.
    """
    with _turn:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            process.start()
        finally:
            sys.modules["__main__"] = main
