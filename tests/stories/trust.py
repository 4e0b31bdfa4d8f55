"""Trust set up by clients alone: what those of prod1 and dev1 write, those of dev1 and dev2 read."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any
from urllib.parse import urlsplit

import pysnow  # type: ignore[import-untyped]
import requests

LIMIT = 15.0
"""Seconds for what trust carries to arrive."""


def client(instance: str) -> Any:
    """The client, as its documentation has it."""
    host = urlsplit(os.environ[f"TRUSTSIM_{instance.upper()}_URL"]).netloc
    user, password = (os.environ[f"TRUSTSIM_{instance.upper()}_{it}"] for it in ("USER", "PASSWORD"))
    mine = pysnow.Client(host=host, use_ssl=False, user=user, password=password)
    mine.parameters.display_value = True
    return mine


def arrived(mine: Any, table: str, **wanted: str) -> dict[str, str]:
    """The row that is to come, as soon as it is there."""
    until = time.monotonic() + LIMIT
    while time.monotonic() < until:
        for row in mine.resource(api_path=f"/table/{table}").get(query={}).all():
            if all(row.get(name) == value for name, value in wanted.items()):
                return {name: row[name] for name in wanted}
        time.sleep(0.05)
    raise AssertionError(f"{table}: no row with {wanted}")


def main() -> None:
    """All of it."""
    prod1, dev1, dev2 = client("prod1"), client("dev1"), client("dev2")
    for mine in (dev1, dev2):
        mine.resource(api_path="/table/sn_mif_managed_by_instance").create(
            payload={"application": "Assets", "manager_instance": "prod1"}
        ).one()
        arrived(mine, "sn_mif_managed_by_instance", approval="Auto-Approved")
    prod1.resource(api_path="/table/sn_mif_trust_profile_item").create(
        payload={
            "application": "Assets",
            "capability": "Inventory",
            "trusting_instance": "dev1",
            "trusted_instance": "dev2",
        }
    ).one()
    press = prod1.resource(api_path="/sync_trust_profiles", base_path="/api/x_trustsim")
    pressed = press.request("POST", data=json.dumps({"application": "Assets"})).one()
    told = {
        "pressed": pressed["outcome"],
        "trustor": arrived(dev1, "sn_mif_trusted_instance", capability="Inventory", origin="profile"),
        "trustee": arrived(dev2, "sn_mif_trusting_instance", capability="Inventory"),
    }
    try:
        dev1.resource(api_path="/table/sn_mif_managed_by_instance").create(
            payload={"application": "Assets", "manager_instance": "dev2"}
        ).one()
    except requests.HTTPError as error:
        if error.response is not None:
            told["refused"] = error.response.json()["error"]["detail"]
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
