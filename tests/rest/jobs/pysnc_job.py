"""PySNC on a fresh instance with 300 servers: queries, a record's life, batches, attachments, OAuth, errors."""

from __future__ import annotations

import sys

from pysnc import (  # type: ignore[import-untyped]
    ServiceNowClient,
    ServiceNowClientCredentialsFlow,
    ServiceNowPasswordGrantFlow,
    exceptions,
)

SERVERS = "cmdb_ci_linux_server"


def main(url: str) -> None:
    """Fails where anything is not as with the product."""
    client = ServiceNowClient(url, ("admin", "admin"))
    everything = client.GlideRecord(SERVERS)  # in pages of a hundred
    everything.query()
    assert {row.get_value("name") for row in everything} == {f"lx{number:03}" for number in range(1, 301)}
    servers = client.GlideRecord(SERVERS)
    servers.add_query("ram", ">", 100)
    servers.order_by("name")
    servers.query()
    assert servers.get_row_count() == 200
    assert [row.get_value("name") for row in servers][:2] == ["lx101", "lx102"]
    _live(client)
    _in_batches(client)
    _attach(client)
    _fail(client)
    for flow, user in (
        (ServiceNowPasswordGrantFlow("ann", "ann", "trustsim", "trustsim"), "ann"),
        (ServiceNowClientCredentialsFlow("trustsim", "trustsim"), "admin"),
    ):
        users = ServiceNowClient(url, flow).GlideRecord("sys_user")
        users.add_encoded_query("sys_id=javascript:gs.getUserID()")
        users.query()
        assert [row.get_value("user_name") for row in users] == [user]


def _live(client: ServiceNowClient) -> None:
    made = client.GlideRecord(SERVERS)
    made.initialize()
    made.set_value("name", "new")
    assert made.insert()
    made.set_value("ram", "5")
    assert made.update()
    assert (made.get_value("ram"), made.get_display_value("sys_class_name")) == ("5", "Linux Server")
    again = client.GlideRecord(SERVERS)
    assert again.get(made.sys_id)
    assert again.get_value("ram") == "5"
    assert made.delete()
    assert not again.get(made.sys_id)


def _in_batches(client: ServiceNowClient) -> None:
    """A query of more than 10,000 characters goes as a batch, and so do many writes."""
    long = client.GlideRecord(SERVERS)
    long.add_query("name", "IN", ",".join(f"lx{number % 300:03}" for number in range(2500)))
    long.query()
    assert long.get_row_count() == 299
    some = client.GlideRecord(SERVERS)
    some.add_query("name", "STARTSWITH", "lx29")
    some.query()
    for row in some:
        row.set_value("ram", "4242")
    assert some.update_multiple()
    some = client.GlideRecord(SERVERS)
    some.add_query("ram", "4242")
    some.query()
    assert some.get_row_count() == 10
    assert some.delete_multiple()


def _attach(client: ServiceNowClient) -> None:
    server = client.GlideRecord(SERVERS)
    assert server.get(f"{7:032x}")
    assert server.add_attachment("a.txt", "hello")
    [file] = server.get_attachments()
    assert file.as_temp_file().read() == b"hello"


def _fail(client: ServiceNowClient) -> None:
    assert not client.GlideRecord(SERVERS).get("nope")
    for record, kind in (
        (client.GlideRecord("nope"), exceptions.RequestException),
        (
            ServiceNowClient(client.instance, ("ann", "wrong")).GlideRecord(SERVERS),
            exceptions.AuthenticationException,
        ),
    ):
        try:
            record.query()
        except kind:
            continue
        raise AssertionError(f"expected {kind.__name__}")


main(sys.argv[1])
