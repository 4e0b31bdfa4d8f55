"""All instances of a run: started, stopped, talked to, and looked at.

A fleet hands actions to instances and moves the clock; everything else it only reads, from the instances'
files, which it may do at any time, also while an instance is down.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from simulator.decision import PostIds
from simulator.journal import Alteration, Entry
from simulator.protocol.actions import Action
from simulator.protocol.cmdb import CmdbRows
from simulator.protocol.codec import Posted
from simulator.protocol.envelope import Envelope
from simulator.protocol.http import Request, Response
from simulator.protocol.messages import PeerMessage
from simulator.runtime.faults import Fault
from simulator.store.records.found import ALL, Found
from simulator.tables import Row
from simulator.transport.certificate import Certificate

R = TypeVar("R", bound=Row)


class KnownFleet(Protocol):
    """What can be known of a fleet, whether it runs, is over, or left nothing but files.

    Every method may raise MachineryError.
    """

    @property
    def names(self) -> Mapping[str, str]:
        """What the instances are called here, by id: each by the name with which it began, however renamed."""
        ...

    @property
    def instances(self) -> Sequence[str]:
        """The names of those whose tables can be read."""
        ...

    def now(self) -> datetime:
        """Fleet time."""
        ...

    def find(self, instance: str, table: str, encoded_query: str = "", limit: int = ALL) -> Found:
        """The rows of any table that match, as they are and as people read them, instances called as in `names`.

        Raises StoreError for a table, a query or a column that is none.
        """
        ...

    def load(self, instance: str, row_type: type[R]) -> list[R]:
        """The rows of a table as values."""
        ...

    def alterations(self, instance: str, after: int = 0) -> list[tuple[int, Alteration]]:
        """How the instance's tables of trust have changed, with a number above *after*, in order."""
        ...

    def causes(self, instance: str) -> Mapping[str, Entry]:
        """What the journal has of the envelopes that have led to these alterations, by their ids."""
        ...


class Fleet(KnownFleet, Protocol):
    """What a scenario needs of a fleet, whatever drives it. Every method may raise MachineryError."""

    def post_ids(self, instance: str) -> PostIds:
        """The ids of what the instance posts, which nobody else than the fleet and itself can tell beforehand."""
        ...

    async def act(self, instance: str, action: Envelope[Action]) -> None:
        """Hands an action to a running instance; on return it is committed."""
        ...

    async def request(self, instance: str, request: Request) -> Response:
        """Has a running instance answer a request to its REST API, once: 503 where a fault keeps it down."""
        ...

    async def advance(self, by: timedelta) -> None:
        """Moves the fleet's clock forward; what becomes due on the way is done in its order."""
        ...

    async def pause(self, until: datetime) -> None:
        """Lets something happen, without letting the clock pass *until*."""
        ...

    async def is_settled(self) -> bool:
        """Whether nothing is due anywhere; what waits for an instance or a broker that is stopped is not due."""
        ...

    async def is_at_rest(self) -> bool:
        """Whether nothing is due or on its way any more but what a fault holds up."""
        ...

    def is_running(self, instance: str) -> bool:
        """Whether the instance is meant to be up: nothing but a fault that will end keeps it down."""
        ...

    def show(self, instance: str, table: str) -> list[dict[str, Any]]:
        """The rows of a table as a person sees them, who calls the instances as `names` does.

        Raises StoreError for a table that does not exist.
        """
        ...

    def has_table(self, instance: str, table: str) -> bool:
        """Whether the instance has a table of this name; it has classes of CIs once it has used its CMDB."""
        ...

    def cmdb_rows(self, instance: str) -> CmdbRows:
        """All of the instance's CMDB by table, to take it elsewhere; nothing where it was never used."""
        ...

    def posted(self, instance: str) -> list[tuple[datetime, Envelope[Posted]]]:
        """What the instance has yet to deliver, or to do by itself, oldest first, each with when that is due.

        What has just been delivered may still be among it.
        """
        ...

    def journal(self, instance: str, after: int = 0) -> list[tuple[int, Entry]]:
        """The journal's entries with a number above *after*, in order."""
        ...

    def moved_since(self, mark: int) -> tuple[Sequence[str], int]:
        """The instances that may have journalled something since that mark, 0 at first, and the mark of now."""
        ...

    async def start(self, instances: Sequence[str]) -> None:
        """Starts instances that are down."""
        ...

    async def stop(self, instances: Sequence[str]) -> None:
        """Stops instances in good order."""
        ...

    async def kill(self, instances: Sequence[str]) -> None:
        """Ends instances at once, whatever they are doing."""
        ...

    async def certify(self, instance: str, certificate: Certificate) -> None:
        """Changes an instance's certificate; on return one that runs has connected with it, or was refused."""
        ...

    def refusal(self, instance: str) -> str:
        """The alert of TLS with which a running instance is kept from connecting; empty when it is not."""
        ...

    async def claim(self, instance: str, envelope: Envelope[PeerMessage], published_by: str) -> str:
        """Lets a running instance publish an envelope of another sender, signed with its own key.

        It does so on the topic of *published_by*, the id of that sender or of itself.
        Returns what the broker says against it, or nothing.
        """
        ...

    async def inject(self, fault: Fault, after: timedelta, lasts: timedelta | None) -> None:
        """Lets a fault begin *after* some time, and end when it has lasted; None: it lasts until `calm`."""
        ...

    async def calm(self) -> None:
        """Ends all faults."""
        ...

    async def stop_broker(self) -> None:
        """Cuts all connections, and lets nobody in."""
        ...

    async def start_broker(self) -> None:
        """Lets instances in again."""
        ...
