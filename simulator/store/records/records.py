"""Records of every table as an API shows them: text by field, and what people call the records they refer to."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Literal

from simulator.cmdb.classes.columns import MASK, Column, Type
from simulator.cmdb.classes.hierarchy import Hierarchy
from simulator.cmdb.conditions.queries import Query
from simulator.cmdb.records import Record
from simulator.cmdb.text import fold
from simulator.domains.tree import GLOBAL
from simulator.store.cmdb.classes import quoted
from simulator.store.cmdb.store import roles_of
from simulator.store.records.query import Shapes, Statement

_OWN = ("x_trustsim_", "sqlite_")
"""How the names begin of tables that are no product's."""

_ALWAYS = frozenset({"sys_id", "sys_class_name"})
"""What a record is known by."""

_MOST_SELECTED = 256
"""How many ways to select some fields of a table are kept."""

_CALLED = {"sys_user": "user_name"}
"""What people call a record whose display field is empty."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A token that was given to a client for a user; times as records keep them."""

    sys_id: str
    type: str
    user: str
    client: str
    expires: str


WriteOperation = Literal["insert", "update", "delete"]
"""What is done with a record, as business rules call it."""


@dataclass(frozen=True, slots=True)
class AbortingRule:
    """A business rule that keeps records of a table from being written."""

    name: str
    sys_id: str
    collection: str
    """The table."""
    condition: str | None


@dataclass(frozen=True, slots=True)
class OauthClient:
    """An application that may ask for tokens."""

    name: str
    secret: str | None
    """As the record holds it; None as long as nobody has set one."""
    user: str | None
    """As whom it acts when it asks for itself."""
    redirect_urls: str
    """Where codes may be sent, with commas between."""
    user_field: str
    """The field of users that a subject is looked for in."""
    public_key: str
    """The key or certificate that verifies its assertions, in PEM; without it its secret does."""
    is_public: bool
    """Whether it can keep no secret, and proves itself by PKCE."""
    is_once: bool
    """Whether an assertion buys one token only."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the records that are asked for."""

    query: Query
    limit: int
    offset: int = 0
    domains: Set[str] | None = None
    """The domains whose records there are for who asks; None: all."""


class Records:
    """The records of one instance, for whoever looks at any of its tables by name."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._sql = connection
        self._shapes = Shapes(connection)
        self._hierarchy: Hierarchy | None = None
        """The one by which shapes and fields were looked up."""
        self._fields: dict[str, dict[str, str]] = {}
        """By table the fields that answers show, each with the SQL for its value."""
        self._selected: dict[tuple[str, frozenset[str]], tuple[Sequence[str], str]] = {}
        """By table and wanted fields: see _selects."""
        self._served: dict[str, bool] = {}

    def has(self, table: str, hierarchy: Hierarchy) -> bool:
        """Whether there is a table or class of this name that is not the simulator's own."""
        self._follow(hierarchy)
        return not table.startswith(_OWN) and bool(table in hierarchy or self._shapes.columns_of(table))

    def fields(self, table: str, hierarchy: Hierarchy) -> Iterable[str]:
        """The fields that answers show of a table or class."""
        return self._texts(table, hierarchy)

    def find(
        self, table: str, page: Page, hierarchy: Hierarchy, fields: frozenset[str] = frozenset()
    ) -> list[Record]:
        """The records of one page, with at least these *fields*; none named: all.

        Raises StoreError for a condition on fields that there are not.
        """
        statement = self._statement(table, page, hierarchy)
        # First which ones, then what is in them: a sort that carried two hundred columns would take far longer.
        ids = [sys_id for (sys_id,) in statement.select(["t.sys_id"], page.query, page.limit, page.offset)]
        found = self.by_id(table, ids, hierarchy, fields)
        return [found[sys_id] for sys_id in ids]

    def count(self, table: str, page: Page, hierarchy: Hierarchy) -> int:
        """How many records there are on all pages."""
        return self._statement(table, page, hierarchy).count(page.query)

    def group(
        self,
        table: str,
        page: Page,
        fields: Sequence[str],
        functions: Sequence[tuple[str, str]],
        hierarchy: Hierarchy,
    ) -> list[Sequence[Any]]:
        """See simulator.store.records.query.Statement.group; the page is not looked at."""
        return [*self._statement(table, page, hierarchy).group(fields, functions, page.query)]

    def by_id(
        self, table: str, sys_ids: Iterable[str], hierarchy: Hierarchy, fields: frozenset[str] = frozenset()
    ) -> dict[str, Record]:
        """The records of a table or class with these sys_ids, with at least these *fields*; none named: all."""
        wanted = set(sys_ids)
        if not wanted or not self.has(table, hierarchy):
            return {}
        names, sql = self._selects(table, fields, hierarchy)
        among = f"{sql} in (select value from json_each(?))"  # noqa: S608
        rows = self._sql.execute(among, (json.dumps(sorted(wanted)),))
        return {record["sys_id"]: record for record in (dict(zip(names, row, strict=False)) for row in rows)}

    def one(
        self,
        table: str,
        sys_id: str,
        domains: Set[str] | None,
        hierarchy: Hierarchy,
        fields: frozenset[str] = frozenset(),
    ) -> Record | None:
        """The record with this sys_id, in small letters or capitals, if it is of these domains; None for all.

        It has at least these *fields*; none named: all.
        """
        names, sql = self._selects(table, fields, hierarchy)
        row = self._sql.execute(f"{sql} in (?, ?)", (sys_id, fold(sys_id))).fetchone()
        if row is None or (domains is not None and row[-1] is not None and row[-1] not in domains):
            return None
        return dict(zip(names, row, strict=False))

    def titles(self, table: str, sys_ids: Iterable[str], hierarchy: Hierarchy) -> dict[str, str]:
        """What people call the records of a table or class with these sys_ids."""
        display, called = hierarchy.display(table), _CALLED.get(table, "sys_id")
        found = self.by_id(table, sys_ids, hierarchy, frozenset({display, called}))
        return {sys_id: record.get(display) or record.get(called) or "" for sys_id, record in found.items()}

    def as_people_read(
        self, table: str, rows: Sequence[Mapping[str, str | int | None]], hierarchy: Hierarchy
    ) -> list[dict[str, str]]:
        """Rows of a table or class, without empty fields, and with what people call choices and other records."""
        ids: dict[str, set[str]] = defaultdict(set)
        cells: list[dict[str, tuple[Column | None, str]]] = []
        for row in rows:
            kind = str(row.get("sys_class_name") or table)
            texts = {name: str(value) for name, value in row.items() if value not in (None, "")}
            cells.append({name: (hierarchy.column(kind, name), text) for name, text in texts.items()})
            for column, text in cells[-1].values():
                if column is not None and column.reference:
                    ids[column.reference].add(text)
        titles = {to: self.titles(to, some, hierarchy) for to, some in ids.items()}
        return [{name: _read(*cell, titles) for name, cell in row.items()} for row in cells]

    def labels(self, tables: Iterable[str]) -> dict[str, str]:
        """What people call tables and classes."""
        sql = "select name, label from sys_db_object where name in (select value from json_each(?))"
        found = self._sql.execute(sql, (json.dumps(list(tables)),))
        return {name: label or name for name, label in found}

    def is_served(self, table: str, hierarchy: Hierarchy) -> bool:
        """Whether clients may ask for the table at all ("Allow access to this table via web services")."""
        self._follow(hierarchy)
        if table not in self._served:
            found = self._first("select ws_access from sys_db_object where name = ?", table)
            self._served[table] = found is None or found[0] != "false"
        return self._served[table]

    def is_public(self, table: str) -> bool:
        """Whether who has not logged in may ask for the table."""
        return self._first("select 1 from sys_public where page = ? and active = 'true'", table) is not None

    def password_of(self, user: str) -> tuple[str | None] | None:
        """The password of a user as the record holds it, if one is set; None where there is no such user."""
        found: tuple[str | None] | None = self._first(
            "select user_password from sys_user where user_name = ? collate binary", user
        )
        return found

    def client(self, client_id: str) -> OauthClient | None:
        """The OAuth client that is known by this id, if it is active."""
        found = self._first(
            "select oauth_entity.name, client_secret, user_name, coalesce(redirect_url, ''), user_field, "
            "coalesce(public_key, ''), public_client, enable_jti_verification from oauth_entity left join "
            "sys_user on sys_user.sys_id = oauth_application_user where client_id = ? and "
            "oauth_entity.active = 'true'",
            client_id,
        )
        if found is None:
            return None
        name, secret, user, urls, field, key, is_public, is_once = found
        return OauthClient(name, secret, user, urls, field, key, is_public == "true", is_once == "true")

    def user_by(self, field: str, value: str) -> str | None:
        """The user name of the one active user with this value in a field; None where there is no one."""
        if field not in self._shapes.columns_of("sys_user") or not value:
            return None
        sql = f"select user_name from sys_user where {quoted(field)} = ? and active = 'true' limit 2"  # noqa: S608
        found = self._sql.execute(sql, (value,)).fetchall()
        return str(found[0][0]) if len(found) == 1 else None

    def user_of_key(self, token: str) -> str | None:
        """The user of an API key, of which *token* is what the record holds."""
        sql = "select user_name from api_key join sys_user on sys_user.sys_id = user where token = ? and "
        found = self._first(f"{sql} api_key.active = 'true'", token)
        return None if found is None else str(found[0])

    def grants(self, column: str, value: str, type_: str, now: str) -> list[Grant]:
        """The tokens of a type that are good at that time and have the value in the column, the last one first."""
        sql = (
            f"select sys_id, type, user, client_id, expires from oauth_credential where {column} = ? and type = ? "  # noqa: S608
            "and expires > ? order by expires desc, sys_id"
        )
        return [Grant(*row) for row in self._sql.execute(sql, (value, type_, now))]

    def _first(self, sql: str, value: str) -> Any:
        return self._sql.execute(sql, (value,)).fetchone()

    def access_rules(self) -> list[tuple[str, str, str | None]]:
        """Name, operation and role of each rule that is in force."""
        return self._sql.execute(
            # A role that is gone is nobody's, which is another matter than none.
            "select rule.name, operation, coalesce(held.name, role) from sys_security_acl rule "
            "left join sys_user_role held on held.sys_id = role where rule.active = 'true'"
        ).fetchall()

    def aborting_rules(self, operation: WriteOperation, tables: Iterable[str]) -> list[AbortingRule]:
        """The business rules of these tables that abort the operation, in their order."""
        sql = (
            "select name, sys_id, collection, filter_condition from sys_script where collection in "  # noqa: S608
            "(select value from json_each(?)) and active = 'true' and \"when\" = 'before' and "
            f"abort_action = 'true' and action_{operation} = 'true' order by \"order\", name, sys_id"
        )
        return [AbortingRule(*row) for row in self._sql.execute(sql, (json.dumps(list(tables)),))]

    def content_of(self, sys_id: str) -> str:
        """The content of an attachment, in base64; nothing of one that there is not."""
        found = self._first("select data from sys_attachment_doc where sys_id = ?", sys_id)
        return found[0] if found else ""

    def roles_of(self, user: str) -> set[str] | None:
        """The roles of an active user; None where there is no such user."""
        return roles_of(self._sql, user)

    def _statement(self, table: str, page: Page, hierarchy: Hierarchy) -> Statement:
        self._follow(hierarchy)
        return Statement(self._shapes, table, hierarchy, page.domains)

    def _follow(self, hierarchy: Hierarchy) -> None:
        """Forgets what was looked up where the classes have changed since."""
        if self._hierarchy is not hierarchy:
            self._served.clear()
            self._selected.clear()
            self._hierarchy, self._fields, self._shapes = hierarchy, {}, Shapes(self._sql)

    def _selects(self, table: str, fields: frozenset[str], hierarchy: Hierarchy) -> tuple[Sequence[str], str]:
        """The names of what is selected of a table or class, and SQL that ends in the sys_id to compare.

        After these it selects the domain; null where records have none.
        """
        every = self._texts(table, hierarchy)
        found = self._selected.get((table, fields))
        if found is None:
            names = [name for name in every if not fields or name in fields or name in _ALWAYS]
            is_separated = "sys_domain" in self._shapes.columns_of(table)
            domain = f"coalesce(t.sys_domain, '{GLOBAL}')" if is_separated else "null"
            shown, rows = ", ".join([*(every[name] for name in names), domain]), self._shapes.rows_of(table)
            if len(self._selected) >= _MOST_SELECTED:  # clients name what fields they like
                self._selected.clear()
            found = self._selected[table, fields] = names, f"select {shown} from {rows} t where t.sys_id"  # noqa: S608
        return found

    def _texts(self, table: str, hierarchy: Hierarchy) -> dict[str, str]:
        self._follow(hierarchy)
        if table not in self._fields:
            found = ((name, hierarchy.column(table, name)) for name in self._shapes.columns_of(table))
            columns = {name: one for name, one in found if one is not None}
            names = [name for name, one in columns.items() if one.type is not Type.PASSWORD]
            texts = dict(zip(names, Statement(self._shapes, table, hierarchy).texts(names), strict=True))
            self._fields[table] = texts | {name: f"'{MASK}'" for name in columns if name not in texts}
        return self._fields[table]


def _read(column: Column | None, text: str, titles: Mapping[str, Mapping[str, str]]) -> str:
    """A value as people read it; truth values are numbers in the tables of trust."""
    if column is None:
        return text
    if column.reference:
        return titles[column.reference].get(text) or text
    return column.shown((column.read(text) or text) if column.type is Type.BOOLEAN else text)
