"""Invented names for users, groups, domains and companies: the same for the same, wherever it is named."""

from __future__ import annotations

import re
from collections.abc import Mapping

from simulator.domains.tree import GLOBAL
from simulator.importing.rows import Row, Rows
from simulator.importing.tables import RECORD_TABLES, TABLES
from simulator.store.cmdb.base import ADMIN, base_rows

_INVENTED = {"domain": "domain", "sys_user_group": "group", "core_company": "company", "sys_user": "user"}
"""The tables with names to be replaced, with what those begin with that come in their place."""

_TEXTS = ("name", "description")
_RULES = (*RECORD_TABLES, "cmdb_identifier", "cmdb_identifier_entry", "cmdb_related_entry")
"""The tables whose texts may mention somebody."""

_MOST_WORDS = 6
"""Of a name that is found within a text."""

_VALUE = re.compile(r"(=|LIKE|STARTSWITH|ENDSWITH|CONTAIN|CONTAINS|IN|SAMEAS|@)([^=^]*)$")
"""The value at the end of a term of an encoded query."""


def anonymised(rows: Rows) -> Rows:
    """The rows with invented names, and with none of the old ones in what rules are called and ask for."""
    names = _names(rows)
    public = {(str(row["applies_to"]), str(row["name"])) for row in base_rows()["cmdb_identifier"]}

    def changed(table: str, row: Row) -> Row:
        said = dict(row)
        if table in _INVENTED and (row.get("user_name") or row.get("name")) not in (ADMIN, None):
            said |= {column: _invented(row[column], names) for column in ("name", "user_name") if row.get(column)}
        elif table == "sn_mif_instance":
            said["account"] = _invented(row.get("account", ""), names)
        elif table in _RULES and (row.get("applies_to", ""), row.get("name", "")) not in public:
            said |= {column: _without(row[column], names) for column in _TEXTS if row.get(column)}
        if table == "domain" and row.get("description"):
            said["description"] = _without(row["description"], names)
        if row.get("condition"):
            said["condition"] = _asked(row["condition"], names)
        return said

    return Rows({table: [changed(table, row) for row in rows.of(table)] for table in TABLES})


def _names(rows: Rows) -> Mapping[str, str]:
    """The new names by the old ones, without regard to case; whoever is named so first gives the new name."""
    found: dict[str, str] = {}
    for column in ("user_name", "name"):  # by their ids users are told apart, whatever they are called
        for table, begin in _INVENTED.items():
            for number, row in enumerate(rows.of(table), start=1):
                if row["sys_id"] != GLOBAL and row.get("user_name") != ADMIN and row.get(column):
                    found.setdefault(row[column].casefold(), f"{begin}{number}")
    accounts = sorted({row["account"] for row in rows.of("sn_mif_instance") if row.get("account")})
    for number, account in enumerate(accounts, start=1):
        found.setdefault(account.casefold(), f"account{number}")
    return found


def _invented(name: str, names: Mapping[str, str]) -> str:
    return names.get(name.casefold(), name)


def _without(text: str, names: Mapping[str, str]) -> str:
    """The text with the names in it replaced, the longest first."""
    words = [(found.start(), found.end()) for found in re.finditer(r"\w+", text)]
    parts, done, at = [], 0, 0
    while at < len(words):
        for last in range(min(at + _MOST_WORDS, len(words)) - 1, at - 1, -1):
            begin, end = words[at][0], words[last][1]
            if (new := names.get(text[begin:end].casefold())) is not None:
                parts += [text[done:begin], new]
                done, at = end, last
                break
        at += 1
    return "".join([*parts, text[done:]])


def _asked(condition: str, names: Mapping[str, str]) -> str:
    """The encoded query, which names somebody as the value of a term, perhaps of several."""
    return "^".join(
        _VALUE.sub(lambda found: found[1] + ",".join(_invented(one, names) for one in found[2].split(",")), term)
        for term in condition.split("^")
    )
