"""An HTTP request and its response, as values: what a server brings and carries away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

JSON = "application/json;charset=UTF-8"
"""The content type of an instance's answers, as a live one words it."""

XML = "application/xml;charset=UTF-8"
"""The same where a client asks for XML."""

BODY_LIMIT = 10 * 1024 * 1024
"""Bytes of a request's body."""


_MOST_DIGITS = 20
"""Of a length: more than any body has."""

Headers = tuple[tuple[str, str], ...]
"""Names and values, in their order."""


@dataclass(frozen=True)
class Request:
    """One request to an instance."""

    method: str
    path: str
    """Decoded, without the query."""
    query: tuple[tuple[str, str], ...] = ()
    """Names and values, decoded, in their order."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """By lower-case name."""
    body: bytes = b""
    base: str = "http://localhost"
    """Scheme and host as the client called them, to which links in the answer lead."""
    certified_user: str | None = None
    """The user for whom the client's certificate is, where TLS has checked one."""

    @property
    def length(self) -> int:
        """Bytes of the body as the client says it; of one that is too long not all is kept."""
        said = self.headers.get("content-length", "")
        return int(said) if said.isascii() and said.isdigit() and len(said) < _MOST_DIGITS else len(self.body)

    @cached_property
    def parameters(self) -> Mapping[str, str]:
        """The query by name; of a name that comes twice the first value counts."""
        return dict(reversed(self.query))

    def parameter(self, name: str, default: str = "") -> str:
        """A value of the query; one that is sent empty is as good as left out."""
        return self.parameters.get(name) or default

    def asks(self, name: str) -> bool:
        """Whether a true/false parameter is true; clients send `True`, too."""
        return self.parameter(name).lower() == "true"


@dataclass(frozen=True)
class Response:
    """The answer: *body* is what JSON or XML says, bytes of *content_type*, or None for no body at all.

    One that gives bytes as they come is sent as it comes, and closed when the client has left.
    """

    status: int
    body: Any = None
    headers: Headers = ()
    content_type: str = JSON


UNAVAILABLE = Response(
    503, {"error": {"message": "Service Unavailable", "detail": "The instance is down"}, "status": "failure"}
)
"""The answer of an instance that cannot answer."""
