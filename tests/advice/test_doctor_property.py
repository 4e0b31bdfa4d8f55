"""What the doctor foresees of any scenario's steps is what its run comes to."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from simulator.advice.checks.finding import Severity
from simulator.advice.doctor import examine
from simulator.exploration.sweep import run_unseen
from simulator.journal import Outcome
from simulator.refusal import RefusalCode
from simulator.scenario.reading.load import load_text
from tests.fleet import examples

HEAD = """\
name: Any
instances:
  prod1: production
  prod2: production
  dev1: development
  dev2: { environment: development, applications: { Shared: 1.0.0 } }
  other: { environment: development, account: globex }
applications:
  App: { capabilities: { Cap: { operations: { hand over: data, act: message } } } }
  Shared: { data_sharing: true }
steps:
"""
NAMES = ("prod1", "prod2", "dev1", "dev2", "other")
PAIRS = (("dev1", "prod1"), ("dev1", "prod1"), ("prod1", "dev1"), ("dev2", "prod1"), ("dev1", "prod2"))
VERBS = (
    *("name_manager", "name_manager", "approve_manager", "reject_manager", "delete_manager", "request_management"),
    *("request_management", "delete_managed", "save_profile_item", "save_profile_item", "delete_profile_item"),
    *("sync_trust_profiles", "sync_trust_profiles", "create_trust_record", "delete_trust_record", "send", "ask"),
    *("set_grant_access", "share_data", "install_application", "upgrade_application", "remove_application"),
    *("change_settings", "promote", "demote", "clone", "decommission"),
)
FORESEEN = {
    *(RefusalCode.APPLICATION_MISSING, RefusalCode.VERSION_MISMATCH, RefusalCode.APPLICATION_DIFFERS),
    RefusalCode.APPLICATION_TOO_OLD,
}
"""What the doctor also says where something is only prepared, and refused as soon as it is needed."""


FOREVER = datetime.max.replace(tzinfo=UTC)


def step(verb: str, one: str, other: str) -> dict[str, Any]:
    """What is done on the first, mostly about the second."""
    app = {"application": "App"}
    match verb:
        case "name_manager" | "approve_manager" | "reject_manager" | "delete_manager":
            return {verb: {"on": one, "manager": other, **app}}
        case "request_management" | "delete_managed":
            return {verb: {"on": other, "instances": one, **app}}
        case "save_profile_item" | "delete_profile_item":
            return {verb: {"on": "prod1", "trusting": one, "trusted": other, **app}}
        case "sync_trust_profiles":
            return {verb: {"on": other, **app}}
        case "create_trust_record" | "delete_trust_record":
            return {verb: {"on": one, "trustee": other, **app}}
        case "send":
            return {verb: {"from": one, "to": other, "operation": "hand over", **app}}
        case "ask":
            return {"send": {"from": other, "to": one, "operation": "act", "unchecked": True, **app}}
        case "set_grant_access":
            return {verb: {"on": one, "application": "Shared", "instance": other, "grant": True}}
        case "share_data":
            return {verb: {"from": one, "to": other, "application": "Shared"}}
        case "upgrade_application":
            return {verb: {"on": one, "to": "1.1.0", "capabilities": {"Cap": "2.0.0"}, **app}}
        case "change_settings":
            return {verb: {"on": one, "payload": {"a": 1}, **app}}
        case "clone":
            return {verb: {"from": other, "to": one}}
        case _:
            return {verb: {"on": one, **app} if verb.endswith("application") else {"on": one}}


pairs = st.one_of(
    st.sampled_from(PAIRS),
    st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)).filter(lambda pair: pair[0] != pair[1]),
)
drawn = st.lists(st.tuples(st.sampled_from(VERBS), pairs), min_size=3, max_size=16)


@given(drawn=drawn)
@example(
    drawn=[
        ("name_manager", ("dev1", "prod1")),
        ("remove_application", ("prod1", "dev1")),
        ("save_profile_item", ("prod1", "other")),
    ]
)
@examples(60, nightly=3_000)
def test_each_refusal_is_told_where_it_is_met_first(drawn: list[tuple[str, tuple[str, str]]]) -> None:
    """And nothing else is called refused: for each code, the line of the finding is that of the first refusal."""
    lines = []
    for verb, pair in drawn:
        made = step(verb, *pair)
        made = {verb: [pair[0]]} if verb in {"promote", "decommission"} else made
        lines += [json.dumps(made), "settle"] + (["advance: 6m", "settle"] if verb == "name_manager" else [])
    loaded = load_text(HEAD + "".join(f"  - {line}\n" for line in lines), "any.yaml")
    told: dict[str, int] = {}
    for finding in examine(loaded):
        if finding.code in set(RefusalCode) and finding.severity is not Severity.NOTE:
            told.setdefault(_as_told(finding.code), finding.line)
    result = run_unseen(loaded, 0).result
    assert not [it for it in result.steps if it.text == "the invariants"]
    refused: dict[str, int] = {}
    by_anybody: set[tuple[str, int]] = set()
    ends = [*(it.began for it in result.steps[1:]), FOREVER]
    for done, end in zip(result.steps, ends, strict=True):
        for code in re.findall(r"refused \((\w+)\)", done.outcome):
            refused.setdefault(_as_told(code), done.line)
        for entry in result.journal:
            if entry.outcome is Outcome.REFUSED and done.began <= entry.at < end:
                by_anybody |= {(_as_told(entry.code), done.line), (_as_told(entry.code), done.line - 1)}
    for code, line in refused.items():
        assert told.get(code, line + 1) <= line, f"{code} of line {line} is not told"
    for code, line in told.items():
        is_so = code in FORESEEN or refused.get(code) == line or (code, line) in by_anybody
        assert is_so, f"{code} is told of line {line}"


def _as_told(code: str) -> str:
    """A mirror lacks what its trustor's table lacks."""
    return RefusalCode.NO_TRUST_RECORD if code == RefusalCode.NO_TRUSTING_INSTANCE else code
