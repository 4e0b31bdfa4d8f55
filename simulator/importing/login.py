"""How the reader proves who it is: by a password, or with a token that it has for one or for a client's secret."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

import httpx

from simulator.errors import SourceError

TOKEN_PATH = "/oauth_token.do"  # noqa: S105 - a path


@dataclass(frozen=True, slots=True)
class Login:
    """With what somebody logs in; secrets are in no text of it."""

    user: str | None = None
    password: str = field(default="", repr=False)
    client_id: str | None = None
    client_secret: str = field(default="", repr=False)

    def auth(self) -> httpx.Auth:
        """The same for a client of HTTP."""
        if self.client_id is None:
            return httpx.BasicAuth(self.user or "", self.password)
        form = {"client_id": self.client_id, "client_secret": self.client_secret}
        if self.user is None:
            return _Bearer({"grant_type": "client_credentials", **form})
        return _Bearer({"grant_type": "password", **form, "username": self.user, "password": self.password})


class _Bearer(httpx.Auth):
    """Asks for a token before the first request, and for another one when that is not good any more."""

    def __init__(self, form: dict[str, str]) -> None:
        self._form = form
        self._token: str | None = None

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """See httpx.Auth."""
        for is_first in (self._token is None, True):
            if is_first:
                given = yield self._asking(request)
                await given.aread()
                self._token = _token_of(given)
            request.headers["authorization"] = f"Bearer {self._token}"
            response = yield request
            if is_first or response.status_code != httpx.codes.UNAUTHORIZED:
                return

    def _asking(self, request: httpx.Request) -> httpx.Request:
        url = request.url.copy_with(raw_path=TOKEN_PATH.encode())
        return httpx.Request("POST", url, data=self._form, headers={"accept": "application/json"})


def _token_of(response: httpx.Response) -> str:
    try:
        match response.json():
            case {"access_token": str(token)} if response.is_success and token:
                return token
            case {"error": str(error), **rest}:
                said = f"{error}: {rest.get('error_description', '')}"
            case _:
                said = "no token"
    except (json.JSONDecodeError, UnicodeDecodeError):
        said = "no JSON"
    raise SourceError(
        f"{response.url.host} gives no OAuth token ({response.status_code}, {said}); "
        "check --client-id, its secret, and the user"
    )
