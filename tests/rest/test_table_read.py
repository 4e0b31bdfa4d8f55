"""Table API: what is read, and how it looks (rest.md, 3.2 to 3.5)."""

from __future__ import annotations

import pytest

from tests.rest.client import BASE, Api, error, header

COMPANY, OTHER = "1" * 32, "2" * 32
SETUP = {
    "records": {
        "core_company": [{"sys_id": COMPANY, "name": "Initech"}, {"sys_id": OTHER, "name": "Acme"}],
        "cmdb_ci_linux_server": [
            {"sys_id": f"{number:032x}", "name": f"lx{number:02}", "company": COMPANY if number % 2 else OTHER,
             "ram": str(number * 1024), "cpu_count": "2", "install_status": "1"}
            for number in range(1, 11)
        ],
        "cmdb_ci_win_server": [{"sys_id": "f" * 32, "name": "win"}],
    }
}  # fmt: skip
LINK = f"{BASE}/api/now/table/core_company/{COMPANY}"
LINUX = "/api/now/table/cmdb_ci_linux_server"


@pytest.fixture(scope="module")
def api() -> Api:
    return Api(SETUP)


def test_a_list_says_how_many_there_are_and_shows_values_as_text(api: Api) -> None:
    response = api.send("GET", f"{LINUX}?sysparm_query=ORDERBYname&sysparm_limit=2")
    assert response.status == 200
    assert header(response, "X-Total-Count") == "10"
    first, second = response.body["result"]
    assert (first["name"], second["name"]) == ("lx01", "lx02")
    assert first["ram"] == "1024"
    assert first["asset_tag"] == ""
    assert first["sys_class_name"] == "cmdb_ci_linux_server"


@pytest.mark.parametrize(
    ("parameters", "company"),
    [
        ("", {"link": LINK, "value": COMPANY}),
        ("&sysparm_exclude_reference_link=true", COMPANY),
        ("&sysparm_display_value=true", {"display_value": "Initech", "link": LINK}),
        ("&sysparm_display_value=True&sysparm_exclude_reference_link=True", "Initech"),
        ("&sysparm_display_value=all", {"display_value": "Initech", "link": LINK, "value": COMPANY}),
        (
            "&sysparm_display_value=all&sysparm_exclude_reference_link=true",
            {"display_value": "Initech", "value": COMPANY},
        ),
    ],
)  # fmt: skip
def test_a_reference_looks_as_the_display_mode_says(api: Api, parameters: str, company: object) -> None:
    """rest.md 3.3; links lead to the host that the client called (trap 2)."""
    assert api.get(f"{LINUX}?name=lx01{parameters}")[0]["company"] == company


def test_a_scalar_looks_as_the_display_mode_says(api: Api) -> None:
    shown = {
        mode: api.get(f"{LINUX}?name=lx01&sysparm_display_value={mode}")[0] for mode in ("false", "true", "all")
    }
    assert shown["false"]["install_status"] == "1"
    assert shown["true"]["install_status"] == "Installed"
    assert shown["all"]["install_status"] == {"display_value": "Installed", "value": "1"}
    assert shown["all"]["asset_tag"] == {"display_value": "", "value": ""}
    assert shown["true"]["sys_class_name"] == "Linux Server"


def test_an_empty_reference_is_an_empty_text(api: Api) -> None:
    assert api.get(f"{LINUX}?name=lx01")[0]["assigned_to"] == ""


def test_truth_values_of_trust_tables_are_words(api: Api) -> None:
    assert {row["retired"] for row in api.get("/api/now/table/sn_mif_instance")} == {"false"}


def test_fields_are_chosen_walked_to_and_unknown_ones_left_out(api: Api) -> None:
    fields = "sysparm_fields=name,company.name,nope,company.nope,ram.name"
    assert api.get(f"{LINUX}?name=lx01&{fields}") == [{"name": "lx01", "company.name": "Initech"}]
    shown = api.get(f"{LINUX}?name=lx01&{fields}&sysparm_display_value=all")[0]
    assert shown["company.name"] == {"display_value": "Initech", "value": "Initech"}


def test_empty_parameters_are_none(api: Api) -> None:
    """pysnow sends them all (trap 5)."""
    url = f"{LINUX}?sysparm_fields=&sysparm_view=&sysparm_query=&sysparm_limit=10000&sysparm_offset=0"
    response = api.send("GET", f"{url}&sysparm_display_value=False&sysparm_suppress_pagination_header=False")
    assert len(response.body["result"]) == 10
    assert header(response, "Link") is None


def test_names_and_values_filter_beside_a_page(api: Api) -> None:
    """Display values count for references and choices (trap 6)."""
    assert len(api.get(f"{LINUX}?company=initech&install_status=Installed&sysparm_limit=3&sysparm_offset=1")) == 3
    assert len(api.get(f"{LINUX}?company={OTHER}")) == 5
    assert len(api.get(f"{LINUX}?nope=1")) == 10


def test_an_encoded_query_comes_before_names_and_values(api: Api) -> None:
    """They exclude each other (rest.md 3.2)."""
    assert api.names(f"{LINUX}?sysparm_query=name=lx01&name=lx02") == ["lx01"]
    assert api.names(f"{LINUX}?sysparm_query=&name=lx02") == ["lx02"]


@pytest.mark.parametrize("parameter", ["sysparm_view=mobile", "sysparm_query_category=x", "sysparm_unknown=1"])
def test_a_parameter_that_changes_nothing_is_no_filter(api: Api, parameter: str) -> None:
    assert api.get(f"{LINUX}?name=lx01&{parameter}") == api.get(f"{LINUX}?name=lx01")
    assert api.get(f"{LINUX}?name=lx01&{parameter}&sysparm_fields=name") == [{"name": "lx01"}]


def test_a_list_that_says_nothing_has_ten_thousand_records(api: Api) -> None:
    made = {"core_company": [{"name": f"c{number:05}"} for number in range(10_001)]}
    many = Api({"records": made})
    response = many.send("GET", "/api/now/table/core_company?sysparm_fields=name")
    assert (len(response.body["result"]), header(response, "X-Total-Count")) == (10_000, "10001")
    assert header(response, "Link") is not None


def test_links_to_other_pages_have_the_punctuation_of_a_live_instance(api: Api) -> None:
    def links(offset: int) -> str | None:
        return header(api.send("GET", f"{LINUX}?sysparm_limit=4&sysparm_offset={offset}&active=true"), "Link")

    def link(offset: int, relation: str) -> str:
        return f'<{BASE}{LINUX}?active=true&sysparm_offset={offset}&sysparm_limit=4>;rel="{relation}"'

    assert links(0) == ",".join([link(0, "first"), link(4, "next"), link(8, "last")])
    assert links(4) == ",".join([link(0, "first"), link(0, "prev"), link(8, "next"), link(8, "last")])
    assert links(8) == ",".join([link(0, "first"), link(4, "prev"), link(8, "last")])


def test_the_last_page_is_a_full_one_where_it_can_be_and_no_page_has_no_links(api: Api) -> None:
    whole = header(api.send("GET", f"{LINUX}?sysparm_limit=5"), "Link") or ""
    assert whole.endswith(f'<{BASE}{LINUX}?sysparm_offset=5&sysparm_limit=5>;rel="last"')
    none = api.send("GET", f"{LINUX}?sysparm_limit=0")
    assert (none.body["result"], header(none, "X-Total-Count"), header(none, "Link")) == ([], "10", None)
    assert 'rel="last"' in (header(api.send("GET", f"{LINUX}?sysparm_limit=10&sysparm_offset=5"), "Link") or "")


def test_paging_headers_can_be_switched_off(api: Api) -> None:
    quiet = api.send("GET", f"{LINUX}?sysparm_limit=2&sysparm_suppress_pagination_header=true")
    assert header(quiet, "Link") is None
    assert header(quiet, "X-Total-Count") == "10"
    silent = api.send("GET", f"{LINUX}?sysparm_limit=2&sysparm_no_count=true")
    assert header(silent, "X-Total-Count") is None


def test_pages_are_the_whole_list_once(api: Api) -> None:
    pages = [api.names(f"{LINUX}?sysparm_limit=3&sysparm_offset={at}") for at in (0, 3, 6, 9)]
    assert sorted(name for page in pages for name in page) == [f"lx{number:02}" for number in range(1, 11)]


@pytest.mark.parametrize(
    "page", ["sysparm_offset=-1", "sysparm_limit=x", "sysparm_limit=-5", "sysparm_limit=" + "9" * 5000]
)
def test_a_page_that_cannot_be_is_refused(api: Api, page: str) -> None:
    assert api.send("GET", f"{LINUX}?{page}").status == 400


def test_a_table_of_a_parent_shows_the_parents_fields_alone(api: Api) -> None:
    """Trap 3."""
    server, computer = (
        api.get(f"/api/now/table/{table}?name=lx01")[0] for table in ("cmdb_ci_linux_server", "cmdb_ci")
    )
    assert "cpu_count" in server
    assert "cpu_count" not in computer
    assert computer["sys_class_name"] == "cmdb_ci_linux_server"
    assert "cpu_count" not in api.get(f"/api/now/table/cmdb_ci/{1:032x}")


def test_version_1_has_no_empty_list(api: Api) -> None:
    assert api.get("/api/now/v2/table/cmdb_ci_netgear") == []
    assert api.get("/api/now/table/cmdb_ci_netgear") == []
    assert error(api.send("GET", "/api/now/v1/table/cmdb_ci_netgear"))[:2] == (404, "No Record found")


def test_the_errors_are_those_of_the_product_to_the_word(api: Api) -> None:
    """rest.md 3.5."""
    challenged = api.send("GET", LINUX, user=None)
    assert error(challenged) == (401, "User Not Authenticated", "Required to provide Auth information")
    assert header(challenged, "WWW-Authenticate") == 'BASIC realm="Service-now"'
    assert error(api.send("GET", f"{LINUX}/{'9' * 32}")) == (
        404, "No Record found", "Record doesn't exist or ACL restricts the record retrieval",
    )  # fmt: skip
    assert error(api.send("GET", "/api/now/table/nope")) == (400, "Invalid table nope", None)
    assert error(api.send("GET", "/api/now/nope")) == (
        400, "Requested URI does not represent any resource", "/api/now/nope",
    )  # fmt: skip
    assert api.send("TRACE", LINUX).status == 405
    assert api.send("GET", LINUX, headers={"accept": "text/csv"}).status == 406
    assert error(api.send("POST", LINUX, b"x" * (10 * 1024 * 1024 + 1))) == (
        400,
        "Exception while reading request",
        "Rejected large REST payload with content-length = 10485761 bytes. Max allowed: 10485760 bytes.",
    )


def test_tables_of_the_simulator_itself_are_not_served(api: Api) -> None:
    for name in ("x_trustsim_journal", "sqlite_schema", "x_trustsim_cmdb_action", 'a"b', "sys_user;drop"):
        assert api.send("GET", f"/api/now/table/{name}").status == 400


def test_a_wrong_password_is_no_login(api: Api) -> None:
    for credentials in ("Basic YWRtaW46eA==", "Basic YWRtaW4=", "Basic ?", "Basic", "Digest x", ""):
        assert api.send("GET", LINUX, headers={"authorization": credentials}).status == 401


def test_passwords_are_never_shown(api: Api) -> None:
    """Whether one is set or not."""
    assert {row["user_password"] for row in api.get("/api/now/table/sys_user")} == {"*" * 8}


def test_a_head_request_is_answered_like_a_get(api: Api) -> None:
    assert header(api.send("HEAD", LINUX), "X-Total-Count") == "10"


def test_the_dictionary_tells_of_columns_and_choices(api: Api) -> None:
    """As the schema commands of clients ask for it (rest.md 1.5)."""
    query = "name=cmdb_ci^elementISNOTEMPTY^active=true"
    columns = {row["element"]: row for row in api.get(f"/api/now/table/sys_dictionary?sysparm_query={query}")}
    assert columns["duplicate_of"]["reference"] == "cmdb_ci"
    assert columns["start_date"]["internal_type"] == "glide_date_time"
    choices = api.get("/api/now/table/sys_choice?name=cmdb&element=install_status&inactive=false")
    assert ("1", "Installed") in [(row["value"], row["label"]) for row in choices]
    assert api.get("/api/now/table/sys_db_object?name=cmdb_ci_linux_server")[0]["label"] == "Linux Server"
