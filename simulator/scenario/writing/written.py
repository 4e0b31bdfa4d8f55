"""The data of a scenario as the text of a file, laid out like those that people write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from simulator.scenario.model import ALONE

Data = dict[str, Any]

_SECTIONS = ("instances", "applications", "steps", "expect", "always", "never", "eventually", "sometimes")
_WITH_NAMES = {"on", "from", "to", "trusting", "trusted", "trustee", "isolate", "pause", "stop", "kill", "start"}


def written(data: Data, comment: Sequence[str]) -> str:
    """The text of a scenario file, with a comment at its beginning."""
    lines = [f"# {line}".rstrip() for line in comment]
    lines += [f"{key}: {one_line(value)}" for key, value in data.items() if key not in _SECTIONS]
    for key in _SECTIONS:
        if data.get(key):
            lines += ["", f"{key}:", *_section(key, data[key])]
    return "\n".join(lines) + "\n"


def one_line(value: object, key: str = "") -> str:
    """A value as it is written in one line; as the value of *key*, where a single name needs no list."""
    match value:
        case [str(name)] if key in _WITH_NAMES:
            return one_line(name)
        case dict():
            entries = (f"{one_line(name)}: {one_line(item, name)}" for name, item in value.items())
            return f"{{ {', '.join(entries)} }}" if value else "{}"
        case list():
            return f"[{', '.join(map(one_line, value))}]"
    return _scalar(value)


def _section(key: str, value: Any) -> Iterator[str]:
    match key:
        case "instances":
            return (f"  {one_line(name)}: {one_line(item)}" for name, item in value.items())
        case "applications":
            return _nested(value, "  ", levels=3)
        case "steps":
            return (line for step in value for line in _step(step))
    return (f"  - {one_line(item)}" for item in value)


def _nested(mapping: Data, indent: str, levels: int) -> Iterator[str]:
    """A mapping line by line, that many levels deep, and what is deeper in one line."""
    for key, value in mapping.items():
        if levels and isinstance(value, dict) and value:
            yield f"{indent}{one_line(key)}:"
            yield from _nested(value, indent + "  ", levels - 1)
        else:
            yield f"{indent}{one_line(key)}: {one_line(value)}"


def _step(step: object) -> Iterator[str]:
    mark = "  - "
    for key, value in step.items() if isinstance(step, dict) else [(str(step), None)]:
        if value is None or (isinstance(step, dict) and len(step) == 1 and ALONE.get(key) == value):
            yield f"{mark}{key}"
        elif key == "expect" and isinstance(value, list):
            yield f"{mark}expect:"
            yield from (f"      - {one_line(item)}" for item in value)
        else:
            yield f"{mark}{key}: {one_line(value, key)}"
        mark = "    "


def _scalar(value: object) -> str:
    """As it is written inside of a list in one line, which is fit for everywhere else too."""
    if isinstance(value, str) and not value.isprintable():
        value = DoubleQuotedScalarString(value)
    yaml, out = YAML(), StringIO()
    yaml.default_flow_style, yaml.width = True, 1 << 20
    yaml.dump([value], out)
    return out.getvalue().rstrip("\n").removeprefix("[").removesuffix("]")
