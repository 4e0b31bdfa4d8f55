"""The text of a YAML file in the one layout that scenario files have: what it says and its comments stay.

Who wrote it chooses between one line and a block; a value in one line that is too long becomes a block.
Indentation, spaces and empty lines are not chosen. Scalars stay as they are written, quotes included.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from simulator.errors import Problem, ScenarioError
from simulator.scenario.reading.source import parse

WIDTH = 120
"""Characters of a line, beyond which what stands in one line becomes a block."""

_STEP = 2
"""Characters that a block stands further right than what it belongs to."""


def laid_out(text: str, file: str) -> str:
    """The text in our layout. Raises ScenarioError where it is no YAML, or has what has no layout here."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    before = parse(text, file)
    after = _Printer(text, file).printed()
    # Whatever YAML can do that we have not thought of must not cost anybody a value or a comment.
    if repr(parse(after, file).data) != repr(before.data) or _remarks(after) != _remarks(text):
        raise _refused(file, "it would not say the same afterwards")
    return after


def _remarks(text: str) -> list[str]:
    return [comment.text for comment in _comments(text, _events(text))]


def _refused(file: str, why: str, line: int = 1, column: int = 1) -> ScenarioError:
    return ScenarioError([Problem(file, line, column, f"this has no layout, and stays as it is: {why}")])


# -- what is read ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Comment:
    start: int
    column: int
    text: str

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(slots=True)
class _Node:
    """A value or a key, and where its text begins and ends; places are counted in characters from 0."""

    kind: type[NodeEvent]
    start: int
    end: int
    column: int
    value: str = ""
    """Of a scalar: what its text means."""
    style: str | None = None
    """Of a scalar: the quotes around it, or the sign before its lines."""
    properties: str = ""
    """Of a collection: its anchor and its tag."""
    is_flow: bool = False
    entries: list[tuple[_Node | None, _Node]] = field(default_factory=list)
    """Of a collection, with their keys where it is a mapping."""

    @property
    def is_collection(self) -> bool:
        return self.kind in {MappingStartEvent, SequenceStartEvent}

    @property
    def is_block_scalar(self) -> bool:
        return self.style in {"|", ">"}


def _events(text: str) -> list[Event]:
    return list(YAML(typ="safe", pure=True).parse(text))


def _comments(text: str, events: list[Event]) -> Iterator[_Comment]:
    """All comments: between what events are made of there is nothing else but white space and signs."""
    end = 0
    for event in events:
        for match in re.finditer(r"#[^\n]*", text[end : event.start_mark.index]):
            start = end + match.start()
            yield _Comment(start, start - (text.rfind("\n", 0, start) + 1), match[0].rstrip())
        is_written = (
            isinstance(event, NodeEvent | DocumentStartEvent) or event.end_mark.index - event.start_mark.index == 1
        )
        end = max(end, event.end_mark.index if is_written else event.start_mark.index)


class _Tree:
    """Makes nodes of events."""

    def __init__(self, text: str, file: str, events: list[Event]) -> None:
        self._text = text
        self._file = file
        kinds = NodeEvent | MappingEndEvent | SequenceEndEvent
        self._events = deque(event for event in events if isinstance(event, kinds))

    def node(self) -> _Node:
        """The next one, with all that is in it."""
        event: Any = self._events.popleft()
        node = _Node(type(event), event.start_mark.index, event.end_mark.index, event.start_mark.column)
        if isinstance(event, ScalarEvent):
            node.value, node.style = event.value, event.style
        elif node.is_collection:
            node.is_flow = bool(event.flow_style)
            node.properties = self._properties(event)
            while not isinstance(self._events[0], MappingEndEvent | SequenceEndEvent):
                key = self._key() if node.kind is MappingStartEvent else None
                value = self.node()
                if (
                    key is not None and value.start == value.end
                ):  # the parser says it is where the next thing begins
                    value.start = value.end = self._end_of_key(key)
                node.entries.append((key, value))
            end = self._events.popleft().end_mark.index
            node.end = end if node.is_flow else node.entries[-1][1].end
        return node

    def _key(self) -> _Node:
        key = self.node()
        if key.is_collection or key.is_block_scalar or "\n" in self._text[key.start : key.end]:
            line = self._text.count("\n", 0, key.start) + 1
            raise _refused(self._file, "expected a key in one line", line, key.column + 1)
        return key

    def _end_of_key(self, key: _Node) -> int:
        """Where its colon ends, if it has one."""
        colon = re.compile(r"\s*:").match(self._text, key.end)
        return colon.end() if colon else key.end

    def _properties(self, event: Any) -> str:
        written = self._text[event.start_mark.index : event.end_mark.index]
        return " ".join(re.findall(r"[&!][^\s\[{,]*", written)) if event.anchor or event.tag else ""


# -- what is printed ------------------------------------------------------------------------------------


class _Printer:
    def __init__(self, text: str, file: str) -> None:
        events = _events(text)
        self._text = text
        self._mark = next(
            (it.start_mark.index for it in events if isinstance(it, DocumentStartEvent) and it.explicit), None
        )
        if self._mark is not None and text[: self._mark].lstrip().startswith("%"):
            raise _refused(file, "expected no directive")
        self._root = _Tree(text, file, events).node()
        self._comments = deque(_comments(text, events))
        self._lines: list[str] = []
        self._end = 0
        """Where in the text what is printed ends."""

    def printed(self) -> str:
        """All of it."""
        root = self._root
        if self._mark is not None:
            self._leading(self._mark, 0)
            self._line("---", self._mark + 3)
        if not root.is_collection:
            self._leading(root.start, 0)
            self._entry("", root, 0)
        else:
            if root.properties:
                self._leading(root.start, 0)
                self._line(root.properties, root.start + len(root.properties))
            self._block(root, 0)
        while self._comments:
            self._comment(0)
        return "\n".join(self._lines) + "\n"

    def _block(self, node: _Node, indent: int, head: str = "") -> None:
        """A collection, line by line; before its first entry stands *head* instead of white space."""
        for key, value in node.entries:
            start = value.start if key is None else key.start
            if not head:
                self._leading(start, indent)
            self._end = max(self._end, start if key is None else key.end)
            before = head or " " * indent
            self._entry(before + ("-" if key is None else self._key(key)), value, indent)
            head = ""
        self._ending(node, indent)

    def _entry(self, head: str, node: _Node, indent: int) -> None:
        """What belongs to a key or to a dash, which are *head*."""
        inner = indent + _STEP
        in_line = self._in_line(node)
        if in_line is not None and (self._fits(head, in_line) or not node.entries):
            self._line(_joined(head, in_line), node.end)
        elif in_line is not None and not head.endswith("-") and self._fits(" " * (inner - 1), in_line):
            self._line(head)
            self._line(" " * inner + in_line, node.end)
        elif not node.is_collection:
            self._lines_of(head, node, inner)
        elif head.endswith("-") and not node.properties:
            self._block(node, inner, f"{head} ")
        else:
            self._line(_joined(head, node.properties))
            self._block(node, inner)

    def _lines_of(self, head: str, node: _Node, indent: int) -> None:
        """A scalar of several lines, or of the kind that could have several."""
        written = self._text[node.start : node.end]
        # White space at the end of a line of a block scalar is part of what it says.
        written = re.sub(r"(\n[ \t]*)+\Z", "", written) if node.is_block_scalar else written.rstrip()
        first, *lines = written.split("\n")
        if node.is_block_scalar:
            sign, comment = re.fullmatch(r"([^#]*)(.*)", first, re.DOTALL).groups()  # type: ignore[union-attr]
            first = re.sub(r"\d", str(_STEP), sign) + comment
            lines = [line[self._depth_of(node, lines) :] for line in lines]
            if "+" in sign:
                lines += [""] * (len(node.value) - len(node.value.rstrip("\n")) - bool(lines))
        else:
            lines = [line.strip() for line in lines]
        self._lines += [_joined(head, first), *(" " * indent + line if line else "" for line in lines)]
        self._end = node.start + len(written)
        if not node.is_block_scalar:
            self._trailing()

    @staticmethod
    def _depth_of(node: _Node, lines: list[str]) -> int:
        """How far right the lines of a block scalar stand; what they mean may begin with white space."""
        here, meant = (next(filter(str.strip, some), "") for some in (lines, node.value.split("\n")))
        return len(here) - len(here.lstrip(" ")) - (len(meant) - len(meant.lstrip(" ")))

    # -- in one line

    def _in_line(self, node: _Node) -> str | None:
        """A value in one line; None where it has to have several."""
        if not node.is_collection:
            written = self._text[node.start : node.end]
            return None if "\n" in written or node.is_block_scalar else written.rstrip()
        has_comments = any(node.start <= comment.start < node.end for comment in self._comments)
        if not node.is_flow or (node.entries and has_comments):
            return None
        entries = []
        for key, value in node.entries:
            in_line = self._in_line(value)
            if in_line is None:
                return None
            entries.append(in_line if key is None else self._pair(key, in_line))
        inner = ", ".join(entries).rstrip()
        before = f"{node.properties} " if node.properties else ""
        if node.kind is SequenceStartEvent:
            return f"{before}[{inner}]"
        return f"{before}{{ {inner} }}" if inner else f"{before}{{}}"

    def _pair(self, key: _Node, value: str) -> str:
        has_colon = value or re.match(
            r"\s*:", self._text[key.end :]
        )  # { a } says that there is a, and nothing of it
        return f"{self._key(key)} {value}" if has_colon else self._text[key.start : key.end]

    def _key(self, key: _Node) -> str:
        written = self._text[key.start : key.end]
        return f"{written} :" if key.kind is AliasEvent else f"{written}:"  # a colon may be part of an alias

    @staticmethod
    def _fits(head: str, in_line: str) -> bool:
        return len(head) + 1 + len(in_line) <= WIDTH

    # -- comments and empty lines

    def _line(self, line: str, end: int = 0) -> None:
        """A line, with the comment behind it; what it says ends at *end* in the text."""
        self._lines.append(line)
        self._end = max(self._end, end)
        self._trailing()

    def _trailing(self) -> None:
        if self._comments and "\n" not in self._text[self._end : self._comments[0].start]:
            comment = self._comments.popleft()
            self._lines[-1] += f" {comment.text}"
            self._end = max(self._end, comment.end)

    def _leading(self, start: int, indent: int) -> None:
        """The comments before what starts there, and an empty line where there is one."""
        while self._comments and self._comments[0].start < start:
            self._comment(indent)
        self._gap(start)

    def _ending(self, node: _Node, indent: int) -> None:
        """The comments at the end of a collection: within its brackets, or as far right as its entries."""
        while self._comments and self._is_inside(self._comments[0], node):
            self._comment(indent)
        self._end = max(self._end, node.end) if node.is_flow else self._end

    def _is_inside(self, comment: _Comment, node: _Node) -> bool:
        if node.is_flow:
            return comment.start < node.end
        return 0 < node.column <= comment.column and not self._text[self._end : comment.start].strip()

    def _comment(self, indent: int) -> None:
        comment = self._comments.popleft()
        self._gap(comment.start)
        self._lines.append(" " * indent + comment.text)
        self._end = max(self._end, comment.end)

    def _gap(self, start: int) -> None:
        """An empty line before what starts there, where the text has any after what is printed."""
        if self._lines and self._lines[-1] and re.match(r"[ \t,]*\n[ \t]*\n", self._text[self._end : start]):
            self._lines.append("")


def _joined(head: str, text: str) -> str:
    return f"{head} {text}" if head and text else head or text
