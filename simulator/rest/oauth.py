"""OAuth tokens: given for a password, a refresh token or a client's own secret, and taken back.

The file keeps of a token what shows that it is one, as of a password; the token itself derives from the instance's
secret, so that who asks again while it is good is given the same one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

from simulator.cmdb.columns import hidden
from simulator.cmdb.records import ChangeSet, stamp_of
from simulator.protocol.envelope import derive_id
from simulator.protocol.http import Request, Response
from simulator.rest.accounts import Accounts, read_basic
from simulator.rest.call import Desk
from simulator.store.records import Grant

LIFETIMES = {
    "access": timedelta(seconds=1800),
    "access_of_client": timedelta(seconds=1800),
    "refresh": timedelta(days=100),
}
"""How long tokens are good for, by their type, as on a new instance."""

FOR_CLIENTS = "glide.oauth.inbound.client.credential.grant_type.enabled"
"""The property that switches off what clients ask for themselves."""

TABLE = "oauth_credential"


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of one instance at a time."""

    desk: Desk
    secret: str
    now: datetime

    def user_of(self, access_token: str) -> str | None:
        """Whose token it is; None for one that was never given, is too old, or was taken back."""
        for type_ in ("access", "access_of_client"):
            found = self.desk.records.grants("token", hidden(access_token), type_, stamp_of(self.now))
            if found:
                return found[0].user
        return None

    def give(self, type_: str, user: str, client: str) -> Grant:
        """A grant for the user; asked again while one is good, the same."""
        held = self.desk.records.grants("client_id", client, type_, stamp_of(self.now))
        return next((grant for grant in held if grant.user == user), None) or self._new(type_, user, client)

    def renew(self, refresh_token: str, client: str) -> tuple[Grant, Grant] | None:
        """A new access token for a refresh token of the same client; None where that is not good."""
        found = self.desk.records.grants("token", hidden(refresh_token), "refresh", stamp_of(self.now))
        if not found or found[0].client != client:
            return None
        return self._new("access", found[0].user, client), found[0]

    def take_back(self, token: str) -> None:
        """The token is not good any more, and one that was given with it neither; an unknown one is no fault."""
        now = stamp_of(self.now)
        found = [it for type_ in LIFETIMES for it in self.desk.records.grants("token", hidden(token), type_, now)]
        changes = ChangeSet()
        for grant in found:
            same = (
                it for type_ in LIFETIMES for it in self.desk.records.grants("client_id", grant.client, type_, now)
            )
            changes.deletes[TABLE] += [it.sys_id for it in same if it.user == grant.user]
        self.desk.write(changes)

    def text(self, grant: Grant) -> str:
        """The token itself."""
        return derive_id("token", self.secret, grant.sys_id) + derive_id("more", self.secret, grant.sys_id)

    def _new(self, type_: str, user: str, client: str) -> Grant:
        grant = Grant(self.desk.new_id(), type_, user, client, stamp_of(self.now + LIFETIMES[type_]))
        changes = ChangeSet()
        changes.inserts[TABLE].append(
            {
                "sys_id": grant.sys_id,
                "type": type_,
                "token": hidden(self.text(grant)),
                "user": user,
                "client_id": client,
                "expires": grant.expires,
            }
        )
        self.desk.write(changes)
        return grant


def token(request: Request, accounts: Accounts, tokens: Tokens) -> Response:
    """`/oauth_token.do`: only a form that is posted counts, never the query."""
    if request.method != "POST":
        return _failure(405, "invalid_request", "expected POST")
    form = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    client, secret = form.get("client_id", ""), form.get("client_secret", "")
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if not client and scheme.lower() == "basic":  # where RFC 6749 wants it, and some libraries put it
        client, secret = read_basic(credentials.strip())
    if not accounts.is_client(client, secret):
        return _failure(401, "invalid_client", "access_denied")
    match form.get("grant_type"):
        case "password":
            user = form.get("username", "")
            if not accounts.is_password(user, form.get("password", "")):
                return _failure(401, "server_error", "access_denied")
            return _given(tokens, tokens.give("access", user, client), tokens.give("refresh", user, client))
        case "refresh_token":
            renewed = tokens.renew(form.get("refresh_token", ""), client)
            return _given(tokens, *renewed) if renewed else _failure(401, "invalid_grant", "access_denied")
        case "client_credentials":
            user_of_client = accounts.user_of_client(client)
            if user_of_client is None or tokens.desk.model.properties.get(FOR_CLIENTS) == "false":
                return _failure(401, "server_error", "access_denied")
            return _given(tokens, tokens.give("access_of_client", user_of_client, client), None)
        case other:
            return _failure(400, "unsupported_grant_type", f"grant_type {other or 'is missing'}")


def revoke(request: Request, tokens: Tokens) -> Response:
    """`/oauth_revoke_token.do?token=`."""
    form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
    tokens.take_back(request.parameter("token") or form.get("token", ""))
    return Response(200)


def _given(tokens: Tokens, access: Grant, refresh: Grant | None) -> Response:
    until = datetime.strptime(access.expires, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    body: dict[str, object] = {"access_token": tokens.text(access)}
    if refresh is not None:
        body["refresh_token"] = tokens.text(refresh)
    left = int((until - tokens.now).total_seconds()) - 1  # as a live instance counts
    return Response(200, body | {"scope": "useraccount", "token_type": "Bearer", "expires_in": max(left, 0)})


def _failure(status: int, error: str, description: str) -> Response:
    return Response(status, {"error": error, "error_description": description})
