"""The reference, made of the types: nothing here is written twice."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any, cast

import click

from simulator.catalogue.findings import FINDINGS
from simulator.catalogue.meaning import Meaning
from simulator.catalogue.refusals import REFUSALS
from simulator.cli.main import cli
from simulator.cmdb.messages import TEXT_BY_KEY
from simulator.docs.surface import Public, public
from simulator.protocol.codec import envelope_schema
from simulator.report.results import results_schema
from simulator.rest.apis.actions import BY_NAME
from simulator.rest.routes import ROUTES
from simulator.scenario.model.names import SYSTEM_COLUMNS
from simulator.scenario.schema import json_schema
from simulator.store.cmdb.base import base_classes, base_rows, base_tables
from simulator.store.cmdb.parts import CiClass
from simulator.store.tables import tables
from simulator.tables import Row
from simulator.trust.rows import ROW_TYPES


def pages() -> dict[str, str]:
    """The pages by their place on the site, in the order in which they are listed."""
    return {
        "reference/commands.md": _commands(),
        "reference/refusals.md": _refusals(),
        "reference/findings.md": _findings(),
        "reference/cmdb-messages.md": _messages(),
        "reference/tables.md": _tables(),
        "reference/classes.md": _classes(),
        "reference/identifiers.md": _identifiers(),
        "reference/properties.md": _properties(),
        "reference/routes.md": _routes(),
        "reference/actions.md": _actions(),
        "reference/schemas.md": _schemas(),
        "reference/python.md": _python(),
    }


def _page(title: str, *parts: str) -> str:
    return "\n\n".join([f"# {title}", *parts]) + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _plain(text: str) -> str:
    """Text in which Markdown finds nothing."""
    return re.sub(r"([\\`*_<>\[\]#~$])", r"\\\1", text)


def _sources(cited: str) -> str:
    """What a rule cites, each with a link to where it is explained."""
    return ", ".join(_source(each) for each in cited.split(", "))


def _source(cited: str) -> str:
    match cited[0], cited[1:].isdecimal():
        case "S" | "R", True:
            return f"[{cited}](../sources.md#{cited.lower()})"
        case "Q", True:
            return f"[{cited}](../silent/trust.md)"
        case "F", True:
            return f"[{cited}](scenario-files.md#how-trust-fails)"
    return cited


# -- commands -------------------------------------------------------------------------------------------


def _commands() -> str:
    parts = [part for name in cli.list_commands(click.Context(cli)) for part in _command(name)]
    return _page("Commands", "What `--help` says, of every command.", *parts)


def _command(name: str) -> Iterator[str]:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    yield f"## {name}"
    context = click.Context(cli, info_name="trustsim")
    yield _help(command, click.Context(command, parent=context, info_name=name))
    if isinstance(command, click.Group):
        below = click.Context(command, parent=context, info_name=name)
        for child in command.list_commands(below):
            one = command.get_command(below, child)
            assert one is not None
            yield f"### {name} {child}"
            yield _help(one, click.Context(one, parent=below, info_name=child))


def _help(command: click.Command, context: click.Context) -> str:
    context.terminal_width = context.max_content_width = 96
    return f"```text\n{command.get_help(context)}\n```"


# -- codes and messages ---------------------------------------------------------------------------------


def _refusals() -> str:
    intro = (
        "A refusal is a definite no. Its code is stable; `trustsim explain CODE` prints what stands here, and "
        "every report adds what was found on the instances in question."
    )
    return _page(
        "Refusal codes", intro, *(_meaning(code.value, one, "Refused when") for code, one in REFUSALS.items())
    )


def _findings() -> str:
    intro = "What `trustsim doctor` finds beyond what will be [refused](refusals.md)."
    return _page("Findings", intro, *(_meaning(code, one, "Found when") for code, one in FINDINGS.items()))


def _meaning(code: str, one: Meaning, when: str) -> str:
    parts = [
        (when, _plain(one.when)),
        ("Rule", f"{_plain(one.rule)} ({_sources(one.source)})"),
        ("Mostly because", _plain(one.cause)),
        ("What mends it", _plain(one.remedy)),
    ]
    if one.scenario:
        parts.append(("Shown by", f"[{one.scenario}](../gallery/{one.scenario}.md)"))
    return "\n\n".join([f"## {code}", *(f"**{lead}:** {text}" for lead, text in parts)])


def _messages() -> str:
    rows = [(f"`{code}`", _plain(text)) for code, text in sorted(set(TEXT_BY_KEY.values()))]
    intro = (
        "The texts of errors and warnings in responses of the identification engine, as the vendor's page "
        "[R4](../sources.md#r4) has them where it has them. What stands in braces is filled in."
    )
    return _page("Messages of the CMDB", intro, _table(("code", "text"), rows))


# -- tables and classes ---------------------------------------------------------------------------------


def _tables() -> str:
    all_of_them = tables()
    trust = {row.TABLE: row for row in ROW_TYPES}
    own = {name for name in all_of_them if name.startswith("x_trustsim")} - trust.keys()
    groups = {
        "Trust": list(trust),
        "The CMDB and the platform": sorted(all_of_them.keys() - trust.keys() - own),
        "The simulator's own": sorted(own),
    }
    parts = [
        part
        for title, names in groups.items()
        for part in (
            f"## {title}",
            *(_table_of_instance(name, all_of_them[name], trust.get(name)) for name in names),
        )
    ]
    everywhere = ", ".join(f"`{column}`" for column in SYSTEM_COLUMNS)
    intro = (
        "Every table of an instance's file, with its columns, but for the [classes of CIs](classes.md), which are "
        f"all rows of `cmdb`, and but for {everywhere}, which nearly all have. "
        "`trustsim show` prints what is in them; a file that `--keep` has kept opens with `sqlite3`."
    )
    return _page("Tables", intro, *parts)


def _table_of_instance(name: str, columns: Sequence[str], row: type[Row] | None) -> str:
    said = re.sub(r" \(S\d+\)", "", (row.__doc__ or "").partition("\n")[0]) if row else ""
    if not said and name in base_tables():
        said = f"{base_tables()[name].label}."
    key = f"Its key: {', '.join(f'`{column}`' for column in row.KEY)}." if row else ""
    shown = ", ".join(f"`{column}`" for column in columns if column not in SYSTEM_COLUMNS)
    return "\n\n".join(part for part in (f"### {name}", _plain(said), key, shown) if part)


def _classes() -> str:
    classes = base_classes()
    below: dict[str | None, list[str]] = {}
    for name, one in classes.items():
        below.setdefault(one.extends, []).append(name)

    def lines(above: str | None, depth: int) -> Iterator[str]:
        for name in below.get(above, ()):
            yield f"{'  ' * depth}- [{name}](#{name}) {_plain(classes[name].label)}"
            yield from lines(name, depth + 1)

    intro = (
        f"The {len(classes)} classes of a new instance, each below the one that it extends. A setup adds others."
    )
    return _page("Classes", intro, "\n".join(lines(None, 0)), *(_class(*item) for item in classes.items()))


def _class(name: str, one: CiClass) -> str:
    above = f"Extends [{one.extends}](#{one.extends})." if one.extends else "The class at the top."
    said = f"{_plain(one.label)}. {above}" if one.label else above
    own = dict(one.attributes)
    rows = [
        (
            f"`{column}`",
            f"[{it.reference}](#{it.reference})"
            if it.reference in base_classes()
            else f"`{it.reference}`"
            if it.reference
            else it.type,
            ", ".join(f"`{value}` {_plain(label)}" for value, label in it.choices.items()),
        )
        for column, it in own.items()
    ]
    return f"## {name}\n\n{said}" + (f"\n\n{_table(('attribute', 'type', 'choices'), rows)}" if rows else "")


def _identifiers() -> str:
    rows = cast("Mapping[str, list[dict[str, Any]]]", base_rows())
    entries: dict[str, list[dict[str, Any]]] = {}
    for entry in sorted(rows["cmdb_identifier_entry"], key=lambda it: int(it["order"])):
        entries.setdefault(entry["identifier"], []).append(entry)
    parts = [
        f"## {rule['applies_to']}\n\n{_plain(rule['name'])}, "
        f"{'independent' if rule['independent'] == 'true' else 'dependent: only on a host'}\n\n"
        + _table(
            ("order", "attributes", "table"),
            [
                (str(it["order"]), f"`{it['attributes']}`", f"`{it['table']}`")
                for it in entries.get(rule["sys_id"], ())
            ],
        )
        for rule in rows["cmdb_identifier"]
    ]
    intro = (
        "What the CIs of a new instance are recognised by; a class without a rule has that of the one it extends. "
        "The entry with the lowest order is tried first."
    )
    return _page("Identification rules", intro, *parts)


def _properties() -> str:
    rows = sorted((str(it["name"]), str(it["value"])) for it in base_rows()["sys_properties"])
    intro = "The system properties of a new instance; a setup and the REST API change them."
    table = _table(("property", "value"), [(f"`{name}`", f"`{value}`" if value else "") for name, value in rows])
    return _page("Properties", intro, table)


# -- what programs see ----------------------------------------------------------------------------------


def _routes() -> str:
    rows = [
        (f"`{path}`", f"`{method}`", _sentence(function.__doc__))
        for path, functions in ROUTES.items()
        for method, function in functions.items()
    ]
    intro = (
        "What an instance answers over HTTP. `/api/now/v1/...` and `/api/now/v2/...` are the same. Besides there "
        "are `/oauth_auth.do`, `/oauth_token.do`, `/oauth_revoke_token.do` and `/api/now/v1/batch`; "
        "[Keep a fleet up](../guides/fleet.md) says how to log in."
    )
    return _page("Routes of the REST API", intro, _table(("path", "method", "what it does"), rows))


def _sentence(docstring: str | None) -> str:
    return _plain((docstring or "").partition("\n\n")[0].replace("\n", " ")).replace("    ", "")


def _actions() -> str:
    rows = [
        (
            f"`{name}`",
            _sentence(action.__doc__),
            ", ".join(f"`{field.name}`" for field in fields(action) if field.name not in {"kind", "taken_by"}),
        )
        for name, action in BY_NAME.items()
    ]
    intro = (
        "What the product does by buttons, and support by tickets: `POST /api/x_trustsim/ACTION`, with these "
        "fields as JSON in the body. Instances are named, or given by their sys_ids. What is refused is 403, with "
        "the explanation in `detail` and the [code](refusals.md) in the header `X-Trustsim-Refusal`."
    )
    return _page("Actions", intro, _table(("action", "what it is in the product", "fields"), rows))


def files() -> dict[str, str]:
    """Files that go with the pages, by their place on the site."""
    schemas = {"envelope": envelope_schema(), "result": results_schema(), "scenario": json_schema()}
    return {f"schemas/{name}.json": json.dumps(schema, indent=2) for name, schema in schemas.items()}


def _schemas() -> str:
    rows = [
        ("scenario files, for editors", "`trustsim schema`", "scenario"),
        ("what passes between instances", "`trustsim schema --envelope`", "envelope"),
        ("what `--json` writes", "`trustsim schema --result`", "result"),
    ]
    links = [(what, printed, f'<a href="../schemas/{name}.json">{name}.json</a>') for what, printed, name in rows]
    return _page("Schemas", _table(("JSON Schema of", "printed by", "file"), links))


# -- Python ---------------------------------------------------------------------------------------------


def _python() -> str:
    intro = (
        "What programs and tests of others may build on, and nothing else: a change of it is noticed, and said. "
        "[Tests of your own](../guides/tests.md) and [a program of your own](../guides/peer.md) show how."
    )
    return _page("Python", intro, *(part for it in public() for part in _public(it)))


def _public(it: Public) -> Iterator[str]:
    module, _, name = it.name.rpartition(".")
    yield f"## {name}"
    yield f"```python\nfrom {module} import {name}\n```"
    shown = [_shown(member) for member in it.members if not member.name.startswith("__")]
    told = "\n".join([f"{name}{it.told}", *(it.about and ["", it.about]), *(shown and ["", *shown])])
    yield f"```text\n{told}\n```"


def _shown(member: Public) -> str:
    about = "".join(f"\n    {line}".rstrip() for line in member.about.splitlines())
    return f"{member.name}{member.told}{about}{about and chr(10)}"
