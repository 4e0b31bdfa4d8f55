"""What a CMDB has answered: in short for reports, and held against what a scenario expects of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulator.report.numbers import counted
from simulator.runtime.fleet import Fleet

_SHOWN = 60
"""Characters of a value in a report."""


def response_to(fleet: Fleet, instance: str, cause: str) -> Mapping[str, Any] | None:
    """What the CMDB of an instance has answered to what is kept as *cause*; None where it was not asked."""
    noted = fleet.show(instance, "x_trustsim_cmdb_action")
    texts = [row["response"] for row in noted if row["envelope"] == cause and row["response"]]
    return json.loads(texts[0]) if texts else None


def in_short(response: Mapping[str, Any]) -> str:
    """What became of the items, such as "INSERT, 2 UPDATE"; of one with an error, the first error."""
    counts = Counter(_of_item(item) for item in response.get("items", []))
    return ", ".join(f"{count} {what}" if count > 1 else what for what, count in counts.items())


def _of_item(item: Mapping[str, Any]) -> str:
    errors = item.get("errors")
    return str(errors[0]["error"] if errors else item.get("operation", "no operation"))


@dataclass(frozen=True, slots=True)
class Difference:
    """The first place where a response is not as it is expected."""

    path: str
    wanted: str
    seen: str


def first_difference(wanted: object, seen: object, path: str = "response") -> Difference | None:
    """Where *seen* is not as *wanted*: of a mapping its keys count, a list as a whole, None is nothing."""
    match wanted, seen:
        case dict(), dict():
            parts = [(wanted[key], seen.get(key), f"{path}.{key}") for key in wanted]
        case list(), list() if len(wanted) == len(seen):
            parts = [(*pair, f"{path}[{index}]") for index, pair in enumerate(zip(wanted, seen, strict=True))]
        case list(), list():
            return Difference(path, _entries(wanted), f"{_entries(seen)}: {_shown(seen)}")
        case _:
            is_same = wanted == seen and isinstance(wanted, bool) == isinstance(seen, bool)
            return None if is_same else Difference(path, _shown(wanted), _shown(seen))
    return next((found for part in parts if (found := first_difference(*part))), None)


def _entries(values: Sequence[object]) -> str:
    return counted(len(values), "entry", "entries")


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
