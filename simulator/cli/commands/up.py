"""`trustsim up`, `do` and `exec`: a fleet that stays up, further steps for it, and a command that is given one."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from simulator.cli.brokers import BROKER
from simulator.cli.clusters import REPLACE, check_on, cluster_for, on_cluster, placed
from simulator.cli.command import (
    EXIT_MET,
    EXIT_NOT_MET,
    PATH,
    SET,
    load,
    taken,
    with_options,
)
from simulator.cli.fleets import (
    INSTANCES_PER_PROCESS,
    TLS,
    check_tls,
    directory_of,
    kept_in,
    say_if_open,
)
from simulator.cli.output import STANDARD_OUTPUT, going, print_report, result_file, say
from simulator.cli.stopping import until_stopped
from simulator.errors import NoFleetError, TransportError
from simulator.report.files.machine import as_json
from simulator.report.terminal.run import failures_report, steps_report
from simulator.runtime.live.forkserver import start_fork_server

if TYPE_CHECKING:
    from simulator.cluster.scheduler import Cluster
    from simulator.cluster.sites import ClusterSites
    from simulator.report.result import StepResult
    from simulator.runtime.listening import Listening
    from simulator.scenario.reading.load import LoadedScenario
    from simulator.serving.fleet import ServedFleet
    from simulator.serving.registry import Entry
    from simulator.transport.authority import Authority
    from simulator.transport.choice import BrokerChoice

_PORT = click.IntRange(0, 65535)

_of_a_fleet = with_options(
    click.argument("file", type=PATH),
    SET,
    click.option("--until", type=click.IntRange(1), metavar="LINE", help="Take the steps up to this line only."),
    click.option("--no-steps", is_flag=True, help="Take none of the steps."),
    BROKER,
    TLS,
    INSTANCES_PER_PROCESS,
    on_cluster("whose workers run the instances, and serve HTTP"),
    REPLACE,
    click.option("--host", default="127.0.0.1", show_default=True, help="The address to serve HTTP on."),
    click.option("--http-port", type=_PORT, default=8081, show_default=True, metavar="PORT",
                 help="That of the first instance, the others follow; 0 takes free ones."),
    click.option("--https", is_flag=True, help="Serve HTTPS, too, by an authority of the fleet's own."),
    click.option("--https-port", type=_PORT, default=8443, show_default=True, metavar="PORT",
                 help="That of the first instance, the others follow; 0 takes free ones."),
    click.option("--guest", "guests", multiple=True, metavar="NAME",
                 help="Do not start this instance: a program of your own takes its place."),
    click.option("--keep", type=PATH, metavar="DIR", help="Keep the instances' SQLite files here."),
    click.option("--from", "kept", type=PATH, metavar="DIR", help="Begin with files that --keep has kept."),
)  # fmt: skip
"""Gives a command the options of the fleet that it starts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """The fleet that was asked for, as the options name it."""

    file: Path
    until: int | None
    no_steps: bool
    broker: BrokerChoice
    tls: bool
    instances_per_process: int
    on: str | None
    replace: bool
    host: str
    http_port: int
    https: bool
    https_port: int
    guests: tuple[str, ...]
    keep: Path | None
    kept: Path | None

    def load(self) -> LoadedScenario:
        """The scenario, with the steps that are wanted. Raises what its author can mend."""
        check_tls(self.tls, self.broker)
        check_on(self.on, self.broker, replace=self.replace)
        if self.no_steps and self.until is not None:
            raise click.UsageError("--no-steps takes no step, so there is no line for --until")
        loaded = load(self.file, self.kept)
        for name in self.guests:
            if name not in loaded.scenario.instances:
                known = ", ".join(loaded.scenario.instances)
                message = f"{self.file} has no instance {name}; it has: {known}"
                raise click.BadParameter(message, param_hint="--guest")
        if self.keep and kept_in(self.keep, loaded).exists():
            raise taken(kept_in(self.keep, loaded))
        return loaded.until(0 if self.no_steps else self.until)

    async def addresses(
        self, names: Sequence[str], sites: ClusterSites | None
    ) -> tuple[dict[str, str], list[dict[str, int]]]:
        """Where the instances listen: the address of each, its port for HTTP and, if it has one, for HTTPS.

        Raises click.UsageError for a port that is taken, and for a host that is none of this machine.
        """
        from simulator.runtime.listening import take_ports

        firsts = [self.http_port, *([self.https_port] if self.https else [])]
        if sites is not None:
            return await sites.addresses(names, firsts)
        try:
            return dict.fromkeys(names, self.host), [take_ports(names, self.host, first) for first in firsts]
        except TransportError as error:
            raise click.UsageError(str(error)) from error

    async def listening(
        self, names: Sequence[str], directory: Path, sites: ClusterSites | None, authority: Authority | None
    ) -> tuple[Listening, Authority | None]:
        """Where the instances answer HTTP; HTTPS with the broker's *authority* or, without one, another: which."""
        from simulator.runtime.clock import FleetClock
        from simulator.runtime.listening import Listening

        hosts, (plain, *secure) = await self.addresses(names, sites)
        if not secure:
            return Listening(hosts, plain, {}), None
        from simulator.transport.authority import Authority

        authority = authority or Authority(directory / "tls", FleetClock().now(), self.host)
        servers = {*hosts.values(), *(sites.hosts if sites else ())}
        files = {host: authority.server_file(host) for host in sorted(servers)}
        return Listening(hosts, plain, secure[0], files, authority.certificate_file), authority


@click.command(epilog="Example: trustsim up scenarios/first.yaml --http-port 0 --page")
@_of_a_fleet
@click.option(
    "--page", is_flag=True, help="Serve a page that shows what happens, with buttons for administrators."
)
@click.option(
    "--json", "json_file", type=PATH, metavar="OUT", help="Write addresses and users as JSON, once it is up."
)
def up(json_file: Path | None, page: bool, **options: Any) -> None:
    """Start the fleet of the scenario FILE and keep it up.

    Its steps are taken, and then it stays until Ctrl-C. Every instance answers HTTP on a port of its own. What
    happens is shown as it happens, and `trustsim do` takes further steps. Exit code: 130 after Ctrl-C, 2 where
    FILE or an option is wrong, 3 where the machinery fails.
    """
    wanted, is_on_stdout = _Wanted(**options), json_file == STANDARD_OUTPUT

    async def until_ctrl_c(fleet: ServedFleet, control: Entry, results: Sequence[StepResult]) -> int:
        about = fleet.about()
        url = f"{control.url}/?token={control.token}" if page else None
        write(as_json({**about, "control": {"url": control.url, "token": control.token, "page": url}}))
        _print_failures(results, about["file"], err=is_on_stdout)
        print_report(_table(about), err=is_on_stdout)
        if url:
            say(f"page       {url}", err=is_on_stdout)
        say("the fleet is up; Ctrl-C stops it", err=is_on_stdout)
        await asyncio.Event().wait()
        return EXIT_MET

    with result_file(json_file) as write:
        sys.exit(_serve(wanted, until_ctrl_c, err=is_on_stdout, with_page=page))


@click.command(
    "exec",
    epilog="Example: trustsim exec scenarios/first.yaml --http-port 0 -- pytest tests",
)
@_of_a_fleet
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def exec_(command: tuple[str, ...], **options: Any) -> None:
    """Start the fleet of the scenario FILE, take its steps, run COMMAND, and end the fleet.

    COMMAND finds the fleet in its environment: TRUSTSIM_BROKER, and for an instance such as prod1
    TRUSTSIM_PROD1_URL, TRUSTSIM_PROD1_USER and TRUSTSIM_PROD1_PASSWORD; with --https also
    TRUSTSIM_PROD1_HTTPS_URL, TRUSTSIM_PROD1_CERTIFICATE and TRUSTSIM_CA. Exit code: that of COMMAND; 1
    where a step does not come to what it expects, and COMMAND is not run.
    """
    wanted = _Wanted(**options)

    async def run_command(fleet: ServedFleet, _: Entry, results: Sequence[StepResult]) -> int:
        about = fleet.about()
        if any(result.failures for result in results):
            _print_failures(results, about["file"], err=True)
            return EXIT_NOT_MET
        return await _run(command, _environment(about))

    sys.exit(_serve(wanted, run_command, err=True))


@click.command(epilog="Example: trustsim do sync_trust_profiles prod1 advance 10m")
@click.argument("words", nargs=-1, required=True, metavar="[FILE|URL] STEP...")
def do(words: tuple[str, ...]) -> None:
    """Take steps on a fleet that is up: that of a scenario FILE or at a control URL, or the only one that is.

    \b
    advance 10m                  a step and its value
    send from=prod1 to=dev1 ...  a step and its keys, beside them expect=refused
    "stop: prod1"                a step as it stands in a file

    Exit code: 0 when all come to what they expect, 1 when one does not, 2 where no such fleet is up or a step is
    wrong, and then none is taken.
    """
    from simulator.scenario.running.taking import GIVEN
    from simulator.serving.client import ask
    from simulator.serving.registry import find
    from simulator.serving.typed import begins_step, meant_step, text_of

    named = None if begins_step(words[0]) else words[0]
    if named and "://" not in named and not Path(named).exists() and (meant := meant_step(named)):
        raise click.UsageError(f"there is no step and no file {named!r}; did you mean {meant!r}?")
    steps = words[1:] if named else words
    if not steps:
        raise click.UsageError(f"expected steps for the fleet of {named}, such as `advance 10m`")
    try:
        entry = find(named)
    except NoFleetError as error:
        raise click.UsageError(str(error)) from error
    results = ask(entry, text_of(steps))
    print_report(steps_report(GIVEN, results))
    sys.exit(EXIT_NOT_MET if any(result.failures for result in results) else EXIT_MET)


# -- what up and exec share -----------------------------------------------------------------------------

_Work = Callable[["ServedFleet", "Entry", Sequence["StepResult"]], Coroutine[Any, Any, int]]
"""What is done with a fleet that is up; returns the exit code."""


def _serve(wanted: _Wanted, work: _Work, *, err: bool, with_page: bool = False) -> int:
    """Starts the fleet, takes its steps, and does the work; returns what that returns.

    What happens is shown on standard output or, with *err*, on standard error.
    """
    start_fork_server()
    loaded = wanted.load()
    say_if_open(wanted.tls, wanted.broker)
    cluster = cluster_for(wanted.on, [loaded], replace=wanted.replace)
    with directory_of(loaded, wanted.keep) as directory:
        told = partial(say, err=err)
        return until_stopped(_served(wanted, loaded, directory, work, told, cluster, with_page=with_page))


async def _served(
    wanted: _Wanted,
    loaded: LoadedScenario,
    directory: Path,
    work: _Work,
    tell: Callable[[str], None],
    cluster: Cluster | None,
    *,
    with_page: bool,
) -> int:
    from simulator.scenario.running.brokers import make_broker, namespace_on
    from simulator.serving.control import controlled
    from simulator.serving.fleet import served

    broker = make_broker(loaded, wanted.broker, directory, tls=wanted.tls, direct=cluster is not None)
    async with AsyncExitStack() as last:
        started = f"{loaded.scenario.name}: starting {len(loaded.scenario.instances)} instances"
        status = last.enter_context(going(started))
        sites = await last.enter_async_context(placed(cluster, loaded, directory))
        names = list(loaded.scenario.instances)
        listening, authority = await wanted.listening(names, directory, sites, broker.authority)
        if authority is not None:  # --keep keeps stores, not keys
            last.callback(authority.remove)
        fleet = await last.enter_async_context(
            served(
                loaded,
                broker,
                namespace_on(wanted.broker),
                directory,
                wanted.instances_per_process,
                listening,
                tell,
                wanted.guests,
                authority=authority,
                with_page=with_page,
                sites=sites,
            )
        )
        status.stop()
        results = await fleet.attended(fleet.begin())
        async with controlled(fleet) as control:
            return await fleet.attended(work(fleet, control, results))


def _print_failures(results: Sequence[StepResult], file: str, *, err: bool) -> None:
    if any(result.failures for result in results):
        print_report(failures_report(file, results), err=err)


def _table(about: Mapping[str, Any]) -> RenderableType:
    """The addresses, and who may log in there."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("instance", "address", "user", "password", *(["certificate"] if about["authority"] else [])):
        table.add_column(column, overflow="fold")
    for name, instance in about["instances"].items():
        urls = [url for url in (instance["url"], instance["https_url"]) if url]
        users = list(instance["users"].items())[:_USERS_SHOWN]
        more = len(instance["users"]) - len(users)
        table.add_row(
            Text(name),
            Text("\n".join(urls)),
            Text("\n".join([user for user, _ in users] + ([f"and {more} more"] if more else []))),
            Text("\n".join("(set)" if password is None else password for _, password in users)),
            *([Text("\n".join(_certificate(instance, user) for user, _ in users))] if about["authority"] else []),
        )
    lines = [Text(f"broker     {about['broker']}")]
    if about["authority"]:
        lines.append(Text(f"authority  {about['authority']}"))
        files = [file for each in about["instances"].values() for file in each["certificates"].values()]
        lines.append(Text(f"certificates of users  {Path(files[0]).parent if files else 'none'}"))
    return Group(table, *lines)


def _certificate(instance: Mapping[str, Any], user: str) -> str:
    return Path(instance["certificates"][user]).name if user in instance["certificates"] else "none"


_USERS_SHOWN = 5
"""Of each instance; all are in the JSON."""


def _environment(about: Mapping[str, Any]) -> dict[str, str]:
    """What tells a command where the fleet is."""
    from simulator.store.cmdb.base import ADMIN

    environment = {"TRUSTSIM_BROKER": about["broker"]}
    if about["authority"]:
        environment["TRUSTSIM_CA"] = about["authority"]
    for name, instance in about["instances"].items():
        own = f"TRUSTSIM_{re.sub('[^A-Z0-9]', '_', name.upper())}"
        environment |= {f"{own}_URL": instance["url"], f"{own}_USER": ADMIN}
        if (password := instance["users"].get(ADMIN)) is not None:
            environment[f"{own}_PASSWORD"] = password
        else:
            say(
                f"trustsim: {name}: nobody can tell the password of {ADMIN}, and {own}_PASSWORD is left out",
                err=True,
            )
        if instance["https_url"]:
            environment[f"{own}_HTTPS_URL"] = instance["https_url"]
            environment[f"{own}_CERTIFICATE"] = instance["certificates"].get(ADMIN, "")
    return environment


async def _run(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Runs a command to its end, and returns its exit code as a shell would; ends it when this is cancelled."""
    try:
        process = await asyncio.create_subprocess_exec(*command, env={**os.environ, **environment})
    except OSError as error:
        say(f"trustsim: {command[0]}: {error.strerror}", err=True)
        return 127 if isinstance(error, FileNotFoundError) else 126
    try:
        code = await process.wait()
    except asyncio.CancelledError:
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(_LAST_WORDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        raise
    return code if code >= 0 else 128 - code


_LAST_WORDS = 5.0
"""Seconds that a command has to end after Ctrl-C."""
