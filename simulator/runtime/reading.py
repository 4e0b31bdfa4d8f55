"""What every fleet tells of its instances, whatever drives them: it reads their stores."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from simulator.journal import Alteration, Entry
from simulator.protocol.cmdb import CmdbRows
from simulator.protocol.codec import Posted, load_posted
from simulator.protocol.envelope import Envelope
from simulator.store.reader import Reader
from simulator.store.records.found import ALL, Found
from simulator.tables import Row

R = TypeVar("R", bound=Row)


class ReadFleet(ABC):
    """The part of KnownFleet and Fleet that only reads."""

    names: Mapping[str, str]
    """See KnownFleet.names."""

    @abstractmethod
    def reader(self, instance: str) -> Reader:
        """What reads the instance's store."""

    def show(self, instance: str, table: str) -> list[dict[str, Any]]:
        """See Fleet.show."""
        return self.reader(instance).show(table, self.names)

    def find(self, instance: str, table: str, encoded_query: str = "", limit: int = ALL) -> Found:
        """See KnownFleet.find."""
        return self.reader(instance).find(table, encoded_query, limit, self.names)

    def has_table(self, instance: str, table: str) -> bool:
        """See Fleet.has_table."""
        return self.reader(instance).has_table(table)

    def load(self, instance: str, row_type: type[R]) -> list[R]:
        """See KnownFleet.load."""
        return self.reader(instance).load(row_type)

    def cmdb_rows(self, instance: str) -> CmdbRows:
        """See Fleet.cmdb_rows."""
        return self.reader(instance).cmdb_rows()

    def posted(self, instance: str) -> list[tuple[datetime, Envelope[Posted]]]:
        """See Fleet.posted."""
        return [(due_at, load_posted(body)) for due_at, body in self.reader(instance).posted()]

    def journal(self, instance: str, after: int = 0) -> list[tuple[int, Entry]]:
        """See Fleet.journal."""
        return self.reader(instance).journal(after)

    def alterations(self, instance: str, after: int = 0) -> list[tuple[int, Alteration]]:
        """See KnownFleet.alterations."""
        return self.reader(instance).alterations(after)

    def causes(self, instance: str) -> dict[str, Entry]:
        """See KnownFleet.causes."""
        return self.reader(instance).causes()
