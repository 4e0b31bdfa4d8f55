"""How an instance is read: page by page, with GET alone, and what is said when it gives no rows."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from simulator.errors import MachineryError, SourceError
from simulator.importing.login import Login
from simulator.importing.rows import Rows
from tests.fleet import START
from tests.rest.client import Api

from .sources import ADMIN, EVERYTHING, HOST, Served, imported, read

SECRET = "s3cret-of-the-client"  # noqa: S105 - of a client that is made up
OAUTH = {
    "records": {
        "oauth_entity": [
            {"name": "Import", "client_id": "importer", "client_secret": SECRET, "oauth_application_user": "ann"}
        ],
        "sys_user": [{"user_name": "ann", "user_password": "her-own"}],
    },
    "users": {"ann": {"roles": ["admin"]}},
}


def answering(answer: Callable[[httpx.Request], httpx.Response]) -> httpx.MockTransport:
    """An instance of another kind, which is nobody's here."""
    return httpx.MockTransport(answer)


def refused(answer: httpx.Response | Exception, login: Login = ADMIN) -> str:
    """What is said of an instance that answers everything so."""

    def everything(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    with pytest.raises((SourceError, MachineryError)) as caught:
        read(answering(everything), login)
    return f"{type(caught.value).__name__}: {caught.value}"


def test_an_instance_is_only_read() -> None:
    """Nothing but GET of the Table API, always in the order of sys_ids, with the columns named."""
    many = {f"u_thing_{number}": {"extends": "cmdb_ci"} for number in range(150)}
    served = Served(Api({**EVERYTHING, "classes": {**EVERYTHING["classes"], **many}}))
    before = served.api.connection.total_changes
    served.rows()
    assert served.api.connection.total_changes == before
    assert {request.method for request in served.requests} == {"GET"}
    assert all(request.path.startswith("/api/now/table/") for request in served.requests)
    assert all(request.parameter("sysparm_query").endswith("ORDERBYsys_id") for request in served.requests)
    assert all(request.parameter("sysparm_fields").startswith("sys_id,") for request in served.requests)
    assert {request.parameter("sysparm_query_no_domain") for request in served.requests} == {"true"}
    assert max(len(request.parameter("sysparm_query")) for request in served.requests) < 3500, "proxies cut URLs"
    assert not any("password" in value or "secret" in value for it in served.requests for _, value in it.query)


def test_a_table_is_read_page_by_page() -> None:
    """2,500 users in three pages, all of them once."""
    api = Api({"users": {f"u{number:04}": {} for number in range(2500)}})
    served = Served(api)
    assert len(served.rows().of("sys_user")) == 2501
    asked = [request for request in served.requests if request.path.endswith("/sys_user")]
    assert [request.parameter("sysparm_offset") for request in asked] == ["0", "1000", "2000"]


def test_a_table_that_is_not_there_is_left_out() -> None:
    """An instance without the Multi-Instance Framework makes a setup."""
    api = Api(EVERYTHING)

    def answer(request: httpx.Request) -> httpx.Response:
        if "/sn_mif_" in request.url.path:
            return httpx.Response(
                400, json={"error": {"message": "Invalid table x", "detail": None}, "status": "failure"}
            )
        return _served(api, request)

    assert read(answering(answer)).of("sn_mif_instance") == []

    def without_cmdb(request: httpx.Request) -> httpx.Response:
        return httpx.Response(
            400, json={"error": {"message": "Invalid table x", "detail": None}, "status": "failure"}
        )

    with pytest.raises(SourceError, match="has no table sys_db_object"):
        read(answering(without_cmdb))


def _served(api: Api, request: httpx.Request) -> httpx.Response:
    response = api.send(
        request.method, str(request.url.raw_path.decode()), headers=dict(request.headers), user=None
    )
    return httpx.Response(response.status, json=response.body, headers=list(response.headers))


@pytest.mark.parametrize(
    ("login", "posts"),
    [
        (Login(None, "", "importer", SECRET), 1),
        (Login("ann", "her-own", "importer", SECRET), 1),
        (Login("ann", "her-own"), 0),
    ],
    ids=["client", "password-grant", "basic"],
)
def test_everybody_logs_in_as_they_may(login: Login, posts: int) -> None:
    """With a token there is one POST, for that; neither secret nor token comes out anywhere."""
    api = Api(OAUTH)
    served = Served(api)
    rows = served.rows(login)
    assert [request.path for request in served.requests if request.method == "POST"] == ["/oauth_token.do"] * posts
    assert len(rows.of("sys_user")) == 2
    made = imported(api)
    secrets = [
        SECRET,
        "her-own",
        *(row[0] for row in api.connection.execute("select token from oauth_credential")),
    ]
    assert not any(secret in text for secret in secrets for text in (made.text, made.summary, repr(login)))
    assert "password" not in made.text


def test_a_token_that_is_too_old_is_renewed() -> None:
    api = Api(OAUTH)
    served = Served(api)
    ask = served.answer

    async def answer(request: Any) -> Any:
        if len(served.requests) == 10:
            api.now = START.replace(year=START.year + 1)
        return await ask(request)

    served.answer = answer  # type: ignore[method-assign]
    served.rows(Login(None, "", "importer", SECRET))
    assert [request.method for request in served.requests].count("POST") == 2


@pytest.mark.parametrize(
    ("login", "expected"),
    [
        (Login("admin", "wrong"), "the user or the password is wrong"),
        (Login("nobody", "nobody"), "the user or the password is wrong"),
        (Login(None, "", "importer", "wrong"), "gives no OAuth token (401, invalid_client: access_denied)"),
        (Login("ann", "wrong", "importer", SECRET), "gives no OAuth token (401, server_error: access_denied)"),
    ],
)
def test_who_may_not_log_in_is_told_so(login: Login, expected: str) -> None:
    with pytest.raises(SourceError) as caught:
        Served(Api(OAUTH)).rows(login)
    assert expected in str(caught.value)
    assert "wrong'" not in str(caught.value)


def test_rows_that_are_kept_back_are_missed() -> None:
    """The product drops what a user may not read without a word; half of the rules is worse than none."""
    acl = {"name": "cmdb_identifier", "operation": "read", "role": "itil"}
    api = Api({"users": {"ann": {}}, "records": {"sys_security_acl": [acl]}})
    with pytest.raises(SourceError) as caught:
        Served(api).rows(Login("ann", "ann"))
    assert "shows 0 of the 47 rows of cmdb_identifier: the user may not read the others" in str(caught.value)
    Served(api).rows()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (
            httpx.Response(
                403, json={"error": {"message": "User Not Authorized", "detail": "Failed API level ACL"}}
            ),
            (
                "SourceError: HOST does not show sys_db_object (403, User Not Authorized: Failed API level ACL"
                "): the user may not; import as a user with the role admin"
            ),
        ),
        (
            httpx.Response(404, json={"error": {"message": "No Record found", "detail": None}}),
            (
                "SourceError: HOST does not show sys_db_object (404, No Record found): give the address of an "
                "instance, such as https://NAME.service-now.com, without a path"
            ),
        ),
        (
            httpx.Response(500, json={"error": "broken"}),
            "SourceError: HOST does not show sys_db_object (500, broken): try again later",
        ),
        (
            httpx.Response(200, json=["no", "rows"]),
            "SourceError: HOST does not show sys_db_object (200, OK): it is no instance that is known here",
        ),
        (
            httpx.Response(200, text="<html>Sign in</html>", headers={"content-type": "text/html;charset=UTF-8"}),
            (
                "SourceError: HOST answers with text/html and no JSON (200): it is no instance, asleep, or wants "
                "another login"
            ),
        ),
        (
            httpx.Response(302, headers={"location": "https://sso.example/login?token=secret"}),
            (
                "SourceError: HOST sends elsewhere (302), to sso.example/login: a login page, or another address "
                "of the instance; give that address, and a user who logs in with a password or --client-id"
            ),
        ),
        (
            httpx.Response(200, json={"result": [{"name": "cmdb"}]}),
            (
                "SourceError: HOST shows rows of sys_db_object without their sys_ids: the user may not read them; "
                "import as a user with the role admin"
            ),
        ),
        (
            httpx.ReadTimeout("slow"),
            "TransportError: HOST does not answer in time; try again later",
        ),
        (
            httpx.ConnectError("refused"),
            "TransportError: HOST cannot be reached: refused",
        ),
    ],
    ids=lambda it: str(getattr(it, "status_code", type(it).__name__)),
)
def test_an_instance_that_gives_no_rows(answer: httpx.Response | Exception, expected: str) -> None:
    """What it was, and what to do; of who is asked for a login, no part of it."""
    assert refused(answer).replace(HOST, "HOST") == expected


def test_no_other_host_is_asked() -> None:
    """Whatever the instance says: what it is logged in with is for that one only."""
    hosts = set()

    def answer(request: httpx.Request) -> httpx.Response:
        hosts.add(request.url.host)
        return httpx.Response(301, headers={"location": "https://elsewhere.example/api/now/table/sys_db_object"})

    with pytest.raises(SourceError, match=r"elsewhere\.example"):
        read(answering(answer))
    assert hosts == {HOST}


def busy(retry_after: str, times: int, api: Api) -> tuple[Rows | str, list[float]]:
    """What comes of an instance that asks for a rest so many times, and how long it was given."""
    waited: list[float] = []
    left = times

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal left
        if left:
            left -= 1
            body = {"error": {"message": "Rate limit exceeded", "detail": "too many"}, "status": "failure"}
            return httpx.Response(429, json=body, headers={"retry-after": retry_after})
        return _served(api, request)

    try:
        return read(answering(answer), waited=waited), waited
    except MachineryError as error:
        return str(error), waited


def test_who_asks_too_often_waits_as_long_as_is_said() -> None:
    """In seconds or until a time; not more than four times for one answer, and never for long."""
    api = Api({})
    rows, waited = busy("7", 4, api)
    assert isinstance(rows, Rows)
    assert waited == [7.0] * 4
    assert busy(f"{START:%a, %d %b %Y} 08:00:30 GMT", 1, api)[1] == [30.0]
    assert busy("nonsense", 1, api)[1] == [1.0]
    said, waited = busy("7", 5, api)
    assert said == (
        "prod1.example is asked too often (429, Rate limit exceeded: too many) and wants 7 s of rest; "
        "try again later"
    )
    assert waited == [7.0] * 4
    said, waited = busy("3600", 1, api)
    assert (waited, "3600 s of rest" in str(said)) == ([], True)


def test_an_instance_without_a_count_is_read_to_its_last_page() -> None:
    api = Api({"users": {f"u{number:04}": {} for number in range(1200)}})

    def answer(request: httpx.Request) -> httpx.Response:
        response = _served(api, request)
        del response.headers["x-total-count"]
        return response

    assert len(read(answering(answer)).of("sys_user")) == 1201


@pytest.mark.parametrize("is_counted", [True, False])
def test_an_instance_may_give_smaller_pages_than_it_is_asked_for(is_counted: bool) -> None:
    """All rows come, each once; one that gives the first page for every page is found out."""
    api = Api({"users": {f"u{number:04}": {} for number in range(700)}})

    def answer(request: httpx.Request) -> httpx.Response:
        parameters = dict(request.url.params) | {"sysparm_limit": "250"}
        response = _served(api, httpx.Request("GET", request.url, params=parameters, headers=request.headers))
        if not is_counted:
            del response.headers["x-total-count"]
        return response

    users = read(answering(answer)).of("sys_user")
    assert len({row["sys_id"] for row in users}) == len(users) == 701

    def first_page(request: httpx.Request) -> httpx.Response:
        parameters = dict(request.url.params) | {"sysparm_offset": "0"}
        return answer(httpx.Request("GET", request.url, params=parameters, headers=request.headers))

    with pytest.raises(SourceError, match=r"gives the same rows of \w+ for another page"):
        read(answering(first_page))


def in_the_middle(fault: Callable[[], httpx.Response], times: int) -> tuple[Rows | str, list[float]]:
    """What comes of an instance where that happens so many times, after twenty good answers."""
    api, waited, asked = Api(EVERYTHING), list[float](), 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        return fault() if 20 < asked <= 20 + times else _served(api, request)

    try:
        return read(answering(answer), waited=waited), waited
    except (SourceError, MachineryError) as error:
        return str(error), waited


def late() -> httpx.Response:
    raise httpx.ReadTimeout("slow")


def cut() -> httpx.Response:
    raise httpx.RemoteProtocolError("Server disconnected")


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (late, "prod1.example does not answer in time; try again later"),
        (cut, "prod1.example cannot be reached: Server disconnected"),
        (lambda: httpx.Response(502), "prod1.example is not ready (502, Bad Gateway) and wants 1 s of rest"),
        (
            lambda: httpx.Response(503),
            "prod1.example is not ready (503, Service Unavailable) and wants 1 s of rest",
        ),
        (lambda: httpx.Response(504), "prod1.example is not ready (504, Gateway Timeout) and wants 1 s of rest"),
    ],
)
def test_what_passes_is_waited_for_four_times(fault: Callable[[], httpx.Response], said: str) -> None:
    """Once an instance has answered, it is likely to do so again; all rows are there then."""
    rows, waited = in_the_middle(fault, 4)
    assert isinstance(rows, Rows)
    assert waited == [1.0] * 4
    assert rows.of("sys_user") == in_the_middle(fault, 0)[0].of("sys_user")  # type: ignore[union-attr]
    told, waited = in_the_middle(fault, 5)
    assert said in str(told)
    assert waited == [1.0] * 4


def test_who_is_locked_out_in_the_middle_is_told_so() -> None:
    """The user and the password were right a moment ago."""
    body = {"error": {"message": "User Not Authenticated", "detail": "x"}}
    told, waited = in_the_middle(lambda: httpx.Response(401, json=body), 1)
    assert "(401, User Not Authenticated: x): it has let the reader in before: meanwhile the password was" in str(
        told
    )
    assert waited == []


def test_an_answer_that_comes_byte_by_byte_is_late_at_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulator.importing.rest._LONGEST_ANSWER", 0.05)

    async def dripping(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(10)
        raise AssertionError("nobody waits so long")

    with pytest.raises(MachineryError, match="does not answer in time"):
        read(httpx.MockTransport(dripping))


def test_basic_authentication_is_sent_as_it_is() -> None:
    seen = set()

    def answer(request: httpx.Request) -> httpx.Response:
        seen.add(request.headers["authorization"])
        return httpx.Response(401, json={"error": {"message": "User Not Authenticated", "detail": "x"}})

    with pytest.raises(SourceError, match="401, User Not Authenticated: x"):
        read(answering(answer), Login("jö", "pä:ß"))
    assert seen == {"Basic " + base64.b64encode("jö:pä:ß".encode()).decode()}
