"""A scenario's fleet for a test: live, with HTTP, or in virtual time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from simulator.journal import Entry
from simulator.report.files.formats import FORMATS, in_words
from simulator.report.files.formats import written as written_report
from simulator.runtime.fleet import Fleet as AnyFleet
from simulator.runtime.listening import Listening, take_ports
from simulator.runtime.live.forkserver import start_fork_server
from simulator.runtime.temporary import temporary_directory
from simulator.scenario.judging.expect import rows_with
from simulator.scenario.model import TableExpectation
from simulator.scenario.model.names import Names
from simulator.scenario.reading.load import LoadedScenario, load, load_text
from simulator.scenario.reading.problems import problems_of
from simulator.scenario.reading.source import parse
from simulator.scenario.running.brokers import make_broker, namespace_on
from simulator.scenario.running.progress import Unfollowed
from simulator.scenario.running.run import Watched, watched_live, watched_virtual
from simulator.scenario.suggestion import did_you_mean
from simulator.serving.passwords import passwords
from simulator.store.cmdb.base import ADMIN
from simulator.testing.outcome import WrongStepError
from simulator.testing.steps import Steps
from simulator.testing.verbs import FleetVerbs, InstanceVerbs
from simulator.testing.writing import written
from simulator.transport.choice import chosen

__tracebackhide__ = True  # pytest shows the line of a test that has called, and not ours

_HOST = "127.0.0.1"


@asynccontextmanager
async def fleet(
    scenario: str | PathLike[str] | Mapping[str, Any],
    *,
    virtual: bool = True,
    http: bool = False,
    broker: str = "embedded",
    tls: bool = False,
    seed: int = 0,
    steps: bool | int = True,
    settings: Mapping[str, object] | None = None,
) -> AsyncIterator[Fleet]:
    """Starts a scenario's fleet, takes its steps, and ends it when the block is left.

    *scenario* is a file, its text (of several lines), or its content. *virtual* is in virtual time and in this
    process; else each instance is a process of its own on the *broker*: `embedded`, `mosquitto` or an address.
    *tls* has a mosquitto encrypt and ask every instance for its certificate.
    With *http* each answers on a port. *seed* is what chance is drawn from. *steps* says which are taken before
    the block begins: all, none, or those up to a line of the file. *settings* are values for the variables of the
    file, and choose one combination of its matrix.

    Raises ScenarioError for a scenario that is wrong, NotMetError for a step that fails or an invariant that is
    broken, and MachineryError for what lies below.
    """
    asked = opened(
        scenario, virtual=virtual, http=http, broker=broker, tls=tls, seed=seed, steps=steps, settings=settings
    )
    async with asked as (it, _):
        yield it


@asynccontextmanager
async def opened(
    scenario: str | PathLike[str] | Mapping[str, Any],
    *,
    virtual: bool,
    http: bool,
    broker: str,
    tls: bool,
    seed: int,
    steps: bool | int,
    settings: Mapping[str, object] | None,
) -> AsyncIterator[tuple[Fleet, Steps]]:
    """See fleet; with the steps that are taken, for who wants to know of the run as a whole."""
    if virtual and (http or broker != "embedded"):
        raise ValueError("a fleet in virtual time has no broker and no HTTP: virtual=False starts a live one")
    if tls and (virtual or broker != "mosquitto"):
        raise ValueError("tls is for virtual=False, broker='mosquitto': only there it is ours who may connect")
    choice = chosen(broker)
    loaded = _load(scenario, settings or {}).until(None if steps is True else int(steps))
    async with AsyncExitStack() as stack:
        listening = None
        watched: Watched[Any]
        if virtual:
            watched = await stack.enter_async_context(watched_virtual(loaded, seed, None, Unfollowed()))
        else:
            start_fork_server()
            directory = stack.enter_context(temporary_directory())
            names = list(loaded.scenario.instances)
            listening = Listening(dict.fromkeys(names, _HOST), take_ports(names, _HOST, 0), {}) if http else None
            on = make_broker(loaded, choice, directory, tls=tls)
            namespace = namespace_on(choice)
            watched = await stack.enter_async_context(
                watched_live(loaded, on, namespace, directory, 1, seed, Unfollowed(), listening)
            )
        taken = Steps(loaded, watched, seed if virtual else None)
        if not virtual:
            taken.attend()
            stack.push_async_callback(taken.attend_no_more)
        await taken.begin()
        yield Fleet(taken, watched.fleet, listening), taken
        await taken.end()


def _load(scenario: str | PathLike[str] | Mapping[str, Any], settings: Mapping[str, object]) -> LoadedScenario:
    values = {name: written(value) for name, value in settings.items()}
    match scenario:
        case Mapping():
            return load_text(written(scenario), _GIVEN, settings=values)
        case str() if "\n" in scenario:
            return load_text(scenario, _GIVEN, settings=values)
    return load(Path(scenario), settings=values)


_GIVEN = "the scenario"
"""What a scenario that is no file goes by, in front of the places in it."""


class Fleet(FleetVerbs):
    """A fleet that is up. `fleet["prod1"]` is one of its instances."""

    def __init__(self, steps: Steps, fleet: AnyFleet, listening: Listening | None) -> None:
        super().__init__(steps, None)
        self._steps = steps
        self._fleet = fleet
        self._listening = listening

    @property
    def instances(self) -> list[str]:
        """The names of all instances."""
        return list(self._fleet.instances)

    @property
    def now(self) -> datetime:
        """Fleet time, which `advance` moves."""
        return self._fleet.now()

    def __getitem__(self, name: str) -> Instance:
        if name not in self._fleet.instances:
            raise KeyError(f"there is no instance {name!r}{did_you_mean(name, self._fleet.instances)}")
        return Instance(name, self._steps, self._fleet, self._listening)

    def journal(self) -> list[Entry]:
        """What all instances have journalled so far, in the order of time; instances are named."""
        return self._steps.journal()

    async def expect(self, *expectations: Mapping[str, Any]) -> None:
        """Waits until this holds, as under `expect` in a file. Raises NotMetError where it does not."""
        await self._steps.expect(expectations)

    def write_report(self, file: str | PathLike[str]) -> None:
        """Writes what has happened so far; its suffix says how, as of `run --report`. Raises ValueError."""
        path = Path(file)
        if path.suffix not in FORMATS:
            raise ValueError(f"{path}: expected a file name whose suffix says what it is to be: {in_words()}")
        path.write_text(written_report([self._steps.result()], path.suffix), encoding="utf-8")


class Instance(InstanceVerbs):
    """One instance of a fleet: what is done on it, and what stands in its tables."""

    name: str
    """As the scenario calls it."""

    def __init__(self, name: str, steps: Steps, fleet: AnyFleet, listening: Listening | None) -> None:
        super().__init__(steps, name)
        self.name = name
        self._steps = steps
        self._fleet = fleet
        self._listening = listening

    def __repr__(self) -> str:
        return f"<instance {self.name}>"

    @property
    def is_running(self) -> bool:
        """Whether it is meant to be up."""
        return self._fleet.is_running(self.name)

    @property
    def url(self) -> str:
        """Where it answers HTTP. Raises ValueError where the fleet has none."""
        if self._listening is None:
            raise ValueError(f"{self.name} answers no HTTP: start the fleet with virtual=False, http=True")
        return self._listening.url(self.name)

    @property
    def user(self) -> str:
        """Its administrator, for clients that log in."""
        return ADMIN

    @property
    def password(self) -> str | None:
        """Of its administrator; None where something else than a step has set another, which nobody can tell."""
        return passwords(self._fleet, self.name, self._steps.loaded.source.data)[ADMIN]

    def table(self, table: str, where: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """The rows of a table as they are now, those with the values *where*; what is on its way is not in it yet.

        Instances are named as in the scenario. Raises WrongStepError for a table, column or value there cannot be.
        """
        asked = written({"table": table, "on": self.name, "where": where or {}})
        names = Names.of(self._steps.loaded.source.data)
        source = parse(asked, "")
        try:
            checked = TableExpectation.model_validate(source.data, context=names)
        except ValidationError as error:
            problems = problems_of(error, source, TableExpectation)
            raise WrongStepError("\n".join(problem.message for problem in problems)) from None
        return [dict(row) for row in rows_with(self._fleet, self.name, checked.table, checked.where)]

    def journal(self) -> list[Entry]:
        """What it has journalled so far."""
        return [entry for entry in self._steps.journal() if entry.instance == self.name]
