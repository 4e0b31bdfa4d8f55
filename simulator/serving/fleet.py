"""A scenario's fleet that stays up, with the steps that it has taken and those that it is given."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterable
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from simulator.report.files.page import answer_data, beginning
from simulator.report.naming import with_combination
from simulator.report.result import StepResult
from simulator.runtime.fleet import KnownFleet
from simulator.runtime.listening import Listening
from simulator.runtime.live.channel import Sites
from simulator.runtime.live.fleet import LiveFleet
from simulator.scenario.judging.tables import tables, tables_of_trust
from simulator.scenario.reading.load import LoadedScenario
from simulator.scenario.running.progress import Standing
from simulator.scenario.running.run import live_fleet
from simulator.scenario.running.runner import Runner
from simulator.scenario.running.taking import Taking
from simulator.serving.feed import Feed
from simulator.serving.happenings import Happenings, in_a_line
from simulator.serving.passwords import passwords
from simulator.transport.authority import Authority
from simulator.transport.broker import Broker

T = TypeVar("T")

LOOK = 0.1
"""Seconds between two looks at a fleet of which nothing is asked."""


@asynccontextmanager
async def served(
    loaded: LoadedScenario,
    broker: Broker,
    namespace: str,
    directory: Path,
    instances_per_process: int,
    listening: Listening,
    tell: Callable[[str], None],
    guests: Collection[str] = (),
    *,
    authority: Authority | None = None,
    with_page: bool = False,
    sites: Sites | None = None,
) -> AsyncIterator[ServedFleet]:
    """Starts the scenario's fleet, and ends it; its steps are yet to be taken. Raises MachineryError.

    In the places of *guests* nothing is started: programs of others take them. With an *authority* users get
    certificates; *with_page*, pages can follow it.
    """
    live = live_fleet(
        loaded,
        broker,
        namespace,
        directory,
        instances_per_process,
        0,
        lambda _: None,
        listening,
        guests,
        sites=sites,
        tell=tell,
    )
    async with live:
        with_tls = broker.authority is not None
        yield ServedFleet(loaded, live, listening, tell, guests, authority, with_tls=with_tls, with_page=with_page)


class ServedFleet:
    """One fleet, which has started; *tell* is called with what happens in it and the steps taken, a line each."""

    def __init__(
        self,
        loaded: LoadedScenario,
        fleet: LiveFleet,
        listening: Listening,
        tell: Callable[[str], None],
        guests: Collection[str] = (),
        authority: Authority | None = None,
        *,
        with_tls: bool,
        with_page: bool,
    ) -> None:
        self._source = loaded.file
        self._settings = loaded.source.settings
        self._combination = loaded.combination
        self._fleet = fleet
        self._listening = listening
        self._guests = frozenset(guests)
        self._authority = authority
        self._runner = Runner(loaded, fleet, self, with_tls=with_tls)
        self._taking = Taking(loaded, fleet, self._runner)
        self._happenings = Happenings(fleet, loaded.scenario.instances)
        self._tell = tell
        self._steps: list[StepResult] = []
        """Taken, and not yet told to the feed."""
        self.feed = self._feed() if with_page else None
        """What pages are told; None: there are none."""
        self._told_running: dict[str, bool] = {}

    @property
    def file(self) -> str:
        """The scenario's file with its whole path, so that it is found from anywhere."""
        return os.path.realpath(self._source)

    @property
    def known(self) -> KnownFleet:
        """The fleet, for who only looks."""
        return self._fleet

    async def begin(self) -> list[StepResult]:
        """Takes the steps of the scenario. Raises MachineryError."""
        results = await self._taking.begin()
        self._steps += results  # by now more may have become of them
        self._tell_news()
        return results

    async def do(self, text: str) -> list[StepResult]:
        """See Taking.take."""
        results = await self._taking.take(text)
        self._steps += results  # by now more may have become of them
        self._tell_news()
        return results

    def about(self) -> dict[str, Any]:
        """Where everything is: the broker, and every instance with its addresses and users.

        A user's password is left out where it was set by somebody else than a step: nobody can tell it any more.
        """
        return {
            "file": self._source,
            "name": self._taking.loaded.scenario.name,
            "steps": len(self._taking.loaded.scenario.steps),
            "time": self._fleet.now().isoformat(timespec="milliseconds"),
            "broker": str(self._fleet.broker),
            "authority": self._listening.authority and str(self._listening.authority),
            "guests": sorted(self._guests),
            "instances": {name: self._about(name) for name in self._taking.loaded.scenario.instances},
        }

    def _feed(self) -> Feed:
        scenario = self._taking.loaded.scenario
        run = beginning(
            with_combination(self._source, self._combination), scenario.name, scenario.instances, self._fleet.now()
        )
        capabilities = {
            name: list(application.capabilities) for name, application in scenario.applications.items()
        }
        addresses = {name: self._listening.url(name) for name in scenario.instances}
        # Of the rows that an instance has from its beginning no change tells.
        begun = tables_of_trust(self._fleet, scenario.instances)
        return Feed({**run, "tables": begun, "offers": capabilities, "addresses": addresses})

    def tables(self) -> dict[str, Any]:
        """What stands in the tables of all instances, and what their CMDBs have answered."""
        shown = tables(self._fleet, self._taking.loaded.scenario.instances)
        return {"tables": shown, "answers": list(map(answer_data, self._runner.answers()))}

    def guest(self, name: str) -> dict[str, Any] | None:
        """What a program needs to be the guest of that name, its signing key included; None: there is no such."""
        if name not in self._guests:
            return None
        spec, files = self._fleet.spec(name), self._fleet.tls_files(name)
        return {
            "broker": asdict(self._fleet.broker),  # with the account, which its text does not show
            "namespace": spec.namespace,
            "settings": self._settings,
            "private_key": spec.private_key.hex(),
            "public_keys": {entry.sys_id: entry.public_key for entry in spec.directory},
            "authority": files and str(files.authority),
            "certificate": files and str(files.own),
        }

    def _about(self, instance: str) -> dict[str, Any]:
        users = self._users(instance)
        return {
            "id": self._fleet.spec(instance).id,
            "running": self._fleet.is_running(instance),
            "url": self._listening.url(instance),
            "https_url": self._listening.secure_url(instance),
            "users": users,
            "certificates": self._certificates(users),
        }

    def _certificates(self, users: Iterable[str]) -> dict[str, str]:
        """The files with which users log in over HTTPS, by their names; none without it."""
        files = {} if self._authority is None else {user: self._authority.user_file(user) for user in users}
        return {user: str(file) for user, file in files.items() if file is not None}

    def _users(self, instance: str) -> dict[str, str | None]:
        return passwords(self._fleet, instance, self._taking.loaded.source.data)

    def begins(self, number: int, line: int, text: str) -> None:
        """See Progress.begins."""
        self._tell_news()
        self._tell(f"{self._fleet.now():%H:%M:%S}  step {number}: {text}")

    def ended(self, step: StepResult) -> None:
        """See Progress.ended."""
        self._tell_news()
        self._steps.append(step)
        if step.failures:
            self._tell(f"{self._fleet.now():%H:%M:%S}  step {step.number}: {step.verdict}")

    def moved(self, standing: Callable[[], Standing]) -> None:
        """See Progress.moved: what happens is told, and needs no count."""

    async def attended(self, work: Coroutine[Any, Any, T]) -> T:
        """Does the work, and meanwhile lets faults begin and end and tells what happens. Raises MachineryError."""
        doing, attending = asyncio.ensure_future(work), asyncio.ensure_future(self._attend())
        try:
            await asyncio.wait({doing, attending}, return_when=asyncio.FIRST_COMPLETED)
            if not doing.done():
                attending.result()  # it only ends with a fault
            return doing.result()
        finally:
            doing.cancel()
            attending.cancel()
            await asyncio.wait({doing, attending})

    async def _attend(self) -> NoReturn:
        while True:
            await asyncio.sleep(LOOK)
            await self._taking.attend()
            self._tell_news()

    def _tell_news(self) -> None:
        """What has happened, in words and to the pages."""
        entries = self._happenings.entries()
        for entry in entries:
            self._tell(in_a_line(entry))
        steps, self._steps = self._steps, []
        if self.feed is None:
            return
        alterations, running = self._happenings.alterations(), self._running()
        if entries or steps or alterations or running != self._told_running:
            self.feed.happened(self._fleet.now(), entries, steps, alterations, {"running": running})
            self._told_running = running

    def _running(self) -> dict[str, bool]:
        return {name: self._fleet.is_running(name) for name in self._taking.loaded.scenario.instances}
