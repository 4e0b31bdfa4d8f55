"""What may be written to a configuration item that was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from simulator.cmdb.hierarchy import Hierarchy
from simulator.cmdb.messages import Trouble, trouble
from simulator.cmdb.payload import Item
from simulator.cmdb.records import Record, Value
from simulator.cmdb.work import Info


@dataclass(frozen=True, slots=True)
class Reclassified:
    """The class the CI gets, with the operation that says so; *task*: an administrator is to decide."""

    to_class: str
    operation: str = "UPDATE"
    info: Info | None = None
    error: Trouble | None = None
    task: bool = False


@dataclass(frozen=True, slots=True)
class Reconciled:
    """The values that are written and the names of those that are not."""

    written: Mapping[str, Value]
    masked: tuple[str, ...] = ()
    explanations: tuple[str, ...] = ()


class Policy(Protocol):
    """Reclassification and reconciliation, as the engine asks for them."""

    def reclassify(
        self, hierarchy: Hierarchy, item: Item, record: Record, properties: Mapping[str, str]
    ) -> Reclassified:
        """What becomes of the class of *record* when *item* names another."""
        ...

    def reconcile(self, record: Record, incoming: Mapping[str, Value], source: str, now: datetime) -> Reconciled:
        """Which of the changed values *source* may write to *record*."""
        ...


class DirectPolicy:
    """Every source writes everything; the class changes where flag and property let it."""

    def reclassify(
        self, hierarchy: Hierarchy, item: Item, record: Record, properties: Mapping[str, str]
    ) -> Reclassified:
        """Decide as "Configure CI reclassification" says, without restriction rules."""
        have, want = record.get("sys_class_name") or "", item.class_name
        if have == want:
            return Reclassified(have)
        kind = "Switch"
        if hierarchy.is_a(want, have):
            kind = "Upgrade"
        elif hierarchy.is_a(have, want):
            kind = "Downgrade"
        keep = f"glide.identification_engine.update_without_{kind.lower()}_enabled"
        if item.settings.get(f"updateWithout{kind}") or properties.get(keep) == "true":
            message = f"CI Reclassification not allowed from class: [{have}] to [{want}]"
            return Reclassified(have, info=Info(f"SKIPPED_CLASS_{kind.upper()}", message))
        allowed = properties.get(f"glide.class.{kind.lower()}.enabled", "true") == "true"
        if item.flags.get(f"class{kind}", allowed):
            return Reclassified(want, f"UPDATE_WITH_{kind.upper()}")
        return Reclassified(have, error=trouble("reclassification", kind=have, to_class=want), task=True)

    def reconcile(self, record: Record, incoming: Mapping[str, Value], source: str, now: datetime) -> Reconciled:
        """Write all."""
        return Reconciled(incoming)
