"""The text of a scenario file as plain data, and the place of every part of it.

This is YAML 1.2 with its core schema, so that `on` is a text and not `true`. Anchors, aliases and merge keys
work; keys are text and stand once.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass, replace
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import AliasEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from simulator.errors import Problem, ScenarioError
from simulator.store.document import MAX_DEPTH, MAX_VALUES, place_after

DataPath = tuple[str | int, ...]
"""The keys and indexes that lead to a part of the data, such as ("steps", 3, "send")."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands, counted from 1, and a scalar's text as it is written there."""

    line: int
    column: int
    written: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A file that is YAML, as plain data; what is wrong about its keys and scalars is left out of the data."""

    file: str
    data: object
    values: Mapping[DataPath, Place]
    keys: Mapping[DataPath, Place]
    """The place of the key in front of a value, for the values of mappings."""
    problems: tuple[Problem, ...]

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
        return Problem(self.file, place.line, place.column, message)


def parse(text: str, file: str) -> Source:
    """The data of a file's *text*; raises for what makes the rest unreadable, and collects everything else."""
    root = _compose(text, file)
    reader = _Reader(file)
    data = None if root is None else reader.value(root, ())
    if data is None:
        raise _only_problem(file, "the file is empty")
    return Source(file, data, reader.values, reader.keys, tuple(reader.problems))


# -- from text to nodes ---------------------------------------------------------------------------------


_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
"""What "\\ud800" makes, and nothing can encode."""


class _PlacedComposer(Composer):
    """Gives an alias the place where it stands; what is inside keeps the place where it is written."""

    def __init__(self, loader: Any = None) -> None:
        super().__init__(loader=loader)
        self.warn_double_anchors = False  # YAML 1.2 allows an anchor's name to be used again
        self._depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.parser.peek_event()
        if self._depth > MAX_DEPTH:
            raise MarkedYAMLError(problem="nested too deeply", problem_mark=event.start_mark)
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        if isinstance(node, ScalarNode) and _HALF_CHARACTER.search(node.value):
            raise MarkedYAMLError(problem="half of a surrogate pair", problem_mark=event.start_mark)
        if isinstance(event, AliasEvent):
            node = copy(node)
            node.start_mark = event.start_mark
        return node


def _compose(text: str, file: str) -> Node | None:
    yaml = YAML(typ="safe", pure=True)
    yaml.Composer = _PlacedComposer
    try:
        return yaml.compose(text)  # type: ignore[no-any-return]
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = _place_of_mark(mark) if mark else Place(1, 1)
        raise _only_problem(file, f"not valid YAML: {_in_plain_words(error)}", place) from error
    except ReaderError as error:
        message = f"not valid YAML: the character U+{error.character:04X} is not allowed"
        raise _only_problem(file, message, Place(*place_after(text[: error.position]))) from error
    except (ValueError, OverflowError) as error:  # ruamel lets Python's own errors through for "\U99999999"
        raise _only_problem(file, f"not valid YAML: {error}") from error


_PLAIN_WORDS = {
    "found character '\\t'": "a tab; YAML is indented with spaces",
    "mapping values are not allowed": "this ':' does not fit; check the indentation, and quote a text with ': '",
    "expected <block end>": "the indentation does not fit the lines above",
    "could not find expected ':'": "expected `key: value` or `- item`",
    "found unexpected end of stream": "the closing quote is missing",
    "expected the node content": "a value is missing",
    "but found another document": "a second document begins; a scenario is one",
    "found undefined alias": "there is no anchor for this alias",
}
"""Our words by the beginning of ruamel's."""


def _in_plain_words(error: MarkedYAMLError) -> str:
    problem = str(error.problem or error.context).replace("'<stream end>'", "the end of the file")
    words = next((ours for theirs, ours in _PLAIN_WORDS.items() if problem.startswith(theirs)), problem)
    begin, end = error.context_mark, error.problem_mark
    if begin and end and begin.line < end.line and problem != "but found another document":
        return f"{words}; this part begins on line {begin.line + 1}"
    return words


# -- from nodes to data ---------------------------------------------------------------------------------

_TAGS = "tag:yaml.org,2002:"
_INT = re.compile(r"[-+]?[0-9]{1,400}")
_OTHER_BASE = re.compile(r"0o[0-7]{1,400}|0x[0-9a-fA-F]{1,400}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


class _Reader:
    """Turns nodes into data, and notes where everything stands and what is wrong with it."""

    def __init__(self, file: str) -> None:
        self.values: dict[DataPath, Place] = {}
        self.keys: dict[DataPath, Place] = {}
        self.problems: set[Problem] = set()  # through an alias, the same place can be met again
        self._file = file
        self._visits = 0

    def value(self, node: Node, path: DataPath) -> object:
        """The data of *node*, which stands at *path*."""
        self._visit(node, len(path))
        place = self.values[path] = _place_of(node)
        match node:
            case MappingNode():
                self._check_tag(node, "map")
                return self._mapping(node, path)
            case SequenceNode():
                self._check_tag(node, "seq")
                return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        assert isinstance(node, ScalarNode), "there is no other kind of node"
        self.values[path] = Place(place.line, place.column, node.value)
        return self._scalar(node)

    def _visit(self, node: Node, depth: int) -> None:
        self._visits += 1
        if depth > MAX_DEPTH:  # also where an alias stands inside of what it stands for
            raise _only_problem(self._file, f"nested deeper than {MAX_DEPTH} levels", _place_of(node))
        if self._visits > MAX_VALUES:
            message = f"more than {MAX_VALUES} values, with aliases expanded"
            raise _only_problem(self._file, message, _place_of(node))

    def _mapping(self, node: MappingNode, path: DataPath) -> dict[str, object]:
        data: dict[str, object] = {}
        for key_node, value_node in self._entries(node, len(path)):
            inner = (*path, key_node.value)
            self.keys[inner] = _place_of(key_node)
            data[key_node.value] = self.value(value_node, inner)
            if value_node.start_mark == value_node.end_mark:  # nothing is written, so it stands nowhere
                self.values[inner] = self.keys[inner]
        return data

    def _entries(self, node: MappingNode, depth: int) -> Iterator[tuple[ScalarNode, Node]]:
        """The entries of a mapping and then those it merges, each key once: the first one counts."""
        self._visit(node, depth)
        first: dict[str, ScalarNode] = {}
        merged: list[Node] = []
        for key, value in node.value:
            if key.tag == _TAGS + "merge":
                merged.append(value)
            elif self._is_text(key):
                if key.value in first:
                    line = _place_of(first[key.value]).line
                    self._report(key, f"the key {key.value!r} is here twice, first on line {line}")
                else:
                    first[key.value] = key
                    yield key, value
        for source in merged:
            for key, value in self._merged(source, depth):
                if key.value not in first:
                    first[key.value] = key
                    yield key, value

    def _merged(self, node: Node, depth: int) -> Iterator[tuple[ScalarNode, Node]]:
        sources = node.value if isinstance(node, SequenceNode) else [node]
        for source in sources:
            if isinstance(source, MappingNode):
                yield from self._entries(source, depth + 1)
            else:
                self._report(source, "expected a mapping to merge, or a list of them")

    def _is_text(self, key: Node) -> bool:
        """Whether a node is a key that we can use: a text, or what we then take for one."""
        if not isinstance(key, ScalarNode):
            self._report(key, "expected a text as key")
            return False
        if not isinstance(self._scalar(key), str):
            self._report(key, f'expected a text as key, got {key.value or "nothing"}; quote it: "{key.value}"')
        return True

    def _scalar(self, node: ScalarNode) -> object:
        text: str = node.value
        match str(node.tag).removeprefix(_TAGS):
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
                return text  # ruamel takes more for these than the core schema does: a date, 1_000, =
        self._check_tag(node, "str")
        return text

    def _check_tag(self, node: Node, tag: str) -> None:
        if node.tag not in (_TAGS + tag, "!"):
            shown = str(node.tag).replace(_TAGS, "!!")
            self._report(node, f"the tag {shown} means nothing here")

    def _float(self, node: ScalarNode) -> float:
        number = float(node.value)
        if not math.isfinite(number):
            self._report(node, f"the number {node.value} is too large")
        return number

    def _report(self, node: Node, message: str) -> None:
        place = _place_of(node)
        self.problems.add(Problem(self._file, place.line, place.column, message))


def _place_of(node: Node) -> Place:
    return _place_of_mark(node.start_mark)


def _place_of_mark(mark: Any) -> Place:
    return Place(mark.line + 1, mark.column + 1)


def _only_problem(file: str, message: str, place: Place = Place(1, 1)) -> ScenarioError:
    return ScenarioError([Problem(file, place.line, place.column, message)])
