"""A scenario file as a test: its id, what it runs, and what it says when it fails."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from _pytest._code.code import ExceptionInfo, ReprEntryNative, ReprExceptionInfo, ReprFileLocation, ReprTraceback

from simulator.errors import MachineryError, ScenarioError
from simulator.plugin import options
from simulator.plugin.covering import add
from simulator.report.result import RunResult
from simulator.runtime.live.forkserver import start_fork_server
from simulator.runtime.temporary import temporary_directory
from simulator.runtime.virtual.fleet import finish
from simulator.scenario.reading.load import LoadedScenario, load_all
from simulator.scenario.running.brokers import make_broker, namespace_on
from simulator.scenario.running.progress import Unfollowed
from simulator.scenario.running.run import run_live, run_virtual
from simulator.testing.outcome import failures_in_words
from simulator.transport.choice import chosen


class ScenarioFile(pytest.File):
    """A scenario file; what is wrong with it is an error of collecting it."""

    def collect(self) -> Iterable[ScenarioItem]:
        """A test for each combination of its matrix; of most files that is one."""
        file = Path(os.path.relpath(self.path))  # as people name it
        try:
            scenarios = load_all(file)
        except ScenarioError as error:
            raise self.CollectError(str(error)) from None
        for loaded in scenarios:
            which = f"[{loaded.combination}]" if loaded.combination else ""
            yield ScenarioItem.from_parent(self, name=f"{self.path.stem}{which}", loaded=loaded)


class ScenarioItem(pytest.Item):
    """One run of a scenario."""

    def __init__(self, *, loaded: LoadedScenario, **about: Any) -> None:
        super().__init__(**about)
        self._loaded = loaded
        for tag in loaded.scenario.tags:
            # Whose markers are strict need not list them once more: the file is where they are.
            if (line := f"{tag}: a tag of scenarios") not in self.config.getini("markers"):
                self.config.addinivalue_line("markers", line)
            self.add_marker(tag)

    def runtest(self) -> None:
        """Runs it. Raises NotMet, and MachineryError."""
        result = self._run_live() if options.is_live(self.config) else self._run_virtual()
        add(self.config, lambda: result)
        if result.failures:
            raise NotMet(result)

    def _run_virtual(self) -> RunResult:
        return finish(run_virtual(self._loaded, options.seed(self.config), None, Unfollowed()))

    def _run_live(self) -> RunResult:
        start_fork_server()
        choice = chosen(options.broker(self.config))
        with temporary_directory() as directory:
            broker = make_broker(self._loaded, choice, directory, tls=False)
            seed, namespace = options.seed(self.config), namespace_on(choice)
            return asyncio.run(run_live(self._loaded, broker, namespace, directory, 1, seed, Unfollowed()))

    def repr_failure(self, excinfo: ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What was expected and seen, with file and line: no traceback, for nothing of Python's has failed."""
        match excinfo.value:
            case NotMet(result=result):
                first = result.failures[0]
                told, short = _told(result), f"wanted {first.wanted}; seen {first.seen}"
                file, line = first.file or self._loaded.file, first.line
            case MachineryError() as error:
                told, file, line, short = f"broken off: {error}", self._loaded.file, 1, str(error)
            case _:
                return super().repr_failure(excinfo, style)
        entry = ReprEntryNative([told + "\n"])
        crash = ReprFileLocation(file, line, short)
        return ReprExceptionInfo(reprtraceback=ReprTraceback([entry], None, "native"), reprcrash=crash)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where it stands."""
        return self.path, 0, f"{self._loaded.told_file}: {self._loaded.scenario.name}"


class NotMet(Exception):  # noqa: N818 - no fault: a run that has ended, with what was not met
    """A scenario has not come to what it expects."""

    def __init__(self, result: RunResult) -> None:
        super().__init__(result.name)
        self.result = result


def _told(result: RunResult) -> str:
    failures = failures_in_words(result.steps, result.file)
    return f"{failures}\n\nagain with: {result.replay}" if result.replay else failures
