"""The business rule by which a CI belongs to the domain of its company, where it is switched on."""

from __future__ import annotations

from collections.abc import Iterable

from simulator.cmdb.company import SWITCH, follow_companies
from simulator.cmdb.records import ChangeSet, Record, Value

COMPANIES: list[Record] = [
    {"sys_id": "c1", "name": "Acme", "sys_domain": "acme", "sys_domain_path": "!!!/!!!/"},
]


class Companies:
    """Reads companies from a list."""

    def rows(
        self,
        table: str,
        columns: tuple[str, ...],
        keys: Iterable[tuple[Value, ...]],
        fields: frozenset[str] | None = None,
    ) -> list[Record]:
        """See Reader.rows."""
        assert fields is None
        assert (table, columns) == ("core_company", ("sys_id",))
        wanted = set(keys)
        return [row for row in COMPANIES if (row["sys_id"],) in wanted]

    def is_empty(self, table: str) -> bool:
        """See Reader.is_empty."""
        return table != "core_company"


def changes() -> ChangeSet:
    """A new CI of a company, one of an unknown company, one of none, and an update that sets a company."""
    made = ChangeSet()
    made.inserts["cmdb_ci_computer"] += [
        {"sys_id": "1", "company": "c1", "sys_domain": "top"},
        {"sys_id": "2", "company": "c2", "sys_domain": "top"},
        {"sys_id": "3", "sys_domain": "top"},
    ]
    made.updates["cmdb_ci_computer"] = {"4": {"company": "c1"}, "5": {"name": "x"}}
    return made


def test_it_is_off_by_default() -> None:
    """A new CI is in its caller's domain (R2)."""
    made = changes()
    follow_companies(made, Companies(), {})
    assert made == changes()


def test_a_ci_follows_its_company() -> None:
    """Also one that comes to another company; all others stay."""
    made = changes()
    follow_companies(made, Companies(), {SWITCH: "true"})
    assert [row["sys_domain"] for row in made.inserts["cmdb_ci_computer"]] == ["acme", "top", "top"]
    home = {"sys_domain": "acme", "sys_domain_path": "!!!/!!!/"}
    assert made.updates["cmdb_ci_computer"] == {"4": {"company": "c1", **home}, "5": {"name": "x"}}
