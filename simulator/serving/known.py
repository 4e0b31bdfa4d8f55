"""What an instance knows of trust, as JSON has it: a fleet that is up tells it to programs that ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from simulator.journal import Alteration, Entry
from simulator.runtime.fleet import KnownFleet
from simulator.tables import Row
from simulator.trust.rows import ROW_TYPES


@dataclass(frozen=True, slots=True)
class Known:
    """The part of one instance in KnownFleet."""

    rows: dict[str, list[Any]]
    """By table."""
    alterations: list[tuple[int, Alteration]]
    causes: dict[str, Entry]

    def load(self, row_type: type[Row]) -> list[Any]:
        """See KnownFleet.load."""
        return _rows_of(row_type).validate_python(self.rows[row_type.TABLE])


def dump_known(fleet: KnownFleet, instance: str) -> dict[str, Any]:
    """What the instance knows, as JSON has it."""
    rows = {
        row_type.TABLE: _rows_of(row_type).dump_python(fleet.load(instance, row_type), mode="json")
        for row_type in ROW_TYPES
        if row_type.IS_READ
    }
    known = Known(rows, fleet.alterations(instance), dict(fleet.causes(instance)))
    dumped: dict[str, Any] = _KNOWN.dump_python(known, mode="json")
    return dumped


def load_known(dumped: Any) -> Known:
    """The reverse. Raises ValidationError."""
    return _KNOWN.validate_python(dumped)


_KNOWN: TypeAdapter[Known] = TypeAdapter(Known)


def _rows_of(row_type: type[Row]) -> TypeAdapter[list[Any]]:
    if row_type not in _ROWS:
        _ROWS[row_type] = TypeAdapter(list[row_type])  # type: ignore[valid-type]
    return _ROWS[row_type]


_ROWS: dict[type[Row], TypeAdapter[list[Any]]] = {}
"""Made when they are first needed: that takes a while."""
