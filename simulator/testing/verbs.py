"""The verbs of the scenario language as methods: made of the types of steps by tests/testing/verbs.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal, Protocol

from simulator.protocol.http import Response
from simulator.testing.outcome import Expect, Outcome

__tracebackhide__ = True  # pytest shows the line of a test that has called, and not ours

Instances = str | Sequence[str]
"""One instance by its name, or several; or groups of them."""

Span = str | timedelta
"""Such as "10m", as files have it."""


class Taker(Protocol):
    """Who takes the steps; see Fleet."""

    async def act(self, verb: str, actor: str | None, values: Mapping[str, Any]) -> Outcome:
        """A step of which something becomes."""
        ...

    async def do(self, verb: str, actor: str | None, values: Mapping[str, Any]) -> None:
        """A step of which nothing becomes: what happens to instances, or to the fleet."""
        ...

    async def ask(self, verb: str, actor: str | None, values: Mapping[str, Any]) -> Response:
        """A request to the REST API."""
        ...


class InstanceVerbs:
    """What administrators, applications and clients do on one instance.

    `expect` is as in a file; left out, an administrator expects to succeed, and of what an application sends
    nothing is expected. A call waits until what was set going before has arrived, unless it comes `at_once`.
    """

    def __init__(self, taker: Taker, actor: str | None) -> None:
        self._taker = taker
        self._actor = actor

    async def name_manager(
        self,
        manager: str,
        application: str | None = None,
        *,
        taken_by: str = "admin",
        expect: Expect | None = None,
        at_once: bool = False,
    ) -> Outcome:
        """Manager Instances > New, on the managed side, whose administrator thereby consents.

        manager: the instance that is to manage them
        application: left out: the only one there is
        taken_by: the user who does it, with the role for it
        """
        return await self._taker.act(
            "name_manager",
            self._actor,
            {
                "manager": manager,
                "application": application,
                "taken_by": taken_by,
                "expect": expect,
                "at_once": at_once,
            },
        )

    async def request_management(
        self,
        instances: Instances,
        application: str | None = None,
        *,
        taken_by: str = "admin",
        expect: Expect | None = None,
        at_once: bool = False,
    ) -> Outcome:
        """Managed Instances > Add managed instances > Send Requests, on the manager.

        instances: the instances to be managed
        application: left out: the only one there is
        taken_by: the user who does it, with the role for it
        """
        return await self._taker.act(
            "request_management",
            self._actor,
            {
                "instances": instances,
                "application": application,
                "taken_by": taken_by,
                "expect": expect,
                "at_once": at_once,
            },
        )

    async def approve_manager(
        self,
        manager: str,
        application: str | None = None,
        *,
        taken_by: str = "admin",
        expect: Expect | None = None,
        at_once: bool = False,
    ) -> Outcome:
        """Approves a manager's record that awaits approval, on the managed side.

        manager: the manager whose record it is
        application: left out: the only one there is
        taken_by: the user who does it, with the role for it
        """
        return await self._taker.act(
            "approve_manager",
            self._actor,
            {
                "manager": manager,
                "application": application,
                "taken_by": taken_by,
                "expect": expect,
                "at_once": at_once,
            },
        )

    async def reject_manager(
        self,
        manager: str,
        application: str | None = None,
        *,
        taken_by: str = "admin",
        expect: Expect | None = None,
        at_once: bool = False,
    ) -> Outcome:
        """Rejects a manager's record that awaits approval, on the managed side.

        manager: the manager whose record it is
        application: left out: the only one there is
        taken_by: the user who does it, with the role for it
        """
        return await self._taker.act(
            "reject_manager",
            self._actor,
            {
                "manager": manager,
                "application": application,
                "taken_by": taken_by,
                "expect": expect,
                "at_once": at_once,
            },
        )

    async def delete_manager(
        self,
        manager: str,
        application: str | None = None,
        *,
        taken_by: str = "admin",
        expect: Expect | None = None,
        at_once: bool = False,
    ) -> Outcome:
        """Deletes a manager's record on the managed side, which ends the management.

        manager: the manager whose record it is
        application: left out: the only one there is
        taken_by: the user who does it, with the role for it
        """
        return await self._taker.act(
            "delete_manager",
            self._actor,
            {
                "manager": manager,
                "application": application,
                "taken_by": taken_by,
                "expect": expect,
                "at_once": at_once,
            },
        )

    async def delete_managed(
        self,
        instances: Instances,
        application: str | None = None,
        *,
        taken_by: str = "admin",
        expect: Expect | None = None,
        at_once: bool = False,
    ) -> Outcome:
        """Deletes managed instances' records on the manager, which ends management or takes a request back (Q9).

        instances: the instances to be managed
        application: left out: the only one there is
        taken_by: the user who does it, with the role for it
        """
        return await self._taker.act(
            "delete_managed",
            self._actor,
            {
                "instances": instances,
                "application": application,
                "taken_by": taken_by,
                "expect": expect,
                "at_once": at_once,
            },
        )

    async def save_profile_item(
        self,
        trusting: Instances,
        trusted: Instances,
        application: str | None = None,
        capability: str | None = None,
        *,
        version: str | None = None,
        active: bool = True,
        description: str | None = None,
        taken_by: str = "admin",
        expect: Expect | None = None,
        at_once: bool = False,
    ) -> Outcome:
        """Trust Profile Items > New, or a change to the item with the same key; nothing is distributed yet.

        trusting: who trusts
        trusted: who is trusted
        application: left out: the only one there is
        capability: left out: the application's only one
        version: the Application Capability Version; left out: the one that is installed there
        active: false: the item is kept and not applied
        description: any text
        taken_by: the user who does it, with the role for it
        """
        return await self._taker.act(
            "save_profile_item",
            self._actor,
            {
                "trusting": trusting,
                "trusted": trusted,
                "application": application,
                "capability": capability,
                "version": version,
                "active": active,
                "description": description,
                "taken_by": taken_by,
                "expect": expect,
                "at_once": at_once,
            },
        )

    async def delete_profile_item(
        self,
        trusting: Instances,
        trusted: Instances,
        application: str | None = None,
        capability: str | None = None,
        *,
        taken_by: str = "admin",
        expect: Expect | None = None,
        at_once: bool = False,
    ) -> Outcome:
        """Deletes an item; the trust it led to goes with the next sync.

        trusting: who trusts
        trusted: who is trusted
        application: left out: the only one there is
        capability: left out: the application's only one
        taken_by: the user who does it, with the role for it
        """
        return await self._taker.act(
            "delete_profile_item",
            self._actor,
            {
                "trusting": trusting,
                "trusted": trusted,
                "application": application,
                "capability": capability,
                "taken_by": taken_by,
                "expect": expect,
                "at_once": at_once,
            },
        )

    async def sync_trust_profiles(
        self,
        application: str | Sequence[str] | None = None,
        *,
        taken_by: str = "admin",
        expect: Expect | None = None,
        at_once: bool = False,
    ) -> Outcome:
        """The button Sync Trust Profiles, on the manager, for the profiles that it keeps. In short: the manager.

        application: one or a list; left out: all there are
        taken_by: the user who does it, with the role for it
        """
        return await self._taker.act(
            "sync_trust_profiles",
            self._actor,
            {"application": application, "taken_by": taken_by, "expect": expect, "at_once": at_once},
        )

    async def create_trust_record(
        self,
        trustee: Instances,
        application: str | None = None,
        capability: str | None = None,
        *,
        version: str | None = None,
        taken_by: str = "admin",
        expect: Expect | None = None,
        at_once: bool = False,
    ) -> Outcome:
        """Creates a trust record by hand, on the trustor.

        trustee: who is trusted
        application: left out: the only one there is
        capability: left out: the application's only one
        version: the Application Capability Version; left out: the one that is installed there
        taken_by: the user who does it, with the role for it
        """
        return await self._taker.act(
            "create_trust_record",
            self._actor,
            {
                "trustee": trustee,
                "application": application,
                "capability": capability,
                "version": version,
                "taken_by": taken_by,
                "expect": expect,
                "at_once": at_once,
            },
        )

    async def delete_trust_record(
        self,
        trustee: Instances,
        application: str | None = None,
        capability: str | None = None,
        *,
        taken_by: str = "admin",
        expect: Expect | None = None,
        at_once: bool = False,
    ) -> Outcome:
        """Deletes a trust record, on the trustor.

        trustee: who is trusted
        application: left out: the only one there is
        capability: left out: the application's only one
        taken_by: the user who does it, with the role for it
        """
        return await self._taker.act(
            "delete_trust_record",
            self._actor,
            {
                "trustee": trustee,
                "application": application,
                "capability": capability,
                "taken_by": taken_by,
                "expect": expect,
                "at_once": at_once,
            },
        )

    async def send(
        self,
        to: Instances,
        application: str | None = None,
        capability: str | None = None,
        operation: str | None = None,
        *,
        payload: Mapping[str, Any] | None = None,
        fill: int = 0,
        unchecked: bool = False,
        name: str | None = None,
        expect: Expect | None = None,
        at_once: bool = False,
    ) -> Outcome:
        """An application sends one operation; several senders and recipients make one message for each pair.

        to: the recipients
        application: left out: the only one there is
        capability: left out: the application's only one
        operation: left out: the capability's only one
        payload: any mapping
        fill: adds so many characters to the payload, to make it large
        unchecked: send without the sender's look at its own tables, so that the receiver's gate has to decide
        name: a name to refer to the message later
        """
        return await self._taker.act(
            "send",
            self._actor,
            {
                "to": to,
                "application": application,
                "capability": capability,
                "operation": operation,
                "payload": payload,
                "fill": fill,
                "unchecked": unchecked,
                "name": name,
                "expect": expect,
                "at_once": at_once,
            },
        )

    async def change_settings(
        self,
        payload: Mapping[str, Any],
        application: str | None = None,
        capability: str | None = None,
        *,
        taken_by: str = "admin",
        expect: Expect | None = None,
        at_once: bool = False,
    ) -> Outcome:
        """Changes an application's settings, such as preferences; those that another instance has sent stay.

        payload: the settings, any mapping
        application: left out: the only one there is
        capability: left out: the application's only one
        taken_by: the user who does it, with the role for it
        """
        return await self._taker.act(
            "change_settings",
            self._actor,
            {
                "payload": payload,
                "application": application,
                "capability": capability,
                "taken_by": taken_by,
                "expect": expect,
                "at_once": at_once,
            },
        )

    async def set_grant_access(
        self,
        instance: Instances,
        grant: bool,
        application: str | None = None,
        *,
        taken_by: str = "admin",
        expect: Expect | None = None,
        at_once: bool = False,
    ) -> Outcome:
        """Trust Configuration > Grant access, on the grantor, which customises it.

        instance: the other instance, which the row is about
        grant: whether `instance` is granted access to the application's data of `on`
        application: left out: the only one there is
        taken_by: the user who does it, with the role for it
        """
        return await self._taker.act(
            "set_grant_access",
            self._actor,
            {
                "instance": instance,
                "grant": grant,
                "application": application,
                "taken_by": taken_by,
                "expect": expect,
                "at_once": at_once,
            },
        )

    async def set_is_granting_access(
        self,
        instance: Instances,
        granting: bool,
        application: str | None = None,
        *,
        taken_by: str = "admin",
        expect: Expect | None = None,
        at_once: bool = False,
    ) -> Outcome:
        """Trust Configuration > Is granting access, which is read-only: refused, with who can change it.

        instance: the other instance, which the row is about
        granting: what somebody would like it to be
        application: left out: the only one there is
        taken_by: the user who does it, with the role for it
        """
        return await self._taker.act(
            "set_is_granting_access",
            self._actor,
            {
                "instance": instance,
                "granting": granting,
                "application": application,
                "taken_by": taken_by,
                "expect": expect,
                "at_once": at_once,
            },
        )

    async def share_data(
        self,
        to: Instances,
        application: str | None = None,
        *,
        payload: Mapping[str, Any] | None = None,
        name: str | None = None,
        expect: Expect | None = None,
        at_once: bool = False,
    ) -> Outcome:
        """An application shares data with instances that are granted access; one message for each pair.

        to: the grantees
        application: left out: the only one there is
        payload: any mapping
        name: a name to refer to the message later
        """
        return await self._taker.act(
            "share_data",
            self._actor,
            {
                "to": to,
                "application": application,
                "payload": payload,
                "name": name,
                "expect": expect,
                "at_once": at_once,
            },
        )

    async def configure_cmdb(
        self,
        *,
        setup: Mapping[str, Any] | None = None,
        file: str | None = None,
        expect: Expect | None = None,
        at_once: bool = False,
    ) -> Outcome:
        """An administrator gives a CMDB domains, users, sources, classes, rules, records and properties.

        setup: a setup
        file: or a YAML file with one, relative to the scenario's own folder
        """
        return await self._taker.act(
            "configure_cmdb", self._actor, {"setup": setup, "file": file, "expect": expect, "at_once": at_once}
        )

    async def identify(
        self,
        *,
        source: str | None = None,
        payload: Mapping[str, Any] | str | None = None,
        file: str | None = None,
        options: str | None = None,
        enhanced: bool = False,
        query: bool = False,
        user: str = "admin",
        picked: str | None = None,
        expect: Expect | None = None,
        at_once: bool = False,
    ) -> Outcome:
        """A call of the Identification and Reconciliation API, as an integration makes it.

        source: the data source, `sysparm_data_source`; left out: none is sent
        payload: the body of the request: a mapping, or its text as it is sent
        file: or a JSON file with it, relative to the scenario's own folder
        options: as in `partial_payloads:false,generate_summary:true`; left out: none are sent
        enhanced: true: the enhanced endpoint, which has options
        query: true: only ask what would happen, and write nothing
        user: who calls, and thereby in which domain
        picked: the domain that the user has picked, one that the user sees; left out: the user's own
        """
        return await self._taker.act(
            "identify",
            self._actor,
            {
                "source": source,
                "payload": payload,
                "file": file,
                "options": options,
                "enhanced": enhanced,
                "query": query,
                "user": user,
                "picked": picked,
                "expect": expect,
                "at_once": at_once,
            },
        )

    async def request(
        self,
        path: str,
        *,
        method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] = "GET",
        password: str | None = None,
        headers: Mapping[str, Any] | None = None,
        body: Any = None,
        status: int | None = None,
        answer: Any = None,
        user: str = "admin",
        at_once: bool = False,
    ) -> Response:
        """A request to the REST API, as a client makes it.

        path: with the query, as in `/api/now/table/sys_user?sysparm_limit=1`
        method: left out: GET
        password: left out: the user's name, which is where all begin
        headers: further headers
        body: sent as JSON, a text as it is; left out: no body
        status: the status of the answer; left out: any below 400, and where a fault keeps the instance down it
            is asked again until that ends
        answer: what the answer must have: of a mapping its keys count, a list as a whole
        user: who asks
        """
        return await self._taker.ask(
            "request",
            self._actor,
            {
                "path": path,
                "method": method,
                "password": password,
                "headers": headers,
                "body": body,
                "status": status,
                "answer": answer,
                "user": user,
                "at_once": at_once,
            },
        )

    async def assign_user(
        self,
        instance: Instances,
        user: str,
        source: str,
        application: str | None = None,
        *,
        taken_by: str = "admin",
        expect: Expect | None = None,
        at_once: bool = False,
    ) -> Outcome:
        """Says as which user a trusted application's data from other instances goes into the CMDB.

        instance: the instances from which the data comes
        user: the user, whose domain decides what the data may touch
        source: the data source under which it goes in
        application: left out: the only one there is
        taken_by: the user who does it, with the role for it
        """
        return await self._taker.act(
            "assign_user",
            self._actor,
            {
                "instance": instance,
                "user": user,
                "source": source,
                "application": application,
                "taken_by": taken_by,
                "expect": expect,
                "at_once": at_once,
            },
        )

    async def edit_record(
        self,
        table: str,
        where: Mapping[str, Any],
        values: Mapping[str, Any],
        *,
        user: str = "admin",
        picked: str | None = None,
        expect: Expect | None = None,
        at_once: bool = False,
    ) -> Outcome:
        """Somebody changes values of records at a form, which bypasses reconciliation: their owner's next run
        takes     them back.     .

        table: the class of CIs, or the table of what belongs to them
        where: the values of the records; a reference by the name of what it leads to
        values: the values from now on; `null` empties a field
        user: the user, whose roles and domain count
        picked: the domain that the user has picked, one that the user sees; left out: the user's own
        """
        return await self._taker.act(
            "edit_record",
            self._actor,
            {
                "table": table,
                "where": where,
                "values": values,
                "user": user,
                "picked": picked,
                "expect": expect,
                "at_once": at_once,
            },
        )

    async def retire(
        self,
        table: str,
        where: Mapping[str, Any],
        *,
        user: str = "admin",
        picked: str | None = None,
        expect: Expect | None = None,
        at_once: bool = False,
    ) -> Outcome:
        """Somebody retires CIs: an edit that sets `install_status` to 7 and `operational_status` to 6.

        table: the class of CIs, or the table of what belongs to them
        where: the values of the records; a reference by the name of what it leads to
        user: the user, whose roles and domain count
        picked: the domain that the user has picked, one that the user sees; left out: the user's own
        """
        return await self._taker.act(
            "retire",
            self._actor,
            {"table": table, "where": where, "user": user, "picked": picked, "expect": expect, "at_once": at_once},
        )

    async def delete_record(
        self,
        table: str,
        where: Mapping[str, Any],
        *,
        user: str = "admin",
        picked: str | None = None,
        expect: Expect | None = None,
        at_once: bool = False,
    ) -> Outcome:
        """Somebody deletes records: CIs with their relations, lookup and related records and source rows, or one
        of     these, such as a row of cmdb_rel_ci.     .

        table: the class of CIs, or the table of what belongs to them
        where: the values of the records; a reference by the name of what it leads to
        user: the user, whose roles and domain count
        picked: the domain that the user has picked, one that the user sees; left out: the user's own
        """
        return await self._taker.act(
            "delete_record",
            self._actor,
            {"table": table, "where": where, "user": user, "picked": picked, "expect": expect, "at_once": at_once},
        )

    async def audit(
        self,
        *,
        table: str = "cmdb_ci",
        user: str = "admin",
        picked: str | None = None,
        expect: Expect | None = None,
        at_once: bool = False,
    ) -> Outcome:
        """Somebody has CIs looked through for duplicates by the rules of today, which leaves tasks.

        table: the class whose CIs are looked through; left out: all
        user: the user, whose roles and domain count
        picked: the domain that the user has picked, one that the user sees; left out: the user's own
        """
        return await self._taker.act(
            "audit",
            self._actor,
            {"table": table, "user": user, "picked": picked, "expect": expect, "at_once": at_once},
        )

    async def close_task(
        self,
        task: str,
        *,
        state: Literal["closed_complete", "closed_incomplete", "closed_skipped"] = "closed_complete",
        user: str = "admin",
        picked: str | None = None,
        expect: Expect | None = None,
        at_once: bool = False,
    ) -> Outcome:
        """Somebody closes a task and does nothing else: what the engine meets again, it reports again.

        task: the task's number, such as DUP0001001
        state: the state that ends it
        user: the user, whose roles and domain count
        picked: the domain that the user has picked, one that the user sees; left out: the user's own
        """
        return await self._taker.act(
            "close_task",
            self._actor,
            {"task": task, "state": state, "user": user, "picked": picked, "expect": expect, "at_once": at_once},
        )

    async def remediate(
        self,
        task: str,
        others: Literal["delete", "retire"] | Mapping[str, Any],
        *,
        main: Mapping[str, Any] | None = None,
        take: Mapping[str, Any] | None = None,
        relations: bool = True,
        related: bool = True,
        user: str = "admin",
        picked: str | None = None,
        expect: Expect | None = None,
        at_once: bool = False,
    ) -> Outcome:
        """Somebody makes one CI of those of a de-duplication task, which is then closed.

        task: the task's number, such as DUP0001001
        others: what becomes of the others: `delete`, `retire`, or values that they are set to; those that stay
            are duplicates of the main CI
        main: values that the main CI has, which stays, and no other of the task; left out: the oldest
        take: values that the main CI takes over; each must be one that a duplicate has
        relations: whether the main CI takes over the others' relations
        related: whether what refers to the others refers to the main CI then: lookup and related records,
            source rows, reference fields
        user: the user, whose roles and domain count
        picked: the domain that the user has picked, one that the user sees; left out: the user's own
        """
        return await self._taker.act(
            "remediate",
            self._actor,
            {
                "task": task,
                "others": others,
                "main": main,
                "take": take,
                "relations": relations,
                "related": related,
                "user": user,
                "picked": picked,
                "expect": expect,
                "at_once": at_once,
            },
        )

    async def enable_tls(self, *, expect: Expect | None = None, at_once: bool = False) -> Outcome:
        """Support enables ADCv2 mutual TLS, so that adcv2/supports_tls answers true."""
        return await self._taker.act("enable_tls", self._actor, {"expect": expect, "at_once": at_once})

    async def install_plugin(
        self,
        *,
        plugin: Literal["com.glide.mif", "com.glide.mif.mtls"] = "com.glide.mif.mtls",
        expect: Expect | None = None,
        at_once: bool = False,
    ) -> Outcome:
        """Support installs a plugin; the one for mutual TLS counts when it has been there for `mtls_wait`.

        plugin: left out: com.glide.mif.mtls
        """
        return await self._taker.act(
            "install_plugin", self._actor, {"plugin": plugin, "expect": expect, "at_once": at_once}
        )

    async def install_application(
        self,
        application: str | None = None,
        *,
        version: str | None = None,
        capabilities: Mapping[str, Any] | None = None,
        taken_by: str = "admin",
        expect: Expect | None = None,
        at_once: bool = False,
    ) -> Outcome:
        """Installs an application; what it offers is as `applications` defines it. In short: the instances.

        application: left out: the only one there is
        version: its version; left out: the one that is defined
        capabilities: Application Capability Versions by the name of the capability; left out: as defined
        taken_by: the user who does it, with the role for it
        """
        return await self._taker.act(
            "install_application",
            self._actor,
            {
                "application": application,
                "version": version,
                "capabilities": capabilities,
                "taken_by": taken_by,
                "expect": expect,
                "at_once": at_once,
            },
        )

    async def upgrade_application(
        self,
        to: str,
        application: str | None = None,
        *,
        capabilities: Mapping[str, Any] | None = None,
        taken_by: str = "admin",
        expect: Expect | None = None,
        at_once: bool = False,
    ) -> Outcome:
        """Brings an installed application to another version.

        to: its version from now on
        application: left out: the only one there is
        capabilities: the Application Capability Versions that change with it, by the name of the capability
        taken_by: the user who does it, with the role for it
        """
        return await self._taker.act(
            "upgrade_application",
            self._actor,
            {
                "to": to,
                "application": application,
                "capabilities": capabilities,
                "taken_by": taken_by,
                "expect": expect,
                "at_once": at_once,
            },
        )

    async def remove_application(
        self,
        application: str | None = None,
        *,
        taken_by: str = "admin",
        expect: Expect | None = None,
        at_once: bool = False,
    ) -> Outcome:
        """Uninstalls an application: what belongs to it goes too, also at the others. In short: the instances.

        application: left out: the only one there is
        taken_by: the user who does it, with the role for it
        """
        return await self._taker.act(
            "remove_application",
            self._actor,
            {"application": application, "taken_by": taken_by, "expect": expect, "at_once": at_once},
        )

    async def promote(self, *, expect: Expect | None = None, at_once: bool = False) -> Outcome:
        """Makes production instances of non-production ones."""
        return await self._taker.act("promote", self._actor, {"expect": expect, "at_once": at_once})

    async def demote(
        self,
        *,
        to: Literal["test", "development"] = "development",
        expect: Expect | None = None,
        at_once: bool = False,
    ) -> Outcome:
        """Demotes production instances; what the rules no longer allow ends (Q19). In short: the instances.

        to: what they are for from now on
        """
        return await self._taker.act("demote", self._actor, {"to": to, "expect": expect, "at_once": at_once})

    async def rename(self, to: str, *, expect: Expect | None = None, at_once: bool = False) -> Outcome:
        """Gives an instance another name. A scenario goes on calling it as it did, and so do its reports.

        to: its name from now on
        """
        return await self._taker.act("rename", self._actor, {"to": to, "expect": expect, "at_once": at_once})

    async def upgrade(self, to: str, *, expect: Expect | None = None, at_once: bool = False) -> Outcome:
        """Brings instances to another release.

        to: their release family from now on
        """
        return await self._taker.act("upgrade", self._actor, {"to": to, "expect": expect, "at_once": at_once})

    async def clone(
        self, to: str, *, preserve_trust: bool = False, expect: Expect | None = None, at_once: bool = False
    ) -> Outcome:
        """Clones one instance's applications and data over another's; who the target is stays as it is.

        to: the target, whose data is replaced
        preserve_trust: whether data preservers keep the target's own tables of trust; without, the source's
            rows come along, are recognised as another instance's and put in quarantine (Q20)
        """
        return await self._taker.act(
            "clone",
            self._actor,
            {"to": to, "preserve_trust": preserve_trust, "expect": expect, "at_once": at_once},
        )

    async def snapshot(self, name: str) -> None:
        """Remembers the rows of an instance as they are now, to restore it later.

        name: a name to refer to the snapshot later
        """
        await self._taker.do("snapshot", self._actor, {"name": name})

    async def decommission(self, *, expect: Expect | None = None, at_once: bool = False) -> Outcome:
        """Gives instances up: what they had with others ends on both sides."""
        return await self._taker.act("decommission", self._actor, {"expect": expect, "at_once": at_once})

    async def stop(self) -> None:
        """Stops instances in good order."""
        await self._taker.do("stop", self._actor, {})

    async def kill(self) -> None:
        """Kills instances with SIGKILL."""
        await self._taker.do("kill", self._actor, {})

    async def start(self) -> None:
        """Starts instances that were stopped."""
        await self._taker.do("start", self._actor, {})

    async def certificate(self, state: Literal["valid", "missing", "expired", "revoked", "foreign"]) -> None:
        """Issues instances a new certificate, revokes the one that they have, or replaces it by one that is no
        good.

        state: the certificate that they have from now on
        """
        await self._taker.do("certificate", self._actor, {"state": state})

    async def impersonate(
        self,
        name: str,
        to: str,
        application: str | None = None,
        capability: str | None = None,
        operation: str | None = None,
        *,
        payload: Mapping[str, Any] | None = None,
        own_topic: bool = False,
        expect: Expect | None = None,
        at_once: bool = False,
    ) -> Outcome:
        """An instance publishes in another's name: to the recipient's inbox, as if from the other, signed by
        itself.

        name: the instance in whose name it does
        to: the recipient
        application: left out: the only one there is
        capability: left out: the application's only one
        operation: left out: the capability's only one
        payload: any mapping
        own_topic: whether it publishes on its own topic, which no broker forbids, and only the envelope names
            the other: the recipient refuses that (`sender_mismatch`)
        """
        return await self._taker.act(
            "impersonate",
            self._actor,
            {
                "name": name,
                "to": to,
                "application": application,
                "capability": capability,
                "operation": operation,
                "payload": payload,
                "own_topic": own_topic,
                "expect": expect,
                "at_once": at_once,
            },
        )


class FleetVerbs:
    """What happens to the fleet as a whole."""

    def __init__(self, taker: Taker, actor: str | None) -> None:
        self._taker = taker
        self._actor = actor

    async def restore(self, value: str, *, expect: Expect | None = None, at_once: bool = False) -> Outcome:
        """Restores an instance from a snapshot of itself; what it has sent and received since stays so."""
        return await self._taker.act(
            "restore", self._actor, {"value": value, "expect": expect, "at_once": at_once}
        )

    async def advance(self, value: Span) -> None:
        """Moves the fleet's clock forward."""
        await self._taker.do("advance", self._actor, {"value": value})

    async def settle(self, value: Span = "30s") -> None:
        """Waits until nothing is due anywhere, at most this long; alone: 30s. What waits for an instance that is
        not running is not due.
        """
        await self._taker.do("settle", self._actor, {"value": value})

    async def stop_broker(self) -> None:
        """Stops the broker."""
        await self._taker.do("stop_broker", self._actor, {})

    async def start_broker(self) -> None:
        """Starts the broker again."""
        await self._taker.do("start_broker", self._actor, {})

    async def fault(
        self,
        *,
        partition: Sequence[Instances] | None = None,
        isolate: Instances | None = None,
        cut: Mapping[str, Any] | None = None,
        hold: Mapping[str, Any] | None = None,
        weather: Mapping[str, Any] | None = None,
        defect: Mapping[str, Any] | None = None,
        broker_outage: Literal[True] | None = None,
        crash: Mapping[str, Any] | None = None,
        pause: Instances | None = None,
        clock: Mapping[str, Any] | None = None,
        disk: Mapping[str, Any] | None = None,
        slow_disk: Mapping[str, Any] | None = None,
        http: Mapping[str, Any] | None = None,
        after: Span | None = None,
        lasts: Span | None = None,
        must_touch: bool = False,
    ) -> None:
        """Lets something go wrong.

        partition: groups of instances that do not reach each other
        isolate: instances that neither reach nor are reached by any other
        cut: nothing arrives on this way; the way back is open
        hold: what is on this way arrives when the fault ends, in order
        weather: a bad network
        defect: a known defect of the product's transport
        broker_outage: the broker is away
        crash: an instance dies
        pause: instances that do nothing, while what reaches them waits
        clock: a clock is off
        disk: a disk fails
        slow_disk: a disk is slow
        http: a REST API that fails its clients
        after: when it begins; left out: now
        lasts: left out: until a `calm` step
        must_touch: true: it is not met where the fault has touched no message; else a report warns
        """
        await self._taker.do(
            "fault",
            self._actor,
            {
                "partition": partition,
                "isolate": isolate,
                "cut": cut,
                "hold": hold,
                "weather": weather,
                "defect": defect,
                "broker_outage": broker_outage,
                "crash": crash,
                "pause": pause,
                "clock": clock,
                "disk": disk,
                "slow_disk": slow_disk,
                "http": http,
                "after": after,
                "lasts": lasts,
                "must_touch": must_touch,
            },
        )

    async def calm(self) -> None:
        """Ends all faults that still last."""
        await self._taker.do("calm", self._actor, {})
