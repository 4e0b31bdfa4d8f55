"""What can go wrong with a fleet, as values; a driver makes each of them happen (Fleet.inject).

Instances are given by id. A fault begins when it is injected and lasts as long as the injection says.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from simulator.runtime.kinds import CrashPoint, DiskState, Signing, Spread


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """How much longer a payload takes.

    Constant: *least*. Uniform: between *least* and *most*. Exponential: *least* and on top *most* on average,
    at most ten times that, so that nothing is away for ever.
    """

    spread: Spread
    least: timedelta
    most: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkFault:
    """How the way from some instances to some others behaves; without instances: from or to everybody.

    Shares are between 0 and 1 and are drawn for each payload.
    """

    senders: frozenset[str] | None = None
    recipients: frozenset[str] | None = None
    is_cut: bool = False
    """Nothing arrives."""
    is_held: bool = False
    """Nothing arrives before the fault ends; then all of it does, in order."""
    loss: float = 0.0
    burst: int = 1
    """How many payloads in a row a loss takes."""
    duplicate: float = 0.0
    reorder: float = 0.0
    """The share that is overtaken by what comes after it."""
    corrupt: float = 0.0
    """The share in which one byte is changed."""
    signing: Signing | None = None
    """None: as it ought to be."""
    replay: float = 0.0
    """The share after which an old payload of the same way comes once more."""
    delay: Delay | None = None

    def concerns(self, sender: str, recipient: str) -> bool:
        """Whether this way is affected."""
        return (self.senders is None or sender in self.senders) and (
            self.recipients is None or recipient in self.recipients
        )

    @property
    def delays(self) -> bool:
        """Whether a payload may arrive later than in fine weather, or only when it is sent again."""
        return bool(
            self.is_cut
            or self.is_held
            or self.loss
            or self.reorder
            or self.corrupt
            or self.signing
            or self.delay is not None
        )


@dataclass(frozen=True, slots=True)
class BrokerOutage:
    """The broker is away; its end brings it back."""


@dataclass(frozen=True, slots=True)
class Crash:
    """The instance dies; the end of the fault starts it again."""

    instance: str
    point: CrashPoint = CrashPoint.NOW


@dataclass(frozen=True, slots=True)
class Pause:
    """The instance does nothing, and what reaches it waits."""

    instance: str


@dataclass(frozen=True, slots=True)
class ClockSkew:
    """The instance's clock steps by *ahead* (negative: back), stays off so, and gains *drift* seconds a second.

    At the end of the fault it steps to where the others are.
    """

    instance: str
    ahead: timedelta = timedelta(0)
    drift: float = 0.0


@dataclass(frozen=True, slots=True)
class DiskFault:
    """No transaction of the instance can be committed."""

    instance: str
    state: DiskState


@dataclass(frozen=True, slots=True)
class SlowDisk:
    """Every transaction of the instance takes this much longer, and until it is over nothing else is done."""

    instance: str
    by: timedelta


@dataclass(frozen=True, slots=True)
class HttpFault:
    """The instance's REST API is slow, answers with an error, or limits how often it is asked."""

    instance: str
    status: int | None = None
    """The status of every answer; None: as it ought to be."""
    rate: int | None = None
    """How many requests it answers in an hour; those beyond get 429."""
    delay: timedelta = timedelta(0)
    """How much longer each answer takes."""


InstanceFault = Pause | ClockSkew | DiskFault | SlowDisk | HttpFault
"""What befalls an instance while it runs."""

Fault = LinkFault | BrokerOutage | Crash | InstanceFault


def hold_up(faults: Iterable[Fault], sender: str, recipient: str) -> bool:
    """Whether one of the faults may keep an envelope between the two, or its receipt, from arriving soon."""
    return any(
        fault.delays and (fault.concerns(sender, recipient) or fault.concerns(recipient, sender))
        if isinstance(fault, LinkFault)
        else isinstance(fault, BrokerOutage) or _disables(fault, sender) or _disables(fault, recipient)
        for fault in faults
    )


def disable(faults: Iterable[Fault], instance: str) -> bool:
    """Whether one of the faults may keep the instance from doing what is due."""
    return any(_disables(fault, instance) for fault in faults)


def _disables(fault: Fault, instance: str) -> bool:
    return isinstance(fault, Crash | Pause | DiskFault | SlowDisk) and fault.instance == instance
