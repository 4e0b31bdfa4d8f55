"""The properties that an instance has from the start are those that the code reads, with the same defaults."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import simulator
from simulator.store.cmdb.base import base_rows

_PREFIX = "glide.identification_engine."
_OURS = ("glide.", "x_trustsim.cmdb_")
SHIPPED = {str(row["name"]): str(row["value"]) for row in base_rows()["sys_properties"]}
Reads = list[tuple[str, str | None]]
"""A pattern of names and the default, where it stands beside the name."""


def _pattern(node: ast.expr) -> str | None:
    """What a text in the code can be, as a regular expression."""
    match node:
        case ast.Constant(value=str(text)):
            return re.escape(text)
        case ast.JoinedStr(values=parts):
            return "".join(
                re.escape(str(part.value)) if isinstance(part, ast.Constant) else "[a-z]+" for part in parts
            )
    return None


@cache
def reads() -> Reads:
    """Every text that the code can look a property up by; a docstring looks nothing up."""
    return [
        read
        for file in Path(simulator.__file__).parent.rglob("*.py")
        for read in _in(ast.parse(file.read_text(encoding="utf-8")))
    ]


def _in(tree: ast.Module) -> Iterator[tuple[str, str | None]]:
    spoken = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="on" | "setting"), args=[name, default]):
                if pattern := _pattern(name):
                    yield re.escape(_PREFIX) + pattern, _default(default)
            case ast.Call(func=ast.Attribute(attr="get"), args=[name, default]):
                if (pattern := _pattern(name)) and pattern.startswith("glide"):
                    yield pattern, _default(default)
            case ast.Constant(value=str(text)) if text.startswith(_OURS) and not (
                text.endswith(".") or id(node) in spoken
            ):
                yield re.escape(text), None


def _default(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_every_property_that_is_shipped_is_read(name: str) -> None:
    assert any(re.fullmatch(pattern, name) for pattern, _ in reads())


def test_what_is_read_is_shipped_with_the_default_that_the_code_has() -> None:
    engine = [read for read in reads() if read[0].startswith((re.escape(_PREFIX), re.escape("glide.class")))]
    assert len(engine) > 15
    for pattern, default in engine:
        shipped = {value for name, value in SHIPPED.items() if re.fullmatch(pattern, name)}
        assert len(shipped) == 1, pattern
        assert default is None or shipped == {default}, pattern
