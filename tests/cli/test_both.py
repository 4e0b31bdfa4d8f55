"""`trustsim run --both` compares two runs that have come to rest."""

from __future__ import annotations

from pathlib import Path

from .command import run


def test_a_file_that_ends_with_something_on_its_way_comes_to_the_same(tmp_path: Path) -> None:
    """Both sides end what they have begun before they are compared."""
    (tmp_path / "end.yaml").write_text(
        "name: end\ninstances: { prod1: production, sub1: development }\ninclude: [Impact Health]\n"
        "steps: [name_manager: { on: sub1, manager: prod1 }]\n"
    )
    result = run(tmp_path, "run", "--both", tmp_path / "end.yaml")
    assert (result.code, "are alike" in result.err) == (0, True), result.err
