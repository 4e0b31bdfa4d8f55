"""Random weather for a sweep: a bad network all along, and episodes that begin between the steps of a scenario."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from random import Random  # noqa: TID251 - this is the door through which chance comes in
from typing import Literal, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from simulator.errors import Problem, ScenarioError
from simulator.runtime.faults import (
    BrokerOutage,
    ClockSkew,
    Crash,
    CrashPoint,
    Delay,
    DiskFault,
    DiskState,
    Fault,
    LinkFault,
    Pause,
    Spread,
)
from simulator.runtime.virtual import VirtualFleet
from simulator.scenario.references import did_you_mean
from simulator.scenario.source import parse, read

T = TypeVar("T")

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


PROFILES = {
    "calm": WeatherProfile(),
    "mild": WeatherProfile(loss=0.02, duplicate=0.02, reorder=0.05, delay_seconds=0.05, episodes=0.1),
    "stormy": WeatherProfile(
        loss=0.1, duplicate=0.1, reorder=0.1, corrupt=0.05, replay=0.05, delay_seconds=0.3, episodes=0.6
    ),
}


def load_profile(name: str) -> WeatherProfile:
    """A profile by its name, or from a YAML file. Raises ScenarioError when it is neither."""
    if name in PROFILES:
        return PROFILES[name]
    path = Path(name)
    if not path.exists():
        hint = did_you_mean(name, PROFILES)
        raise ScenarioError([Problem(name, 1, 1, f"there is no weather {name!r}, nor a file of that name{hint}")])
    source = parse(read(path), str(path))
    try:
        return WeatherProfile.model_validate(source.data)
    except ValidationError as error:
        problems = [
            source.problem(source.values[source.nearest(item["loc"])], f"{item['loc'][0]}: {item['msg'].lower()}")
            for item in error.errors()
        ]
        raise ScenarioError(problems) from error


class Storm:
    """The weather of one seed: the same seed draws the same episodes at the same steps."""

    def __init__(self, profile: WeatherProfile, seed: int, instances: Sequence[str]) -> None:
        self._profile = profile
        self._random = Random(f"{seed}/storm")  # noqa: S311 - it has to be repeatable, not secret
        self._instances = list(instances)

    def begin(self, fleet: VirtualFleet) -> None:
        """The weather that lasts for the whole run."""
        p = self._profile
        delay = Delay(spread=Spread.EXPONENTIAL, least=timedelta(0), most=timedelta(seconds=p.delay_seconds))
        fault = LinkFault(
            loss=p.loss,
            duplicate=p.duplicate,
            reorder=p.reorder,
            corrupt=p.corrupt,
            replay=p.replay,
            delay=delay if p.delay_seconds else None,
        )
        if fault != LinkFault():
            fleet.begin(fault, timedelta(0), None)

    def with_a_step(self, fleet: VirtualFleet) -> None:
        """Perhaps an episode begins, now or while what the next step causes is on its way."""
        if self._random.random() >= self._profile.episodes:
            return
        after = timedelta(milliseconds=int(self._random.random() * 20))
        lasts = self._profile.episode_seconds * min(self._random.expovariate(1.0), 10.0)
        fleet.begin(self._episode(), after, timedelta(milliseconds=1 + int(lasts * 1000)))

    def _episode(self) -> Fault:
        match self._one_of(_EPISODES):
            case "partition":
                some = frozenset({self._instance(), self._instance()})
                return LinkFault(senders=some, recipients=frozenset(self._instances) - some, is_cut=True)
            case "isolation":
                return LinkFault(recipients=frozenset({self._instance()}), is_cut=True)
            case "hold":
                return LinkFault(senders=frozenset({self._instance()}), is_held=True)
            case "bursts":
                return LinkFault(loss=0.2, burst=5)
            case "outage":
                return BrokerOutage()
            case "crash":
                return Crash(self._instance(), self._one_of(list(CrashPoint)))
            case "pause":
                return Pause(self._instance())
            case "skew":
                ahead = timedelta(seconds=int(self._random.random() * 240) - 120)
                return ClockSkew(self._instance(), ahead, drift=self._random.random() * 0.02 - 0.01)
            case "disk":
                return DiskFault(self._instance(), self._one_of(list(DiskState)))

    def _instance(self) -> str:
        return self._one_of(self._instances)

    def _one_of(self, choices: Sequence[T]) -> T:
        return choices[int(self._random.random() * len(choices))]


Episode = Literal["partition", "isolation", "hold", "bursts", "outage", "crash", "pause", "skew", "disk"]
_EPISODES: Sequence[Episode] = get_args(Episode)
