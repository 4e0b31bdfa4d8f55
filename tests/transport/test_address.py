"""Broker addresses: what parses, what does not, and that a password is never shown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulator.transport.address import BrokerAddress, BrokerNode
from simulator.transport.tls import Tls


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("mqtt://broker.example:2883", BrokerAddress.at("broker.example", 2883)),
        ("mqtt://broker.example", BrokerAddress.at("broker.example", 1883)),
        ("mqtt://broker.example:2883/", BrokerAddress.at("broker.example", 2883)),
        ("mqtt://ann@broker.example", BrokerAddress.at("broker.example", 1883, "ann")),
        ("mqtt://ann:s3cret@broker.example:1", BrokerAddress.at("broker.example", 1, "ann", "s3cret")),
        ("mqtt://a%40b:p%2Fq@broker.example", BrokerAddress.at("broker.example", 1883, "a@b", "p/q")),
        ("mqtt://[::1]:2883", BrokerAddress.at("::1", 2883)),
        ("mqtt://[2001:DB8:0::1]", BrokerAddress.at("2001:db8::1", 1883)),
        ("mqtts://broker.example", replace(BrokerAddress.at("broker.example", 8883), tls=Tls())),
        ("mqtts://ann@a:1", replace(BrokerAddress.at("a", 1, "ann"), tls=Tls())),
        ("MQTT://Broker.Example", BrokerAddress.at("broker.example", 1883)),
        ("mqtt://bücher.example", BrokerAddress.at("bücher.example", 1883)),
    ],
)
def test_an_address_parses(text: str, address: BrokerAddress) -> None:
    """Host, port, user and password are read, the port defaulting to 1883."""
    assert BrokerAddress.parse(text) == address


def test_an_address_has_several_nodes() -> None:
    """In the order of the list, each with its port or that of the scheme; the account is for all of them."""
    address = BrokerAddress.parse("mqtt://ann:a,b@one.example,two.example:1884,[::1],[::2]:1885,one.example:1884/")
    assert address == BrokerAddress(
        (
            BrokerNode("one.example", 1883),
            BrokerNode("two.example", 1884),
            BrokerNode("::1", 1883),
            BrokerNode("::2", 1885),
            BrokerNode("one.example", 1884),
        ),
        "ann",
        "a,b",
    )
    assert str(address) == ("mqtt://ann@one.example:1883,two.example:1884,[::1]:1883,[::2]:1885,one.example:1884")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("mqtt://a,", "has an empty place between its commas"),
        ("mqtt://,a", "has an empty place between its commas"),
        ("mqtt://ann@a,,b", "has an empty place between its commas"),
        ("mqtt://a, b", "in ' b', number 2 of its 2 hosts, has ' b' for a host, which cannot be one"),
        ("mqtt://a b", "has 'a b' for a host, which cannot be one"),
        ("mqtt://a;b", "has 'a;b' for a host, which cannot be one"),
        ("mqtt://a..b", "has 'a..b' for a host, which cannot be one"),
        (f"mqtt://{'a' * 64}", "for a host, which cannot be one"),
        ("mqtt://a\n", "for a host, which cannot be one"),
        ("mqtt://a,b:188E,c", "in 'b:188E', number 2 of its 3 hosts, has '188E' for a port, which cannot be one"),
        ("mqtt://a,b:", "in 'b:', number 2 of its 2 hosts, has '' for a port, which cannot be one"),
        ("mqtt://a:+1", "has '+1' for a port, which cannot be one"),
        ("mqtt://a:１", "has '１' for a port, which cannot be one"),
        ("mqtt://a:1_8", "has '1_8' for a port, which cannot be one"),
        ("mqtt://a,b:0", "in 'b:0', number 2 of its 2 hosts, has port 0, where nobody can listen"),
        ("mqtt://a:65536,b", "in 'a:65536', number 1 of its 2 hosts, has port 65536, and the last one is 65535"),
        (f"mqtt://a:{'9' * 5000}", "for a port, which cannot be one"),
        ("mqtt://a,b:1884,a:1883", "names a:1883 twice"),
        ("mqtt://A,a", "names a:1883 twice"),
        ("mqtt://[::1],[0::1]", r"names [::1]:1883 twice"),
        ("mqtt://::1", "has several colons: an IPv6 address stands in brackets, as in [::1]:1883"),
        ("mqtt://a,fe80::1:1883", "in 'fe80::1:1883', number 2 of its 2 hosts, has several colons"),
        ("mqtt://a,[::1", "in '[::1', number 2 of its 2 hosts, has no ] after its ["),
        ("mqtt://[::1]1883", "goes on after the ] with something else than a port"),
        ("mqtt://[localhost]", "has no IPv6 address in its brackets"),
        ("mqtt://[]", "has no IPv6 address in its brackets"),
        ("mqtt://a,:1883", "in ':1883', number 2 of its 2 hosts, names no host"),
        ("mqtt://a,mqtts://b", "has a second scheme: it stands once, before the first host"),
        ("mqtts://a:8883,b,a", "names a:8883 twice"),
        ("mqtt://a,mqtt://b", "has a second scheme: it stands once, before the first host"),
        ("mqtt://a,b/x", "goes on after the port"),
        ("mqtt://@a", "has an @ but no user"),
    ],
)
def test_a_typing_error_is_named(text: str, what: str) -> None:
    """With the host of the list in which it is."""
    with pytest.raises(ValueError, match="expected mqtt://") as error:
        BrokerAddress.parse(text)
    assert f"; {text!r} " in str(error.value)
    assert what in str(error.value)


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
    [
        "mqtt://ann:s3cret@host:port",
        "mqtt://ann:s3cret@",
        "mqttx://ann:s3cret@host",
        "mqtt://ann:s3/cret@host",
        "mqtt://ann:s3://cret@host",
        "ann:s3://cret@host",
        "mqtt:/ann:s3cret@host",
        "mqtt://ann:s3@cret@host",
        "mqtt://ann:s3cret@one,bob:s3cret@two",
        "mqtt://ann:s3cret@one,mqtt://bob:s3cret@two",
        "mqtt://ann:s3cret@one,two:s",
    ],
)
def test_a_bad_address_keeps_its_password(text: str) -> None:
    """Not even an address that cannot be read gives its password away."""
    with pytest.raises(ValueError, match="expected") as error:
        BrokerAddress.parse(text)
    assert "s3" not in str(error.value)


def test_an_address_never_shows_its_password() -> None:
    """Neither str nor repr contains it."""
    address = BrokerAddress.at("localhost", 1883, "ann", "s3cret")
    assert str(address) == "mqtt://ann@localhost:1883"
    assert "s3cret" not in repr(address)


def test_what_is_shown_parses_again() -> None:
    """An address without account survives a round through its text, IPv6 included."""
    for text in ("mqtt://localhost:2883", "mqtt://[::1]:2883", "mqtts://a:8883,[::1]:1883"):
        assert str(BrokerAddress.parse(text)) == text
