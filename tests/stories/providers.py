"""An integration of each customer loads its servers, the provider's after them; what each sees is printed as JSON.

Both customers have named their servers alike.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any
from urllib.parse import urlsplit

import pysnow  # type: ignore[import-untyped]

SERVERS, BATCH = 1000, 100
SERVER = "cmdb_ci_linux_server"


def client(instance: str, user: str) -> Any:
    """The client, as its documentation has it."""
    host = urlsplit(os.environ[f"TRUSTSIM_{instance.upper()}_URL"]).netloc
    return pysnow.Client(host=host, use_ssl=False, user=user, password=user)


def load(mine: Any, os_: str) -> dict[str, int]:
    """Sends all servers; how often each operation came of it."""
    engine = mine.resource(api_path="/identifyreconcile", base_path="/api/now")
    engine.parameters.add_custom({"sysparm_data_source": "Discovery"})
    counts: dict[str, int] = {}
    for first in range(0, SERVERS, BATCH):
        items = [
            {"className": SERVER, "values": {"name": f"web-{number}", "os": os_}}
            for number in range(first, first + BATCH)
        ]
        answer = engine.request("POST", data=json.dumps({"items": items}))
        for item in answer.one()["items"]:
            counts[item["operation"]] = counts.get(item["operation"], 0) + 1
    return counts


def seen(mine: Any) -> dict[str, int]:
    """How many servers the user sees of each operating system."""
    counts: dict[str, int] = {}
    for row in mine.resource(api_path=f"/table/{SERVER}").get(query={}, fields=["os"], limit=5000).all():
        counts[row["os"]] = counts.get(row["os"], 0) + 1
    return counts


def main() -> None:
    """All of it, on both instances."""
    told: dict[str, Any] = {}
    for instance in ("strict", "platform"):
        ann, ivo, tom = (client(instance, user) for user in ("ann", "ivo", "tom"))
        told[instance] = {
            "loaded": [load(ann, "Linux of ACME"), load(ivo, "Linux of INIT")],
            "seen": [seen(ann), seen(ivo), seen(tom)],
            "again": load(ann, "Linux of ACME"),
        }
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
