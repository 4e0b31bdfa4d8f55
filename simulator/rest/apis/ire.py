"""The four endpoints of Identification and Reconciliation ("Identification and Reconciliation API")."""

from __future__ import annotations

from typing import Any

from simulator.protocol.cmdb import Identify
from simulator.protocol.http import Response
from simulator.refusal import Refusal, RefusalCode
from simulator.rest import errors
from simulator.rest.call import Call
from simulator.rest.errors import RestError

_FAILURES = {
    RefusalCode.USER_UNKNOWN: (401, "User Not Authenticated"),
    RefusalCode.ROLE_MISSING: (403, "User Not Authorized"),
    RefusalCode.DOMAIN_NOT_SELECTABLE: (403, "User Not Authorized"),
    RefusalCode.OPTIONS_INVALID: (500, "Exception while executing request"),
}
"""Status and message by what is refused; of the last one only the detail is on record."""


def identify_reconcile(call: Call) -> Response:
    """Identifies and commits, all or nothing."""
    return _answer(call, enhanced=False, query=False)


def identify_reconcile_enhanced(call: Call) -> Response:
    """The same with options and partial payloads."""
    return _answer(call, enhanced=True, query=False)


def query(call: Call) -> Response:
    """Says what would happen."""
    return _answer(call, enhanced=False, query=True)


def query_enhanced(call: Call) -> Response:
    """The same with options."""
    return _answer(call, enhanced=True, query=True)


def failure(refusal: Refusal) -> RestError:
    """What a caller is told that the engine does not answer."""
    status, message = _FAILURES[refusal.code]
    return RestError(status, message, refusal.found.removesuffix("."))


def identify(call: Call, body: str, source: str | None, *, enhanced: bool, query: bool) -> dict[str, Any]:
    """What the engine answers the caller; data comes with the source of the query alone. Raises RestError."""
    answer = call.desk.identify(
        Identify(
            user=call.caller.name,
            source=source,
            body=body,
            options=call.request.parameters.get("options") if enhanced else None,
            enhanced=enhanced,
            query=query,
        )
    )
    if isinstance(answer, Refusal):
        raise failure(answer)
    return answer


def _answer(call: Call, *, enhanced: bool, query: bool) -> Response:
    try:
        body = call.request.body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise errors.unreadable(f"expected JSON in UTF-8: {error}") from None
    source = call.request.parameters.get("sysparm_data_source")
    return Response(200, {"result": identify(call, body, source, enhanced=enhanced, query=query)})
