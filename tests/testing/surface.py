"""What is public, in lines: `python -m tests.testing.surface` writes them down in surface.txt."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from simulator import peer, testing

RECORD = Path(__file__).with_name("surface.txt")


def surface() -> Iterator[str]:
    """Every public name with its signature or type, and every public member of a class."""
    for module, names in ((testing, testing.__all__), (peer, peer.__all__)):
        for name in sorted(names):
            it = getattr(module, name)
            yield f"{module.__name__}.{name}{_told(it)}"
            if inspect.isclass(it):
                yield from (f"    {line}" for line in _members(it))


def _members(kind: type) -> Iterator[str]:
    for base in reversed(kind.__mro__):
        if not base.__module__.startswith("simulator."):
            continue
        for name, annotation in sorted(inspect.get_annotations(base).items()):
            if not name.startswith("_"):
                yield f"{name}: {annotation}"
        for name, member in sorted(vars(base).items()):
            if inspect.isfunction(member) and (not name.startswith("_") or name in _SPECIAL):
                yield f"{'async ' if inspect.iscoroutinefunction(member) else ''}{name}{_told(member)}"
            elif isinstance(member, classmethod) and not name.startswith("_"):
                yield f"classmethod {name}{_told(member.__func__)}"
            elif isinstance(member, property) and not name.startswith("_"):
                yield f"property {name}{_told(member.fget)}"


_SPECIAL = {"__aenter__", "__aexit__", "__eq__", "__getitem__"}


def _told(it: Any) -> str:
    if inspect.isclass(it):
        return f"({', '.join(base.__name__ for base in it.__bases__ if base is not object)})"
    return str(inspect.signature(it)) if inspect.isroutine(it) else ""


if __name__ == "__main__":
    RECORD.write_text("\n".join(surface()) + "\n")
