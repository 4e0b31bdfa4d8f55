"""What steps capture of answers, and later steps with it in its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from pydantic import ValidationError

from simulator.scenario.interpolation import Asked, NowhereError, asked_of, filled, names_asked, value_at
from simulator.scenario.judging.mismatch import Mismatch
from simulator.scenario.model import Expectation, Step
from simulator.scenario.model.names import Names
from simulator.scenario.reading.load import LoadedScenario
from simulator.scenario.reading.place import DataPath
from simulator.scenario.reading.problems import problems_of


class Captures:
    """The values that were captured so far, by their names."""

    def __init__(self) -> None:
        self._value_by_name: dict[str, object] = {}
        self._names: tuple[LoadedScenario, Names] | None = None

    def take(self, step: Step, answer: object) -> list[tuple[str, Mismatch]]:
        """Captures what the step wants of the answer; returns, by names, what was not there."""
        wrong = []
        for name, path in (step.capture or {}).items():
            wanted = asked_of(path)
            try:
                self._value_by_name[name] = value_at(answer, (wanted.name, *wanted.path), "answer")
            except NowhereError as error:
                wrong.append((name, Mismatch(f"{error.wanted}, to capture it as {name}", error.seen)))
        return wrong

    def step(self, loaded: LoadedScenario, index: int) -> Step | Mismatch:
        """A step with what it asks for in its place, or why that cannot be."""
        return self._filled(loaded, ("steps", index), loaded.scenario.steps[index])

    def expectations(self, loaded: LoadedScenario, key: str) -> list[Expectation] | Mismatch:
        """The same of what is expected in the end, under that key of the file."""
        known: list[Expectation] = getattr(loaded.scenario, key)
        step = self._filled(loaded, (key,), Step.model_construct(expect=known))
        return step if isinstance(step, Mismatch) else cast("list[Expectation]", step.expect)

    def _filled(self, loaded: LoadedScenario, path: DataPath, known: Step) -> Step | Mismatch:
        data = loaded.source.data
        for part in path:
            try:
                data = cast("dict[object, object]", data)[part]
            except LookupError:  # not written, as a step that a plan takes after those of the file
                data = []
        asked = names_asked(data)
        if not asked:
            return known
        if missing := [name for name in asked if name not in self._value_by_name]:
            wanted = ", ".join(Asked(name).written for name in missing)
            return Mismatch(f"{wanted}, as a step before captures it", "nothing was captured")
        try:
            made = filled(data, self._value_by_name)
        except NowhereError as error:
            return Mismatch(f"${{{error.wanted}}}", error.seen)
        whole = made if isinstance(made, Mapping) else {"expect": made}
        try:
            return Step.model_validate(whole, context=self._names_in(loaded), by_alias=True, by_name=False)
        except ValidationError as error:
            return Mismatch("a step that is right with what was captured", _said(error, loaded, path, made))

    def _names_in(self, loaded: LoadedScenario) -> Names:
        if self._names is None or self._names[0] is not loaded:
            self._names = (loaded, Names.of(filled(loaded.source.data, {})))
        return self._names[1]


def _said(error: ValidationError, loaded: LoadedScenario, path: DataPath, made: object) -> str:
    """What is wrong with a step, in the words in which a file's mistakes are told."""
    source, size = loaded.source, len(path)
    inside = {at[size:]: it for at, it in source.values.items() if at[:size] == path}
    values = (
        inside
        if isinstance(made, Mapping)
        else {(): inside[()], **{("expect", *at): it for at, it in inside.items()}}
    )
    found = problems_of(error, replace(source, values=values, keys={}), Step)
    return "; ".join(dict.fromkeys(problem.message for problem in found))
