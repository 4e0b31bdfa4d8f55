"""Who calls: the users of the instance, and the credentials with which they prove it."""

from __future__ import annotations

import base64
import binascii
import hmac

from simulator.protocol.envelope import derive_id
from simulator.store.records import Records


class Accounts:
    """The passwords of one instance. A user's is the user's name as long as nobody has set another one."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def is_password(self, user: str, password: str) -> bool:
        """Whether it is the user's password; an unknown user has none."""
        account = self._records.account(user)
        if account is None:
            return False
        if account.password is None:
            return _is_same(user, password)
        return _is_same(account.password, hidden(account.sys_id, password))

    def user_of_basic(self, credentials: str) -> str | None:
        """Who proves to be who by basic authentication; None where the text or the password is wrong."""
        try:
            user, _, password = base64.b64decode(credentials, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return user if self.is_password(user, password) else None


def hidden(user_id: str, password: str) -> str:
    """A password as a record holds it: whoever looks at the record does not learn it."""
    return derive_id("user_password", user_id, password)


def _is_same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
