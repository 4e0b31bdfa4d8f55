"""What can be left out of an excerpt of a scenario file, and which values can be simpler. The loader has the last
word on what is still a scenario, so that nothing here has to know what needs what.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import timedelta

from pydantic import TypeAdapter

from simulator.exploration.excerpt import Excerpt
from simulator.report.numbers import counted
from simulator.scenario.model import ALONE, Duration
from simulator.scenario.phrases import duration_in_words
from simulator.scenario.reading.place import DataPath

Piece = frozenset[DataPath]
"""Parts of a file that go together."""


def faults(excerpt: Excerpt) -> list[Piece]:
    """Each fault."""
    return [frozenset({path}) for path, value in _steps(excerpt) if isinstance(value, dict) and "fault" in value]


def steps(excerpt: Excerpt) -> list[Piece]:
    """Each step, with what is expected of it."""
    return [frozenset({path}) for path, _ in _steps(excerpt)]


def expectations(excerpt: Excerpt) -> list[Piece]:
    """Each expectation at a step or at the end, and all that are at one step."""
    return [frozenset({path}) for path, _ in excerpt.parts() if is_expectation(path)]


def is_expectation(path: DataPath) -> bool:
    """Whether this is where one expectation stands, or all of a step."""
    match path:
        case ("steps", int(), "expect") | ("steps", int(), "expect", int()):
            return True
        case (str(where), int()):
            return where in _CLAIMS
    return False


def instances(excerpt: Excerpt) -> list[Piece]:
    """Each instance, with everything that is only there because of it."""
    parts = dict(excerpt.parts())
    return [_all_about(str(path[1]), parts) for path in parts if len(path) == 2 and path[0] == "instances"]


def names(excerpt: Excerpt) -> list[Piece]:
    """Each instance in each list or mapping of several."""
    parts = dict(excerpt.parts())
    known: set[object] = {path[1] for path in parts if len(path) == 2 and path[0] == "instances"}
    named = [path for path, value in parts.items() if _is_name(path, value, known)]
    return [frozenset({path}) for path in named if path[:1] in _ACTS]


def _is_name(path: DataPath, value: object, known: Container[object]) -> bool:
    """Whether this is an instance's entry in a list, or in a mapping by name."""
    entry = value if path and isinstance(path[-1], int) and isinstance(value, str) else path[-1:] and path[-1]
    return entry in known


def weather(excerpt: Excerpt) -> list[Piece]:
    """Each kind of bad weather, each delay and whatever else makes a fault worse."""
    of_faults = {path for piece in faults(excerpt) for path in piece}
    return [piece for piece in keys(excerpt) for path in piece if path[:2] in of_faults]


def keys(excerpt: Excerpt) -> list[Piece]:
    """Each key that might do without, as it has a default; never one that says what is expected, or how long."""
    return [frozenset({path}) for path, _ in excerpt.parts() if _is_optional(path)]


def _is_optional(path: DataPath) -> bool:
    match path:
        case ("steps", int(), verb, *inner):
            return verb != "expect" and 1 <= len(inner) <= 3 and str(inner[-1]) in inner and inner[-1] not in _KEPT
        case ("instances" | "applications", _, *inner):
            return "expect" not in inner and isinstance(path[-1], str)
        case (str(key),):
            return key in {"description", "groups", "auto_approval", "patience", "seed", *_CLAIMS}
    return False


def simpler_values(excerpt: Excerpt) -> Iterator[tuple[DataPath, list[object]]]:
    """Each duration and number that could be simpler, with what to try in its place, the simplest first."""
    for path, value in excerpt.parts():
        if "expect" in path or not path:
            continue
        if path[-1] in _DURATIONS and isinstance(value, str):
            yield path, [shorter for shorter in _shorter(_DURATION.validate_python(value)) if shorter != value]
        if path[-1] in _NUMBERS and isinstance(value, float | int):
            always = [1] if path[-1] in _HARMLESS else []
            yield path, [simpler for simpler in (*always, float(f"{value:.1g}")) if simpler != value]
        if path[-1] == "settle" and value != ALONE["settle"]:
            yield path, [ALONE["settle"]]


# -- how much there is ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is of a scenario."""

    instances: int
    steps: int
    """Without those that are faults."""
    faults: int
    expectations: int

    def __str__(self) -> str:
        counts = {
            "instance": self.instances,
            "step": self.steps,
            "fault": self.faults,
            "expectation": self.expectations,
        }
        return ", ".join(counted(number, what) for what, number in counts.items())


def size_of(excerpt: Excerpt) -> Size:
    """How much is left."""
    number = len(faults(excerpt))
    singles = [path for path, value in excerpt.parts() if is_expectation(path) and not isinstance(value, list)]
    return Size(len(instances(excerpt)), len(steps(excerpt)) - number, number, len(singles))


# -- the rest -------------------------------------------------------------------------------------------

_CLAIMS = ("expect", "always", "never", "eventually", "sometimes")
"""Where a file says what must hold, apart from its steps."""
_ACTS = (("steps",), *((claims,) for claims in _CLAIMS))
_HARMLESS = {"duplicate", "reorder", "replay"}
"""What may happen to every payload, so that chance has no part in it, and still all of them arrive."""
_KEPT = {"for", "from", "to", "point", "by"}
"""Without these a fault would be more, and not less."""
_DURATIONS = {"advance", "after", "for", "least", "most", "average", "ahead", "behind", "by", "auto_approval"}
_NUMBERS = {"loss", "duplicate", "reorder", "corrupt", "replay", "drift"}
_DURATION: TypeAdapter[timedelta] = TypeAdapter(Duration)
_UNITS = [timedelta(minutes=1), timedelta(seconds=1), timedelta(milliseconds=100)]
_ROUND = [timedelta(seconds=seconds) for seconds in (1, 10, 60, 600, 3600, 86400)]


def _shorter(span: timedelta) -> Iterator[str]:
    """Round durations shorter than this one, and then itself with fewer fractions."""
    tried = [round_ for round_ in _ROUND if round_ < span]
    tried += [span // unit * unit for unit in _UNITS if unit <= span]
    return (duration_in_words(it) for it in tried)


def _steps(excerpt: Excerpt) -> Iterator[tuple[DataPath, object]]:
    return ((path, value) for path, value in excerpt.parts() if len(path) == 2 and path[0] == "steps")


def _all_about(name: str, parts: dict[DataPath, object]) -> Piece:
    """The instance itself, and of every list that it is named in the entry that names it, directly or deeper.

    Where nothing else would be left of a list, the entry of the list around it goes.
    """
    gone: set[DataPath] = {("instances", name)}
    for path, value in parts.items():
        if path[:1] in _ACTS and (path[-1] == name or value == name):
            gone.add(path if path[-1] == name else _entry(path, parts))
    return frozenset(gone)


def _entry(path: DataPath, parts: dict[DataPath, object]) -> DataPath:
    """The innermost entry of a list of several on the way to *path*; the outermost, if none has others."""
    entries = [path[: index + 1] for index, key in enumerate(path) if isinstance(key, int)]
    several = [entry for entry in entries if len(parts[entry[:-1]]) > 1]  # type: ignore[arg-type]
    entry = several[-1] if several else entries[0]
    return path[:3] if "expect" in path[2:3] and len(entry) == 2 else entry  # the step itself may stay
