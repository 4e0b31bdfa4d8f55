"""A YAML document as a checked model; what is wrong with it is told with file, line and column."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from simulator.errors import Problem, ScenarioError

T = TypeVar("T")


def read_document(text: str, file: str, expected: type[T]) -> T:
    """The document in *text*, which is YAML 1.2. Raises ScenarioError with all that does not fit *expected*."""
    try:
        data = YAML(typ="safe", pure=True).load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        message = f"not valid YAML: {error.problem or error.context}; correct this line"
        raise ScenarioError([Problem(file, line, column, message)]) from error
    try:
        return TypeAdapter(expected).validate_python(data)
    except ValidationError as error:
        root = YAML(typ="safe", pure=True).compose(text)
        problems = [Problem(file, *_place(root, one["loc"]), _message(one)) for one in error.errors()]
        raise ScenarioError(problems) from error


def find_places(text: str, paths: Iterable[tuple[str | int, ...]]) -> list[tuple[int, int]]:
    """Line and column, from 1, of each part of the document, or of what of the way to it exists."""
    root = YAML(typ="safe", pure=True).compose(text)
    return [_place(root, path) for path in paths]


def _place(root: Node | None, path: tuple[str | int, ...]) -> tuple[int, int]:
    """Line and column of the part that *path* leads to, or of what of it exists."""
    node, mark = root, root.start_mark if root else None
    for part in path:
        match node:
            case MappingNode():
                key, value = next(((k, v) for k, v in node.value if k.value == str(part)), (None, None))
                if key is None:
                    continue
                node, mark = value, key.start_mark
            case SequenceNode() if isinstance(part, int) and part < len(node.value):
                node = node.value[part]
                mark = node.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _message(error: ErrorDetails) -> str:
    """What was expected, what came, and what to do."""
    where, kind, came = ".".join(map(str, error["loc"])) or "the document", error["type"], error["input"]
    if kind == "extra_forbidden":
        return f"{where}: no such key is known here; correct its name or remove it"
    if kind == "missing":
        return f"{where}: this key is needed and is not there; add it"
    shown = repr(came) if len(repr(came)) <= 60 else f"{type(came).__name__} {repr(came)[:50]}..."
    return f"{where}: expected: {error['msg']}; got: {shown}; correct the value"
