"""The worked requests and responses of the documentation, compared as JSON; golden/README.md says what differs."""

from __future__ import annotations

import json
import re
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.cmdb.base import Instance

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(path.parent.name for path in GOLDEN.glob("*/request.json"))
_ID = re.compile(r"\b[0-9a-f]{32}\b")


@pytest.mark.parametrize("case", CASES)
def test_the_documented_request_gets_the_documented_response(case: str) -> None:
    before, request = read(case, "before"), read(case, "request")
    instance = Instance(before.get("setup"))
    for table, rows in before.get("records", {}).items():
        for row in rows:
            instance.put(table, row["sys_id"], **{k: v for k, v in row.items() if k != "sys_id"})
    instance.reload()
    for earlier in before.get("calls", ()):
        ask(instance, earlier)
    response = ask(instance, request)
    assert normalised({"result": response}) == normalised(read(case, "response"))


def read(case: str, name: str) -> Any:
    return json.loads((GOLDEN / case / f"{name}.json").read_text())


def ask(instance: Instance, request: dict[str, Any]) -> dict[str, Any]:
    """Send a request to the endpoint it names."""
    endpoint = request["endpoint"].lower()
    result = instance.run(
        request["body"],
        source=request.get("sysparm_data_source"),
        options=request.get("options"),
        enhanced=endpoint.endswith("enhanced"),
        commit="/query" not in endpoint,
    )
    return result.response


def normalised(body: object) -> object:
    """The body with its sys_ids numbered in the order in which they come, keys sorted."""
    numbers, ids = count(1), {}
    text = json.dumps(body, sort_keys=True)
    for sys_id in dict.fromkeys(_ID.findall(text)):
        ids[sys_id] = f"id {next(numbers)}"
    return json.loads(_ID.sub(lambda found: ids[found[0]], text))
