"""Steps as people type them at a shell, as the text of steps.

Three forms, which may be mixed: `advance 10m` (a step and its value), `send from=prod1 to=sub1 ...` (a step and
its keys), and one whole step in quotes, as it stands in a file: `"stop: prod1"`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from simulator.scenario.model import BESIDE_THE_VERB, Step
from simulator.scenario.suggestion import closest

_VERBS = frozenset(Step.model_fields) - BESIDE_THE_VERB


def text_of(words: Sequence[str]) -> str:
    """The words as a list of steps, one a line, for `load_steps`; what is wrong with them is found there."""
    return "\n".join(f"- {_in_one_line(group)}" for group in _by_step(words))


def _by_step(words: Sequence[str]) -> Iterator[list[str]]:
    """The words of each step: a verb begins one, and so does whatever is a step by itself."""
    group: list[str] = []
    for word in words:
        if group and (begins_step(word) or _is_whole(group[0])):
            yield group
            group = []
        group.append(word)
    if group:
        yield group


def begins_step(word: str) -> bool:
    """Whether it is a step's verb, or a step by itself."""
    return word in _VERBS or _is_whole(word)


def meant_step(word: str) -> str | None:
    """The verb that is meant by a word that begins no step, if it is like one."""
    return closest(word.partition(":")[0], _VERBS)


def _is_whole(word: str) -> bool:
    """Whether it is a step as it stands in a file."""
    verb, is_mapping, _ = word.partition(":")
    return bool(is_mapping) and verb in Step.model_fields


def _in_one_line(group: Sequence[str]) -> str:
    verb, *values = group
    if not values:
        return verb
    beside: dict[str, Any] = {}
    below: dict[str, Any] = {}
    plain: list[Any] = []
    for word in values:
        key, is_pair, value = word.partition("=")
        if not is_pair or not key.replace("_", "").isalnum():
            plain.append(_value(word))
        elif key in BESIDE_THE_VERB:
            beside[key] = _value(value)
        else:
            below[key] = _value(value)
    if plain and below:  # neither form: the step's own error says what it takes
        plain.append(below)
    taken = plain[0] if len(plain) == 1 else plain or below
    return json.dumps({verb: taken, **beside}, ensure_ascii=False)


def _value(text: str) -> object:
    """What the text is as a value in a file: a list, a mapping, a number or, in nearly all cases, a text."""
    try:
        value = YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError):
        return text
    is_written_so = text.startswith(("[", "{")) or not isinstance(value, (list, dict))
    return value if is_written_so and isinstance(value, (bool, int, float, list, dict)) else text
