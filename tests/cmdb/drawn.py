"""Stores and payloads drawn by chance, as the naive identifier sees them; drawn_store.py puts them into a file."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random  # noqa: TID251 - Hypothesis makes it and prints its seed

from tests.cmdb.naive_identifier import Caller, Entry, Item, Row, Rule, State

SOURCE = "Other Automated"
RUNS, CONTAINS = "Runs on::Runs", "Contains::Contained by"
DOMAINS = ("top", "a", "b", "c")

BOXES = ("x_box", "x_server", "x_linux", "x_switch")
APPS = ("x_app", "x_tomcat")
SUPERCLASSES = [
    ("x_box", "cmdb_ci"),
    ("x_server", "x_box"),
    ("x_linux", "x_server"),
    ("x_switch", "x_box"),
    ("x_card", "cmdb_ci"),
    ("x_app", "cmdb_ci"),
    ("x_tomcat", "x_app"),
    ("x_module", "cmdb_ci"),
    ("x_orphan", "cmdb_ci"),
]
ATTRIBUTES = {
    "x_box": ["serial", "model", "state"],
    "x_card": ["mac", "box", "state"],
    "x_app": ["port", "path", "state"],
    "x_module": ["path", "state"],
}
HOSTING = [
    ("x_app", "x_box", RUNS, "parent"),
    ("x_app", "x_box", CONTAINS, "child"),
    ("x_module", "x_app", CONTAINS, "child"),
]
SERIAL = "cmdb_serial_number"


@dataclass(frozen=True)
class Case:
    """A store, who calls, and with what."""

    state: State
    caller: Caller
    items: list[Item]
    relations: list[tuple[int, int, str]]


def draw_case(chance: Random) -> Case:
    """A store with CIs that are like the items of a payload, and like one another, in some of their values."""
    domains = [
        ("top", ""),
        *((name, chance.choice(DOMAINS[:place])) for place, name in enumerate(DOMAINS) if place),
    ]
    caller = Caller(
        chance.choice(("global", "top", "a", "a", "b", "c")), [one for one in DOMAINS if chance.random() < 0.15]
    )
    cis = _draw_cis(chance, caller.domain)
    cards = [ci for ci in cis if ci["sys_class_name"] == "x_card"]
    boxes = [ci for ci in cis if ci["sys_class_name"] in BOXES]
    lookups = _draw_serials(chance, boxes)
    for card in cards:
        card["box"] = chance.choice(boxes)["sys_id"] if boxes else None
    state = State(
        superclasses=SUPERCLASSES,
        rules=_draw_rules(chance),
        inclusion=[(chance.choice(BOXES), [("state", "!=", "9")])] if chance.random() < 0.3 else [],
        hosting=HOSTING,
        domains=domains,
        contains=[(one, other) for one in DOMAINS for other in DOMAINS if one != other and chance.random() < 0.08],
        cis=cis,
        lookups=lookups,
        relations=_draw_relations(chance, cis),
        sources=_draw_sources(chance, cis),
        platform=chance.random() < 0.5,
        rules_first=chance.random() < 0.2,
        conditions=chance.random() < 0.3,
        skip_duplicates=chance.random() < 0.85,
        threshold=chance.choice((3, 5)),
    )
    items, relations = _draw_payload(chance, state)
    return Case(state, caller, items, relations)


def _draw_cis(chance: Random, home: str) -> list[Row]:
    cis: list[Row] = []
    for number in range(chance.randrange(16)):
        kind = chance.choice(
            (*BOXES, "x_linux", "x_box", *APPS, "x_app", "x_module", "x_module", "x_card", "x_card")
        )
        ci: Row = {
            "sys_id": f"ci{number:02}",
            "sys_class_name": kind,
            "sys_domain": home if chance.random() < 0.6 else chance.choice(("global", *DOMAINS)),
            "sys_created_on": f"2025-01-0{chance.randrange(1, 4)} 00:00:00",
            "state": chance.choice((None, "1", "1", "9")),
        }
        for name in _attributes(kind):
            ci[name] = _draw_value(chance, name, chance.choice((0, 0, 1))) if chance.random() < 0.9 else None
        mains = [one["sys_id"] for one in cis if one["sys_class_name"] == kind and not one.get("duplicate_of")]
        if mains and chance.random() < 0.1:
            ci["duplicate_of"] = mains[0]
        cis.append(ci)
    return cis


def _attributes(kind: str) -> list[str]:
    """What identifies CIs of a class."""
    if kind in BOXES:
        return ["name", "serial", "model"]
    return (
        ["name", "mac"]
        if kind == "x_card"
        else ["name", "path"]
        if kind == "x_module"
        else ["name", "port", "path"]
    )


def _draw_value(chance: Random, name: str, share: int) -> str:
    """One of the values that only the items with this *share* send, mostly the first, and now and then loudly."""
    value = f"{name}-{share}{chance.choice('aaab')}"
    return value.upper() if chance.random() < 0.1 else value


def _draw_serials(chance: Random, boxes: list[Row]) -> list[Row]:
    return [
        {
            "table": SERIAL,
            "sys_id": f"sn{number}",
            "sys_created_on": f"2025-01-0{chance.randrange(1, 4)} 00:00:00",
            "serial_number": _draw_value(chance, "sn", chance.choice((0, 0, 1))),
            "serial_number_type": "uuid",
            "valid": chance.choice(("true", "true", "true", "false")),
            "cmdb_ci": (box := chance.choice(boxes))["sys_id"],
            "sys_domain": box["sys_domain"] if chance.random() < 0.8 else chance.choice(("global", *DOMAINS)),
        }
        for number in range(chance.randrange(8) if boxes else 0)
    ]


def _draw_relations(chance: Random, cis: list[Row]) -> list[tuple[str, str, str]]:
    ids = [
        [ci["sys_id"] or "" for ci in cis if ci["sys_class_name"] in kinds]
        for kinds in (BOXES, APPS, ("x_module",))
    ]
    boxes, apps, modules = ids
    relations = {(app, box, RUNS) for app in apps for box in boxes if chance.random() < 0.6}
    relations |= {(box, app, CONTAINS) for app in apps for box in boxes if chance.random() < 0.4}
    relations |= {(app, one, CONTAINS) for one in modules for app in apps if chance.random() < 0.6}
    return sorted(relations)


def _draw_sources(chance: Random, cis: list[Row]) -> list[tuple[str, str, str]]:
    return [
        (SOURCE, f"{_family(ci)}-{chance.randrange(3)}", ci["sys_id"] or "")
        for ci in cis
        if ci["sys_class_name"] != "x_card" and chance.random() < 0.3
    ]


def _family(ci: Row) -> str:
    """The classes whose native keys are alike."""
    kind = ci["sys_class_name"] or ""
    return "x_box" if kind in BOXES else "x_app" if kind in APPS else kind


def _draw_rules(chance: Random) -> list[Rule]:
    rules = [_draw_rule(chance, "x_box"), _draw_rule(chance, "x_app"), _draw_rule(chance, "x_module")]
    rules += [_draw_rule(chance, name) for name in ("x_server", "x_tomcat") if chance.random() < 0.3]
    return rules


def _draw_rule(chance: Random, name: str) -> Rule:
    if name in BOXES:
        made = [
            Entry(0, name, ("serial",)),
            Entry(0, name, ("name",)),
            Entry(0, name, ("name", "model")),
            Entry(0, name, ("serial", "model"), allow_null=True),
            Entry(0, name, ("name",), condition=[("state", "=", "1")]),
            Entry(0, SERIAL, ("serial_number", "serial_number_type"), "cmdb_ci", exact=True),
            Entry(
                0, SERIAL, ("serial_number", "serial_number_type"), "cmdb_ci", condition=[("valid", "=", "true")]
            ),
            Entry(0, "x_card", ("mac",), "box", condition=[("state", "!=", "9")], exact=chance.random() < 0.5),
            Entry(0, "x_card", ("mac",), "box", own=("name",), exact=chance.random() < 0.5),
        ]
    else:
        falls_back = name == "x_tomcat" and chance.random() < 0.7
        other = "path" if name == "x_module" else "port"
        made = [
            Entry(0, name, (other, "sys_class_name"), fallback=falls_back),
            Entry(0, name, ("name",), fallback=falls_back),
            Entry(0, name, ("path", "sys_class_name"), allow_null=True, fallback=falls_back),
            Entry(0, name, ("name", "path"), allow_null=True),
        ]
    chosen = chance.sample(made, chance.randrange(1, 4))
    entries = [Entry(**{**vars(one), "order": (place + 1) * 100}) for place, one in enumerate(chosen)]
    chance.shuffle(entries)
    return Rule(f"{name} rule", name, name in BOXES, entries)


def _draw_payload(chance: Random, state: State) -> tuple[list[Item], list[tuple[int, int, str]]]:
    """One or two boxes, what runs on them and what that contains; no two items are equal."""
    count = chance.choice((1, 1, 2))
    items = [_draw_box(chance, state, share) for share in range(count)]
    relations: list[tuple[int, int, str]] = []
    if chance.random() < 0.6:
        app = len(items)
        items.append(_draw_item(chance, state, chance.choice(APPS), 0))
        hosts = [box for box in range(count) if chance.random() < (0.93 if box == 0 else 0.07)]
        relations += [chance.choice(((app, box, RUNS), (box, app, CONTAINS))) for box in hosts]
        if chance.random() < 0.6:
            items.append(_draw_item(chance, state, "x_module", 0))
            if chance.random() < 0.95:
                relations.append((app, app + 1, CONTAINS))
    if chance.random() < 0.02:
        items.append(Item("x_orphan", {"name": "o"}))
    order = list(range(len(items)))
    chance.shuffle(order)
    relations = [(order.index(parent), order.index(child), kind) for parent, child, kind in relations]
    return [items[place] for place in order], relations


def _draw_box(chance: Random, state: State, share: int) -> Item:
    """An item with lookup records, hardly ever one that its rule has no entry for."""
    item = _draw_item(chance, state, chance.choice(BOXES), share)
    numbers = [f"sn-{share}{one}" for one, odds in (("a", 0.7), ("b", 0.3)) if chance.random() < odds]
    lookup = [(SERIAL, {"serial_number": one, "serial_number_type": "uuid"}) for one in numbers]
    lookup += [
        ("x_card", {"mac": f"mac-{share}{one}"})
        for one, odds in (("a", 0.7), ("b", 0.2))
        if chance.random() < odds
    ]
    if chance.random() < 0.1:
        lookup.append(("x_card", {"name": "no mac"}))
    rules = [rule for rule in state.rules if rule.applies_to == "x_box"]
    if item.class_name in ("x_server", "x_linux"):
        rules += [rule for rule in state.rules if rule.applies_to == "x_server"]
    tables = {entry.table for entry in rules[-1].entries}
    lookup = [one for one in lookup if one[0] in tables or chance.random() < 0.02]
    return Item(item.class_name, item.values, lookup, item.key)


def _draw_item(chance: Random, state: State, kind: str, share: int) -> Item:
    values = {name: _draw_value(chance, name, share) for name in _attributes(kind) if chance.random() < 0.75}
    if chance.random() < 0.3:
        values["state"] = chance.choice(("1", "9"))
    family = _family({"sys_class_name": kind})
    alike = [ci["sys_id"] or "" for ci in state.cis if _family(ci) == family]
    if chance.random() < 0.06:
        values["sys_id"] = chance.choice([*alike[share::2], f"no {kind} {share}"])
    key = (
        (SOURCE, chance.choice((f"{family}-{share}", f"{family}-{share}".upper())))
        if chance.random() < 0.3
        else None
    )
    return Item(kind, values, [], key)
