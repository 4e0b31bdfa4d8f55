"""The certificate authority of one run: it vouches for the broker and for every instance, and for nobody else.

Keys are for the elliptic curve P-256. What it issues is written to files that only the user can read, below one
directory. They protect a simulation and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path
from shutil import rmtree
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from simulator.errors import TransportError
from simulator.transport.certificate import Certificate, TlsFiles

LIFE = timedelta(days=30)
"""How long what is valid stays so: longer than any run."""

AGE = timedelta(days=2)
"""How long ago everything was issued, so that a certificate can have expired since."""


_LONGEST_NAME = 64
"""Characters of a common name (RFC 5280, appendix A.1)."""

_LONGEST_FILE = 200


class Authority:
    """Issues certificates and revokes them; keeps its files in *directory*.

    *now* is by the wall clock, for TLS knows no other; *host* is where the broker listens.
    """

    def __init__(self, directory: Path, now: datetime, host: str) -> None:
        self._directory = directory
        self._now = now
        self._issuer = _Issuer("trustsim authority", now)
        # A name of its own: TLS would report one of the same name as a bad signature, not as unknown.
        self._foreign_issuer = _Issuer("foreign authority", now)
        self._serial_of: dict[str, int] = {}
        """Of the latest certificate of each holder."""
        self._revoked: list[int] = []
        self._lists_issued = 0
        with self._writing():
            directory.mkdir(parents=True, mode=0o700)
            (directory / "clients").mkdir(mode=0o700)
        self._write(self.certificate_file, self._issuer.certificate.public_bytes(Encoding.PEM))
        self._write(self.broker_file, self._issuer.issue("broker", now - AGE, now + LIFE, host)[1])
        self._write_revocation_list()

    @property
    def certificate_file(self) -> Path:
        """The authority's own certificate."""
        return self._directory / "authority.pem"

    @property
    def broker_file(self) -> Path:
        """The broker's private key and certificate."""
        return self._directory / "broker.pem"

    @property
    def revocation_file(self) -> Path:
        """The list of what was revoked."""
        return self._directory / "revoked.pem"

    def server_file(self, host: str) -> Path:
        """The private key and certificate of whatever else than the broker serves on that host."""
        file = self._directory / f"server-{quote(host, safe='')}.pem"
        self._write(file, self._issuer.issue("server", self._now - AGE, self._now + LIFE, host)[1])
        return file

    def user_file(self, user: str) -> Path | None:
        """The private key and certificate with which a user of the instances logs in, issued when first asked for.

        None for a name that no certificate can hold.
        """
        if not 0 < len(user) <= _LONGEST_NAME:
            return None
        name = quote(user, safe="")  # it may look like a path
        if len(name) > _LONGEST_FILE:
            name = sha256(user.encode()).hexdigest()
        file = self._directory / "users" / f"{name}.pem"
        if not file.exists():
            with self._writing():
                file.parent.mkdir(mode=0o700, exist_ok=True)
            self._write(file, self._issuer.issue(user, self._now - AGE, self._now + LIFE)[1])
        return file

    def remove(self) -> None:
        """All its files are gone."""
        rmtree(self._directory, ignore_errors=True)

    def files_of(self, holder: str) -> TlsFiles:
        """What the client of that name needs."""
        # In a directory of their own: a client may be called as one of the authority's own files.
        return TlsFiles(self.certificate_file, self._directory / "clients" / f"{holder}.pem")

    def certify(self, holder: str, identity: str, certificate: Certificate) -> None:
        """Sees to it that the holder's certificate is as given; a broker learns of one revoked when it reloads.

        *identity* is the name by which the broker knows the holder.
        """
        own = self.files_of(holder).own
        match certificate:
            case Certificate.VALID:
                self._issue(holder, identity, self._now + LIFE)
            case Certificate.EXPIRED:
                self._issue(holder, identity, self._now - AGE / 2)
            case Certificate.FOREIGN:
                self._write(own, self._foreign_issuer.issue(identity, self._now - AGE, self._now + LIFE)[1])
            case Certificate.REVOKED:
                self._issue(holder, identity, self._now + LIFE)
                self._revoked.append(self._serial_of[holder])
                self._write_revocation_list()
            case Certificate.MISSING:
                own.unlink(missing_ok=True)

    def _issue(self, holder: str, identity: str, until: datetime) -> None:
        self._serial_of[holder], pem = self._issuer.issue(identity, self._now - AGE, until)
        self._write(self.files_of(holder).own, pem)

    def _write_revocation_list(self) -> None:
        # OpenSSL keeps the lists it has read before and takes the latest, by the second.
        self._lists_issued += 1
        issued_at = self._now - AGE + timedelta(seconds=self._lists_issued)
        revocations = self._issuer.revocation_list(self._revoked, issued_at, self._now + LIFE)
        self._write(self.revocation_file, revocations)

    def _write(self, file: Path, content: bytes) -> None:
        """Whoever reads the file meanwhile finds the old content or the new one."""
        fresh = file.with_suffix(".new")
        with self._writing():
            fresh.touch(mode=0o600)
            fresh.write_bytes(content)
            fresh.rename(file)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise TransportError(
                f"no certificate can be written to {self._directory}: {error.strerror}"
            ) from error


class _Issuer:
    """A key, and a certificate that it has signed itself."""

    def __init__(self, name: str, now: datetime) -> None:
        self._key = generate_private_key(SECP256R1())
        self._name = _named(name)
        self.certificate = self._sign(self._key, self._name, now - AGE, now + LIFE, is_authority=True)

    def issue(self, identity: str, since: datetime, until: datetime, host: str | None = None) -> tuple[int, bytes]:
        """A new certificate: its serial number, and its private key and itself as a file has them."""
        key = generate_private_key(SECP256R1())
        certificate = self._sign(key, _named(identity), since, until, host=host)
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return certificate.serial_number, private + certificate.public_bytes(Encoding.PEM)

    def revocation_list(self, serial_numbers: list[int], issued_at: datetime, until: datetime) -> bytes:
        """The list that names these certificates."""
        builder = x509.CertificateRevocationListBuilder(self._name, issued_at, until)
        builder = builder.add_extension(self._key_identifier(), critical=False)
        for number in serial_numbers:
            revoked = x509.RevokedCertificateBuilder(number, issued_at).build()
            builder = builder.add_revoked_certificate(revoked)
        return builder.sign(self._key, SHA256()).public_bytes(Encoding.PEM)

    def _key_identifier(self) -> x509.AuthorityKeyIdentifier:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())

    def _sign(
        self,
        key: EllipticCurvePrivateKey,
        subject: x509.Name,
        since: datetime,
        until: datetime,
        *,
        is_authority: bool = False,
        host: str | None = None,
    ) -> x509.Certificate:
        builder = x509.CertificateBuilder(
            issuer_name=self._name,
            subject_name=subject,
            public_key=key.public_key(),
            serial_number=x509.random_serial_number(),
            not_valid_before=since,
            not_valid_after=until,
        ).add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        # Python 3.13 asks for all that RFC 5280 does: which key has signed, and what an authority's key is for.
        builder = builder.add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
        )
        builder = builder.add_extension(self._key_identifier(), critical=False)
        if is_authority:
            builder = builder.add_extension(_SIGNS_CERTIFICATES, critical=True)
        if host is not None:
            builder = builder.add_extension(_names_of(host), critical=False)
        return builder.sign(self._key, SHA256())


_SIGNS_CERTIFICATES = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def _names_of(host: str) -> x509.SubjectAlternativeName:
    """What a host may be called by who connects: an address of this machine itself also `localhost`."""
    try:
        address = ip_address(host)
    except ValueError:
        return x509.SubjectAlternativeName([x509.DNSName(host)])
    local = [x509.DNSName("localhost")] if address.is_loopback else []
    return x509.SubjectAlternativeName([x509.IPAddress(address), *local])


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
