"""Where somebody looks: at a scenario, at what a run has kept, or at a fleet that is up."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from simulator.cli.command import expects_store, load
from simulator.errors import NoFleetError

if TYPE_CHECKING:
    from simulator.advice.kept import KeptFleet
    from simulator.runtime.fleet import KnownFleet
    from simulator.serving.registry import Entry

T = TypeVar("T")

Look = Callable[["KnownFleet", str], T]
"""What is done with a fleet, and with what says where and when that is."""


def split_place(words: Sequence[str], most: int) -> tuple[str | None, Sequence[str]]:
    """A place in front of at most so many names; None where there is none.

    A place is there as a file or directory, or has what no name of an instance has: a dot, a slash, a colon.
    """
    first, *rest = words
    is_named = any(mark in first for mark in "./:") or len(rest) == most
    return (first, rest) if is_named or (rest and os.path.exists(first)) else (None, words)


def look_at(place: str | None, look: Look[T], *, as_a_whole: bool) -> T:
    """Does *look* with the fleet at a place; None: the only one that is up. Raises click.BadParameter and others.

    A scenario's fleet that is up comes before a run of it in virtual time. *as_a_whole*: not at some files of one.
    """
    from simulator.advice.stream import is_store
    from simulator.scenario.reading.beginnings import fleet_in
    from simulator.serving.registry import fleets

    if place is None or "://" in place:
        return _up(place, look)
    path = Path(place)
    if os.path.isdir(path):
        with expects_store(path, "FILE"):
            return _kept(path, sorted(fleet_in(path).glob("*.sqlite")), look, as_a_whole=as_a_whole)
    if is_store(path):
        with expects_store(path, "FILE"):
            return _kept(path, [path], look, as_a_whole=as_a_whole)
    if any(entry.file == os.path.realpath(path) for entry in fleets()):
        return _up(place, look)
    return _in_virtual_time(path, look)


def _up(place: str | None, look: Look[T]) -> T:
    from simulator.serving.client import UpFleet
    from simulator.serving.registry import find

    try:
        entry: Entry = find(place)
    except NoFleetError as error:
        raise click.UsageError(str(error)) from error
    return look(UpFleet(entry), f"{os.path.relpath(entry.file)}, up at {entry.url}")


def _kept(place: Path, files: Sequence[Path], look: Look[T], *, as_a_whole: bool) -> T:
    from simulator.advice.kept import kept_fleet, refuse_parts

    fleet: KeptFleet
    with kept_fleet(files) as fleet:
        if as_a_whole:
            refuse_parts(place, fleet)
        return look(fleet, f"{place}, as kept")


def _in_virtual_time(file: Path, look: Look[T]) -> T:
    from simulator.advice.ended import at_the_end

    loaded = load(file)

    def at_end(fleet: KnownFleet, not_met: Sequence[int]) -> T:
        lines = ", ".join(map(str, not_met))
        return look(
            fleet, f"{loaded.told_file}, at its end in virtual time{f'; not met: line {lines}' if lines else ''}"
        )

    return at_the_end(loaded, at_end)
