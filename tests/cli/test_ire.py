"""`trustsim ire`: the API on one instance's file, as an integration calls it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cmdbs import DOMAINS, body, item, make

from .command import called, run


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """The file of an instance with domains and users."""
    return make(tmp_path / "dev1.sqlite", DOMAINS)


@pytest.fixture
def payload(tmp_path: Path) -> Path:
    file = tmp_path / "payload.json"
    file.write_text(body(item("web1", os="Linux")))
    return file


def test_the_body_of_the_response(tmp_path: Path, store: Path, payload: Path) -> None:
    """`result` and nothing else, by the keys that the API documents; the second time nothing changes."""
    arguments = ("ire", "--store", store, "--user", "u_acme", "--source", "ServiceNow", payload)
    result = run(tmp_path, *arguments)
    assert (result.code, result.err) == (0, "")
    answer = json.loads(result.out)
    assert list(answer) == ["result"]
    [inserted] = answer["result"]["items"]
    assert (inserted["operation"], answer["result"]["hasError"]) == ("INSERT", False)
    [again] = json.loads(run(tmp_path, *arguments).out)["result"]["items"]
    assert (again["operation"], again["sysId"]) == ("NO_CHANGE", inserted["sysId"])


def test_errors_in_the_body_are_no_failure(store: Path, payload: Path) -> None:
    """Exit code 0, as HTTP says 200; without --source the data source is null."""
    result = called("ire", "--store", store, payload)
    assert result.code == 0
    [refused] = json.loads(result.out)["result"]["items"]
    [error] = refused["errors"]
    assert (error["error"], "data source [null]" in error["message"]) == ("INVALID_INPUT_DATA", True)


def test_options_and_time(store: Path, payload: Path) -> None:
    """--options are the API's, and --at is when the call is made."""
    options = ("--enhanced", "--options", "generate_summary:true", "--at", "2026-03-01T12:00:00+01:00")
    result = called("ire", "--store", store, "--source", "ServiceNow", *options, payload)
    assert json.loads(result.out)["result"]["summary"]["cmdb_ci_linux_server"]["inserted"] == 1
    shown = called("show", store, "cmdb_ci_linux_server", "--json")
    assert json.loads(shown.out)[0]["rows"][0]["last_discovered"] == "2026-03-01 11:00:00"


def test_a_picked_domain_is_where_cis_are_looked_for_and_made(store: Path, payload: Path) -> None:
    """At home and in the picked domain two CIs come of one payload; each is found there again."""
    call = ("ire", "--store", store, "--user", "u_top", "--source", "ServiceNow")
    said = [
        json.loads(called(*call, *picked, payload).out)["result"]["items"][0]["operation"]
        for picked in ((), ("--domain", "ACME"), ("--domain", "ACME"), ())
    ]
    assert said == ["INSERT", "INSERT", "NO_CHANGE", "NO_CHANGE"]


@pytest.mark.parametrize(
    ("arguments", "status", "message", "detail"),
    [
        (["--user", "nobody"], 401, "User Not Authenticated", "no active user nobody"),
        (["--user", "u_none"], 403, "User Not Authorized", "has neither itil nor asset"),
        (
            ["--user", "u_acme", "--domain", "INIT"],
            403,
            "User Not Authorized",
            "offers the user u_acme ACME, ACME-EU",
        ),
        (["--user", "u_acme", "--domain", "SOFA"], 403, "User Not Authorized", "and not SOFA"),
        (["--enhanced", "--options", "partial"], 500, "", "Chunk [partial] is not a valid entry"),
    ],
)
def test_cases_9_and_10_answers_other_than_200(
    arguments: list[str], status: int, message: str, detail: str, store: Path, payload: Path
) -> None:
    """Exit code 1, and the product's error body; nothing is written."""
    before = store.read_bytes()
    result = called("ire", "--store", store, "--source", "ServiceNow", *arguments, payload)
    assert (result.code, result.err) == (1, f"HTTP status {status}\n")
    answer = json.loads(result.out)
    assert answer["status"] == "failure"
    assert message in answer["error"]["message"]
    assert detail in answer["error"]["detail"]
    assert store.read_bytes() == before


@pytest.mark.parametrize("more", [[], ["--query"]])
def test_options_without_enhanced(more: list[str], store: Path, payload: Path) -> None:
    """Exit code 2: they would do nothing, and nothing is written."""
    before = store.read_bytes()
    options = ("--options", "generate_summary:true", *more)
    result = called("ire", "--store", store, "--source", "ServiceNow", *options, payload)
    assert (result.code, result.out) == (2, "")
    assert "only the enhanced endpoint has options: add --enhanced" in result.err
    assert store.read_bytes() == before


@pytest.mark.parametrize("text", [b"{", b"", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json(text: bytes, tmp_path: Path, store: Path) -> None:
    """Exit code 2, and nothing is written."""
    before, file = store.read_bytes(), tmp_path / "payload.json"
    file.write_bytes(text)
    result = called("ire", "--store", store, "--source", "ServiceNow", file)
    assert (result.code, result.out) == (2, "")
    assert str(file) in result.err
    assert "Traceback" not in result.err
    assert store.read_bytes() == before


@pytest.mark.parametrize("option", ["--user", "--source", "--options"])
def test_an_argument_that_is_no_text(option: str, store: Path, payload: Path) -> None:
    """Exit code 2 with what was expected, and nothing is written."""
    before = store.read_bytes()
    result = called("ire", "--store", store, "--source", "ServiceNow", option, os.fsdecode(b"\xff"), payload)
    assert (result.code, result.out) == (2, "")
    assert f"Invalid value for '{option}': expected text in UTF-8" in result.err
    assert store.read_bytes() == before


def test_json_that_is_no_payload_is_the_apis_to_judge(tmp_path: Path, store: Path) -> None:
    """Exit code 0: the API answers with 200 and the error."""
    file = tmp_path / "payload.json"
    file.write_text("[1]")
    result = called("ire", "--store", store, "--source", "ServiceNow", file)
    assert (result.code, json.loads(result.out)["result"]["hasError"]) == (0, True)


@pytest.mark.parametrize("name", ["missing.sqlite", "payload.json", "."])
def test_a_file_that_is_no_instances(name: str, tmp_path: Path, payload: Path) -> None:
    """Exit code 2; a missing file is not made, and another's is left as it is."""
    before = payload.read_bytes()
    result = called("ire", "--store", tmp_path / name, "--source", "ServiceNow", payload)
    assert (result.code, result.out) == (2, "")
    assert "expected an instance's file" in result.err or "cannot be read as an instance's file" in result.err
    assert not (tmp_path / "missing.sqlite").exists()
    assert payload.read_bytes() == before


def test_a_query_writes_nothing(store: Path, payload: Path) -> None:
    """The response is the commit's without the sys_id, and the file is the same, byte for byte."""
    before = store.read_bytes()
    result = called("ire", "--store", store, "--source", "ServiceNow", "--query", payload)
    [asked] = json.loads(result.out)["result"]["items"]
    assert (result.code, asked["operation"], "sysId" in asked) == (0, "INSERT", False)
    assert store.read_bytes() == before


def test_standard_input(store: Path) -> None:
    """`-` reads the payload from standard input."""
    arguments = [sys.executable, "-m", "simulator", "ire", "--store", str(store), "--source", "ServiceNow", "-"]
    ran = subprocess.run(
        arguments, input=body(item("web1")), capture_output=True, text=True, check=True, env=os.environ
    )
    assert json.loads(ran.stdout)["result"]["items"][0]["operation"] == "INSERT"


def test_the_explanation_stands_beside_the_json(store: Path, payload: Path) -> None:
    """On standard error: what was tried, and which domain hid a CI; standard output is JSON alone."""
    called("ire", "--store", store, "--source", "ServiceNow", "--user", "u_acme", payload)
    explain = ("--user", "u_eu", "--explain", payload)
    result = called("ire", "--store", store, "--source", "ServiceNow", *explain)
    assert json.loads(result.out)["result"]["items"][0]["operation"] == "INSERT"
    assert "item 0: cmdb_ci_linux_server INSERT" in result.err
    assert "Hardware Rule [name] on cmdb_ci_hardware: NO_MATCH" in result.err
    assert "domain ACME is not the caller's ACME-EU" in result.err


def test_a_byte_order_mark_is_no_mistake(store: Path, payload: Path) -> None:
    payload.write_text(payload.read_text(), encoding="utf-8-sig")
    result = called("ire", "--store", store, "--source", "ServiceNow", payload)
    assert json.loads(result.out)["result"]["items"][0]["operation"] == "INSERT"
