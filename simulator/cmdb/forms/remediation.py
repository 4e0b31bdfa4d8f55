"""Equal CIs that become one, as people choose it in the remediator ("Remediate a de-duplication task")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simulator.cmdb.duplicates.duplicates import TASKS, may_refer
from simulator.cmdb.forms.duplicate_of import MARK
from simulator.cmdb.forms.edit import RETIRED, checked
from simulator.cmdb.forms.editor import Editor, invalid
from simulator.cmdb.forms.referrers import RELATION_SOURCES, RELATIONS, Referrer, referrers
from simulator.cmdb.forms.removal import Removal
from simulator.cmdb.forms.roles import ADMINISTRATOR
from simulator.cmdb.forms.tasks import close, members_of, open_task
from simulator.cmdb.records import ChangeSet, Record, Value
from simulator.cmdb.text import are_same, fold_key
from simulator.refusal import Refusal, RefusalCode

OTHERS: Mapping[str, dict[str, Value] | None] = {"delete": None, "retire": {**RETIRED}}
"""What is done with the duplicates, in a word; see Choices.others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What is chosen on the tabs of the remediator."""

    main: Mapping[str, Value]
    """Values of the CI that stays; none: the oldest."""
    take: Mapping[str, Value]
    """What the main CI takes over of the duplicates."""
    relations: bool
    related: bool
    """Whether what refers to a duplicate refers to the main CI from then on."""
    others: Mapping[str, Value] | None
    """What the duplicates are set to; None: they are deleted."""


def plan_remediation(
    found: Sequence[Record], sought: str, choices: Choices, editor: Editor
) -> ChangeSet | Refusal:
    """The main CI with what it takes over, the other CIs of the task, and the task, which is closed."""
    task = open_task(TASKS, found, sought, editor)
    if isinstance(task, Refusal):
        return task
    table, members = members_of(task, editor)
    chosen = editor.choose(table, members, f"the task {task.get('number')}")
    if isinstance(chosen, Refusal):
        return chosen
    if len(chosen) < len(members):
        return _not_visible(len(members) - len(chosen), len(members), editor)
    main = _main(members, choices.main, task, editor)
    if isinstance(main, Refusal):
        return main
    others = [each for each in members if each["sys_id"] != main["sys_id"]]
    taken = _taken(table, main, others, choices.take, editor)
    if isinstance(taken, Refusal):
        return taken
    settled: list[Record] = []
    for other in others:
        values = _listed(table, other, choices.others or {}, editor)
        if isinstance(values, Refusal):
            return values
        settled.append(values)
    changes = ChangeSet()
    merge = _Merge(table, main, others, editor, changes)
    merge.take(taken)
    if table in editor.model.hierarchy:
        merge.take_over(choices)
    if choices.others is None:
        Removal(editor, changes).delete(table, others)
    else:
        merge.settle(settled)
    note = f"Remediated by {editor.user}: {main.get('name') or main['sys_id']} ({main['sys_id']}) is the main CI"
    close(TASKS, task, "closed_complete", note, editor, changes)
    return changes


def _main(
    members: Sequence[Record], values: Mapping[str, Value], task: Record, editor: Editor
) -> Record | Refusal:
    """The one that was meant; left open it is the oldest, which the engine has been updating."""

    def fits(ci: Record) -> bool:
        wanted = editor.model.hierarchy.read(ci.get("sys_class_name") or "cmdb_ci", values)
        return all(are_same(ci.get(name), value) for name, value in wanted.items())

    fitting = [each for each in members if fits(each)]
    if len(fitting) == 1 or not values:
        return fitting[0]
    sought = ", ".join(f"{name} {value}" for name, value in values.items())
    number = f"{len(fitting)} of" if fitting else "None of"
    return Refusal(
        code=RefusalCode.NOT_IN_TASK,
        found=f"{number} the {len(members)} CIs of {task.get('number')} have {sought}; one is to be the main CI.",
        change="name values that one CI of the task has, and no other",
        who=f"the user {editor.user}",
    )


def _taken(
    table: str, main: Record, others: Sequence[Record], take: Mapping[str, Value], editor: Editor
) -> Record | Refusal:
    """What can be chosen for the main CI is what a duplicate has."""
    taken = _listed(table, main, take, editor)
    if isinstance(taken, Refusal):
        return taken
    for name, value in taken.items():
        having = next((each for each in (*others, main) if are_same(each.get(name), value)), None)
        if having is None:
            known = ", ".join(dict.fromkeys(each.get(name) or "nothing" for each in others))
            return invalid(f"No duplicate has {name} {value}; they have: {known}.", "choose one of these", editor)
        taken[name] = having.get(name)
    return taken


def _listed(table: str, record: Record, values: Mapping[str, Value], editor: Editor) -> Record | Refusal:
    """The values for the record; neither system fields nor those of discovery are on the remediator's lists."""
    if wrong := sorted(_NOT_LISTED & values.keys()):
        return invalid(f"The remediator does not list {', '.join(wrong)}.", "leave it out", editor)
    return checked(record.get("sys_class_name") or table, values, editor)


_NOT_LISTED = frozenset({"discovery_source", "first_discovered", "last_discovered", MARK})


def _not_visible(hidden: int, number: int, editor: Editor) -> Refusal:
    return Refusal(
        code=RefusalCode.RECORD_NOT_VISIBLE,
        found=f"{hidden} of the task's {number} records are in domains that the user {editor.user} does not see.",
        change=f"let the user {editor.user} see those domains, or have a user do it who does",
        who=ADMINISTRATOR,
    )


class _Merge:
    def __init__(
        self, table: str, main: Record, others: Sequence[Record], editor: Editor, changes: ChangeSet
    ) -> None:
        self._table, self._main, self._others = table, main, others
        self._editor, self._changes = editor, changes
        self._main_id = main["sys_id"] or ""
        self._ids = [ci["sys_id"] or "" for ci in others]

    def take(self, values: Record) -> None:
        """The main CI has these values, and is no duplicate."""
        if self._main.get(MARK):
            values = {**values, MARK: None}
        if values:
            self._update(self._main, values, self._table)

    def take_over(self, choices: Choices) -> None:
        """What CIs alone have: relations, what refers to them, and duplicates of their own."""
        if choices.relations:
            self._merge_relations()
        for each in referrers(self._editor.model) if choices.related else ():
            if each.is_merged:
                self._merge_related(each)
        # CIs that were duplicates of a duplicate are duplicates of the main CI: there are no chains.
        for row in self._rows("cmdb_ci", MARK, self._ids):
            if row["sys_id"] not in (self._main_id, *self._ids):
                self._update(row, {MARK: self._main_id if may_refer(row, self._main) else None})

    def settle(self, values: Sequence[Record]) -> None:
        """The duplicates stay, with these values each, and say of which CI they are duplicates."""
        for other, settled in zip(self._others, values, strict=True):
            is_marked = MARK in other and may_refer(other, self._main)
            self._update(other, {**settled, **({MARK: self._main_id} if is_marked else {})}, self._table)

    def _merge_relations(self) -> None:
        """Without those that would lead from the main CI to itself, or be there twice."""
        every = [self._main_id, *self._ids]
        rows = {
            row["sys_id"]: row
            for end in ("parent", "child")
            for row in self._editor.reader.rows(RELATIONS, (end,), [(sys_id,) for sys_id in every])
        }
        there = {self._key(row): row for row in rows.values() if not self._is_a_duplicates(row)}
        going: list[Record] = []
        for row in rows.values():
            if not self._is_a_duplicates(row):
                continue
            key = self._key(row)
            if key[0] == key[1] or not all(key):
                going.append(row)
            elif key in there:
                going.append(row)
                self._move_sources(row, there[key])
            else:
                there[key] = row
                parent, child, _ = key
                self._changes.updates[RELATIONS][row["sys_id"] or ""] = {"parent": parent, "child": child}
        Removal(self._editor, self._changes).delete(RELATIONS, going)

    def _key(self, relation: Record) -> tuple[Value, Value, Value]:
        """What the relation says once the duplicates are the main CI."""
        parent, child = (
            self._main_id if relation[end] in self._ids else relation[end] for end in ("parent", "child")
        )
        return parent, child, relation["type"]

    def _is_a_duplicates(self, relation: Record) -> bool:
        return relation["parent"] in self._ids or relation["child"] in self._ids

    def _move_sources(self, relation: Record, to: Record) -> None:
        """Who has told of the relation has told of the one that is there."""
        of = self._rows(RELATION_SOURCES, "relation", [relation["sys_id"], to["sys_id"]])
        known = {row.get("name") for row in of if row["relation"] == to["sys_id"]}
        for row in of:
            if row["relation"] != to["sys_id"] and row.get("name") not in known:
                self._changes.updates[RELATION_SOURCES][row["sys_id"] or ""] = {"relation": to["sys_id"]}

    def _merge_related(self, each: Referrer) -> None:
        """A record of which the main CI has an equal one stays its duplicate's."""
        rows = self._rows(each.table, each.column, [self._main_id, *self._ids])
        there = {self._criteria(row, each) for row in rows if row[each.column] == self._main_id}
        for row in rows:
            key = self._criteria(row, each)
            if (
                row[each.column] == self._main_id
                or row["sys_id"] == self._main_id
                or (each.criteria and key in there)
            ):
                continue
            there.add(key)
            self._update(row, {each.column: self._main_id}, each.table)

    def _criteria(self, row: Record, each: Referrer) -> tuple[Value, ...]:
        return fold_key(tuple(row.get(name) for name in each.criteria))

    def _rows(self, table: str, column: str, values: Sequence[Value]) -> list[Record]:
        return self._editor.reader.rows(table, (column,), [(value,) for value in values])

    def _update(self, row: Record, values: Mapping[str, Value], table: str = "cmdb_ci") -> None:
        if values:
            kind = row.get("sys_class_name") or table
            self._changes.updates[kind].setdefault(row["sys_id"] or "", {}).update(values)
