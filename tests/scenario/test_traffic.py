"""What is said of messages that are on their way."""

from __future__ import annotations

from typing import get_args

from simulator.protocol.messages import PeerMessage
from simulator.scenario.judging.traffic import NOUNS


def test_every_kind_of_message_has_a_noun() -> None:
    """A step that waits for one, and the doctor, name it to people."""
    assert NOUNS.keys() == {kind.__dataclass_fields__["kind"].default for kind in get_args(PeerMessage)}
