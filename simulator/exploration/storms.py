"""Random weather for a sweep: a bad network all along, and episodes that begin between the steps of a scenario.

A storm consists of `fault` steps like those that a scenario file has, so that it can be written out as one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from random import Random  # noqa: TID251 - this is the door through which chance comes in
from typing import Any, Literal, TypeVar, cast, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from simulator.errors import Problem, ScenarioError
from simulator.runtime.kinds import CrashPoint, DiskState
from simulator.scenario.interpolation import names_asked
from simulator.scenario.phrases import duration_in_words
from simulator.scenario.reading.load import LoadedScenario, check
from simulator.scenario.reading.place import DataPath
from simulator.scenario.reading.source import Source, parse
from simulator.scenario.suggestion import did_you_mean
from simulator.store.setups.document import read_file
from simulator.trust.readiness import RELEASES

T = TypeVar("T")

Data = dict[str, Any]
"""A part of a scenario file, as its YAML says it."""

PATIENCE = "24h"
"""How long a storm may keep a fleet busy: far longer than any episode, and well below the 36 hours of expiry."""

Share = Field(default=0.0, ge=0, le=1)


class WeatherProfile(BaseModel):
    """How bad the weather of a sweep is; the file that `--weather FILE` reads has these keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    loss: float = Share
    duplicate: float = Share
    reorder: float = Share
    corrupt: float = Share
    replay: float = Share
    delay_seconds: float = Field(default=0.0, ge=0, le=60, description="the average of an exponential delay")
    episodes: float = Field(default=0.0, ge=0, le=1, description="how likely an episode begins with a step")
    episode_seconds: float = Field(default=60.0, gt=0, le=3600, description="how long an episode lasts on average")
    lifecycle: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="how likely something becomes of an instance before a step: it is cloned over, restored, "
        "promoted, demoted, renamed, upgraded, decommissioned, or its management revoked. Nothing is then "
        "expected of the scenario itself, only of every fleet",
    )


PROFILES = {
    "calm": WeatherProfile(),
    "mild": WeatherProfile(loss=0.02, duplicate=0.02, reorder=0.05, delay_seconds=0.05, episodes=0.1),
    "stormy": WeatherProfile(
        loss=0.1, duplicate=0.1, reorder=0.1, corrupt=0.05, replay=0.05, delay_seconds=0.3, episodes=0.6
    ),
}
PROFILES["eventful"] = PROFILES["stormy"].model_copy(update={"lifecycle": 0.5})


def load_profile(name: str) -> WeatherProfile:
    """A profile by its name, or from a YAML file. Raises ScenarioError when it is neither."""
    if name in PROFILES:
        return PROFILES[name]
    path = Path(name)
    if not path.exists():
        hint = did_you_mean(name, PROFILES)
        raise ScenarioError([Problem(name, 1, 1, f"there is no weather {name!r}, nor a file of that name{hint}")])
    source = parse(read_file(path), str(path))
    if source.problems:
        raise ScenarioError([*source.problems])
    try:
        return WeatherProfile.model_validate(source.data)
    except ValidationError as error:
        problems = [
            source.problem(
                source.values[source.nearest(item["loc"])],
                f"{item['loc'][0]}: {item['msg'].lower()}"
                if item["loc"]
                else "expected a mapping with keys of weather",
            )
            for item in error.errors()
        ]
        raise ScenarioError(problems) from error


def in_a_storm(loaded: LoadedScenario, profile: WeatherProfile, seed: int) -> LoadedScenario:
    """The scenario with the storm of that seed in it, and with the patience that this needs.

    A step of the storm stands, for whoever asks for its line, where the step stands that it begins with.
    """
    source, data = loaded.source, cast("Data", loaded.source.data)
    storm = Storm(profile, seed, list(data["instances"]), list(loaded.scenario.applications))
    if profile.lifecycle:
        data = _without_expectations(data)
    steps = list(_with_episodes(data, storm))
    index = {origin: index for index, (_, origin) in enumerate(steps)}
    origins: dict[DataPath, DataPath] = {("steps", number): origin for number, (_, origin) in enumerate(steps)}
    for path in source.values:
        moved = ("steps", index[path[:2]], *path[2:]) if path[:2] in index and path[0] == "steps" else path
        origins[moved] = path
    stormy = {**data, "patience": PATIENCE, "steps": [step for step, _ in steps]}
    return check(source.rearranged(stormy, origins))


def is_of_the_storm(stormy: Source, fault: DataPath) -> bool:
    """Whether a fault of a scenario in a storm is the storm's: then nothing is written of it in the file."""
    return (*fault, "fault") not in stormy.keys


def _with_episodes(data: Data, storm: Storm) -> Iterator[tuple[object, DataPath]]:
    """All steps of a scenario and its storm, each with the part of the file that it belongs to."""
    yield from ((fault, ("steps", 0)) for fault in storm.weather())
    for number, step in enumerate(data["steps"]):
        yield from ((event, ("steps", number)) for event in storm.lifecycle(step))
        yield from ((fault, ("steps", number)) for fault in storm.episode())
        yield _patient(step), ("steps", number)
    if data.get("expect"):
        yield from ((fault, ("expect",)) for fault in storm.episode())


def _patient(step: object) -> object:
    """The step; a storm may keep a fleet from settling for longer than the scenario thinks."""
    if step == "settle":
        return {"settle": PATIENCE}
    return {**step, "settle": PATIENCE} if isinstance(step, dict) and "settle" in step else step


def _without_expectations(data: Data) -> Data:
    """The scenario where nothing is expected: what becomes of its instances is not what its author thought of."""
    claims = {"expect", "always", "never", "eventually", "sometimes"}
    steps = [_without_expectation(step) for step in data["steps"]]
    return {**{key: value for key, value in data.items() if key not in claims}, "steps": steps}


def _without_expectation(step: object) -> object:
    """The step; a request counts on its answer, and so does who works with an answer: neither is taken."""
    if not isinstance(step, dict):
        return step
    if "request" in step or names_asked(step):
        return {"expect": []}
    return {**{key: value for key, value in step.items() if key != "capture"}, "expect": []}


class Storm:
    """The weather of one seed as `fault` steps: the same seed draws the same episodes at the same steps."""

    def __init__(
        self, profile: WeatherProfile, seed: int, instances: Sequence[str], applications: Sequence[str] = ()
    ) -> None:
        self._profile = profile
        self._random = Random(f"{seed}/storm")  # noqa: S311 - it has to be repeatable, not secret
        self._events = Random(f"{seed}/lifecycle")  # noqa: S311 - of its own, so that episodes stay as they are
        self._instances = list(instances)
        self._applications = list(applications)
        self._down: set[str] = set()
        """The instances that the scenario has stopped: nothing can be done there."""
        self._snapshots: dict[str, list[str]] = {}

    def weather(self) -> list[Data]:
        """The weather that lasts for the whole run, before the first step; none if the network is fine."""
        weather = {share: value for share in _SHARES if (value := getattr(self._profile, share))}
        if self._profile.delay_seconds:
            delay = timedelta(seconds=self._profile.delay_seconds)
            weather["delay"] = {"average": duration_in_words(delay)}
        return [{"fault": {"weather": weather}}] if weather else []

    def episode(self) -> list[Data]:
        """Perhaps an episode before the next step, beginning now or while what that causes is on its way."""
        if self._random.random() >= self._profile.episodes:
            return []
        after = timedelta(milliseconds=int(self._random.random() * 20))
        seconds = self._profile.episode_seconds * min(self._random.expovariate(1.0), 10.0)
        lasts = timedelta(milliseconds=1 + int(seconds * 1000))
        begins = {"after": duration_in_words(after)} if after else {}
        return [{"fault": {**self._fault(), **begins, "for": duration_in_words(lasts)}}]

    def lifecycle(self, step: object) -> list[Data]:
        """Perhaps something that becomes of an instance before this step."""
        up = [name for name in self._instances if name not in self._down]
        self._note_who_is_up(step)
        if not up or self._events.random() >= self._profile.lifecycle:
            return []
        return [{**self._event(self._events.choice(up)), "expect": []}]

    def _note_who_is_up(self, step: object) -> None:
        if isinstance(step, dict):
            self._down |= {*_names(step.get("stop")), *_names(step.get("kill"))}
            self._down -= set(_names(step.get("start")))

    def _event(self, on: str) -> Data:
        other = self._events.choice(self._instances)
        event = self._events.choice(_EVENTS)
        match event:
            case "promote" | "decommission":
                return {event: on}
            case "demote":
                return {"demote": {"on": on}}
            case "rename":
                return {"rename": {"on": on, "to": f"{on}-{self._events.randrange(1000)}"}}
            case "upgrade":
                return {"upgrade": {"on": on, "to": RELEASES[-1]}}
            case "clone":
                if other == on:
                    return {"promote": on}
                return {"clone": {"from": other, "to": on, "preserve_trust": self._events.random() < HALF}}
            case "revoke" if self._applications:
                application = self._events.choice(self._applications)
                return {"delete_manager": {"on": on, "application": application, "manager": other}}
            case "restore" if snapshots := self._snapshots.get(on):
                return {"restore": self._events.choice(snapshots)}
            case _:
                snapshots = self._snapshots.setdefault(on, [])
                snapshots.append(f"{on} as of {len(snapshots) + 1}")
                return {"snapshot": {"on": on, "as": snapshots[-1]}}

    def _fault(self) -> Data:
        match self._one_of(_EPISODES):
            case "partition":
                some = {self._instance(), self._instance()}
                others = [name for name in self._instances if name not in some]
                return {"cut": {"from": sorted(some), **({"to": others} if others else {})}}
            case "isolation":
                return {"cut": {"to": self._instance()}}
            case "hold":
                return {"hold": {"from": self._instance()}}
            case "bursts":
                return {"weather": {"loss": 0.2, "burst": 5}}
            case "outage":
                return {"broker_outage": True}
            case "crash":
                return {"crash": {"instance": self._instance(), "point": str(self._one_of(list(CrashPoint)))}}
            case "pause":
                return {"pause": self._instance()}
            case "skew":
                return {"clock": self._skew()}
            case "disk":
                return {"disk": {"instance": self._instance(), "state": str(self._one_of(list(DiskState)))}}
            case "slow disk":
                by = f"{20 + int(self._random.random() * 480)}ms"
                return {"slow_disk": {"instance": self._instance(), "by": by}}

    def _skew(self) -> Data:
        instance, seconds = self._instance(), int(self._random.random() * 240) - 120
        side = "ahead" if seconds > 0 else "behind"
        return {
            "instance": instance,
            side: f"{abs(seconds)}s",
            "drift": round(self._random.random() * 0.02 - 0.01, 4),
        }

    def _instance(self) -> str:
        return self._one_of(self._instances)

    def _one_of(self, choices: Sequence[T]) -> T:
        return choices[int(self._random.random() * len(choices))]


def _names(value: object) -> list[str]:
    return value if isinstance(value, list) else [value] if isinstance(value, str) else []


HALF = 0.5
Event = Literal["promote", "demote", "rename", "upgrade", "clone", "revoke", "snapshot", "restore", "decommission"]
_EVENTS: Sequence[Event] = get_args(Event)
_SHARES = ("loss", "duplicate", "reorder", "corrupt", "replay")
Episode = Literal[
    "partition", "isolation", "hold", "bursts", "outage", "crash", "pause", "skew", "disk", "slow disk"
]
_EPISODES: Sequence[Episode] = get_args(Episode)
