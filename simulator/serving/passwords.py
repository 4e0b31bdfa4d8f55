"""With which passwords users log in to an instance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from simulator.cmdb.classes.columns import hidden
from simulator.runtime.fleet import Fleet
from simulator.store.cmdb.base import ADMIN


def passwords(fleet: Fleet, instance: str, data: object) -> dict[str, str | None]:
    """The passwords of the instance's users, by their names; each begins with its user's name as its own.

    *data* is the scenario's, whose steps may have set others. None: somebody else has set it, and nobody can tell.
    """
    rows = [row for row in fleet.show(instance, "sys_user") if row["active"] != "false"]
    by_steps = {hidden(each): each for each in _passwords_in(data)} if rows else {}
    found = {
        row["user_name"]: by_steps.get(row["user_password"]) if row.get("user_password") else row["user_name"]
        for row in rows
    }
    return found or {ADMIN: ADMIN}  # who is there as soon as anybody asks


def _passwords_in(data: Any) -> Iterator[str]:
    """What steps set as passwords, wherever it stands in them."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            if key == "user_password":
                yield str(value)
            else:
                yield from _passwords_in(value)
    elif isinstance(data, list):
        for value in data:
            yield from _passwords_in(value)
