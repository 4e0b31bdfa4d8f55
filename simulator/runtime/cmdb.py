"""The CMDB of one instance: the engine over the instance's file, and who may call it."""

from __future__ import annotations

import gc
import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, assert_never

from pydantic import ValidationError
from pydantic_core import from_json, to_json

from simulator.cmdb.company import follow_companies
from simulator.cmdb.engine import Result, process
from simulator.cmdb.forms.audit import Audit, plan_audit
from simulator.cmdb.forms.editor import Editor, invalid
from simulator.cmdb.forms.roles import ADMINISTRATOR, Right, refuse_role
from simulator.cmdb.identification.candidates import audit_callers, home_of, make_caller, seen_domains
from simulator.cmdb.payload import Options, OptionsError
from simulator.cmdb.preparation.partials import KEPT_FOR
from simulator.cmdb.records import ChangeSet, stamp_of
from simulator.cmdb.rules.model import Caller, Model
from simulator.domains.session import Session, selectable_domains
from simulator.errors import DamageError, DiskError, StoreError
from simulator.protocol.cmdb import (
    AuditCis,
    CloseTask,
    CmdbAction,
    CmdbEdit,
    ConfigureCmdb,
    CreateRecord,
    DeleteRecord,
    EditRecord,
    FormAction,
    Identify,
    Remediate,
    ReplaceCmdb,
)
from simulator.protocol.envelope import derive_id
from simulator.refusal import Refusal, RefusalCode
from simulator.runtime.forms import plan
from simulator.store.cmdb.domains import Domains, load_domains
from simulator.store.cmdb.model import load_model
from simulator.store.cmdb.store import REPLACED, CmdbStore
from simulator.store.fault import misfit_of
from simulator.store.setups.configure import configure
from simulator.store.setups.setup import Setup

_UNREAD = frozenset(
    {
        "core_company", "cmdb_model", "cmn_location", "cmn_department", "cmn_cost_center", "cmn_building",
        "cmn_schedule", "business_unit", "sys_user_role", "sys_user_has_role", "sys_security_acl",
    }
)  # fmt: skip
"""The tables of which nothing is known beforehand: whoever needs their rows looks for them."""


class Cmdb:
    """Used by one thread at a time; all that one action does is done in one transaction or not at all.

    One that *explains* notes with each response how it came to it.
    """

    def __init__(self, store: CmdbStore, *, explains: bool = False) -> None:
        self._store = store
        self._explains = explains
        self._known: tuple[Model, Domains] | None = None

    def do(self, action: CmdbAction, cause: str, now: datetime) -> Refusal | None:
        """Does it, and notes it with the response as *cause*; what is refused leaves nothing behind."""
        with self._store.transaction():
            if isinstance(action, ReplaceCmdb):
                self._store.replace(action.rows)
                self._store.note(cause, REPLACED, None, now)
                self._known = None
                return None
            self._store.install()
            match action:
                case Identify():
                    answer = self.answer(action, cause, now)
                    return answer if isinstance(answer, Refusal) else None
                case CreateRecord() | EditRecord() | DeleteRecord() | CloseTask() | Remediate():
                    refusal = self.edit(action, cause, now)
                    if refusal is None:
                        self._store.note(cause, to_json(action).decode(), None, now)
                    return refusal
                case AuditCis():
                    audit = self.audit(action, cause, now)
                    return audit if isinstance(audit, Refusal) else None
                case ConfigureCmdb():
                    refusal = self.configure(action.setup, now)
                    if refusal is None:
                        self._store.note(cause, to_json(action).decode(), None, now)
                    return refusal
                case _:
                    assert_never(action)

    def answer(self, call: Identify, cause: str, now: datetime, *, explain: bool = False) -> Result | Refusal:
        """See `identify`; also notes the call with its response."""
        with self._store.transaction():
            result = self.identify(call, cause, now, explain=explain or self._explains)
            if not isinstance(result, Refusal):
                response, explanation = to_json(result.response), to_json(result.explanation)
                told = explanation.decode() if self._explains else None
                self._store.note(cause, to_json(call).decode(), response.decode(), now, told)
        return result

    def call(self, call: Identify, now: datetime, *, explain: bool = False) -> Result | Refusal:
        """See `answer`, for a caller who is in no fleet; of a call that only asks, nothing is noted."""
        with self._store.transaction():
            self._store.install()
            cause = derive_id("call", self._store.last_number())
            answer = self.identify if call.query else self.answer
            return answer(call, cause, now, explain=explain)

    def begin(self, content: Setup, now: datetime) -> Refusal | None:
        """Gives the instance the base data and what a setup says, and notes it."""
        with self._store.transaction():
            cause = derive_id("setup", self._store.last_number())
            return self.do(ConfigureCmdb(setup=content.model_dump(exclude_unset=True)), cause, now)

    def tell(self, action: FormAction, now: datetime) -> Refusal | None:
        """See `do`, for a person who is in no fleet."""
        with self._store.transaction():
            self._store.install()
            return self.do(action, derive_id(action.kind, self._store.last_number()), now)

    def look(self, action: AuditCis, now: datetime, *, commit: bool) -> Audit | Refusal:
        """See `audit`, for a person who is in no fleet; without *commit* nothing is written."""
        with self._store.transaction():
            self._store.install()
            cause = derive_id(action.kind, self._store.last_number())
            return self.audit(action, cause, now, commit=commit)

    def identify(self, call: Identify, cause: str, now: datetime, *, explain: bool = False) -> Result | Refusal:
        """The API's response, and what it changes made true; ids of new records derive from *cause*."""
        model, domains = self.look_up()
        caller = self._caller(call, model, domains)
        if isinstance(caller, Refusal):
            return caller
        try:
            options = Options.parse(call.options, enhanced=call.enhanced)
        except OptionsError as error:
            return Refusal(
                code=RefusalCode.OPTIONS_INVALID,
                found=f"{error}.",
                change="write options as name:value, separated by commas",
                who="the caller",
            )
        if not call.query:
            self._store.delete_partials(now - KEPT_FOR)
        ids = _ids(cause)
        with _uncollected():
            result = process(
                call.body,
                call.source,
                options,
                caller,
                model,
                self._store,
                now,
                lambda: next(ids),
                not call.query,
                explain=explain,
            )
        follow_companies(result.changes, self._store, model.properties)
        self._store.apply(result.changes, now, call.user)
        changed = model.other_tables.keys() & {*result.changes.inserts, *result.changes.updates}
        if changed - _UNREAD:  # of people and groups is known beforehand who sees what
            self._known = None
        return result

    def configure(self, content: Mapping[str, Any], now: datetime) -> Refusal | None:
        """Makes true what a setup says, if the engine can go by it."""
        self._known = None
        try:
            configure(self._store, Setup.model_validate(content), now)
        except (DiskError, DamageError):  # no setup could be right
            raise
        except (StoreError, ValidationError) as error:
            return Refusal(
                code=RefusalCode.SETUP_INVALID,
                found=f"The setup does not fit the CMDB of this instance: {error}.",
                change="correct the setup",
                who=ADMINISTRATOR,
            )
        return None

    def edit(self, action: CmdbEdit, cause: str, now: datetime) -> Refusal | None:
        """What a person does with records comes true, if that user may do it; ids derive from *cause*."""
        editor = self._editor(action, cause, now)
        if isinstance(editor, Refusal):
            return editor
        changes = plan(action, editor, self._store)
        if isinstance(changes, Refusal):
            return changes
        follow_companies(changes, self._store, editor.model.properties)
        try:
            self._store.apply(changes, now, action.user)
        except StoreError as error:
            misfit = misfit_of(error)
            if misfit is None:
                raise
            return invalid(misfit, "give it other values", editor)
        return None

    def audit(self, action: AuditCis, cause: str, now: datetime, *, commit: bool = True) -> Audit | Refusal:
        """The duplicates that a user finds, with tasks for them where that is to *commit*."""
        editor = self._editor(action, cause, now)
        if isinstance(editor, Refusal):
            return editor
        model, domains = self.look_up()
        session = session_of(action.user, action.picked, domains)
        if isinstance(session, Refusal):
            return session
        callers = audit_callers(domains.tree, model.properties, session)
        audit = plan_audit(action.table, callers, editor, now)
        if commit and isinstance(audit, Audit):
            self._store.apply(audit.changes, now, action.user)
            self._store.note(cause, to_json(action).decode(), None, now)
        return audit

    def last_answer(self) -> dict[str, Any]:
        """What the engine has answered last."""
        answer: dict[str, Any] = from_json(self._store.last_response() or "{}")
        return answer

    def write(self, changes: ChangeSet, now: datetime, by: str) -> None:
        """Makes a user's changes to plain rows true, if the engine can go by the outcome. Raises StoreError."""
        try:
            with self._store.transaction():
                self._store.apply(changes, now, by)
                if not _UNREAD.issuperset((*changes.inserts, *changes.updates, *changes.deletes)):
                    self._known = None
                    self.look_up()
        except StoreError:
            self._known = None
            raise

    def _editor(self, action: FormAction, cause: str, now: datetime) -> Editor | Refusal:
        """A person at work, with what that user sees and may do."""
        model, domains = self.look_up()
        roles = self._roles(action.user)
        if isinstance(roles, Refusal):
            return roles
        session, ids = session_of(action.user, action.picked, domains), _ids(cause)
        if isinstance(session, Refusal):
            return session
        seen = seen_domains(domains.tree, model.properties, session)
        home = home_of(model.properties, session)
        return Editor(action.user, roles, seen, home, model, self._store, stamp_of(now), lambda: next(ids))

    def look_up(self) -> tuple[Model, Domains]:
        """What the engine goes by; the same until it is configured anew."""
        if self._known is None:
            self._store.install()
            domains = load_domains(self._store)
            self._known = load_model(self._store, domains.tree), domains
        return self._known

    def _caller(self, call: Identify, model: Model, domains: Domains) -> Caller | Refusal:
        """Who calls, and in which domains; the API asks for a user with one of its roles."""
        roles = self._roles(call.user)
        if isinstance(roles, Refusal):
            return roles
        if refusal := refuse_role(call.user, roles, Right.CALL):
            return refusal
        session = session_of(call.user, call.picked, domains)
        if isinstance(session, Refusal):
            return session
        return make_caller(domains.tree, model.properties, session, call.feed)

    def _roles(self, user: str) -> set[str] | Refusal:
        """The roles of a user who is there and active."""
        roles = self._store.roles_of(user)
        if roles is not None:
            return roles
        return Refusal(
            code=RefusalCode.USER_UNKNOWN,
            found=f"This instance has no active user {user}.",
            change=f"create the user {user}, or call as another one",
            who=ADMINISTRATOR,
        )


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keeps the collector of circles away from a payload at work: its thousands of objects are all in use till the
    end, and for every few of them it would look through all that the process has (a fifth of the time)."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def session_of(name: str, picked: str | None, domains: Domains) -> Session | Refusal:
    """The user at work, in the domain that was picked; the picker offers what the user sees at home."""
    user = domains.users[name]
    if picked is None:
        return Session(user)
    offered = {domains.tree.name(one): one for one in selectable_domains(domains.tree, user)}
    if picked in offered:
        return Session(user, offered[picked])
    return Refusal(
        code=RefusalCode.DOMAIN_NOT_SELECTABLE,
        found=f"The picker offers the user {user.name} {', '.join(sorted(offered))}, and not {picked}.",
        change=f"pick one of these, or have an administrator let the user {user.name} see {picked}",
        who="the caller",
    )


def _ids(cause: str) -> Iterator[str]:
    """The sys_ids of the records that a call makes: derived from its cause, and neighbours in every index.

    With ids all over the place each record of a large CMDB would touch pages of its own.
    """
    prefix = derive_id(cause, "records")[:24]
    return (f"{prefix}{number:08x}" for number in itertools.count())
