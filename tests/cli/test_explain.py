"""`trustsim explain`."""

from __future__ import annotations

from pathlib import Path

from simulator.refusal import RefusalCode

from .command import run


def test_one_code(tmp_path: Path) -> None:
    """Rule and source, the usual cause, what mends it, and a scenario that shows it."""
    result = run(tmp_path, "explain", "second_manager")
    assert result.code == 0
    assert result.out.splitlines()[0] == "second_manager"
    assert [line.partition("  ")[0] for line in result.out.splitlines()[1:] if line[:1].strip()] == [
        "when",
        "rule",
        "mostly because",
        "what mends it",
        "shown by",
    ]
    for said in (
        "at most one manager at a time. [S1, F8]",
        "deletes the old manager's record",
        "roles-and-rules.yaml",
    ):
        assert said in result.out


def test_all_codes(tmp_path: Path) -> None:
    """Every code with a line of its own."""
    out = run(tmp_path, "explain").out
    assert all(f"\n{code} " in f"\n{out}" for code in RefusalCode)


def test_an_unknown_code(tmp_path: Path) -> None:
    """Exit code 2, and what was probably meant."""
    result = run(tmp_path, "explain", "second_manger")
    assert result.code == 2
    assert "there is no code 'second_manger'; did you mean 'second_manager'?" in result.err
