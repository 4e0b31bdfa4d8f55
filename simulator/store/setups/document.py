"""A YAML document as a checked model; what is wrong with it is told with file, line and column."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from simulator.errors import Problem, ScenarioError

if TYPE_CHECKING:
    from ruamel.yaml.nodes import Node

T = TypeVar("T")

MAX_BYTES = 1 << 20
"""A hundred times what a long scenario needs, and read in seconds."""
MAX_BYTES_OF_DATA = 256 << 20
"""For what may hold many records: setups, payloads, results."""
MAX_DEPTH = 50
"""The format needs ten levels, the rest is for payloads; far from Python's limit on recursion."""
MAX_VALUES, MAX_VALUES_OF_DATA = 200_000, 5_000_000
"""After aliases are expanded, which can make a very large document out of a very small file."""


def read_file(path: Path, most: int = MAX_BYTES) -> str:
    """The text of a file that somebody has named, UTF-8 and of *most* so many bytes. Raises ScenarioError.

    A pipe is read only where a shell has made it: of another one nobody knows whether ever anything comes.
    """
    try:
        if not (path.is_file() or path.is_dir() or str(path).startswith("/dev/") or not path.exists()):
            raise _only_problem(str(path), "the file cannot be read: it is a pipe or a device")
        with path.open("rb") as file:
            content = file.read(most + 1)
    except (OSError, ValueError, RuntimeError) as error:  # a NUL in the name, a circle of links
        reason = getattr(error, "strerror", None) or str(error)
        raise _only_problem(str(path), f"the file cannot be read: {reason}") from error
    if len(content) > most:
        raise _only_problem(str(path), f"the file is larger than {most // 1024} KiB")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode(errors="replace")
        raise _only_problem(str(path), "the file is not UTF-8 text", place_after(before)) from error


def place_after(before: str) -> tuple[int, int]:
    """Line and column, from 1, of what stands after this text."""
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def _only_problem(file: str, message: str, place: tuple[int, int] = (1, 1)) -> ScenarioError:
    return ScenarioError([Problem(file, *place, message)])


def read_document(text: str, file: str, expected: type[T]) -> T:
    """The document in *text*, which is YAML 1.2. Raises ScenarioError with all that does not fit *expected*."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError
    from ruamel.yaml.reader import ReaderError

    try:
        yaml = YAML(typ="safe", pure=True)
        root = yaml.compose(text)
        _check_size(root, file)
        data = None if root is None else yaml.constructor.construct_document(root)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        message = f"not valid YAML: {error.problem or error.context}; correct this line"
        raise ScenarioError([Problem(file, line, column, message)]) from error
    except ReaderError as error:
        message = f"not valid YAML: the character U+{error.character:04X} is not allowed"
        raise _only_problem(file, message, place_after(text[: error.position])) from error
    except RecursionError as error:
        raise _only_problem(file, f"nested deeper than {MAX_DEPTH} levels") from error
    except (ValueError, OverflowError) as error:  # ruamel lets Python's own errors through
        raise _only_problem(file, f"not valid YAML: {error}") from error
    try:
        return TypeAdapter(expected).validate_python(data)
    except ValidationError as error:
        problems = [Problem(file, *_place(root, one["loc"]), _message(one)) for one in error.errors()]
        raise ScenarioError(problems) from error


def _check_size(root: Node | None, file: str) -> None:
    """Raises ScenarioError for what is too deep or, with its aliases expanded, too large."""
    from ruamel.yaml.nodes import MappingNode, SequenceNode

    waiting, number = [(root, 0)] if root else [], 0
    while waiting:
        node, depth = waiting.pop()
        number += 1
        place = (node.start_mark.line + 1, node.start_mark.column + 1)
        if depth > MAX_DEPTH:
            raise _only_problem(file, f"nested deeper than {MAX_DEPTH} levels", place)
        if number > MAX_VALUES_OF_DATA:
            raise _only_problem(file, f"more than {MAX_VALUES_OF_DATA} values, with aliases expanded", place)
        match node:
            case MappingNode():
                waiting += [(part, depth + 1) for pair in node.value for part in pair]
            case SequenceNode():
                waiting += [(part, depth + 1) for part in node.value]


def find_places(text: str, paths: Iterable[tuple[str | int, ...]]) -> list[tuple[int, int]]:
    """Line and column, from 1, of each part of the document, or of what of the way to it exists."""
    from ruamel.yaml import YAML

    root = YAML(typ="safe", pure=True).compose(text)
    return [_place(root, path) for path in paths]


def _place(root: Node | None, path: tuple[str | int, ...]) -> tuple[int, int]:
    """Line and column of the part that *path* leads to, or of what of it exists."""
    from ruamel.yaml.nodes import MappingNode, SequenceNode

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
    if "url" not in error:  # our own words, from a validator
        return f"{where}: {error['msg']}"
    shown = repr(came) if len(repr(came)) <= 60 else f"{type(came).__name__} {repr(came)[:50]}..."
    return f"{where}: expected: {error['msg']}; got: {shown}; correct the value"
