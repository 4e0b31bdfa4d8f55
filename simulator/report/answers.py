"""What a CMDB has answered, for a person: operation, errors and attempts of each item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def answer_in_words(response: Mapping[str, Any]) -> str:
    """A line for each item, and below it one for each of its errors and attempts."""
    return "\n".join(line for number, item in enumerate(response.get("items", ())) for line in _item(number, item))


def _item(number: int, item: Mapping[str, Any]) -> Iterator[str]:
    yield f"items[{number}] {item.get('className', '')}: {item.get('operation', 'no operation')}"
    for error in item.get("errors", ()):
        yield f"  {error.get('error')}: {error.get('message')}"
    for attempt in item.get("identificationAttempts", ()):
        yield f"  {_attempt(attempt)}"


def _attempt(attempt: Mapping[str, Any]) -> str:
    result = attempt.get("attemptResult")
    if info := attempt.get("info"):
        return f"{str(info).removesuffix(f' {result}')}: {result}"
    attributes = ", ".join([*attempt.get("attributes", ()), *attempt.get("hybridEntryCiAttributes", ())])
    return f"{attempt.get('identifierName')} [{attributes}] on {attempt.get('searchOnTable')}: {result}"
