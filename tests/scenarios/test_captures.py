"""What was captured stands in later steps, and a step that cannot have it is not met, with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.exploration.pool import Alone
from simulator.exploration.shrink import shrink
from simulator.exploration.storms import PROFILES
from simulator.exploration.sweep import run_seed
from simulator.report.result import RunResult, SeedVerdict, Verdict
from simulator.runtime.virtual.fleet import finish
from simulator.scenario.reading.load import load_text
from simulator.scenario.running.run import run_virtual

from .running import Unseen, in_full

TOP = "name: Captures\ninstances: { a: production, b: development }\nsteps:\n"
INSERT = """\
  - identify:
      on: a
      source: Discovery
      payload: { items: [{ className: cmdb_ci_linux_server, values: { name: web1, ram: "1024" } }] }
    capture: { id: "PATH" }
"""
RAM = "result.items[0].sysId"


def run(steps: str, path: str = RAM) -> RunResult:
    loaded = load_text(TOP + INSERT.replace("PATH", path) + steps, "f")
    return finish(run_virtual(loaded, 0, None, Unseen()))


def failures(result: RunResult) -> list[tuple[int, str, str]]:
    return [(it.line, it.wanted, it.seen) for it in result.failures]


def test_a_value_keeps_its_kind() -> None:
    result = run(
        """\
  - request: { on: a, path: "/api/now/table/cmdb_ci_server/${id}" }
    capture: { server: result, name: result.name }
  - request: { on: a, method: POST, path: /api/now/table/cmdb_ci_linux_server, body: { name: "of ${name}" } }
    capture: { made: result.name }
  - expect: [{ table: cmdb_ci_server, on: a, where: { name: "${made}" }, count: 1 }]
  - request: { on: a, path: "/api/now/table/cmdb_ci_server/${id}", answer: { result: "${server}" } }
""",
    )
    assert result.verdict is Verdict.MET, in_full(result)
    assert result.steps[1].text.startswith("GET /api/now/table/cmdb_ci_server/")
    assert "${" not in "".join(step.text for step in result.steps)


@pytest.mark.parametrize(
    ("path", "wanted", "seen"),
    [
        ("result.items[1].sysId", "answer.result.items[1], to capture it as id",
         "answer.result.items has 1 entry, counted from 0"),
        ("items[0].sysId", "answer.items, to capture it as id", "answer has no 'items'; there are: result"),
        ("result.items[0].sysid", "answer.result.items[0].sysid, to capture it as id",
         "answer.result.items[0] has no 'sysid'; did you mean 'sysId'?"),
        ("result.items.sysId", "answer.result.items.sysId, to capture it as id",
         "answer.result.items is a list; name one of its entries, as in answer.result.items[0]"),
        ("result.items[0].sysId.x", "answer.result.items[0].sysId.x, to capture it as id", None),
    ],
)  # fmt: skip
def test_a_path_that_leads_nowhere_is_not_met(path: str, wanted: str, seen: str | None) -> None:
    """It says what there was; what asks for the value then is not taken, and all else is."""
    result = run("  - request: { on: a, path: '/x/${id}' }\n  - advance: 1m\n", path)
    (line, said, found), *others = failures(result)
    assert (line, said) == (8, wanted)
    assert found == seen or (seen is None and found.startswith("answer.result.items[0].sysId is '"))
    assert others == [(9, "${id}, as a step before captures it", "nothing was captured")]
    assert [step.verdict for step in result.steps] == [Verdict.NOT_MET, Verdict.NOT_MET, Verdict.MET]
    assert result.steps[1].text == "GET /x/${id} on a, as admin"


def test_what_has_no_answer_captures_nothing() -> None:
    """The reason for that is the one failure."""
    result = run("  - stop: a\n  - request: { on: a, path: / }\n    capture: { it: result }\n")
    assert failures(result) == [(10, "a is running, to act", "it is not; a step must start it first")]


@pytest.mark.parametrize(
    ("steps", "wanted", "seen"),
    [
        ("  - request: { on: a, path: '/${id.x}' }\n", "${id.x}", "id is '"),
        ("  - expect: [{ table: cmdb_ci, on: a, where: { ram: '${id}' } }]\n",
         "a step that is right with what was captured", "steps[1].expect[0].where.ram: expected a whole"),
    ],
)  # fmt: skip
def test_a_value_that_makes_a_step_wrong_is_a_failure_of_the_step(steps: str, wanted: str, seen: str) -> None:
    result = run(steps.replace("cmdb_ci,", "cmdb_ci_server,"))
    [(line, said, found)] = failures(result)
    assert (line, said, found[: len(seen)]) == (9, wanted, seen)


def test_the_end_can_ask_for_what_was_captured() -> None:
    end = "expect: [{ table: cmdb_ci, on: a, where: { sys_id: '${id}' }, count: 1 }]\n"
    end += "eventually: [{ table: cmdb_ci, on: a, where: { sys_id: '${id}' }, count: 1, within: 1m }]\n"
    assert run(end).verdict is Verdict.MET
    assert failures(run(end, "nowhere"))[1:] == [
        (9, "${id}, as a step before captures it", "nothing was captured"),
        (10, "${id}, as a step before captures it", "nothing was captured"),
    ]


OVER_TRUST = Path(__file__).parents[2] / "scenarios" / "cmdb-over-trust.yaml"


def test_a_message_is_answered_by_its_receivers_cmdb() -> None:
    """Nothing else is expected of it, and yet it is waited for."""
    text, last, rest = OVER_TRUST.read_text().partition("  - send: { <<: *inventory, to: strict }\n")
    assert rest
    steps = "    capture: { ids: result.items }\n  - expect:\n    - table: cmdb_ci\n      on: strict\n"
    steps += "      where: { sys_id: '${ids[0].sysId}', name: web1 }\n      count: 1\n"
    result = finish(run_virtual(load_text(text + last + steps, str(OVER_TRUST)), 0, None, Unseen()))
    assert result.verdict is Verdict.MET, in_full(result)
    refused = text.partition("  # With trust")[0] + last + steps
    result = finish(run_virtual(load_text(refused, str(OVER_TRUST)), 0, None, Unseen()))
    assert [wanted for _, wanted, _ in failures(result)] == [
        "emea -> strict: processed", "${ids}, as a step before captures it",
    ]  # fmt: skip


def test_a_sweep_and_what_is_shrunk_capture_as_well() -> None:
    """A failure behind a captured value is found and made small, and what it needs stays."""
    steps = "  - advance: 1m\n  - request: { on: a, path: '/api/now/table/cmdb_ci_server/${id}', status: 404 }\n"
    good, bad = (load_text(TOP + INSERT.replace("PATH", RAM) + it, "f") for it in (steps[:17], steps))
    assert run_seed(good, PROFILES["stormy"], 1).verdict is SeedVerdict.HELD
    assert run_seed(bad, PROFILES["calm"], 1).verdict is SeedVerdict.BROKEN
    shrunk = shrink(bad, PROFILES["calm"], 1, Alone(), 60)
    assert shrunk is not None
    small = shrunk.as_file([])
    assert "capture: { id: 'result.items[0].sysId' }" in small
    assert "advance" not in small
    assert finish(run_virtual(load_text(small, "f"), 1, None, Unseen())).failures


def test_the_same_seed_captures_the_same() -> None:
    steps = "  - request: { on: a, path: '/x/${id}', status: 400 }\n"
    assert run(steps).fingerprint == run(steps).fingerprint
    assert run(steps).steps[1].text == run(steps).steps[1].text
