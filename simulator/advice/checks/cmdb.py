"""What is wrong with what a scenario gives and tells CMDBs: what is refused, and what goes in and does no good.

The steps are gone through in their order, instance by instance; what a setup or a payload leads to in detail is
for the engine to say.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import closing
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from simulator.advice.checks.finding import Objection, Severity
from simulator.cmdb.forms.roles import Right
from simulator.cmdb.payload import Options, OptionsError
from simulator.cmdb.text import fold
from simulator.errors import StoreError
from simulator.refusal import Refusal, RefusalCode
from simulator.runtime.cmdb import session_of
from simulator.scenario import model
from simulator.store.cmdb.base import ADMIN, base_classes, base_rows
from simulator.store.cmdb.domains import load_domains
from simulator.store.cmdb.store import CmdbStore
from simulator.store.file import connect_with_cmdb
from simulator.store.setups.configure import configure
from simulator.store.setups.setup import Setup
from simulator.store.tables import tables

PLATFORM_MODE = "glide.identification_engine.platform_domain_separation_enabled"


def _base_sources() -> set[str]:
    return {fold(str(row["value"])) for row in base_rows()["sys_choice"]}


@dataclass(slots=True)
class _Cmdb:
    """What the CMDB of one instance has at this point of the scenario."""

    roles_by_user: dict[str, set[str]] = field(default_factory=lambda: {ADMIN: {ADMIN}})
    sources: set[str] = field(default_factory=_base_sources)
    classes: set[str] = field(default_factory=lambda: {*base_classes()})
    setups: list[Setup] = field(default_factory=list)
    """All that it was given, in their order."""
    has_domains: bool = False
    is_platform: bool = False
    has_run_strictly: bool = False
    """Whether something was identified in strict mode, with domains."""


class Cmdbs:
    """Follows the CMDBs of all instances."""

    def __init__(self) -> None:
        self._cmdbs: dict[str, _Cmdb] = {}
        self._snapshots: dict[str, tuple[str, _Cmdb]] = {}
        self._assigned: dict[tuple[str, str, str], tuple[str, str]] = {}
        """User and source by receiver, application and sender."""

    def configure(self, it: model.ConfigureCmdbStep) -> Iterator[Objection]:
        """A setup comes in."""
        if it.setup is None:
            return
        for on in it.on:
            cmdb = self._of(on)
            was_platform = cmdb.is_platform
            _take_in(it.setup, cmdb)
            if cmdb.is_platform and not was_platform and cmdb.has_run_strictly:
                yield Objection("mode_switched", f"{on} has identified in strict mode before.", Severity.WARNING)

    def identify(self, it: model.IdentifyStep) -> Iterator[Objection]:
        """A call of the API: who calls, with which options, and what is in the payload."""
        for on in it.on:
            refused = list(self._user(on, it.user, Right.CALL)) or list(self._picked(on, it.user, it.picked))
            if it.options is not None:
                refused += _options(it)
            yield from refused
            if not refused:
                yield from self._content(on, it.source, it.payload)

    def edit(self, it: model.RecordStep | model.AuditStep | model.TaskStep) -> Iterator[Objection]:
        """Somebody works on records or tasks: who it is; which records are there is for the run to say."""
        match it:
            case model.AuditStep() | model.TaskStep():
                right = Right.REMEDIATE
            case model.DeleteRecordStep() if it.table not in tables():
                right = Right.DELETE
            case _:
                right = Right.EDIT
        for on in it.on:
            yield from list(self._user(on, it.user, right)) or self._picked(on, it.user, it.picked)

    def assign(self, it: model.AssignUserStep) -> None:
        """A user is assigned to peers."""
        for on in it.on:
            for instance in it.instance:
                self._assigned[on, it.application, instance] = (it.user, it.source)

    def receive(self, application: str, sender: str, recipient: str, payload: object) -> Iterator[Objection]:
        """A peer's data arrives for the CMDB."""
        assigned = self._assigned.get((recipient, application, sender))
        if assigned is None:
            found = f"{recipient} has no user as whom data of {application} from {sender} goes into its CMDB."
            yield Objection(RefusalCode.NO_ASSIGNED_USER, found)
            return
        user, source = assigned
        refused = list(self._user(recipient, user, Right.CALL))
        yield from refused or self._content(recipient, source, payload)

    def act(self, on: str, user: str, roles: Collection[str]) -> Iterator[Objection]:
        """A user takes an administrator's action, for which one of the *roles* is enough."""
        held = self._of(on).roles_by_user.get(user)
        if held is None:
            yield Objection(RefusalCode.USER_UNKNOWN, f"{on} has no user {user} at this point.")
        elif not held & {*roles}:
            yield Objection(
                RefusalCode.NOT_ADMINISTRATOR, f"The user {user} of {on} has none of: {', '.join(roles)}."
            )

    def clone(self, source: str, to: str) -> None:
        """One instance's CMDB takes the place of another's, and assigned users go."""
        self._cmdbs[to] = deepcopy(self._of(source))
        self._assigned = {key: value for key, value in self._assigned.items() if key[0] != to}

    def snapshot(self, it: model.SnapshotStep) -> None:
        """A CMDB is remembered as it is."""
        self._snapshots[it.name] = (it.on, deepcopy(self._of(it.on)))

    def restore(self, name: str) -> None:
        """A CMDB is as it was."""
        if name in self._snapshots:
            on, cmdb = self._snapshots[name]
            self._cmdbs[on] = deepcopy(cmdb)

    def _of(self, instance: str) -> _Cmdb:
        return self._cmdbs.setdefault(instance, _Cmdb())

    def _user(self, on: str, user: str, right: Right) -> Iterator[Objection]:
        roles = self._of(on).roles_by_user.get(user)
        if roles is None:
            yield Objection(RefusalCode.USER_UNKNOWN, f"{on} has no user {user} at this point.")
        elif not right.is_held(roles):
            yield Objection(
                RefusalCode.ROLE_MISSING, f"The user {user} of {on} has neither {' nor '.join(right.roles)}."
            )

    def _picked(self, on: str, user: str, picked: str | None) -> Iterator[Objection]:
        if picked is None:
            return
        with closing(connect_with_cmdb()) as connection:
            store = CmdbStore(connection)
            try:
                for setup in self._of(on).setups:
                    configure(store, setup)
            except StoreError:  # which is told of that step
                return
            session = session_of(user, picked, load_domains(store))
        if isinstance(session, Refusal):
            yield Objection(session.code, session.found)

    def _content(self, on: str, source: str | None, payload: object) -> Iterator[Objection]:
        cmdb = self._of(on)
        cmdb.has_run_strictly |= cmdb.has_domains and not cmdb.is_platform
        if fold(source or "") not in cmdb.sources:
            yield Objection(
                "source_unknown",
                f"{source or 'No source'} is no choice of discovery_source on {on}.",
                Severity.WARNING,
            )
        for name in dict.fromkeys(_class_names(payload)):
            if name not in cmdb.classes:
                yield Objection(
                    "class_unknown", f"The CMDB of {on} has no class {name} at this point.", Severity.WARNING
                )


def _take_in(setup: Setup, cmdb: _Cmdb) -> None:
    cmdb.setups.append(setup)
    for name, user in setup.users.items():
        if name not in cmdb.roles_by_user or "roles" in user.model_fields_set:
            cmdb.roles_by_user[name] = set(user.roles)
    cmdb.sources.update(map(fold, setup.sources))
    cmdb.classes.update(setup.classes)
    cmdb.has_domains |= bool(setup.domains)
    if PLATFORM_MODE in setup.properties:
        cmdb.is_platform = setup.properties[PLATFORM_MODE] == "true"


def _options(it: model.IdentifyStep) -> list[Objection]:
    try:
        Options.parse(it.options, enhanced=it.enhanced)
    except OptionsError as error:
        return [Objection(RefusalCode.OPTIONS_INVALID, f"{error}.")]
    return []


def _class_names(payload: Any) -> Iterator[str]:
    match payload:
        case {"items": [*items]}:
            for item in items:
                match item:
                    case {"className": str(name)}:
                        yield name
