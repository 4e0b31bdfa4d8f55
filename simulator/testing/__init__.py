"""Tests of one's own, in Python: the one public surface of the package, beside `simulator.peer`.

    from simulator.testing import fleet

    async def test_a_sub_prod_trusts_production() -> None:
        async with fleet("first.yaml", steps=False) as f:
            await f["subprod1"].create_trust_record("prod1")
            assert await f["subprod1"].send("prod1") == "processed"
            assert (await f["prod1"].send("subprod1")).code == "no_trust_record"

fleets.py     a scenario's fleet, and its instances
verbs.py      the verbs of the scenario language as their methods
outcome.py    what becomes of a step
steps.py      how steps are taken
writing.py    a call of a verb as the text of a step
"""

from simulator.errors import MachineryError, ScenarioError
from simulator.journal import Entry
from simulator.protocol.http import Response
from simulator.testing.fleets import Fleet, Instance, fleet
from simulator.testing.outcome import Expect, NotMetError, Outcome, WrongStepError

__all__ = [
    "Entry",
    "Expect",
    "Fleet",
    "Instance",
    "MachineryError",
    "NotMetError",
    "Outcome",
    "Response",
    "ScenarioError",
    "WrongStepError",
    "fleet",
]
