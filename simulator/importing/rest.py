"""Rows from an instance by its Table API, page by page. Nothing but GET is sent, and for a token one POST."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import count
from typing import Any

import httpx

from simulator.errors import SourceError, TransportError
from simulator.importing.classes import class_names
from simulator.importing.login import Login
from simulator.importing.rows import Row, Rows, row_of
from simulator.importing.tables import PROPERTIES, TABLES

_PAGE = 1000
"""Rows of a page: an instance answers it in seconds, as its own clients ask for."""

_MOST_PAGES = 1000
"""Of a table: more rows than that no setup can take, and an instance that never ends would be read for ever."""

_NAMES_AT_ONCE = 100
"""Classes whose columns are asked for together: URLs stay below what proxies let through."""

_ATTEMPTS = 5
_LONGEST_WAIT = 120.0
"""Seconds: who is told to wait longer than that is told to come back another time."""

_BUSY = frozenset({429, 502, 503, 504})
"""What is said by an instance, or by a proxy before it, that may well answer in a moment."""

_LONGEST_ANSWER = 300.0
"""Seconds for one answer as a whole: one that comes byte by byte is never late by itself."""

_LIMITS = httpx.Timeout(60.0, connect=15.0)

Wait = Callable[[float], Awaitable[None]]
Show = Callable[[str], None]


def client_of(url: str, login: Login, transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """A client for one instance, which follows nobody elsewhere: what it logs in with is for that one only."""
    return httpx.AsyncClient(
        base_url=url,
        auth=login.auth(),
        headers={"accept": "application/json"},
        timeout=_LIMITS,
        follow_redirects=False,
        transport=transport,
    )


class Reader:
    """Reads all that an import takes from one instance."""

    def __init__(self, client: httpx.AsyncClient, wait: Wait, show: Show, now: Callable[[], datetime]) -> None:
        self._client, self._wait, self._show, self._now = client, wait, show, now
        self._host = client.base_url.netloc.decode()
        self._is_let_in = False
        """Whether it has shown any rows."""

    async def read(self) -> Rows:
        """All rows. Raises SourceError where the instance does not give them, TransportError where it is away."""
        found: dict[str, list[Row]] = {}
        for table in TABLES:
            for query in _queries(table, found):
                if (rows := await self._rows(table, query)) is not None:
                    found.setdefault(table, []).extend(rows)
        return Rows(found)

    async def _rows(self, table: str, query: str) -> list[Row] | None:
        """The rows of a table that fit an encoded query; None of a table that the instance has not."""
        found: dict[str, Row] = {}
        offset = 0
        for _ in range(_MOST_PAGES):
            shown = await self._page(table, query, offset)
            if shown is None:
                return None
            records, total = shown
            fresh = {row["sys_id"] or "": row for row in records if row["sys_id"] not in found}
            found |= fresh
            # By what has come, not by what was asked for: an instance may give smaller pages than that.
            offset += len(records)
            self._show(f"{table}: {len(found)}" + (f" of {total}" if total is not None else ""))
            if records and not fresh:
                raise SourceError(
                    f"{self._host} gives the same rows of {table} for another page: it does not go by "
                    "sysparm_offset, and cannot be read as a whole"
                )
            if not records or (total is not None and offset >= total):
                if total is not None and len(found) < total:
                    raise SourceError(
                        f"{self._host} shows {len(found)} of the {total} rows of {table}: the user may not read "
                        "the others; import as a user with the role admin"
                    )
                return [*found.values()]
        raise SourceError(f"{self._host} has more than {_PAGE * _MOST_PAGES} rows of {table}")

    async def _page(self, table: str, query: str, offset: int) -> tuple[list[Row], int | None] | None:
        """The rows of a page, and how many there are on all pages where the instance says it; None of no table."""
        columns = ("sys_id", *TABLES[table].columns)
        response = await self._get(
            f"/api/now/table/{table}",
            {
                "sysparm_query": "^".join(filter(None, [query, "ORDERBYsys_id"])),
                "sysparm_fields": ",".join(columns),
                "sysparm_display_value": "false",
                "sysparm_exclude_reference_link": "true",
                "sysparm_suppress_pagination_header": "true",
                "sysparm_query_no_domain": "true",
                "sysparm_limit": str(_PAGE),
                "sysparm_offset": str(offset),
            },
        )
        body = self._body(response, table)
        if body is None:
            return None
        rows: list[Row] = [row_of(record) for record in body]
        if any(not row.get("sys_id") for row in rows):
            raise SourceError(
                f"{self._host} shows rows of {table} without their sys_ids: the user may not read them; "
                "import as a user with the role admin"
            )
        total = response.headers.get("x-total-count", "")
        return rows, int(total) if total.isascii() and total.isdigit() and len(total) < 12 else None

    async def _get(self, path: str, parameters: dict[str, str]) -> httpx.Response:
        """The answer, be it good or bad, as soon as the instance is not too busy to give one."""
        for attempt in count(1):
            is_last = attempt == _ATTEMPTS
            try:
                async with asyncio.timeout(_LONGEST_ANSWER):
                    response = await self._client.get(path, params=parameters)
            except (TimeoutError, httpx.HTTPError) as error:
                if is_last or not self._is_let_in:  # one that has answered before is likely to do so again
                    raise self._away(error) from error
                self._show(f"{self._host} has not answered: once more")
                await self._wait(1.0)
                continue
            if response.status_code not in _BUSY:
                return response
            seconds = self._seconds_of(response)
            what = "asked too often" if response.status_code == httpx.codes.TOO_MANY_REQUESTS else "not ready"
            if is_last or seconds > _LONGEST_WAIT:
                raise TransportError(
                    f"{self._host} is {what} ({response.status_code}, {_said(response)}) and wants "
                    f"{seconds:.0f} s of rest; try again later"
                )
            self._show(f"{self._host} is {what}: {seconds:.0f} s of rest")
            await self._wait(seconds)
        raise AssertionError("counting does not end")

    def _away(self, error: TimeoutError | httpx.HTTPError) -> TransportError:
        if isinstance(error, (TimeoutError, httpx.TimeoutException)):
            return TransportError(f"{self._host} does not answer in time; try again later")
        message = str(error) or type(error).__name__
        private = "; SSL_CERT_FILE names the authority of a private one" if "CERTIF" in message else ""
        return TransportError(f"{self._host} cannot be reached: {message}{private}")

    def _seconds_of(self, response: httpx.Response) -> float:
        """How long Retry-After asks to wait: seconds, or until when."""
        text = response.headers.get("retry-after", "")
        if re.fullmatch(r"[0-9]{1,9}", text):
            return float(text)
        try:
            at = parsedate_to_datetime(text)
        except ValueError:
            return 1.0
        return max((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() - self._now().timestamp(), 0.0)

    def _body(self, response: httpx.Response, table: str) -> list[dict[str, Any]] | None:
        """The records of a good answer; None where there is no such table. Raises SourceError for another one."""
        status = response.status_code
        if response.is_redirect or response.has_redirect_location:
            raise SourceError(
                f"{self._host} sends elsewhere ({status}), to {_place(response)}: a login page, or another "
                "address of the instance; give that address, and a user who logs in with a password or --client-id"
            )
        try:
            content = response.json()
        except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
            kind = response.headers.get("content-type", "").partition(";")[0] or "nothing"
            raise SourceError(
                f"{self._host} answers with {kind} and no JSON ({status}): it is no instance, asleep, or wants "
                "another login"
            ) from error
        match content:
            case {"result": [*records]} if status == httpx.codes.OK and all(
                isinstance(it, dict) for it in records
            ):
                self._is_let_in = True
                return records
            case {"error": {"message": str(message)}} if message.startswith("Invalid table"):
                if TABLES[table].is_needed:
                    raise SourceError(f"{self._host} has no table {table}: {message}; it has no CMDB")
                return None
        advice = _LOCKED_OUT if status == httpx.codes.UNAUTHORIZED and self._is_let_in else _advice(status)
        raise SourceError(f"{self._host} does not show {table} ({status}, {_said(response)}): {advice}")


def _queries(table: str, found: dict[str, list[Row]]) -> Iterator[str]:
    """For what a table is asked: all rows, or those that can be of use."""
    match table:
        case "sys_properties":
            yield f"nameIN{','.join(PROPERTIES)}"
        case "sys_dictionary" | "sys_choice":
            classes = sorted(class_names(Rows({"sys_db_object": found["sys_db_object"]})))
            about = "^elementISNOTEMPTY" if table == "sys_dictionary" else ""
            yield from (f"nameIN{','.join(some)}{about}" for some in _chunks(classes))
        case _:
            yield ""


def _chunks(names: Sequence[str]) -> Iterator[Sequence[str]]:
    return (names[at : at + _NAMES_AT_ONCE] for at in range(0, len(names), _NAMES_AT_ONCE))


_LOCKED_OUT = (
    "it has let the reader in before: meanwhile the password was changed, or the user locked out; try again"
)

_ADVICE = {
    401: "the user or the password is wrong; --user, and TRUSTSIM_PASSWORD or the password that is asked for",
    403: "the user may not; import as a user with the role admin",
    404: "give the address of an instance, such as https://NAME.service-now.com, without a path",
}


def _advice(status: int) -> str:
    return _ADVICE.get(status, "try again later" if status >= 500 else "it is no instance that is known here")


def _said(response: httpx.Response) -> str:
    """What the instance says of it."""
    try:
        match response.json():
            case {"error": {"message": str(message), "detail": str(detail)}} if detail:
                return f"{message}: {detail}"
            case {"error": {"message": str(message)}} | {"error": str(message)}:
                return message
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
        pass
    return response.reason_phrase or "no reason given"


def _place(response: httpx.Response) -> str:
    """Where it sends, without what might be secret."""
    try:
        url = httpx.URL(response.headers.get("location", ""))
    except httpx.InvalidURL:
        return "nowhere"
    return f"{url.host}{url.path}"
