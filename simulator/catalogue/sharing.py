"""Refusals about what first-generation data sharing allows."""

from __future__ import annotations

from simulator.catalogue.meaning import Meaning
from simulator.refusal import RefusalCode

SHARING: dict[RefusalCode, Meaning] = {
    RefusalCode.NO_DATA_SHARING: Meaning(
        "the application takes no part in data sharing",
        "Trust Configuration lists the applications that share data, and no others.",
        "S4",
        "the application has capabilities, which need application trust",
        "the administrator chooses another application, or a capability of this one",
        "several-managers",
    ),
    RefusalCode.ACCESS_NOT_GRANTED: Meaning(
        "the grantor's Trust Configuration does not grant the other instance access",
        "Data is shared only while Grant access is set; by default non-production grants production only.",
        "S4, F16, F18",
        "it is so by default, or a promotion or demotion has reset what was customised",
        "the administrator of the grantor sets Grant access for the other instance",
        "data-sharing",
    ),
    RefusalCode.MIRROR_IS_READ_ONLY: Meaning(
        "somebody edits Is granting access, which only mirrors the grantor's word",
        "Only the grantor edits Grant access, and Is granting access at the other side follows.",
        "S4",
        "somebody who misses data looks for the switch on the wrong side",
        "the administrator of the other instance sets Grant access there",
        "data-sharing",
    ),
}
