"""Whether an instance can take part at all: mutual TLS, the plugins and their age, and the release.

All participating instances need ADCv2 mutual TLS and com.glide.mif.mtls, which has to be there for a day (S6).
Until then nothing is sent and nothing is taken in; a peer is not told, for who cannot take part cannot answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, Literal

from simulator.refusal import Refusal, RefusalCode
from simulator.tables import Row, Tables
from simulator.trust.directory import this_instance

RELEASES = ("Washington DC", "Xanadu", "Yokohama", "Zurich", "Australia", "Brazil")
"""The release families, the oldest first."""

FIRST_RELEASE = "Yokohama"
"""Since which there is application trust (S1)."""

_TOO_OLD = frozenset(RELEASES[: RELEASES.index(FIRST_RELEASE)])

MIF: Final = "com.glide.mif"
"""The framework."""

MTLS: Final = "com.glide.mif.mtls"
"""Its mutual TLS."""

PluginId = Literal["com.glide.mif", "com.glide.mif.mtls"]
PLUGINS: tuple[PluginId, ...] = (MIF, MTLS)
"""What every participating instance has."""

SUPPORTS_TLS = "adcv2.supports_tls"
"""The property with what https://INSTANCE/adcv2/supports_tls answers: true or false."""

WAIT = "x_trustsim.mtls_wait_seconds"
"""The property with the seconds that have to pass after the mTLS plugin was installed (Q23)."""

WAIT_DEFAULT = "86400"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin(Row):
    """An installed plugin."""

    TABLE = "v_plugin"
    KEY = ("id",)
    id: str
    installed_at: str
    """When, in ISO 8601 with its offset from UTC."""


def refuse_unready(tables: Tables, now: datetime, is_about_trust: bool = True) -> Refusal | None:
    """Which precondition this instance does not fulfil at that time; or None.

    Data sharing, which is not about application trust, is in every release since Washington DC (S4).
    """
    me = this_instance(tables)
    if is_about_trust and me.release in _TOO_OLD:
        return Refusal(
            code=RefusalCode.RELEASE_TOO_OLD,
            found=f"{me.name} has the release {me.release}, and there is application trust since {FIRST_RELEASE}.",
            change=f"upgrade {me.name} to {FIRST_RELEASE} or newer",
            who=_ticket(me.name),
        )
    return refuse_without_tls(tables) or _refuse_too_new(tables, me.name, now)


def refuse_without_tls(tables: Tables) -> Refusal | None:
    """Why this instance has no certificate to connect with, where connections are by mutual TLS; or None."""
    me = this_instance(tables)
    if tables.property(SUPPORTS_TLS, "false") != "true":
        return Refusal(
            code=RefusalCode.TLS_NOT_SUPPORTED,
            found=f"adcv2/supports_tls of {me.name} is not true.",
            change="have ADCv2 mutual TLS enabled",
            who=_ticket(me.name),
        )
    for id_ in PLUGINS:
        if tables.get(Plugin, id_) is None:
            return Refusal(
                code=RefusalCode.PLUGIN_MISSING,
                found=f"The plugin {id_} is not installed on {me.name}.",
                change=f"have {id_} installed",
                who=_ticket(me.name),
            )
    return None


def _refuse_too_new(tables: Tables, me: str, now: datetime) -> Refusal | None:
    plugin = tables.get(Plugin, MTLS)
    assert plugin is not None, "it was just looked for"
    wait, ready_at = _waits(tables.property(WAIT, WAIT_DEFAULT), plugin.installed_at)
    if now >= ready_at:
        return None
    hours = wait.total_seconds() / 3600
    return Refusal(
        code=RefusalCode.PLUGIN_TOO_NEW,
        found=f"The plugin {MTLS} was installed on {me} less than {hours:g} hours ago.",
        change=f"wait until {ready_at:%Y-%m-%d %H:%M:%S} UTC",
        who=f"an administrator (admin or sn_mif.mif_admin) of {me}",
    )


@lru_cache
def _waits(seconds: str, since: str) -> tuple[timedelta, datetime]:
    """How long, and until when: asked of every message, and hardly ever about something new."""
    wait = timedelta(seconds=float(seconds))
    return wait, datetime.fromisoformat(since) + wait


def _ticket(me: str) -> str:
    """Who changes what an instance's own administrator cannot (S6)."""
    return f"an administrator (admin) of {me}, with a Now Support ticket,"
