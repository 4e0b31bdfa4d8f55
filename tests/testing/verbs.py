"""Makes simulator/testing/verbs.py of the types of steps: `python -m tests.testing.verbs`.

A verb is a method of an instance where the step says by `on`, `from` or alone who acts; else of the fleet. What a
step must be told comes first, then what may be left out where there is only one; the rest is named.
"""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AfterValidator, BeforeValidator, JsonValue
from pydantic.fields import FieldInfo

import simulator.testing
from simulator.scenario.format import meaning_of_verb
from simulator.scenario.model import ALONE, BESIDE_THE_VERB, WITHOUT_OUTCOME, Step
from simulator.scenario.model.names import ONLY_ONE, known_instances
from simulator.testing.writing import actor_of, part_of

MODULE = Path(simulator.testing.__file__).with_name("verbs.py")

_WIDTH = 103
"""Of the text of a docstring, so that no line is longer than 115."""

_HEAD = '''\
"""The verbs of the scenario language as methods: made of the types of steps by tests/testing/verbs.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal, Protocol

from simulator.protocol.http import Response
from simulator.testing.outcome import Expect, Outcome

__tracebackhide__ = True  # pytest shows the line of a test that has called, and not ours

Instances = str | Sequence[str]
"""One instance by its name, or several; or groups of them."""

Span = str | timedelta
"""Such as "10m", as files have it."""


class Taker(Protocol):
    """Who takes the steps; see Fleet."""

    async def act(self, verb: str, actor: str | None, values: Mapping[str, Any]) -> Outcome:
        """A step of which something becomes."""
        ...

    async def do(self, verb: str, actor: str | None, values: Mapping[str, Any]) -> None:
        """A step of which nothing becomes: what happens to instances, or to the fleet."""
        ...

    async def ask(self, verb: str, actor: str | None, values: Mapping[str, Any]) -> Response:
        """A request to the REST API."""
        ...
'''

_OF_INSTANCES = """What administrators, applications and clients do on one instance.

    `expect` is as in a file; left out, an administrator expects to succeed, and of what an application sends
    nothing is expected. A call waits until what was set going before has arrived, unless it comes `at_once`.
    """

_CLASS = '''

class {name}:
    """{about}"""

    def __init__(self, taker: Taker, actor: str | None) -> None:
        self._taker = taker
        self._actor = actor
'''


@dataclass(frozen=True, slots=True)
class _Argument:
    name: str
    kind: str
    default: str | None
    """As Python writes it; None: there is none."""
    meaning: str

    @property
    def declared(self) -> str:
        return f"{self.name}: {self.kind}{'' if self.default is None else f' = {self.default}'}"


@dataclass(frozen=True, slots=True)
class _Verb:
    """One method."""

    name: str
    is_of_instance: bool
    first: Sequence[_Argument]
    named: Sequence[_Argument]

    @classmethod
    def of(cls, name: str) -> _Verb:
        field = Step.model_fields[name]
        kind, metadata = _bare(field.annotation)
        part = part_of(name)
        if kind == Literal[True]:
            return cls(name, is_of_instance=False, first=(), named=())
        if part is None:
            if _is_instances(kind, metadata):
                return cls(name, is_of_instance=True, first=(), named=())
            default = _quoted(ALONE[name]) if name in ALONE else None
            return cls(name, is_of_instance=False, first=[_Argument("value", _kind(kind), default, "")], named=())
        fields = {inner: each for inner, each in part.model_fields.items() if inner != actor_of(name)}
        required = [_argument(inner, each) for inner, each in fields.items() if each.is_required()]
        only = [
            _argument(inner, each) for inner, each in fields.items() if each.default == ONLY_ONE == _only(each)
        ]
        others = {
            inner: each for inner, each in fields.items() if inner not in {it.name for it in required + only}
        }
        last = sorted(others.items(), key=lambda item: item[0] in _WHO)  # which most leave out
        return cls(name, actor_of(name) is not None, required + only, [_argument(*item) for item in last])

    def text(self) -> str:
        """The method, as yet without the breaks that its lines need."""
        named = [
            *self.named,
            *((_EXPECT,) if self._does == "act" else ()),
            *((_AT_ONCE,) if self._does != "do" else ()),
        ]
        declared = ["self", *(it.declared for it in self.first), *(["*"] if named else [])]
        declared += [it.declared for it in named]
        values = ", ".join(f'"{it.name}": {it.name}' for it in (*self.first, *named))
        call = f'await self._taker.{self._does}("{self.name}", self._actor, {{{values}}})'
        return f"""
    async def {self.name}({", ".join(declared)}) -> {_RESULTS[self._does]}:
        {self._about()}
        {"return " if self._does != "do" else ""}{call}
"""

    @property
    def _does(self) -> str:
        """Which of the methods of a Taker takes it."""
        return "ask" if self.name == "request" else "do" if self.name in WITHOUT_OUTCOME else "act"

    def _about(self) -> str:
        meaning = _wrapped(_plain(meaning_of_verb(self.name)) + ".")
        told = [f"{it.name}: {_plain(it.meaning)}" for it in (*self.first, *self.named) if it.meaning]
        lines = [*meaning, *([""] if told else []), *(line for each in told for line in _wrapped(each, 4))]
        closing = ['"""'] if len(lines) > 1 else []
        text = "\n        ".join([*lines, *closing])
        return f'"""{text}' if closing else f'"""{text}"""'


_WHO = {"taken_by", "user", "picked"}
_EXPECT = _Argument("expect", "Expect | None", "None", "")
_AT_ONCE = _Argument("at_once", "bool", "False", "")
_RESULTS = {"act": "Outcome", "ask": "Response", "do": "None"}


def verbs_module() -> str:
    """The text of verbs.py."""
    verbs = [_Verb.of(name) for name in Step.model_fields if name not in BESIDE_THE_VERB]
    text = _HEAD
    for name, about, is_of_instance in (
        ("InstanceVerbs", _OF_INSTANCES, True),
        ("FleetVerbs", "What happens to the fleet as a whole.", False),
    ):
        text += _CLASS.format(name=name, about=about)
        text += "".join(verb.text() for verb in verbs if verb.is_of_instance is is_of_instance)
    return text


# -- from types to annotations --------------------------------------------------------------------------


def _argument(name: str, field: FieldInfo) -> _Argument:
    kind = _kind(field.annotation, field.metadata)
    if field.is_required():
        return _Argument(name, kind, None, field.description or "")
    if isinstance(field.default, bool | int) or (isinstance(field.default, str) and field.default):
        default = f'"{field.default}"' if isinstance(field.default, str) else repr(field.default)
        return _Argument(name, kind, default, field.description or "")
    kind = kind if kind.endswith("| None") or kind == "Any" else f"{kind} | None"
    return _Argument(name, kind, "None", field.description or "")


def _only(field: FieldInfo) -> str | None:
    """ONLY_ONE where what is left out is the only one there is."""
    return ONLY_ONE if field.validate_default else None


def _kind(kind: Any, metadata: Sequence[Any] = ()) -> str:
    """What Python calls a value of this type."""
    bare, more = _bare(kind)
    metadata = [*metadata, *more]
    origin, arguments = get_origin(bare), get_args(bare)
    if _is_instances(bare, metadata):
        return "Instances"
    if bare is JsonValue or bare is Any:
        return "Any"
    if origin in (Union, UnionType):
        members = dict.fromkeys(_kind(member) for member in arguments if member is not NoneType)
        return " | ".join(members)
    if origin is Literal:
        return f"Literal[{', '.join(_quoted(choice) for choice in arguments)}]"
    if origin is list:
        inner = _kind(arguments[0])
        is_one_or_more = any(isinstance(each, BeforeValidator) for each in metadata)
        return f"{inner} | Sequence[{inner}]" if is_one_or_more else f"Sequence[{inner}]"
    if isinstance(bare, type) and issubclass(bare, StrEnum):
        return f"Literal[{', '.join(_quoted(str(choice)) for choice in bare)}]"
    if bare in _NAMES:
        return _NAMES[bare]
    return "Mapping[str, Any]"


_NAMES: dict[Any, str] = {str: "str", bool: "bool", int: "int", float: "float", timedelta: "Span"}


def _bare(kind: Any) -> tuple[Any, list[Any]]:
    """The type without `None` and annotations, and these."""
    metadata: list[Any] = []
    while True:
        arguments = [each for each in get_args(kind) if each is not NoneType]
        if get_origin(kind) is Annotated:
            kind, metadata = arguments[0], [*metadata, *arguments[1:]]
        elif get_origin(kind) in (Union, UnionType) and len(arguments) == 1:
            kind = arguments[0]
        else:
            return kind, metadata


def _is_instances(kind: Any, metadata: Sequence[Any]) -> bool:
    """Whether it is one instance or several, by name."""
    if get_origin(kind) is not list or not any(isinstance(each, BeforeValidator) for each in metadata):
        return False
    _, inner = _bare(get_args(kind)[0])
    return any(isinstance(each, AfterValidator) and each.func is known_instances for each in inner)


def _quoted(choice: object) -> str:
    return f'"{choice}"' if isinstance(choice, str) else repr(choice)


def _plain(text: str) -> str:
    """Markdown without links to where it stands, and with the quotes of Python."""
    return re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text)


def _wrapped(text: str, indent: int = 0) -> Iterator[str]:
    yield from textwrap.wrap(
        text, _WIDTH, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False
    )


def formatted(text: str) -> str:
    """The module as ruff lays it out."""
    ruff = [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(MODULE), "-"]
    return subprocess.run(ruff, input=text, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    MODULE.write_text(formatted(verbs_module()))
