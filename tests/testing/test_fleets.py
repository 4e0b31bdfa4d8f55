"""Tests of one's own in Python: a fleet whose instances do what the scenario language says."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from simulator.testing import Fleet, NotMetError, ScenarioError, fleet
from simulator.transport.mosquitto import find_mosquitto
from tests.cli.command import Command

SCENARIOS = Path(__file__).parents[2] / "scenarios"
FIRST = SCENARIOS / "first.yaml"
MANAGED = {
    "name": "A manager and two sub-prods",
    "instances": {"prod1": "production", "dev1": "development", "dev2": "development"},
    "applications": {
        "Impact Health": {
            "capabilities": {"Code Check": {"operations": {"transfer results": "data", "request scan": "message"}}}
        },
    },
    "steps": [{"name_manager": {"on": ["dev1", "dev2"], "manager": "prod1"}}],
}


async def test_a_test_reads_like_the_language() -> None:
    """Manage, lay out, sync, send: each call waits for what the ones before have set going."""
    async with fleet(MANAGED) as f:
        await f.advance("10m")
        await f["prod1"].save_profile_item("prod1", "dev1", "Impact Health", "Code Check")
        assert await f["prod1"].sync_trust_profiles("Impact Health") == "processed"
        sent = await f["dev1"].send("prod1", "Impact Health", "Code Check", "request scan", payload={"depth": 2})
        assert sent == "processed"
        assert sent != "refused"
        assert (sent.by, sent.code, sent.explanation) == ("prod1", "", "")


async def test_a_refusal_is_an_outcome_with_its_code_and_explanation() -> None:
    """What comes of a message is for the test to judge; what a failed assertion shows says why."""
    async with fleet(FIRST, steps=False) as f:
        refused = await f["prod1"].send("subprod1")
        assert refused == "refused"
        assert refused.code == "no_trust_record"
        assert "To allow it, an administrator" in refused.explanation
        assert repr(refused).startswith("<refused (no_trust_record) by prod1: The trust table of prod1 has no")


async def test_of_several_messages_each_has_its_outcome() -> None:
    """All of them are equal to what all are; a property of one of them needs one of them."""
    async with fleet(MANAGED) as f:
        await f["prod1"].create_trust_record("dev1")
        sent = await f["prod1"].send(["dev1", "dev2"], operation="transfer results")
        assert [str(each) for each in sent.each] == ["processed by dev1", "refused (no_trust_record) by prod1"]
        assert sent not in ("processed", "refused")
        with pytest.raises(ValueError, match="2 outcomes, so ask each of `each`"):
            _ = sent.code


async def test_an_administrator_expects_to_succeed() -> None:
    """What is refused fails the test with the reason, unless the test expects it."""
    async with fleet(FIRST, steps=False) as f:
        with pytest.raises(NotMetError) as failed:
            await f["prod1"].create_trust_record("prod1")
        assert str(failed.value).startswith(
            "prod1 trusts prod1 for Code Check, by hand\n"
            "wanted: prod1: processed\nseen: refused (self_trust) by prod1\nwhy: "
        )
        assert await f["prod1"].create_trust_record("prod1", expect={"refused": "self_trust"}) == "refused"
        with pytest.raises(NotMetError, match="at least one row"):
            await f.expect({"table": "sn_mif_trusted_instance", "on": "prod1"})


async def test_steps_of_the_file_come_first_as_far_as_they_are_wanted() -> None:
    """All, none, or those down to a line; one that fails says where it stands."""
    async with fleet(FIRST) as f:
        assert (
            f["subprod1"].table("sn_mif_trusted_instance", {"trusted_instance": "prod1"})[0]["origin"] == "manual"
        )
        assert [entry.kind for entry in f["prod1"].journal()] == ["trust_granted", "capability_message", "send"]
    async with fleet(FIRST, steps=10) as f:
        assert [entry.kind for entry in f.journal()] == ["create_trust_record"]
    text = FIRST.read_text().replace("create_trust_record: { on: subprod1, trustee: prod1 }", "settle")
    with pytest.raises(NotMetError, match=r"^the scenario:12: subprod1 sends transfer results to prod1\nwanted: "):
        async with fleet(text):
            pass


WRONG: list[tuple[Callable[[Fleet], Any], str]] = [
    (lambda f: f["dev9"], "there is no instance 'dev9'; there are: prod1, subprod1"),
    (lambda f: f["prod1"].send("subprd1"), "send.to: there is no instance 'subprd1'; did you mean 'subprod1'?"),
    (
        lambda f: f["prod1"].send("subprod1", operation="tranfer"),
        "send.operation: there is no operation 'tranfer'",
    ),
    (
        lambda f: f["prod1"].send("subprod1", payload=cast("Any", [1])),
        "send.payload: expected a mapping, got a list",
    ),
    (lambda f: f["prod1"].send("subprod1", payload={"at": object()}), "a scenario has nothing like <object"),
    (lambda f: f.advance("10 minuts"), "advance: expected a duration such as 500ms, 30s, 10m"),
    (lambda f: f.restore("x"), "restore: there is no snapshot 'x'; none is defined"),
    (lambda f: f["prod1"].table("sn_mif_trusted"), "table: there is no table 'sn_mif_trusted'; did you mean"),
    (
        lambda f: f["prod1"].table("sn_mif_instance", {"nam": 1}),
        "where: there is no column 'nam' of sn_mif_instance",
    ),
    (lambda f: f["prod1"].url, "prod1 answers no HTTP: start the fleet with virtual=False, http=True"),
    (lambda f: f.write_report("x.doc"), "x.doc: expected a file name whose suffix says what it is to be"),
]


async def test_a_call_that_is_wrong_says_what_is_there() -> None:
    """Nothing is done, and the fleet goes on."""
    async with fleet(FIRST, steps=False) as f:
        for call, said in WRONG:
            with pytest.raises((KeyError, ValueError, TypeError)) as wrong:
                await call(f)
            assert said in str(wrong.value)
        sent = await f["prod1"].send("subprod1")
        with pytest.raises(ValueError, match="there is no outcome 'refusd'; did you mean 'refused'"):
            assert sent != "refusd"
        assert f.journal()[0].kind == "send"


async def test_what_a_test_gives_is_taken_as_it_is() -> None:
    """Nothing in it is a variable of a file."""
    async with fleet(FIRST) as f:
        payload = {"a": "${b}", "c": "$${d}", "e": "$$${f}", "at": timedelta(minutes=1)}
        await f["subprod1"].send("prod1", payload=payload)
        [_, received] = f["prod1"].table("sn_mif_sync_data")
        assert json.loads(received["payload"]) == {**payload, "at": "60.000000s"}


async def test_variables_are_set_and_choose_one_of_a_matrix() -> None:
    """As --set does; what is left open is said."""
    text = FIRST.read_text().replace(
        "prod1: production", "prod1: { environment: production, release: '${release}' }"
    )
    text = "matrix: { release: [Yokohama, Zurich] }\n" + text
    async with fleet(text, settings={"release": "Zurich"}) as f:
        assert f["prod1"].table("sn_mif_instance", {"name": "prod1"})[0]["release"] == "Zurich"
    with pytest.raises(
        ScenarioError, match="expected one combination, got 2; choose one with --set release=Yokohama"
    ):
        async with fleet(text):
            pass


async def test_a_scenario_that_is_wrong_is_not_begun() -> None:
    """All of its problems, with their places; and what no fleet can be is said."""
    with pytest.raises(ScenarioError, match=r"^the scenario:1:1: the key 'name' is missing"):
        async with fleet("instances: { prod1: production }\nsteps: [settle]\n"):
            pass
    with pytest.raises(ValueError, match="a fleet in virtual time has no broker and no HTTP"):
        async with fleet(FIRST, http=True):
            pass
    for how in ({"virtual": True, "broker": "embedded"}, {"virtual": False, "broker": "embedded"}):
        with pytest.raises(ValueError, match=r"tls is for virtual=False, broker='mosquitto'"):
            async with fleet(FIRST, tls=True, **cast("Any", how)):
                pass


@pytest.mark.mosquitto
@pytest.mark.skipif(find_mosquitto() is None, reason="there is no mosquitto executable on this machine")
async def test_a_broker_may_ask_every_instance_for_its_certificate() -> None:
    """Then it is the broker that lets nobody publish in another's name; without, it would be the recipient."""
    async with fleet(FIRST, virtual=False, broker="mosquitto", tls=True) as f:
        assert await f["subprod1"].send("prod1") == "processed"
        outcome = await f["prod1"].impersonate("subprod1", "prod1", operation="transfer results")
        assert (outcome.code, outcome.by) == ("topic_denied", "the broker")


async def test_what_goes_wrong_and_what_time_does_is_called_on_the_fleet() -> None:
    """Faults, the clock, instances that are down; nothing of it waits for anything."""
    async with fleet(MANAGED) as f:
        began = f.now
        await f.advance(timedelta(minutes=10))
        assert f.now - began >= timedelta(minutes=10)
        await f["prod1"].create_trust_record("dev1")
        await f["dev1"].stop()
        assert not f["dev1"].is_running
        assert await f["prod1"].send("dev1", operation="transfer results") == "pending"
        await f["dev1"].start()
        await f.settle("10m")
        assert [entry.outcome for entry in f["dev1"].journal() if entry.kind == "capability_message"] == [
            "processed"
        ]
        await f.fault(cut={"from": "prod1", "to": "dev1"}, lasts="10m")
        began = f.now
        sent = await f["prod1"].send("dev1", operation="transfer results")
        assert sent == "pending"
        assert f.now - began < timedelta(seconds=5), "nobody waits for what a fault holds up"
        await f.settle("20m")
        assert sent == "pending", "an outcome is what had become of it then"


async def test_a_cmdb_answers_with_a_result() -> None:
    """What an integration gets, and what a client of the REST API gets."""
    async with fleet({"name": "A CMDB", "instances": {"prod1": "production"}, "steps": ["settle"]}) as f:
        payload = {"items": [{"className": "cmdb_ci_linux_server", "values": {"name": "web1"}}]}
        identified = await f["prod1"].identify(payload=payload, source="Discovery")
        assert identified.result["items"][0]["operation"] == "INSERT"
        answer = await f["prod1"].request("/api/now/table/cmdb_ci_linux_server?sysparm_fields=name")
        assert (answer.status, answer.body) == (200, {"result": [{"name": "web1"}]})
        with pytest.raises(NotMetError, match="seen: 400 Bad Request"):
            await f["prod1"].request("/api/now/table/nothing")
        assert (await f["prod1"].request("/api/now/table/nothing", status=400)).status == 400


async def test_what_must_always_hold_is_held_against_every_step() -> None:
    """The scenario's own claims, when the block is left."""
    text = FIRST.read_text() + "never:\n  - { table: sn_mif_trusted_instance, on: prod1 }\n"
    with pytest.raises(NotMetError, match=r"^the scenario:16: never: "):
        async with fleet(text, steps=False) as f:
            await f["prod1"].create_trust_record("subprod1")


async def test_the_same_seed_gives_the_same_journal(tmp_path: Path) -> None:
    """And a report of it is that of a run, with how to make it again as long as the file is all of it."""
    reports = []
    for number in range(2):
        async with fleet(FIRST, seed=3) as f:
            f.write_report(tmp_path / f"{number}.json")
        reports.append((tmp_path / f"{number}.json").read_text())
    assert reports[0] == reports[1]
    assert f'"replay": "trustsim run --virtual --seed 3 {FIRST}"' in reports[0]


SCRIPT = f"""
import asyncio, httpx
from simulator.testing import fleet

async def ask(instance, table):
    auth = instance.user, instance.password
    async with httpx.AsyncClient(base_url=instance.url, auth=auth) as client:
        while True:
            try:
                return (await client.get("/api/now/table/" + table)).json()["result"]
            except httpx.TransportError:
                await asyncio.sleep(0.02)

async def main():
    async with fleet({str(FIRST)!r}, virtual=False, http=True) as f:
        assert await f["subprod1"].send("prod1") == "processed"
        print(len(await ask(f["subprod1"], "sn_mif_trusted_instance")), "row")
        await f.fault(crash={{"instance": "subprod1"}}, lasts="200ms")
        print(len(await ask(f["subprod1"], "sn_mif_trusted_instance")), "row again", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


def test_a_plain_script_has_a_live_fleet_with_http_of_which_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    """Without pytest, and without a guard around its main module, which no process of the fleet runs again.

    Faults begin and end by the clock, also while the test does something else.
    """
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    with Command(tmp_path, program=[str(script)]) as command:
        command.wait_until(lambda: "1 row again\n" in command.out)
        command.interrupt()
        assert command.wait().err.endswith("KeyboardInterrupt\n")
        command.wait_gone()
        assert list(command.temporary.glob("trustsim-*")) == []
    assert command.out == "1 row\n1 row again\n"
