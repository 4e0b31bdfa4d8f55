"""What is suggested for a name that there is not."""

from __future__ import annotations

import time

import pytest

from simulator.scenario.suggestion import NONE_DEFINED, did_you_mean
from simulator.store.tables import tables

MOST = 2.0
"""Seconds of this process for a million pairs of names; letter by letter they take 14."""


@pytest.mark.parametrize(
    ("name", "known", "hint"),
    [
        ("instnce7", [f"instance{n}" for n in range(1000)], "; did you mean 'instance7'?"),
        ("sn_mif_sync_dta", tables(), "; did you mean 'sn_mif_sync_data'?"),
        ("syn_mif_snc_data", tables(), "; did you mean 'sn_mif_sync_data'?"),
        ("x_trustsim_jornal", tables(), "; did you mean 'x_trustsim_journal'?"),
        ("ab", ["ba", "xy"], "; there are: ba, xy"),
        ("prd1", ["prod1", "prod2", "a"], "; did you mean 'prod1'?"),
        ("", ["b", "a"], "; there are: a, b"),
        ("a", [], NONE_DEFINED),
    ],
)
def test_what_is_suggested(name: str, known: list[str], hint: str) -> None:
    """The name that is most like it, else all that there are."""
    assert did_you_mean(name, known) == hint


def test_every_typing_error_in_a_known_name_is_seen() -> None:
    """One letter left out, one too many, two that have changed places: the name itself is suggested."""
    known = list(tables())
    for name in known:
        middle = len(name) // 2
        left_out = name[:middle] + name[middle + 1 :]
        doubled = name[:middle] + "q" + name[middle:]
        swapped = name[: middle - 1] + name[middle] + name[middle - 1] + name[middle + 1 :]
        for wrong in (left_out, doubled, swapped):
            assert wrong in known or did_you_mean(wrong, known) == f"; did you mean {name!r}?", wrong


def test_a_thousand_wrong_names_among_a_thousand_cost_little() -> None:
    """Whoever renames what everything refers to is told at once."""
    known = [f"instance{n}" for n in range(1000)]
    before = time.process_time()
    hints = [did_you_mean(f"instnce{n}", known) for n in range(1000)]
    assert time.process_time() - before < MOST
    assert hints == [f"; did you mean {name!r}?" for name in known]
