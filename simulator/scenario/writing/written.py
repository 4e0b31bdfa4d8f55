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


def step_in_line(step: object) -> str:
    """A step as it is written in one line."""
    verb = "fault" if isinstance(step, dict) and "fault" in step else ""
    return one_line(step, levels=1 + _levels(verb))


def one_line(value: object, key: str = "", levels: int = 0) -> str:
    """A value as it is written in one line.

    A single instance needs no list as the value of *key*, nor of the keys so many levels below; what is deeper are
    payloads and the like, in which a list stays one.
    """
    match value:
        case [str(name)] if key in _WITH_NAMES:
            return one_line(name)
        case dict():
            keys = [(name, item, name if levels > 0 else "") for name, item in value.items()]
            entries = (f"{one_line(name)}: {one_line(item, within, levels - 1)}" for name, item, within in keys)
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
    return (f"  - {one_line(item, levels=1)}" for item in value)


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
        elif key == "expect" and isinstance(value, list) and value:
            yield f"{mark}expect:"
            yield from (f"      - {one_line(item, levels=1)}" for item in value)
        else:
            yield f"{mark}{key}: {one_line(value, key, _levels(key))}"
        mark = "    "


def _levels(verb: str) -> int:
    """How deep instances are named within the value of a step's key."""
    return 2 if verb == "fault" else 1


def _scalar(value: object) -> str:
    """As it is written inside of a list in one line, which is fit for everywhere else too."""
    if isinstance(value, str) and not value.isprintable():
        value = DoubleQuotedScalarString(value)
    yaml, out = YAML(), StringIO()
    yaml.default_flow_style, yaml.width = True, 1 << 20
    yaml.dump([value], out)
    return out.getvalue().rstrip("\n").removeprefix("[").removesuffix("]")
