"""A program's side of a fleet that is up."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from http.client import HTTPConnection, HTTPException
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

from simulator import journal
from simulator.errors import MachineryError, NoTableError, Problem, ScenarioError, StoreError
from simulator.journal import Alteration
from simulator.report.result import StepResult
from simulator.serving.control import STEPS
from simulator.serving.known import Known, load_known
from simulator.serving.registry import Entry
from simulator.store.records.found import ALL, Found
from simulator.tables import Row

R = TypeVar("R", bound=Row)


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


class UpFleet:
    """See KnownFleet. What an instance knows is asked for once."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry
        about = _answer(entry, "GET", "/fleet")
        self.names = {each["id"]: name for name, each in about["instances"].items()}
        """See KnownFleet.names."""
        self.instances = [name for name in about["instances"] if name not in about["guests"]]
        """See KnownFleet.instances."""
        self._now = datetime.fromisoformat(about["time"])
        self._known: dict[str, Known] = {}

    def now(self) -> datetime:
        """See KnownFleet.now: when it was first asked."""
        return self._now

    def find(self, instance: str, table: str, encoded_query: str = "", limit: int = ALL) -> Found:
        """See KnownFleet.find."""
        query = urlencode({"query": encoded_query, "limit": limit})
        return Found(**_looked(self._entry, f"/tables/{quote(instance)}/{quote(table, safe='')}?{query}"))

    def load(self, instance: str, row_type: type[R]) -> list[R]:
        """See KnownFleet.load."""
        return self._of(instance).load(row_type)

    def alterations(self, instance: str, after: int = 0) -> list[tuple[int, Alteration]]:
        """See KnownFleet.alterations."""
        return [each for each in self._of(instance).alterations if each[0] > after]

    def causes(self, instance: str) -> Mapping[str, journal.Entry]:
        """See KnownFleet.causes."""
        return self._of(instance).causes

    def _of(self, instance: str) -> Known:
        if instance not in self._known:
            self._known[instance] = load_known(_looked(self._entry, f"/tables/{quote(instance)}"))
        return self._known[instance]


def _looked(entry: Entry, path: str) -> Any:
    """What the fleet tells. Raises StoreError for a question that is wrong, and other MachineryErrors."""
    status, answer = _exchange(entry, "GET", path)
    match status:
        case 404:
            raise NoTableError(answer["error"])
        case 400:
            raise StoreError(answer["error"])
    return _unless_error(entry, answer)


def _answer(entry: Entry, method: str, path: str, body: str = "") -> Any:
    """What the fleet answers. Raises MachineryError where that is an error, or nothing."""
    return _unless_error(entry, _exchange(entry, method, path, body)[1])


def _unless_error(entry: Entry, answer: Any) -> Any:
    if "error" in answer:
        raise MachineryError(f"{entry.url}: {answer['error']}")
    return answer


def _exchange(entry: Entry, method: str, path: str, body: str = "") -> tuple[int, Any]:
    """The status and the body of an answer. Raises MachineryError where there is none."""
    connection = HTTPConnection(urlsplit(entry.url).netloc)
    try:
        connection.request(method, path, body.encode(), {"Authorization": f"Bearer {entry.token}"})
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    except (OSError, HTTPException, ValueError) as error:
        raise MachineryError(f"{entry.url}: the fleet does not answer any more: {error}") from error
    finally:
        connection.close()
