"""The star of theirs.py on our agenda and in our weather, as datagrams between callbacks: nothing of an instance.

What simloop does for it, line by line: six hosts, eight jobs, each a request, work and a reply; every datagram is
acknowledged, repeated after two seconds with a back-off that doubles, and taken once.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from simulator.runtime.clock import MICROSECOND
from simulator.runtime.faults import Delay, LinkFault
from simulator.runtime.kinds import Spread
from simulator.runtime.virtual.agenda import Agenda, Microseconds
from simulator.runtime.weather import Weather

SPOKES, JOBS = 5, 8
LATENCY: Microseconds = 1_000
WORK: Microseconds = 1_000
"""How long the hub works on a job."""

RETRY_FIRST, RETRY_MAX = 2_000_000, 300_000_000
"""As in simulator/runtime/outbox.py."""

LOSSY = LinkFault(
    loss=0.1,
    delay=Delay(spread=Spread.UNIFORM, least=timedelta(0), most=timedelta(milliseconds=100)),
)

Take = Callable[[str, bytes, bytes], None]
"""What a node does with what reaches it: sender, id and text."""


class _Network:
    """Carries datagrams between nodes by their names."""

    def __init__(self, seed: int, fault: LinkFault | None) -> None:
        self.agenda = Agenda()
        self.nodes: dict[str, _Node] = {}
        self._weather = Weather(seed)
        if fault is not None:
            self._weather.begin(1, fault)

    def carry(self, sender: str, recipient: str, data: bytes) -> None:
        """Sends it off; it may be lost, or late."""
        receive = self.nodes[recipient].receive
        for passage in self._weather.carry(sender, recipient, data):
            later = LATENCY + passage.after // MICROSECOND
            self.agenda.add(self.agenda.now + later, partial(receive, sender, passage.payload))


class _Node:
    """One end: repeats what is not acknowledged, and takes what comes once."""

    def __init__(self, name: str, network: _Network, take: Take) -> None:
        network.nodes[name] = self
        self._name = name
        self._network = network
        self._take = take
        self._unacknowledged: set[bytes] = set()
        self._seen: set[bytes] = set()

    def send(self, recipient: str, id_: bytes, text: bytes) -> None:
        """Sends it until it is acknowledged."""
        self._unacknowledged.add(id_)
        self._try(recipient, id_, text, RETRY_FIRST)

    def _try(self, recipient: str, id_: bytes, text: bytes, wait: Microseconds) -> None:
        if id_ in self._unacknowledged:
            self._network.carry(self._name, recipient, b"msg " + id_ + b" " + text)
            agenda, next_wait = self._network.agenda, min(2 * wait, RETRY_MAX)
            agenda.add(agenda.now + wait, partial(self._try, recipient, id_, text, next_wait))

    def receive(self, sender: str, data: bytes) -> None:
        """Takes a datagram."""
        kind, id_, text = data.split(b" ", 2)
        if kind == b"ack":
            self._unacknowledged.discard(id_)
            return
        self._network.carry(self._name, sender, b"ack " + id_ + b" ")
        if id_ not in self._seen:
            self._seen.add(id_)
            self._take(sender, id_, text)


def run_seeds(fault: LinkFault | None, times: int, lap: int) -> None:
    """So many seeds of the star; each job must have been done, and been replied to, exactly once."""
    for seed in range(lap * times, (lap + 1) * times):
        _run_star(seed, fault)


def _run_star(seed: int, fault: LinkFault | None) -> None:
    network = _Network(seed, fault)
    agenda = network.agenda
    done: list[bytes] = []
    replies: list[bytes] = []

    def reply(spoke: str, id_: bytes, text: bytes) -> None:
        done.append(text)
        hub.send(spoke, b"re-" + id_, b"done " + text)

    def work(spoke: str, id_: bytes, text: bytes) -> None:
        agenda.add(agenda.now + WORK, partial(reply, spoke, id_, text))

    hub = _Node("hub", network, work)
    spokes = [_Node(f"s{number}", network, lambda _, __, text: replies.append(text)) for number in range(SPOKES)]
    jobs = [b"%d" % number for number in range(JOBS)]
    for number, job in enumerate(jobs):
        spokes[number % SPOKES].send("hub", b"job-" + job, job)
    while agenda.next_at() is not None:
        agenda.step()
    assert sorted(done) == jobs, f"seed {seed}: {done}"
    assert sorted(replies) == [b"done " + job for job in jobs], f"seed {seed}: {replies}"
