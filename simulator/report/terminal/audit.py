"""Duplicates that an audit has found."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Group, RenderableType
from rich.text import Text
from rich.tree import Tree

from simulator.cmdb.duplicates.duplicates import TASKS
from simulator.cmdb.forms.audit import Audit
from simulator.cmdb.items import Equals
from simulator.report.numbers import counted


def audit_report(audit: Audit, domain_names: Mapping[str, str]) -> RenderableType:
    """A tree for each set of equal records, the oldest first; then how many tasks there are for them."""
    if not audit.found:
        return Text("no duplicates")
    sets, new = len(audit.found), len(audit.changes.inserts[TASKS])
    tasks = f"{new} without an open task" if new else "each with an open task already"
    last = Text(f"{counted(sets, 'set')} of duplicates, {tasks}", style="bold")
    return Group(*(_tree(each, domain_names) for each in audit.found), last)


def _tree(equals: Equals, names: Mapping[str, str]) -> Tree:
    main = equals.records[0]
    criteria = ", ".join(f"{name} {main[name]}" for name in equals.attributes if main.get(name))
    tree = Tree(Text(f"equal in {equals.table}: {criteria or ', '.join(equals.attributes)}", style="bold"))
    for row in equals.records:
        domain = names.get(row.get("sys_domain") or "", "global")
        title = f"{row.get('sys_class_name') or equals.table} {row.get('name') or ''}".rstrip()
        tree.add(Text(f"{title} {row['sys_id']} in {domain}, since {row.get('sys_created_on')}"))
    return tree
