"""What becomes of a configuration item's class when a payload names another ("Configure CI reclassification")."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.cmdb.messages import Trouble, trouble
from simulator.cmdb.model import Model
from simulator.cmdb.payload import Item
from simulator.cmdb.records import Record
from simulator.cmdb.work import Info


@dataclass(frozen=True, slots=True)
class Reclassified:
    """The class the CI gets, with the operation that says so; *task*: an administrator is to decide."""

    to_class: str
    operation: str = "UPDATE"
    info: Info | None = None
    error: Trouble | None = None
    task: bool = False


def reclassify(model: Model, item: Item, record: Record) -> Reclassified:
    """What becomes of the class of *record* when *item* names another."""
    have, want = record.get("sys_class_name") or "", item.class_name
    if have == want:
        return Reclassified(have)
    kind = "Switch"
    if model.hierarchy.is_a(want, have):
        kind = "Upgrade"
    elif model.hierarchy.is_a(have, want):
        kind = "Downgrade"
    keep = f"glide.identification_engine.update_without_{kind.lower()}_enabled"
    if item.settings.get(f"updateWithout{kind}") or model.properties.get(keep) == "true":
        message = f"CI Reclassification not allowed from class: [{have}] to [{want}]"
        return Reclassified(have, info=Info(f"SKIPPED_CLASS_{kind.upper()}", message))
    allowed = model.properties.get(f"glide.class.{kind.lower()}.enabled", "true") == "true"
    if item.flags.get(f"class{kind}", allowed):
        return Reclassified(want, f"UPDATE_WITH_{kind.upper()}")
    return Reclassified(have, error=trouble("reclassification", kind=have, to_class=want), task=True)
