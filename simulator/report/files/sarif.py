"""Remarks as SARIF 2.1.0 (OASIS), which code scanning and editors read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

from simulator.report.printable import printable
from simulator.report.remarks import Remark, remarks_of
from simulator.report.result import Run

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def to_sarif(remarks: Iterable[Remark]) -> str:
    """One run of the tool, with a result for each remark in their order."""
    results = [_result(remark) for remark in remarks]
    rules = [{"id": code} for code in sorted({result["ruleId"] for result in results})]
    run = {
        "tool": {"driver": {"name": "trustsim", "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def failures_to_sarif(runs: Sequence[Run]) -> str:
    """The same of what failed in finished runs."""
    return to_sarif(remarks_of(runs))


def _result(remark: Remark) -> dict[str, Any]:
    said = f"{remark.title}\n{remark.text}" if remark.title else remark.text
    where: dict[str, Any] = {"artifactLocation": {"uri": _uri(remark.file)}}
    if remark.line:
        where["region"] = {"startLine": remark.line} | ({"startColumn": remark.column} if remark.column else {})
    return {
        "ruleId": remark.code,
        "level": remark.level,
        "message": {"text": printable(said)},
        "locations": [{"physicalLocation": where}],
    }


def _uri(file: str) -> str:
    return quote(file) if not file.startswith("/") else f"file://{quote(file)}"
