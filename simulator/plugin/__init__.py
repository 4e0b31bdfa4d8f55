"""The plugin for pytest: scenarios are tests, and tests have fleets. Nothing of it is imported before it is used.

options.py      what a command line and an ini file say
recognition.py  which files are scenarios
scenarios.py    a scenario file as a test
covering.py     what a session has exercised of trust
broker.py       a broker for a whole session
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from simulator.plugin import options
from simulator.plugin.recognition import is_scenario

if TYPE_CHECKING:
    from simulator.testing import Fleet


def pytest_addoption(parser: pytest.Parser) -> None:
    """What can be said on the command line and in an ini file."""
    options.declare(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Begins to gather what is exercised, where anybody wants to know. Raises pytest.UsageError."""
    options.check(config)
    if options.is_covered(config):
        from simulator.plugin.covering import NAME, Covering

        config.pluginmanager.register(Covering(config), NAME)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A scenario file, as a collector of its runs."""
    if file_path.suffix not in {".yaml", ".yml"}:
        return None
    is_named = parent.session.isinitpath(file_path)
    if not is_named and not options.is_wanted(parent.config, file_path):
        return None
    if not is_scenario(file_path, is_named=is_named):
        return None
    from simulator.plugin.scenarios import ScenarioFile

    return ScenarioFile.from_parent(parent, path=file_path)


@pytest.fixture
def trust_fleet(request: pytest.FixtureRequest) -> Callable[..., AbstractAsyncContextManager[Fleet]]:
    """Starts the fleet of a scenario, as `simulator.testing.fleet` does and with the options of the session.

    A file is looked for from the root of the tests on. Without `virtual` it is live where the session is, and
    without `broker` or `seed` these are the session's.
    """
    from simulator.plugin.covering import add
    from simulator.testing.fleets import opened

    config = request.config

    @asynccontextmanager
    async def start(
        scenario: str | PathLike[str] | Mapping[str, Any],
        *,
        virtual: bool | None = None,
        http: bool = False,
        broker: str | None = None,
        tls: bool = False,
        seed: int | None = None,
        steps: bool | int = True,
        settings: Mapping[str, object] | None = None,
    ) -> AsyncIterator[Fleet]:
        is_text = isinstance(scenario, Mapping) or (isinstance(scenario, str) and "\n" in scenario)
        is_virtual = not options.is_live(config) if virtual is None else virtual
        async with opened(
            scenario if is_text else config.rootpath / str(scenario),
            virtual=is_virtual,
            http=http,
            broker=broker or ("embedded" if is_virtual else options.broker(config)),
            tls=tls,
            seed=options.seed(config) if seed is None else seed,
            steps=steps,
            settings=settings,
        ) as (fleet, steps_taken):
            try:
                yield fleet
            finally:
                add(config, steps_taken.result)

    return start


@pytest.fixture(scope="session")
def trust_broker(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a broker for all fleets of the session: that of --trustsim-broker, or one of our own."""
    from simulator.plugin.broker import served

    address = options.broker(request.config)
    if "://" in address:
        yield address
        return
    with served() as address:
        yield address
