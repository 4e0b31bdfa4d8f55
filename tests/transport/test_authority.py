"""What the certificate authority issues, as OpenSSL and the cryptography package see it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey

from simulator.transport.authority import Authority
from simulator.transport.certificate import Certificate, Credentials

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """A new one, with its files in a directory of its own."""
    return Authority(tmp_path / "tls", NOW, "127.0.0.1")


def of(authority: Authority, holder: str) -> x509.Certificate:
    """The certificate that the holder has."""
    return x509.load_pem_x509_certificate(authority.files_of(holder).own.read_bytes())


def revoked(authority: Authority) -> x509.CertificateRevocationList:
    """What is revoked now."""
    return x509.load_pem_x509_crl(authority.revocation_file.read_bytes())


def own_certificate(authority: Authority) -> x509.Certificate:
    """The authority's."""
    return x509.load_pem_x509_certificate(authority.certificate_file.read_bytes())


def test_a_valid_one_names_its_holder(authority: Authority) -> None:
    """It is signed by the authority, for a key on P-256, names the holder's identity and is valid now."""
    authority.certify("ann", "4711", Certificate.VALID)
    certificate = of(authority, "ann")
    certificate.verify_directly_issued_by(own_certificate(authority))
    assert certificate.subject.rfc4514_string() == "CN=4711"
    assert certificate.not_valid_before_utc < NOW < certificate.not_valid_after_utc
    key = certificate.public_key()
    assert isinstance(key, EllipticCurvePublicKey)
    assert isinstance(key.curve, SECP256R1)
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_one_that_has_expired_is_otherwise_alike(authority: Authority) -> None:
    """Only its last day is over."""
    authority.certify("ann", "4711", Certificate.EXPIRED)
    certificate = of(authority, "ann")
    certificate.verify_directly_issued_by(own_certificate(authority))
    assert certificate.not_valid_before_utc < certificate.not_valid_after_utc < NOW


def test_a_foreign_one_is_signed_by_somebody_else(authority: Authority) -> None:
    """It names the holder, but the authority knows nothing of it."""
    authority.certify("ann", "4711", Certificate.FOREIGN)
    certificate = of(authority, "ann")
    assert certificate.subject.rfc4514_string() == "CN=4711"
    assert certificate.issuer != own_certificate(authority).subject
    with pytest.raises(ValueError, match="Issuer"):
        certificate.verify_directly_issued_by(own_certificate(authority))


def test_revoking_adds_to_a_later_list(authority: Authority) -> None:
    """Each list names all that were revoked and is later than the one before by a second, as OpenSSL counts."""
    authority.certify("ann", "4711", Certificate.VALID)
    before = revoked(authority)
    for name in ("ann", "bob"):
        authority.certify(name, name, Certificate.REVOKED)
    after = revoked(authority)
    numbers = {of(authority, name).serial_number for name in ("ann", "bob")}
    assert not list(before)
    assert {entry.serial_number for entry in after} == numbers
    assert after.last_update_utc - before.last_update_utc >= timedelta(seconds=1)
    authority.certify("ann", "4711", Certificate.VALID)
    assert of(authority, "ann").serial_number not in {entry.serial_number for entry in revoked(authority)}


def test_a_missing_one_is_no_file(authority: Authority) -> None:
    """Without a certificate the client has nothing to show, and a context for TLS all the same."""
    authority.certify("ann", "4711", Certificate.VALID)
    authority.certify("ann", "4711", Certificate.MISSING)
    authority.certify("ann", "4711", Certificate.MISSING)
    assert not authority.files_of("ann").own.exists()
    assert Credentials(files=authority.files_of("ann")).context() is not None


def test_only_the_user_can_read_them(authority: Authority) -> None:
    """The directory and every file in it, for there are private keys among them."""
    for certificate in Certificate:
        authority.certify(certificate, certificate, certificate)
    directory = authority.certificate_file.parent
    directories = [directory, *(path for path in directory.rglob("*") if path.is_dir())]
    assert {each.stat().st_mode & 0o777 for each in directories} == {0o700}
    assert {file.stat().st_mode & 0o777 for file in directory.rglob("*.pem")} == {0o600}


@pytest.mark.parametrize("name", ["authority", "broker", "revoked"])
def test_a_client_may_have_the_name_of_one_of_the_authority_s_files(tmp_path: Path, name: str) -> None:
    """Its certificate takes the place of none of them."""
    authority = Authority(tmp_path / "tls", datetime.now(UTC), "127.0.0.1")  # noqa: TID251 - TLS knows no other
    files = authority.certificate_file, authority.broker_file, authority.revocation_file
    before = [file.read_bytes() for file in files]
    authority.certify(name, "somebody", Certificate.VALID)
    assert [file.read_bytes() for file in files] == before
    assert authority.files_of(name).own.exists()
