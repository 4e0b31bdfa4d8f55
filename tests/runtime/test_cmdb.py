"""Who may call the API of an instance."""

from __future__ import annotations

import pytest

from simulator.cmdb.engine import Result
from simulator.protocol.cmdb import Identify
from simulator.protocol.envelope import derive_id
from simulator.refusal import Refusal, RefusalCode
from simulator.runtime.cmdb import Cmdb
from simulator.store.cmdb.rows import SqlRow
from tests.cmdb.base import NOW, Instance
from tests.cmdbs import body, item


def called_by(user: str, instance: Instance) -> Result | Refusal:
    call = Identify(user=user, source="ServiceNow", body=body(item("lx")))
    return Cmdb(instance.store).call(call, NOW)


@pytest.mark.parametrize(
    ("roles", "may"),
    [
        (["itil"], True),
        (["asset"], True),
        (["admin"], True),
        (["user", "asset"], True),
        (["user"], False),
        (["itil_admin", "catalog"], False),
        ([], False),
    ],
)
def test_only_itil_asset_and_admin_may_call(roles: list[str], may: bool) -> None:
    answer = called_by("u", Instance({"users": {"u": {"roles": roles}}}))
    assert may == isinstance(answer, Result)
    assert may or (isinstance(answer, Refusal) and answer.code is RefusalCode.ROLE_MISSING)


def test_a_user_who_is_no_longer_active_may_not_call() -> None:
    instance = Instance({"users": {"u": {"roles": ["itil"]}}})
    assert isinstance(called_by("u", instance), Result)
    gone: SqlRow = {"sys_id": derive_id("sys_user", "u"), "user_name": "u", "active": "false"}
    instance.store.add_rows({"sys_user": [gone]})
    answer = called_by("u", instance)
    assert isinstance(answer, Refusal)
    assert answer.code is RefusalCode.USER_UNKNOWN
