"""`trustsim store edit` and so on: people's work on the records in one file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cmdbs import DOMAINS, call, item, make

from .command import called, run

USERS = {**DOMAINS["users"], "u_admin": {"domain": "ACME", "roles": ["itil_admin"]}}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Two servers web1 in ACME, which the engine has found to be equal, and one in INIT."""
    servers = [
        {"name": "web1", "sys_domain": "ACME", "ram": "1", "sys_id": "c" * 32},
        {"name": "web1", "sys_domain": "ACME", "ram": "2", "sys_id": "d" * 32},
        {"name": "init1", "sys_domain": "INIT", "sys_id": "e" * 32},
    ]
    setup = {**DOMAINS, "users": USERS, "records": {"cmdb_ci_linux_server": servers}}
    return make(tmp_path / "dev1.sqlite", setup, call("u_acme", item("web1")))


def rows(file: Path, table: str, *columns: str) -> list[list[str | None]]:
    result = called("show", file, table, "--json")
    return [[row[name] for name in columns] for row in json.loads(result.out)[0]["rows"]]


def test_a_file_is_edited_as_a_user(tmp_path: Path, file: Path) -> None:
    """Values are set and emptied; what is retired has both fields; the time is the one that is said."""
    where = ("cmdb_ci_linux_server", "--where", "ram=1", "--as", "u_acme", "--at", "2026-02-01T00:00:00Z")
    assert run(tmp_path, "store", "edit", file, *where, "--set", "comments=mine", "--set", "os=").code == 0
    assert run(tmp_path, "store", "retire", file, *where).code == 0
    columns = ("ram", "comments", "install_status", "operational_status", "sys_updated_on")
    assert rows(file, "cmdb_ci_linux_server", *columns)[0] == [
        *("1", "mine", "7", "6"),
        "2026-02-01 00:00:00",
    ]


def test_a_task_is_remediated_and_a_ci_deleted(file: Path) -> None:
    chosen = ("--main", "ram=2", "--take", "ram=1", "--others", "delete", "--as", "u_admin")
    assert called("store", "remediate", file, "DUP0001001", *chosen).code == 0
    assert rows(file, "cmdb_ci_linux_server", "sys_id", "ram")[0] == ["d" * 32, "1"]
    assert rows(file, "reconcile_duplicate_task", "state") == [["3"]]
    assert called("store", "delete", file, "cmdb_ci", "--where", "name=init1").code == 0
    assert rows(file, "cmdb_ci", "name") == [["web1"]]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (
            ["edit", "cmdb_ci", "--where", "name=init1", "--set", "ram=1", "--as", "u_acme"],
            1,
            "record_not_visible",
        ),
        (["edit", "cmdb_ci", "--where", "name=web9", "--set", "ram=1"], 1, "record_unknown"),
        (["edit", "cmdb_ci_lx", "--where", "name=web9", "--set", "ram=1"], 1, "there is no table cmdb_ci_lx"),
        (["edit", "cmdb_ci", "--where", "nam=web1", "--set", "ram=1"], 1, "cmdb_ci has no column nam"),
        (["edit", "cmdb_ci", "--where", "name", "--set", "ram=1"], 2, "expected COLUMN=VALUE"),
        (["edit", "cmdb_ci", "--set", "ram=1"], 2, "Missing option '--where'"),
        (["delete", "cmdb_ci", "--where", "name=init1", "--as", "u_top"], 1, "role_missing"),
        (["delete", "cmdb_ci", "--where", "name=init1", "--as", "nobody"], 1, "user_unknown"),
        (["close", "DUP0001002"], 1, "record_unknown"),
        (["remediate", "DUP0001001"], 2, "expected either --others or --set"),
        (
            ["remediate", "DUP0001001", "--others", "retire", "--set", "ram=1"],
            2,
            "expected either --others or --set",
        ),
    ],
)
def test_what_may_not_be_done(file: Path, arguments: list[str], code: int, said: str) -> None:
    """1: refused, with the reason; 2: the command line is wrong. Nothing has changed."""
    before = rows(file, "cmdb", "sys_id", "sys_updated_on", "sys_mod_count")
    result = called("store", arguments[0], file, *arguments[1:])
    assert (result.code, result.out) == (code, "")
    assert said in result.err
    assert rows(file, "cmdb", "sys_id", "sys_updated_on", "sys_mod_count") == before


def test_closing_takes_a_state(file: Path) -> None:
    assert called("store", "close", file, "DUP0001001", "--state", "closed_skipped").code == 0
    assert rows(file, "reconcile_duplicate_task", "state", "active") == [["7", "false"]]


def test_payloads_are_replayed_with_what_people_did_between_them(tmp_path: Path, file: Path) -> None:
    """A what-if ends as the file does: the CI that was deleted came in again as a new one."""
    called("store", "remediate", file, "DUP0001001", "--others", "delete")
    assert called("store", "delete", file, "cmdb_ci", "--where", "name=web1").code == 0
    body = tmp_path / "web1.json"
    body.write_text(json.dumps({"items": [item("web1")]}))
    call_ = ("ire", "--store", file, "--user", "u_acme", "--source", "Discovery", body)
    assert '"INSERT"' in called(*call_).out
    result = called("whatif", "order", file, "--json", tmp_path / "out.json")
    assert result.code == 0, result.out + result.err
    assert len(json.loads((tmp_path / "out.json").read_text())[0]["payloads"]) == 2


def test_an_audit_says_what_it_finds_and_leaves_tasks(tmp_path: Path) -> None:
    """--query only says it; a second time each set has its task already."""
    servers = [{"name": "web1", "sys_domain": "ACME"}, {"name": "WEB1", "sys_domain": "ACME"}]
    file = make(tmp_path / "dev1.sqlite", {**DOMAINS, "records": {"cmdb_ci_linux_server": servers}})
    for arguments, said, tasks in (
        (["--query"], "1 set of duplicates, 1 without an open task", 0),
        (["cmdb_ci_server"], "1 set of duplicates, 1 without an open task", 1),
        ([], "1 set of duplicates, each with an open task already", 1),
    ):
        result = called("store", "audit", file, *arguments)
        assert (result.code, said in result.out, "in ACME, since 2000" in result.out) == (1, True, True), result
        assert len(rows(file, "reconcile_duplicate_task", "number")) == tasks
    nothing = called("store", "audit", file, "cmdb_ci_win_server")
    assert (nothing.code, nothing.out) == (0, "no duplicates\n")
    refused = called("store", "audit", file, "--as", "u_acme")
    assert (refused.code, "role_missing" in refused.err) == (1, True)
