"""What the files of a fleet that has stopped say: what was sent, and what became of it."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from simulator.journal import Entry, Outcome
from simulator.protocol.actions import Send
from simulator.protocol.envelope import Envelope
from simulator.runtime.spec import InstanceSpec
from simulator.store.reader import Reader

ARRIVED_IN = ("sn_mif_sync_data", "sn_mif_message")
"""Where a capability message ends, by its kind."""


class Ledger:
    """All files of a fleet, read once; instances are named by their ids."""

    def __init__(self, specs: Iterable[InstanceSpec], directory: Path) -> None:
        self._post_ids = {spec.id: spec.post_ids for spec in specs}
        self._path = {spec.id: directory / spec.file_name for spec in specs}
        self._tables: dict[str, dict[str, list[dict[str, Any]]]] = {}
        self._journal: dict[str, list[Entry]] = {}
        for spec in specs:
            reader = Reader.open(directory / spec.file_name, spec.id)
            self._journal[spec.id] = [entry for _, entry in reader.journal()]
            tables = (*ARRIVED_IN, "sn_mif_message_answer", "sn_mif_message_request", "x_trustsim_outbox")
            self._tables[spec.id] = {table: reader.show(table) for table in tables}
            reader.close()

    def committed(self, sends: Iterable[Envelope[Send]]) -> list[Envelope[Send]]:
        """Those of the sends that their sender has journalled as processed."""
        processed = {entry.envelope for entries in self._journal.values() for entry in _processed(entries)}
        return [send for send in sends if send.id in processed]

    def check(self, committed: Iterable[Envelope[Send]], with_answer: frozenset[str]) -> None:
        """Every committed send arrived exactly once, and so did the answers to the operations that have one."""
        self._check_files()
        self._check_outcomes()
        self._check_order()
        arrived = {
            instance: Counter(row["envelope"] for table in ARRIVED_IN for row in tables[table])
            for instance, tables in self._tables.items()
        }
        answered = {
            instance: Counter(row["request"] for row in tables["sn_mif_message_answer"])
            for instance, tables in self._tables.items()
        }
        wanted: dict[str, Counter[str]] = {instance: Counter() for instance in self._tables}
        asked: dict[str, Counter[str]] = {instance: Counter() for instance in self._tables}
        for send in committed:
            envelope = self._post_ids[send.sender].of(send.id, 0)
            wanted[send.message.recipient][envelope] += 1
            if send.message.operation in with_answer:
                asked[send.sender][envelope] += 1
        assert arrived == wanted
        assert answered == asked

    def duplicates(self) -> int:
        """How many repeats were recognised."""
        return sum(entry.outcome is Outcome.DUPLICATE for entries in self._journal.values() for entry in entries)

    def _check_files(self) -> None:
        for instance, path in self._path.items():
            connection = sqlite3.connect(path)
            assert connection.execute("pragma integrity_check").fetchall() == [("ok",)], path
            connection.close()
            assert self._tables[instance]["x_trustsim_outbox"] == [], path
            assert self._tables[instance]["sn_mif_message_request"] == [], path

    def _check_outcomes(self) -> None:
        """Each envelope was processed at most once, and a repeat is the worst that happened."""
        for instance, entries in self._journal.items():
            assert {entry.outcome for entry in entries} <= {Outcome.PROCESSED, Outcome.DUPLICATE}, instance
            times = Counter(entry.envelope for entry in _processed(entries))
            assert max(times.values()) == 1, times.most_common(1)

    def _check_order(self) -> None:
        """What one instance posted to another about one application was processed in the order of posting."""
        posted_at = {
            instance: {entry.envelope: number for number, entry in enumerate(_processed(entries))}
            for instance, entries in self._journal.items()
        }
        for recipient, entries in self._journal.items():
            latest: dict[tuple[str, str], int] = {}
            for entry in _processed(entries):
                if entry.sender == recipient:
                    continue
                # A cause that its sender has not committed would be missing here.
                number = posted_at[entry.sender][entry.cause]
                channel = (entry.sender, entry.application)
                assert number > latest.get(channel, -1), f"{entry} was overtaken"
                latest[channel] = number


def _processed(entries: Iterable[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry.outcome is Outcome.PROCESSED]
