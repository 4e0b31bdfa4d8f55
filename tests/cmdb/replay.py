"""Prints all that a sequence of calls leaves in a fresh store: `python -m tests.cmdb.replay SEED CALLS`."""

from __future__ import annotations

import sys
from random import Random  # noqa: TID251 - the seed is an argument

from simulator.store.cmdb.store import CmdbStore
from tests.cmdb.drawn import draw_case
from tests.cmdb.drawn_store import CALLS, answer, fill, fresh


def replay(seed: int, calls: int) -> None:
    """Puts one drawn case into a store and sends it the payloads of as many others as there are *calls*."""
    chance = Random(seed)  # noqa: S311 - nothing secret is drawn
    first = draw_case(chance)
    connection = fresh()
    store = CmdbStore(connection)
    fill(store, first)
    for number in range(calls):
        case = draw_case(chance)
        kind, query = chance.choice(list(CALLS)), chance.random() < 0.1
        result = answer(store, case, kind, query=query, cause=f"call {number}", explain=True)
        print(result.response, result.explanation)  # noqa: T201
    for line in connection.iterdump():
        print(line)  # noqa: T201


if __name__ == "__main__":
    replay(*map(int, sys.argv[1:]))
