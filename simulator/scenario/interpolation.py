"""`${...}` in texts: which values a text asks for, and the text with the values in their place.

`${name}` or `${name.key[0]}` asks for a value; `$${` stands for the text `${` itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from simulator.report.numbers import counted
from simulator.scenario.suggestion import did_you_mean

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
"""What a value can be called."""

OPENS, ESCAPED = "${", "$${"

_PATH = re.compile(r"(?:\.[^.\[\]]+|\[[0-9]{1,9}\])*")
_PART = re.compile(r"\.([^.\[\]]+)|\[([0-9]+)\]")
_PIECES = re.compile(r"(\$\$\{)|\$\{([^{}]*)\}|(\$\{)")

ValuePath = tuple[str | int, ...]
"""The keys and indexes that lead to a part of a value."""


class UnreadableError(ValueError):
    """What is wrong with a `${...}` as it is written, in words."""


class NowhereError(ValueError):
    """A path leads nowhere: what was looked for, and what there was."""

    def __init__(self, wanted: str, seen: str) -> None:
        super().__init__(f"{wanted}: {seen}")
        self.wanted = wanted
        self.seen = seen


@dataclass(frozen=True, slots=True)
class Asked:
    """A value that a text asks for."""

    name: str
    path: ValuePath = ()

    @property
    def inside(self) -> str:
        """What stands between the braces."""
        return self.name + path_in_words(self.path)

    @property
    def written(self) -> str:
        """As it stands in a text."""
        return f"${{{self.inside}}}"


def path_in_words(path: ValuePath) -> str:
    """Such as `.items[0].sysId`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)


def asked_of(inside: str) -> Asked:
    """What is written between braces, or as the path of what is captured. Raises UnreadableError."""
    found = NAME.match(inside)
    if not inside.strip():
        raise UnreadableError("expected a name between the braces of ${}")
    rest = inside[found.end() :] if found else ""
    if found is None or not _PATH.fullmatch(rest):
        raise UnreadableError(f"expected a name, perhaps with a path as in name.key[0], got {inside!r}")
    path = tuple(key or int(index) for key, index in _PART.findall(rest))
    return Asked(found[0], path)


def pieces_of(text: str) -> Iterator[str | Asked]:
    """The text piece by piece: text as it stands, `$${` included, and what it asks for. Raises UnreadableError."""
    end = 0
    for found in _PIECES.finditer(text):
        if found.start() > end:
            yield text[end : found.start()]
        end = found.end()
        if found[1]:
            yield found[1]
        elif found[3]:
            raise UnreadableError("this ${ has no closing }; write $${ where the text itself is meant")
        else:
            yield asked_of(found[2])
    if end < len(text):
        yield text[end:]


def asks(value: object) -> bool:
    """Whether it is a text that still asks for a value."""
    if not isinstance(value, str) or OPENS not in value:
        return False
    return any(not found[1] for found in _PIECES.finditer(value))


def names_asked(data: object) -> list[str]:
    """The names of the values that the texts in the data ask for, each once."""
    names: dict[str, None] = {}

    def note(text: str) -> str:
        with suppress(UnreadableError):  # which is reported where it stands
            names.update({piece.name: None for piece in pieces_of(text) if isinstance(piece, Asked)})
        return text

    _mapped(data, note)
    return list(names)


def escaped(data: object) -> object:
    """Data in which `${` is only text, as it is written in a file in which it means something."""
    return _mapped(data, lambda text: text.replace(OPENS, ESCAPED))


def filled(data: object, value_by_name: Mapping[str, object]) -> object:
    """Data with values in their places and nothing escaped any more; what asks for others stays as it is.

    Raises NowhereError for a path into a value that leads nowhere, or to what is no part of a text.
    """
    return _mapped(data, lambda text: _filled(text, value_by_name))


def value_at(value: object, path: ValuePath, name: str) -> object:
    """The part of a value, called *name*, to which the path leads. Raises NowhereError."""
    done = name
    for part in path:
        wanted = done + path_in_words((part,))
        match value, part:
            case Mapping(), str() if part in value:
                value = value[part]
            case Mapping(), str():
                raise NowhereError(wanted, f"{done} has no {part!r}{did_you_mean(part, map(str, value))}")
            case list(), int() if part < len(value):
                value = value[part]
            case list(), int():
                has = f"{counted(len(value), 'entry', 'entries')}, counted from 0" if value else "none"
                raise NowhereError(wanted, f"{done} has {has}")
            case list(), str():
                raise NowhereError(wanted, f"{done} is a list; name one of its entries, as in {done}[0]")
            case Mapping(), int():
                raise NowhereError(wanted, f"{done} is a mapping{did_you_mean('', map(str, value))}")
            case _:
                raise NowhereError(wanted, f"{done} is {in_words(value)}")
        done = wanted
    return value


def text_of(value: object, name: str) -> str:
    """A value as part of a text. Raises NowhereError for what is none."""
    match value:
        case bool():
            return str(value).lower()
        case str() | int() | float():
            return str(value)
    raise NowhereError(f"{name} as part of a text", f"it is {in_words(value)}")


def in_words(value: object) -> str:
    """A value in a few words."""
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case str():
            return repr(value if len(value) <= 40 else value[:37] + "...")
        case int() | float():
            return f"the number {value}"
        case Mapping():
            return "a mapping"
    return "a list"


def _filled(text: str, value_by_name: Mapping[str, object]) -> object:
    try:
        pieces = list(pieces_of(text))
    except UnreadableError:  # which is reported where it stands
        return text
    known = [piece for piece in pieces if isinstance(piece, Asked) and piece.name in value_by_name]
    if len(known) != sum(isinstance(piece, Asked) for piece in pieces):
        return text
    if len(pieces) == len(known) == 1:
        return value_at(value_by_name[known[0].name], known[0].path, known[0].name)
    return "".join(_piece(piece, value_by_name) for piece in pieces)


def _piece(piece: str | Asked, value_by_name: Mapping[str, object]) -> str:
    if isinstance(piece, Asked):
        return text_of(value_at(value_by_name[piece.name], piece.path, piece.name), piece.inside)
    return OPENS if piece == ESCAPED else piece


def _mapped(data: object, change: Callable[[str], object]) -> object:
    """The data with every text changed that has `${` in it; parts in which nothing changes are the same ones."""
    match data:
        case str():
            return change(data) if OPENS in data else data
        case Mapping():
            made = {_key(key, change): _mapped(value, change) for key, value in data.items()}
            same = all(one is other for one, other in zip(made.values(), data.values(), strict=False))
            return data if same and made.keys() == data.keys() else made
        case list():
            listed = [_mapped(value, change) for value in data]
            return data if all(one is other for one, other in zip(listed, data, strict=True)) else listed
    return data


def _key(key: object, change: Callable[[str], object]) -> object:
    return change(key) if isinstance(key, str) and OPENS in key else key
