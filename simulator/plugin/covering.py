"""What a session has exercised of trust, also in several processes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import pytest

from simulator.errors import MachineryError
from simulator.plugin import options
from simulator.report.coverage import Coverage, coverage_of
from simulator.report.files.covered import in_lines, objection, read, to_json
from simulator.report.files.formats import COVERAGE_FORMATS
from simulator.report.result import RunResult

NAME = "trustsim-covering"
"""What the plugin goes by that gathers it."""

_OUTPUT = "trustsim_coverage"
"""What a process of xdist hands over goes by this."""


class Covering:
    """Gathers what runs and fleets have exercised, and tells it at the end."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._coverage = Coverage()
        self._file = options.cover_report(config)

    def add(self, result: RunResult) -> None:
        """Counts a run."""
        self._coverage |= coverage_of([result])

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """A process of xdist has ended, and hands over its part; one that has died has none."""
        output: Mapping[str, Any] = getattr(node, "workeroutput", {})
        if _OUTPUT in output:
            self._coverage |= read(output[_OUTPUT])

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hands it over, or writes it; too little of it fails a session that is well otherwise."""
        output: dict[str, Any] | None = getattr(self._config, "workeroutput", None)
        if output is not None:
            output[_OUTPUT] = to_json(self._coverage)  # a text, which any process takes
            return
        if (file := self._file) is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(COVERAGE_FORMATS[file.suffix.lower()].text_of(self._coverage), encoding="utf-8")
        if self._objection and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Tells it to a person."""
        terminalreporter.section("trustsim")
        for line in in_lines(self._coverage):
            terminalreporter.line(line)
        if self._objection:
            terminalreporter.line(self._objection, red=True)

    @property
    def _objection(self) -> str:
        return objection(self._coverage, options.cover_fail_under(self._config))


def add(config: pytest.Config, result: Callable[[], RunResult]) -> None:
    """Counts a run where anybody wants to know; of one whose fleet has broken down nothing is known."""
    covering = config.pluginmanager.get_plugin(NAME)
    if isinstance(covering, Covering):
        with suppress(MachineryError):
            covering.add(result())
