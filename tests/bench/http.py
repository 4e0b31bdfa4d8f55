"""The REST API beside a bare handler, and beside the same call without HTTP."""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, median, quantiles
from time import perf_counter

from simulator.protocol.http import Request
from simulator.runtime.clock import EPOCH
from simulator.runtime.instance import Instance
from simulator.runtime.listening import Listening, take_ports
from simulator.scenario.reading.load import load_text
from simulator.scenario.running.run import live_fleet
from simulator.scenario.topology import instance_specs
from simulator.store.file import connect
from simulator.store.store import Store
from simulator.transport.embedded import EmbeddedBroker

from .bare import make
from .table import Table

SERVERS = 1000
AT_ONCE = 8
"""Connections that ask at the same time."""
ROUNDS = 5
HOST = "127.0.0.1"

SCENARIO = """
name: one that is asked
instances: { one: production }
steps: [{ advance: 1s }]
"""
AUTHORIZATION = "Basic " + base64.b64encode(b"admin:admin").decode()
CIS = "/api/now/table/cmdb_ci_linux_server"
FIELDS = "sysparm_fields=sys_id,name,ip_address,os,ram,serial_number,sys_class_name,sys_updated_on"
IRE = "/api/now/identifyreconcile?sysparm_data_source=Discovery"


@dataclass
class Asked:
    """One kind of request to one server."""

    what: str
    who: str
    port: int
    request: Callable[[int], bytes]
    """The request with that number."""
    seconds: list[float] = field(default_factory=list)
    """Of each answer."""
    rates: list[float] = field(default_factory=list)
    """Answers a second, of each round."""


async def measure_http(directory: Path, seconds: float, tell: Callable[[str], None]) -> Table:
    """Reads, lists, inserts and identifications, in turns."""
    table = Table(
        "The REST API",
        ("request", "answered by", "requests/s", "p50 ms", "p99 ms", "this : bare"),
        f"{AT_ONCE} connections at once, which are kept; {SERVERS:,} servers; {ROUNDS} rounds in turns. The bare "
        "handler is Starlette on uvicorn with one question to SQLite, and knows no users, roles or columns. "
        "The last column is the median of the rounds. The same call is `Instance.serve` in this process, one at a "
        "time, in the same rounds.",
    )
    bare_file = directory / "bare.sqlite"
    make(bare_file, SERVERS)
    async with _ours(directory) as ours, _bare(bare_file) as bare:
        within = _Within(directory)
        tell("the REST API: filling in")
        ids = await _fill(ours)
        asked = [
            Asked("GET one", "bare", bare, lambda n: _get(f"/api/now/table/server/{n % SERVERS:032x}")),
            Asked("GET one", "this", ours, lambda n: _get(f"{CIS}/{ids[n % SERVERS]}?{FIELDS}")),
            Asked("GET list of 100", "bare", bare, lambda n: _get("/api/now/table/server?sysparm_limit=100")),
            Asked("GET list of 100", "this", ours, lambda n: _get(f"{CIS}?sysparm_limit=100&{FIELDS}")),
            Asked("POST", "bare", bare, lambda n: _post("/api/now/table/server", {"name": f"new-{n}"})),
            Asked("POST", "this", ours, lambda n: _post(CIS, {"name": f"new-{n}"})),
            Asked("identify 100", "this", ours, lambda n: _post(IRE, _hundred(n))),
        ]
        for round_ in range(ROUNDS):
            for one in asked:
                tell(f"the REST API: {one.what}, {one.who}, round {round_ + 1}")
                await _ask(one, seconds)
            tell(f"the REST API: the same call, round {round_ + 1}")
            within.ask(seconds)
        within.close()
    for one in asked:
        beside = [it for it in asked if it.what == one.what and it.who == "bare"]
        ratios = [mine / theirs for it in beside for mine, theirs in zip(one.rates, it.rates, strict=True)]
        table.rows.append(
            _row(one.what, one.who, median(one.rates), one.seconds, ratios if one.who == "this" else [])
        )
    http = next(one for one in asked if one.what == "identify 100")
    table.rows.append(_row("identify 100", "the same call", median(within.rates), within.seconds, []))
    ratio = median(mine / theirs for mine, theirs in zip(http.rates, within.rates, strict=True))
    table.rows.append(("identify 100", "this : the same call", f"{ratio:.2f}", "", "", ""))
    return table


def _row(what: str, who: str, rate: float, seconds: list[float], ratios: list[float]) -> tuple[str, ...]:
    p99 = quantiles(seconds, n=100)[98] * 1000
    ratio = f"{median(ratios):.2f}" if ratios else ""
    return what, who, f"{rate:,.0f}", f"{median(seconds) * 1000:.2f}", f"{p99:.2f}", ratio


# -- the servers ----------------------------------------------------------------------------------------


@asynccontextmanager
async def _ours(directory: Path) -> AsyncIterator[int]:
    loaded = load_text(SCENARIO, "one.yaml")
    listening = Listening({"one": HOST}, take_ports(["one"], HOST, 0), {})
    fleet = live_fleet(loaded, EmbeddedBroker(), "bench", directory, 1, 0, lambda _: None, listening)
    async with fleet:
        yield listening.plain["one"]


@asynccontextmanager
async def _bare(file: Path) -> AsyncIterator[int]:
    port = take_ports(["bare"], HOST, 0)["bare"]
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.bench.bare", str(port), str(file))
    try:
        for _ in range(200):
            if await _is_open(port):
                break
            await asyncio.sleep(0.05)
        yield port
    finally:
        process.terminate()
        await process.wait()


async def _is_open(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return False
    writer.close()
    return True


# -- the requests ---------------------------------------------------------------------------------------


def _get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: {AUTHORIZATION}\r\n\r\n".encode()


def _post(path: str, body: object) -> bytes:
    content = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: {AUTHORIZATION}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def _hundred(number: int) -> object:
    """Of servers that are there, each with something new."""
    first = number * 100 % SERVERS
    items = [
        {"className": "cmdb_ci_linux_server", "values": {"name": f"server-{first + at}", "os": f"Linux {number}"}}
        for at in range(100)
    ]
    return {"items": items}


async def _fill(port: int) -> list[str]:
    """Makes the servers; returns their sys_ids."""
    reader, writer = await asyncio.open_connection(HOST, port)
    ids: list[str] = []
    for batch in range(SERVERS // 100):
        _, body = await _exchange(reader, writer, _post(IRE, _hundred(batch)))
        ids += [item["sysId"] for item in json.loads(body)["result"]["items"]]
    writer.close()
    return ids


async def _ask(one: Asked, seconds: float) -> None:
    """All connections ask again and again, until the time is over."""
    until, answered = perf_counter() + seconds, 0

    async def client(at: int) -> None:
        nonlocal answered
        reader, writer = await asyncio.open_connection(HOST, one.port)
        number = at + len(one.seconds)
        while (began := perf_counter()) < until:
            status, body = await _exchange(reader, writer, one.request(number))
            assert status in (200, 201), f"{one.what} of {one.who}: {status} {body[:200]!r}"
            one.seconds.append(perf_counter() - began)
            answered, number = answered + 1, number + AT_ONCE
        writer.close()

    began = perf_counter()
    await asyncio.gather(*(client(at) for at in range(AT_ONCE)))
    one.rates.append(answered / (perf_counter() - began))


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
) -> tuple[int, bytes]:
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
    return int(head.split(b" ", 2)[1]), await reader.readexactly(length)


# -- the same without HTTP ------------------------------------------------------------------------------


class _Within:
    """An instance in this process, as a fleet has it, with the same servers."""

    def __init__(self, directory: Path) -> None:
        self._connection = connect(directory / "alone.sqlite")
        [spec] = instance_specs(load_text(SCENARIO, "one.yaml").scenario, "bench", EPOCH)
        store = Store(self._connection, spec.id)
        self._instance = Instance(store, spec.key, spec.namespace, EPOCH, explains=spec.explains)
        self._instance.enter(spec.rows, EPOCH)
        for number in range(SERVERS // 100):
            self._call(number)
        self.seconds: list[float] = []
        """Of each call of `Instance.serve`."""
        self.rates: list[float] = []
        """Calls a second, of each round."""

    def ask(self, seconds: float) -> None:
        """Again and again, until the time is over."""
        began, first = perf_counter(), len(self.seconds)
        while perf_counter() < began + seconds:
            self.seconds.append(self._call(len(self.seconds)))
        self.rates.append(1 / mean(self.seconds[first:]))

    def _call(self, number: int) -> float:
        body = json.dumps(_hundred(number)).encode()
        path, _, query = IRE.partition("?")
        name, _, value = query.partition("=")
        headers = {"authorization": AUTHORIZATION, "content-type": "application/json"}
        request = Request("POST", path, ((name, value),), headers, body)
        began = perf_counter()
        response, _ = self._instance.serve(request, EPOCH)
        took = perf_counter() - began
        assert response.status == 200, response
        return took

    def close(self) -> None:
        """The file is closed."""
        self._connection.close()
