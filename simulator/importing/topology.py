"""Rows of the Multi-Instance Framework as what a scenario begins with: instances, and what they offer others."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import cast

from pydantic import TypeAdapter, ValidationError

from simulator.errors import SourceError
from simulator.importing.classes import Said
from simulator.importing.rows import Row, Rows, is_true
from simulator.importing.tables import INSTANCE_NAME
from simulator.scenario.model.topology import Environment, HostName
from simulator.scenario.reading.library import shipped
from simulator.trust.readiness import RELEASES, SUPPORTS_TLS

_ACCOUNT, _RELEASE = "acme", "Zurich"
"""What an instance has of which a scenario does not say more."""

_STAND_IN: Said = {"hand over": "data"}
"""The operation of a capability of which nobody has published any."""


def instances_of(rows: Rows, me: str, notes: list[str]) -> dict[str, Said | str]:
    """The instances of the directory that are not retired, by name; *me* is the one that is imported from."""
    found: dict[str, Said | str] = {}
    for row in sorted(rows.of("sn_mif_instance"), key=lambda row: row.get("name", "")):
        name = row.get("name", "")
        if is_true(row, "retired"):
            continue
        if not _can_be_host(name) or name in found:
            notes.append(f"the instance {name!r}: a scenario cannot have one with this name, or has it already")
            continue
        said: Said = {"environment": _environment(row)}
        if _can_be_host(account := row.get("account", "") or _ACCOUNT) and account != _ACCOUNT:
            said["account"] = account
        release = next((each for each in RELEASES if each.lower() == row.get("release", "").lower()), _RELEASE)
        if release != _RELEASE:
            said["release"] = release
        if name == me and _property(rows, SUPPORTS_TLS) == "false":
            said["supports_tls"] = False
        found[name] = said if len(said) > 1 else str(said["environment"])
    return found


def name_of_instance(rows: Rows, said: str | None, host: str) -> str:
    """Which of the directory's instances the rows are of. Raises SourceError where nobody can tell."""
    there = [row.get("name", "") for row in rows.of("sn_mif_instance") if not is_true(row, "retired")]
    if said is not None and said not in there:
        raise SourceError(f"there is no instance {said} in sn_mif_instance; there are: {', '.join(there)}")
    candidates = (
        said,
        _property(rows, INSTANCE_NAME),
        host.partition(".")[0],
        there[0] if len(there) == 1 else "",
    )
    name = next((name for name in candidates if name and name in there), None)
    if name is None:
        raise SourceError(f"which of these instances is it: {', '.join(sorted(there))}? Say it with --instance")
    return name


def applications_of(rows: Rows, notes: list[str]) -> dict[str, Said]:
    """The applications with capabilities, or that share data."""
    sharing = {
        rows.name("sys_store_app", row.get("application", "")) for row in rows.of("sn_mif_table_registration")
    }
    offers = {
        rows.name("sys_store_app", row.get("application", "")) for row in rows.of("sn_mif_application_capability")
    }
    versions = {row.get("name", ""): row for row in rows.of("sys_store_app")}
    found = {}
    for name in sorted((sharing | offers) - {""}):
        row, said = versions.get(name, {}), Said()
        if version := row.get("version", ""):
            said["version"] = version
        if oldest := row.get("minimum_version", ""):
            said["minimum_version"] = oldest
        if is_true(row, "same_version"):
            said["same_version"] = True
        if capabilities := _capabilities(rows, name, notes):
            said["capabilities"] = capabilities
        found[name] = said | ({"data_sharing": True} if name in sharing else {})
    return found


def _capabilities(rows: Rows, application: str, notes: list[str]) -> dict[str, Said]:
    of_application: list[Row] = [
        row
        for row in rows.of("sn_mif_application_capability")
        if rows.name("sys_store_app", row.get("application", "")) == application
    ]
    found = {}
    for row in sorted(of_application, key=lambda row: row.get("name", "")):
        name = row.get("name", "")
        operations = _operations(rows, application, row)
        if not operations:
            operations = _published(application, name)
            notes.append(f"the operations of {application} > {name}, which the instance does not tell: made up")
        version = {"version": row["version"]} if row.get("version") else {}
        found[name] = version | {"operations": operations}
    return found


def _operations(rows: Rows, application: str, capability: Row) -> Said:
    found: Said = {}
    for row in sorted(rows.of("sn_mif_capability_operation"), key=lambda row: row.get("name", "")):
        is_of = rows.name("sys_store_app", row.get("application", "")) == application
        if not is_of or row.get("capability") not in (capability["sys_id"], capability.get("name")):
            continue
        said: Said = {"kind": row.get("kind", "")}
        if answer := row.get("answer", ""):
            said["answer"] = _content(answer)
        said |= {part: True for part in ("settings", "cmdb") if is_true(row, part)}
        found[row.get("name", "")] = said if len(said) > 1 else said["kind"]
    return found


def _published(application: str, capability: str) -> Said:
    """The operations that the library has, or one that stands in for them."""
    match shipped(application):
        case {"capabilities": {**capabilities}}:
            match capabilities.get(capability):
                case {"operations": {**operations}}:
                    return cast("Said", operations)
    return _STAND_IN


def _content(answer: str) -> object:
    try:
        return json.loads(answer)
    except ValueError:
        return {"answer": answer}


def _environment(row: Row) -> str:
    label = row.get("environment", "").lower()
    if label in [*Environment]:
        return label
    is_production = row.get("type", "").lower() == Environment.PRODUCTION
    return str(Environment.PRODUCTION if is_production else Environment.DEVELOPMENT)


def _can_be_host(name: str) -> bool:
    try:
        _HOST.validate_python(name)
    except ValidationError:
        return False
    return True


_HOST: TypeAdapter[str] = TypeAdapter(HostName)


def _property(rows: Rows, name: str) -> str:
    found: Sequence[Row] = [row for row in rows.of("sys_properties") if row.get("name") == name]
    return found[0].get("value", "") if found else ""
