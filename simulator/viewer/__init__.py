"""The viewer: one page that shows runs, from data in it or as they go on.

page.html    the page, with places for style, modules and data
viewer.css   how it looks: in light and dark, on a phone, in print
main.js      what is shown: views, filters, the address
dom.js       elements
model.js     a run as the page reads it: arrows in columns, rows of trust at any time, filters, bundles
overview.js  the verdict, what failed, the steps
messages.js  the sequence diagram
detail.js    one arrow, with the decision and what it has changed
trust.js     who trusts whom, at any time; who manages whom
tables.js    tables of instances
cmdb.js      what CMDBs were told and why they decided so
live.js      a fleet that is up: its news, and what an administrator does

The modules are used as they stand: the page holds each as a `data:` address in its import map, so that one file
opens from anywhere, without a server and without a network.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

_PACKAGE = files("simulator.viewer")


def page(document: Mapping[str, Any]) -> str:
    """One HTML file that shows a document (simulator.report.files.page); the same one gives the same bytes."""
    data = json.dumps(document, separators=(",", ":"), ensure_ascii=False, default=str)
    # In a script element only these could end it, or begin a comment in it; as escapes they are the same JSON.
    for sign in "<>&\u2028\u2029":
        data = data.replace(sign, f"\\u{ord(sign):04x}")
    return _shell().replace("{{data}}", data)


@cache
def _shell() -> str:
    """The page with everything but data."""
    shell = _read("page.html")
    return shell.replace("{{style}}", _read("viewer.css")).replace("{{modules}}", json.dumps(_modules(), indent=2))


def _modules() -> Mapping[str, Any]:
    """The import map: every module by the name with which others import it."""
    names = sorted(entry.name for entry in _PACKAGE.iterdir() if entry.name.endswith(".js"))
    encoded = {name: b64encode(_read(name).encode()).decode() for name in names}
    return {"imports": {f"trustsim/{name}": f"data:text/javascript;base64,{encoded[name]}" for name in names}}


def _read(name: str) -> str:
    return _PACKAGE.joinpath(name).read_text(encoding="utf-8")
