"""What the REST API asks of its instance, within the instance's transaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from simulator.cmdb.records import ChangeSet
from simulator.cmdb.rules.model import Model
from simulator.errors import DamageError, DiskError, StoreError
from simulator.journal import Entry, Outcome
from simulator.protocol.actions import Action
from simulator.protocol.cmdb import Identify
from simulator.protocol.envelope import LIFETIME, Envelope
from simulator.refusal import Refusal
from simulator.runtime.cmdb import Cmdb
from simulator.store.cmdb.domains import Domains
from simulator.store.fault import misfit_of
from simulator.store.records.records import Records

WRITTEN = "write_record"
"""The kind of the journal's entries about plain rows."""


class Desk:
    """Implements simulator.rest.call.Desk for one request.

    *act* takes an action, and says why not; *record* journals that records of a table were written; *ids* gives
    the next sys_id.
    """

    def __init__(
        self,
        records: Records,
        cmdb: Cmdb,
        act: Callable[[Action], Refusal | None],
        record: Callable[[str], None],
        ids: Callable[[], str],
        now: datetime,
    ) -> None:
        self.records = records
        self.act = act
        self.new_id = ids
        self._record = record
        self._cmdb = cmdb
        self._now = now
        cmdb.look_up()  # with it the tables of users and of all else are there

    @property
    def model(self) -> Model:
        """See simulator.rest.call.Desk."""
        return self._cmdb.look_up()[0]

    @property
    def domains(self) -> Domains:
        """See simulator.rest.call.Desk."""
        return self._cmdb.look_up()[1]

    def identify(self, call: Identify) -> dict[str, Any] | Refusal:
        """See simulator.rest.call.Desk; what is answered is noted with what was asked."""
        refusal = self.act(call)
        return self._cmdb.last_answer() if refusal is None else refusal

    def write(self, changes: ChangeSet, by: str) -> str | None:
        """See simulator.rest.call.Desk; nothing is left of what the engine could not go by."""
        try:
            self._cmdb.write(changes, self._now, by)
        except (DamageError, DiskError):
            raise
        except StoreError as error:
            return misfit_of(error) or f"{error}."
        for table in dict.fromkeys((*changes.inserts, *changes.updates, *changes.deletes)):
            self._record(table)
        return None


def enveloped(action: Action, id_: str, instance: str, now: datetime) -> Envelope[Action]:
    """What a client does, on its way through the instance as everything else."""
    return Envelope(
        id=id_,
        sender=instance,
        recipient=instance,
        cause=None,
        sent_at=now,
        expires_at=now + LIFETIME,
        message=action,
    )


def entry_of(table: str, instance: str, now: datetime) -> Entry:
    """What the journal says of records that were written without being an action of their own."""
    return Entry(
        instance=instance,
        at=now,
        outcome=Outcome.PROCESSED,
        explanation=f"a record of {table}",
        kind=WRITTEN,
        sender=instance,
        recipient=instance,
    )
