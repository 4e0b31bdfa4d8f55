"""Numbers as people are told them."""

from __future__ import annotations


def counted(number: int, one: str, many: str = "") -> str:
    """Such as "1 file" and "2 files"; a noun with another plural has it as *many*."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"
