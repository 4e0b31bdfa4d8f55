"""Does the net catch anything? Rules of the product that can be switched off, one at a time, to see who notices.

A mutant is the product without one of its rules. A scenario under many seeds, its expectations and the invariants
of the witness are the net. A rule whose absence nobody notices is a rule that nobody has tested.
"""

from __future__ import annotations

import sys
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from types import ModuleType
from typing import Any

from simulator.cmdb import candidates, duplicates
from simulator.cmdb.commit import Writer
from simulator.cmdb.model import Caller
from simulator.cmdb.reconciliation import Reconciled, Reconciler
from simulator.cmdb.records import Record, Value
from simulator.cmdb.work import Work
from simulator.decision import NOTHING, Decision, Post, Refusal, RefusalCode
from simulator.domains import processes
from simulator.domains.tree import GLOBAL
from simulator.errors import WireError
from simulator.exploration.storms import WeatherProfile
from simulator.exploration.sweep import run_seed
from simulator.protocol import envelope, signature
from simulator.protocol.actions import CloneOver, Identify, SyncTrustProfiles
from simulator.protocol.codec import Signed
from simulator.protocol.envelope import Envelope
from simulator.protocol.messages import (
    CapabilityMessage,
    ManagementDecision,
    ManagementRequest,
    ManagerConfirmation,
    OperationKind,
    PeerMessage,
    SyncItem,
    TrustRemoved,
)
from simulator.report.result import MutantResult, SeedResult, SeedVerdict
from simulator.runtime import outbox
from simulator.runtime.agenda import Microseconds
from simulator.runtime.instance import Instance
from simulator.runtime.outbox import Outbox
from simulator.runtime.virtual import VirtualFleet
from simulator.scenario.load import LoadedScenario
from simulator.store.base import ADMIN
from simulator.store.store import Store
from simulator.tables import Delete, Put, Row, Tables
from simulator.trust import (
    ROW_TYPES,
    application,
    assignment,
    directory,
    gate,
    lifecycle,
    management,
    profile,
    readiness,
    record,
    relations,
    settings,
    sharing,
)
from simulator.trust.copies import TRUST_ROWS, paste
from simulator.trust.directory import DirectoryEntry
from simulator.trust.management import Approval, ManagedBy
from simulator.trust.profile import ProfileItem
from simulator.trust.record import Origin, TrustRecord
from simulator.trust.sharing import TrustConfig

_No = Refusal | RefusalCode

Break = Callable[[Any], Any]
"""Makes from a function of the product the one that breaks its rule."""


@dataclass(frozen=True, slots=True)
class Switch:
    """One attribute of the product that is replaced, and with what."""

    owner: ModuleType | type
    name: str
    broken: Break


@dataclass(frozen=True, slots=True)
class Mutant:
    """The product without one rule. *source* is the vendor page or the section of the design that has the rule.

    A rule behind another one, which alone keeps it from being needed, is switched off together with that one.
    """

    name: str
    rule: str
    source: str
    switches: tuple[Switch, ...]

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """The rule is off, in this process, until the end of the block."""
        with ExitStack() as stack:
            for switch in self.switches:
                stack.enter_context(_thrown(switch))
            yield


@contextmanager
def _thrown(switch: Switch) -> Iterator[None]:
    original = getattr(switch.owner, switch.name)
    broken, places = switch.broken(original), list(_places(switch, original))
    for owner, name in places:
        setattr(owner, name, broken)
    try:
        yield
    finally:
        for owner, name in places:
            setattr(owner, name, original)


def _places(switch: Switch, original: object) -> Iterator[tuple[ModuleType | type, str]]:
    """Its owner and, for an attribute of a module, every module of the product that has imported it by name."""
    if isinstance(switch.owner, type):
        yield switch.owner, switch.name
        return
    for module in [module for name, module in sys.modules.items() if name.startswith("simulator.")]:
        yield from ((module, name) for name, value in vars(module).items() if value is original)


# -- who notices ----------------------------------------------------------------------------------------


def try_out(
    loaded: LoadedScenario, weather: WeatherProfile, held: Iterable[SeedResult], jobs: int
) -> Iterator[MutantResult]:
    """Sweeps the scenario with each rule off until it is noticed; *held* are the seeds as they are with all on."""
    fingerprints = {result.seed: result.fingerprint for result in held}
    one: Callable[[str], MutantResult] = partial(try_one, loaded, weather, fingerprints)
    names = [mutant.name for mutant in MUTANTS]
    if jobs == 1:
        yield from map(one, names)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(one, names)


def try_one(
    loaded: LoadedScenario, weather: WeatherProfile, fingerprints: Mapping[int, str], name: str
) -> MutantResult:
    """The same for one mutant. *fingerprints* are those of the seeds to try, by seed, with all rules on."""
    mutant = next(mutant for mutant in MUTANTS if mutant.name == name)
    is_reached = False
    with mutant.in_force():
        for seeds, (seed, fingerprint) in enumerate(fingerprints.items(), start=1):
            try:
                result = run_seed(loaded, weather, seed)
            except Exception as error:  # whatever a broken product raises, it has been noticed
                return MutantResult(name, mutant.rule, seeds, f"the run ends with {error!r}")
            is_reached |= result.fingerprint != fingerprint
            if result.verdict is not SeedVerdict.HELD:
                return MutantResult(name, mutant.rule, seeds, _by(result))
    return MutantResult(name, mutant.rule, None, "" if is_reached else "the rule makes no difference here")


def _by(result: SeedResult) -> str:
    """What was seen first: an invariant, an expectation, or a fleet that never comes to rest."""
    if result.broken:
        return f"invariant: {result.broken[0]}"
    for failure in result.failures:
        if not failure.is_open:
            return f"line {failure.line}: {failure.wanted}; seen: {failure.seen}"
    return "the fleet does not settle"


# -- how rules are broken -------------------------------------------------------------------------------


def _never(code: RefusalCode) -> Break:
    """Who would refuse with that code, with or without an explanation, finds nothing to refuse."""

    def broken(refuse: Callable[..., _No | None]) -> Callable[..., _No | None]:
        def lenient(*args: Any, **kwargs: Any) -> _No | None:
            no = refuse(*args, **kwargs)
            return None if (no.code if isinstance(no, Refusal) else no) is code else no

        return lenient

    return broken


def _always(value: object) -> Break:
    """Whatever is asked, the answer is *value*."""
    return lambda _: lambda *_args, **_kwargs: value


def _with(tables: Tables, rows: Iterable[Row]) -> Tables:
    """A copy in which these rows have taken the places of those with their keys."""
    everything = (row for row_type in ROW_TYPES for row in tables.all(row_type))
    return Tables(tables.owner, [*everything, *rows])


def _publishes_once(schedule: Callable[..., None]) -> Callable[..., None]:
    def broken(self: Outbox, key: outbox.Channel, channel: outbox._Channel, due_at: datetime) -> None:
        has_been_published = channel.attempts > 0
        schedule(self, key, channel, channel.waiting[0].expires_at if has_been_published else due_at)

    return broken


def _all_at_once(_: object) -> Callable[..., None]:
    def add(self: Outbox, envelope: Envelope[PeerMessage], now: datetime) -> None:
        key = (envelope.recipient, envelope.id)
        channel = self._channels[key] = outbox._Channel(deque([envelope]))
        self._channel_of[envelope.id] = key
        self._start(key, channel, now)

    return add


def _takes_any_receipt(receipted: Callable[..., list[str]]) -> Callable[..., list[str]]:
    def broken(self: Outbox, _: object, by: str, now: datetime) -> list[str]:
        first = [channel.waiting[0].id for (peer, _), channel in self._channels.items() if peer == by]
        return receipted(self, first, by, now)

    return broken


def _knows_no_repeat(take_in: Callable[..., None]) -> Callable[..., None]:
    def broken(self: Instance, item: Signed | WireError, receipts: dict[str, list[str]], now: datetime) -> None:
        if isinstance(item, Signed):
            self._store._sql.execute("delete from x_trustsim_inbox where envelope = ?", (item.envelope.id,))
        take_in(self, item, receipts, now)

    return broken


def _answers_once(take_in: Callable[..., None]) -> Callable[..., None]:
    def broken(self: Instance, item: Signed | WireError, receipts: dict[str, list[str]], now: datetime) -> None:
        is_repeat = isinstance(item, Signed) and self.has_seen(item.envelope.id)
        take_in(self, item, defaultdict(list) if is_repeat else receipts, now)

    return broken


def _remembers_anyway(roll_back: Callable[[Store], None]) -> Callable[[Store], None]:
    def broken(self: Store) -> None:
        remembered = list(self._sql.execute("select * from x_trustsim_inbox"))
        roll_back(self)
        self._sql.executemany("insert or ignore into x_trustsim_inbox values (?, ?)", remembered)

    return broken


def _heard_by_all(send_off: Callable[..., None]) -> Callable[..., None]:
    def broken(self: VirtualFleet, _: object, payload: bytes, later: Microseconds) -> None:
        for listener in self._instances.values():
            send_off(self, listener, payload, later)

    return broken


def _turns_data_round(refuse: Callable[..., Refusal | None]) -> Callable[..., Refusal | None]:
    def broken(tables: Tables, message: CapabilityMessage, peer: str, is_trustor: bool) -> Refusal | None:
        is_data = message.operation_kind is OperationKind.DATA
        return refuse(tables, message, peer, is_trustor is not is_data)

    return broken


def _approves_by_itself(_: object) -> Callable[..., Decision]:
    def decide_request(tables: Tables, message: ManagementRequest, sender: str) -> Decision:
        answer = ManagementDecision(application=message.application, approved=True)
        return Decision((Put(_manager(message.application, sender, Approval.APPROVED)),), (Post(sender, answer),))

    return decide_request


def _needs_no_consent(decide: Callable[..., Decision]) -> Callable[..., Decision]:
    def broken(tables: Tables, message: ManagerConfirmation, sender: str) -> Decision:
        if message.refusal:
            return decide(tables, message, sender)
        return Decision((Put(_manager(message.application, sender, Approval.AUTO_APPROVED)),))

    return broken


def _manager(application: str, manager: str, approval: Approval) -> ManagedBy:
    return ManagedBy(application=application, manager_instance=manager, approval=approval)


def _distributes_all(decide: Callable[..., Decision]) -> Callable[..., Decision]:
    def broken(tables: Tables, action: SyncTrustProfiles) -> Decision:
        active = [replace(item, active=True) for item in tables.all(ProfileItem)]
        return decide(_with(tables, active), action)

    return broken


Applied = tuple[Decision, dict[str, str]]


def _removes_nothing(apply: Callable[..., Applied]) -> Callable[..., Applied]:
    def broken(tables: Tables, application: str, items: Iterable[SyncItem]) -> Applied:
        applied, refused = apply(tables, application, items)
        changes = tuple(change for change in applied.changes if not isinstance(change, Delete))
        posts = tuple(post for post in applied.posts if not isinstance(post.message, TrustRemoved))
        return Decision(changes, posts), refused

    return broken


def _owns_every_record(apply: Callable[..., Applied]) -> Callable[..., Applied]:
    def broken(tables: Tables, application: str, items: Iterable[SyncItem]) -> Applied:
        owned = [replace(row, origin=Origin.PROFILE) for row in tables.all(TrustRecord, application=application)]
        return apply(_with(tables, owned), application, items)

    return broken


def _brings_trust(decide_clone: Callable[..., Decision]) -> Callable[..., Decision]:
    def broken(tables: Tables, action: CloneOver) -> Decision:
        brought = [Put(row) for row in paste(action.rows) if isinstance(row, TRUST_ROWS)]
        decided = decide_clone(tables, action)
        return replace(decided, changes=(*decided.changes, *brought))

    return broken


def _keeps_customs(reset: Callable[..., TrustConfig]) -> Callable[..., TrustConfig]:
    def broken(tables: Tables, config: TrustConfig, became: DirectoryEntry) -> TrustConfig:
        return config if config.customised else reset(tables, config, became)

    return broken


def _is_at_home_nowhere(make: Callable[..., Caller]) -> Callable[..., Caller]:
    return lambda *args, **kwargs: replace(make(*args, **kwargs), home=GLOBAL)


def _moves_with_the_caller(update: Callable[..., None]) -> Callable[..., None]:
    def broken(self: Writer, work: Work, match: Record) -> None:
        update(self, work, match)
        table = match.get("sys_class_name") or ""
        self._changes.updates[table][work.sys_id]["sys_domain"] = self._call.caller.home

    return broken


def _writes_everything(_: object) -> Callable[..., Reconciled]:
    def reconcile(_: Reconciler, __: Work, record: Record, sent: Mapping[str, Value]) -> Reconciled:
        return Reconciled({name: value for name, value in sent.items() if (record.get(name) or None) != value})

    return reconcile


def _runs_all(_: object) -> Callable[..., list[Record]]:
    return lambda _tree, _domain, records: [record for record in records if record.get("active") != "false"]


def _goes_in_as_admin(identify: Callable[..., Identify | Refusal]) -> Callable[..., Identify | Refusal]:
    def broken(tables: Tables, message: CapabilityMessage, sender: str) -> Identify | Refusal:
        call = identify(tables, message, sender)
        return call if isinstance(call, Refusal) else replace(call, user=ADMIN)

    return broken


# -- the mutants ----------------------------------------------------------------------------------------

_SIGNATURE = Switch(signature, "is_authentic", _always(True))
_ORDER = Switch(Outbox, "add", _all_at_once)

DELIVERY = (
    Mutant(
        "repeat-recognition",
        "An envelope that comes again is recognised and not handled a second time.",
        "architecture 3",
        (Switch(Instance, "_take_in", _knows_no_repeat),),
    ),
    Mutant(
        "repeat-receipt",
        "An envelope that comes again gets a receipt again, for the first one may be lost.",
        "architecture 3",
        (Switch(Instance, "_take_in", _answers_once),),
    ),
    Mutant(
        "retry",
        "An envelope without a receipt is published again.",
        "architecture 3",
        (Switch(Outbox, "_schedule_channel", _publishes_once),),
    ),
    Mutant(
        "receipt-names-envelope",
        "A receipt is for the envelopes that it names, and for no others.",
        "architecture 3",
        (Switch(Outbox, "receipted", _takes_any_receipt),),
    ),
    Mutant(
        "channel-order",
        "Envelopes to one peer about one application arrive in the order of posting.",
        "outbox.py",
        (_ORDER,),
    ),
    Mutant(
        "outbox-survives",
        "What an instance has promised to deliver survives its death.",
        "architecture 3",
        (Switch(Store, "posted", _always([])),),
    ),
    Mutant(
        "one-transaction",
        "That an envelope is finished with is committed together with what it led to, or not at all.",
        "architecture 3",
        (Switch(Store, "_roll_back", _remembers_anyway),),
    ),
    Mutant(
        "expiry",
        "What no recipient has taken in within 36 hours expires.",
        "Q16",
        (Switch(envelope, "LIFETIME", lambda _: timedelta(days=365)),),
    ),
)

WHO_SENT_IT = (
    Mutant(
        "signature",
        "An envelope that its sender has not signed is refused.",
        "S16",
        (_SIGNATURE,),
    ),
    Mutant(
        "recipient",
        "An envelope for another instance is refused (behind the inboxes: here everybody hears everything).",
        "architecture 3",
        (
            Switch(VirtualFleet, "_send_off", _heard_by_all),
            Switch(Instance, "_refuse_unauthentic", _never(RefusalCode.NOT_ADDRESSED)),
        ),
    ),
    Mutant(
        "account",
        "Instances of different customer accounts have nothing to do with each other.",
        "S3",
        (Switch(directory, "refuse_instance", _never(RefusalCode.OTHER_ACCOUNT)),),
    ),
)

MANAGEMENT = (
    Mutant(
        "self-management",
        "No instance manages itself.",
        "S2",
        (Switch(management, "_refuse_pair", _never(RefusalCode.SELF_MANAGEMENT)),),
    ),
    Mutant(
        "both-roles",
        "No instance is both managing and managed.",
        "S1",
        (
            Switch(management, "refuse_manager", _never(RefusalCode.MANAGING_AND_MANAGED)),
            Switch(management, "refuse_managed", _never(RefusalCode.MANAGING_AND_MANAGED)),
        ),
    ),
    Mutant(
        "second-manager",
        "An application within an instance has one manager at a time.",
        "S1",
        (Switch(management, "refuse_manager", _never(RefusalCode.SECOND_MANAGER)),),
    ),
    Mutant(
        "subprod-manages-prod",
        "A non-production instance never manages a production one.",
        "S2, S9",
        (Switch(management, "_refuse_pair", _never(RefusalCode.SUBPROD_MANAGES_PROD)),),
    ),
    Mutant(
        "approval",
        "A manager's request takes effect when the managed side's administrator approves it.",
        "S3",
        (Switch(management, "decide_request", _approves_by_itself),),
    ),
    Mutant(
        "consent",
        "A manager's confirmation counts only while the managed side wants it.",
        "S7",
        (Switch(management, "decide_confirmation", _needs_no_consent),),
    ),
    Mutant(
        "revocation",
        "When the managed side deletes its manager, the manager's record is revoked.",
        "S3",
        (Switch(management, "decide_revoked", _always(NOTHING)),),
    ),
    Mutant(
        "giving-up",
        "When a manager gives up what it manages, the managed side's record is gone.",
        "Q9",
        (Switch(management, "decide_ended", _always(NOTHING)),),
    ),
)

PROFILES = (
    Mutant(
        "sync-from-manager",
        "Only the approved manager distributes a trust profile.",
        "S3",
        (Switch(profile, "_refuse_sync", _never(RefusalCode.NOT_MY_MANAGER)),),
    ),
    Mutant(
        "edit-by-manager",
        "A managed instance does not edit the trust profile that it is managed with.",
        "S6",
        (Switch(profile, "_refuse_edit", _never(RefusalCode.PROFILE_IS_MANAGED)),),
    ),
    Mutant(
        "revision-order",
        "An older revision of a profile is refused (behind the order of a channel, which is off too).",
        "Q16",
        (_ORDER, Switch(profile, "_refuse_sync", _never(RefusalCode.STALE_REVISION))),
    ),
    Mutant(
        "active-items",
        "An item that is not active is not distributed.",
        "S6",
        (Switch(profile, "decide_sync", _distributes_all),),
    ),
    Mutant(
        "sync-removes",
        "A sync removes the records of items that are gone.",
        "Q11",
        (Switch(profile, "_apply_items", _removes_nothing),),
    ),
    Mutant(
        "manual-records-stay",
        "A sync leaves the records alone that were created by hand.",
        "Q10",
        (Switch(profile, "_apply_items", _owns_every_record),),
    ),
    Mutant(
        "sync-result",
        "The manager shows what became of a sync at each managed instance.",
        "S6",
        (Switch(profile, "decide_sync_result", _always(NOTHING)),),
    ),
)

TRUST = (
    Mutant(
        "trust-record",
        "A trustor lets nothing cross for which it has no trust record.",
        "S1",
        (Switch(gate, "judge_operation", _never(RefusalCode.NO_TRUST_RECORD)),),
    ),
    Mutant(
        "trusting-instance",
        "A trustee lets nothing cross for which no trusting instance is listed.",
        "S1",
        (Switch(gate, "judge_operation", _never(RefusalCode.NO_TRUSTING_INSTANCE)),),
    ),
    Mutant(
        "data-direction",
        "For data it is the sender that must trust the receiver.",
        "S1",
        (Switch(gate, "refuse_operation", _turns_data_round),),
    ),
    Mutant(
        "version",
        "Trust is for one Application Capability Version.",
        "S6",
        (Switch(gate, "judge_operation", _never(RefusalCode.VERSION_MISMATCH)),),
    ),
    Mutant(
        "mirror-removal",
        "A trustee forgets a trusting instance that does not trust it any more.",
        "S1",
        (Switch(record, "decide_removed", _always(NOTHING)),),
    ),
    Mutant(
        "self-trust",
        "No instance trusts itself.",
        "S1",
        (Switch(directory, "refuse_peer", _never(RefusalCode.SELF_TRUST)),),
    ),
)

APPLICATIONS = (
    Mutant(
        "application-versions",
        "Both sides have versions of the application that take part together.",
        "S8, F13",
        (Switch(application, "refuse_versions", _always(None)),),
    ),
    Mutant(
        "read-only-settings",
        "Settings that another instance has sent are not changed where they arrive.",
        "S8, S9",
        (Switch(settings, "_refuse_received", _always(None)),),
    ),
    Mutant(
        "readiness",
        "Who has no mutual TLS, no plugin, one that is too new or an old release takes part in nothing.",
        "S6, F10, F11",
        (Switch(readiness, "refuse_unready", _always(None)),),
    ),
)

LIFECYCLE = (
    Mutant(
        "type-change-ends-management",
        "When an instance is promoted or demoted, management that is not allowed any more ends.",
        "Q19",
        (Switch(management, "end_forbidden", _always(NOTHING)),),
    ),
    Mutant(
        "type-change-is-heard",
        "All instances of the account hear of a promotion or demotion.",
        "S4",
        (Switch(lifecycle, "decide_instance_changed", _always(NOTHING)),),
    ),
)

SHARING = (
    Mutant(
        "clone-quarantine",
        "What a clone brings along of its source's trust is not in force at the target.",
        "Q20",
        (Switch(lifecycle, "decide_clone", _brings_trust),),
    ),
    Mutant(
        "lost-relations-end",
        "A management relation that only one side knows after a clone or a restore ends, and mirrors follow.",
        "relations.py",
        (Switch(relations, "decide_relations", _always(NOTHING)),),
    ),
    Mutant(
        "restored-revisions",
        "A manager that was restored counts on from the newest revision that it has ever distributed.",
        "relations.py",
        (Switch(relations, "_revisions", _always([])),),
    ),
    Mutant(
        "decommission-ends",
        "What a decommissioned instance had with others ends on both sides.",
        "lifecycle.py",
        (Switch(lifecycle, "_end_all", _always(())),),
    ),
    Mutant(
        "grant",
        "Data is shared only with an instance that is granted access.",
        "S4",
        (Switch(sharing, "_refuse_ungranted", _never(RefusalCode.ACCESS_NOT_GRANTED)),),
    ),
    Mutant(
        "grant-default",
        "By default non-production grants access to production.",
        "S4",
        (Switch(sharing, "grants_by_default", _always(False)),),
    ),
    Mutant(
        "grant-reset",
        "An instance that changes type is back at the defaults, whatever was customised.",
        "S4",
        (Switch(sharing, "_reset", _keeps_customs),),
    ),
    Mutant(
        "grant-mirror",
        "Is granting access at the grantee shows what the grantor says.",
        "S4",
        (Switch(sharing, "decide_grant_state", _always(NOTHING)),),
    ),
    Mutant(
        "grant-told-again",
        "A grant that nobody has taken in before it expired is told again.",
        "sharing.py",
        (Switch(sharing, "tell_again", _always(NOTHING)),),
    ),
)

CMDB = (
    Mutant(
        "candidate-domains",
        "In strict mode only CIs of the caller's own domain are matched, in platform mode those it sees.",
        "R2",
        (Switch(candidates, "candidate_domains", _always(None)),),
    ),
    Mutant(
        "insert-in-callers-domain",
        "A new CI is in the domain of the user who calls.",
        "R2",
        (Switch(candidates, "make_caller", _is_at_home_nowhere),),
    ),
    Mutant(
        "update-keeps-domain",
        "An update never changes the domain of a CI.",
        "R2",
        (Switch(Writer, "_update", _moves_with_the_caller),),
    ),
    Mutant(
        "task-in-duplicates-domain",
        "The task for duplicates is in their domain.",
        "R2",
        (Switch(duplicates, "task_domain", _always(GLOBAL)),),
    ),
    Mutant(
        "reconciliation-precedence",
        "Only the sources that a reconciliation rule lists write its attributes, in their order.",
        "R6",
        (Switch(Reconciler, "reconcile", _writes_everything),),
    ),
    Mutant(
        "rules-of-the-domain",
        "A CI is under the reconciliation rules of its domain and those above it, overrides in their place.",
        "R2, R6",
        (Switch(processes, "applicable", _runs_all),),
    ),
    Mutant(
        "assigned-user",
        "A peer's data goes into the CMDB as the user that the receiver has assigned to it.",
        "assignment.py",
        (Switch(assignment, "identify_as_assigned", _goes_in_as_admin),),
    ),
)

MUTANTS: tuple[Mutant, ...] = (
    DELIVERY + WHO_SENT_IT + MANAGEMENT + PROFILES + TRUST + APPLICATIONS + LIFECYCLE + SHARING + CMDB
)
"""Every rule that can be switched off."""
