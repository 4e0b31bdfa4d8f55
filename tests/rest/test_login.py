"""Who calls: OAuth with its grants, API keys, and tokens that end (rest.md 3.8, traps 15 and 16)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from simulator.protocol.http import Response
from tests.rest.client import Api, basic, error

ME = "/api/now/table/sys_user?sysparm_query=user_name=javascript:gs.getUserName()&sysparm_fields=user_name"
CLIENT = {"client_id": "trustsim", "client_secret": "trustsim"}
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
def api() -> Api:
    return Api({"users": {"ann": {"roles": ["itil"]}}})


def ask(api: Api, path: str = "/oauth_token.do", /, **fields: str) -> Response:
    return api.send("POST", path, urlencode({**CLIENT, **fields}).encode(), user=None, headers=FORM)


def password_grant(api: Api, user: str = "ann") -> dict[str, Any]:
    body: dict[str, Any] = ask(api, grant_type="password", username=user, password=user).body
    return body


def who(api: Api, token: str) -> list[dict[str, str]] | int:
    response = api.send("GET", ME, user=None, headers={"authorization": f"Bearer {token}"})
    found: list[dict[str, str]] = response.body.get("result")
    return found if response.status == 200 else response.status


def test_a_password_buys_a_token_and_a_refresh_token(api: Api) -> None:
    """All five fields, and the same token for who asks again."""
    given = password_grant(api)
    assert set(given) == {"access_token", "refresh_token", "scope", "token_type", "expires_in"}
    assert (given["scope"], given["token_type"], given["expires_in"]) == ("useraccount", "Bearer", 1799)
    assert who(api, given["access_token"]) == [{"user_name": "ann"}]
    assert who(api, given["refresh_token"]) == 401
    api.now += timedelta(minutes=10)
    assert password_grant(api) == given | {"expires_in": 1199}
    assert password_grant(api, "admin")["access_token"] != given["access_token"]


def test_a_token_ends_and_is_refreshed(api: Api) -> None:
    given = password_grant(api)
    api.now += timedelta(minutes=30)
    assert who(api, given["access_token"]) == 401
    renewed = ask(api, grant_type="refresh_token", refresh_token=given["refresh_token"]).body
    assert renewed["refresh_token"] == given["refresh_token"]
    assert who(api, renewed["access_token"]) == [{"user_name": "ann"}]
    api.now += timedelta(days=101)
    late = ask(api, grant_type="refresh_token", refresh_token=given["refresh_token"])
    assert (late.status, late.body["error"]) == (401, "invalid_grant")


def test_a_refresh_token_is_good_for_its_own_client_alone(api: Api) -> None:
    other = {"client_id": "c", "client_secret": "s"}
    assert api.send("POST", "/api/now/table/oauth_entity", {"name": "c", **other}).status == 201
    token = password_grant(api)["refresh_token"]
    refused = ask(api, grant_type="refresh_token", refresh_token=token, **other)
    assert (refused.status, refused.body["error"]) == (401, "invalid_grant")
    assert ask(api, grant_type="refresh_token", refresh_token=token).status == 200


def test_a_token_outlives_the_instance_and_is_taken_back(api: Api) -> None:
    given = password_grant(api)
    api.reopen()
    assert who(api, given["access_token"]) == [{"user_name": "ann"}]
    assert api.send("GET", f"/oauth_revoke_token.do?token={given['access_token']}", user=None).status == 200
    assert who(api, given["access_token"]) == 401
    assert ask(api, grant_type="refresh_token", refresh_token=given["refresh_token"]).status == 401


def test_a_client_asks_for_itself(api: Api) -> None:
    given = ask(api, grant_type="client_credentials").body
    assert "refresh_token" not in given
    assert who(api, given["access_token"]) == [{"user_name": "admin"}]
    api.configure({"properties": {"glide.oauth.inbound.client.credential.grant_type.enabled": False}})
    assert ask(api, grant_type="client_credentials").status == 401


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"client_secret": "x", "grant_type": "password"}, 401, "invalid_client"),
        ({"client_id": "x", "grant_type": "password"}, 401, "invalid_client"),
        ({"grant_type": "password", "username": "ann", "password": "x"}, 401, "server_error"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, 401, "invalid_grant"),
        ({"grant_type": "jwt"}, 400, "unsupported_grant_type"),
        ({}, 400, "unsupported_grant_type"),
    ],
)
def test_what_buys_no_token(api: Api, fields: dict[str, str], status: int, code: str) -> None:
    response = ask(api, **fields)
    assert (response.status, response.body["error"]) == (status, code)


def test_a_client_may_prove_itself_as_the_standard_has_it(api: Api) -> None:
    """PySNC's library sends the client in the header."""
    body = urlencode({"grant_type": "password", "username": "ann", "password": "ann"}).encode()
    given = api.send(
        "POST", "/oauth_token.do", body, user=None, headers=FORM | {"authorization": basic("trustsim")}
    )
    assert who(api, given.body["access_token"]) == [{"user_name": "ann"}]


def test_a_client_in_the_form_comes_before_one_in_the_header(api: Api) -> None:
    body = urlencode({**CLIENT, "grant_type": "client_credentials"}).encode()
    headers = FORM | {"authorization": basic("ann")}
    assert api.send("POST", "/oauth_token.do", body, user=None, headers=headers).status == 200


def test_only_a_posted_form_counts(api: Api) -> None:
    query = urlencode({**CLIENT, "grant_type": "password", "username": "ann", "password": "ann"})
    assert api.send("POST", f"/oauth_token.do?{query}", user=None).status == 401
    assert api.send("GET", f"/oauth_token.do?{query}", user=None).status == 405


def test_an_api_key_is_somebody(api: Api) -> None:
    [ann] = api.get("/api/now/table/sys_user?user_name=ann")
    made = api.send("POST", "/api/now/table/api_key", {"name": "k", "token": "sesame", "user": ann["sys_id"]})
    assert "sesame" not in str(made.body)
    assert api.get(ME, user=None, headers={"x-sn-apikey": "sesame"}) == [{"user_name": "ann"}]
    assert api.send("GET", ME, user=None, headers={"x-sn-apikey": "x"}).status == 401
    api.send("PATCH", f"/api/now/table/api_key/{made.body['result']['sys_id']}", {"active": "false"})
    assert api.send("GET", ME, user=None, headers={"x-sn-apikey": "sesame"}).status == 401


def test_secrets_are_neither_shown_nor_kept_as_they_are(api: Api) -> None:
    given = password_grant(api)
    api.send("POST", "/api/now/table/oauth_entity", {"name": "c", "client_id": "c", "client_secret": "opensesame"})
    dumped = "\n".join(api.connection.iterdump())
    for secret in (given["access_token"], given["refresh_token"], "opensesame"):
        assert secret not in dumped
    for table in ("oauth_entity", "oauth_credential", "api_key"):
        rows = api.get(f"/api/now/table/{table}")
        assert {row.get(name, "********") for row in rows for name in ("client_secret", "token")} <= {"********"}
        assert api.get(f"/api/now/table/{table}", user="ann") == []
    body = urlencode(
        {"client_id": "c", "client_secret": "opensesame", "grant_type": "client_credentials"}
    ).encode()
    refused = api.send("POST", "/oauth_token.do", body, user=None, headers=FORM)
    assert refused.body["error_description"] == "access_denied"  # nobody has said as which user it acts


def test_an_answer_says_whether_somebody_is_logged_in(api: Api) -> None:
    """rest.md 3.4; cookies come until the client has them, and are no login."""

    def cookies(**more: Any) -> list[str]:
        return [value for name, value in api.send("GET", ME, **more).headers if name == "Set-Cookie"]

    mine = cookies()
    assert [one.partition("=")[0] for one in mine] == ["JSESSIONID", "glide_user_route"]
    assert all(one.endswith("; Path=/; HttpOnly; SameSite=None; Secure") for one in mine)
    assert mine == cookies()
    assert {*mine}.isdisjoint(cookies(user="ann"))
    sent = {"cookie": "; ".join(one.partition(";")[0] for one in mine)}
    assert cookies(headers=sent) == []
    assert api.send("GET", ME, headers=sent, user=None).status == 401
    said = {
        "GET": (ME, "admin", "true"),
        "POST": ("/api/now/table/nope", "admin", "true"),
        "PUT": (ME, None, "false"),
    }
    for method, (url, user, expected) in said.items():
        response = api.send(method, url, user=user)
        assert [value for name, value in response.headers if name == "X-Is-Logged-In"] == [expected]


def test_passwords_of_a_setup_are_passwords() -> None:
    api = Api({"records": {"sys_user": [{"user_name": "bob", "user_password": "s3cret"}]}})
    assert api.get(ME, headers={"authorization": basic("bob", "s3cret")}) == [{"user_name": "bob"}]
    assert error(api.send("GET", ME, user="bob"))[0] == 401


def test_a_token_is_one_clients_and_one_users(api: Api) -> None:
    """Nobody else renews it, and with one that is taken back nobody else's goes."""
    given, others = password_grant(api), password_grant(api, "admin")
    api.send("POST", "/api/now/table/oauth_entity", {"name": "o", "client_id": "other"})
    other = {"client_id": "other", "client_secret": "other"}
    stolen = ask(api, grant_type="refresh_token", refresh_token=given["refresh_token"], **other)
    assert (stolen.status, stolen.body["error"]) == (401, "invalid_grant")
    theirs = ask(api, grant_type="password", username="ann", password="ann", **other).body  # noqa: S106
    assert theirs["access_token"] != given["access_token"]
    api.send("GET", f"/oauth_revoke_token.do?token={given['access_token']}", user=None)
    assert who(api, given["access_token"]) == 401
    assert who(api, others["access_token"]) == [{"user_name": "admin"}]
    assert who(api, theirs["access_token"]) == [{"user_name": "ann"}]
