"""Times as users read them, and as records keep them (rest.md 3.2, 3.3 and trap 12)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.cmdb.classes.columns import Column, Type
from simulator.rest.times import Times
from tests.fleet import examples
from tests.rest.client import Api

SERVER = "/api/now/table/cmdb_ci_linux_server"
ID = "1" * 32
FIELDS = "sysparm_fields=last_discovered,warranty_expiration,sys_updated_on"
KEPT = {"last_discovered": "2026-01-05 23:30:00", "warranty_expiration": "2027-02-03"}


@pytest.fixture
def api() -> Api:
    people = [
        {"user_name": "mia", "time_zone": "Europe/Berlin", "date_format": "dd.MM.yyyy", "time_format": "HH:mm:ss"},
        {"user_name": "joe", "time_zone": "America/New_York", "date_format": "MM-dd-yyyy",
         "time_format": "hh:mm:ss a"},
        {"user_name": "eve", "time_zone": "Nowhere/At_All", "date_format": "qqqq", "time_format": "%H"},
    ]  # fmt: skip
    api = Api({"records": {"sys_user": people, "cmdb_ci_linux_server": [{"sys_id": ID, "name": "lx", **KEPT}]}})
    for user in ("mia", "joe", "eve"):
        api.send("POST", "/api/now/table/sys_user_has_role", {"user": user, "role": "itil"})
    return api


def shown(api: Api, mode: str, user: str) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"{SERVER}/{ID}?{FIELDS}&sysparm_display_value={mode}", user=user)
    return found


@pytest.mark.parametrize(
    ("user", "time", "day"),
    [
        ("admin", "2026-01-05 23:30:00", "2027-02-03"),
        ("mia", "06.01.2026 00:30:00", "03.02.2027"),
        ("joe", "01-05-2026 06:30:00 PM", "02-03-2027"),
        ("eve", "2026-01-05 23:30:00", "2027-02-03"),
    ],
)
def test_a_time_is_shown_in_the_zone_and_format_of_the_user_and_kept_in_utc(
    api: Api, user: str, time: str, day: str
) -> None:
    plain, read, both = (shown(api, mode, user) for mode in ("false", "true", "all"))
    assert KEPT.items() <= plain.items()
    assert (read["last_discovered"], read["warranty_expiration"]) == (time, day)
    assert both["last_discovered"] == {"display_value": time, "value": KEPT["last_discovered"]}
    assert both["warranty_expiration"] == {"display_value": day, "value": KEPT["warranty_expiration"]}


def test_summer_has_a_time_of_its_own(api: Api) -> None:
    api.send("PATCH", f"{SERVER}/{ID}", {"last_discovered": "2026-07-05 23:30:00"})
    assert shown(api, "true", "mia")["last_discovered"] == "06.07.2026 01:30:00"


def test_who_says_nothing_reads_times_as_the_instance_says(api: Api) -> None:
    names = {"glide.sys.default.tz": "Asia/Tokyo", "glide.sys.date_format": "yyyy/MM/dd",
             "glide.sys.time_format": "HH.mm"}  # fmt: skip
    api.configure({"properties": names})
    assert shown(api, "true", "admin")["last_discovered"] == "2026/01/06 08.30"
    assert shown(api, "true", "eve")["last_discovered"] == "2026/01/06 08.30"
    assert shown(api, "true", "mia")["last_discovered"] == "06.01.2026 00:30:00"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("06.01.2026 00:30:00", "2026-01-05 23:30:00"),
        ("06.01.2026", "2026-01-05 23:00:00"),
        ("2026-01-06 00:30:00", "2026-01-05 23:30:00"),
        ("2026-01-06T00:30:00Z", "2026-01-06 00:30:00"),
        ({"value": "2026-01-06 00:30:00"}, "2026-01-06 00:30:00"),
        ({"display_value": "06.01.2026 00:30:00"}, "2026-01-05 23:30:00"),
    ],
)
def test_times_that_are_given_as_people_read_them_are_in_the_zone_of_the_user(
    api: Api, given: object, kept: str
) -> None:
    url = f"{SERVER}/{ID}?{FIELDS}"
    body = {"last_discovered": given, "warranty_expiration": "04.03.2027"}
    answer = api.send("PATCH", f"{url}&sysparm_input_display_value=true", body, user="mia")
    assert answer.status == 200, answer
    assert (answer.body["result"]["last_discovered"], answer.body["result"]["warranty_expiration"]) == (
        kept,
        "2027-03-04",
    )


def test_without_the_parameter_times_are_given_as_they_are_kept(api: Api) -> None:
    """In UTC; an ISO form and a day alone are normalised."""
    for sent, kept in (
        ("2026-01-06 00:30:00", "2026-01-06 00:30:00"),
        ("2026-01-06T00:30:00+02:00", "2026-01-05 22:30:00"),
        ("2026-01-06", "2026-01-06 00:00:00"),
    ):
        made = api.send("PATCH", f"{SERVER}/{ID}?{FIELDS}", {"last_discovered": sent}, user="mia")
        assert made.body["result"]["last_discovered"] == kept
    refused = api.send("PATCH", f"{SERVER}/{ID}", {"last_discovered": "06.01.2026 00:30:00"}, user="mia")
    assert refused.status == 403


def test_what_is_made_is_timed_too_whatever_the_table(api: Api) -> None:
    body = {"name": "c"}
    made = api.send("POST", "/api/now/table/core_company?sysparm_display_value=all", body, user="admin")
    assert made.body["result"]["sys_created_on"]["display_value"] == f"{api.now:%Y-%m-%d %H:%M:%S}"
    [group] = api.get(
        "/api/now/stats/cmdb_ci_linux_server?sysparm_group_by=last_discovered&sysparm_display_value=true",
        user="joe",
    )
    assert group["groupby_fields"] == [{"field": "last_discovered", "value": "01-05-2026 06:30:00 PM"}]


ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland"])
DATES = st.sampled_from(["yyyy-MM-dd", "MM-dd-yyyy", "dd/MM/yyyy", "dd-MM-yyyy", "dd.MM.yyyy"])
HOURS = st.sampled_from(["HH:mm:ss", "hh:mm:ss a", "HH.mm.ss"])
MOMENT = Column("at", Type.DATE_TIME)


@given(zone=ZONES, date=DATES, time=HOURS, at=st.integers(0, 3_000_000_000))
@examples(100, nightly=5_000)
def test_what_a_user_reads_can_be_written_back(zone: str, date: str, time: str, at: int) -> None:
    """But in the hour that comes twice when summer ends: of that the first is meant."""
    times = Times.of({"time_zone": zone, "date_format": date, "time_format": time}, {})
    kept = f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S}"
    [shown_] = times.shown(MOMENT, [kept])
    read = times.read(MOMENT, shown_)
    gap = datetime.fromisoformat(kept) - datetime.fromisoformat(read)
    assert gap.total_seconds() in (0, 3600)
    assert times.shown(MOMENT, [read]) == [shown_]
