"""What is said of messages that are on their way."""

from __future__ import annotations

from typing import get_args

from simulator.protocol.messages import PeerMessage
from simulator.scenario.judging.traffic import _NOUNS, noun_of


def test_a_kind_of_message_is_told_in_words() -> None:
    """A step that waits for one, and the doctor, name it to people: by its kind, or by a better word for that."""
    kinds = {kind.__dataclass_fields__["kind"].default for kind in get_args(PeerMessage)}
    assert _NOUNS.keys() <= kinds
    assert noun_of("trust_profile_sync") == "sync"
    assert noun_of("management_reminder") == "management reminder"
