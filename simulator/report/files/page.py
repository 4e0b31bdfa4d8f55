"""A run as the viewer reads it: a document of plain data, and its news while it goes on.

    document   {format, kind, title, facts, sections, views, runs}
    run        {file, name, verdict, ..., instances, keys, codes, news, tables, answers}
    news       {texts, ids, arrows, steps, changes}: what is to be added to all that came before

Texts and ids of envelopes that come again and again are told once and meant by their place in `texts` and `ids`,
and the arrows stand in columns: a run of 100,000 envelopes is to open at once. Times are milliseconds since 1970.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from simulator.catalogue.refusals import REFUSALS
from simulator.journal import Alteration
from simulator.report.arrows import Arrow, Fate, arrows_of
from simulator.report.compare import differences
from simulator.report.result import Answer, Run, RunResult, StepResult, Verdict
from simulator.report.views import VIEWS
from simulator.trust.rows import ROW_TYPES
from simulator.viewer import page

FORMAT = 1
"""Raised when a viewer could not read an older document."""

FATES = tuple(Fate)


@dataclass(frozen=True, slots=True)
class Section:
    """A table of a document beside its runs, such as what a plan would change."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    text: str = ""
    """What is to be said of it."""


def to_html(runs: Sequence[Run], more: Sequence[Section] = ()) -> str:
    """The page of finished runs, in one file; *more* is what else is to be said of them."""
    complete = [run for run in runs if isinstance(run, RunResult)]
    broken = [(run.told_file, run.error) for run in runs if not isinstance(run, RunResult)]
    sections = []
    if len(runs) > 1 or broken:
        sections.append(Section("Runs", ("file", "name", "how", "verdict"), [_in_short(run) for run in runs]))
    if broken:
        sections.append(Section("Did not come to their end", ("file", "what has ended it"), broken))
    sections += [_compared(live, virtual) for live, virtual in _pairs(complete)]
    sections += more
    title = runs[0].name if len({run.told_file for run in runs}) == 1 else f"{len(runs)} runs"
    return page(document("run", title, [run_data(run) for run in complete], sections=sections))


def _in_short(run: Run) -> tuple[str, str, str, str]:
    if not isinstance(run, RunResult):
        return run.told_file, run.name, "", "error"
    how = "on a broker" if run.seed is None else f"in virtual time, seed {run.seed}"
    return run.told_file, run.name, how, str(run.verdict)


def _pairs(runs: Sequence[RunResult]) -> Iterator[tuple[RunResult, RunResult]]:
    """The runs of one scenario on a broker and in virtual time."""
    virtual = {run.told_file: run for run in runs if run.seed is not None}
    return ((run, virtual[run.told_file]) for run in runs if run.seed is None and run.told_file in virtual)


def _compared(live: RunResult, virtual: RunResult) -> Section:
    rows = [(difference,) for difference in differences(live, virtual)]
    return Section(
        f"{live.told_file} on a broker and in virtual time",
        ("difference",),
        rows,
        "" if rows else "They are alike, but for times and the order between channels.",
    )


def document(
    kind: str,
    title: str,
    runs: Sequence[Mapping[str, Any]],
    facts: Mapping[str, str] | None = None,
    sections: Sequence[Section] = (),
) -> dict[str, Any]:
    """What the viewer shows: runs, each made by `run_data`, and what else is to be said."""
    return {
        "format": FORMAT,
        "kind": kind,
        "title": title,
        "facts": list((facts or {}).items()),
        "sections": [asdict(section) for section in sections],
        "views": [{"name": name, **asdict(view)} for name, view in VIEWS.items()],
        "runs": list(runs),
    }


def run_data(result: RunResult) -> dict[str, Any]:
    """One run that is over."""
    return {
        **beginning(result.told_file, result.name, result.instances, result.began),
        "verdict": str(result.verdict),
        "seed": result.seed,
        "replay": result.replay,
        "fingerprint": result.fingerprint,
        "ended": milliseconds(result.ended),
        "codes": codes_of(entry.code for entry in result.journal),
        "news": News().of(arrows_of(result), result.steps, result.alterations),
        "tables": result.tables,
        "answers": [answer_data(answer) for answer in result.answers],
    }


def beginning(file: str, name: str, instances: Iterable[str], began: datetime) -> dict[str, Any]:
    """A run of which nothing is known yet but what it is."""
    return {
        "file": file,
        "name": name,
        "verdict": str(Verdict.MET),
        "began": milliseconds(began),
        "ended": milliseconds(began),
        "instances": list(instances),
        "keys": {row_type.TABLE: row_type.KEY for row_type in ROW_TYPES if row_type.IS_TRACED},
        "codes": {},
        "news": News().of((), (), ()),
    }


def codes_of(codes: Iterable[str]) -> dict[str, dict[str, str]]:
    """What those codes mean that are refusals."""
    given = dict.fromkeys(codes)
    return {
        str(code): {"when": it.when, "rule": it.rule, "source": it.source, "remedy": it.remedy}
        for code, it in REFUSALS.items()
        if code in given
    }


def answer_data(answer: Answer) -> dict[str, Any]:
    """What a CMDB has answered."""
    return {**asdict(answer), "at": milliseconds(answer.at)}


class News:
    """Says what is new of a run, each text and id once."""

    def __init__(self) -> None:
        self._texts: dict[str, int] = {}
        self._ids: dict[str, int] = {}

    def of(
        self, arrows: Sequence[Arrow], steps: Sequence[StepResult], alterations: Sequence[Alteration]
    ) -> dict[str, Any]:
        """What is to be added, in the order in which it happened."""
        texts, ids = len(self._texts), len(self._ids)
        news = {
            "arrows": self._columns(arrows),
            "steps": [_step(step) for step in steps],
            "changes": [self._change(alteration) for alteration in alterations],
        }
        return {"texts": list(self._texts)[texts:], "ids": list(self._ids)[ids:], **news}

    def _columns(self, arrows: Sequence[Arrow]) -> dict[str, list[Any]]:
        text, id_ = self._text, self._id
        return {
            "from": [text(arrow.sender) for arrow in arrows],
            "to": [text(arrow.recipient) for arrow in arrows],
            "sent": [milliseconds(arrow.sent_at) for arrow in arrows],
            "arrived": [arrow.arrived_at and milliseconds(arrow.arrived_at) for arrow in arrows],
            "fate": [FATES.index(arrow.fate) for arrow in arrows],
            "by": [text(arrow.by) for arrow in arrows],
            "kind": [text(arrow.kind) for arrow in arrows],
            "application": [text(arrow.application) for arrow in arrows],
            "capability": [text(arrow.capability) for arrow in arrows],
            "operation": [text(arrow.operation) for arrow in arrows],
            "code": [text(arrow.code) for arrow in arrows],
            "explanation": [text(arrow.explanation) for arrow in arrows],
            "envelope": [id_(arrow.envelope) for arrow in arrows],
            "cause": [id_(arrow.cause) for arrow in arrows],
            "step": [arrow.step for arrow in arrows],
        }

    def _change(self, alteration: Alteration) -> dict[str, Any]:
        return {
            "instance": alteration.instance,
            "at": milliseconds(alteration.at),
            "cause": self._id(alteration.cause),
            "table": alteration.table,
            "before": alteration.before,
            "after": alteration.after,
        }

    def _text(self, text: str) -> int:
        return self._texts.setdefault(text, len(self._texts))

    def _id(self, id_: str) -> int:
        return self._ids.setdefault(id_, len(self._ids))


def _step(step: StepResult) -> dict[str, Any]:
    """Without how long it took by the wall clock: the same run is to give the same page."""
    fault = step.fault
    return {
        "number": step.number,
        "line": step.line,
        "text": step.text,
        "verdict": str(step.verdict),
        "outcome": step.outcome,
        "reasons": step.reasons,
        "failures": [asdict(failure) for failure in step.failures],
        "began": milliseconds(step.began),
        "ended": milliseconds(step.ended),
        "fault": fault and [milliseconds(fault.began), fault.ended and milliseconds(fault.ended)],
    }


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def milliseconds(at: datetime) -> float:
    """Since 1970, to the microsecond, and a whole number where it is one: that is shorter."""
    since = at - _EPOCH
    microseconds = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    whole, part = divmod(microseconds, 1000)
    return microseconds / 1000 if part else whole
