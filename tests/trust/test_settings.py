"""Settings that another instance has sent are only read, for as long as it is trusted for them."""

from __future__ import annotations

import pytest

from simulator.protocol.actions import ChangeSettings
from simulator.protocol.messages import CapabilityMessage, Payload
from simulator.protocol.operations import OperationKind
from simulator.refusal import Refusal
from simulator.tables import Row, Tables
from simulator.trust.application import Capability, Operation
from simulator.trust.capability import decide_capability_message
from simulator.trust.record import Origin, TrustRecord
from simulator.trust.settings import Settings, decide_change_settings
from tests.fleet import HEALTH, VERSION, id_of, tables_of

PREFERENCES, APPLY = "Preference Sync", "apply preferences"
OFFER = (
    Capability(application=HEALTH, name=PREFERENCES, version=VERSION),
    Operation(
        application=HEALTH,
        capability=PREFERENCES,
        name=APPLY,
        kind=OperationKind.MESSAGE,
        answer=None,
        settings=True,
    ),
)
ON: Payload = {"data_overflow": True}
OFF: Payload = {"data_overflow": False}


def trust(trustee: str) -> TrustRecord:
    return TrustRecord(
        application=HEALTH,
        capability=PREFERENCES,
        trusted_instance=id_of(trustee),
        version=VERSION,
        origin=Origin.PROFILE,
    )


def dev1(*rows: Row) -> Tables:
    """An instance that trusts prod1 for its preferences, and what else it has."""
    return tables_of("dev1", *OFFER, trust("prod1"), *rows)


def receive(tables: Tables, sender: str, payload: Payload) -> None:
    """The gate has admitted settings of that sender."""
    message = CapabilityMessage(
        application=HEALTH,
        application_version="1.4.3",
        capability=PREFERENCES,
        version=VERSION,
        operation=APPLY,
        operation_kind=OperationKind.MESSAGE,
        payload=payload,
    )
    tables.apply(decide_capability_message(tables, message, id_of(sender), "envelope").changes)


def change(tables: Tables, payload: Payload) -> Refusal | None:
    """This instance's administrator changes them."""
    decision = decide_change_settings(
        tables, ChangeSettings(application=HEALTH, capability=PREFERENCES, payload=payload)
    )
    tables.apply(decision.changes)
    return decision.refusal


def settings(tables: Tables) -> tuple[str, Payload]:
    """Whose they are, and what they are."""
    [row] = tables.all(Settings)
    return row.source_instance, row.payload


def test_an_instance_s_own_settings_are_changed_where_they_are() -> None:
    """Nobody has sent any."""
    tables = dev1()
    assert change(tables, ON) is None
    assert change(tables, OFF) is None
    assert settings(tables) == (id_of("dev1"), OFF)


def test_settings_that_were_sent_take_the_place_of_one_s_own_and_are_only_read() -> None:
    """S8: the refusal names whose they are and who can change them."""
    tables = dev1()
    change(tables, OFF)
    receive(tables, "prod1", ON)
    refusal = change(tables, OFF)
    assert settings(tables) == (id_of("prod1"), ON)
    assert refusal is not None
    assert refusal.code == "settings_are_read_only"
    assert refusal.found.startswith(f"The settings of {HEALTH} > {PREFERENCES} on dev1 come from prod1")
    assert (refusal.who, refusal.change) == (
        "an administrator (admin or sn_mif.mif_admin) of prod1",
        "change them there and send them to dev1",
    )


def test_settings_that_are_sent_again_are_the_new_ones() -> None:
    """Their sender may always change them, and so may another one that is trusted for them."""
    tables = dev1(trust("prod2"))
    receive(tables, "prod1", ON)
    receive(tables, "prod1", OFF)
    assert settings(tables) == (id_of("prod1"), OFF)
    receive(tables, "prod2", ON)
    assert settings(tables) == (id_of("prod2"), ON)


def test_settings_of_whom_one_does_not_trust_any_more_are_one_s_own() -> None:
    """They stay as they are until they are changed."""
    tables = tables_of("dev1", *OFFER)
    receive(tables, "prod1", ON)
    assert settings(tables) == (id_of("prod1"), ON)
    assert change(tables, OFF) is None
    assert settings(tables) == (id_of("dev1"), OFF)


@pytest.mark.parametrize(
    ("application", "capability", "code"),
    [("Unknown", PREFERENCES, "application_missing"), (HEALTH, "Unknown", "capability_unknown")],
)
def test_settings_of_what_is_not_installed(application: str, capability: str, code: str) -> None:
    """There is nothing to be set."""
    action = ChangeSettings(application=application, capability=capability, payload=ON)
    refusal = decide_change_settings(dev1(), action).refusal
    assert refusal is not None
    assert refusal.code == code
