"""The text of a YAML file as nodes, each with its place: what is written, before anybody asks what it means.

This is YAML 1.2. libyaml reads what it reads alike, and ruamel the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from yaml import YAMLError  # type: ignore[import-untyped]
from yaml import parse as events_of

from simulator.errors import Problem, ScenarioError
from simulator.scenario.reading.place import Place
from simulator.store.cmdb.base import QUICK_LOADER
from simulator.store.setups.document import MAX_DEPTH, place_after

if TYPE_CHECKING:
    from ruamel.yaml.error import MarkedYAMLError

N = TypeVar("N", bound="Node")


@dataclass(slots=True)
class Node:
    """A part of the document, which an alias may put at several places."""

    place: Place
    tag: str | None
    """None where none is written."""
    is_written: bool = True
    """Not where a value is left out, as after `key:`."""


@dataclass(slots=True)
class ScalarNode(Node):
    """A text, which may mean something else."""

    text: str = ""
    is_plain: bool = True
    """Without quotes and tag, so that it may be something else than a text."""


@dataclass(slots=True)
class SequenceNode(Node):
    """A list."""

    items: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class MappingNode(Node):
    """Keys and their values, as they are written: also a key that is there twice."""

    entries: list[tuple[Node, Node]] = field(default_factory=list)


def compose(text: str, file: str) -> Node | None:
    """The one document of a text, or None if there is none. Raises ScenarioError for what is no YAML."""
    try:
        if not _READ_OTHERWISE.search(text):
            with suppress(YAMLError, UnicodeEncodeError):  # the latter for half of a surrogate pair
                return _compose_quickly(text, file)
        return _compose_slowly(text, file)
    except _FaultError as error:
        raise only_problem(file, f"not valid YAML: {error}", error.place) from error


class _FaultError(Exception):
    """What is wrong with the text beyond its syntax, and where that begins."""

    def __init__(self, message: str, place: Place) -> None:
        super().__init__(message)
        self.place = place


_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
"""What "\\ud800" makes, and nothing can encode."""


class _Composer:
    """Puts the events of a parser together; libyaml's and ruamel's are alike."""

    def __init__(self, events: Iterable[Any], file: str) -> None:
        self._events = iter(events)
        self._file = file
        self._by_anchor: dict[str, Node] = {}
        self._depth = 0

    def root(self) -> Node | None:
        """The one document, or None if there is none. Raises _FaultError, and what the parser raises."""
        next(self._events)  # the stream begins
        if not _is(next(self._events), "DocumentStart"):
            return None
        root = self._node(next(self._events))
        next(self._events)  # the document ends
        if _is(event := next(self._events), "DocumentStart"):
            raise _FaultError(
                "a second document begins; a scenario is one", _place_of_mark(event.start_mark, self._file)
            )
        return root

    def _node(self, event: Any) -> Node:
        """What begins with that event. What is inside of an alias keeps the place where it is written."""
        place = _place_of_mark(event.start_mark, self._file)
        if self._depth > MAX_DEPTH:
            raise _FaultError("nested too deeply", place)
        if _is(event, "Alias"):
            if event.anchor not in self._by_anchor:
                raise _FaultError("there is no anchor for this alias", place)
            return replace(self._by_anchor[event.anchor], place=place, is_written=True)
        tag = None if event.tag in (None, "!") else str(event.tag)
        if _is(event, "Scalar"):
            if _HALF_CHARACTER.search(event.value):
                raise _FaultError("half of a surrogate pair", place)
            is_written = event.start_mark.index != event.end_mark.index
            scalar = ScalarNode(place, tag, is_written, event.value, is_plain=event.implicit[0])
            return self._anchored(event, scalar)
        self._depth += 1
        node: Node
        if _is(event, "SequenceStart"):
            node = sequence = self._anchored(event, SequenceNode(place, tag))
            sequence.items += self._until("SequenceEnd")
        else:
            node = mapping = self._anchored(event, MappingNode(place, tag))
            inside = self._until("MappingEnd")
            mapping.entries += zip(inside, inside, strict=True)
        self._depth -= 1
        return node

    def _until(self, end: str) -> Iterator[Node]:
        while not _is(event := next(self._events), end):
            yield self._node(event)

    def _anchored(self, event: Any, node: N) -> N:
        """The node; what is inside of it may already refer to it."""
        if event.anchor is not None:
            self._by_anchor[event.anchor] = node
        return node


def _is(event: Any, kind: str) -> bool:
    """Whether it is one of that kind, of whichever parser."""
    return bool(type(event).__name__ == f"{kind}Event")


_READ_OTHERWISE = re.compile(
    r"""
        [\t\r\x85\u2028\u2029\ufeff]     # where a line ends, and what is blank
        | ^(%|\.\.\.)                     # directives, ends of documents
        | (^|[\s\[{,-]) ([?](\s|$)        # where the value of `? key` stands that has none
            | !                           # tags
            | [&*](?![\w-]+[\s,\]}]))      # what an anchor's name may have in it
        | [|>]\#                          # whether this begins a comment
    """,
    re.MULTILINE | re.VERBOSE,
)
"""What libyaml, which reads YAML 1.1, may read otherwise. Where it meets none of that, it says the same."""


def _compose_quickly(text: str, file: str) -> Node | None:
    """By libyaml, where PyYAML has it. Raises YAMLError, in words that are not for people, or _FaultError."""
    return _Composer(events_of(text, QUICK_LOADER), file).root()


def _compose_slowly(text: str, file: str) -> Node | None:
    """Thirty times as slow, by the letter of YAML 1.2, and with better words for what is wrong, or _FaultError."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError
    from ruamel.yaml.reader import ReaderError

    try:
        return _Composer(YAML(typ="safe", pure=True).parse(text), file).root()
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = _place_of_mark(mark, file) if mark else None
        is_brace = mark is not None and text.startswith("${", mark.index - 1)
        said = _VARIABLE_IN_BRACES if is_brace else _in_plain_words(error)
        raise only_problem(file, f"not valid YAML: {said}", place) from error
    except ReaderError as error:
        message = f"not valid YAML: the character U+{error.character:04X} is not allowed"
        raise only_problem(file, message, Place(file, *place_after(text[: error.position]))) from error
    except (ValueError, OverflowError) as error:  # ruamel lets Python's own errors through for "\U99999999"
        raise only_problem(file, f"not valid YAML: {error}") from error


_PLAIN_WORDS = {
    "found character '\\t'": "a tab; YAML is indented with spaces",
    "mapping values are not allowed": "this ':' does not fit; check the indentation, and quote a text with ': '",
    "expected <block end>": "the indentation does not fit the lines above",
    "could not find expected ':'": "expected `key: value` or `- item`",
    "found unexpected end of stream": "the closing quote is missing",
    "expected the node content": "a value is missing",
}
"""Our words by the beginning of ruamel's."""


_VARIABLE_IN_BRACES = "a ${...} inside of other braces needs quotes around the whole value"


def _in_plain_words(error: MarkedYAMLError) -> str:
    problem = str(error.problem or error.context).replace("'<stream end>'", "the end of the file")
    words = next((ours for theirs, ours in _PLAIN_WORDS.items() if problem.startswith(theirs)), problem)
    begin, end = error.context_mark, error.problem_mark
    if begin and end and begin.line < end.line:
        return f"{words}; this part begins on line {begin.line + 1}"
    return words


def _place_of_mark(mark: Any, file: str) -> Place:
    return Place(file, mark.line + 1, mark.column + 1)


def only_problem(file: str, message: str, place: Place | None = None) -> ScenarioError:
    """What to raise where nothing else is told of a file; without a place, at its beginning."""
    place = place or Place(file, 1, 1)
    return ScenarioError([Problem(file, place.line, place.column, message)])
