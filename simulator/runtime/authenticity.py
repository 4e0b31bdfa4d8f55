"""Whether an envelope comes from whom it names, before any look at what it says."""

from __future__ import annotations

from simulator.protocol.codec import Signed
from simulator.protocol.signature import is_authentic
from simulator.protocol.topics import topic
from simulator.refusal import Refusal, RefusalCode
from simulator.tables import Tables
from simulator.trust.directory import DirectoryEntry, administrator_of, name_of, this_instance


def origin(tables: Tables, namespace: str, published_by: str) -> str:
    """On which topic something came, and in whose name: that is all that is known of what cannot be read."""
    where = topic(namespace, this_instance(tables).account, tables.owner, published_by)
    known = tables.get(DirectoryEntry, published_by)
    return f"it came on {where}, in the name of {known.name if known else 'no instance that is known'}"


def refuse_unauthentic(tables: Tables, published_by: str, item: Signed) -> Refusal | None:
    """Why the envelope is not authentic, or not for this instance; or None.

    Its topic, the envelope and the signature must name the same sender. A broker that knows its clients
    vouches for the topic; where none does, the signature alone tells.
    """
    me, envelope = name_of(tables, tables.owner), item.envelope
    sender = tables.get(DirectoryEntry, envelope.sender)
    if sender is None:
        return Refusal(
            code=RefusalCode.UNKNOWN_SENDER,
            found=f"The instance directory of {me} has no instance {envelope.sender}.",
            change="send as an instance of the directory",
            who="the sender",
        )
    if published_by != envelope.sender:
        return Refusal(
            code=RefusalCode.SENDER_MISMATCH,
            found=f"The envelope claims to come from {sender.name} and was published as "
            f"{name_of(tables, published_by)}.",
            change="publish on the topic of the instance that sends",
            who=administrator_of(tables, published_by),
        )
    if not is_authentic(item.signed, item.signature, sender.public_key):
        state = "is not" if item.signature else "is unsigned, not"
        return Refusal(
            code=RefusalCode.SIGNATURE_INVALID,
            found=f"The envelope claims to come from {sender.name} and {state} signed with its signing key.",
            change="send it again, signed with the instance's own key",
            who=administrator_of(tables, envelope.sender),
        )
    if envelope.recipient != tables.owner:
        return Refusal(
            code=RefusalCode.NOT_ADDRESSED,
            found=f"The envelope is addressed to {name_of(tables, envelope.recipient)}, not to {me}.",
            change=f"send an envelope of its own to {me}",
            who=administrator_of(tables, envelope.sender),
        )
    return None
