"""A step as a sentence, as reports show it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta

from simulator.runtime.kinds import CrashPoint
from simulator.scenario import model
from simulator.scenario.model import Step
from simulator.scenario.phrases import duration_in_words, listed

DEFAULT_SETTLE = timedelta(seconds=30)
"""What `settle` stands for when it stands alone."""


def step_in_words(step: Step) -> str:
    """What the step does, and who does it."""
    match getattr(step, step.verb):
        case model.ByUser(taken_by=user) if user != "admin":
            return f"{_in_words(step)}, as {user}"
    return _in_words(step)


def _in_words(step: Step) -> str:
    match getattr(step, step.verb):
        case model.NameManagerStep() as it:
            return f"{listed(it.on)} {_s(it.on, 'name')} {it.manager} as manager for {it.application}"
        case model.DeleteManagedStep() as it:
            return f"{it.on} gives up managing {it.application} on {listed(it.instances)}"
        case model.RequestManagementStep() as it:
            return f"{it.on} asks to manage {it.application} on {listed(it.instances)}"
        case model.ManagerAnswerStep() as it:
            verb = step.verb.removesuffix("_manager")
            return f"{listed(it.on)} {_s(it.on, verb)} {it.manager} as manager for {it.application}"
        case model.SaveProfileItemStep() as it:
            state = "" if it.active else " (inactive)"
            return f"{it.on}: profile item, {_pairs(it)} for {it.capability}{state}"
        case model.DeleteProfileItemStep() as it:
            return f"{it.on}: profile item deleted, {_pairs(it)} for {it.capability}"
        case model.SyncTrustProfilesStep() as it:
            return f"{it.on}: Sync Trust Profiles{f' for {listed(it.application)}' if it.application else ''}"
        case model.CreateTrustRecordStep() as it:
            return f"{listed(it.on)} {_s(it.on, 'trust')} {listed(it.trustee)} for {it.capability}, by hand"
        case model.DeleteTrustRecordStep() as it:
            return f"{listed(it.on)}: trust record deleted, {listed(it.trustee)} for {it.capability}"
        case model.SendStep() as it:
            look = " without looking" if it.unchecked else ""
            return f"{listed(it.sender)} {_s(it.sender, 'send')} {it.operation} to {listed(it.to)}{look}"
        case model.ChangeSettingsStep() as it:
            return f"{listed(it.on)} {_s(it.on, 'change')} settings of {it.capability}"
        case model.SetGrantAccessStep() as it:
            verb, way = ("grant", "to") if it.grant else ("withdraw", "from")
            return f"{listed(it.on)} {_s(it.on, verb)} access to {it.application} {way} {listed(it.instance)}"
        case model.SetIsGrantingAccessStep() as it:
            value = str(it.granting).lower()
            return f"{listed(it.on)}: Is granting access of {listed(it.instance)} for {it.application} to {value}"
        case model.ShareDataStep() as it:
            return f"{listed(it.sender)} {_s(it.sender, 'share')} {it.application} data with {listed(it.to)}"
        case model.ConfigureCmdbStep() as it:
            return f"{listed(it.on)}: the CMDB is given {_given(it)}"
        case model.RequestStep() as it:
            return f"{it.method} {it.path} on {listed(it.on)}, as {it.user}"
        case model.IdentifyStep() as it:
            verb = "asks about" if it.query else "identifies"
            return f"{_who(it)} {verb} {_items(it)} on {listed(it.on)}, source {it.source or 'none'}"
        case model.EditRecordStep() as it:
            return f"{_who(it)} sets {_values(it.values)} of {_record(it)}"
        case model.RetireStep() as it:
            return f"{_who(it)} retires {_record(it)}"
        case model.DeleteRecordStep() as it:
            return f"{_who(it)} deletes {_record(it)}"
        case model.AuditStep() as it:
            return f"{_who(it)} looks through {it.table} on {listed(it.on)} for duplicates"
        case model.CloseTaskStep() as it:
            return f"{_who(it)} closes {it.task} on {listed(it.on)}: {it.state.replace('_', ' ')}"
        case model.RemediateStep() as it:
            others = f"{it.others}d" if isinstance(it.others, str) else f"set to {_values(it.others)}"
            return f"{_who(it)} remediates {it.task} on {listed(it.on)}, the others {others}"
        case model.AssignUserStep() as it:
            whose = f"{it.application} data of {listed(it.instance)}"
            return f"{listed(it.on)}: {whose} goes into the CMDB as {it.user}, source {it.source}"
        case model.RenameStep() as it:
            return f"rename {it.on} to {it.to}"
        case model.UpgradeStep() as it:
            return f"upgrade {listed(it.on)} to {it.to}"
        case model.CloneStep() as it:
            kept = ", whose tables of trust stay" if it.preserve_trust else ""
            return f"clone {it.source} over {it.to}{kept}"
        case model.SnapshotStep() as it:
            return f"snapshot of {it.on}: {it.name}"
        case str() as snapshot:
            return f"restore {snapshot}"
        case model.InstallApplicationStep() as it:
            version = "".join(f" {it}" for it in [it.version] if it)
            return f"install {it.application}{version}{_versions(it.capabilities)} on {listed(it.on)}"
        case model.UpgradeApplicationStep() as it:
            return f"upgrade {it.application} on {listed(it.on)} to {it.to}{_versions(it.capabilities)}"
        case model.RemoveApplicationStep() as it:
            return f"remove {it.application} from {listed(it.on)}"
        case model.InstallPluginStep() as it:
            return f"install {it.plugin} on {listed(it.on)}"
        case model.CertificateStep() as it:
            return f"certificate of {listed(it.on)}: {it.state}"
        case model.ImpersonateStep() as it:
            return f"{it.sender} sends {it.operation} to {it.to} as {it.name}"
        case model.DemoteStep() as it:
            return f"demote {listed(it.on)} to {it.to}"
        case model.FaultStep() as it:
            after = f" after {duration_in_words(it.after)}" if it.after else ""
            lasts = f" for {duration_in_words(it.lasts)}" if it.lasts is not None else ""
            return f"fault: {it.kind.replace('_', ' ')}{_affected(it)}{after}{lasts}"
        case timedelta() as span if step.verb == "settle" and span == DEFAULT_SETTLE:
            return "settle"
        case timedelta() as span:
            return f"{step.verb} {duration_in_words(span)}"
        case list() as names if step.verb != "expect":
            return f"{_VERBS.get(step.verb, step.verb)} {listed(names)}"
        case _:
            return step.verb.replace("_", " ")


def _who(it: model.IdentifyStep | model.RecordStep | model.AuditStep | model.TaskStep) -> str:
    return f"{it.user} in {it.picked}" if it.picked else it.user


_VERBS = {"enable_tls": "enable mutual TLS for"}


def _s(subjects: list[str], verb: str) -> str:
    return f"{verb}s" if len(subjects) == 1 else verb


def _affected(it: model.FaultStep) -> str:
    """Whom or what a fault concerns."""
    if it.partition:
        return f" of {' from '.join(listed(group) for group in it.partition)}"
    if names := it.isolate or it.pause:
        return f" of {listed(names)}"
    if it.crash:
        point = "" if it.crash.point is CrashPoint.NOW else f" {it.crash.point.replace('_', ' ')}"
        return f" of {it.crash.instance}{point}"
    if it.clock:
        return f" of {it.clock.instance}{_off(it.clock)}"
    if it.disk:
        return f" {it.disk.state} on {it.disk.instance}"
    if it.slow_disk:
        return f" of {it.slow_disk.instance} by {duration_in_words(it.slow_disk.by)}"
    if it.http:
        return f" of {listed(it.http.on)}: {_unfriendly(it.http)}"
    if it.defect:
        to = f" to {listed(it.defect.to)}" if it.defect.to else ""
        return f" {it.defect.kind.replace('_', ' ')} of {listed(it.defect.on)}{to}"
    if way := it.cut or it.hold or it.weather:
        return f" from {listed(way.sender or ['all'])} to {listed(way.to or ['all'])}"
    return ""


def _unfriendly(it: model.HttpDefinition) -> str:
    """What is wrong with an API."""
    said = [f"status {it.status}"] if it.status is not None else []
    said += [f"{it.rate} requests an hour"] if it.rate is not None else []
    said += [f"{duration_in_words(it.delay)} slower"] if it.delay else []
    return ", ".join(said)


def _record(it: model.RecordStep) -> str:
    return f"{it.table} with {_values(it.where)} on {listed(it.on)}"


def _values(values: Mapping[str, str | None]) -> str:
    return listed([f"{name} {value or 'empty'}" for name, value in values.items()] or ["nothing"])


def _given(it: model.ConfigureCmdbStep) -> str:
    """The parts of a setup that say something."""
    parts = sorted(it.setup.model_fields_set) if it.setup else []
    return listed([part.replace("_", " ") for part in parts] or ["nothing"])


def _items(it: model.IdentifyStep) -> str:
    """The items of a payload by their names, or by their classes where they have none."""
    match _body(it.payload):
        case {"items": [_, *_] as items}:
            return listed([_item(item) for item in items])
    return "a payload"


def _body(payload: object) -> object:
    """The payload as data; one that is sent as text may be anything."""
    try:
        return json.loads(payload) if isinstance(payload, str) else payload
    except ValueError:
        return None


def _item(item: object) -> str:
    match item:
        case {"values": {"name": str(name)}}:
            return name
        case {"className": str(name)}:
            return name
    return "something"


def _off(clock: model.ClockDefinition) -> str:
    """How far off a clock is."""
    sides = {"ahead": clock.ahead, "behind": clock.behind}
    words = [f"{duration_in_words(span)} {side}" for side, span in sides.items() if span]
    if clock.drift:
        words.append(f"drifting by {clock.drift:g}")
    return "".join(f", {word}" for word in words)


def _versions(capabilities: Mapping[str, str]) -> str:
    """The versions of capabilities in brackets, if there are any."""
    said = [f"{name} {version}" for name, version in capabilities.items()]
    return f" ({listed(said)})" if said else ""


def _pairs(it: model.ProfileItemKey) -> str:
    return f"{listed(it.trusting)} {_s(it.trusting, 'trust')} {listed(it.trusted)}"
