"""The base data of the CMDB, from the package's YAML to rows by table, as a new instance holds them."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.resources import files
from typing import TypeVar

import yaml  # type: ignore[import-untyped]
from pydantic import TypeAdapter

from simulator.protocol.envelope import derive_id
from simulator.store.cmdb.parts import Attribute, CiClass, Name, Rules, Text
from simulator.store.cmdb.rows import (
    ANYONE,
    Rows,
    access_row,
    class_rows,
    property_row,
    relation_row,
    role_id,
    role_row,
    rule_rows,
    source_row,
)

T = TypeVar("T")

ADMIN = "admin"
"""The user that every instance has from the start; in no domain."""

SYSTEM = "system"
"""Who does what no user does."""

CLIENT = "trustsim"
"""The OAuth client that every instance has from the start, who acts for itself as that user."""

QUICK_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""That of libyaml, unless PyYAML was built without."""

ADMIN_ID = "6816f79cc0a8016401c5a33be04be441"
"""The same on every instance of the product: clients know it."""


@cache
def base_classes() -> dict[str, CiClass]:
    """The classes of a new instance, each below the class it extends."""
    return _read("classes.yaml", dict[Name, CiClass])


@cache
def base_properties() -> dict[str, str]:
    """The properties of a new instance."""
    return _read("properties.yaml", dict[str, Text])


@cache
def base_tables() -> dict[str, CiClass]:
    """The tables that are no classes, with those of their columns that are no plain texts."""
    return _read("tables.yaml", dict[Name, CiClass])


@cache
def base_rows() -> Rows:
    """All other rows of a new instance."""
    rows = rule_rows(_read("identifiers.yaml", Rules))
    rows["cmdb_rel_type"] = [relation_row(name) for name in _read("relations.yaml", list[str])]
    rows["sys_choice"] = [source_row(name) for name in _read("sources.yaml", list[str])]
    rows["sys_properties"] = [property_row(name, value) for name, value in base_properties().items()]
    rows["sys_user"] = [{"sys_id": ADMIN_ID, "user_name": ADMIN, "name": "System Administrator"}]
    rows["sys_user_has_role"] = [
        {"sys_id": derive_id("sys_user_has_role", ADMIN_ID, "admin"), "user": ADMIN_ID, "role": role_id("admin")}
    ]
    access = [
        (name, operation, role)
        for name, roles_by_operation in _read("access.yaml", dict[str, dict[str, list[str]]]).items()
        for operation, roles in roles_by_operation.items()
        for role in roles
    ]
    rows["sys_security_acl"] = [access_row(*each) for each in access]
    rows["oauth_entity"] = [
        {
            "sys_id": derive_id("oauth_entity", CLIENT),
            "name": "A client for tests",
            "client_id": CLIENT,
            "oauth_application_user": ADMIN_ID,
        }
    ]
    roles = dict.fromkeys(["admin", *(role for *_, role in access if role != ANYONE)])
    rows["sys_user_role"] = [role_row(role) for role in roles]
    return rows


def _read(file: str, expected: type[T]) -> T:
    """What a file of the package says. Nobody has to be told where it is wrong, so it is read by the quickest."""
    text = files("simulator.cmdb.base").joinpath(file).read_text(encoding="utf-8")
    return TypeAdapter(expected).validate_python(yaml.load(text, QUICK_LOADER))  # noqa: S506 - it is safe


@cache
def base_class_rows() -> Rows:
    """The same about the classes of a new instance."""
    return class_rows(base_classes())


@lru_cache(maxsize=8)
def table_rows(columns_by_table: tuple[tuple[str, tuple[str, ...]], ...]) -> Rows:
    """The same about those of these tables that every instance has and that are no classes, with these columns."""
    described = base_tables()
    return class_rows(
        {
            name: CiClass(
                label=described[name].label,
                attributes={each: described[name].attributes.get(each) or Attribute() for each in columns},
            )
            for name, columns in columns_by_table
            if name in described
        }
    )
