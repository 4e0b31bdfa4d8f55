"""What the broker refuses: an instance without a valid certificate, and one that takes another's name.

Trust between applications comes after that. What is refused here never reaches another instance.
"""

from __future__ import annotations

from dataclasses import replace

from simulator.refusal import Refusal, RefusalCode
from simulator.tables import Tables
from simulator.trust.directory import administrator_of, name_of
from simulator.trust.readiness import refuse_without_tls

_MEANINGS = {
    RefusalCode.CERTIFICATE_REQUIRED: "it shows none",
    RefusalCode.CERTIFICATE_EXPIRED: "its own is past its last day",
    RefusalCode.CERTIFICATE_REVOKED: "the authority has revoked its own",
    RefusalCode.UNKNOWN_CA: "its own is from another authority",
}


def refuse_certificate(tables: Tables, alert: str) -> Refusal:
    """The instance cannot connect; *alert* is TLS's word for it, such as "certificate expired"."""
    me = name_of(tables, tables.owner)
    code = RefusalCode(alert.replace(" ", "_"))
    found = f"{me} cannot connect: {alert}; the broker asks for a valid certificate, and {_MEANINGS[code]}."
    unready = refuse_without_tls(tables)
    if code is RefusalCode.CERTIFICATE_REQUIRED and unready is not None:
        return replace(unready, code=code, found=f"{found} {unready.found}")
    return Refusal(
        code=code,
        found=found,
        change=f"have the fleet's certificate authority issue a certificate for {me}",
        who=administrator_of(tables, tables.owner),
    )


def refuse_name(instance: str, name: str, objection: str) -> Refusal:
    """The instance may not publish as the one it names; *objection* is what the broker says."""
    return Refusal(
        code=RefusalCode.TOPIC_DENIED,
        found=f"The broker does not let {instance} publish as {name}: {objection}.",
        change="publish as itself",
        who=instance,
    )
