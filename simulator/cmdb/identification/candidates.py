"""In which domains an instance looks for a caller's CIs: the only place where the two modes of the engine differ.

The rules are those of "Domain separation in Identification and Reconciliation".
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from simulator.cmdb.rules.model import Caller
from simulator.domains.session import Session, visible_domains
from simulator.domains.tree import GLOBAL, Tree

_PLUGIN = "glide.sys.domain.partitioning"
PLATFORM_MODE = "glide.identification_engine.platform_domain_separation_enabled"


def make_caller(tree: Tree, properties: Mapping[str, str], session: Session, feed: str | None = None) -> Caller:
    """Who calls: matches in the candidate domains, inserts in the session's domain. Raises DomainError."""
    home = home_of(properties, session)
    why = partial(standing, tree, properties, session)
    return Caller(session.user.name, home, candidate_domains(tree, properties, session), feed, why)


def home_of(properties: Mapping[str, str], session: Session) -> str:
    """The domain of what the session makes."""
    return session.domain if _is_separated(properties) else GLOBAL


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


def audit_callers(tree: Tree, properties: Mapping[str, str], session: Session) -> list[Caller]:
    """As whom the CIs that are there are looked for: in strict mode those of each domain among themselves.

    The documents say nothing of domains here; so the audit finds what a caller of the CIs' own domain would meet.
    Raises DomainError.
    """
    if not _is_separated(properties) or properties.get(PLATFORM_MODE) == "true":
        return [make_caller(tree, properties, session)]
    seen = visible_domains(tree, session)
    domains = tree.subtree(GLOBAL) if seen is None else seen
    return [Caller(session.user.name, domain, frozenset([domain])) for domain in sorted(domains)]


def seen_domains(tree: Tree, properties: Mapping[str, str], session: Session) -> frozenset[str] | None:
    """The domains whose data people see, in either mode of the engine; None for all. Raises DomainError."""
    return visible_domains(tree, session) if _is_separated(properties) else None


def standing(tree: Tree, properties: Mapping[str, str], session: Session, domain: str) -> str:
    """Why CIs of the domain are, or are not, candidates of the session, for people. Raises DomainError."""
    if not _is_separated(properties):
        return "without the domain plugin all CIs count"
    name, own = tree.name(domain), tree.name(session.domain)
    if domain == session.domain:
        return f"domain {name} is the caller's"
    if properties.get(PLATFORM_MODE) != "true":
        return f"domain {name} is not the caller's {own}, and in strict mode no other counts"
    if session.domain == GLOBAL:
        return f"domain {name} is seen from global, as all are"
    if domain == GLOBAL:
        return "global is seen from every domain"
    if domain in tree.subtree(session.domain):
        return f"domain {name} is below the caller's {own}"
    return _granted(tree, session, domain) or _withheld(tree, session, domain)


def _granted(tree: Tree, session: Session, domain: str) -> str:
    """What lets the session see a domain that is not below its own; empty where nothing does."""
    user, own, name = session.user, session.domain, tree.name(domain)
    tops_by_grant = {
        f"a visibility domain of {user.name}": user.visibility,
        **{f"a visibility domain of the group {group.name}": group.visibility for group in user.groups},
        f"contained in the caller's {tree.name(own)}": tree.contains_closure(own),
    }
    for grant, tops in tops_by_grant.items():
        for top in sorted(tops):
            if domain in tree.subtree(top):
                below = "" if domain == top else f"below {tree.name(top)}, "
                return f"domain {name} is {below}{grant}"
    return ""


def _withheld(tree: Tree, session: Session, domain: str) -> str:
    name, own = tree.name(domain), tree.name(session.domain)
    if domain in tree.chain(session.domain):
        return f"domain {name} is above the caller's {own}, and data is seen downwards only"
    return f"domain {name} is neither below the caller's {own}, nor made visible, nor contained"


def _is_separated(properties: Mapping[str, str]) -> bool:
    return properties.get(_PLUGIN) == "true"
