"""What is public, in lines: `python -m tests.testing.surface` writes them down in surface.txt."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from simulator.docs.surface import public

RECORD = Path(__file__).with_name("surface.txt")


def surface() -> Iterator[str]:
    """A line for every public name, and below it one for every public member."""
    for it in public():
        yield f"{it.name}{it.told}"
        yield from (f"    {member.name}{member.told}" for member in it.members)


if __name__ == "__main__":
    RECORD.write_text("\n".join(surface()) + "\n")
