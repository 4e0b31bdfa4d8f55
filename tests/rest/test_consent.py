"""OAuth by a code and by an assertion (rest.md 3.8, "Authorization code grant workflow", "JWT bearer grant")."""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64encode
from datetime import timedelta
from hashlib import sha256
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from simulator.protocol.http import Response
from tests.rest.client import Api, header
from tests.rest.test_login import CLIENT, FORM, ask, who

HERE = "http://127.0.0.1:8484/callback"
ANN = [{"user_name": "ann"}]
BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
VERIFIER = "v" * 50
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
PKCE = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}


pytestmark = pytest.mark.filterwarnings("ignore:The HMAC key is")  # the secret of the client for tests is short


@pytest.fixture
def api() -> Api:
    return Api({"users": {"ann": {"roles": ["itil"]}}})


def page(api: Api, **asked: str) -> Response:
    """What a browser is shown where the client sends it."""
    query = {"response_type": "code", "client_id": "trustsim", "redirect_uri": HERE, "state": "a&b", **asked}
    return api.send("GET", f"/oauth_auth.do?{urlencode(query)}", user=None)


def answer(api: Api, shown: Response, decision: str = "allow", typed: str = "ann") -> Response:
    """What follows where somebody fills the page in."""
    fields = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', shown.body.decode())
    filled = {name: unescape(value) for name, value in fields}
    filled |= {"user_name": "ann", "user_password": typed, "decision": decision}
    return api.send("POST", "/oauth_auth.do", urlencode(filled).encode(), user=None, headers=FORM)


def told(response: Response) -> dict[str, str]:
    """What the client is told where the browser is sent."""
    assert response.status == 302
    place = header(response, "Location") or ""
    assert place.startswith(HERE + "?")
    return dict(parse_qsl(urlsplit(place).query))


def code(api: Api, **asked: str) -> str:
    return told(answer(api, page(api, **asked)))["code"]


def exchange(api: Api, given: str, **more: str) -> Response:
    return ask(api, grant_type="authorization_code", code=given, **{"redirect_uri": HERE, **more})


def test_a_person_lets_a_client_act(api: Api) -> None:
    shown = page(api)
    assert (shown.status, shown.content_type) == (200, "text/html;charset=UTF-8")
    assert header(shown, "X-Frame-Options") == "DENY"
    assert b"A client for tests wants to act in your name" in shown.body
    said = told(answer(api, shown))
    assert said["state"] == "a&b"
    given = exchange(api, said["code"]).body
    assert set(given) == {"access_token", "refresh_token", "scope", "token_type", "expires_in"}
    assert who(api, given["access_token"]) == ANN
    api.now += timedelta(minutes=31)
    renewed = ask(api, grant_type="refresh_token", refresh_token=given["refresh_token"]).body
    assert who(api, renewed["access_token"]) == ANN
    api.send("GET", f"/oauth_revoke_token.do?token={given['refresh_token']}", user=None)
    assert who(api, renewed["access_token"]) == 401
    assert ask(api, grant_type="refresh_token", refresh_token=given["refresh_token"]).status == 401


def test_a_person_does_not_let_it_or_is_somebody_else(api: Api) -> None:
    assert told(answer(api, page(api), "deny")) == {"error": "access_denied", "state": "a&b"}
    again = answer(api, page(api), typed="wrong")
    assert (again.status, b"User name or password invalid" in again.body) == (401, True)
    assert "code" in told(answer(api, again))
    assert b"<script>" not in page(api, state="<script>").body
    assert b"<b>" not in page(api, redirect_uri=f"{HERE}/<b>").body


def test_a_place_keeps_what_it_asks_for_itself(api: Api) -> None:
    sent = answer(api, page(api, redirect_uri=f"{HERE}?x=1"), "deny")
    assert header(sent, "Location") == f"{HERE}?x=1&error=access_denied&state=a%26b"


@pytest.mark.parametrize(
    "wrong",
    [
        {"redirect_uri": "http://127.0.0.1:8484/other"},
        {"redirect_uri": ""},
        {"client_id": "other", "client_secret": "other"},
        {"code_verifier": VERIFIER},
        {"code": "x"},
    ],
)
def test_a_code_is_good_only_for_what_was_asked(api: Api, wrong: dict[str, str]) -> None:
    api.send("POST", "/api/now/table/oauth_entity", {"name": "o", "client_id": "other"})
    refused = exchange(api, **{"given": code(api), **wrong} if "code" not in wrong else {"given": "x"})
    assert (refused.status, refused.body["error"]) == (401, "invalid_grant")


def test_a_code_is_good_once_and_for_a_minute(api: Api) -> None:
    first = code(api)
    assert exchange(api, first).status == 200
    assert exchange(api, first).status == 401
    second = code(api)
    api.now += timedelta(seconds=60)
    assert exchange(api, second).status == 401


def test_a_public_client_proves_itself_by_pkce(api: Api) -> None:
    made = {"name": "phone", "client_id": "phone", "public_client": True, "redirect_url": f"app://x, {HERE}"}
    api.send("POST", "/api/now/table/oauth_entity", made)
    phone = {"client_id": "phone", "client_secret": ""}
    given = code(api, client_id="phone", **PKCE)
    assert exchange(api, given, **phone).body["error"] == "invalid_client"
    assert exchange(api, given, code_verifier="w" * 50, **phone).body["error"] == "invalid_grant"
    tokens = exchange(api, code(api, client_id="phone", **PKCE), code_verifier=VERIFIER, **phone).body
    assert who(api, tokens["access_token"]) == ANN
    renewed = ask(api, grant_type="refresh_token", refresh_token=tokens["refresh_token"], **phone)
    assert who(api, renewed.body["access_token"]) == ANN
    assert ask(api, grant_type="client_credentials", **phone).status == 401
    assert told(page(api, client_id="phone"))["error"] == "invalid_request"
    assert (
        told(page(api, client_id="phone", **{**PKCE, "code_challenge_method": "plain"}))["error"]
        == "invalid_request"
    )


def test_nobody_is_sent_to_a_place_that_is_not_the_clients(api: Api) -> None:
    """A client without addresses has those of this machine; one with some has these, and the first by default."""
    for place in (
        "https://evil.example/",
        "javascript:alert(1)",
        "http://127.0.0.1.evil.example/",
        "",
        "http://[",
    ):
        assert page(api, redirect_uri=place).status == 400
    assert page(api, client_id="nobody").status == 400
    api.send("POST", "/api/now/table/oauth_entity", {"name": "w", "client_id": "w", "redirect_url": HERE})
    assert page(api, client_id="w", redirect_uri="http://localhost/").status == 400
    assert told(answer(api, page(api, client_id="w", redirect_uri=""), "deny"))["error"] == "access_denied"
    assert told(page(api, response_type="token")) == {"error": "unsupported_response_type", "state": "a&b"}


# -- assertions -----------------------------------------------------------------------------------------


def assertion(api: Api, key: Any = "trustsim", algorithm: str = "HS256", /, **claims: Any) -> str:
    at = int(api.now.timestamp())
    said = {"iss": "trustsim", "aud": "trustsim", "sub": "ann", "iat": at, "exp": at + 60, **claims}
    return jwt.encode({name: value for name, value in said.items() if value is not None}, key, algorithm)


def bearer(api: Api, token: str, **more: str) -> Response:
    return ask(api, grant_type=BEARER, assertion=token, **more)


def test_an_assertion_buys_a_token_in_a_users_name(api: Api) -> None:
    """Signed with the client's secret; in the form, or in the header where PySNC puts it."""
    given = bearer(api, assertion(api)).body
    assert (given["scope"], given["token_type"], "refresh_token" in given) == ("useraccount", "Bearer", True)
    assert who(api, given["access_token"]) == ANN
    body, headers = (
        urlencode({**CLIENT, "grant_type": BEARER}).encode(),
        {"authentication": f"Bearer {assertion(api)}"},
    )
    borne = api.send("POST", "/oauth_token.do", body, user=None, headers=FORM | headers)
    assert who(api, borne.body["access_token"]) == ANN


@pytest.mark.parametrize("algorithm", ["RS256", "RS512", "ES256", "ES384"])
def test_a_clients_key_verifies_its_assertions(api: Api, algorithm: str) -> None:
    """And then its secret does not, nor the text of the key."""
    key: Any = (
        rsa.generate_private_key(65537, 2048)
        if algorithm.startswith("RS")
        else ec.generate_private_key({"256": ec.SECP256R1(), "384": ec.SECP384R1()}[algorithm[2:]])
    )
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    [ann] = api.get("/api/now/table/sys_user?user_name=ann")
    api.send("PATCH", f"/api/now/table/sys_user/{ann['sys_id']}", {"email": "ann@example.com"})
    made = {"name": "k", "client_id": "k", "public_key": pem, "user_field": "email"}
    assert api.send("POST", "/api/now/table/oauth_entity", made).status == 201
    named: dict[str, Any] = {"iss": "k", "aud": ["k"], "sub": "ann@example.com"}
    mine = {"client_id": "k", "client_secret": "k"}
    assert who(api, bearer(api, assertion(api, key, algorithm, **named), **mine).body["access_token"]) == ANN
    other = (
        rsa.generate_private_key(65537, 2048) if algorithm.startswith("RS") else ec.generate_private_key(key.curve)
    )
    assert bearer(api, assertion(api, other, algorithm, **named), **mine).status == 401
    assert bearer(api, assertion(api, "k", **named), **mine).status == 401
    assert bearer(api, assertion(api, key, algorithm, **{**named, "sub": "ann"}), **mine).status == 401


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "other"}, {"aud": "other"}, {"aud": None}, {"sub": "nobody"}, {"sub": None}, {"exp": None},
        {"sub": "\ud800"}, {"exp": 0}, {"exp": "soon"}, {"exp": float("inf")}, {"exp": True},
        {"nbf": 9_999_999_999}, {"iat": 9_999_999_999},
    ],
)  # fmt: skip
def test_an_assertion_that_says_something_else_buys_none(api: Api, claims: dict[str, Any]) -> None:
    refused = bearer(api, assertion(api, **claims))
    assert (refused.status, refused.body["error"]) == (401, "invalid_grant")


def test_clocks_may_differ_by_five_minutes(api: Api) -> None:
    at = int(api.now.timestamp())
    claims: dict[str, Any]
    for claims, status in (
        ({"exp": at - 299}, 200), ({"exp": at - 300}, 401), ({"nbf": at + 300}, 200), ({"nbf": at + 301}, 401),
    ):  # fmt: skip
        assert bearer(api, assertion(api, **claims)).status == status


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "e30.e30.", "bnVsbA.bnVsbA.eA", "é.é.é"])
def test_what_is_no_assertion_buys_none(api: Api, token: str) -> None:
    assert bearer(api, token).body["error"] == "invalid_grant"
    assert bearer(api, assertion(api, None, "none")).status == 401


def test_an_assertion_with_a_name_is_good_once(api: Api) -> None:
    """The name may be used again when the assertion would not be good any more; a client may let it be."""
    token = assertion(api, jti="one")
    assert [bearer(api, token).status, bearer(api, token).status] == [200, 401]
    api.send("POST", "/api/now/table/oauth_entity", {"name": "o", "client_id": "other"})
    others = assertion(api, "other", iss="other", aud="other", jti="one")
    assert bearer(api, others, client_id="other", **{"client_secret": "other"}).status == 200  # noqa: PIE804
    [client] = api.get("/api/now/table/oauth_entity?client_id=trustsim")
    api.send("PATCH", f"/api/now/table/oauth_entity/{client['sys_id']}", {"enable_jti_verification": False})
    assert bearer(api, token).status == 200


def test_an_assertion_of_a_client_that_proves_nothing_buys_none(api: Api) -> None:
    wrong = {"client_secret": "wrong"}
    assert bearer(api, assertion(api), **wrong).body["error"] == "invalid_client"
    api.send("POST", "/api/now/table/oauth_entity", {"name": "p", "client_id": "p", "public_client": True})
    mine = {"client_id": "p", "client_secret": ""}
    signed, _, _ = assertion(api, iss="p", aud="p").rpartition(".")
    by_nothing = urlsafe_b64encode(hmac.digest(b"", signed.encode(), "sha256")).decode().rstrip("=")
    assert bearer(api, f"{signed}.{by_nothing}", **mine).body["error"] == "invalid_client"
