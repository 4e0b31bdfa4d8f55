"""In which domains an instance looks for a caller's CIs: the only place where the two modes of the engine differ.

The rules are those of "Domain separation in Identification and Reconciliation".
"""

from __future__ import annotations

from collections.abc import Mapping

from simulator.cmdb.model import Caller
from simulator.domains.session import Session, visible_domains
from simulator.domains.tree import GLOBAL, Tree

_PLUGIN = "glide.sys.domain.partitioning"
PLATFORM_MODE = "glide.identification_engine.platform_domain_separation_enabled"


def make_caller(tree: Tree, properties: Mapping[str, str], session: Session, feed: str | None = None) -> Caller:
    """Who calls: matches in the candidate domains, inserts in the session's domain. Raises DomainError."""
    home = session.domain if _is_separated(properties) else GLOBAL
    return Caller(session.user.name, home, candidate_domains(tree, properties, session), feed)


def candidate_domains(tree: Tree, properties: Mapping[str, str], session: Session) -> frozenset[str] | None:
    """The domains whose CIs can match what the session sends; None for all. Raises DomainError.

    Without the plugin for domains: all. In strict mode, the default: the session's domain alone, whatever the user
    may see, and in global the CIs of global alone. In platform mode: the domains whose data the session sees.
    """
    if not _is_separated(properties):
        return None
    if properties.get(PLATFORM_MODE) == "true":
        # One list of the page names global beside the domain and its children, another does not; the longer holds.
        return visible_domains(tree, session)
    tree.check(session.domain)
    return frozenset([session.domain])


def _is_separated(properties: Mapping[str, str]) -> bool:
    return properties.get(_PLUGIN) == "true"
