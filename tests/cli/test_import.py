"""`trustsim import`: from an instance that is served on a socket, and from exports, as its user sees it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulator.protocol.http import Request, Response
from simulator.transport.http import HttpServer, listen
from tests.importing.sources import EVERYTHING, as_xml, tables
from tests.rest.client import Api

from .command import called, run

ADMIN: dict[str, Any] = {"TRUSTSIM_PASSWORD": "admin"}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The address of an instance."""
    api, listener, loop = Api(EVERYTHING), listen("127.0.0.1", 0), asyncio.new_event_loop()
    is_over = asyncio.Event()

    async def answer(request: Request) -> Response:
        return api.instance.serve(request, api.now)[0]

    async def serve() -> None:
        async with HttpServer(answer, {listener: None}):
            await is_over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=[serve()])
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    loop.call_soon_threadsafe(is_over.set)
    thread.join()
    loop.close()


def test_an_instance_becomes_a_scenario_and_a_setup(url: str, tmp_path: Path) -> None:
    """The one is valid, a CMDB can be made of the other; the password is in neither, nor in what is said."""
    scenario, setup = tmp_path / "imported.yaml", tmp_path / "setup.yaml"
    made = run(tmp_path, "import", url, "--user", "admin", "--instance", "prod1", "-o", scenario, **ADMIN)
    assert (made.code, made.out) == (0, "")
    assert made.err.startswith(f"{scenario}: 4 instances, 2 applications, 3 properties, 1 sources, ")
    checked = run(tmp_path, "validate", scenario)
    assert (checked.code, checked.out) == (0, f"{scenario}: ok, 4 instances, 1 step\n")
    secret: dict[str, Any] = {"TRUSTSIM_CLIENT_SECRET": "trustsim"}
    made = run(tmp_path, "import", url, "--client-id", "trustsim", "--setup", "--anonymise", **secret)
    assert made.code == 0
    assert "imported: 3 properties, 1 sources, " in made.err
    setup.write_text(made.out)
    assert run(tmp_path, "store", "init", tmp_path / "db.sqlite", "--from", setup).code == 0
    texts = (scenario.read_text(), made.out, made.err)
    assert not any("password" in text or "secret" in text for text in texts)


def test_exports_become_the_same_setup(url: str, tmp_path: Path) -> None:
    api = Api(EVERYTHING)
    for table, records in tables(api, "sysparm_display_value=all"):
        (tmp_path / f"{table}.xml").write_text(as_xml(table, records))
    exported = called("import", *sorted(tmp_path.glob("*.xml")), "--setup")
    asked = called("import", url, "--user", "admin", "--setup", **ADMIN)
    assert (exported.code, exported.out) == (0, asked.out)


@pytest.mark.parametrize(
    ("arguments", "variables", "code", "said"),
    [
        (["{url}", "--user", "admin"], {"TRUSTSIM_PASSWORD": "hunter2"}, 2, "the user or the password is wrong"),
        (["{url}", "--user", "admin"], {}, 2, "the password of admin is expected in the environment variable"),
        (
            ["{url}", "--client-id", "x"],
            {},
            2,
            "the secret of x is expected in the environment variable TRUSTSIM_",
        ),
        (["{url}"], {}, 2, "who reads the instance? Give --user, or --client-id"),
        (["{url}", "--user", "admin"], ADMIN, 2, "which of these instances is it: dev1, dev2, prod1, prod2?"),
        (["http://127.0.0.1:1", "--user", "admin"], ADMIN, 3, "trustsim: 127.0.0.1:1 cannot be reached: "),
        (["https://me:hunter2@dev.example", "--user", "me"], ADMIN, 2, "expected the address of one instance, "),
        (["https://dev.example/now/nav", "--user", "me"], ADMIN, 2, "expected the address of one instance, "),
        (["{url}", "{url}", "--user", "me"], ADMIN, 2, "expected the address of one instance, "),
        (["nothing.json"], {}, 2, "nothing.json:1:1: the file cannot be read: No such file or directory"),
        (["nothing.json", "--user", "me"], {}, 2, "are for an instance's address, and these are files"),
        ([], {}, 2, "Missing argument 'URL|FILES...'"),
    ],
)
def test_what_goes_wrong(
    arguments: list[str], variables: dict[str, Any], code: int, said: str, url: str, tmp_path: Path
) -> None:
    """One message, the exit code, and no file; a password is not repeated."""
    output = tmp_path / "imported.yaml"
    result = called("import", *(it.format(url=url) for it in arguments), "-o", output, **variables)
    assert (result.code, result.out) == (code, "")
    assert said in result.err
    assert "hunter2" not in result.err
    assert not output.exists()
