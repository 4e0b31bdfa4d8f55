"""Every refusal code explained: when it is given, by which rule, why that mostly happens, and what mends it."""

from __future__ import annotations

from simulator.catalogue.cmdb import CMDB
from simulator.catalogue.connection import CONNECTION
from simulator.catalogue.management import MANAGEMENT
from simulator.catalogue.meaning import Meaning
from simulator.catalogue.sharing import SHARING
from simulator.catalogue.trust import TRUST
from simulator.refusal import RefusalCode

REFUSALS: dict[RefusalCode, Meaning] = {**CONNECTION, **MANAGEMENT, **TRUST, **SHARING, **CMDB}
"""In the order of the codes."""

_BY_NAME = {str(code): meaning for code, meaning in REFUSALS.items()}


def with_rule(code: str, explanation: str) -> str:
    """An explanation and the rule behind it, as reports show it; unchanged for what is no refusal."""
    meaning = _BY_NAME.get(code)
    return explanation if meaning is None else f"{explanation} Rule: {meaning.rule} [{meaning.source}]"
