"""Who may take an administrator's action: a user of the instance, by role (S2, S3, S12)."""

from __future__ import annotations

from collections.abc import Set

from simulator.protocol.actions import Administered, InstallApplication, RemoveApplication, UpgradeApplication
from simulator.refusal import Refusal, RefusalCode
from simulator.tables import Tables
from simulator.trust.directory import administrator_of, name_of

_INSTALLS = (InstallApplication, UpgradeApplication, RemoveApplication)

_MANAGERS = ("admin", "sn_mif.mif_admin", "sn_amf.amf_core_admin")
"""Multi-Instance Management; the last contains the one before (S12)."""

_INSTALLERS = ("admin",)
"""The pages do not say who installs applications: everywhere in the product it is admin."""


def roles_for(action: Administered) -> tuple[str, ...]:
    """The roles of which one is enough for the action."""
    return _INSTALLERS if isinstance(action, _INSTALLS) else _MANAGERS


def refuse_user(tables: Tables, action: Administered, roles: Set[str] | None) -> Refusal | None:
    """Why the user, who has these *roles*, may not do it; without roles where there is no such user. Or None."""
    user, me = action.taken_by, name_of(tables, tables.owner)
    if roles is None:
        return Refusal(
            code=RefusalCode.USER_UNKNOWN,
            found=f"{me} has no active user {user}.",
            change=f"create the user {user}, or act as another one",
            who=administrator_of(tables, tables.owner),
        )
    needed = roles_for(action)
    if roles & {*needed}:
        return None
    return Refusal(
        code=RefusalCode.NOT_ADMINISTRATOR,
        found=f"The user {user} of {me} has none of the roles {', '.join(needed)}; roles: "
        f"{', '.join(sorted(roles)) or 'none'}.",
        change=f"give the user {user} the role {needed[min(1, len(needed) - 1)]}",
        who=f"an administrator (admin) of {me}",
    )
