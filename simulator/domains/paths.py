"""A domain's place in the tree as a short text, `sys_domain_path`: a prefix test tells what is below it.

A path has a code of three characters and a slash for each level, from the top down. Every record holds the path
of its domain, so the records of a moved domain, and only those, get a new one ("Domain query methods").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from types import MappingProxyType

from simulator.domains.tree import GLOBAL, DomainError, Tree

GLOBAL_PATH = "/"
MAX_LENGTH = 255
"""Characters in a path: 63 levels."""

# The documents count the characters and show the first three. That the others are the printable ones from there
# on, up to where the small letters begin (text compares without regard to case), without those that quote or
# separate, is our reading: it makes sixty.
_ALPHABET = "".join(chr(code) for code in range(ord("!"), ord("a")) if chr(code) not in "\"'/\\")
_SIZE = len(_ALPHABET)
_STEP = 4
"""Characters for one level: a code and a slash."""

MAX_DEPTH = MAX_LENGTH // _STEP
MAX_CHILDREN = _SIZE**3

_NONE: Mapping[str, str] = MappingProxyType({})


def assign_paths(tree: Tree, kept: Mapping[str, str] = _NONE) -> dict[str, str]:
    """The path of global and of every domain, by sys_id.

    *kept* are the paths that there were: a domain that is still below the same parent keeps its code. The others
    get the lowest free codes in the order of the tree. Raises DomainError for a tree too deep or too wide for it.
    """
    paths = {GLOBAL: GLOBAL_PATH}
    waiting: list[str | None] = [None]
    while waiting:
        parent = waiting.pop()
        children = tree.children.get(parent, ())
        _check_size(tree, parent, children, "" if parent is None else paths[parent])
        above = "" if parent is None else paths[parent]
        paths |= {child: f"{above}{code}/" for child, code in _codes(parent, children, kept).items()}
        waiting.extend(children)
    return paths


def changed_paths(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    """The new path of every domain that had another one, or none; records of these domains follow it."""
    return {domain: path for domain, path in new.items() if old.get(domain) != path}


def _codes(parent: str | None, children: tuple[str, ...], kept: Mapping[str, str]) -> dict[str, str]:
    """The code of every child of one parent."""
    above = "" if parent is None else kept.get(parent)
    codes: dict[str, str] = {}
    taken: set[str] = set()
    for child in children:
        code = _code_below(above, kept.get(child, ""))
        if code is not None and code not in taken:
            codes[child] = code
            taken.add(code)
    free = _free_codes(taken)
    return {child: codes[child] if child in codes else next(free) for child in children}


def _code_below(above: str | None, path: str) -> str | None:
    """The code with which *path* goes on from *above*, None where it does not."""
    code, end = path[-_STEP:-1], path[-1:]
    is_child = above is not None and path == f"{above}{code}/" and len(code) == _STEP - 1
    return code if is_child and end == "/" and set(code) <= set(_ALPHABET) else None


def _free_codes(taken: Set[str]) -> Iterator[str]:
    """The codes in their sequence without the taken ones.

    That a code which became free is given out again is not documented; it lets a node have all its children.
    """
    return (code for code in map(_code, range(MAX_CHILDREN)) if code not in taken)


def _code(number: int) -> str:
    """The code with this number, which counts from 0."""
    return _ALPHABET[number // _SIZE**2] + _ALPHABET[number // _SIZE % _SIZE] + _ALPHABET[number % _SIZE]


def _check_size(tree: Tree, parent: str | None, children: tuple[str, ...], above: str) -> None:
    if len(children) > MAX_CHILDREN:
        name = GLOBAL if parent is None else tree.domains[parent].name
        message = f"expected at most {MAX_CHILDREN} children, got {len(children)}; put domains between"
        raise DomainError(f"domains.{name}: {message}")
    if children and len(above) + _STEP > MAX_LENGTH:
        where = f"domains.{tree.domains[children[0]].name}.parent"
        raise DomainError(f"{where}: expected at most {MAX_DEPTH} levels, got one more; move it up")
