"""A call of the Identification and Reconciliation API: its failures as the API tells them."""

from __future__ import annotations

from simulator.decision import Refusal, RefusalCode

_MESSAGES = {
    RefusalCode.USER_UNKNOWN: "User Not Authenticated",
    RefusalCode.ROLE_MISSING: "User Not Authorized",
    RefusalCode.OPTIONS_INVALID: "Exception while executing request",
}
"""What the body says with the statuses 401, 403 and 500; of the last one only the detail is on record."""


def failure_body(refusal: Refusal) -> dict[str, object]:
    """The body of an answer other than 200."""
    detail = refusal.found.removesuffix(".")
    return {"error": {"message": _MESSAGES[refusal.code], "detail": detail}, "status": "failure"}
