"""What is public in Python: the names that others may build on, with their signatures and what is said of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from simulator import peer, testing


@dataclass(frozen=True, slots=True)
class Public:
    """A name."""

    name: str
    told: str
    """Its signature, of a class what it is made of, of a field its type."""
    about: str
    members: tuple[Public, ...] = ()


def public() -> Iterator[Public]:
    """Every name of the modules that are public, by module and name."""
    for module in (testing, peer):
        for name in sorted(module.__all__):
            it = getattr(module, name)
            members = tuple(_members(it)) if inspect.isclass(it) else ()
            yield Public(f"{module.__name__}.{name}", _told(it), _about(it), members)


def _members(kind: type) -> Iterator[Public]:
    """Its own and those of what it is made of, but for what Python brings along."""
    for base in reversed(kind.__mro__):
        if not base.__module__.startswith("simulator."):
            continue
        for name, annotation in sorted(inspect.get_annotations(base).items()):
            if not name.startswith("_"):
                yield Public(name, f": {annotation}", "")
        for name, member in sorted(vars(base).items()):
            if name.startswith("_") and name not in _SPECIAL:
                continue
            match member:
                case property():
                    yield Public(f"property {name}", _told(member.fget), _about(member.fget))
                case classmethod():
                    yield Public(f"classmethod {name}", _told(member.__func__), _about(member.__func__))
                case _ if inspect.isfunction(member):
                    prefix = "async " if inspect.iscoroutinefunction(member) else ""
                    yield Public(f"{prefix}{name}", _told(member), _about(member))


_SPECIAL = {"__aenter__", "__aexit__", "__eq__", "__getitem__"}


def _told(it: Any) -> str:
    if inspect.isclass(it):
        return f"({', '.join(base.__name__ for base in it.__bases__ if base is not object)})"
    return _signature(it) if inspect.isroutine(it) else ""


class _Written(str):
    """An annotation as it is written, without quotes."""

    __slots__ = ()
    __repr__ = str.__str__


def _signature(it: Callable[..., Any]) -> str:
    signature, empty = inspect.signature(it), inspect.Signature.empty
    parameters = [
        each if each.annotation is empty else each.replace(annotation=_Written(each.annotation))
        for each in signature.parameters.values()
    ]
    returned = signature.return_annotation
    returned = returned if returned is empty else _Written(returned)
    return str(signature.replace(parameters=parameters, return_annotation=returned))


def _about(it: Any) -> str:
    return inspect.getdoc(it) or "" if inspect.isclass(it) or inspect.isroutine(it) else ""
