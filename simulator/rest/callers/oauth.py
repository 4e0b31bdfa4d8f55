"""OAuth tokens: given for a password, a refresh token, a code, an assertion or a client's own secret; taken back.

The file keeps of a token what shows that it is one, as of a password; the token itself derives from the instance's
secret, so that who asks again while it is good is given the same one.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from urllib.parse import parse_qsl

from simulator.cmdb.classes.columns import hidden
from simulator.cmdb.records import ChangeSet, stamp_of
from simulator.protocol.envelope import derive_id
from simulator.protocol.http import Request, Response
from simulator.rest.call import Desk
from simulator.rest.callers import jwt
from simulator.rest.callers.accounts import Accounts, read_basic
from simulator.rest.callers.jwt import Assertion
from simulator.store.cmdb.base import SYSTEM
from simulator.store.records.records import Grant, OauthClient

LIFETIMES = {
    "access": timedelta(seconds=1800),
    "access_of_client": timedelta(seconds=1800),
    "refresh": timedelta(days=100),
    "code": timedelta(seconds=60),
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

    def give_code(self, user: str, client: str, redirect_uri: str, challenge: str) -> str:
        """What the client exchanges for a token, once; of RFC 7636's challenges that by SHA-256, or none."""
        sys_id = self.desk.new_id()
        code = self._code(sys_id, redirect_uri, challenge)
        self._keep(Grant(sys_id, "code", user, client, stamp_of(self.now + LIFETIMES["code"])), code)
        return code

    def use_code(self, code: str, client: str, redirect_uri: str, verifier: str) -> str | None:
        """Whose code it is; None for one that is used up, too old, another client's or was asked for otherwise."""
        found = self.desk.records.grants("token", hidden(code), "code", stamp_of(self.now))
        if not found:
            return None
        changes = ChangeSet()
        changes.deletes[TABLE].append(found[0].sys_id)
        self.desk.write(changes, SYSTEM)
        digest = urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=") if verifier else ""
        is_asked_so = self._code(found[0].sys_id, redirect_uri, digest) == code
        return found[0].user if is_asked_so and found[0].client == client else None

    def use_once(self, name: str, client: str, until: datetime) -> bool:
        """Whether the client uses this name for the first time; it is kept until then."""
        kept = f"{client}/{name}"
        if self.desk.records.grants("token", hidden(kept), "jti", stamp_of(self.now)):
            return False
        self._keep(Grant(self.desk.new_id(), "jti", "", client, stamp_of(until)), kept)
        return True

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
        self.desk.write(changes, SYSTEM)

    def text(self, grant: Grant) -> str:
        """The token itself."""
        return derive_id("token", self.secret, grant.sys_id) + derive_id("more", self.secret, grant.sys_id)

    def _new(self, type_: str, user: str, client: str) -> Grant:
        grant = Grant(self.desk.new_id(), type_, user, client, stamp_of(self.now + LIFETIMES[type_]))
        self._keep(grant, self.text(grant))
        return grant

    def _code(self, sys_id: str, redirect_uri: str, challenge: str) -> str:
        """It derives from how it was asked for, so that it is good for nothing else."""
        return derive_id("code", self.secret, sys_id, redirect_uri, challenge)

    def _keep(self, grant: Grant, text: str) -> None:
        changes = ChangeSet()
        changes.inserts[TABLE].append(
            {
                "sys_id": grant.sys_id,
                "type": grant.type,
                "token": hidden(text),
                "user": grant.user,
                "client_id": grant.client,
                "expires": grant.expires,
            }
        )
        self.desk.write(changes, SYSTEM)


def token(request: Request, accounts: Accounts, tokens: Tokens) -> Response:
    """`/oauth_token.do`: only a form that is posted counts, never the query."""
    if request.method != "POST":
        return _failure(405, "invalid_request", "expected POST")
    form = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    name, secret = form.get("client_id", ""), form.get("client_secret", "")
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if not name and scheme.lower() == "basic":  # where RFC 6749 wants it, and some libraries put it
        name, secret = read_basic(credentials.strip())
    client = accounts.client(name)
    if client is None or not (accounts.is_client(name, secret) or _needs_no_secret(client, form, secret)):
        return _failure(401, "invalid_client", "access_denied")
    match form.get("grant_type"):
        case "password":
            user = form.get("username", "")
            if not accounts.is_password(user, form.get("password", "")):
                return _failure(401, "server_error", "access_denied")
            return _given(tokens, tokens.give("access", user, name), tokens.give("refresh", user, name))
        case "refresh_token":
            renewed = tokens.renew(form.get("refresh_token", ""), name)
            return _given(tokens, *renewed) if renewed else _failure(401, "invalid_grant", "access_denied")
        case "client_credentials":
            if client.user is None or tokens.desk.model.properties.get(FOR_CLIENTS) == "false":
                return _failure(401, "server_error", "access_denied")
            return _given(tokens, tokens.give("access_of_client", client.user, name), None)
        case "authorization_code":
            verifier = form.get("code_verifier", "")
            user_of_code = tokens.use_code(form.get("code", ""), name, form.get("redirect_uri", ""), verifier)
            return _for(tokens, user_of_code, name)
        case jwt.GRANT:
            _, _, borne = request.headers.get("authentication", "").partition(" ")  # where PySNC puts it
            said = Assertion.read(form.get("assertion") or borne, client.public_key, secret)
            user_of_it = None if said is None else _user_of(said, client, name, accounts, tokens)
            return _for(tokens, user_of_it, name)
        case other:
            return _failure(400, "unsupported_grant_type", f"grant_type {other or 'is missing'}")


def _needs_no_secret(client: OauthClient, form: Mapping[str, str], secret: str) -> bool:
    """Whether a client that can keep none proves otherwise that it may ask."""
    if not client.is_public or secret:
        return False
    match form.get("grant_type"):
        case "authorization_code":
            return bool(form.get("code_verifier"))
        case "refresh_token":
            return True
        case jwt.GRANT:
            return bool(client.public_key)
    return False


def _user_of(said: Assertion, client: OauthClient, name: str, accounts: Accounts, tokens: Tokens) -> str | None:
    """In whose name the client asks; None where the assertion does not let it."""
    if not said.is_good(name, tokens.now):
        return None
    user = accounts.user_by(client.user_field, str(said.claims.get("sub", "")))
    id_ = said.claims.get("jti")
    if user is not None and client.is_once and id_ is not None and not tokens.use_once(str(id_), name, said.until):
        return None
    return user


def _for(tokens: Tokens, user: str | None, client: str) -> Response:
    """Tokens for a user whom somebody has shown to be the right one."""
    if user is None:
        return _failure(401, "invalid_grant", "access_denied")
    return _given(tokens, tokens.give("access", user, client), tokens.give("refresh", user, client))


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
