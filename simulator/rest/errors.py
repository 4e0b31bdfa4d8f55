"""The error bodies of the REST API, to the word: clients compare them."""

from __future__ import annotations

from datetime import datetime
from math import ceil

from simulator.protocol.http import BODY_LIMIT, Headers, Response
from simulator.refusal import Refusal

CHALLENGE: Headers = (("WWW-Authenticate", 'BASIC realm="Service-now"'),)


REFUSAL = "X-Trustsim-Refusal"
"""The header with the code of a refusal."""


class RestError(Exception):
    """A request that is not served; it becomes the error body that the API documents."""

    def __init__(self, status: int, message: str, detail: str | None = None, headers: Headers = ()) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.detail = detail
        self.headers = headers

    def response(self) -> Response:
        """The answer that says so."""
        body = {"error": {"message": self.message, "detail": self.detail}, "status": "failure"}
        return Response(self.status, body, self.headers)


def not_authenticated() -> RestError:
    """No credentials, or wrong ones."""
    return RestError(401, "User Not Authenticated", "Required to provide Auth information", CHALLENGE)


def forbidden(operation: str) -> RestError:
    """The caller may not write this; the operation as people call it: Insert, Update, Delete."""
    return RestError(403, "Operation Failed", f"ACL Exception {operation} Failed due to security constraints")


def refused(refusal: Refusal) -> RestError:
    """A rule of the instance says no, and why; its code, which is stable, stands in a header."""
    return RestError(403, "Operation Failed", refusal.explanation, ((REFUSAL, str(refusal.code)),))


def impossible(detail: str) -> RestError:
    """The same where it is no rule but what is there that says no."""
    return RestError(403, "Operation Failed", detail)


def aborted(table: str, rule: str, sys_id: str) -> RestError:
    """A business rule keeps the record from being written."""
    return RestError(
        403,
        "Operation Failed",
        f"Operation against file '{table}' was aborted by Business Rule '{rule}^{sys_id}'. "
        f"Business Rule Stack:{rule}",
    )


def not_authorized() -> RestError:
    """The caller may not use this API at all."""
    return RestError(403, "User Not Authorized", "Failed API level ACL Validation")


def no_record() -> RestError:
    """There is no such record, or the caller may not know that there is."""
    return RestError(404, "No Record found", "Record doesn't exist or ACL restricts the record retrieval")


def invalid_table(name: str) -> RestError:
    """There is no such table."""
    return RestError(400, f"Invalid table {name}")


def no_resource(path: str) -> RestError:
    """Nothing answers under this path."""
    return RestError(400, "Requested URI does not represent any resource", path)


def method_not_allowed(method: str, path: str) -> RestError:
    """The path is known, and not for this method."""
    return RestError(405, "Method not supported", f"{method} is not supported for {path}")


def invalid_parameter(name: str, expected: str, came: str) -> RestError:
    """A parameter has a value that it cannot have."""
    return RestError(400, f"Invalid value for {name}", f"expected {expected}, got {came}")


def invalid_query(problem: str) -> RestError:
    """What is asked for cannot be looked for."""
    return RestError(400, "Invalid query", problem)


def too_often(limit: int, path: str, reset_at: datetime, now: datetime) -> RestError:
    """More requests than *limit* within an hour, which ends at *reset_at*."""
    wait = max(1, ceil((reset_at - now).total_seconds()))
    return RestError(
        429,
        "Rate limit exceeded",
        f"Rate limit of {limit} requests per hour for {_api_of(path)} exceeded",
        (
            ("Retry-After", str(wait)),
            ("X-RateLimit-Limit", str(limit)),
            ("X-RateLimit-Reset", str(int(reset_at.timestamp()))),
            ("X-RateLimit-Rule", f"{limit} requests per hour"),
        ),
    )


_APIS = {
    "table": "Table API",
    "stats": "Aggregate API",
    "attachment": "Attachment API",
    "identifyreconcile": "Identification and Reconciliation API",
    "cmdb": "CMDB API",
    "batch": "Batch API",
}


def _api_of(path: str) -> str:
    return next((name for part, name in _APIS.items() if f"/{part}" in path), "REST API")


def unreadable(detail: str) -> RestError:
    """The body is not what it has to be."""
    return RestError(400, "Exception while reading request", detail)


def too_large(length: int) -> RestError:
    """The body is larger than the API takes."""
    return unreadable(
        f"Rejected large REST payload with content-length = {length} bytes. Max allowed: {BODY_LIMIT} bytes."
    )
