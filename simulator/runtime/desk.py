"""What the REST API asks of its instance, within the instance's transaction."""

from __future__ import annotations

from simulator.cmdb.model import Model
from simulator.runtime.cmdb import Cmdb
from simulator.store.domains import Domains
from simulator.store.store import Store


class Desk:
    """Implements simulator.rest.call.Desk for one request."""

    def __init__(self, store: Store, cmdb: Cmdb) -> None:
        self.records = store.records()
        self._cmdb = cmdb
        cmdb.look_up()  # with it the tables of users and of all else are there

    @property
    def model(self) -> Model:
        """See simulator.rest.call.Desk."""
        return self._cmdb.look_up()[0]

    @property
    def domains(self) -> Domains:
        """See simulator.rest.call.Desk."""
        return self._cmdb.look_up()[1]
