"""The page about the wire shows what passes."""

from __future__ import annotations

import json
import re
from typing import Any, get_args

import jsonschema
import pytest

from simulator.protocol.codec import decode, envelope_schema
from simulator.protocol.messages import WireMessage
from simulator.protocol.signature import is_authentic, signing_key
from tests.protocol.page import PAGE, page

TEXT = PAGE.read_text()


def test_the_examples_are_what_is_sent() -> None:
    """They are made, and made again whenever the wire changes."""
    assert page(TEXT) == TEXT, "make them again: python -m tests.protocol.page"


def test_every_kind_of_message_has_its_example() -> None:
    kinds = re.findall(r"^\*\*`(\w+)`\*\*", TEXT, re.MULTILINE)
    assert kinds == [it["message"]["kind"] for it in _shown()]
    assert sorted(kinds) == sorted(kind.__dataclass_fields__["kind"].default for kind in get_args(WireMessage))


def test_the_envelope_that_is_shown_is_authentic_under_the_seed_of_every_scenario() -> None:
    """As the page says how: by the sender's key, which derives from `trustsim` where no seed is given."""
    topic, signature, body = re.findall(r"```text\n(.*?)\n\n(.*?)\n(.*?)\n```", TEXT, re.DOTALL)[0]
    signed = decode(f"{signature}\n{body}".encode())
    assert topic.split("/")[2:] == [signed.envelope.recipient, "inbox", signed.envelope.sender]
    assert is_authentic(signed.signed, signed.signature, signing_key("trustsim", signed.envelope.sender).public)


@pytest.mark.parametrize("shown", range(len(get_args(WireMessage))))
def test_what_is_shown_fits_the_schema(shown: int) -> None:
    jsonschema.validate(_shown()[shown], envelope_schema())


def test_the_schema_refuses_what_is_no_envelope() -> None:
    wrong = _shown()[0] | {"message": {"kind": "hello"}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, envelope_schema())


def _shown() -> list[dict[str, Any]]:
    """Every message of the page in an envelope."""
    [body] = re.findall(r"^\{\"id\".*$", TEXT, re.MULTILINE)
    bodies = re.findall(r"```json\n(.*?)\n```", TEXT, re.DOTALL)
    return [json.loads(body) | {"message": json.loads(message)} for message in bodies]
