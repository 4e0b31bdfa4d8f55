"""Rules of the CMDB: whose CIs a call finds, where new ones go, and who may write which attribute."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from simulator.cmdb.commit.commit import Writer
from simulator.cmdb.duplicates import duplicates
from simulator.cmdb.identification import candidates
from simulator.cmdb.items import Identified, Written
from simulator.cmdb.reconciliation.reconciliation import Reconciled, Reconciler
from simulator.cmdb.records import Record, Value
from simulator.cmdb.rules.model import Caller
from simulator.domains import processes
from simulator.domains.tree import GLOBAL
from simulator.exploration.mutants.mutant import Mutant, Switch, always
from simulator.protocol.cmdb import Identify
from simulator.protocol.messages import CapabilityMessage
from simulator.refusal import Refusal
from simulator.store.cmdb.base import ADMIN
from simulator.tables import Tables
from simulator.trust import assignment


def _is_at_home_nowhere(make: Callable[..., Caller]) -> Callable[..., Caller]:
    return lambda *args, **kwargs: replace(make(*args, **kwargs), home=GLOBAL)


def _moves_with_the_caller(update: Callable[..., Written]) -> Callable[..., Written]:
    def broken(self: Writer, item: Identified, match: Record) -> Written:
        written = update(self, item, match)
        table = match.get("sys_class_name") or ""
        self._changes.updates[table][item.sys_id]["sys_domain"] = self._call.caller.home
        return written

    return broken


def _writes_everything(_: object) -> Callable[..., Reconciled]:
    def reconcile(_: Reconciler, __: Identified, record: Record, sent: Mapping[str, Value]) -> Reconciled:
        return Reconciled({name: value for name, value in sent.items() if (record.get(name) or None) != value})

    return reconcile


def _runs_all(_: object) -> Callable[..., list[Record]]:
    return lambda _tree, _domain, records: [record for record in records if record.get("active") != "false"]


def _goes_in_as_admin(identify: Callable[..., Identify | Refusal]) -> Callable[..., Identify | Refusal]:
    def broken(tables: Tables, message: CapabilityMessage, sender: str) -> Identify | Refusal:
        call = identify(tables, message, sender)
        return call if isinstance(call, Refusal) else replace(call, user=ADMIN)

    return broken


CMDB = (
    Mutant(
        "candidate-domains",
        "In strict mode only CIs of the caller's own domain are matched, in platform mode those it sees.",
        "R2",
        (Switch(candidates, "candidate_domains", always(None)),),
    ),
    Mutant(
        "insert-in-callers-domain",
        "A new CI is in the domain of the user who calls.",
        "R2",
        (Switch(candidates, "make_caller", _is_at_home_nowhere),),
    ),
    Mutant(
        "update-keeps-domain",
        "An update never changes the domain of a CI.",
        "R2",
        (Switch(Writer, "_update", _moves_with_the_caller),),
    ),
    Mutant(
        "task-in-duplicates-domain",
        "The task for duplicates is in their domain.",
        "R2",
        (Switch(duplicates, "task_domain", always(GLOBAL)),),
    ),
    Mutant(
        "reconciliation-precedence",
        "Only the sources that a reconciliation rule lists write its attributes, in their order.",
        "R6",
        (Switch(Reconciler, "reconcile", _writes_everything),),
    ),
    Mutant(
        "rules-of-the-domain",
        "A CI is under the reconciliation rules of its domain and those above it, overrides in their place.",
        "R2, R6",
        (Switch(processes, "applicable", _runs_all),),
    ),
    Mutant(
        "assigned-user",
        "A peer's data goes into the CMDB as the user that the receiver has assigned to it.",
        "assignment.py",
        (Switch(assignment, "identify_as_assigned", _goes_in_as_admin),),
    ),
)
