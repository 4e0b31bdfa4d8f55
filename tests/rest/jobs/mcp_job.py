"""mcp-server-servicenow on a fresh instance with 300 servers, as a client of MCP uses it: `mcp_job SERVER URL`.

Pages, a CI's life and relations, an aggregate, a table's columns, errors, by OAuth. It has no tools for batches
and attachments.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import count
from typing import IO, Any, cast

import httpx

SERVERS = "cmdb_ci_linux_server"
OAUTH = {"client_id": "trustsim", "client_secret": "trustsim"}


class Tools:
    """What the server offers; it is spoken to in JSON-RPC, a message a line."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._in, self._out = cast("IO[str]", process.stdin), cast("IO[str]", process.stdout)
        self._numbers = count(1)
        about = {"name": "a test", "version": "1"}
        self._call("initialize", protocolVersion="2025-06-18", capabilities={}, clientInfo=about)
        self._say({"method": "notifications/initialized"})

    def ask(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """What a tool answers."""
        result = self._call("tools/call", name=tool, arguments=arguments)
        assert not result.get("isError"), result
        return cast("dict[str, Any]", result["structuredContent"])

    def fault(self, tool: str, **arguments: Any) -> str:
        """What a tool says of a fault."""
        result = self._call("tools/call", name=tool, arguments=arguments)
        assert result["isError"], result
        return str(result["content"][0]["text"])

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self._say({"id": number, "method": method, "params": parameters})
        answers = (json.loads(line) for line in self._out)
        return next(answer["result"] for answer in answers if answer.get("id") == number)

    def _say(self, message: dict[str, Any]) -> None:
        self._in.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self._in.flush()


def main(server: str, url: str) -> None:
    """Fails where anything is not as with the product."""
    login = {"USERNAME": "ann", "PASSWORD": "ann", "CLIENT_ID": "trustsim", "CLIENT_SECRET": "trustsim"}
    settings = {"INSTANCE_URL": url, "AUTH_TYPE": "oauth", "AUDIT_LOG": "off", **login}
    environment = {**os.environ, **{f"SERVICENOW_{name}": value for name, value in settings.items()}}
    with subprocess.Popen(
        [server], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            tools = Tools(process)
            me = tools.ask("get_current_user")
            assert (me["user_name"], me["roles"]) == ("ann", ["itil", "sn_cmdb_admin"])
            _read_pages(tools)
            _live(tools)
            _fail(tools)
            _take_tokens_back(url)  # so that it has to log in anew
            assert tools.ask("get_current_user")["user_name"] == "ann"
        finally:
            process.terminate()


def _read_pages(tools: Tools) -> None:
    found: list[str] = []
    for offset in (0, 100, 200):
        page = tools.ask("list_records", table_name=SERVERS, limit=100, offset=offset, order_by="name")
        found += [row["name"] for row in page["records"]]
    assert found == [f"lx{number:03}" for number in range(1, 301)]
    counted = tools.ask("aggregate_records", table_name=SERVERS, query="ram>100", max_fields="ram")
    assert counted["stats"] == {"count": "200", "max": {"ram": "300"}}
    columns = tools.ask("get_table_schema", table_name="incident")
    assert {"number", "short_description"} <= {one["name"] for one in columns["fields"]}


def _live(tools: Tools) -> None:
    made = tools.ask("create_ci", class_name=SERVERS, data={"name": "new"})
    mine = {"class_name": SERVERS, "sys_id": made["sys_id"]}
    updated = tools.ask("update_ci", **mine, data={"ram": "7"})
    assert (updated["record"]["name"], updated["record"]["ram"]) == ("new", "7")
    assert (tools.ask("get_ci_relationships", sys_id=made["sys_id"]))["count"] == 0
    tools.ask("delete_record", table_name=SERVERS, sys_id=made["sys_id"])
    assert "Record doesn't exist" in tools.fault("get_ci", **mine)


def _fail(tools: Tools) -> None:
    assert "Invalid table nope" in tools.fault("list_records", table_name="nope")
    made = tools.ask("create_record", table_name="incident", data={"short_description": "no mail"})
    assert made["record"]["number"].startswith("INC")
    refused = tools.fault("delete_record", table_name="incident", sys_id=made["sys_id"])
    assert "ACL Exception Delete Failed" in refused  # only admin may


def _take_tokens_back(url: str) -> None:
    """A user and a client that ask again are given the same token."""
    form = {"grant_type": "password", "username": "ann", "password": "ann", **OAUTH}
    token = httpx.post(f"{url}/oauth_token.do", data=form).json()["access_token"]
    httpx.post(f"{url}/oauth_revoke_token.do", params={"token": token}).raise_for_status()


main(*sys.argv[1:])
