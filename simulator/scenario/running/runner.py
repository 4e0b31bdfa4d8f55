"""The steps of a scenario, one after the other, on a fleet."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any

from simulator.journal import Entry, Outcome
from simulator.protocol.http import Response
from simulator.report.result import Answer, Failure, RunResult, StepResult
from simulator.runtime.fleet import Fleet
from simulator.scenario.judging.claims import Claims
from simulator.scenario.judging.definitions import definitions
from simulator.scenario.judging.expect import Check, check_fates, check_of, in_words, per_instance
from simulator.scenario.judging.fates import Fate, Fates
from simulator.scenario.judging.fates import in_words as fates_in_words
from simulator.scenario.judging.history import alterations, answers, undelivered
from simulator.scenario.judging.journals import Journals
from simulator.scenario.judging.mismatch import Mismatch
from simulator.scenario.judging.syncs import Syncs
from simulator.scenario.judging.tables import tables, trust
from simulator.scenario.judging.touches import Touches
from simulator.scenario.judging.traffic import Traffic
from simulator.scenario.model import (
    Expectation,
    MessageExpectation,
    OutcomeExpectation,
    RequestStep,
    Step,
    Timed,
)
from simulator.scenario.reading.load import LoadedScenario
from simulator.scenario.reading.place import DataPath
from simulator.scenario.running.acting import Acting
from simulator.scenario.running.acts import Act, acts_of
from simulator.scenario.running.captures import Captures
from simulator.scenario.running.certificates import Certificates
from simulator.scenario.running.copies import Copies
from simulator.scenario.running.events import Events
from simulator.scenario.running.patience import Patience, are_none_open
from simulator.scenario.running.progress import Progress, Standing
from simulator.scenario.running.requests import joined, mismatch_of, request_of, status_of
from simulator.scenario.running.waiting import is_to_be_processed
from simulator.scenario.sentences import step_in_words
from simulator.scenario.topology import instance_id

PROCESSED = OutcomeExpectation(outcome=Outcome.PROCESSED)
REFUSED = OutcomeExpectation(outcome=Outcome.REFUSED)

LAST_WAIT = timedelta(seconds=2)
"""How long a run waits in the end for messages that no step has waited for: many round trips."""


@dataclass(frozen=True, slots=True)
class _Done:
    """What a step led to."""

    failures: list[Failure]
    fates: list[Fate] = field(default_factory=list)
    outcome: str = ""
    """In words, where it is not what the fates say."""


class Runner:
    """One run of one scenario on a fleet that has started; *progress* hears of every step.

    *with_tls*, an instance gets its certificate when it becomes ready for mutual TLS.
    """

    def __init__(
        self, loaded: LoadedScenario, fleet: Fleet, progress: Progress, *, with_tls: bool = False
    ) -> None:
        self._loaded = loaded
        self._scenario = loaded.scenario
        self._fleet = fleet
        self._began_at: datetime
        self._progress = progress
        self._certificates = Certificates(fleet, loaded.scenario, with_tls=with_tls)
        self._journals = Journals(fleet, loaded.scenario.instances)
        self.patience = Patience(fleet, self._journals, loaded.scenario.patience)
        """Who waits for what the steps have set going."""
        self._traffic = Traffic(fleet, self._journals)
        self._syncs = Syncs(fleet, self._journals)
        self._touches = Touches(fleet, self._journals)
        self._captures = Captures()
        self._copies = Copies(
            fleet, {name: instance_id(name, item) for name, item in loaded.scenario.instances.items()}
        )
        self._acting = Acting(loaded, fleet, self._journals, self.patience, self._traffic, self._syncs)
        self._events = Events(loaded.scenario, fleet, self.patience, self._copies, self._touches, self._traffic)
        self._unawaited: set[int] = set()
        """The numbers of the steps with messages of which nothing is expected."""
        self._responses: dict[int, Mapping[str, Response]] = {}
        """By the number of their steps: what instances have answered to requests."""
        self._claims = Claims(loaded, fleet, self._acting.fates, self._journals.read_of)

    def look(self, instance: str) -> None:
        """One instance has taken a step, or may have: the fleet says so."""
        self._claims.look(instance)
        self._progress.moved(self._standing)

    def _standing(self) -> Standing:
        self._journals.read()
        return Standing(
            passed=self._fleet.now() - self._began_at,
            in_flight=sum(1 for _ in undelivered(self._fleet, self._journals)),
            refused=self._journals.number_of(Outcome.REFUSED),
        )

    async def run(self, *, in_full: bool = True, at_rest: bool = False) -> RunResult:
        """Runs all steps and the expectations at the end. Raises MachineryError.

        Who compares its end with another's lets it come to rest before, *at_rest*.
        Who only asks for the verdict does not want it *in_full*: it is without the tables and how they came to be.
        """
        began, began_at = time.monotonic(), self._fleet.now()
        self._began_at = began_at
        results = [await self._take(index) for index in range(len(self._scenario.steps))]
        if self._scenario.expect:
            results.append(await self._timed(len(results) + 1, ("expect",), "at the end", self._end()))
        eventually = self._captures.expectations(self._loaded, "eventually")
        if isinstance(eventually, Mismatch):
            work = self._not_taken(eventually, ("eventually",))
            results.append(await self._timed(len(results) + 1, ("eventually",), "eventually", work))
            eventually = []
        for index, expectation in enumerate(eventually):
            text, path = f"eventually: {in_words(expectation)}", ("eventually", index)
            results.append(await self._timed(len(results) + 1, path, text, self._eventually(expectation, path)))
        if at_rest:
            await self.patience.settle(LAST_WAIT)
        results = await self._with_late_fates(results)
        results += self.claims(len(results) + 1)
        return self.result(results, began_at, time.monotonic() - began, in_full=in_full)

    def result(
        self, steps: Sequence[StepResult], began: datetime, seconds: float, *, in_full: bool = True
    ) -> RunResult:
        """The run as it stands, of which these are the steps; it *began* at that time and took so many seconds.

        *in_full*: see `run`.
        """
        journal = self.journal()
        return RunResult(
            file=self._loaded.file,
            name=self._scenario.name,
            steps=tuple(steps),
            trust=tuple(trust(self._fleet, self._scenario.instances)) if in_full else (),
            instances=tuple(self._scenario.instances),
            tables=tables(self._fleet, self._scenario.instances) if in_full else {},
            journal=tuple(journal),
            undelivered=tuple(undelivered(self._fleet, self._journals)) if in_full else (),
            alterations=tuple(alterations(self._fleet, self._scenario.instances)) if in_full else (),
            answers=tuple(self.answers()) if in_full else (),
            began=began,
            ended=self._fleet.now(),
            fingerprint=sha256("\n".join(map(repr, journal)).encode()).hexdigest(),
            seconds=seconds,
            sightings=self._claims.sightings(),
            combination=self._loaded.combination,
            settings=self._loaded.source.settings,
            defined=definitions(self._loaded) if in_full else (),
        )

    async def take(self, loaded: LoadedScenario, first: int) -> list[StepResult]:
        """Takes the steps from the one with that index on, of the scenario or of one that has further steps.

        All that was taken before counts. Raises MachineryError.
        """
        self._loaded, self._scenario = loaded, loaded.scenario
        results = [await self._take(index) for index in range(first, len(self._scenario.steps))]
        return await self._with_late_fates(results)

    def journal(self) -> list[Entry]:
        """What all instances have journalled so far, in the order of time; instances are named."""
        self._journals.read()
        return self._journals.entries()

    def answers(self) -> list[Answer]:
        """What the CMDBs have answered to payloads."""
        self._journals.read()
        return answers(self._fleet, self._journals)

    def claims(self, number: int) -> list[StepResult]:
        """What came of what the scenario claims of every step, as further steps, the first with that number."""
        return self._claims.results(number)

    async def fates(self, number: int) -> list[Fate]:
        """What becomes of each action or message of a step that was taken; none of what acts on no instance.

        Waits as long as anything is due anywhere but what a fault holds up, with the scenario's patience.
        Raises MachineryError.
        """
        return await self.patience.fates(self._acting.became(number))

    def responses(self, number: int) -> Mapping[str, Response]:
        """What each instance has answered to the request of a step that was taken; empty for other steps."""
        return self._responses.get(number, {})

    async def _take(self, index: int) -> StepResult:
        path = ("steps", index)
        step = self._captures.step(self._loaded, index)
        if isinstance(step, Mismatch):
            text = step_in_words(self._scenario.steps[index])
            return await self._timed(index + 1, path, text, self._not_taken(step, path))
        return await self._timed(index + 1, path, step_in_words(step), self._step_and_capture(step, path))

    async def _not_taken(self, mismatch: Mismatch, path: DataPath) -> _Done:
        return _Done([self._failure(path, mismatch)])

    async def _timed(self, number: int, path: DataPath, text: str, work: Awaitable[_Done]) -> StepResult:
        self._progress.begins(number, self._loaded.line(*path), text)
        self._claims.step_begins(number, self._loaded.line(*path))
        began, began_at = time.monotonic(), self._fleet.now()
        done = await work
        self._claims.look_everywhere()
        result = StepResult(
            number=number,
            line=self._loaded.line(*path),
            text=text,
            **(_told(done.fates) | ({"outcome": done.outcome} if done.outcome else {})),
            failures=tuple(done.failures),
            began=began_at,
            ended=self._fleet.now(),
            seconds=time.monotonic() - began,
            actions=self._acting.ids(number),
            fault=self._touches.span(number),
        )
        self._progress.ended(result)
        return result

    async def _with_late_fates(self, results: list[StepResult]) -> list[StepResult]:
        """The results, and in them what has become of the messages and syncs that no step has waited for."""
        self._journals.read()
        unawaited = [fate for number in self._unawaited for fate in self._acting.became(number)()]
        if any(fate.outcome is None for fate in [*unawaited, *self._syncs.fates()]):
            await self.patience.settle(LAST_WAIT)
            self._journals.read()
        return [self._with_late_fate(result) for result in results]

    def _with_late_fate(self, result: StepResult) -> StepResult:
        result = replace(result, fault=self._touches.span(result.number))
        if result.number in self._unawaited:
            return replace(result, **_told(self._acting.became(result.number)()))
        if self._touches.are_none(result.number):
            return self._untouching(result)
        reach = self._syncs.reach(result.number)
        return replace(result, outcome=f"{result.outcome}; {reach}") if reach else result

    def _untouching(self, result: StepResult) -> StepResult:
        """A fault that has touched nothing shows nothing."""
        path: DataPath = ("steps", result.number - 1, "fault")
        fault = self._scenario.steps[result.number - 1].fault
        if fault is None or not fault.must_touch:
            return replace(result, outcome="warning: touched nothing")
        failure = self._failure(path, Mismatch("it touches a message", "touched nothing"))
        return replace(result, outcome="touched nothing", failures=(*result.failures, failure))

    # -- one step ---------------------------------------------------------------------------------------

    async def _step_and_capture(self, step: Step, path: DataPath) -> _Done:
        """Takes the step, and captures what it wants of the answer."""
        done = await self._step(step, path)
        if not step.capture:
            return done
        number, answer = int(path[1]) + 1, None
        if step.request:
            [response] = self._responses[number].values() if number in self._responses else [None]
            answer = response and response.body
        elif (fates := self._acting.became(number)()) and fates[0].response is not None:
            answer = {"result": fates[0].response}  # as the API says it
        if answer is None:
            wrong = [(next(iter(step.capture)), Mismatch("an answer, to capture of it", "there is none"))]
        else:
            wrong = self._captures.take(step, answer)
        if answer is None and done.failures:  # which say why
            return done
        failures = [self._failure((*path, "capture", name), mismatch) for name, mismatch in wrong]
        return replace(done, failures=[*done.failures, *failures])

    async def _step(self, step: Step, path: DataPath) -> _Done:
        """Takes the step, then holds what is expected of it against what became of it."""
        if not step.at_once and is_to_be_processed(self._scenario, step):
            await self.patience.let_arrive()
        number = int(path[1]) + 1
        if step.request:
            return await self._request(step.request, step.expect, path)
        acts = acts_of(self._scenario, step) or self._copies.acts_of(step)
        acting = [instance for instance, _ in acts] + ([step.impersonate.sender] if step.impersonate else [])
        mismatch = self._find_down(acting) or self._find_untaken(step, acts)
        mismatch = mismatch or await self._events.happen(step, number)
        if mismatch is not None:
            return _Done([self._failure(path, mismatch)])
        if step.impersonate:
            fates = await self._acting.impersonate(step.impersonate, number)
        else:
            awaited = self._certificates.awaited(step)
            fates = await self._acting.act(step, acts, number, self._loaded.line(*path))
            await self._certificates.issue(awaited - self._certificates.awaited(step))
        return _Done(await self._judge(step, fates, path), fates())

    async def _judge(self, step: Step, fates: Fates, path: DataPath) -> list[Failure]:
        """Holds what is expected of a step, or goes without saying, against what becomes of it."""
        match step.expect:
            case list() as expectations:
                return await self._expect_all(expectations, (*path, "expect"))
            case OutcomeExpectation() as expected:
                return await self._expect(
                    expected, partial(_check, expected, fates), (*path, "expect"), fates.are_open
                )
            case None if step.sending and not step.capture:  # a message may end in any way, at any time
                self._unawaited.add(int(path[1]) + 1)
                return []
            case None:  # an administrator expects to succeed
                wanted = REFUSED if step.impersonate else PROCESSED
                return await self._expect(wanted, partial(_check, wanted, fates), path, fates.are_open)

    async def _end(self) -> _Done:
        expectations = self._captures.expectations(self._loaded, "expect")
        if isinstance(expectations, Mismatch):
            return _Done([self._failure(("expect",), expectations)])
        return _Done(await self._expect_all(expectations, ("expect",)))

    async def _eventually(self, expectation: Expectation, path: DataPath) -> _Done:
        """Waits for what must come true when nothing goes wrong any more."""
        await self._events.calm()
        check = check_of(expectation, self._fleet, self._acting.fates)
        return _Done(await self._expect(expectation, check, path))

    async def _request(self, it: RequestStep, expected: object, path: DataPath) -> _Done:
        """Asks every instance, and tells of those whose answers are not as wanted."""
        if down := self._find_down(it.on):
            return _Done([self._failure(path, down)])
        ask = self.patience.answer if it.status is None else self._fleet.request
        answers = {instance: await ask(instance, request_of(it)) for instance in it.on}
        self._responses[int(path[1]) + 1] = answers
        wrong = joined([mismatch_of(it, instance, answer) for instance, answer in answers.items()])
        failures = [] if wrong is None else [self._failure(path, wrong)]
        if isinstance(expected, list):
            failures += await self._expect_all(expected, (*path, "expect"))
        statuses = dict.fromkeys(status_of(answer) for answer in answers.values())
        return _Done(failures, outcome=", ".join(statuses))

    def _find_down(self, acting: Sequence[str]) -> Mismatch | None:
        down = [instance for instance in acting if not self._fleet.is_running(instance)]
        if not down:
            return None
        is_one = len(down) == 1
        wanted = f"{', '.join(down)} {'is' if is_one else 'are'} running, to act"
        seen = "it is not; a step must start it first" if is_one else "they are not; a step must start them first"
        return Mismatch(wanted, seen)

    def _find_untaken(self, step: Step, acts: Sequence[Act]) -> Mismatch | None:
        if not step.restore or acts:
            return None
        return Mismatch(f"the snapshot {step.restore} was taken", "it was not; a step before must take it")

    # -- expectations -----------------------------------------------------------------------------------

    async def _expect_all(self, expectations: Sequence[Expectation], path: DataPath) -> list[Failure]:
        failures = []
        for index, expectation in enumerate(expectations):
            parts = per_instance(expectation) if expectation.never else [expectation]
            for part in parts:
                check = check_of(part, self._fleet, self._acting.fates)
                failures += await self._expect(part, check, (*path, index), self._awaited(part))
        return failures

    def _awaited(self, expectation: Expectation) -> Callable[[], bool]:
        """What tells whether messages that the expectation is about are still on their way."""
        if isinstance(expectation, MessageExpectation):
            return partial(self._acting.are_open, expectation.message)
        return are_none_open

    async def _expect(
        self, timed: Timed, check: Check, path: DataPath, are_open: Callable[[], bool] = are_none_open
    ) -> list[Failure]:
        mismatch = await self.patience.hold(timed, check, are_open)
        return [] if mismatch is None else [self._failure(path, mismatch)]

    def _failure(self, path: DataPath, mismatch: Mismatch) -> Failure:
        return mismatch.as_failure(self._loaded, path)


def _told(fates: Sequence[Fate]) -> dict[str, Any]:
    """The part of a step's result that says what became of it."""
    reasons = dict.fromkeys(fate.explanation for fate in fates if fate.explanation)
    return {"outcome": fates_in_words(fates), "reasons": tuple(reasons)}


def _check(expected: OutcomeExpectation, fates: Fates) -> Mismatch | None:
    return check_fates(expected, fates())
