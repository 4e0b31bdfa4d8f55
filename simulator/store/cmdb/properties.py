"""Which values the system properties of a CMDB can have, by what those that it begins with are."""

from __future__ import annotations

from simulator.cmdb.identification.other_tables import FURTHER, PRESET
from simulator.store.cmdb.base import base_properties

_TRUTH = {"true": "true", "1": "true", "false": "false", "0": "false"}


def checked(name: str, value: str) -> str:
    """The value as whoever reads the property takes it; of a property that is not known here, any text.

    Raises ValueError with what was expected.
    """
    default, came = base_properties().get(name, ""), value.strip()
    if default in ("true", "false"):
        if came.lower() not in _TRUTH:
            raise ValueError(f"expected true or false, got {value!r}")
        return _TRUTH[came.lower()]
    if default == PRESET:
        tables = sorted({*PRESET.split(","), *FURTHER})
        if unknown := [each for each in names_in(value) if each not in tables]:
            raise ValueError(f"expected tables among {', '.join(tables)}, got {', '.join(map(repr, unknown))}")
        return ",".join(names_in(value))
    if default.isdigit():
        if not (came.isascii() and came.isdigit()):
            raise ValueError(f"expected a whole number, 0 or more, got {value!r}")
        return str(int(came))
    return value


def names_in(value: str) -> list[str]:
    """The names in a list with commas between them."""
    return [name.strip() for name in value.split(",") if name.strip()]
