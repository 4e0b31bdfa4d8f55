"""pysnow on a fresh instance with 300 servers: pages, a record's life, attachments, OAuth, an error."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pysnow  # type: ignore[import-untyped]

SERVERS = "/table/cmdb_ci_linux_server"


def main(url: str) -> None:
    """Fails where anything is not as with the product."""
    host = url.removeprefix("http://")
    client = pysnow.Client(host=host, use_ssl=False, user="ann", password="ann")  # noqa: S106
    servers = client.resource(api_path=SERVERS)
    assert sum(1 for _ in servers.get(query={}, stream=True, limit=100).all()) == 100
    assert len(servers.get(query={}).all()) == 300
    query = pysnow.QueryBuilder().field("name").starts_with("lx00").AND().field("ram").greater_than(3)
    names = [row["name"] for row in servers.get(query=query.AND().field("name").order_descending()).all()]
    assert names == ["lx009", "lx008", "lx007", "lx006", "lx005", "lx004"]
    _live(servers)
    count = client.resource(api_path="/stats/cmdb_ci_linux_server")
    count.parameters.add_custom({"sysparm_count": "true"})
    assert count.request("GET").one()["stats"]["count"] == "300"
    _log_in_anew(host)


def _live(servers: Any) -> None:
    made = servers.create(payload={"name": "new", "ram": 1}).one()
    mine = {"sys_id": made["sys_id"]}
    assert servers.update(query=mine, payload={"ram": 7}).one()["ram"] == "7"
    with TemporaryDirectory() as directory:
        file = Path(directory) / "a.txt"
        file.write_text("hello")
        servers.attachments.upload(sys_id=made["sys_id"], file_path=str(file))
    assert [one["file_name"] for one in servers.attachments.get(sys_id=made["sys_id"])] == ["a.txt"]
    assert servers.delete(query=mine)["status"] == "record deleted"
    try:
        servers.get(query=mine).one()
    except pysnow.exceptions.NoResults:
        return
    raise AssertionError("a record is found that was deleted")


def _log_in_anew(host: str) -> None:
    kept: list[dict[str, Any]] = []
    names = {"client_id": "trustsim", "client_secret": "trustsim"}
    client = pysnow.OAuthClient(**names, host=host, use_ssl=False, token_updater=kept.append)
    token = client.generate_token("ann", "ann")
    client.set_token(token | {"expires_at": 1})  # so that it has to be renewed
    users = client.resource(api_path="/table/sys_user")
    assert users.get(query={"user_name": "ann"}).one()["user_name"] == "ann"
    assert kept[0]["refresh_token"] == token["refresh_token"]


os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
main(sys.argv[1])
