"""A private Mosquitto, for runs that want a broker made for the purpose."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import shutil
import signal
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from simulator.errors import TransportError
from simulator.transport.address import BrokerAddress
from simulator.transport.authority import Authority

HOST = "127.0.0.1"
START_LIMIT = 10.0
"""Seconds until it accepts clients: a hundred times the usual, for a machine under load."""

PORT_ATTEMPTS = 5
"""How many free ports to try: each can be taken by somebody else between our look and its start."""

# Mosquitto cannot watch its parent, so the kernel ends it with us. A stub asks for that and then becomes
# Mosquitto: done in a preexec_fn, Python code would run between fork and exec, which may deadlock in a
# process with threads. The stub has missed nothing if its parent is still the one that started it.
_STUB = """
import ctypes, os, resource, signal, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
if os.getppid() != int(sys.argv[1]):
    sys.exit()
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
limit = 65536 if hard == resource.RLIM_INFINITY else min(hard, 65536)
resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
os.execv(sys.argv[2], sys.argv[2:])
"""


_RELOADING = b"Reloading config."
"""What it says when it has been told to."""

_WITHOUT_TLS = b"TLS support not available"
"""What it says, and goes on without, when it has none."""

_ADVICE = "install the one of the system's package manager, or run without --tls"


def find_mosquitto() -> str | None:
    """The path of the Mosquitto executable, or None; also where packages put it outside of most PATHs."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])
    return shutil.which("mosquitto", path=path)


@dataclass(frozen=True, slots=True)
class Right:
    """What one client may do; `identity` is the common name of its certificate."""

    identity: str
    reads: str
    """A filter of topics, as `writes`."""
    writes: str


class MosquittoBroker:
    """A Mosquitto on the loopback that keeps its files in `directory` and lives no longer than we do.

    With an `authority` it speaks TLS only, lets in nobody without a certificate of it that is valid, and lets
    each client do what it has a right to.
    """

    def __init__(
        self,
        directory: Path,
        port: int = 0,
        *,
        username: str | None = None,
        password: str | None = None,
        authority: Authority | None = None,
        rights: Sequence[Right] = (),
    ) -> None:
        self.authority = authority
        self._rights = rights
        self._directory = directory
        self._address = BrokerAddress.at(HOST, port, username, password)
        self._log = directory / "mosquitto.log"
        self._process: asyncio.subprocess.Process | None = None
        self._obituary: asyncio.Task[None] | None = None
        self._died = asyncio.Event()
        self._last_words = ""

    @property
    def address(self) -> BrokerAddress:
        """Where clients connect; the port is 0 before the first start if none was asked for."""
        return self._address

    @property
    def pid(self) -> int | None:
        """The broker's process id, or None while it does not run."""
        return self._process.pid if self._process is not None else None

    async def start(self) -> BrokerAddress:
        """See Broker.start."""
        if self._process is not None:
            return self._address
        executable = find_mosquitto()
        if executable is None:
            raise TransportError(
                "there is no mosquitto executable: install it with the system's package manager, "
                "for example: apt-get install mosquitto"
            )
        self._died.clear()
        attempts = 1 if self._address.node.port else PORT_ATTEMPTS
        for attempt in range(1, attempts + 1):
            address = self._address.with_port(self._address.node.port or _free_port())
            try:
                await self._launch(executable, address)
            except OSError as error:
                message = f"mosquitto cannot be started with its files in {self._directory}: {error.strerror}"
                raise TransportError(message) from error
            except TransportError as error:
                if attempt == attempts or "Address already in use" not in str(error):
                    raise
            else:
                self._address = address
                break
        return self._address

    async def stop(self) -> None:
        """See Broker.stop."""
        process, self._process = self._process, None
        if process is not None:
            await _end(process)
        if self._obituary is not None:
            await self._obituary
            self._obituary = None

    @property
    def is_ours(self) -> bool:
        """See Broker.is_ours."""
        return True

    async def close(self) -> None:
        """See Broker.close."""
        await self.stop()

    async def reload(self) -> None:
        """See Broker.reload."""
        if self._process is None:
            return  # it reads everything when it starts
        before = self._log.read_bytes().count(_RELOADING)
        self._process.send_signal(signal.SIGHUP)
        # It does one thing after the other: whoever connects once it has said so is judged by the new list.
        try:
            async with asyncio.timeout(START_LIMIT):
                while self._log.read_bytes().count(_RELOADING) == before:  # noqa: ASYNC110 - it is in a log
                    await asyncio.sleep(0.005)
        except TimeoutError:
            raise TransportError(f"mosquitto at {self._address} does not reload its configuration") from None

    async def wait_died(self) -> str:
        """See Broker.wait_died."""
        await self._died.wait()
        return self._last_words

    async def _launch(self, executable: str, address: BrokerAddress) -> None:
        configuration = self._write_configuration(address)
        with self._log.open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", "-c", _STUB, str(os.getpid())),
                *(executable, "-c", str(configuration)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us; we say when it ends
            )
        try:
            await self._wait_ready(process, address)
        except BaseException:
            await _end(process)
            raise
        self._process = process
        self._obituary = asyncio.create_task(self._watch(process))

    def _write_configuration(self, address: BrokerAddress) -> Path:
        self._directory.mkdir(parents=True, exist_ok=True)
        lines = [
            f"listener {address.node.port} {address.node.host}",
            "set_tcp_nodelay true",  # without it a round trip waits 44 ms for Nagle's algorithm
            "max_queued_messages 100000",  # it drops past 1,000 by default
            "persistence false",
            "log_dest stderr",
            "log_type error",
            "log_type warning",
            "log_type notice",
            "log_type information",
            "connection_messages false",
            # Only root's Mosquitto heeds this. Changing to another user would, by the kernel's rules,
            # undo what the stub has asked for.
            "user root",
        ]
        if self.authority is not None:
            lines += self._lines_about_tls(self.authority)
        elif address.username is None:
            lines += ["allow_anonymous true"]
        else:
            accounts = self._directory / "mosquitto.passwd"
            accounts.write_text(f"{address.username}:{_hash(address.password or '')}\n", encoding="utf-8")
            accounts.chmod(0o600)
            lines += ["allow_anonymous false", f"password_file {accounts}"]
        configuration = self._directory / "mosquitto.conf"
        configuration.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return configuration

    def _lines_about_tls(self, authority: Authority) -> list[str]:
        rights = self._directory / "mosquitto.acl"
        rights.write_text(
            "\n".join(
                f"user {right.identity}\ntopic read {right.reads}\ntopic write {right.writes}\n"
                for right in self._rights
            ),
            encoding="utf-8",
        )
        rights.chmod(0o600)
        return [
            f"cafile {authority.certificate_file}",
            f"certfile {authority.broker_file}",
            f"keyfile {authority.broker_file}",
            f"crlfile {authority.revocation_file}",
            "require_certificate true",
            "use_identity_as_username true",
            "use_username_as_clientid true",  # or one could take another's client id, and throw it out
            "allow_anonymous false",
            f"acl_file {rights}",
        ]

    async def _wait_ready(self, process: asyncio.subprocess.Process, address: BrokerAddress) -> None:
        # Its log says when it listens. To connect would be no proof: at a port that was taken from us it
        # would reach somebody else's broker.
        try:
            async with asyncio.timeout(START_LIMIT):
                while b" running\n" not in self._log.read_bytes():
                    if process.returncode is not None:
                        raise TransportError(f"mosquitto cannot start at {address}: {self._last_lines(process)}")
                    await asyncio.sleep(0.005)
            if self.authority is not None and _WITHOUT_TLS in self._log.read_bytes():
                raise TransportError(f"this mosquitto cannot speak TLS, it was built without: {_ADVICE}")
        except TimeoutError:
            late = f"mosquitto was not ready at {address} after {START_LIMIT:g} seconds"
            raise TransportError(f"{late}: {self._last_lines(process)}") from None

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        await process.wait()
        if self._process is process:
            self._process = None
            self._last_words = f"mosquitto at {self._address} died: {self._last_lines(process)}"
            self._died.set()

    def _last_lines(self, process: asyncio.subprocess.Process) -> str:
        log = self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-5:]
        return "; ".join([f"exit code {process.returncode}", *log])


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kill it, not ask: it has nothing to lose, since nobody relies on a broker's memory."""
    if process.returncode is None:
        process.kill()
    await process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _hash(password: str) -> str:
    """`password` as mosquitto_passwd writes it."""
    salt, rounds = os.urandom(12), 101
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, rounds)
    return f"$7${rounds}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"
