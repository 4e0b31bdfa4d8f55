"""What was imported as the text of one file: a scenario with its topology, or a setup where there is none."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from simulator.errors import SourceError
from simulator.importing.classes import Said
from simulator.importing.names import anonymised
from simulator.importing.rows import Rows
from simulator.importing.setup import check, setup_of
from simulator.importing.topology import applications_of, instances_of, name_of_instance
from simulator.scenario.interpolation import escaped
from simulator.store.setups.document import MAX_BYTES

_IN_LINES = 4
"""How many levels of a setup stand in lines of their own; what is deeper stands in one."""

_PLAIN = re.compile(r"[A-Za-z_/][\w/ ().-]*(?<! )")
_OTHER = re.compile(r"(?i:true|false|null)")
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Document:
    """The file, and in words what is in it and what is not."""

    text: str
    summary: str
    notes: tuple[str, ...]


def document(
    rows: Rows, host: str = "", *, instance: str | None = None, as_setup: bool = False, anonymise: bool = False
) -> Document:
    """One file of all rows, which come from *host* or from files. Raises SourceError."""
    notes: list[str] = []
    has_topology = bool(rows.of("sn_mif_instance")) and not as_setup
    me = name_of_instance(rows, instance, host) if has_topology else ""
    rows = anonymised(rows) if anonymise else rows
    setup = setup_of(rows, notes)
    data: Said = setup
    if has_topology:
        data = {"name": f"What was imported of {me}", "instances": instances_of(rows, me, notes)}
        if applications := applications_of(rows, notes):
            data["applications"] = applications
        if me not in data["instances"]:
            raise SourceError(f"the instance {me}: a scenario cannot have one with this name")
        data["steps"] = [{"configure_cmdb": {"on": me, "setup": setup}}]
        data = cast("Said", escaped(data))  # what an instance has is only text, and a scenario would fill it in
    left_out = tuple(sorted(dict.fromkeys(notes)))
    head = ["Made by trustsim import."]
    head += ["", "Left out:", *(f"- {note}" for note in left_out)] if left_out else []
    comment = [f"# {_UNPRINTABLE.sub('?', ' '.join(line.split()))}".rstrip() for line in head]
    text = "\n".join([*comment, "", in_yaml(data, _IN_LINES + 3 if has_topology else _IN_LINES)])
    if has_topology and len(text.encode()) > MAX_BYTES:
        raise SourceError(
            f"it makes a scenario of more than {MAX_BYTES // 1024} KiB, which nothing reads: import with --setup, "
            "and have a scenario take that with `configure_cmdb: { on: INSTANCE, from: FILE }`"
        )
    check(setup)
    return Document(text, _summary(data, setup), left_out)


def _summary(data: Said, setup: Said) -> str:
    """What is in the file, in numbers."""
    parts = {**{part: data.get(part, {}) for part in ("instances", "applications")}, **setup}
    records = setup.get("records", {})
    counted = [f"{len(said)} {part.replace('_', ' ')}" for part, said in parts.items() if said and said != records]
    counted += [f"{len(some)} rows of {table}" for table, some in records.items()]
    return ", ".join(counted) or "nothing that a new instance has not"


# -- YAML -----------------------------------------------------------------------------------------------


def in_yaml(data: Said, levels: int = _IN_LINES) -> str:
    """The mapping as YAML, that many levels deep in lines of their own."""
    return "\n".join(_lines(data, "", levels) if data else ["{}"]) + "\n"


def _lines(said: Any, indent: str, levels: int) -> Iterator[str]:
    """A mapping or a list in lines of their own, that many levels deep."""
    for mark, value in _entries(said):
        if levels > 1 and isinstance(value, dict) and value and _is_long(value):
            inner = f"{indent}  "
            first, *rest = _lines(value, inner, levels - 1)
            yield from (f"{indent}- {first.strip()}", *rest) if mark == "-" else (f"{indent}{mark}", first, *rest)
        elif levels > 1 and isinstance(value, list) and value and _is_long(value):
            yield f"{indent}{mark}"
            yield from _lines(value, f"{indent}  ", levels - 1)
        else:
            yield f"{indent}{mark} {_in_line(value)}"


def _entries(said: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(said, dict):
        return ((f"{_in_line(key)}:", value) for key, value in said.items())
    return (("-", value) for value in said)


_LONG = 90
"""Characters that are too many for one line with more before them."""


def _is_long(value: Any) -> bool:
    return len(_in_line(value)) > _LONG


def _in_line(value: Any) -> str:
    match value:
        case dict():
            inner = ", ".join(f"{_in_line(key)}: {_in_line(one)}" for key, one in value.items())
            return f"{{ {inner} }}" if inner else "{}"
        case list():
            return f"[{', '.join(map(_in_line, value))}]"
        case bool():
            return "true" if value else "false"
        case None:
            return "null"
        case int():
            return str(value)
    return _text(str(value))


def _text(text: str) -> str:
    if _PLAIN.fullmatch(text) and not _OTHER.fullmatch(text):
        return text
    return _UNPRINTABLE.sub(_escaped, json.dumps(text, ensure_ascii=False))


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    return "\\ufffd" if 0xD800 <= code <= 0xDFFF else f"\\u{code:04x}"
