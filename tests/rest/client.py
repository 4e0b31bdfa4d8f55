"""A client of one instance's REST API, without a socket: requests and answers as values."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl
from weakref import finalize

from simulator.protocol.cmdb import ConfigureCmdb
from simulator.protocol.envelope import LIFETIME, Envelope, derive_id
from simulator.protocol.http import Request, Response
from simulator.protocol.signature import signing_key
from simulator.runtime.instance import Instance
from simulator.store.file import connect
from simulator.store.store import Store
from simulator.tables import Row
from tests.fleet import NAMESPACE, SEED, START, directory_entry, health, id_of, ready, release_ops

BASE = "https://prod1.example:8443"


def basic(user: str, password: str | None = None) -> str:
    """The header of somebody who logs in; a user's password is the user's name."""
    return "Basic " + base64.b64encode(f"{user}:{user if password is None else password}".encode()).decode()


def request(
    method: str, url: str, body: Any = None, *, user: str | None = "admin", headers: dict[str, str] | None = None
) -> Request:
    """A request as a server would bring it; a body that is not bytes is sent as JSON."""
    path, _, query = url.partition("?")
    sent = {"accept": "application/json", **(headers or {})}
    if user is not None:
        sent.setdefault("authorization", basic(user))
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return Request(method, path, tuple(parse_qsl(query, keep_blank_values=True)), sent, content, BASE)


class Api:
    """An instance with two applications, and with what *setup* gives its CMDB; everybody calls as *user*."""

    def __init__(
        self, setup: dict[str, Any] | None = None, *, name: str = "prod1", rows: Sequence[Row] = ()
    ) -> None:
        self.id = id_of(name)
        self.now = START
        self.connection = connect(":memory:")
        finalize(self, self.connection.close)
        self.store = Store(self.connection, self.id)
        self.instance = Instance(self.store, signing_key(SEED, self.id), NAMESPACE, START)
        directory = [directory_entry(one) for one in ("prod1", "prod2", "dev1", "dev2")]
        self.instance.enter([*directory, *ready(), *health(), *release_ops(), *rows], START)
        self.published: list[str] = []
        """To whom it has published since the last look."""
        if setup is not None:
            self.configure(setup)

    def configure(self, setup: dict[str, Any]) -> None:
        """Gives the CMDB what a setup says."""
        action = ConfigureCmdb(setup=setup)
        id_ = derive_id("test", len(self.store.journal()))
        envelope = Envelope(
            id=id_,
            sender=self.id,
            recipient=self.id,
            cause=None,
            sent_at=self.now,
            expires_at=self.now + LIFETIME,
            message=action,
        )
        self.instance.act(envelope, self.now)
        (_, entry) = self.store.journal()[-1]
        assert entry.outcome == "processed", entry.explanation

    def reopen(self) -> None:
        """Ends the instance and opens it anew from what it has stored."""
        self.instance.close()
        self.store = Store(self.connection, self.id)
        self.instance = Instance(self.store, signing_key(SEED, self.id), NAMESPACE, self.now)

    def send(
        self, method: str, url: str, body: Any = None, *, at: datetime | None = None, **more: Any
    ) -> Response:
        """Serves one request."""
        response, outgoing = self.instance.serve(request(method, url, body, **more), at or self.now)
        self.published += [each.recipient for each in outgoing]
        return response

    def get(self, url: str, **more: Any) -> Any:
        """The result of a request that is served."""
        response = self.send("GET", url, **more)
        assert response.status == 200, response
        return response.body["result"]

    def names(self, url: str, field: str = "name", **more: Any) -> list[str]:
        """One field of every record of a list."""
        return [row[field] for row in self.get(url, **more)]


def header(response: Response, name: str) -> str | None:
    """The value of a header, None where there is none."""
    return next((value for each, value in response.headers if each.lower() == name.lower()), None)


def error(response: Response) -> tuple[int, str, str | None]:
    """Status, message and detail of an error body."""
    assert response.body["status"] == "failure"
    return response.status, response.body["error"]["message"], response.body["error"]["detail"]
