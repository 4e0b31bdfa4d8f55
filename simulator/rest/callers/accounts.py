"""Who calls: users, OAuth clients and API keys of the instance, and how they prove it.

A user's password is the user's name, and a client's secret its id, as long as nobody has set another one.
"""

from __future__ import annotations

import base64
import binascii
import hmac

from simulator.cmdb.classes.columns import hidden
from simulator.store.records.records import OauthClient, Records


class Accounts:
    """All that can log in to one instance."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def is_password(self, user: str, password: str) -> bool:
        """Whether it is the user's password; an unknown user has none."""
        found = self._records.password_of(user)
        if found is None:
            return False
        return _is_same(found[0], hidden(password)) if found[0] else _is_same(user, password)

    def is_client(self, client: str, secret: str) -> bool:
        """Whether it is the secret of a client that exists."""
        found = self._records.client(client)
        return found is not None and _is_same(found.secret or hidden(client), hidden(secret))

    def client(self, client: str) -> OauthClient | None:
        """The client of that id; None for one that there is not."""
        return self._records.client(client)

    def user_by(self, field: str, value: str) -> str | None:
        """The one active user with this value in a field; None where there is none or are several."""
        return self._records.user_by(field, value)

    def user_of_key(self, key: str) -> str | None:
        """Whose API key it is."""
        return self._records.user_of_key(hidden(key))

    def user_of_basic(self, credentials: str) -> str | None:
        """Who proves to be who by basic authentication; None where the text or the password is wrong."""
        user, password = read_basic(credentials)
        return user if self.is_password(user, password) else None


def read_basic(credentials: str) -> tuple[str, str]:
    """Name and password as basic authentication writes them; empty where it is nothing of the kind."""
    try:
        name, _, password = base64.b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, password


def _is_same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
