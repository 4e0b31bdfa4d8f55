"""Requests to the REST API of instances, and what must come of them."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote, urlsplit

from simulator.protocol.http import Request, Response
from simulator.scenario.judging.mismatch import Mismatch
from simulator.scenario.judging.responses import first_difference
from simulator.scenario.model import RequestStep


def request_of(step: RequestStep) -> Request:
    """The request, as it would come from a client of that user."""
    password = step.user if step.password is None else step.password
    credentials = base64.b64encode(f"{step.user}:{password}".encode()).decode()
    headers = {"authorization": f"Basic {credentials}", "accept": "application/json"}
    body = b""
    if step.body is not None:
        headers["content-type"] = "application/json"
        body = (step.body if isinstance(step.body, str) else json.dumps(step.body)).encode()
    parts = urlsplit(step.path)
    return Request(
        step.method,
        unquote(parts.path),
        tuple(parse_qsl(parts.query, keep_blank_values=True)),
        headers | {name.lower(): value for name, value in step.headers.items()},
        body,
    )


def mismatch_of(step: RequestStep, instance: str, response: Response) -> Mismatch | None:
    """How an instance's answer is not as the step expects it."""
    seen = status_of(response)
    wrong = _error_of(response)
    if step.status is None and response.status >= HTTPStatus.BAD_REQUEST:
        return Mismatch(f"{instance}: a status below 400", seen, wrong)
    if step.status is not None and response.status != step.status:
        return Mismatch(f"{instance}: {_status(step.status)}", seen, wrong)
    if step.answer is None:
        return None
    found = first_difference(step.answer, response.body, "answer")
    return None if found is None else Mismatch(f"{instance}: {found.path}: {found.wanted}", found.seen, wrong)


def joined(mismatches: Sequence[Mismatch | None]) -> Mismatch | None:
    """What is wrong with any of several answers."""
    wrong = [each for each in mismatches if each is not None]
    if not wrong:
        return None
    return Mismatch(
        "; ".join(each.wanted for each in wrong),
        "; ".join(each.seen for each in wrong),
        "\n".join(dict.fromkeys(each.explanation for each in wrong if each.explanation)),
    )


def status_of(response: Response) -> str:
    """Such as "201 Created"."""
    return _status(response.status)


def _status(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _error_of(response: Response) -> str:
    """What the instance says is wrong."""
    match response.body:
        case {"error": {"message": str(message), "detail": detail}}:
            return f"{message}: {detail}" if detail else message
    return ""
