"""Clients that nobody here wrote, unmodified: each does a real job on an instance that is served."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import sys
from pathlib import Path

import httpx
import pytest

from simulator.runtime.clock import FleetClock
from simulator.transport.authority import Authority
from simulator.transport.certificate import Certificate
from tests.rest.client import Api
from tests.rest.test_socket import served

LIMIT = 60
"""Seconds for a client: they take one or two."""


@pytest.fixture
def api() -> Api:
    servers = [{"sys_id": f"{n:032x}", "name": f"lx{n:03}", "ram": str(n)} for n in range(1, 301)]
    users = {"ann": {"roles": ["itil", "sn_cmdb_admin"]}}
    incident = {"attributes": {"number": {"display": True}, "short_description": "string"}, "number": "INC"}
    return Api({"users": users, "tables": {"incident": incident}, "records": {"cmdb_ci_linux_server": servers}})


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "tls", FleetClock().now(), "127.0.0.1")


async def run(*command: str, **environment: str) -> str:
    """What a client prints; one that fails fails the test."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, **environment},
    )
    async with asyncio.timeout(LIMIT):
        printed, _ = await process.communicate()
    assert process.returncode == 0, printed.decode()
    return printed.decode()


async def test_pysnow(api: Api) -> None:
    async with served(api) as url:
        await run(sys.executable, "-m", "tests.rest.jobs.pysnow_job", url)


async def test_pysnc_over_https(api: Api, authority: Authority) -> None:
    """It refuses anything else (trap 1)."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(authority.server_file("127.0.0.1"))
    async with served(api, context) as url:
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

        async def ask(*words: str) -> dict[str, object]:
            program = Path(sys.executable).with_name("servicenow")
            answer: dict[str, object] = json.loads(await run(str(program), *words, "--quiet", "-o", "json", **who))
            return answer

        assert "error" not in await ask("doctor")
        await ask("tables", "create", "incident", "--data", '{"short_description": "no mail"}')
        assert (await ask("tables", "list", "incident"))["count"] == 1
        assert (await ask("tables", "list", "cmdb_ci_linux_server", "--all"))["count"] == 300
        assert (await ask("resolve", "user", "ann"))["result"]
        assert (await ask("choices", "cmdb", "install_status"))["result"]


async def test_a_certificate_of_a_user_logs_in(api: Api, authority: Authority) -> None:
    """One that the fleet's authority has issued; any other is refused with the handshake."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(authority.server_file("127.0.0.1"))
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
            if status == 200:
                assert answer.json() == {"result": [{"user_name": user}]}
