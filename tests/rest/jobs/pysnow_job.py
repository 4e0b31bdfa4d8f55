"""pysnow on a fresh instance with 300 servers: pages, a record's life, attachments, a batch, OAuth, errors."""

from __future__ import annotations

import base64
import json
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pysnow  # type: ignore[import-untyped]
from requests import HTTPError

SERVERS = "/table/cmdb_ci_linux_server"


def main(url: str) -> None:
    """Fails where anything is not as with the product."""
    host = url.removeprefix("http://")
    client = pysnow.Client(host=host, use_ssl=False, user="ann", password="ann")  # noqa: S106
    servers = client.resource(api_path=SERVERS)
    assert sum(1 for _ in servers.get(query={}, stream=True, limit=100).all()) == 100
    pages = [servers.get(query={}, limit=100, offset=offset).all() for offset in (0, 100, 200)]
    assert [len(page) for page in pages] == [100, 100, 100]
    assert sorted(row["name"] for page in pages for row in page) == [f"lx{number:03}" for number in range(1, 301)]
    query = pysnow.QueryBuilder().field("name").starts_with("lx00").AND().field("ram").greater_than(3)
    names = [row["name"] for row in servers.get(query=query.AND().field("name").order_descending()).all()]
    assert names == ["lx009", "lx008", "lx007", "lx006", "lx005", "lx004"]
    _live(servers)
    count = client.resource(api_path="/stats/cmdb_ci_linux_server")
    count.parameters.add_custom({"sysparm_count": "true"})
    assert count.request("GET").one()["stats"]["count"] == "300"
    _in_a_batch(client)
    _log_in_anew(host)
    _fail(host)


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


def _in_a_batch(client: Any) -> None:
    """It has nothing for batches but requests of one's own."""
    ask = {"id": "1", "method": "GET", "url": "/api/now/table/cmdb_ci_linux_server?name=lx007", "headers": []}
    body = json.dumps({"batch_request_id": "b", "rest_requests": [ask]})
    answer = client.resource(api_path="/v1/batch").request("POST", data=body)
    [served] = answer._response.json()["serviced_requests"]
    [row] = json.loads(base64.b64decode(served["body"]))["result"]
    assert (served["status_code"], row["ram"]) == (200, "7")


def _log_in_anew(host: str) -> None:
    kept: list[dict[str, Any]] = []
    names = {"client_id": "trustsim", "client_secret": "trustsim"}
    client = pysnow.OAuthClient(**names, host=host, use_ssl=False, token_updater=kept.append)
    token = client.generate_token("ann", "ann")
    client.set_token(token | {"expires_at": 1})  # so that it has to be renewed
    users = client.resource(api_path="/table/sys_user")
    assert users.get(query={"user_name": "ann"}).one()["user_name"] == "ann"
    assert kept[0]["refresh_token"] == token["refresh_token"]


def _fail(host: str) -> None:
    for password, table, status in (("ann", "nope", 400), ("wrong", "cmdb_ci", 401)):
        client = pysnow.Client(host=host, use_ssl=False, user="ann", password=password)
        try:
            client.resource(api_path=f"/table/{table}").get(query={}).all()
        except HTTPError as error:
            if error.response is not None and error.response.status_code == status:
                continue
        raise AssertionError(f"expected {status}")


os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
main(sys.argv[1])
