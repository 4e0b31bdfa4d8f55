"""The text of a scenario file as plain data, and the place of every part of it.

This is YAML 1.2 with its core schema, so that `on` is a text and not `true`. Anchors, aliases and merge keys
work; keys are text and stand once.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from simulator.errors import Problem
from simulator.scenario.reading.nodes import MappingNode, Node, ScalarNode, SequenceNode, compose, only_problem
from simulator.scenario.reading.place import DataPath, Place
from simulator.store.setups.document import MAX_DEPTH, MAX_VALUES


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
    root = compose(text, file)
    reader = _Reader(file)
    data = None if root is None else reader.value(root, ())
    if data is None:
        raise only_problem(file, "the file is empty")
    return Source(file, data, reader.values, reader.keys, tuple(reader.problems))


_TAGS = "tag:yaml.org,2002:"
_INT = re.compile(r"[-+]?[0-9]{1,400}")
_OTHER_BASE = re.compile(r"0o[0-7]{1,400}|0x[0-9a-fA-F]{1,400}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_KINDS = re.compile(
    rf"""
        (?P<null>    | ~ | null | Null | NULL )
        | (?P<bool>  true | True | TRUE | false | False | FALSE )
        | (?P<int>   [-+]?[0-9]+ | 0o[0-7]+ | 0x[0-9a-fA-F]+ )
        | (?P<float> {_FLOAT.pattern} )
        | (?P<merge> << )
    """,
    re.VERBOSE,
)
"""What a scalar without quotes and tag is that is no text, by the core schema; and YAML 1.1's key to merge by."""


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
        self.values[path] = node.place
        match node:
            case MappingNode():
                self._check_tag(node, "map")
                return self._mapping(node, path)
            case SequenceNode():
                self._check_tag(node, "seq")
                return [self.value(item, (*path, index)) for index, item in enumerate(node.items)]
        assert isinstance(node, ScalarNode), "there is no other kind of node"
        self.values[path] = Place(self._file, node.place.line, node.place.column, node.text)
        return self._scalar(node)

    def _visit(self, node: Node, depth: int) -> None:
        self._visits += 1
        if depth > MAX_DEPTH:  # also where an alias stands inside of what it stands for
            raise only_problem(self._file, f"nested deeper than {MAX_DEPTH} levels", node.place)
        if self._visits > MAX_VALUES:
            message = f"more than {MAX_VALUES} values, with aliases expanded"
            raise only_problem(self._file, message, node.place)

    def _mapping(self, node: MappingNode, path: DataPath) -> dict[str, object]:
        data: dict[str, object] = {}
        for key, value in self._entries(node, len(path)):
            inner = (*path, key.text)
            self.keys[inner] = key.place
            data[key.text] = self.value(value, inner)
            if not value.is_written:  # so it stands nowhere
                self.values[inner] = key.place
        return data

    def _entries(self, node: MappingNode, depth: int) -> Iterator[tuple[ScalarNode, Node]]:
        """The entries of a mapping and then those it merges, each key once: the first one counts."""
        self._visit(node, depth)
        first: dict[str, ScalarNode] = {}
        merged: list[Node] = []
        for key, value in node.entries:
            if not isinstance(key, ScalarNode):
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

    def _merged(self, node: Node, depth: int) -> Iterator[tuple[ScalarNode, Node]]:
        for source in node.items if isinstance(node, SequenceNode) else [node]:
            if isinstance(source, MappingNode):
                yield from self._entries(source, depth + 1)
            else:
                self._report(source, "expected a mapping to merge, or a list of them")

    def _scalar(self, node: ScalarNode) -> object:
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

    def _check_tag(self, node: Node, kind: str) -> None:
        if node.tag not in (None, _TAGS + kind):
            shown = node.tag.replace(_TAGS, "!!")
            self._report(node, f"the tag {shown} means nothing here")

    def _float(self, node: ScalarNode) -> float:
        number = float(node.text)
        if not math.isfinite(number):
            self._report(node, f"the number {node.text} is too large")
        return number

    def _report(self, node: Node, message: str) -> None:
        self.problems.add(Problem(self._file, node.place.line, node.place.column, message))


def _kind_of(node: ScalarNode) -> str:
    """The end of the tag that it has, written or not."""
    if node.tag is not None:
        return node.tag.removeprefix(_TAGS)
    if not node.is_plain:
        return "str"
    found = _KINDS.fullmatch(node.text)
    return "str" if found is None else str(found.lastgroup)
