"""The business rule "Domain - Set Domain - CMDB_CI": a CI belongs to the domain of its company, whoever brings it.

It is no part of the engine and runs after it. An instance has it here where a property switches it on, so that
otherwise every CI stays where the engine put it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from simulator.cmdb.records import ChangeSet, Reader, Record

SWITCH = "x_trustsim.cmdb_ci_company_domain"


def follow_companies(changes: ChangeSet, reader: Reader, properties: Mapping[str, str]) -> None:
    """Moves the CIs whose company is set to the company's domain; does nothing where the rule is not on."""
    if properties.get(SWITCH) != "true":
        return
    records = [record for record in _records(changes) if record.get("company")]
    found = reader.rows("core_company", ("sys_id",), [(record["company"],) for record in records])
    home_of = {row["sys_id"]: _home(row) for row in found}
    for record in records:
        record |= home_of.get(record["company"], {})


def _records(changes: ChangeSet) -> Iterator[Record]:
    for inserted in changes.inserts.values():
        yield from inserted
    for updated in changes.updates.values():
        yield from updated.values()


def _home(company: Record) -> Record:
    return {name: company[name] for name in ("sys_domain", "sys_domain_path")}
