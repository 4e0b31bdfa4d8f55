"""How TLS is spoken with somebody else's broker: whom it has to be vouched for by, and what it is shown."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.errors import TransportError

if TYPE_CHECKING:  # what is only read or run in virtual time has nothing to do with it
    import ssl


@dataclass(frozen=True, slots=True)
class Tls:
    """What a client needs, itself and not the names of files: the client may be on another machine."""

    authorities: str | None = field(default=None, repr=False)
    """The certificates, as PEM, of who may vouch for the broker; None: whom the system trusts."""
    own: str | None = field(default=None, repr=False)
    """The client's certificate and private key, as PEM; None: it has none."""

    def context(self) -> ssl.SSLContext:
        """The same one each time, for to read the system's authorities takes long. Raises TransportError."""
        try:
            return _context(self)
        except OSError as error:  # one of TLS is one, too
            raise TransportError(f"TLS cannot be spoken: {error}") from error

    def fault(self, cause: BaseException | None, alert: str | None) -> str | None:
        """What is wrong with a handshake that has ended so, in words; None: nothing that TLS knows of."""
        import ssl

        match cause:
            case ssl.SSLCertVerificationError():
                trusted = "the system trusts" if self.authorities is None else "is in the file of --broker-ca"
                expected = f"expected one for this host, from an authority that {trusted}"
                return f"its certificate cannot be verified: {cause.verify_message.rstrip('.')}; {expected}"
            case ssl.SSLError() if not alert:
                return f"it does not answer with TLS: {cause.reason or cause}"
        if self.own is None and alert in _ABOUT_CERTIFICATES | {"handshake failure"}:
            return f"it refuses who has no certificate, which --broker-cert gives: {alert}"
        if alert in _ABOUT_CERTIFICATES:
            return f"it refuses our certificate: {alert}"
        return alert and f"it refuses TLS with us: {alert}"


_ABOUT_CERTIFICATES = {
    "access denied",
    "bad certificate",
    "certificate expired",
    "certificate required",
    "certificate revoked",
    "certificate unknown",
    "unknown ca",
    "unsupported certificate",
}
"""Alerts, as RFC 8446 (section 6.2) names them."""


@lru_cache
def _context(tls: Tls) -> ssl.SSLContext:
    import ssl
    from tempfile import NamedTemporaryFile

    context = ssl.create_default_context(cadata=tls.authorities)
    if tls.own is not None:
        # OpenSSL reads them from a file only; this one nobody else can read, and it is gone at once.
        with NamedTemporaryFile("w", prefix="trustsim-") as file:
            file.write(tls.own)
            file.flush()
            context.load_cert_chain(file.name)
    return context


def authorities_in(file: Path) -> str:
    """The certificates in a file; ValueError says what was expected and what is there."""
    certificates = _blocks(file, "CERTIFICATE")
    _try(Tls(authorities=certificates), f"{file}: its certificates cannot be read")
    return certificates


def own_in(certificate: Path, key: Path | None) -> str:
    """A client's certificate and its private key, which by default is in the same file; ValueError as above."""
    key = key or certificate
    own = _blocks(certificate, "CERTIFICATE") + _blocks(key, "PRIVATE KEY")
    _try(Tls(own=own), f"{key}: the private key does not go with the certificate in {certificate}")
    return own


def _blocks(file: Path, kind: str) -> str:
    try:
        text = file.read_bytes().decode("ascii", errors="replace")
    except OSError as error:
        raise ValueError(f"{file}: {error.strerror}") from None
    blocks = [
        block.group()
        for block in re.finditer(r"-----BEGIN ([A-Z0-9 ]+)-----\r?\n.*?-----END \1-----", text, re.DOTALL)
        if block.group(1).endswith(kind)
    ]
    if not blocks:
        raise ValueError(f"{file}: expected PEM with -----BEGIN {kind}-----, and there is none in it")
    if any("ENCRYPTED" in block for block in blocks):
        raise ValueError(f"{file}: expected a private key without a passphrase, and this one is encrypted")
    return "\n".join(blocks) + "\n"


def _try(tls: Tls, otherwise: str) -> None:
    import ssl

    try:
        _context(tls)
    except ssl.SSLError as error:
        raise ValueError(f"{otherwise}: {error.reason or error}") from None
