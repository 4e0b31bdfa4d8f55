"""What programs may ask of a fleet that is up, over HTTP on loopback: `trustsim do` is one of them.

    GET  /fleet   where everything is: instances with their addresses and users, the broker, fleet time
    GET  /tables  what stands in the tables of all instances
    GET  /        with --page: a page that shows what happens, and lets people act
    GET  /events  the same: what happens, as it happens (feed.py)
    GET  /guests/NAME  what a program needs to be that guest: its signing key, the others' public keys, the broker
    GET  /tables/NAME  what that instance knows of trust: rows as values, and how they came to be
    GET  /tables/NAME/TABLE  rows of any of its tables; `query` is an encoded query, `limit` how many at most
    POST /steps   takes the steps in the body, a list in the scenario language, and answers what became of each

Whoever asks shows the fleet's token, as `Authorization: Bearer TOKEN`: else any page in a browser could ask, too.
The fleet's own page has nothing of it in it, and gets the token with its address.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from hmac import compare_digest
from typing import Any

from pydantic import TypeAdapter

from simulator.errors import DiskError, MachineryError, NoTableError, ScenarioError, StoreError
from simulator.protocol.http import Request, Response
from simulator.report.files.page import document
from simulator.report.result import StepResult
from simulator.serving.fleet import ServedFleet
from simulator.serving.known import dump_known
from simulator.serving.registry import Entry, noted
from simulator.store.records.found import ALL
from simulator.transport.http import HttpServer, listen
from simulator.viewer import page

LOOPBACK = "127.0.0.1"

STEPS: TypeAdapter[list[StepResult]] = TypeAdapter(list[StepResult])
"""Reads what `POST /steps` has answered."""


@asynccontextmanager
async def controlled(fleet: ServedFleet) -> AsyncIterator[Entry]:
    """Lets programs of the user ask something of the fleet, as long as the block lasts. Raises MachineryError."""
    token, listener = secrets.token_urlsafe(24), listen(LOOPBACK, 0)
    host, port = listener.getsockname()
    entry = Entry(fleet.file, f"http://{host}:{port}", token, os.getpid())
    async with HttpServer(_Control(fleet, token).answer, {listener: None}):
        with noted(entry):
            yield entry


class _Control:
    """Answers for one fleet, to who shows the *token*."""

    def __init__(self, fleet: ServedFleet, token: str) -> None:
        self._fleet = fleet
        self._token = token

    async def answer(self, request: Request) -> Response:
        """The answer to one request."""
        if (request.method, request.path) == ("GET", "/") and self._fleet.feed:
            return Response(200, page(document("live", "", [])).encode(), content_type="text/html;charset=UTF-8")
        shown = request.headers.get("authorization", "").removeprefix("Bearer ") or request.parameter("token")
        if not compare_digest(shown.encode(), self._token.encode()):
            return _refused(401, "expected the fleet's token, as `Authorization: Bearer TOKEN`")
        match request.method, request.path:
            case "GET", "/fleet":
                return Response(200, self._fleet.about())
            case "GET", "/tables":
                return Response(200, self._fleet.tables())
            case "GET", "/events" if self._fleet.feed:
                return Response(200, self._fleet.feed.follow(), content_type="text/event-stream")
            case "POST", "/steps":
                return await self._steps(request.body)
            case "GET", path if path.startswith(_GUESTS):
                return self._guest(path.removeprefix(_GUESTS))
            case "GET", path if path.startswith(_TABLES):
                return self._tables(path.removeprefix(_TABLES), request)
        return _refused(
            404, f"expected GET /fleet, GET /tables/NAME or POST /steps, got {request.method} {request.path}"
        )

    def _tables(self, path: str, request: Request) -> Response:
        instance, _, table = path.partition("/")
        if instance not in self._fleet.known.instances:
            return _refused(
                404, f"no instance {instance} is up; there are: {', '.join(self._fleet.known.instances)}"
            )
        limit = request.parameter("limit", str(ALL))
        if not limit.removeprefix("-").isdecimal():
            return _refused(400, f"expected a number of rows as limit, got {limit}")
        known = self._fleet.known
        try:
            if not table:
                return Response(200, dump_known(known, instance))
            return Response(200, asdict(known.find(instance, table, request.parameter("query"), int(limit))))
        except NoTableError as error:
            return _refused(404, str(error))
        except DiskError as error:
            return _refused(500, str(error))
        except StoreError as error:
            return _refused(400, str(error))

    def _guest(self, name: str) -> Response:
        told = self._fleet.guest(name)
        if told is None:
            return _refused(404, f"{name} is no guest of the fleet; `trustsim up --guest {name}` makes it one")
        return Response(200, told)

    async def _steps(self, body: bytes) -> Response:
        try:
            results = await self._fleet.do(body.decode())
        except UnicodeDecodeError as error:
            return _refused(400, f"expected steps in UTF-8: {error}")
        except ScenarioError as error:
            return Response(400, {"problems": [asdict(problem) for problem in error.problems]})
        except MachineryError as error:
            return _refused(500, str(error))
        return Response(200, as_data(results))


_GUESTS = "/guests/"
_TABLES = "/tables/"


def as_data(results: Sequence[StepResult]) -> list[dict[str, Any]]:
    """The results as JSON has them."""
    data = STEPS.dump_python(list(results), mode="json")
    return [{**each, "verdict": result.verdict} for each, result in zip(data, results, strict=True)]


def _refused(status: int, error: str) -> Response:
    return Response(status, {"error": error})
