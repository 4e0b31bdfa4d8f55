"""Waiting for many messages: what has become of one is not asked again and again."""

from __future__ import annotations

from functools import partial

from simulator.journal import Outcome
from simulator.scenario.judging.fates import Fate, Fates


def test_waiting_for_a_fan_out_costs_once_for_each_message() -> None:
    """A look after each arrival asks for no message more than three times."""
    known: list[Fate] = [Fate(f"message {number}") for number in range(300)]
    asked = 0

    def ask(number: int) -> Fate:
        nonlocal asked
        asked += 1
        return known[number]

    fates = Fates(partial(ask, number) for number in range(len(known)))
    for number in range(len(known)):
        assert fates.are_open()
        known[number] = Fate(f"message {number}", Outcome.PROCESSED, "prod1")
    assert not fates.are_open()
    assert asked <= 3 * len(known)


def test_one_that_is_late_keeps_all_open() -> None:
    """Whatever has become of the others."""
    known = [Fate("late"), Fate("early", Outcome.PROCESSED, "prod1")]
    fates = Fates(partial(known.__getitem__, number) for number in range(2))
    assert fates.are_open()
    assert [fate.outcome for fate in fates()] == [None, Outcome.PROCESSED]
