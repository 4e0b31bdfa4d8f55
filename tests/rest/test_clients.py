"""Clients that nobody here wrote, unmodified: each does a real job on an instance that is served."""

from __future__ import annotations

import asyncio
import json
import os
import re
import ssl
import sys
from asyncio.subprocess import PIPE, STDOUT
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulator.runtime.clock import FleetClock
from simulator.runtime.listening import take_ports
from simulator.transport.authority import Authority
from simulator.transport.certificate import Certificate
from tests.rest.client import Api
from tests.rest.installed import mcp_server, node_modules
from tests.rest.test_socket import served

SERVERS = "cmdb_ci_linux_server"

LIMIT = 60
"""Seconds for a client: they take one or two."""


@pytest.fixture
def api() -> Api:
    servers = [{"sys_id": f"{n:032x}", "name": f"lx{n:03}", "ram": str(n)} for n in range(1, 301)]
    users = {"ann": {"roles": ["itil", "sn_cmdb_admin"]}}
    incident = {"attributes": {"number": {"display": True}, "short_description": "string"}, "number": "INC"}
    return Api(
        {
            "users": users,
            "groups": {"ops": {}},
            "tables": {"incident": incident},
            "records": {"cmdb_ci_linux_server": servers},
        }
    )


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "tls", FleetClock().now(), "127.0.0.1")


def context_of(authority: Authority) -> ssl.SSLContext:
    """That of a server for which the authority vouches."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(authority.server_file("127.0.0.1"))
    return context


async def run(*command: str, code: int = 0, **environment: str) -> str:
    """What a client prints; one that ends with another code fails the test."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, **environment},
    )
    async with asyncio.timeout(LIMIT):
        printed, _ = await process.communicate()
    assert process.returncode == code, printed.decode()
    return printed.decode()


async def test_pysnow(api: Api) -> None:
    async with served(api) as url:
        await run(sys.executable, "-m", "tests.rest.jobs.pysnow_job", url)


async def test_pysnc_over_https(api: Api, authority: Authority) -> None:
    """It refuses anything else (trap 1)."""
    async with served(api, context_of(authority)) as url:
        file = str(authority.certificate_file)
        await run(
            sys.executable, "-m", "tests.rest.jobs.pysnc_job", url, REQUESTS_CA_BUNDLE=file, SSL_CERT_FILE=file
        )


async def test_servicenow_cli(api: Api, tmp_path: Path) -> None:
    async with served(api) as url:
        who = {
            "SERVICENOW_INSTANCE": url,
            "SERVICENOW_USERNAME": "ann",
            "SERVICENOW_PASSWORD": "ann",
            "HOME": str(tmp_path),
        }

        async def ask(*words: str, code: int = 0) -> Any:
            program = str(Path(sys.executable).with_name("servicenow"))
            return json.loads(await run(program, *words, "--quiet", "-o", "json", code=code, **who))

        assert "error" not in await ask("doctor")
        assert (await ask("tables", "list", SERVERS, "--all"))["count"] == 300
        pages = [await ask("tables", "list", SERVERS, "-n", "100", "--offset", str(at)) for at in (0, 100, 200)]
        assert len({row["sys_id"] for page in pages for row in page["result"]}) == 300
        made = (await ask("tables", "create", SERVERS, "--data", '{"name": "new"}'))["result"]["sys_id"]
        await ask("tables", "update", SERVERS, made, "--field", "ram=7")
        assert (await ask("tables", "get", SERVERS, made))["result"]["ram"]["value"] == "7"
        (tmp_path / "a.txt").write_text("hello")
        await ask("attachments", "upload", SERVERS, made, str(tmp_path / "a.txt"))
        [file] = (await ask("attachments", "list", SERVERS, made))["result"]
        await ask("attachments", "download", file["sys_id"], str(tmp_path / "b.txt"))
        assert (tmp_path / "b.txt").read_text() == "hello"
        await ask("tables", "delete", SERVERS, made, "--yes")
        await ask("tables", "create", "incident", "--data", '{"short_description": "no mail"}')
        assert (await ask("incidents", "list"))["count"] == 1
        assert (await ask("resolve", "user", "ann"))["result"]
        assert (await ask("choices", "cmdb", "install_status"))["result"]
        assert "No Record found" in (await ask("tables", "get", SERVERS, made, code=4))["error"]["message"]
        assert "Invalid table nope" in (await ask("tables", "list", "nope", code=5))["error"]["message"]
        who["SERVICENOW_USERNAME"] = "nobody"
        assert "User Not Authenticated" in (await ask("doctor", code=3))["error"]["message"]


async def test_servicenow_cli_is_let_act_by_a_person(api: Api, tmp_path: Path) -> None:
    """By the page in a browser, with PKCE; its token is renewed when it has ended by the client's own clock."""
    program = str(Path(sys.executable).with_name("servicenow"))
    [port] = take_ports(["callback"], "127.0.0.1", 0).values()
    async with served(api) as url, httpx.AsyncClient() as browser:
        home = {**os.environ, "HOME": str(tmp_path)}
        named = ("--instance", url, "--method", "oauth", "--client-id", "trustsim", "--insecure-storage")
        place = ("--redirect-uri", f"http://127.0.0.1:{port}/callback", "--no-browser", "--secret-stdin")
        login = await asyncio.create_subprocess_exec(
            program, "auth", "login", *named, *place, stdin=PIPE, stdout=PIPE, stderr=STDOUT, env=home
        )
        assert login.stdin is not None
        assert login.stdout is not None
        login.stdin.write(b"trustsim\n")
        login.stdin.close()
        async with asyncio.timeout(LIMIT):
            while f"{url}/oauth_auth.do" not in (line := (await login.stdout.readline()).decode()):
                assert line
            page = await browser.get(line.strip())
            hidden = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text)
            filled = {"user_name": "ann", "user_password": "ann", "decision": "allow"}
            sent = await browser.post(
                f"{url}/oauth_auth.do", data={**{name: unescape(value) for name, value in hidden}, **filled}
            )
            assert "Authori" in (await browser.get(sent.headers["location"])).text
            said, _ = await login.communicate()
        assert login.returncode == 0, said
        ask = (program, "auth", "status", "--quiet", "-o", "json")
        assert json.loads(await run(*ask, HOME=str(tmp_path)))["identity"] == "ann"
        kept = tmp_path / ".config" / "servicenow" / "config.toml"
        given = re.search(r'access_token = "([^"]+)"', kept.read_text())
        kept.write_text(re.sub(r"expires_at = \d+", "expires_at = 1", kept.read_text()))
        api.now += timedelta(minutes=31)
        assert json.loads(await run(*ask, HOME=str(tmp_path)))["identity"] == "ann"
        assert given is not None
        assert given[1] not in kept.read_text()


async def test_servicenow_rest_api_on_node(api: Api, authority: Authority) -> None:
    """It knows https only, and how to read files, not how to send them."""
    modules = await asyncio.to_thread(node_modules)
    made = api.send(
        "POST", f"/api/now/attachment/file?file_name=a.txt&table_name={SERVERS}&table_sys_id={7:032x}", b"hello"
    )
    async with served(api, context_of(authority)) as url:
        job = Path(__file__).parent / "jobs" / "rest_api_job.js"
        words = (url.removeprefix("https://"), made.body["result"]["sys_id"])
        trusted = str(authority.certificate_file)
        await run("node", str(job), *words, NODE_PATH=str(modules), NODE_EXTRA_CA_CERTS=trusted)


async def test_mcp_server_servicenow(api: Api) -> None:
    """Its own check, by a password and by OAuth, and its tools."""
    home = await asyncio.to_thread(mcp_server)
    program = str(home / "bin" / "mcp-server-servicenow")
    where: Any = {"PYTHONPATH": str(home), "PYTHONDONTWRITEBYTECODE": ""}  # seventy packages are compiled once
    async with served(api) as url:

        async def check(*options: str, code: int = 0) -> str:
            return await run(program, "--instance-url", url, *options, "--check", code=code, **where)

        basic = await check("--username", "ann", "--password", "ann")  # what it compiles the others find
        oauth, wrong, _ = await asyncio.gather(
            check("--auth-type", "oauth", "--client-id", "trustsim", "--client-secret", "trustsim"),
            check("--username", "ann", "--password", "wrong", code=1),
            run(sys.executable, "-m", "tests.rest.jobs.mcp_job", program, url, **where),
        )
    for said, identity in ((basic, "ann (ann)"), (oauth, "admin (System Administrator)")):
        checked = dict(line.split(maxsplit=2)[1:] for line in said.splitlines() if line.startswith("ok "))
        assert checked.keys() == {"reach", "identity", "roles", "table", "record", "schema", "aggregate"}
        assert checked["identity"] == identity
        assert "result: OK" in said
    assert "Authentication failed (401)" in wrong


async def test_a_certificate_of_a_user_logs_in(api: Api, authority: Authority) -> None:
    """One that the fleet's authority has issued; any other is refused with the handshake."""
    context = context_of(authority)
    context.load_verify_locations(authority.certificate_file)
    context.verify_mode = ssl.CERT_OPTIONAL
    me = "/api/now/table/sys_user?sysparm_query=sys_id=javascript:gs.getUserID()&sysparm_fields=user_name"
    for user, status in (("ann", 200), ("stranger", 401), (None, 401)):
        trusted = ssl.create_default_context(cafile=str(authority.certificate_file))
        if user is not None:
            authority.certify(user, user, Certificate.VALID)
            trusted.load_cert_chain(authority.files_of(user).own)
        async with served(api, context) as url, httpx.AsyncClient(verify=trusted) as client:
            answer = await client.get(url + me)
            assert answer.status_code == status
            assert answer.headers["strict-transport-security"] == "max-age=63072000; includeSubDomains"
            if status == 200:
                assert answer.json() == {"result": [{"user_name": user}]}
