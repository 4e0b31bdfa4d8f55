"""Steps as people type them at a shell."""

from __future__ import annotations

import pytest

from simulator.scenario.reading.source import parse
from simulator.serving.typed import text_of


@pytest.mark.parametrize(
    ("words", "steps"),
    [
        (["advance", "10m"], [{"advance": "10m"}]),
        (["settle"], ["settle"]),
        (["settle", "calm"], ["settle", "calm"]),
        (
            ["sync_trust_profiles", "prod1", "advance", "10m"],
            [{"sync_trust_profiles": "prod1"}, {"advance": "10m"}],
        ),
        (
            ["stop", "dev1", "dev2", "start", "[dev1, dev2]"],
            [{"stop": ["dev1", "dev2"]}, {"start": ["dev1", "dev2"]}],
        ),
        (
            ["send", "from=dev1", "to=prod1", "application=Impact, Health: all", "expect=refused", "at_once=true"],
            [
                {
                    "send": {"from": "dev1", "to": "prod1", "application": "Impact, Health: all"},
                    "expect": "refused",
                    "at_once": True,
                }
            ],
        ),
        (["fault", "{pause: prod1, lasts: 10s}"], [{"fault": {"pause": "prod1", "lasts": "10s"}}]),
        (["stop: prod1", "expect: [settled]"], [{"stop": "prod1"}, {"expect": ["settled"]}]),
        (["install_plugin: prod1", "advance", "1h"], [{"install_plugin": "prod1"}, {"advance": "1h"}]),
        (["name_manager", "on=dev1", "manager=1.0"], [{"name_manager": {"on": "dev1", "manager": 1.0}}]),
        (["stop", "a=b=c"], [{"stop": {"a": "b=c"}}]),
        (["nothing", "of", "the", "kind"], [{"nothing": ["of", "the", "kind"]}]),
    ],
)
def test_words_are_the_steps_that_they_would_be_in_a_file(words: list[str], steps: list[object]) -> None:
    assert parse(text_of(words), "words").data == steps
