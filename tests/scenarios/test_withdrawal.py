"""Access that a second setup takes away is gone, in a run and in a file of one's own."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from simulator.report.result import Verdict
from simulator.scenario.reading.load import load_text
from simulator.scenario.running.run import run_virtual
from tests.cli.command import called

from .running import Unseen, in_full

FIRST: dict[str, Any] = {
    "properties": {"glide.identification_engine.platform_domain_separation_enabled": "True"},
    "domains": {
        "TOP": {"primary": True},
        "ACME": {"parent": "TOP"},
        "INIT": {"parent": "TOP", "contains": ["ACME"]},
        "SEEN": {"parent": "TOP"},
    },
    "groups": {"operators": {"visibility": ["SEEN"]}},
    "users": {
        "of ACME": {"domain": "ACME", "roles": ["itil"]},
        "of SEEN": {"domain": "SEEN", "roles": ["itil"]},
        "of INIT": {"domain": "INIT", "roles": ["itil"]},
        "seeing": {"domain": "ACME", "roles": ["itil"], "visibility": ["SEEN"]},
        "member": {"domain": "ACME", "roles": ["itil"], "groups": ["operators"]},
    },
}


@dataclass(frozen=True)
class Withdrawal:
    """A user who sees the CIs of a domain only by what a second setup takes away."""

    id: str
    user: str
    domain: str
    second: dict[str, Any]


WITHDRAWALS = [
    Withdrawal("visibility", "seeing", "SEEN", {"users": {"seeing": {"visibility": []}}}),
    Withdrawal("membership", "member", "SEEN", {"users": {"member": {"groups": []}}}),
    Withdrawal("visibility of a group", "member", "SEEN", {"groups": {"operators": {"visibility": []}}}),
    Withdrawal("contains", "of INIT", "ACME", {"domains": {"INIT": {"contains": []}}}),
]


def payload(ram: str) -> dict[str, Any]:
    return {"items": [{"className": "cmdb_ci_linux_server", "values": {"name": "web1", "ram": ram}}]}


def identify(user: str, ram: str, expect: Any) -> dict[str, Any]:
    call = {"on": "dev1", "user": user, "source": "ServiceNow", "payload": payload(ram)}
    return {"identify": call, "expect": expect}


def answered(operation: str) -> dict[str, Any]:
    return {"response": {"items": [{"operation": operation}]}}


def check(*steps: dict[str, Any]) -> None:
    """Runs a scenario of these steps; all their expectations must be met."""
    scenario = {"name": "Withdrawn", "instances": {"dev1": "development"}, "steps": steps}
    result = asyncio.run(run_virtual(load_text(json.dumps(scenario), "withdrawn.yaml"), 0, None, Unseen()))
    assert result.verdict is Verdict.MET, in_full(result)


def configure(setup: dict[str, Any]) -> dict[str, Any]:
    return {"configure_cmdb": {"on": "dev1", "setup": setup}}


@pytest.mark.parametrize("it", WITHDRAWALS, ids=lambda it: it.id)
def test_what_a_second_step_withdraws_is_not_searched_any_more(it: Withdrawal) -> None:
    """The CI there was updated before; afterwards it is not found, and the user's own domain gets one."""
    check(
        configure(FIRST),
        identify(f"of {it.domain}", "1", answered("INSERT")),
        identify(it.user, "2", answered("UPDATE")),
        configure(it.second),
        identify(it.user, "3", answered("INSERT")),
        {
            "expect": [
                {
                    "table": "cmdb_ci_server",
                    "on": "dev1",
                    "where": {"sys_domain": it.domain},
                    "rows": [{"ram": "2"}],
                }
            ]
        },
    )


def test_a_role_that_a_second_step_withdraws_is_asked_for_in_vain() -> None:
    """The API refuses the user."""
    check(
        configure(FIRST),
        identify("seeing", "1", answered("INSERT")),
        configure({"users": {"seeing": {"roles": []}}}),
        identify("seeing", "2", {"refused": "role_missing"}),
    )


class Kept:
    """A file of one's own, with the first setup in it."""

    def __init__(self, directory: Path) -> None:
        self._directory, self._file = directory, directory / "dev1.sqlite"
        self.init(FIRST)

    def init(self, setup: dict[str, Any]) -> None:
        (self._directory / "setup.yaml").write_text(json.dumps(setup))
        done = called("store", "init", self._file, "--from", self._directory / "setup.yaml")
        assert done.code == 0, done.err

    def call(self, user: str, ram: str) -> tuple[int, dict[str, Any]]:
        """The exit code and the body."""
        (self._directory / "p.json").write_text(json.dumps(payload(ram)))
        caller = ("--user", user, "--source", "ServiceNow")
        done = called("ire", "--store", self._file, *caller, self._directory / "p.json")
        return done.code, json.loads(done.out)

    def operation(self, user: str, ram: str) -> str:
        code, answer = self.call(user, ram)
        assert code == 0, answer
        return str(answer["result"]["items"][0]["operation"])


@pytest.mark.parametrize("it", WITHDRAWALS, ids=lambda it: it.id)
def test_what_a_second_init_withdraws_is_not_searched_any_more(it: Withdrawal, tmp_path: Path) -> None:
    """As two steps do."""
    kept = Kept(tmp_path)
    assert kept.operation(f"of {it.domain}", "1") == "INSERT"
    assert kept.operation(it.user, "2") == "UPDATE"
    kept.init(it.second)
    assert kept.operation(it.user, "3") == "INSERT"


def test_a_role_that_a_second_init_withdraws_is_asked_for_in_vain(tmp_path: Path) -> None:
    """As two steps do: exit code 1, with the refusal in the body."""
    kept = Kept(tmp_path)
    assert kept.operation("seeing", "1") == "INSERT"
    kept.init({"users": {"seeing": {"roles": []}}})
    code, answer = kept.call("seeing", "2")
    assert code == 1
    assert "neither itil nor asset" in json.dumps(answer)
