"""Matrices: what stands in them, and what is alike folded without a loss."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulator.report.matrices import matrices_of, spans
from simulator.report.result import RunResult, Trust

from .test_formats import run


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["a"], ["a"]),
        (["dev1", "dev2"], ["dev1", "dev2"]),
        (["dev1", "dev2", "dev3", "qa"], ["dev1 to dev3", "qa"]),
        (["dev8", "dev9", "dev10"], ["dev8 to dev10"]),
        (["dev08", "dev09", "dev10"], ["dev08 to dev10"]),
        (["dev08", "dev9", "dev10"], ["dev08", "dev9", "dev10"]),
        (["dev1", "dev2", "dev4", "dev5", "dev6"], ["dev1", "dev2", "dev4 to dev6"]),
        (["a1", "b2", "c3"], ["a1", "b2", "c3"]),
        (["qa", "dev", "prod"], ["qa", "dev", "prod"]),
        ([], []),
    ],
)
def test_numbered_names_are_told_as_spans(names: list[str], said: list[str]) -> None:
    """Three or more with one number after the other, as people number."""
    assert list(spans(names)) == said


def trusting(*pairs: tuple[str, str]) -> RunResult:
    """A run at whose end the first of each pair trusts the second."""
    records = [
        Trust(trustor=one, trustee=other, application="A", capability="C", version="1", origin="manual")
        for one, other in pairs
    ]
    return replace(run("plain"), trust=tuple(records))


def test_equal_rows_and_columns_are_folded_and_others_stay() -> None:
    """Three are one; two, and what is not equal to the last cell, stand for themselves."""
    alike = [(f"dev{number}", prod) for number in (1, 2, 3) for prod in ("p1", "p2", "p3")]
    [matrix] = matrices_of(trusting(*alike, ("qa", "p1"), ("stage", "p1")))
    assert matrix.title == "A > C"
    assert matrix.columns == ("p1", "p2", "p3")
    assert matrix.rows == (
        ("3 instances alike: dev1 to dev3", ("1 manual", "1 manual", "1 manual")),
        ("qa", ("1 manual", "·", "·")),
        ("stage", ("1 manual", "·", "·")),
    )
    [matrix] = matrices_of(trusting(*((f"dev{row}", f"p{column}") for row in (1, 2) for column in (1, 2, 3))))
    assert matrix.columns == ("3 instances alike: p1 to p3",)
    assert matrix.rows == (("dev1", ("1 manual",)), ("dev2", ("1 manual",)))


def test_who_shares_data_with_whom() -> None:
    """By default, by somebody's decision, or denied; what was never granted is not there."""
    rows = [
        {"application": "A", "instance": "x", "grant_access": 1, "customised": 0},
        {"application": "A", "instance": "y", "grant_access": 1, "customised": 1},
        {"application": "A", "instance": "z", "grant_access": 0, "customised": 1},
        {"application": "B", "instance": "z", "grant_access": 0, "customised": 0},
    ]
    result = replace(run("plain"), trust=(), tables={"prod1": {"sn_mif_trust_config": rows}})
    [matrix] = matrices_of(result)
    assert (matrix.title, matrix.columns) == ("A: data sharing", ("x", "y", "z"))
    assert matrix.rows == (("prod1", ("default", "customised", "denied")),)
