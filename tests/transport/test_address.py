"""Broker addresses: what parses, what does not, and that a password is never shown."""

from __future__ import annotations

import pytest

from simulator.transport.address import BrokerAddress


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("mqtt://broker.example:2883", BrokerAddress("broker.example", 2883)),
        ("mqtt://broker.example", BrokerAddress("broker.example", 1883)),
        ("mqtt://broker.example:2883/", BrokerAddress("broker.example", 2883)),
        ("mqtt://ann@broker.example", BrokerAddress("broker.example", 1883, "ann")),
        ("mqtt://ann:s3cret@broker.example:1", BrokerAddress("broker.example", 1, "ann", "s3cret")),
        ("mqtt://a%40b:p%2Fq@broker.example", BrokerAddress("broker.example", 1883, "a@b", "p/q")),
        ("mqtt://[::1]:2883", BrokerAddress("::1", 2883)),
    ],
)
def test_an_address_parses(text: str, address: BrokerAddress) -> None:
    """Host, port, user and password are read, the port defaulting to 1883."""
    assert BrokerAddress.parse(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "localhost",
        "localhost:1883",
        "http://localhost",
        "mqtt://",
        "mqtt://:1883",
        "mqtt://localhost:port",
        "mqtt://localhost:70000",
        "mqtt://localhost:0",
        "mqtt://localhost/topic",
        "mqtt://localhost?qos=1",
        "mqtt://:s3cret@localhost",
        "mqtt://[::1",
    ],
)
def test_a_bad_address_teaches_the_form(text: str) -> None:
    """The error shows the expected form and what came instead."""
    with pytest.raises(ValueError, match=r"expected mqtt://\[user:password@\]host\[:port\]") as error:
        BrokerAddress.parse(text)
    assert text.replace("s3cret", "***") in str(error.value)


@pytest.mark.parametrize(
    "text",
    ["mqtt://ann:s3cret@host:port", "mqtt://ann:s3cret@", "mqtts://ann:s3cret@host", "mqtt://ann:s3/cret@host"],
)
def test_a_bad_address_keeps_its_password(text: str) -> None:
    """Not even an address that cannot be read gives its password away."""
    with pytest.raises(ValueError, match="expected") as error:
        BrokerAddress.parse(text)
    assert "s3" not in str(error.value)


def test_an_address_never_shows_its_password() -> None:
    """Neither str nor repr contains it."""
    address = BrokerAddress("localhost", 1883, "ann", "s3cret")
    assert str(address) == "mqtt://ann@localhost:1883"
    assert "s3cret" not in repr(address)


def test_what_is_shown_parses_again() -> None:
    """An address without account survives a round through its text, IPv6 included."""
    for address in (BrokerAddress("localhost", 2883), BrokerAddress("::1", 2883)):
        assert BrokerAddress.parse(str(address)) == address
