"""A program's side of a fleet that is up."""

from __future__ import annotations

import json
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from simulator.errors import MachineryError, Problem, ScenarioError
from simulator.report.result import StepResult
from simulator.serving.control import STEPS
from simulator.serving.registry import Entry


def ask(entry: Entry, text: str) -> list[StepResult]:
    """Has the fleet take the steps that *text* lists, and waits for their end, however long that takes.

    Raises ScenarioError for steps that are wrong, and MachineryError when the fleet cannot take them.
    """
    connection = HTTPConnection(urlsplit(entry.url).netloc)
    try:
        connection.request("POST", "/steps", text.encode(), {"Authorization": f"Bearer {entry.token}"})
        response = connection.getresponse()
        status, answer = response.status, json.loads(response.read())
    except (OSError, HTTPException, ValueError) as error:
        raise MachineryError(f"{entry.url}: the fleet does not answer any more: {error}") from error
    finally:
        connection.close()
    if "problems" in answer:
        raise ScenarioError([Problem(**problem) for problem in answer["problems"]])
    if status != 200:
        raise MachineryError(f"{entry.url}: {answer['error']}")
    return STEPS.validate_python(answer)
