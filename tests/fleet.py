"""A fleet for tests: real instances over real SQLite, a deque for a network, and a clock that the test moves.

Nothing happens unless the test says so: an action puts payloads on the network, `deliver` carries them, and
`advance` moves the clock. A `Weather` decides which payload goes next and how many copies of it arrive.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from hypothesis import HealthCheck, settings
from paho.mqtt.client import topic_matches_sub

from simulator.errors import WireError
from simulator.journal import Entry, Outcome
from simulator.protocol.actions import (
    Action,
    ApproveManager,
    CreateTrustRecord,
    DeleteManaged,
    DeleteManager,
    DeleteProfileItem,
    DeleteTrustRecord,
    NameManager,
    RejectManager,
    RequestManagement,
    SaveProfileItem,
    Send,
    SyncTrustProfiles,
)
from simulator.protocol.codec import decode, encode
from simulator.protocol.envelope import LIFETIME, Envelope, derive_id
from simulator.protocol.http import Request, Response
from simulator.protocol.messages import Payload, WireMessage
from simulator.protocol.operations import OperationKind
from simulator.protocol.signature import private_key, signing_key
from simulator.protocol.topics import Arrival, sender_of
from simulator.runtime.instance import Instance, Outgoing
from simulator.runtime.spec import InstanceSpec
from simulator.store.file import connect
from simulator.store.store import Store
from simulator.tables import Property, Row, Tables
from simulator.trust.application import Application, Capability, Operation
from simulator.trust.directory import DirectoryEntry, InstanceType
from simulator.trust.management import Managed, ManagedBy
from simulator.trust.readiness import MIF, MTLS, SUPPORTS_TLS, Plugin
from simulator.trust.states import Approval

R = TypeVar("R", bound=Row)

START = datetime(2026, 1, 5, 8, tzinfo=UTC)
SEED = "tests"
NAMESPACE = "mif"
ACCOUNT = "acme"

HEALTH = "Impact Health"
CODE_CHECK = "Proactive Code Check Data Transfer"
INVENTORY = "Inventory"
RELEASE_OPS = "ReleaseOps"
DEPLOYMENT = "Deployment Requests"
VERSION = "1.0.0"

SCAN_RESULT = "scan_result"
"""A data operation."""
RUN_SCAN = "run_scan"
"""A message operation that is answered."""
NOTIFY = "notify"
"""A message operation that is not answered."""
ANSWER: Payload = {"accepted": True}


def examples(number: int, nightly: int = 100_000) -> settings:
    """Hypothesis settings for *number* examples; with HYPOTHESIS_PROFILE=nightly for *nightly* ones."""
    is_nightly = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
    return settings(
        max_examples=nightly if is_nightly else number,
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
    )


# -- what is in the tables from the start ------------------------------------------------------------------


@cache
def id_of(name: str) -> str:
    """The id of the instance with this name."""
    return derive_id("instance", ACCOUNT, name)


@cache
def directory_entry(name: str, account: str = ACCOUNT, type_: InstanceType | None = None) -> DirectoryEntry:
    """An instance as the others know it; a name that starts with "prod" is a production instance."""
    by_name = InstanceType.PRODUCTION if name.startswith("prod") else InstanceType.NON_PRODUCTION
    type_ = type_ or by_name
    return DirectoryEntry(
        sys_id=id_of(name),
        name=name,
        account=account,
        type=type_,
        environment="production" if type_ is InstanceType.PRODUCTION else "development",
        release="zurich",
        public_key=signing_key(SEED, id_of(name)).public,
    )


def health(version: str = VERSION) -> list[Row]:
    """Impact Health with two capabilities of three operations each."""
    return _application(HEALTH, [CODE_CHECK, INVENTORY], version)


def release_ops(version: str = VERSION) -> list[Row]:
    """ReleaseOps with one capability."""
    return _application(RELEASE_OPS, [DEPLOYMENT], version)


def _application(name: str, capabilities: Sequence[str], version: str) -> list[Row]:
    rows: list[Row] = [Application(name=name, version=version)]
    operations: tuple[tuple[str, OperationKind, Payload | None], ...] = (
        (SCAN_RESULT, OperationKind.DATA, None),
        (RUN_SCAN, OperationKind.MESSAGE, ANSWER),
        (NOTIFY, OperationKind.MESSAGE, None),
    )
    for capability in capabilities:
        rows.append(Capability(application=name, name=capability, version=version))
        rows += [
            Operation(application=name, capability=capability, name=operation, kind=kind, answer=answer)
            for operation, kind, answer in operations
        ]
    return rows


def ready() -> list[Row]:
    """What makes an instance ready to take part."""
    plugins = [Plugin(id=id_, installed_at=(START - timedelta(days=30)).isoformat()) for id_ in (MIF, MTLS)]
    return [Property(name=SUPPORTS_TLS, value="true"), *plugins]


def tables_of(owner: str, *rows: Row, directory: Sequence[str] = ("prod1", "prod2", "dev1", "dev2")) -> Tables:
    """The tables of one instance that knows *directory* and has both applications, and *rows*."""
    return Tables(id_of(owner), [*map(directory_entry, directory), *ready(), *health(), *release_ops(), *rows])


# -- the network -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Parcel:
    """A payload on its way to an instance."""

    recipient: str
    arrival: Arrival

    @property
    def payload(self) -> bytes:
        """Its bytes."""
        return self.arrival.payload


class Weather(Protocol):
    """What the network does to payloads."""

    def position(self, waiting: int) -> int:
        """Which of the *waiting* payloads goes next, from 0."""
        ...

    def copies(self) -> int:
        """How many copies of it arrive: 0 loses it."""
        ...


class Calm:
    """Every payload arrives once, in the order of sending."""

    def position(self, waiting: int) -> int:
        """The oldest."""
        return 0

    def copies(self) -> int:
        """One."""
        return 1


class Chance(Protocol):
    """The part of random.Random that a storm needs; comes from Hypothesis, which prints its seed."""

    def randrange(self, stop: int, /) -> int:
        """A number from 0 below *stop*."""
        ...


class Storm:
    """Any payload goes next; of a hundred, *lost* never arrive and *doubled* arrive twice."""

    def __init__(self, chance: Chance, lost: int = 20, doubled: int = 20) -> None:
        self._chance = chance
        self._lost = lost
        self._doubled = doubled

    def position(self, waiting: int) -> int:
        """Any."""
        return self._chance.randrange(waiting)

    def copies(self) -> int:
        """None, one or two."""
        drawn = self._chance.randrange(100)
        return 0 if drawn < self._lost else 2 if drawn < self._lost + self._doubled else 1


# -- the fleet ---------------------------------------------------------------------------------------------


class Fleet:
    """Instances, a network and a clock; `with` closes the files.

    Without a directory the stores are in memory, and survive a crash of their instance all the same.
    """

    def __init__(
        self,
        *names: str,
        accounts: Mapping[str, str] | None = None,
        installed: Mapping[str, Sequence[Row]] | None = None,
        properties: Sequence[Row] = (),
        directory: Path | None = None,
    ) -> None:
        self.now = START
        self.network: deque[Parcel] = deque()
        self.weather: Weather = Calm()
        self.names = names or ("prod1", "prod2", "dev1", "dev2")
        self.instances: dict[str, Instance] = {}
        """Those that are up."""
        self._specs: dict[str, InstanceSpec] = {}
        self._connections: dict[str, sqlite3.Connection] = {}
        self._stores: dict[str, Store] = {}
        self._directory = directory
        self._actions = 0
        accounts = accounts or {}
        entries = [directory_entry(name, accounts.get(name, ACCOUNT)) for name in self.names]
        for name, entry in zip(self.names, entries, strict=True):
            applications = installed[name] if installed and name in installed else [*health(), *release_ops()]
            spec = InstanceSpec(
                name=name,
                id=entry.sys_id,
                account=entry.account,
                private_key=private_key(SEED, entry.sys_id),
                namespace=NAMESPACE,
                directory=tuple(entries),
                own_rows=(*ready(), *properties, *applications),
            )
            self._specs[name] = spec
            self._connect(name)
            self._open(name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for connection in self._connections.values():
            connection.close()

    # -- what happens -----------------------------------------------------------------------------------

    def act(self, name: str, action: Action, id_: str | None = None) -> Entry:
        """An administrator or an application of the instance acts; returns what the instance journalled."""
        self._actions += 1
        me = id_of(name)
        envelope = Envelope(
            id=id_ or derive_id("action", self._actions),
            sender=me,
            recipient=me,
            cause=None,
            sent_at=self.now,
            expires_at=self.now + LIFETIME,
            message=action,
        )
        self._send(self.instances[name].act(envelope, self.now))
        return [entry for entry in self.journal(name) if entry.envelope == envelope.id][-1]

    def serve(self, name: str, request: Request) -> Response:
        """Has an instance answer a client."""
        response, outgoing = self.instances[name].serve(request, self.now)
        self._send(outgoing)
        return response

    def deliver(self, number: int | None = None) -> None:
        """Carries *number* payloads, or all of them until the network is empty."""
        left = number
        while self.network and left != 0:
            left = None if left is None else left - 1
            index = self.weather.position(len(self.network))
            parcel = self.network[index]
            del self.network[index]
            for _ in range(self.weather.copies()):
                self._hand_over(parcel)

    def lose_all(self) -> None:
        """Everything that is on the network is lost."""
        self.network.clear()

    def advance(self, by: timedelta) -> None:
        """Moves the clock forward; timers and retries happen at their times, and payloads are delivered."""
        until = self.now + by
        while (next_wake := self.next_wake()) is not None and next_wake <= until:
            self.now = max(self.now, next_wake)
            self._wake()
            self.deliver()
        self.now = until

    def jump(self, by: timedelta) -> None:
        """Moves the clock forward in one step, and lets the instances see it."""
        self.now += by
        self._wake()

    def jump_to_next_wake(self) -> None:
        """Moves the clock to when something becomes due, if anything does, and lets it happen."""
        if (next_wake := self.next_wake()) is not None:
            self.jump(max(next_wake - self.now, timedelta(0)))

    def settle(self) -> None:
        """Delivers all and advances until nothing is due any more at any time, at most by 36 hours."""
        end = self.now + LIFETIME
        self.deliver()
        while (next_wake := self.next_wake()) is not None:
            assert next_wake < end, "the fleet does not come to rest"
            self.advance(next_wake - self.now)

    def next_wake(self) -> datetime | None:
        """When the next instance has something to do."""
        times = [time for item in self.instances.values() if (time := item.next_wake()) is not None]
        return min(times, default=None)

    def inject(self, recipient: str, payload: bytes, published_by: str = "") -> None:
        """A payload arrives that no instance of this fleet has sent; left out, it comes on its sender's topic."""
        self._hand_over(Parcel(recipient, Arrival(published_by or _claimed_sender(payload), payload)))

    def inject_message(self, sender: str, recipient: str, message: WireMessage, id_: str | None = None) -> str:
        """An authentic message arrives that the sender's own rules might not have let out; returns its id."""
        envelope = self.envelope(sender, recipient, message, id_)
        self.inject(recipient, encode(envelope, signing_key(SEED, id_of(sender))))
        return envelope.id

    def envelope(
        self, sender: str, recipient: str, message: WireMessage, id_: str | None = None
    ) -> Envelope[WireMessage]:
        """An envelope as the sender would make it now."""
        self._actions += 1
        return Envelope(
            id=id_ or derive_id("injected", self._actions),
            sender=id_of(sender),
            recipient=id_of(recipient),
            cause=None,
            sent_at=self.now,
            expires_at=self.now + LIFETIME,
            message=message,
        )

    # -- stop and start ---------------------------------------------------------------------------------

    def stop(self, name: str) -> None:
        """Stops the instance in good order."""
        self.instances.pop(name).close()

    def crash(self, name: str) -> None:
        """Ends the instance at once: what it has only in memory is gone."""
        del self.instances[name]

    def start(self, name: str) -> None:
        """Opens the instance again from what its file holds."""
        if self._directory:
            self._connections[name].close()
            self._connect(name)
        self._open(name)
        self._send(self.instances[name].announce(self.now))
        self._send(self.instances[name].wake(self.now))

    def back_up(self, name: str, to: Path) -> None:
        """Copies the instance's file as it is now."""
        with closing(sqlite3.connect(to)) as copy:
            self._connections[name].backup(copy)

    def put_back(self, name: str, backup: Path) -> None:
        """Ends the instance at once and starts it with an older file."""
        assert self._directory
        self.crash(name)
        self._connections[name].close()
        file = self._directory / self._specs[name].file_name
        for left in (file, file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")):
            left.unlink(missing_ok=True)
        shutil.copy(backup, file)
        self.start(name)

    # -- looking ----------------------------------------------------------------------------------------

    def rows(self, name: str, row_type: type[R], **columns: object) -> list[R]:
        """The rows of one table, as the file holds them."""
        rows = self._stores[name].load(row_type)
        return [row for row in rows if all(getattr(row, column) == value for column, value in columns.items())]

    def show(self, name: str, table: str) -> list[dict[str, Any]]:
        """The rows of a table as a person sees them."""
        return self._stores[name].show(table)

    def journal(self, name: str) -> list[Entry]:
        """All of the instance's journal."""
        return [entry for _, entry in self._stores[name].journal()]

    def entries(self, name: str, outcome: Outcome) -> list[Entry]:
        """The journal's entries with this outcome."""
        return [entry for entry in self.journal(name) if entry.outcome is outcome]

    def store(self, name: str) -> Store:
        """The instance's store."""
        return self._stores[name]

    def approval(self, managed: str, manager: str, application: str = HEALTH) -> str:
        """What Manager Instances on the managed side says, or "" without a row."""
        found = self.rows(managed, ManagedBy, application=application, manager_instance=id_of(manager))
        return found[0].approval if found else ""

    def status(self, manager: str, managed: str, application: str = HEALTH) -> str:
        """What Managed Instances on the manager says, or "" without a row."""
        found = self.rows(manager, Managed, application=application, managed_instance=id_of(managed))
        return found[0].status if found else ""

    # -- what administrators do --------------------------------------------------------------------------

    def name_manager(self, managed: str, manager: str, application: str = HEALTH) -> Entry:
        """Manager Instances > New."""
        return self.act(managed, NameManager(application=application, manager=id_of(manager)))

    def request(self, manager: str, managed: str, application: str = HEALTH) -> Entry:
        """Managed Instances > Send Requests."""
        return self.act(manager, RequestManagement(application=application, instance=id_of(managed)))

    def approve(self, managed: str, manager: str, application: str = HEALTH) -> Entry:
        """Approve Manager Instance."""
        return self.act(managed, ApproveManager(application=application, manager=id_of(manager)))

    def reject(self, managed: str, manager: str, application: str = HEALTH) -> Entry:
        """Reject Manager Instance."""
        return self.act(managed, RejectManager(application=application, manager=id_of(manager)))

    def delete_managed(self, manager: str, managed: str, application: str = HEALTH) -> Entry:
        """The manager deletes the managed instance's record."""
        return self.act(manager, DeleteManaged(application=application, instance=id_of(managed)))

    def delete_manager(self, managed: str, manager: str, application: str = HEALTH) -> Entry:
        """The row in Manager Instances is deleted."""
        return self.act(managed, DeleteManager(application=application, manager=id_of(manager)))

    def manage(self, manager: str, *managed: str, application: str = HEALTH) -> None:
        """Both sides consent, and the relation is in force."""
        for name in managed:
            self.request(manager, name, application)
            self.deliver()
            self.approve(name, manager, application)
            self.deliver()
            assert self.status(manager, name, application) == Approval.APPROVED

    def save_item(
        self,
        manager: str,
        trusting: str,
        trusted: str,
        capability: str = CODE_CHECK,
        version: str = VERSION,
        active: bool = True,
        application: str = HEALTH,
    ) -> Entry:
        """A profile item is added or changed."""
        item = SaveProfileItem(
            application=application,
            capability=capability,
            version=version,
            trusting=id_of(trusting),
            trusted=id_of(trusted),
            active=active,
        )
        return self.act(manager, item)

    def delete_item(self, manager: str, trusting: str, trusted: str, capability: str = CODE_CHECK) -> Entry:
        """A profile item is deleted."""
        item = DeleteProfileItem(
            application=HEALTH, capability=capability, trusting=id_of(trusting), trusted=id_of(trusted)
        )
        return self.act(manager, item)

    def sync(self, manager: str, application: str = HEALTH) -> Entry:
        """Sync Trust Profiles."""
        return self.act(manager, SyncTrustProfiles(application=application))

    def create_record(
        self, trustor: str, trustee: str, capability: str = CODE_CHECK, version: str = VERSION
    ) -> Entry:
        """A trust record by hand."""
        record = CreateTrustRecord(
            application=HEALTH, capability=capability, version=version, trustee=id_of(trustee)
        )
        return self.act(trustor, record)

    def delete_record(self, trustor: str, trustee: str, capability: str = CODE_CHECK) -> Entry:
        """A trust record is deleted by hand."""
        return self.act(
            trustor, DeleteTrustRecord(application=HEALTH, capability=capability, trustee=id_of(trustee))
        )

    def send(
        self,
        sender: str,
        recipient: str,
        operation: str = NOTIFY,
        payload: Payload | None = None,
        capability: str = CODE_CHECK,
        unchecked: bool = False,
    ) -> Entry:
        """An application sends."""
        message = Send(
            application=HEALTH,
            capability=capability,
            operation=operation,
            recipient=id_of(recipient),
            payload=payload or {},
            unchecked=unchecked,
        )
        return self.act(sender, message)

    # -- inside -----------------------------------------------------------------------------------------

    def _connect(self, name: str) -> None:
        path = self._directory / self._specs[name].file_name if self._directory else ":memory:"
        self._connections[name] = connect(path)
        self._stores[name] = Store(self._connections[name], id_of(name))

    def _open(self, name: str) -> None:
        spec = self._specs[name]
        self.instances[name] = Instance(self._stores[name], spec.key, NAMESPACE, self.now)
        self.instances[name].enter(spec.rows, self.now)

    def _wake(self) -> None:
        for instance in list(self.instances.values()):
            self._send(instance.wake(self.now))

    def _send(self, outgoing: Sequence[Outgoing]) -> None:
        self.network.extend(
            Parcel(self._name_of(item), Arrival(sender_of(item.topic), item.payload)) for item in outgoing
        )

    def _name_of(self, item: Outgoing) -> str:
        """Who gets it, by its topic."""
        return next(name for name, spec in self._specs.items() if topic_matches_sub(spec.inbox, item.topic))

    def _hand_over(self, parcel: Parcel) -> None:
        instance = self.instances.get(parcel.recipient)
        if instance is not None:  # the broker keeps nothing for an instance that is down
            self._send(instance.receive([parcel.arrival], self.now))


def _claimed_sender(payload: bytes) -> str:
    try:
        return decode(payload).envelope.sender
    except WireError:
        return ""
