"""A broker with TLS as somebody else might run it: it wants a certificate of whoever comes, and an account."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from simulator.transport.address import BrokerAddress
from simulator.transport.authority import Authority
from simulator.transport.certificate import Certificate
from simulator.transport.mosquitto import HOST, MosquittoBroker, _hash
from simulator.transport.tls import Tls, authorities_in, own_in


class TheirBroker(MosquittoBroker):
    """A Mosquitto that knows nothing of instances, and whose certificate is for the loopback."""

    def __init__(self, directory: Path) -> None:
        now = datetime.now(UTC)  # noqa: TID251 - TLS goes by the wall clock
        self.directory = directory
        self.theirs = Authority(directory / "tls", now, HOST)
        super().__init__(directory, authority=self.theirs, username="ann", password="s3cret")  # noqa: S106
        self.certify(Certificate.VALID)

    @property
    def authorities(self) -> Path:
        """What --broker-ca is given."""
        return self.theirs.certificate_file

    def certify(self, certificate: Certificate) -> Path:
        """Issues such a certificate, and returns what --broker-cert is given."""
        self.theirs.certify("client", "client", certificate)
        return self.theirs.files_of("client").own

    def reached(self, tls: Tls) -> BrokerAddress:
        """Where it is, for a client that has this of TLS."""
        return replace(BrokerAddress.at(HOST, self.address.node.port, "ann", "s3cret"), tls=tls)

    def tls(self, certificate: Certificate = Certificate.VALID) -> Tls:
        """What a client needs, with a certificate in that state."""
        return Tls(authorities_in(self.authorities), own_in(self.certify(certificate), None))

    def _lines_about_tls(self, authority: Authority) -> list[str]:
        accounts = self.directory / "accounts"
        accounts.write_text(f"ann:{_hash('s3cret')}\n")
        accounts.chmod(0o600)
        return [
            f"cafile {authority.certificate_file}",
            f"certfile {authority.broker_file}",
            f"keyfile {authority.broker_file}",
            "require_certificate true",
            "allow_anonymous false",
            f"password_file {accounts}",
            "connection_messages true",
        ]
