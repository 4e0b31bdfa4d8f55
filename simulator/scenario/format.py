"""The documentation of scenario files, from the types in model/.

The prose stands in format.md, the tables are made: `python -m simulator.scenario.format > scenarios/README.md`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from importlib.resources import files
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AfterValidator, BeforeValidator
from pydantic.fields import FieldInfo

from simulator.catalogue.findings import FINDINGS
from simulator.catalogue.meaning import Meaning
from simulator.catalogue.refusals import REFUSALS
from simulator.refusal import RefusalCode
from simulator.scenario import model
from simulator.scenario.failures import FAILURES, Failure
from simulator.scenario.model import Step, Timed, rows
from simulator.scenario.model.names import (
    known_application,
    known_capability,
    known_instance,
    known_instances,
    known_message,
    known_operation,
)
from simulator.store.cmdb import parts
from simulator.store.setups import setup
from simulator.trust.rows import ROW_TYPES


def readme() -> str:
    """The text of scenarios/README.md."""
    return re.sub(r"^@(\w+)(.*)$", lambda line: _table(line[1], line[2].split()), _prose(), flags=re.MULTILINE)


def _prose() -> str:
    return files("simulator.scenario").joinpath("format.md").read_text(encoding="utf-8")


def _table(kind: str, names: Sequence[str]) -> str:
    """A table that the frame asks for with a line such as `@keys SendStep`."""
    match kind:
        case "keys":
            (part,) = names
            return _markdown(("key", "value", "meaning"), _rows_of_keys(part))
        case "verbs":
            return _markdown(("step", "meaning"), [(f"`{verb}`", meaning_of_verb(verb)) for verb in names])
        case "events":
            verbs = [(verb, Step.model_fields[verb]) for verb in names]
            rows = [(f"`{verb}`", _value(field.annotation), meaning_of_verb(verb)) for verb, field in verbs]
            return _markdown(("step", "value", "meaning"), rows)
        case "tables":
            return _markdown(("table", "a row", "columns"), _rows_of_tables())
        case "failures":
            return _markdown(("mode", "what fails", "scenario", "how"), map(_row_of_failure, FAILURES))
        case "refusals":
            return _table_of_codes({code.value: meaning for code, meaning in REFUSALS.items()})
    assert kind == "findings", f"the frame asks for an unknown table {kind}"
    return _table_of_codes(FINDINGS)


def _table_of_codes(meanings: Mapping[str, Meaning]) -> str:
    codes = [(f"`{code}`", it.when, f"{it.rule} [{it.source}]", it.remedy) for code, it in meanings.items()]
    return _markdown(("code", "when", "rule", "what mends it"), codes)


def _markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))


def _row_of_failure(failure: Failure) -> tuple[str, str, str, str]:
    link = f"[{failure.scenario}]({failure.scenario}.yaml)" if failure.scenario else "none"
    return failure.number, failure.what, link, failure.how


def _rows_of_keys(part: str) -> list[tuple[str, str, str]]:
    """A row for each key of a part; an expectation's are without those of the one it extends."""
    kind = next(getattr(module, part) for module in (model, setup, parts) if hasattr(module, part))
    shared = kind.__base__.model_fields if issubclass(kind.__base__, Timed) else {}
    fields = sorted(kind.model_fields.items(), key=lambda item: item[0] == "taken_by")  # which most leave out
    return [
        (
            f"`{field.alias or name}`{' (required)' if field.is_required() else ''}",
            _value(field.annotation, field.metadata),
            _meaning_of_key(field),
        )
        for name, field in fields
        if name not in shared
    ]


def _rows_of_tables() -> list[tuple[str, str, str]]:
    described = []
    for row_type in ROW_TYPES:
        sentence = re.sub(r" \(S\d+\)", "", (row_type.__doc__ or "").split("\n")[0])
        columns = ", ".join(rows.TABLES[row_type.TABLE])
        described.append((f"`{row_type.TABLE}`", sentence.removesuffix("."), columns))
    return described


def meaning_of_verb(verb: str) -> str:
    """A verb's description, or else the first paragraph of that of its value."""
    field = Step.model_fields[verb]
    meaning = field.description or get_args(field.annotation)[0].__doc__.split("\n\n")[0]
    return meaning[0].upper() + meaning[1:].rstrip(".")


def _meaning_of_key(field: FieldInfo) -> str:
    default = f"; left out: `{field.default}`" if isinstance(field.default, str) and field.default else ""
    return (field.description or "") + default


_REFERENCE = {
    known_instance: "instance",
    known_instances: "instance",
    known_application: "application",
    known_capability: "capability",
    known_operation: "operation",
    known_message: "message",
}
_WORD = {
    str: "text",
    int: "number",
    bool: "`true` or `false`",
    timedelta: "[duration](#durations)",
    RefusalCode: "[refusal code](#refusal-codes)",
}


def _value(kind: Any, annotations: Sequence[Any] = ()) -> str:
    """What an author writes for a value of this type, in a word or a few."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _value(arguments[0], arguments[1:])
    for annotation in annotations:
        if isinstance(annotation, AfterValidator) and annotation.func in _REFERENCE:
            return _REFERENCE[annotation.func]
    if origin in (Union, UnionType):
        return " or ".join(_value(member) for member in arguments if member is not NoneType)
    if origin is Literal:
        return " or ".join(f"`{str(choice).lower()}`" for choice in arguments)
    if origin is list:
        is_one_or_more = any(isinstance(annotation, BeforeValidator) for annotation in annotations)
        return f"{_value(arguments[0])}, or a list" if is_one_or_more else "list"
    if kind in _WORD:
        return _WORD[kind]
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return ", ".join(f"`{choice}`" for choice in kind)
    return "mapping"


"""What a person wrote of the page. A line that begins with @ stands for a table."""


if __name__ == "__main__":
    sys.stdout.write(readme())
