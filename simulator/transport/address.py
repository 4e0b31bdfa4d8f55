"""Where a broker listens and how to log in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self
from urllib.parse import unquote, urlsplit

DEFAULT_PORT = 1883  # registered for MQTT without TLS

_EXPECTED = "expected mqtt://[user:password@]host[:port], for example mqtt://127.0.0.1:1883"


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """A broker's host and port, with the account to use there; printing it never shows the password."""

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `mqtt://user:password@host:port`; ValueError says what was expected and what came.

        User name and password may be percent-encoded; the port defaults to 1883.
        """
        shown = _without_password(text)
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError:  # its own text is left out, as it may quote the password
            raise ValueError(f"{_EXPECTED}; {shown!r} cannot be read as host and port") from None
        if parts.scheme != "mqtt":
            raise ValueError(f"{_EXPECTED}; {shown!r} does not begin with mqtt://")
        if not parts.hostname:
            raise ValueError(f"{_EXPECTED}; {shown!r} names no host")
        if port == 0:
            raise ValueError(f"{_EXPECTED}; {shown!r} has port 0, where nobody can listen")
        if parts.path.strip("/") or parts.query or parts.fragment:
            raise ValueError(f"{_EXPECTED}; {shown!r} goes on after the port")
        if parts.password is not None and not parts.username:
            raise ValueError(f"{_EXPECTED}; {shown!r} has a password but no user")
        return cls(
            host=parts.hostname,
            port=DEFAULT_PORT if port is None else port,
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password is not None else None,
        )

    def __str__(self) -> str:
        account = f"{self.username}@" if self.username is not None else ""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"mqtt://{account}{host}:{self.port}"


def _without_password(text: str) -> str:
    """`text` as it may be shown: everything between the user's colon and the last @ is hidden."""
    account, at, rest = text.rpartition("@")
    scheme, slashes, login = account.rpartition("://")
    user, colon, _ = login.partition(":")
    return f"{scheme}{slashes}{user}{colon and ':***'}{at}{rest}"
