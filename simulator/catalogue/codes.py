"""Every code that anybody can be told, of whatever kind."""

from __future__ import annotations

from simulator.catalogue.findings import FINDINGS
from simulator.catalogue.flaws import FLAWS
from simulator.catalogue.meaning import Meaning
from simulator.catalogue.refusals import REFUSALS

MEANING_BY_CODE: dict[str, Meaning] = {
    **{code.value: meaning for code, meaning in REFUSALS.items()},
    **FINDINGS,
    **FLAWS,
}
"""Refusals, findings in scenarios, flaws of a CMDB. The doctor takes what mends them from here, `explain` all."""
