"""With which certificate an instance goes to the broker, and what TLS says of one that is not valid."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.errors import CertificateRefusedError
from simulator.transport.address import BrokerNode

if TYPE_CHECKING:  # what is only read or run in virtual time has nothing to do with it
    import ssl

ANSWER_LIMIT = 5.0
"""Seconds for the broker's answer to a handshake: one at work answers in milliseconds."""


class Certificate(StrEnum):
    """The state of an instance's own certificate."""

    VALID = "valid"
    MISSING = "missing"
    EXPIRED = "expired"
    REVOKED = "revoked"
    FOREIGN = "foreign"
    """Another authority has issued it."""


ALERTS = {
    Certificate.MISSING: "certificate required",
    Certificate.EXPIRED: "certificate expired",
    Certificate.REVOKED: "certificate revoked",
    Certificate.FOREIGN: "unknown ca",
}
"""The alert with which TLS 1.3 refuses each, as RFC 8446 names it."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Where one client's share of TLS is kept."""

    authority: Path
    """The certificate of the authority that vouches for the broker."""
    own: Path
    """The client's private key and certificate; no such file, no certificate."""

    def context(self) -> ssl.SSLContext:
        """The files as they are now."""
        import ssl

        context = ssl.create_default_context(cafile=str(self.authority))
        if self.own.exists():
            context.load_cert_chain(self.own)
        return context


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client shows the broker: with TLS its files, and without it the certificate that it would have.

    Without TLS the broker asks for none. That one which is not valid is refused is simulated then, in the same
    words, so that a scenario comes to the same everywhere.
    """

    certificate: Certificate = Certificate.VALID
    files: TlsFiles | None = None

    def context(self) -> ssl.SSLContext | None:
        """For a connection with TLS; None for one without.

        Raises CertificateRefusedError where a refusal is simulated.
        """
        if self.files is not None:
            return self.files.context()
        if self.certificate is not Certificate.VALID:
            raise CertificateRefusedError(ALERTS[self.certificate])
        return None


PLAIN = Credentials()
"""No TLS, and nothing to be refused for."""


def alert_of(context: ssl.SSLContext, node: BrokerNode) -> str | None:
    """Why a broker's node refuses the certificate of *context*, in the words of TLS; None when it does not.

    In TLS 1.3 the client's handshake is over before the broker looks at the certificate: its alert is the first
    thing to be read. MQTT writes first, and may then find the connection closed with the alert unread.
    """
    import ssl

    try:
        with (
            socket.create_connection(node.door, ANSWER_LIMIT) as plain,
            context.wrap_socket(plain, server_hostname=node.host) as secure,
        ):
            secure.settimeout(_SILENCE)
            secure.recv(1)
    except ssl.SSLError as error:
        _, is_alert, words = (error.reason or "").lower().replace("_", " ").partition(" alert ")
        return words if is_alert else None
    except OSError:
        return None
    return None


_SILENCE = 0.5
"""Seconds after which a broker that says nothing waits for MQTT to begin, and has no objection."""
