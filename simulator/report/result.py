"""The outcome of a run, as values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from shlex import quote
from typing import Any, Self

from simulator.journal import Alteration, Entry
from simulator.report.naming import as_options, with_combination


class Verdict(StrEnum):
    """How a step, or a whole run, ended."""

    MET = "met"
    """What was expected is so; also when nothing was expected and nothing went wrong."""
    NOT_MET = "not met"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One expectation that was not met."""

    line: int
    """Where the expectation stands in its file, from 1."""
    file: str = ""
    """The file that the scenario includes in which it stands; empty: its own."""
    path: tuple[str | int, ...]
    """The keys and indexes that lead to it, such as ("steps", 3, "expect"); for an invariant only ("steps",)."""
    wanted: str
    seen: str
    explanation: str = ""
    """Why the instance decided as it did, in its own words; empty where it did not refuse."""
    is_open: bool = False
    """Whether something was still due when the wait was over, so that it might have been met later."""
    responses: Mapping[str, Any] = field(default_factory=dict)
    """By instance: what its CMDB has answered, where that was not as wanted."""

    def place(self, file: str) -> str:
        """Where it stands, of a scenario in that file, such as "suite/one.yaml:12"."""
        return f"{self.file or file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Span:
    """A span of fleet time; without an end it lasts as long as the run."""

    began: datetime
    ended: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """One step of a run."""

    number: int
    """From 1; the expectations at the end of the file come as the last one."""
    line: int
    text: str
    outcome: str
    """What became of it, such as "refused (no_trust_record) by prod1"; empty for an event."""
    reasons: tuple[str, ...]
    """Why it was refused or expired, in the words of the instance that decided; no reason twice."""
    failures: tuple[Failure, ...]
    began: datetime
    """In fleet time."""
    ended: datetime
    seconds: float | None
    """How long it took, by the wall clock; None: see without_clock."""
    actions: tuple[str, ...] = ()
    """The ids of what its users and applications did."""
    fault: Span | None = None
    """When the faults that it has set going began and ended."""

    @property
    def verdict(self) -> Verdict:
        """Met when it has no failure."""
        return Verdict.NOT_MET if self.failures else Verdict.MET


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """One trust record: the trustor trusts the trustee, for this capability in this version."""

    trustor: str
    trustee: str
    application: str
    capability: str
    version: str
    origin: str


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a scenario claims to happen sometimes, and whether it has."""

    line: int
    text: str
    is_seen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Undelivered:
    """An envelope that nobody has said anything of when the run was over."""

    envelope: str
    cause: str
    sent_at: datetime
    kind: str
    sender: str
    recipient: str
    application: str
    capability: str
    operation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the CMDB of an instance has answered to a payload, and how it came to it."""

    instance: str
    at: datetime
    cause: str
    """The envelope that has brought the payload."""
    source: str | None
    user: str
    payload: Any
    """As JSON, or the text where it was none."""
    response: Mapping[str, Any]
    explanation: Sequence[Mapping[str, Any]]
    """By item: what was tried to identify it, and who won each attribute."""


class Kind(StrEnum):
    """What a run may exercise."""

    ITEM = "profile items"
    RECORD = "trust records by hand"
    OPERATION = "operations"
    ENTRY = "identification entries"
    RULE = "reconciliation rules"
    STATE = "states"
    CODE = "refusal codes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Defined:
    """Something that a scenario defines, for a run to exercise."""

    kind: Kind
    name: str
    line: int
    """Where it stands in the scenario file, from 1; 0: a test has called for it."""
    key: tuple[str, ...]
    """What tells it from all others of its kind: the names of which its own is made."""
    operation_kind: str = ""
    """Of an operation: whether it is for data or for messages."""


class _OfScenario:
    """What came of a scenario, by its name and its file as people are told them."""

    __slots__ = ()
    file: str
    name: str
    combination: str

    @property
    def title(self) -> str:
        """The scenario's name as people are told it."""
        return with_combination(self.name, self.combination)

    @property
    def told_file(self) -> str:
        """The file as people are told it."""
        return with_combination(self.file, self.combination)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult(_OfScenario):
    """One run of one scenario."""

    file: str
    name: str
    steps: tuple[StepResult, ...]
    trust: tuple[Trust, ...]
    """Who trusts whom at the end."""
    instances: tuple[str, ...]
    tables: dict[str, dict[str, list[dict[str, Any]]]]
    """What stands in the tables of trust at the end, by instance and table, without the system columns."""
    journal: tuple[Entry, ...]
    """What every instance journalled, in the order of time; instances are named, not identified."""
    undelivered: tuple[Undelivered, ...]
    alterations: tuple[Alteration, ...]
    """How the tables of trust came to be as they are, in the order of time; likewise named."""
    answers: tuple[Answer, ...]
    """What the CMDBs were asked, in the order of time."""
    began: datetime
    """In fleet time, when the instances were up."""
    ended: datetime
    fingerprint: str
    """The SHA-256 of the journal."""
    seconds: float | None
    """How long it took, by the wall clock; None: see without_clock."""
    seed: int | None = None
    """The seed of a run in virtual time; None for one on a broker."""
    sightings: tuple[Sighting, ...] = ()
    """What the scenario claims to happen sometimes; a sweep holds it against all of its seeds."""
    combination: str = ""
    """Which of the file's matrix it was; empty where that has none."""
    settings: tuple[str, ...] = ()
    """What variables were set to, each as in `version=1.5.0`."""
    defined: tuple[Defined, ...] = ()
    """What the scenario defines, so that one can tell what the run has exercised of it."""

    @property
    def replay(self) -> str:
        """The command that runs it again, exactly; empty for a run on a broker, which cannot be repeated so."""
        if self.seed is None:
            return ""
        return f"trustsim run --virtual --seed {self.seed} {as_options(self.settings)}{quote(self.file)}"

    @property
    def verdict(self) -> Verdict:
        """Met when every step is."""
        return Verdict.NOT_MET if any(step.failures for step in self.steps) else Verdict.MET

    @property
    def failures(self) -> list[Failure]:
        """All expectations that were not met, in the order of the run."""
        return [failure for step in self.steps for failure in step.failures]

    def without_clock(self) -> Self:
        """As it is every time: how long a run in virtual time took is about the machine, not about the run."""
        if self.seed is None:
            return self
        return replace(self, seconds=None, steps=tuple(replace(step, seconds=None) for step in self.steps))


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenRun(_OfScenario):
    """A run that did not come to its end: the machinery failed, or somebody stopped it."""

    file: str
    name: str
    error: str
    """What has ended it."""
    combination: str = ""
    """Which of the file's matrix it was; empty where that has none."""

    def without_clock(self) -> Self:
        """Itself: it has none."""
        return self


Run = RunResult | BrokenRun


@dataclass(frozen=True, slots=True, kw_only=True)
class UnbegunRun(_OfScenario):
    """A file that was to be run and was not, because one before it was not met or ended all of it."""

    file: str
    name: str
    combination: str = ""
    """See BrokenRun.combination."""

    def without_clock(self) -> Self:
        """Itself: it has none."""
        return self


NOT_RUN = "it was not run"
"""What a reader of results is told of it."""


class SeedVerdict(StrEnum):
    """How a seed ended."""

    HELD = "held"
    BROKEN = "broken"
    INCONCLUSIVE = "inconclusive"
    """Something was still due at the bound, so nothing can be said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedResult:
    """One seed of a sweep."""

    seed: int
    verdict: SeedVerdict
    broken: tuple[str, ...]
    """The invariants that were broken, in words."""
    failures: tuple[Failure, ...]
    """The expectations of the scenario that were not met."""
    fingerprint: str
    """The SHA-256 of all journals."""
    sightings: tuple[Sighting, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepResult(_OfScenario):
    """One scenario under many seeds."""

    file: str
    name: str
    weather: str
    seeds: Sequence[SeedResult]
    seconds: float
    error: str = ""
    """What has ended it before its time."""
    calm: SeedResult | None = None
    """What becomes of the first seed in calm weather; None: all was well, or the weather was calm."""
    combination: str = ""
    """Which of the file's matrix it was; empty where that has none."""
    settings: tuple[str, ...] = ()
    """What variables were set to, each as in `version=1.5.0`."""

    def number_of(self, verdict: SeedVerdict) -> int:
        """How many seeds ended so."""
        return sum(seed.verdict is verdict for seed in self.seeds)

    @property
    def unseen(self) -> list[Sighting]:
        """What should happen sometimes, and did in no seed: a sweep without it says little."""
        found: dict[int, Sighting] = {}
        for seed in self.seeds:
            for sighting in seed.sightings:
                if sighting.line not in found or sighting.is_seen:
                    found[sighting.line] = sighting
        return [sighting for sighting in found.values() if not sighting.is_seen]

    @property
    def verdict(self) -> SeedVerdict:
        """Broken when one seed is or something was never seen; held when all seeds did."""
        if self.unseen or self.number_of(SeedVerdict.BROKEN):
            return SeedVerdict.BROKEN
        return (
            SeedVerdict.HELD if self.number_of(SeedVerdict.HELD) == len(self.seeds) else SeedVerdict.INCONCLUSIVE
        )

    def replay(self, seed: SeedResult) -> str:
        """The command that runs one seed again, exactly."""
        weather, file = quote(self.weather), quote(self.file)
        settings = as_options(self.settings)
        return f"trustsim sweep --weather {weather} --first-seed {seed.seed} --seeds 1 {settings}{file}"


@dataclass(frozen=True, slots=True)
class MutantResult:
    """Whether the break of one rule of the product was noticed."""

    name: str
    rule: str
    """The rule that was off, in a sentence."""
    seeds: int | None
    """How many seeds it took; None when it was not noticed."""
    by: str
    """What noticed it; otherwise why nothing could, or empty where that is not known."""
