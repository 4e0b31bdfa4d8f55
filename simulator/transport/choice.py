"""Which broker a run is on: one of its own, or one that exists."""

from __future__ import annotations

from simulator.transport.address import BrokerAddress

OWN = ("embedded", "mosquitto")

BrokerChoice = str | BrokerAddress
"""The name of one of its own, or the address of one that exists."""


def chosen(text: str) -> BrokerChoice:
    """The one that is named; ValueError says what was expected and what came."""
    if text in OWN:
        return text
    try:
        return BrokerAddress.parse(text)
    except ValueError as error:
        raise ValueError(f"expected embedded, mosquitto or an address: {error}") from None
