"""Who works in which domain, and the domains whose data that shows ("Domain scope", "Visibility domains")."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.domains.tree import GLOBAL, Tree


@dataclass(frozen=True, slots=True)
class Group:
    """A group of users; they all see its visibility domains."""

    sys_id: str
    name: str
    visibility: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class User:
    """A user, the domain on the user's record, and what the user may see besides."""

    sys_id: str
    name: str
    domain: str = GLOBAL
    visibility: frozenset[str] = frozenset()
    groups: tuple[Group, ...] = ()

    @property
    def granted(self) -> frozenset[str]:
        """The visibility domains of the user and of the user's groups."""
        return self.visibility.union(*(group.visibility for group in self.groups))


@dataclass(frozen=True, slots=True)
class Session:
    """A user at work; *picked* is the domain chosen in the domain picker, where one was."""

    user: User
    picked: str | None = None

    @property
    def domain(self) -> str:
        """The domain in which the session is: the picked one, otherwise that of the user's record."""
        # That a session of the REST API is in the user's domain too is our reading; it has no picker.
        return self.user.domain if self.picked is None else self.picked


def visible_domains(tree: Tree, session: Session) -> frozenset[str] | None:
    """The domains whose data the session sees, global among them; None in global, which sees every record.

    Ancestors are not among them: of those only the processes come down. What a domain contains counts only while
    the session is in that domain, a visibility domain always. Raises DomainError for a domain that does not exist.
    """
    at = session.domain
    if at == GLOBAL:
        return None
    tops = {at} | tree.contains_closure(at) | session.user.granted
    return frozenset({GLOBAL}).union(*map(tree.subtree, tops))


def selectable_domains(tree: Tree, user: User) -> frozenset[str]:
    """What the domain picker offers: the active domains whose data the user sees at home, and home itself.

    The documents do not list them; with any other domain, or with global for a user of a domain, the picker would
    show what the user's own domain hides.
    """
    seen = visible_domains(tree, Session(user))
    if seen is None:
        seen = tree.subtree(GLOBAL)
    else:
        seen -= {GLOBAL}
    return frozenset(one for one in seen if one in {user.domain, GLOBAL} or tree.domains[one].active)
