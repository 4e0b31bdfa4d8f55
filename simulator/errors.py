"""Every fault the simulator raises, on one page. A refusal is not here: it is an answer (refusal.py).

SimulatorError
├── ScenarioError     the author's: a scenario file or the command line is wrong     exit code 2
├── SourceError       what is to be imported: an instance or a file gives no rows    exit code 2
├── WireError         the peer's: bytes that are no envelope                         never ends a run
└── MachineryError    this machine's                                                 exit code 3
    ├── StoreError        an instance's SQLite file
    │   ├── DiskError         the disk below it
    │   ├── NoTableError      it has no table of that name
    │   └── DamageError       what is in it is no file of an instance any more
    ├── TransportError    the broker, or the way to it
    │   └── CertificateRefusedError    its no to an instance's certificate
    ├── HostError         an operating-system process of the fleet
    └── ClusterError      a cluster that was to do the work
"""

from __future__ import annotations

from dataclasses import dataclass


class SimulatorError(Exception):
    """The root: catch it to catch every fault of the simulator."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong with a scenario file; `line` and `column` count from 1."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class ScenarioError(SimulatorError):
    """A scenario file cannot be run; carries all of its problems, in the order of the file."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__("\n".join(map(str, self.problems)))


class SourceError(SimulatorError):
    """An instance, or a file, does not give what an import needs."""


class WireError(SimulatorError):
    """Bytes that cannot be read as an envelope."""


class MachineryError(SimulatorError):
    """Something below the simulation failed; nothing can be concluded about the scenario."""


class StoreError(MachineryError):
    """An instance's SQLite file cannot be opened, read or written."""


class DiskError(StoreError):
    """The disk does not take or give what it should: it is full, locked, read-only or fails."""


class NoTableError(StoreError):
    """An instance has no table of the name that was asked for; its text has those that there are."""


class DamageError(StoreError):
    """The file is none of an instance, or something else than an instance has written in it."""


class TransportError(MachineryError):
    """The broker cannot be reached or does not let us in."""


class CertificateRefusedError(TransportError):
    """The broker does not let us in because of our certificate; its text is the alert of TLS."""


class HostError(MachineryError):
    """A process of the fleet did not start, or ended without being asked to."""


class NoFleetError(SimulatorError):
    """No fleet that is up is the one that is meant, or several are."""


class ClusterError(MachineryError):
    """The scheduler of a cluster cannot be reached or is gone, or a worker lacks what the work takes."""
