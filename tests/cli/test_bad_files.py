"""Every file that a user can give, wrong in every way: a clear message, exit code 2, no traceback, no hanging."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from simulator.cli.main import main
from simulator.runtime.virtual.fleet import finish
from simulator.scenario.reading.load import load
from simulator.scenario.running.progress import Unfollowed
from simulator.scenario.running.run import run_virtual
from simulator.store.file import connect

BOUND = 30
"""Seconds of processor time after which a command counts as hanging: a machine may have much else to do."""

NEVER = 600
"""Seconds after which it counts as waiting for what never comes, which takes no processor time."""

SCENARIO = """\
name: one
instances: { prod1: production, dev1: development }
include: [%s]
steps: [%s]
"""


class Outcome(NamedTuple):
    """How a command has ended."""

    code: object
    text: str


Call = Callable[..., Outcome]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Iterator[Call]:
    """Calls the command in this process."""

    def run(*arguments: str | Path) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["trustsim", *map(str, arguments)])
        code: object = 0
        try:
            main()
        except SystemExit as ended:
            code = ended.code
        printed = capsys.readouterr()
        return Outcome(code, printed.out + printed.err)

    def give_up(*_: object) -> None:
        raise TimeoutError("it hangs")

    monkeypatch.chdir(tmp_path)
    before = signal.signal(signal.SIGPROF, give_up), signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_PROF, BOUND)
    signal.alarm(NEVER)
    yield run
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.alarm(0)
    signal.signal(signal.SIGPROF, before[0])
    signal.signal(signal.SIGALRM, before[1])


def _link_loop(path: Path) -> None:
    path.symlink_to(path.name)


def _bomb(path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    path.write_text("\n".join(lines))


def _holding(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


BAD: dict[str, Callable[[Path], object]] = {
    "missing": lambda _: None,
    "directory": lambda path: path.mkdir(),
    "FIFO": os.mkfifo,
    "circle of links": _link_loop,
    "link to nothing": lambda path: path.symlink_to("nowhere"),
    "empty": _holding(b""),
    "only a mark": _holding(b"\xef\xbb\xbf"),
    "binary": _holding(bytes(range(256)) * 8),
    "not UTF-8": _holding(b"name: \xff\xfe"),
    "UTF-16": _holding("name: one".encode("utf-16")),
    "NUL": _holding(b"name: a\0b"),
    "deep as JSON": _holding(b"[" * 100_000),
    "deep and closed": _holding(b"[" * 20_000 + b"]" * 20_000),
    "deep as YAML": _holding(b"".join(b" " * n + b"a:\n" for n in range(300))),
    "huge number": _holding(b"9" * 10_000),
    "a number that is too long": _holding(b'{"items": ' + b"9" * 10_000 + b"}"),
    "a list": _holding(b"[1, 2]"),
    "bomb of aliases": _bomb,
    "keys that are no text": _holding(b"{1: a, [x]: b, {c: d}: e, null: f}"),
    "a tag": _holding(b"!!python/object:os.system x"),
    "an escape that is none": _holding(b'name: "\\U99999999"'),
    "half a database": _holding(b"SQLite format 3\0" + bytes(50)),
    "a database with rubbish in it": _holding(b"SQLite format 3\0" + bytes(range(256)) * 40),
}


def assert_wrong(outcome: Outcome, what: str, code: int = 2) -> None:
    """It ended as a mistake of whoever gave the file, which is named."""
    assert outcome.code == code, outcome.text
    assert what in outcome.text
    assert "Traceback" not in outcome.text


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_scenario(call: Call, tmp_path: Path, kind: str) -> None:
    """Validated, examined, run."""
    BAD[kind](tmp_path / "bad.yaml")
    for command in (
        ["validate"],
        ["doctor"],
        ["run", "--virtual"],
        ["sweep", "--seeds", "1"],
        ["whatif", "order"],
    ):
        assert_wrong(call(*command, "bad.yaml"), "bad.yaml")


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_setup(call: Call, tmp_path: Path, kind: str) -> None:
    """Given to a store, which is then not made, or named by a step."""
    BAD[kind](tmp_path / "bad.yaml")
    assert_wrong(call("store", "init", "new.sqlite", "--from", "bad.yaml"), "bad.yaml")
    assert not list(tmp_path.glob("new*"))
    step = "{ configure_cmdb: { on: prod1, from: bad.yaml } }"
    (tmp_path / "one.yaml").write_text(SCENARIO % ("Impact Health", step))
    assert_wrong(call("validate", "one.yaml"), "bad.yaml")


@pytest.mark.parametrize("kind", [kind for kind in BAD if kind not in {"a list", "huge number"}])
def test_a_bad_payload(call: Call, tmp_path: Path, kind: str) -> None:
    """Given to the API, or named by a step."""
    call("store", "init", "it.sqlite")
    BAD[kind](tmp_path / "bad.json")
    assert_wrong(call("ire", "--store", "it.sqlite", "bad.json"), "bad.json")
    step = "{ identify: { on: prod1, from: bad.json } }"
    (tmp_path / "one.yaml").write_text(SCENARIO % ("Impact Health", step))
    assert_wrong(call("validate", "one.yaml"), "bad.json")


@pytest.mark.parametrize("kind", [kind for kind in BAD if kind not in {"missing", "empty", "only a mark"}])
def test_a_bad_file_among_applications(call: Call, tmp_path: Path, kind: str) -> None:
    """One that has the name which is included is wrong, and one that cannot be read at all is told as well."""
    (tmp_path / "applications").mkdir()
    BAD[kind](tmp_path / "applications" / "bad.yaml")
    (tmp_path / "one.yaml").write_text(SCENARIO % ("Bad", "settle"))
    outcome = call("validate", "one.yaml")
    assert_wrong(outcome, "one.yaml:3" if "there is no application 'Bad'" in outcome.text else "bad.yaml")


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_store(call: Call, tmp_path: Path, kind: str) -> None:
    """Shown, called, examined, compared, and given a setup."""
    (tmp_path / "p.json").write_text('{"items": []}')
    BAD[kind](tmp_path / "bad.sqlite")
    assert_wrong(call("show", "bad.sqlite", "cmdb_ci"), "bad.sqlite")
    assert_wrong(call("ire", "--store", "bad.sqlite", "p.json"), "bad.sqlite")
    assert_wrong(call("whatif", "order", "bad.sqlite"), "bad.sqlite")
    assert_wrong(call("doctor", "bad.sqlite"), "bad.sqlite")
    if kind not in {"missing", "empty", "link to nothing"}:  # of these a new file is made
        assert_wrong(call("store", "init", "bad.sqlite"), "bad.sqlite")


@pytest.mark.parametrize("kind", [kind for kind in BAD if kind != "missing"])
def test_a_bad_file_among_kept_ones(call: Call, tmp_path: Path, kind: str) -> None:
    """A fleet is judged as a whole, so one bad file is told."""
    (tmp_path / "kept").mkdir()
    BAD[kind](tmp_path / "kept" / "bad.sqlite")
    assert_wrong(call("drift", "kept"), "bad.sqlite")


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_weather(call: Call, tmp_path: Path, kind: str) -> None:
    """Given to a sweep."""
    (tmp_path / "one.yaml").write_text(SCENARIO % ("Impact Health", "settle"))
    BAD[kind](tmp_path / "bad.yaml")
    assert_wrong(call("sweep", "--weather", "bad.yaml", "one.yaml"), "bad.yaml")


NAMES = {
    "300 characters": "x" * 300,
    "NUL": "a\\0b",
    "an escape": "\\e[31m",
    "a slash at the end": "x/",
    "dots": "..",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_names_that_no_file_can_have(call: Call, tmp_path: Path, name: str) -> None:
    """In the steps and the list of what is included: the place is that of the name."""
    for verb in ("configure_cmdb", "identify"):
        step = f'{{ {verb}: {{ on: prod1, from: "{name}" }} }}'
        (tmp_path / "one.yaml").write_text(SCENARIO % ("Impact Health", step))
        assert_wrong(call("validate", "one.yaml"), "one.yaml:4" if name != ".." else "Is a directory")
    (tmp_path / "one.yaml").write_text(SCENARIO % (f'"{name}"', "settle"))
    assert_wrong(call("validate", "one.yaml"), "one.yaml:3")


@pytest.mark.parametrize("name", ["x" * 300, "x\x1b[31m", ".", "/dev/null"])
def test_arguments_that_are_no_file(call: Call, tmp_path: Path, name: str) -> None:
    """On the command line."""
    for command in (["validate"], ["doctor"], ["run", "--virtual"], ["whatif", "order"], ["drift"]):
        assert call(*command, name).code == 2, command
    assert call("show", name, "cmdb_ci").code == 2
    assert call("store", "init", "new.sqlite", "--from", name).code == 2


@pytest.mark.parametrize("entry", ["{ Impact Health: 1.4.2 }", "[Impact Health]", "null", "1.4", "true", "{}"])
def test_an_include_that_is_no_name(call: Call, tmp_path: Path, entry: str) -> None:
    """A version after the name, for one."""
    (tmp_path / "one.yaml").write_text(SCENARIO % (entry, "settle"))
    assert_wrong(call("validate", "one.yaml"), "one.yaml:3")


# -- files of strangers ---------------------------------------------------------------------------------


ENDLESS_VIEW = "with recursive n(i) as (select 1 union all select i + 1 from n) select i from n"
STRANGE = {
    "trigger": "create trigger t before insert on x_trustsim_journal begin delete from sys_user; end",
    "view": f"create view strange as {ENDLESS_VIEW}",
    "view in the place of a class": f"create view cmdb_ci_thing as {ENDLESS_VIEW}",
    "virtual table": "create virtual table t using fts5(x)",
    "journal that is a view": f"drop table x_trustsim_journal; create view x_trustsim_journal as {ENDLESS_VIEW}",
    "table in another table's place": "alter table sys_db_object rename to other",
    "order that is no number": "update cmdb_identifier_entry set \"order\" = 'first'",
    "class above itself": "update sys_db_object set super_class = name",
    "domain above itself": "insert into domain (sys_id, name, parent, sys_created_on, sys_updated_on, "
    "sys_mod_count, sys_domain, sys_domain_path) values ('d', 'd', 'd', '', '', 0, 'd', '/')",
}


@pytest.mark.parametrize("kind", STRANGE)
def test_a_file_in_which_a_stranger_has_written(call: Call, tmp_path: Path, kind: str) -> None:
    """Nothing of it is run, nothing is changed, and what is wrong is told."""
    (tmp_path / "p.json").write_text('{"items": []}')
    call("store", "init", "it.sqlite")
    with closing(sqlite3.connect(tmp_path / "it.sqlite")) as connection:
        connection.executescript(STRANGE[kind])
        connection.commit()
        connection.execute("pragma wal_checkpoint(truncate)")
    before = (tmp_path / "it.sqlite").read_bytes()
    assert_wrong(call("ire", "--store", "it.sqlite", "p.json"), "it.sqlite")
    assert_wrong(call("doctor", "it.sqlite"), "it.sqlite")
    assert (tmp_path / "it.sqlite").read_bytes() == before


def test_a_database_of_something_else_is_left_alone(call: Call, tmp_path: Path) -> None:
    """Nobody's tables get ours beside them, not even where it has the name of an instance's file."""
    with closing(sqlite3.connect(tmp_path / "it.sqlite")) as connection:
        connection.execute("create table mine (x)")
    before = (tmp_path / "it.sqlite").read_bytes()
    assert_wrong(call("store", "init", "it.sqlite"), "it.sqlite")
    with pytest.raises(Exception, match="cannot be read as an instance's file"):
        connect(tmp_path / "it.sqlite")
    assert (tmp_path / "it.sqlite").read_bytes() == before


# -- values that nobody's column can have ---------------------------------------------------------------


FLEET = """\
name: fleet
instances: { prod1: production, dev1: development }
include: [Impact Health]
steps:
  - name_manager: { on: dev1, manager: prod1 }
  - create_trust_record: { on: dev1, trustee: prod1 }
  - identify:
      on: dev1
      source: ServiceNow
      payload: { items: [{ className: cmdb_ci_server, values: { name: web1, serial_number: S1 } }] }
  - settle
"""
VALUES = {
    "blob in a trust record": ("sn_mif_trusted_instance", "capability", "x'00ff'"),
    "origin that is none": ("sn_mif_trusted_instance", "origin", "'nowhere'"),
    "trust in nobody": ("sn_mif_trusted_instance", "trusted_instance", "'x'"),
    "instance without a type": ("sn_mif_instance", "type", "''"),
    "text for a number": ("sn_mif_trusted_instance", "sys_mod_count", "'many'"),
    "two for a truth value": ("sn_mif_instance", "retired", "2"),
    "answer that is no JSON": ("sn_mif_capability_operation", "answer", "'{'"),
    "plugin installed at no time": ("v_plugin", "installed_at", "'soon'"),
    "journal without a time": ("x_trustsim_journal", "at", "'yesterday'"),
    "outcome that is none": ("x_trustsim_journal", "outcome", "'fine'"),
    "blob in the journal": ("x_trustsim_journal", "explanation", "x'ff'"),
    "memory of no time": ("x_trustsim_inbox", "forget_at", "''"),
    "CI with a blob": ("cmdb", "serial_number", "x'5331'"),
    "CI without a sys_id": ("cmdb", "sys_id", "null"),
    "rule whose order is a fraction": ("cmdb_identifier_entry", "order", "1.5"),
    "action that is none": ("x_trustsim_cmdb_action", "action", """'{"kind": "dance"}'"""),
    "action at no time": ("x_trustsim_cmdb_action", "at", "'2026-01-05'"),
    "response that is no JSON": ("x_trustsim_cmdb_action", "response", "'{\"result\": '"),
}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a run has kept, with the scenario beside it."""
    directory = tmp_path_factory.mktemp("kept")
    (directory / "fleet.yaml").write_text(FLEET)
    finish(run_virtual(load(directory / "fleet.yaml"), 0, directory, Unfollowed()))
    return directory


@pytest.mark.parametrize("kind", VALUES)
def test_a_value_that_its_column_cannot_have(call: Call, tmp_path: Path, kept: Path, kind: str) -> None:
    """Whoever reads the file names file, table, row and column, and does nothing else."""
    table, column, value = VALUES[kind]
    shutil.copytree(kept, tmp_path / "fleet")
    with closing(sqlite3.connect(tmp_path / "fleet" / "dev1.sqlite")) as connection, connection:
        assert connection.execute(f'update {table} set "{column}" = {value}').rowcount  # noqa: S608
    (tmp_path / "p.json").write_text('{"items": []}')
    (tmp_path / "from.yaml").write_text(FLEET.replace("steps:", "from: fleet\nsteps:"))
    before = (tmp_path / "fleet" / "dev1.sqlite").read_bytes()
    for command in (
        ["drift", "fleet"],
        ["doctor", "fleet/dev1.sqlite"],
        ["show", "fleet/dev1.sqlite", "cmdb_ci"],
        ["store", "audit", "fleet/dev1.sqlite"],
        ["whatif", "order", "fleet/dev1.sqlite"],
        ["ire", "--store", "fleet/dev1.sqlite", "p.json"],
        ["run", "--virtual", "from.yaml"],
        ["doctor", "from.yaml"],
        ["plan", "from.yaml"],
        ["instance", "fleet/fleet.yaml", "dev1", "--directory", "fleet", "--broker", "mqtt://127.0.0.1:9"],
    ):
        outcome = call(*command)
        assert_wrong(outcome, f"dev1.sqlite: {table}, row ")
        assert f", column {column}: expected " in outcome.text
    assert (tmp_path / "fleet" / "dev1.sqlite").read_bytes() == before
