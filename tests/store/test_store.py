"""The store on real SQLite files: what is written is what is read, all of it or nothing."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import StoreError
from simulator.journal import Entry, Outcome
from simulator.protocol.envelope import derive_id
from simulator.store import schema, thread
from simulator.store.file import connect
from simulator.store.migrations import migrate
from simulator.store.reader import Reader
from simulator.store.store import Store
from simulator.tables import Change, Delete, Put, Row, Tables
from simulator.trust.management import ManagedBy
from simulator.trust.record import Origin, TrustRecord
from simulator.trust.rows import ROW_TYPES
from simulator.trust.states import Approval
from tests.fleet import directory_entry, examples, id_of
from tests.protocol.wire import texts
from tests.store.rows import any_row, rows_of

SYSTEM = ("2000-01-01 00:00:00", "2000-01-01 00:00:00", 0)
NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
RECORD = TrustRecord(
    application="A", capability="c", trusted_instance=id_of("prod1"), version="1", origin=Origin.MANUAL
)
OTHER = replace(RECORD, capability="d")

VERSION = len(list(Path(thread.__file__).parent.glob("schema/[0-9]*.sql")))
"""How many files the schema has, and so its newest version."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "dev1.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with closing(connect(path)) as connection:
        yield Store(connection, id_of("dev1"))


def put(store: Store, *rows: Row, now: datetime = NOW) -> None:
    with store.transaction():
        store.apply([Put(row) for row in rows], now)


def entry(number: int = 1, outcome: Outcome = Outcome.PROCESSED) -> Entry:
    return Entry(instance=id_of("dev1"), at=NOW + timedelta(seconds=number), outcome=outcome, envelope=str(number))


# -- rows ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row_type", ROW_TYPES, ids=[row_type.TABLE for row_type in ROW_TYPES])
def test_columns_are_the_fields_of_the_row_type(row_type: type[Row]) -> None:
    """Each table has the product's system fields and the row type's fields, in their order, and nothing else."""
    with closing(connect(":memory:")) as connection:
        columns = [row[1] for row in connection.execute(f"pragma table_info({row_type.TABLE})")]
    own = [field.name for field in fields(row_type) if field.name != "sys_id"]  # type: ignore[arg-type]
    authors = ["sys_created_by", "sys_updated_by"]  # came last into the schema
    assert columns == ["sys_id", "sys_created_on", "sys_updated_on", "sys_mod_count", *own, *authors]
    assert set(row_type.KEY) <= {"sys_id", *own}


def test_every_row_type_has_its_table_and_no_table_is_left_over() -> None:
    """Beside those of the CMDB and of access, the schema has the tables of trust and the simulator's own three."""
    schema = Path(thread.__file__).parent / "schema"
    texts = [
        (schema / name).read_text()
        for name in (
            "006_cmdb.sql",
            "013_columns.sql",
            "017_access.sql",
            "018_credentials.sql",
            "020_numbers.sql",
            "026_web_services.sql",
        )
    ]
    cmdb = {table for text in texts for table in re.findall(r"^create table (\w+)", text, re.MULTILINE)}
    with closing(connect(":memory:")) as connection:
        tables = {name for (name,) in connection.execute("select name from sqlite_schema where type = 'table'")}
    own = {"x_trustsim_inbox", "x_trustsim_outbox", "x_trustsim_journal", "x_trustsim_alteration"}
    assert tables - cmdb == {row_type.TABLE for row_type in ROW_TYPES} | own


@given(rows=st.lists(any_row, max_size=8))
@examples(150)
def test_rows_come_back_as_they_were(rows: list[Row]) -> None:
    """Every row of every type comes back equal, and the last of several with the same key is the one."""
    with closing(connect(":memory:")) as connection:
        store = Store(connection, "me")
        put(store, *rows)
        for row_type in ROW_TYPES:
            written = {row.key: row for row in rows if type(row) is row_type}
            assert {row.key: row for row in store.load(row_type)} == written


@pytest.mark.parametrize("row_type", ROW_TYPES, ids=[row_type.TABLE for row_type in ROW_TYPES])
def test_deleted_row_is_gone_and_may_be_deleted_again(row_type: type[Row]) -> None:
    """Delete takes out the row with the key, and is no fault without one."""

    @given(row=rows_of(row_type))
    @examples(5)
    def check(row: Row) -> None:
        with closing(connect(":memory:")) as connection:
            store = Store(connection, "me")
            put(store, row)
            for _ in range(2):
                with store.transaction():
                    store.apply([Delete(row_type, row.key)], NOW)
                assert store.load(row_type) == []

    check()


def test_tables_in_memory_and_file_stay_equal(path: Path) -> None:
    """The same changes lead to the same rows in the same order in Tables and in a file that is opened again."""
    changes: list[Change] = [
        Put(RECORD),
        Put(OTHER),
        Put(replace(RECORD, version="2")),
        Delete(TrustRecord, OTHER.key),
        Put(replace(RECORD, capability="e")),
        Put(OTHER),
    ]
    tables = Tables(id_of("dev1"))
    with closing(connect(path)) as connection:
        for change in changes:
            tables.apply([change])
            with Store(connection, tables.owner).transaction():
                Store(connection, tables.owner).apply([change], NOW)
    with closing(connect(path)) as connection:
        assert Store(connection, tables.owner).load(TrustRecord) == tables.all(TrustRecord)


def test_system_fields_tell_when_and_how_often(store: Store) -> None:
    """A row keeps its sys_id and the time it was made, and counts the changes since."""
    put(store, RECORD)
    [first] = store.show(TrustRecord.TABLE)
    put(store, replace(RECORD, version="2"), now=NOW + timedelta(hours=1))
    [second] = store.show(TrustRecord.TABLE)
    assert (first["sys_created_on"], first["sys_updated_on"], first["sys_mod_count"]) == (
        "2026-01-05 08:00:00",
        "2026-01-05 08:00:00",
        0,
    )
    assert (second["sys_id"], second["sys_created_on"], second["sys_updated_on"], second["sys_mod_count"]) == (
        first["sys_id"],
        "2026-01-05 08:00:00",
        "2026-01-05 09:00:00",
        1,
    )


# -- transactions --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [ValueError("ours"), KeyboardInterrupt(), sqlite3.OperationalError("disk")])
def test_nothing_of_a_broken_transaction_stays(store: Store, fault: BaseException) -> None:
    """Whatever leaves a transaction, rows, inbox, outbox and journal are as before, and the next one works."""
    put(store, RECORD)

    def break_off() -> None:
        with store.transaction():
            store.apply([Delete(TrustRecord, RECORD.key), Put(OTHER)], NOW)
            store.remember("a", "seen", NOW)
            store.post("posted", NOW, "{}")
            store.record(entry())
            raise fault

    with pytest.raises(StoreError if isinstance(fault, sqlite3.Error) else type(fault)):
        break_off()
    assert store.load(TrustRecord) == [RECORD]
    assert not store.has_seen("a", "seen")
    assert store.posted() == []
    assert store.journal() == []
    put(store, OTHER)
    assert store.load(TrustRecord) == [RECORD, OTHER]


def test_statement_that_fails_is_a_store_error(store: Store) -> None:
    """SQLite's own complaints come out as StoreError, and the transaction is undone."""

    def post_twice() -> None:
        with store.transaction():
            store.post("same", NOW, "{}")
            store.post("same", NOW, "{}")

    with pytest.raises(StoreError, match="UNIQUE"):
        post_twice()
    assert store.posted() == []


# -- opening ---------------------------------------------------------------------------------------------------


@given(rows=st.lists(any_row, max_size=6))
@examples(25)
def test_reopened_file_gives_the_same_tables(tmp_path_factory: pytest.TempPathFactory, rows: list[Row]) -> None:
    """What was in memory when a file was closed is there when it is opened, in the same order."""
    path = tmp_path_factory.mktemp("store") / "dev1.sqlite"
    with closing(connect(path)) as connection:
        put(Store(connection, "me"), *rows)
    with closing(connect(path)) as connection:
        store = Store(connection, "me")
        before = Tables("me", rows)
        after = Tables("me", [row for row_type in ROW_TYPES for row in store.load(row_type)])
        for row_type in ROW_TYPES:
            assert after.all(row_type) == before.all(row_type)


def test_file_of_a_newer_simulator_is_refused(path: Path) -> None:
    """A file whose schema is newer than this simulator is not opened, and the message names it."""
    with closing(connect(path)) as connection:
        connection.execute("pragma user_version = 99")
    with pytest.raises(StoreError, match=f"schema version 99, and this simulator knows {VERSION}:") as raised:
        connect(path)
    assert str(path) in str(raised.value)


@pytest.mark.parametrize("case", ["garbage", "directory", "missing directory"])
def test_file_that_cannot_be_opened_is_named(tmp_path: Path, case: str) -> None:
    """What is no instance's file is a StoreError with the file's name."""
    path = tmp_path / "dev1.sqlite"
    match case:
        case "garbage":
            path.write_bytes(b"This is no database. " * 100)
        case "directory":
            path.mkdir()
        case _:
            path = tmp_path / "nowhere" / "dev1.sqlite"
    with pytest.raises(StoreError) as raised:
        connect(path)
    assert str(path) in str(raised.value)


def test_opening_again_changes_nothing(path: Path) -> None:
    """An up-to-date file is opened as it is."""
    for _ in range(2):
        with closing(connect(path)) as connection:
            assert connection.execute("pragma user_version").fetchone() == (VERSION,)
            put(Store(connection, "me"), RECORD)


def test_users_of_an_earlier_file_keep_their_roles(path: Path) -> None:
    """There a role's name was its sys_id, and records did not say who had made them."""
    steps = sorted(Path(schema.__file__).parent.glob("[0-9]*.sql"))[:26]
    with closing(sqlite3.connect(path, isolation_level=None)) as earlier:
        for step in steps:
            earlier.executescript(step.read_text())
        earlier.execute(f"pragma user_version = {len(steps)}")
        rows: dict[str, list[tuple[Any, ...]]] = {
            "sys_user_role": [("itil", *SYSTEM, "itil", None), ("u_own", *SYSTEM, "u_own", None)],
            "sys_user": [("a", *SYSTEM, "ann", None, None, "true", "global", "/", *[None] * 9)],
            "sys_user_has_role": [("h", *SYSTEM, "a", "u_own", "active", "false")],
            "sys_security_acl": [("r", *SYSTEM, "u_x", "read", "u_own", "true")],
        }
        for table, some in rows.items():
            earlier.executemany(f"insert into {table} values ({', '.join('?' * len(some[0]))})", some)  # noqa: S608
    with closing(connect(path)) as connection:
        store = Store(connection, "me")
        assert store.roles_of("ann") == {"u_own"}
        assert store.records().access_rules() == [("u_x", "read", "u_own")]
        assert {row["name"]: row["sys_id"] for row in store.rows("sys_user_role")} == {
            role: derive_id("sys_user_role", role) for role in ("itil", "u_own")
        }
        assert store.rows("sys_user")[0]["sys_created_by"] == "system"


def test_a_new_file_is_what_the_steps_of_the_schema_make_of_an_empty_one(path: Path) -> None:
    """Though it is not made step by step; what is written is in it at once, and as every file of ours has it."""
    schema = "select type, name, tbl_name, sql from sqlite_schema where name <> 'sqlite_sequence' order by rowid"
    with closing(connect(path)) as new, closing(sqlite3.connect(":memory:", isolation_level=None)) as made:
        migrate(made)
        assert new.execute(schema).fetchall() == made.execute(schema).fetchall() != [], (
            "make it again: python -m simulator.store.migrations > simulator/store/schema/newest.sql"
        )
        asked = ("user_version", "page_size", "journal_mode", "synchronous", "wal_autocheckpoint")
        assert [new.execute(f"pragma {one}").fetchone()[0] for one in asked] == [VERSION, 4096, "wal", 1, 8000]


# -- inbox, outbox, journal -----------------------------------------------------------------------------------


def test_ids_are_forgotten_when_their_time_has_come(store: Store) -> None:
    """An id is recognised until its time, and dropped with the next clean-up from then on."""
    with store.transaction():
        store.remember("a", "short", NOW + timedelta(hours=1))
        store.remember("a", "long", NOW + timedelta(hours=1, microseconds=1))
    for moment, expected in [
        (NOW + timedelta(minutes=59), (True, True)),
        (NOW + timedelta(hours=1), (False, True)),
        (NOW + timedelta(hours=2), (False, False)),
    ]:
        with store.transaction():
            store.forget(moment)
        assert (store.has_seen("a", "short"), store.has_seen("a", "long")) == expected


def test_ids_are_remembered_by_time_and_not_by_text(store: Store) -> None:
    """A time in another zone is compared as a time: the id is kept until it is reached."""
    later = datetime.fromisoformat("2026-01-05T05:00:00-09:00")  # 14:00 UTC
    with store.transaction():
        store.remember("a", "id", later)
        store.forget(NOW)  # 08:00 UTC
    assert store.has_seen("a", "id")
    with store.transaction():
        store.forget(later.astimezone(UTC))
    assert not store.has_seen("a", "id")


def test_outbox_keeps_the_order_of_posting(store: Store) -> None:
    """What was posted comes back oldest first, whatever its time, until it is taken out."""
    due = {"a": NOW + timedelta(hours=2), "b": NOW, "c": NOW + timedelta(microseconds=1)}
    with store.transaction():
        for id_, due_at in due.items():
            store.post(id_, due_at, f"body of {id_}")
        store.unpost(["b", "unknown"])
    assert store.posted() == [(due["a"], "body of a"), (due["c"], "body of c")]


@given(text=texts, outcome=st.sampled_from(Outcome))
@examples(50)
def test_journal_comes_back_as_it_was_written(text: str, outcome: Outcome) -> None:
    """An entry is read as it was recorded, with a number that counts from 1."""
    written = Entry(
        instance="me", at=NOW + timedelta(microseconds=7), outcome=outcome, explanation=text, code=text,
        envelope=text, cause=text, kind=text, sender=text, recipient=text, application=text, capability=text,
        operation=text,
    )  # fmt: skip
    with closing(connect(":memory:")) as connection:
        store = Store(connection, "me")
        store.record(written)
        assert store.journal() == [(1, written)]


def test_journal_can_be_read_on_from_a_number(store: Store) -> None:
    """A reader that has seen the first entries asks for those after."""
    for number in (1, 2, 3):
        store.record(entry(number))
    assert [number for number, _ in store.journal(after=1)] == [2, 3]
    assert store.journal(after=3) == []


# -- readers ---------------------------------------------------------------------------------------------------


def test_reader_sees_each_commit_beside_the_writer(path: Path, store: Store) -> None:
    """A reader sees what is committed, while the writer is at work, and never half of it."""
    with closing(Reader.open(path, store.owner)) as reader:
        with store.transaction():
            store.apply([Put(RECORD)], NOW)
            store.record(entry())
            assert not [*reader.show(TrustRecord.TABLE), *reader.journal()]
        assert len(reader.show(TrustRecord.TABLE)) == len(reader.journal()) == 1


def test_reader_cannot_write(path: Path, store: Store) -> None:
    """A reader's connection is read-only."""
    with closing(Reader.open(path, store.owner)) as reader, pytest.raises(sqlite3.OperationalError):
        Store(reader._sql, store.owner).record(entry())


def test_reader_of_a_file_that_is_not_there_names_it(path: Path) -> None:
    """A reader does not make a file."""
    with pytest.raises(StoreError) as raised:
        Reader.open(path, "me")
    assert str(path) in str(raised.value)
    assert not path.exists()


@pytest.mark.parametrize("case", ["empty", "garbage", "directory", "another database"])
def test_reader_of_a_file_that_is_no_instance_s_names_it(path: Path, case: str) -> None:
    """A reader is not opened on a file without an instance's tables: a StoreError names the file."""
    match case:
        case "empty":
            path.touch()
        case "garbage":
            path.write_bytes(b"not a database " * 100)
        case "directory":
            path.mkdir()
        case _:
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("create table something_else (number integer)")
    with pytest.raises(StoreError, match="cannot be read as an instance's file") as raised:
        Reader.open(path, "me")
    assert str(path) in str(raised.value)


def test_every_table_that_is_listed_can_be_shown(store: Store) -> None:
    """Each table that the message for an unknown table lists can be looked at."""
    put(store, directory_entry("prod1"), RECORD)
    with store.transaction():
        store.remember("a", "seen", NOW)
        store.post("posted", NOW, "{}")
        store.record(entry())
    with pytest.raises(StoreError) as raised:
        store.show("nonsense")
    tables = str(raised.value).partition("there are: ")[2].split(", ")
    assert {"x_trustsim_inbox", ManagedBy.TABLE} <= set(tables)
    rows = {table: store.show(table) for table in tables}
    assert [len(rows[f"x_trustsim_{table}"]) for table in ("inbox", "outbox", "journal")] == [1, 1, 1]


def test_references_show_the_instance_s_name(store: Store) -> None:
    """A person sees names where the file holds ids; the row's own sys_id stays."""
    approval = ManagedBy(application="A", manager_instance=id_of("prod1"), approval=Approval.APPROVED)
    unknown = replace(approval, manager_instance=id_of("prod9"))
    put(store, directory_entry("prod1"), approval, unknown)
    assert [row["manager_instance"] for row in store.show(ManagedBy.TABLE)] == ["prod1", id_of("prod9")]
    [instance] = store.show("sn_mif_instance")
    assert (instance["sys_id"], instance["name"]) == (id_of("prod1"), "prod1")


@pytest.mark.parametrize("table", ["sn_mif_nothing", "", "sn_mif_instance; drop table sn_mif_instance"])
def test_unknown_table_lists_those_there_are(store: Store, table: str) -> None:
    """A table that does not exist is a StoreError that names the ones that do."""
    with pytest.raises(StoreError) as raised:
        store.show(table)
    assert str(raised.value).startswith(f"there is no table {table}; there are: ")
    assert all(row_type.TABLE in str(raised.value) for row_type in ROW_TYPES)
    assert store.show("sn_mif_instance") == []
