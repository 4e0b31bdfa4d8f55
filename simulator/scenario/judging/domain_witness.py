"""A witness of CMDBs: looks whether every new CI is in its caller's domain, and every old one in its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from simulator.cmdb.company import SWITCH
from simulator.domains.tree import GLOBAL
from simulator.runtime.fleet import Fleet

_LOG = "x_trustsim_cmdb_action"


@dataclass(slots=True)
class _Seen:
    """What is known of one CMDB."""

    number: int = 0
    """Of the last action in its log that has been looked at."""
    domain_by_ci: dict[str, str] = field(default_factory=dict)


class DomainWitness:
    """Knows the domain of every CI of a fleet as it was at the last look."""

    def __init__(self) -> None:
        self._seen: dict[str, _Seen] = {}

    def forget(self, instance: str) -> None:
        """All of the instance's CMDB is another one from now on."""
        self._seen.pop(instance, None)

    def look(self, fleet: Fleet, instance: str) -> Iterator[str]:
        """What is broken in the instance's CMDB since the last look.

        What administrators do by hand may put a CI anywhere, and so may the rule by which it follows its company.
        """
        log = fleet.show(instance, _LOG)
        if not log:
            return
        before = self._seen.get(instance)
        if before is not None and before.number == log[-1]["number"]:
            return
        cis = {row["sys_id"]: row for row in fleet.show(instance, "cmdb")}
        homes = _homes(fleet, instance)
        if fleet.show(instance, _LOG)[-1]["number"] != log[-1]["number"]:
            return  # it goes on while we look; there will be another look
        self._seen[instance] = _Seen(log[-1]["number"], {sys_id: ci["sys_domain"] for sys_id, ci in cis.items()})
        actions = [json.loads(row["action"]) for row in log if before is None or row["number"] > before.number]
        if before is None or homes is None or any(action["kind"] != "identify" for action in actions):
            return
        callers = {action.get("picked") or homes.get(action["user"], GLOBAL) for action in actions}
        for sys_id, ci in cis.items():
            known, domain = before.domain_by_ci.get(sys_id), ci["sys_domain"]
            if known is None and domain not in callers:
                yield f"{instance} has put the new CI {ci['name']} into {domain}, which is not its caller's domain"
            elif known is not None and domain != known:
                yield f"{instance} has moved the CI {ci['name']} from {known} to {domain} with an update"


def _homes(fleet: Fleet, instance: str) -> dict[str, str] | None:
    """The domain of every user; None where CIs follow their company's."""
    properties = {row["name"]: row["value"] for row in fleet.show(instance, "sys_properties")}
    if properties.get(SWITCH) == "true":
        return None
    is_separated = properties.get("glide.sys.domain.partitioning") == "true"
    users = fleet.show(instance, "sys_user")
    return {row["user_name"]: row["sys_domain"] if is_separated else GLOBAL for row in users}
