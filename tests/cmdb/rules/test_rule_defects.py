"""What a payload gets where the rules of the instance are at fault."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cmdb.base import Instance
from tests.cmdb.cases import LINUX, codes, item, message

SERVERS, WEB, RACK = "cmdb_ci_linux_server", "cmdb_ci_web_server", "cmdb_ci_rack"
KEY_VALUE = item("cmdb_key_value", key="k")
SERIAL = {"className": "cmdb_serial_number", "values": {"serial_number": "s", "serial_number_type": "uuid"}}
LOOKUP = {
    "order": 1,
    "attributes": ["serial_number"],
    "table": "cmdb_serial_number",
    "referenced_field": "cmdb_ci",
}


def rule(applies_to: str, *entries: dict[str, Any], independent: bool = True) -> dict[str, Any]:
    own = {"name": "Own", "applies_to": applies_to, "independent": independent, "entries": list(entries)}
    return {"identifiers": [own]}


@pytest.mark.parametrize(
    ("setup", "sent", "code", "text"),
    [
        (rule(SERVERS, {"order": 1, "attributes": ["name", "sys_class_name"]}), LINUX,
         "NO_CLASS_NAME_FOR_INDEPENDENT_CI",
         f"Cannot have 'sys_class_name' as a key field in an Independent Identity Rule on '{SERVERS}'"),
        (rule(WEB, LOOKUP, independent=False), item(WEB, name="w"), "NO_LOOKUP_RULES_FOR_DEPENDENT_CI",
         f"Cannot have Lookup Rule for a Dependent Identity Rule on '{WEB}'"),
        ({}, {**LINUX, "lookup": [KEY_VALUE]}, "IDENTIFICATION_RULE_FOR_LOOKUP_MISSING",
         "Identity Rule for table [cmdb_ci_hardware] missing Lookup Rule for class [cmdb_key_value]"),
        ({}, {**LINUX, "related": [SERIAL]}, "IDENTIFICATION_RULE_FOR_RELATED_ITEM_MISSING",
         "Identity Rule for table [cmdb_ci_hardware] missing Related Rule for class [cmdb_serial_number]"),
        (rule(RACK, {"order": 1, "attributes": ["name"]}, independent=False), item(RACK, name="r"),
         "METADATA_RULE_MISSING",
         (f"No containment or hosting rules defined for dependent class [{RACK}]. Add containment/hosting rules"
          f" for '{RACK}'")),
        ({"classes": {"u_thing": {"extends": "cmdb_ci_computer", "mandatory": ["asset_tag"]}}},
         item("u_thing", name="t"), "REQUIRED_ATTRIBUTE_EMPTY",
         "Missing mandatory field [asset_tag] in table [u_thing]. Add input value for mandatory field in payload"),
        ({}, item("cmdb_ci_qualifier_of_nothing"), "IDENTIFICATION_RULE_MISSING",
         "Identity Rule Missing for table [cmdb_ci_qualifier_of_nothing]"),
    ],
)  # fmt: skip
def test_a_defect_of_the_rules_is_told_in_the_documented_words(
    setup: dict[str, Any], sent: dict[str, Any], code: str, text: str
) -> None:
    result = Instance(setup).run({"items": [sent]})
    assert (codes(result), message(result)) == ([code], text)


def test_mandatory_fields_are_not_asked_for_where_the_property_is_off() -> None:
    setup = {
        "classes": {"u_thing": {"extends": "cmdb_ci_computer", "mandatory": ["asset_tag"]}},
        "properties": {"glide.required.attribute.enabled": "false"},
    }
    assert codes(Instance(setup).run({"items": [item("u_thing", name="t")]})) == []
