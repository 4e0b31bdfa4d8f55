"""What an instance's applications offer across instances: capabilities, their versions, their operations."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.protocol.messages import Payload
from simulator.protocol.operations import OperationKind
from simulator.refusal import Refusal, RefusalCode
from simulator.tables import Row, Tables
from simulator.trust.directory import administrator_of, name_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Application(Row):
    """An application that is installed on this instance."""

    TABLE = "sys_store_app"
    KEY = ("name",)
    name: str
    version: str
    minimum_version: str = ""
    """The oldest version that takes part, on either side; empty: any (S8)."""
    same_version: bool = False
    """Whether both sides must have the same version (S8)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability(Row):
    """A capability that an installed application offers, with its Application Capability Version."""

    TABLE = "sn_mif_application_capability"
    KEY = ("application", "name")
    application: str
    name: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation(Row):
    """One of the finer operations that a capability bundles (S1)."""

    TABLE = "sn_mif_capability_operation"
    KEY = ("application", "capability", "name")
    application: str
    capability: str
    name: str
    kind: OperationKind
    answer: Payload | None
    """What a trustor answers after acting on a message operation; None where it does not answer."""
    cmdb: bool = False
    """Whether what arrives with this data operation goes into the receiver's CMDB."""
    settings: bool = False
    """Whether what this message operation brings are settings of the trustor's application."""


def offered_version(tables: Tables, application: str, capability: str) -> str:
    """The Application Capability Version that is installed on this instance, which offers it."""
    offered = tables.get(Capability, application, capability)
    assert offered is not None, "it was looked for before"
    return offered.version


def refuse_versions(tables: Tables, application: str, peer: str, peers_version: str) -> Refusal | None:
    """Why the installed versions of the application do not go together; or None (S8, F13)."""
    mine = tables.get(Application, application)
    assert mine is not None, "it was looked for before"
    if not mine.minimum_version and not mine.same_version:
        return None
    me, other = name_of(tables, tables.owner), name_of(tables, peer)
    for name, version, id_ in ((me, mine.version, tables.owner), (other, peers_version, peer)):
        if mine.minimum_version and version_order(version) < version_order(mine.minimum_version):
            return Refusal(
                code=RefusalCode.APPLICATION_TOO_OLD,
                found=f"{name} has {application} {version}; the oldest that takes part is {mine.minimum_version}.",
                change=f"upgrade {application} on {name} to {mine.minimum_version} or newer",
                who=administrator_of(tables, id_),
            )
    if mine.same_version and mine.version != peers_version:
        return Refusal(
            code=RefusalCode.APPLICATION_DIFFERS,
            found=f"{me} has {application} {mine.version} and {other} has {peers_version}.",
            change=f"install the same version of {application} on both",
            who=administrator_of(tables, peer),
        )
    return None


def version_order(version: str) -> tuple[int, ...]:
    """A version in its order: 6.2.10 comes after 6.2.4. What is no number counts as 0."""
    return tuple(int(part) if part.isdecimal() else 0 for part in version.split("."))


def refuse_unoffered(
    tables: Tables, application: str, capability: str | None = None, operation: str | None = None
) -> Refusal | None:
    """Why this instance does not offer the application, its capability or its operation; or None."""
    if tables.get(Application, application) is None:
        me = name_of(tables, tables.owner)
        return Refusal(
            code=RefusalCode.APPLICATION_MISSING,
            found=f"{application} is not installed on {me}.",
            change=f"install {application} on {me}",
            who=administrator_of(tables, tables.owner),
        )
    if capability is not None and tables.get(Capability, application, capability) is None:
        me = name_of(tables, tables.owner)
        offered = ", ".join(row.name for row in tables.all(Capability, application=application))
        return Refusal(
            code=RefusalCode.CAPABILITY_UNKNOWN,
            found=f"{application} on {me} has no capability {capability}; it has: {offered or 'none'}.",
            change=f"install a version of {application} that offers {capability}",
            who=administrator_of(tables, tables.owner),
        )
    if operation is not None and tables.get(Operation, application, capability or "", operation) is None:
        me = name_of(tables, tables.owner)
        rows = tables.all(Operation, application=application, capability=capability)
        return Refusal(
            code=RefusalCode.OPERATION_UNKNOWN,
            found=f"{application} > {capability} on {me} has no operation {operation}; it has: "
            f"{', '.join(row.name for row in rows) or 'none'}.",
            change=f"install a version of {application} that offers {operation}",
            who=administrator_of(tables, tables.owner),
        )
    return None
