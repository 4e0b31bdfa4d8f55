"""The text of a scenario file as plain data, and the place of every part of it.

This is YAML 1.2 with its core schema, so that `on` is a text and not `true`. Anchors, aliases and merge keys
work; keys are text and stand once.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from yaml import YAMLError  # type: ignore[import-untyped]
from yaml import parse as events_of

from simulator.errors import Problem, ScenarioError
from simulator.store.base import QUICK_LOADER
from simulator.store.document import MAX_DEPTH, MAX_VALUES, place_after

if TYPE_CHECKING:
    from ruamel.yaml.error import MarkedYAMLError

N = TypeVar("N", bound="_Node")

DataPath = tuple[str | int, ...]
"""The keys and indexes that lead to a part of the data, such as ("steps", 3, "send")."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands, counted from 1, and a scalar's text as it is written there."""

    file: str
    line: int
    column: int
    written: str = ""
    path: DataPath | None = None
    """The path to it in its file, where that is another than in the data."""
    within: Place | None = None
    """Where the file is included in which it stands; None: it is the scenario's own."""

    @property
    def outermost(self) -> Place:
        """Where it stands in the scenario's own file: itself, or what includes it."""
        return self if self.within is None else self.within.outermost


@dataclass(frozen=True, slots=True)
class Source:
    """A file that is YAML, as plain data; what is wrong about its keys and scalars is left out of the data."""

    file: str
    data: object
    values: Mapping[DataPath, Place]
    keys: Mapping[DataPath, Place]
    """The place of the key in front of a value, for the values of mappings."""
    problems: tuple[Problem, ...]
    unfilled: frozenset[tuple[str, int, int]] = frozenset()
    """File, line and column of texts without the values that they ask for, which is told among the problems."""
    combination: str = ""
    """Which of its matrix this is, as in "version=1.5.0, mode=strict"; empty: it has none."""
    settings: tuple[str, ...] = ()
    """What `--set` is given for the same data again."""

    def nearest(self, path: DataPath) -> DataPath:
        """What exists of *path*: parts that lead nowhere are skipped."""
        found: DataPath = ()
        for part in path:
            if (*found, part) in self.values:
                found = (*found, part)
        return found

    def rearranged(self, data: object, origins: Mapping[DataPath, DataPath]) -> Source:
        """The file with other data, of whose parts *origins* says which parts of this one they come from.

        So they still stand somewhere in the file. What has no origin stands where its surroundings stand.
        """
        values = {new: self.values[self.nearest(old)] for new, old in origins.items()}
        keys = {new: self.keys[old] for new, old in origins.items() if old in self.keys}
        return replace(self, data=data, values=values, keys=keys)

    def problem(self, place: Place, message: str) -> Problem:
        """Something that is wrong at *place*."""
        return Problem(place.file, place.line, place.column, message)

    def shown(self, path: DataPath, up: int = 0) -> str:
        """The path as an author would write it, who only sees the file, such as `steps[3].send.to`.

        Without the last *up* parts, for what is about a key.
        """
        place = self.values.get(path) or self.keys.get(path)
        written = path if place is None or place.path is None else place.path
        parts = (
            f"[{part}]" if isinstance(part, int) else f".{_printable(part)}"
            for part in written[: len(written) - up]
        )
        return "".join(parts).removeprefix(".")


def _printable(key: str) -> str:
    return key if key.isprintable() else repr(key)


def parse(text: str, file: str) -> Source:
    """The data of a file's *text*; raises for what makes the rest unreadable, and collects everything else."""
    root = _compose(text, file)
    reader = _Reader(file)
    data = None if root is None else reader.value(root, ())
    if data is None:
        raise _only_problem(file, "the file is empty")
    return Source(file, data, reader.values, reader.keys, tuple(reader.problems))


# -- from text to nodes ---------------------------------------------------------------------------------


@dataclass(slots=True)
class _Node:
    """A part of the document, which an alias may put at several places."""

    place: Place
    tag: str | None
    """None where none is written."""
    is_written: bool = True
    """Not where a value is left out, as after `key:`."""


@dataclass(slots=True)
class _Scalar(_Node):
    text: str = ""
    is_plain: bool = True
    """Without quotes and tag, so that it may be something else than a text."""


@dataclass(slots=True)
class _Sequence(_Node):
    items: list[_Node] = field(default_factory=list)


@dataclass(slots=True)
class _Mapping(_Node):
    entries: list[tuple[_Node, _Node]] = field(default_factory=list)


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
        self._by_anchor: dict[str, _Node] = {}
        self._depth = 0

    def root(self) -> _Node | None:
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

    def _node(self, event: Any) -> _Node:
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
            scalar = _Scalar(place, tag, is_written, event.value, is_plain=event.implicit[0])
            return self._anchored(event, scalar)
        self._depth += 1
        node: _Node
        if _is(event, "SequenceStart"):
            node = sequence = self._anchored(event, _Sequence(place, tag))
            sequence.items += self._until("SequenceEnd")
        else:
            node = mapping = self._anchored(event, _Mapping(place, tag))
            inside = self._until("MappingEnd")
            mapping.entries += zip(inside, inside, strict=True)
        self._depth -= 1
        return node

    def _until(self, end: str) -> Iterator[_Node]:
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


def _compose(text: str, file: str) -> _Node | None:
    if not _READ_OTHERWISE.search(text):
        with suppress(YAMLError, _FaultError):
            return _compose_quickly(text, file)
    return _compose_slowly(text, file)


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


def _compose_quickly(text: str, file: str) -> _Node | None:
    """By libyaml, where PyYAML has it. Raises YAMLError or _FaultError, in words that are not for people."""
    return _Composer(events_of(text, QUICK_LOADER), file).root()


def _compose_slowly(text: str, file: str) -> _Node | None:
    """Thirty times as slow, by the letter of YAML 1.2, and with better words for what is wrong."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError
    from ruamel.yaml.reader import ReaderError

    try:
        return _Composer(YAML(typ="safe", pure=True).parse(text), file).root()
    except _FaultError as error:
        raise _only_problem(file, f"not valid YAML: {error}", error.place) from error
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = _place_of_mark(mark, file) if mark else None
        is_brace = mark is not None and text.startswith("${", mark.index - 1)
        said = _VARIABLE_IN_BRACES if is_brace else _in_plain_words(error)
        raise _only_problem(file, f"not valid YAML: {said}", place) from error
    except ReaderError as error:
        message = f"not valid YAML: the character U+{error.character:04X} is not allowed"
        raise _only_problem(file, message, Place(file, *place_after(text[: error.position]))) from error
    except (ValueError, OverflowError) as error:  # ruamel lets Python's own errors through for "\U99999999"
        raise _only_problem(file, f"not valid YAML: {error}") from error


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


# -- from nodes to data ---------------------------------------------------------------------------------

_TAGS = "tag:yaml.org,2002:"
_INT = re.compile(r"[-+]?[0-9]{1,400}")
_OTHER_BASE = re.compile(r"0o[0-7]{1,400}|0x[0-9a-fA-F]{1,400}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_KINDS = {
    "null": re.compile("|~|null|Null|NULL"),
    "bool": re.compile("true|True|TRUE|false|False|FALSE"),
    "int": re.compile("[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"),
    "float": _FLOAT,
    "merge": re.compile("<<"),
}
"""What a scalar without quotes and tag is that is no text, by the core schema; and YAML 1.1's key to merge by."""


class _Reader:
    """Turns nodes into data, and notes where everything stands and what is wrong with it."""

    def __init__(self, file: str) -> None:
        self.values: dict[DataPath, Place] = {}
        self.keys: dict[DataPath, Place] = {}
        self.problems: set[Problem] = set()  # through an alias, the same place can be met again
        self._file = file
        self._visits = 0

    def value(self, node: _Node, path: DataPath) -> object:
        """The data of *node*, which stands at *path*."""
        self._visit(node, len(path))
        self.values[path] = node.place
        match node:
            case _Mapping():
                self._check_tag(node, "map")
                return self._mapping(node, path)
            case _Sequence():
                self._check_tag(node, "seq")
                return [self.value(item, (*path, index)) for index, item in enumerate(node.items)]
        assert isinstance(node, _Scalar), "there is no other kind of node"
        self.values[path] = replace(node.place, written=node.text)
        return self._scalar(node)

    def _visit(self, node: _Node, depth: int) -> None:
        self._visits += 1
        if depth > MAX_DEPTH:  # also where an alias stands inside of what it stands for
            raise _only_problem(self._file, f"nested deeper than {MAX_DEPTH} levels", node.place)
        if self._visits > MAX_VALUES:
            message = f"more than {MAX_VALUES} values, with aliases expanded"
            raise _only_problem(self._file, message, node.place)

    def _mapping(self, node: _Mapping, path: DataPath) -> dict[str, object]:
        data: dict[str, object] = {}
        for key, value in self._entries(node, len(path)):
            inner = (*path, key.text)
            self.keys[inner] = key.place
            data[key.text] = self.value(value, inner)
            if not value.is_written:  # so it stands nowhere
                self.values[inner] = key.place
        return data

    def _entries(self, node: _Mapping, depth: int) -> Iterator[tuple[_Scalar, _Node]]:
        """The entries of a mapping and then those it merges, each key once: the first one counts."""
        self._visit(node, depth)
        first: dict[str, _Scalar] = {}
        merged: list[_Node] = []
        for key, value in node.entries:
            if not isinstance(key, _Scalar):
                self._report(key, "expected a text as key")
            elif _kind_of(key) == "merge":
                merged.append(value)
            elif not isinstance(self._scalar(key), str):
                self._report(key, f'expected a text as key, got {key.text or "nothing"}; quote it: "{key.text}"')
            elif key.text in first:
                line = first[key.text].place.line
                self._report(key, f"the key {key.text!r} is here twice, first on line {line}")
            else:
                first[key.text] = key
                yield key, value
        for source in merged:
            for key, value in self._merged(source, depth):
                if key.text not in first:
                    first[key.text] = key
                    yield key, value

    def _merged(self, node: _Node, depth: int) -> Iterator[tuple[_Scalar, _Node]]:
        for source in node.items if isinstance(node, _Sequence) else [node]:
            if isinstance(source, _Mapping):
                yield from self._entries(source, depth + 1)
            else:
                self._report(source, "expected a mapping to merge, or a list of them")

    def _scalar(self, node: _Scalar) -> object:
        text = node.text
        match _kind_of(node):
            case "null":
                return None
            case "bool" if text.lower() in ("true", "false"):
                return text.lower() == "true"
            case "int" if _INT.fullmatch(text):
                return int(text)
            case "int" if _OTHER_BASE.fullmatch(text):
                return int(text, 0)
            case "float" if _FLOAT.fullmatch(text):
                return self._float(node)
            case "bool" | "int" | "float" | "timestamp" | "value" | "merge":
                return text  # more digits than anybody means, or a tag that does not fit
        self._check_tag(node, "str")
        return text

    def _check_tag(self, node: _Node, kind: str) -> None:
        if node.tag not in (None, _TAGS + kind):
            shown = node.tag.replace(_TAGS, "!!")
            self._report(node, f"the tag {shown} means nothing here")

    def _float(self, node: _Scalar) -> float:
        number = float(node.text)
        if not math.isfinite(number):
            self._report(node, f"the number {node.text} is too large")
        return number

    def _report(self, node: _Node, message: str) -> None:
        self.problems.add(Problem(self._file, node.place.line, node.place.column, message))


def _kind_of(node: _Scalar) -> str:
    """The end of the tag that it has, written or not."""
    if node.tag is not None:
        return node.tag.removeprefix(_TAGS)
    if not node.is_plain:
        return "str"
    return next((kind for kind, pattern in _KINDS.items() if pattern.fullmatch(node.text)), "str")


def _place_of_mark(mark: Any, file: str) -> Place:
    return Place(file, mark.line + 1, mark.column + 1)


def _only_problem(file: str, message: str, place: Place | None = None) -> ScenarioError:
    place = place or Place(file, 1, 1)
    return ScenarioError([Problem(file, place.line, place.column, message)])
