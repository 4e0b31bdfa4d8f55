"""Which files are scenarios, told without loading anything for those that are none."""

from __future__ import annotations

import re
from pathlib import Path

_TOP = re.compile(r"""^["']?([A-Za-z_]\w*)["']?[ ]*:""", re.MULTILINE)
"""A key that stands at the top, and so at the beginning of a line."""


def is_scenario(file: Path, *, is_named: bool) -> bool:
    """Whether a file is to be run: one that was named if it may be a scenario, others if most of it is one.

    Folders have YAML of many kinds in them, and nobody wants to hear that a pipeline is no scenario.
    """
    if not is_named and not _is_like_one(file):
        return False
    from simulator.scenario.reading.library import may_be_a_scenario

    return may_be_a_scenario(file)


def _is_like_one(file: Path) -> bool:
    try:
        keys = set(_TOP.findall(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError):
        return False
    if not keys & {"instances", "steps"} or len(keys) == 1:
        return False
    from simulator.scenario.model import WrittenScenario

    known = {field.alias or name for name, field in WrittenScenario.model_fields.items()}
    return 2 * len(keys & known) > len(keys)
