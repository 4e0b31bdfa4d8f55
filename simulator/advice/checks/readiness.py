"""Instances that cannot take part, and instances that are forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simulator.advice.checks.finding import Objection, Severity
from simulator.refusal import RefusalCode
from simulator.scenario.model import Scenario
from simulator.scenario.phrases import duration_in_words
from simulator.transport.certificate import ALERTS
from simulator.trust.readiness import FIRST_RELEASE, PLUGINS, RELEASES


def unready(scenario: Scenario) -> Iterator[Objection]:
    """What keeps instances from taking part, at their places; a note where a step mends it."""
    for name in scenario.instances:
        yield from _unready(scenario, name)


def _unready(scenario: Scenario, name: str) -> Iterator[Objection]:
    it, path = scenario.instances[name], ("instances", name)
    if RELEASES.index(it.release) < RELEASES.index(FIRST_RELEASE):
        found = f"{name} has the release {it.release}, and there is application trust since {FIRST_RELEASE}."
        yield Objection(RefusalCode.RELEASE_TOO_OLD, found, _unless_mended(scenario, "upgrade", name), path)
    if alert := ALERTS.get(it.certificate):
        is_renewed = any(step.certificate and name in step.certificate.on for step in scenario.steps)
        severity = Severity.NOTE if is_renewed else Severity.ERROR
        code = RefusalCode(alert.replace(" ", "_"))
        yield Objection(code, f"{name} cannot connect: {alert}.", severity, path)
    if not it.supports_tls:
        found = f"adcv2/supports_tls of {name} is not true."
        yield Objection(RefusalCode.TLS_NOT_SUPPORTED, found, _unless_mended(scenario, "enable_tls", name), path)
    for plugin in PLUGINS:
        age = it.plugins.get(plugin, scenario.mtls_wait)
        if age is None:
            found = f"The plugin {plugin} is not installed on {name}."
            severity = _unless_mended(scenario, "install_plugin", name)
            yield Objection(RefusalCode.PLUGIN_MISSING, found, severity, path)
        elif plugin == PLUGINS[-1] and age < scenario.mtls_wait:
            left = duration_in_words(scenario.mtls_wait - age)
            found = f"The plugin {plugin} of {name} is too new; the instance can take part in {left}."
            yield Objection(RefusalCode.PLUGIN_TOO_NEW, found, Severity.WARNING, path)


def _unless_mended(scenario: Scenario, verb: str, name: str) -> Severity:
    """An error, unless a step does what support has to do for the instance."""
    done = (getattr(step, verb) for step in scenario.steps)
    is_mended = any(it and name in (it if isinstance(it, list) else it.on) for it in done)
    return Severity.NOTE if is_mended else Severity.ERROR


def unmentioned(scenario: Scenario) -> Iterator[Objection]:
    """Instances that are forgotten: they are started, and nothing else."""
    # Only read, so it does not matter that pydantic cannot write an expectation by its tag.
    parts = scenario.model_dump(exclude={"instances", "groups", "name", "description"}, warnings=False)
    named = set(_texts(parts))
    for name in scenario.instances:
        if name not in named:
            found = f"Nobody manages {name}, and no step and no expectation names it."
            yield Objection("not_mentioned", found, Severity.WARNING, ("instances", name))


def _texts(value: Any) -> Iterator[str]:
    """All texts of a part of the scenario, however deep."""
    match value:
        case str():
            yield value
        case dict():
            yield from _texts([*value.keys(), *value.values()])
        case list() | tuple() | set():
            for part in value:
                yield from _texts(part)
