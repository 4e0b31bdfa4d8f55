"""One request to one instance: who calls, which function answers, and what is said when none does."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from simulator.cmdb.conditions.encoded import QueryError
from simulator.cmdb.identification.candidates import home_of, seen_domains
from simulator.domains.session import Session, User
from simulator.protocol.envelope import derive_id
from simulator.protocol.http import BODY_LIMIT, Headers, Request, Response
from simulator.rest import errors, media, routes
from simulator.rest.apis import batch, tinyurl
from simulator.rest.call import Call, Caller, Desk
from simulator.rest.callers import consent, oauth
from simulator.rest.callers.accounts import Accounts
from simulator.rest.callers.oauth import Tokens
from simulator.rest.errors import RestError

_LOGGED_IN = "X-Is-Logged-In"

LONGEST_PATH = 16_384
"""Characters of a path; what is longer is not for the API to answer, but for the server before it."""

_TOO_LONG = b"<html><head><title>Bad Request</title></head><body><h1>Bad Request</h1></body></html>"

_BATCH = "/api/now/batch"

_OPENED = re.compile(r"/api/now/(?:table|stats)/([^/]+)(?:/[^/]*)?")

_GUEST = "guest"
"""As whom people come who have not logged in."""


def is_brief(request: Request) -> bool:
    """Whether it asks for one record and no more: that takes a tenth of a millisecond."""
    is_read = request.method == "GET" and _OVERRIDE not in request.headers
    return is_read and _OF_ONE.fullmatch(routes.unversioned(request.path)) is not None


_OF_ONE = re.compile("/api/now/table/[^/]+/[^/]+")

_OVERRIDE = "x-http-method-override"


class Api:
    """The REST API of one instance; tokens derive from the instance's *secret*."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def answer(self, request: Request, desk: Desk, now: datetime) -> Response:
        """Serves the request; every failure that is the caller's is an answer, too."""
        try:
            response = self._answer(_overridden(request), desk, now)
        except RestError as error:
            response = replace(error.response(), headers=(*error.headers, (_LOGGED_IN, "false")))
        return response if request.path.endswith(".do") else media.suited(request, response)

    def _answer(self, request: Request, desk: Desk, now: datetime) -> Response:
        if len(request.path) > LONGEST_PATH:
            return Response(400, _TOO_LONG, (), "text/html;charset=UTF-8")
        if len(request.body) > BODY_LIMIT:
            raise errors.too_large(request.length)
        accounts, tokens = Accounts(desk.records), Tokens(desk, self._secret, now)
        if request.path == "/oauth_token.do":
            return oauth.token(request, accounts, tokens)
        if request.path == "/oauth_auth.do":
            return consent.authorize(request, accounts, tokens)
        if request.path == "/oauth_revoke_token.do":
            return oauth.revoke(request, tokens)
        caller = _guest(request, desk) or _caller(_user(request, accounts, tokens), desk)
        response = self._serve(request, caller, desk, now)
        return replace(response, headers=(*response.headers, *self._session(request, caller)))

    def _session(self, request: Request, caller: Caller) -> Headers:
        """What an answer says of the session: whether there is one, and its cookies until the client has them."""
        if not caller.sys_id:
            return ((_LOGGED_IN, "false"),)
        if "JSESSIONID=" in request.headers.get("cookie", ""):
            return ((_LOGGED_IN, "true"),)
        id_ = _session_id(self._secret, caller.name)
        kept = (
            "; Path=/; HttpOnly; SameSite=None; Secure"
            if request.base.startswith("https")
            else "; Path=/; HttpOnly"
        )
        cookies = (f"JSESSIONID={id_.upper()}", f"glide_user_route=glide.{id_}")
        return ((_LOGGED_IN, "true"), *(("Set-Cookie", f"{cookie}{kept}") for cookie in cookies))

    def _serve(self, request: Request, caller: Caller, desk: Desk, now: datetime) -> Response:
        """The answer to one who is known; what is wrong with the request is one, too."""
        try:
            if routes.unversioned(request.path) == _BATCH and request.method == "POST":
                return batch.answer(request, lambda part: self._serve_part(part, caller, desk, now))
            return self._routed(request, caller, desk, now)
        except RestError as error:
            return error.response()
        except QueryError as problem:
            return errors.invalid_query(str(problem)).response()

    def _serve_part(self, request: Request, caller: Caller, desk: Desk, now: datetime) -> Response:
        return media.suited(request, self._serve(_overridden(request), caller, desk, now))

    def _routed(self, request: Request, caller: Caller, desk: Desk, now: datetime) -> Response:
        request = tinyurl.expanded(request, desk)
        route = routes.find(request.method, request.path)
        media.check(request, takes_xml=route.takes_xml, is_file=route.is_file)
        response = route.function(Call(request, caller, desk, route.version, now), **route.pieces)
        if request.headers.get("x-no-response-body") == "true" and request.method in media.WRITING:
            return Response(response.status, None, response.headers)
        return response


@lru_cache(maxsize=256)
def _session_id(secret: str, user: str) -> str:
    return derive_id("session", secret, user)


def _caller(user: str | None, desk: Desk) -> Caller:
    """The user with what that user may see. Raises RestError for nobody."""
    known = None if user is None else desk.domains.users.get(user)
    roles = None if user is None else desk.records.roles_of(user)
    if user is None or known is None or roles is None:
        raise errors.not_authenticated()
    session, properties = Session(known), desk.model.properties
    seen = seen_domains(desk.domains.tree, properties, session)
    return Caller(user, known.sys_id, frozenset(roles), seen, home_of(properties, session))


def _guest(request: Request, desk: Desk) -> Caller | None:
    """Who does not say who it is, and asks for a table that is open to everybody (`sys_public`)."""
    says = (*(request.headers.get(name) for name in ("authorization", "x-sn-apikey")), request.certified_user)
    opened = _OPENED.fullmatch(routes.unversioned(request.path))
    if any(says) or opened is None or not desk.records.is_public(opened[1]):
        return None
    session, properties = Session(User("", _GUEST)), desk.model.properties
    seen = seen_domains(desk.domains.tree, properties, session)
    return Caller(_GUEST, "", frozenset(), seen, home_of(properties, session))


def _user(request: Request, accounts: Accounts, tokens: Tokens) -> str | None:
    """As whom the request comes; None where it proves nothing."""
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    match scheme.lower():
        case "basic":
            return accounts.user_of_basic(credentials.strip())
        case "bearer":
            return tokens.user_of(credentials.strip())
    if key := request.headers.get("x-sn-apikey"):
        return accounts.user_of_key(key)
    return request.certified_user


def _overridden(request: Request) -> Request:
    """A client behind a proxy that lets only GET and POST through names its method in a header."""
    method = request.headers.get(_OVERRIDE)
    return replace(request, method=method.upper()) if method else request
