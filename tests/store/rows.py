"""Any row of any table, for Hypothesis."""

from __future__ import annotations

from dataclasses import fields
from enum import Enum
from typing import Any, get_type_hints

from hypothesis import strategies as st

from simulator.protocol.messages import Payload
from simulator.tables import Row
from simulator.trust.rows import ROW_TYPES
from tests.protocol.wire import numbers, payloads, texts


def rows_of(row_type: type[Row]) -> st.SearchStrategy[Row]:
    """Any row of this type."""
    hints = get_type_hints(row_type)
    made: dict[str, st.SearchStrategy[Any]] = {
        field.name: _values(hints[field.name])
        for field in fields(row_type)  # type: ignore[arg-type]
    }
    return st.builds(row_type, **made)


def _values(hint: Any) -> st.SearchStrategy[Any]:
    if hint == Payload:
        return payloads
    if hint == Payload | None:
        return st.none() | payloads
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(hint)
    return {str: texts, int: numbers, bool: st.booleans()}[hint]


any_row: st.SearchStrategy[Row] = st.one_of([rows_of(row_type) for row_type in ROW_TYPES])
