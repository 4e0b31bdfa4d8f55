"""When two texts are the same: without regard to case, in all that identifies a record and in all conditions.

Identification and conditions both ask the product's database, which compares text that way ("GlideFilter"). What
is written is another matter: a record keeps the spelling of whoever won the attribute.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

Key = tuple[str | None, ...]

_MOST = 6
"""Letters beyond A to Z of which all spellings are tried: each one more doubles what an index is asked."""


def fold(text: str) -> str:
    """What two texts have in common that are the same."""
    return text.lower()


def fold_key(key: Key) -> Key:
    """What two keys have in common whose texts are the same."""
    return tuple([part and part.lower() for part in key])


def are_same(one: str | None, other: str | None) -> bool:
    """Whether two values are the same; nothing and the empty text are, too."""
    return fold(one or "") == fold(other or "")


def spellings(key: Key) -> Iterable[Key]:
    """The keys to ask an index for that knows the case of A to Z only (SQLite's NOCASE), to find all the same.

    With more than six other letters in a text: as it stands, in small letters, in capitals, and with initials.
    """
    return product(*(_spellings(part) if part and not part.isascii() else (part,) for part in key))


def _spellings(text: str) -> Iterable[str]:
    known = dict.fromkeys((text, text.lower(), text.upper(), text.title()))
    letters = [_cases(character) for character in text]
    if sum(len(cases) > 1 for cases in letters) <= _MOST:
        known |= dict.fromkeys(map("".join, product(*letters)))
    return known


def _cases(character: str) -> tuple[str, ...]:
    if character.isascii():
        return (character,)
    return tuple(dict.fromkeys((character, character.lower(), character.upper(), character.title())))
