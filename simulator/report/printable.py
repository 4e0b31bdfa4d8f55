"""Text from anywhere, made such that whoever prints it prints text and nothing else.

A name in a file or a message from a peer may hold what a terminal obeys: escape sequences, a return to the
beginning of the line, a change of the direction of writing. It is shown, never sent.
"""

from __future__ import annotations

import re

_OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters but tab and new line; C1 has another escape, U+009B
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # directions of writing
    "\u2028\u2029\ufff9-\uffff\ud800-\udfff\U000e0000-\U000e007f]"  # lines, halves of pairs, tags
)


def printable(text: str) -> str:
    """The text with a sign for each character that is none: of ESC the picture ␛, of others �."""
    return _OBEYED.sub(_sign, text)


def printable_json(text: str) -> str:
    """JSON with such characters escaped: it says the same, also where it is printed."""
    return _OBEYED.sub(_escape, text)


def _sign(found: re.Match[str]) -> str:
    number = ord(found[0])
    if number == _DELETE:
        return "\N{SYMBOL FOR DELETE}"
    return chr(_PICTURES + number) if number < _FIRST_PRINTED else "\N{REPLACEMENT CHARACTER}"


def _escape(found: re.Match[str]) -> str:
    if found[0] == "\r":  # outside of strings: a line may end so
        return found[0]
    halves = found[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{halves[at : at + 2].hex()}" for at in range(0, len(halves), 2))


_PICTURES, _FIRST_PRINTED, _DELETE = 0x2400, 0x20, 0x7F
