"""A program's side of a fleet that is up."""

from __future__ import annotations

import json
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import quote, urlsplit

from simulator.errors import MachineryError, Problem, ScenarioError
from simulator.report.result import StepResult
from simulator.serving.control import STEPS
from simulator.serving.registry import Entry


def ask(entry: Entry, text: str) -> list[StepResult]:
    """Has the fleet take the steps that *text* lists, and waits for their end, however long that takes.

    Raises ScenarioError for steps that are wrong, and MachineryError when the fleet cannot take them.
    """
    answer = _answer(entry, "POST", "/steps", text)
    if "problems" in answer:
        raise ScenarioError([Problem(**problem) for problem in answer["problems"]])
    return STEPS.validate_python(answer)


def guest_of(entry: Entry, name: str) -> dict[str, Any]:
    """What a program needs to be that guest of the fleet. Raises MachineryError where it is none."""
    told: dict[str, Any] = _answer(entry, "GET", f"/guests/{quote(name)}")
    return told


def _answer(entry: Entry, method: str, path: str, body: str = "") -> Any:
    """What the fleet answers. Raises MachineryError where that is an error, or nothing."""
    connection = HTTPConnection(urlsplit(entry.url).netloc)
    try:
        connection.request(method, path, body.encode(), {"Authorization": f"Bearer {entry.token}"})
        answer = json.loads(connection.getresponse().read())
    except (OSError, HTTPException, ValueError) as error:
        raise MachineryError(f"{entry.url}: the fleet does not answer any more: {error}") from error
    finally:
        connection.close()
    if "error" in answer:
        raise MachineryError(f"{entry.url}: {answer['error']}")
    return answer
