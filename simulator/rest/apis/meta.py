"""CMDB Meta API: what a class is, and which relations its CIs may have."""

from __future__ import annotations

from typing import Any

from simulator.cmdb.classes.columns import Column
from simulator.cmdb.forms.roles import Right
from simulator.protocol.http import Response
from simulator.rest import errors
from simulator.rest.call import Call
from simulator.rest.errors import RestError
from simulator.store.cmdb.rows import as_flag


def read(call: Call, class_name: str) -> Response:
    """The class with its attributes, its place among the classes, and the rules about its relations."""
    hierarchy, records = call.desk.model.hierarchy, call.desk.records
    if not Right.CALL.is_held(call.caller.roles):
        raise errors.not_authorized()
    if class_name not in hierarchy:
        raise RestError(400, f"Invalid class {class_name}")
    own = hierarchy.own_columns.get(class_name, {})
    columns = hierarchy.columns(class_name).values()
    children = [name for name, parent in hierarchy.parent_by_class.items() if parent == class_name]
    return Response(
        200,
        {
            "result": {
                "name": class_name,
                "label": records.labels([class_name]).get(class_name, class_name),
                "parent": hierarchy.parent_by_class[class_name] or "",
                "children": sorted(children),
                "is_extendable": True,
                "icon_url": "",
                "icon": "",
                "attributes": [_attribute(one, is_inherited=one.element not in own) for one in columns],
                "relationship_rules": _rules(call, class_name),
            }
        },
    )


def _attribute(one: Column, *, is_inherited: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "element": one.element,
        "label": one.label,
        "type": one.type.value,
        "max_length": str(one.max_length),
        "is_inherited": as_flag(is_inherited),
        "is_mandatory": as_flag(one.mandatory),
        "is_read_only": "false",
        "is_display": as_flag(one.display),
        "default_value": None,
    }
    return shown | {"reference": one.reference} if one.reference else shown


def _rules(call: Call, class_name: str) -> list[dict[str, str]]:
    """Hosting and containment rules of the class and of those above it."""
    model = call.desk.model
    chain = model.hierarchy.chain(class_name)
    return [
        {"parent": rule.parent, "child": rule.child, "relation_type": rule.relation}
        for rule in model.rules.dependencies
        if rule.parent in chain or rule.child in chain
    ]
