"""What a user's roles allow in the CMDB; `admin` contains all the others."""

from __future__ import annotations

from collections.abc import Set
from enum import Enum

from simulator.refusal import Refusal, RefusalCode

ADMINISTRATOR = "an administrator of this instance"
"""Who gives roles."""


class Right(Enum):
    """What somebody wants to do, and the roles with which it may be done."""

    CALL = frozenset({"itil", "asset"})
    """Call the API ("Identification and Reconciliation API")."""
    EDIT = frozenset({"itil", "asset", "sn_cmdb_editor", "sn_cmdb_admin", "itil_admin"})
    """Change a CI and what belongs to it; the documents say only who may read and who may delete."""
    DELETE = frozenset({"sn_cmdb_admin", "itil_admin"})
    """Delete CIs ("Delete CIs")."""
    REMEDIATE = frozenset({"sn_cmdb_admin", "itil_admin", "cmdb_dedup_admin"})
    """Work on tasks, and look for duplicates ("Remediate a de-duplication task")."""

    @property
    def roles(self) -> list[str]:
        """The roles, those first that most users have."""
        return sorted(self.value, key=_ORDER.index)

    def is_held(self, roles: Set[str]) -> bool:
        """Whether one of the roles is enough."""
        return bool(roles & self.value) or "admin" in roles


def refuse_role(user: str, roles: Set[str], right: Right) -> Refusal | None:
    """Why the user may not; None for one who may."""
    if right.is_held(roles):
        return None
    needed = right.roles
    return Refusal(
        code=RefusalCode.ROLE_MISSING,
        found=f"The user {user} has neither {' nor '.join(needed)}; roles: {', '.join(sorted(roles)) or 'none'}.",
        change=f"give the user {user} the role {' or '.join(needed)}",
        who=ADMINISTRATOR,
    )


_ORDER = ("itil", "asset", "sn_cmdb_editor", "sn_cmdb_admin", "itil_admin", "cmdb_dedup_admin")
