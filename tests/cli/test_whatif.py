"""`trustsim whatif`: what a person and a machine read, and exit codes."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cmdbs import DOMAINS, call, item, make

from .command import EXAMPLE, called, run


def test_domain_mode(tmp_path: Path) -> None:
    """Exit code 1: the mode makes a difference, and it is shown with its payloads; the file stays as it is."""
    calls = [call(user, item("web1")) for user in ("u_acme", "u_eu", "u_acme")]
    file, out = make(tmp_path / "dev1.sqlite", DOMAINS, *calls), tmp_path / "out.json"
    before = file.read_bytes()
    result = run(tmp_path, "whatif", "domain-mode", file, "--switch-at", "3", "--json", out)
    assert (result.code, result.err) == (1, "")
    assert "before payload 3 and from then on: 0 and 1 with the switch, 0 and 0 without it." in result.out
    assert "duplicate  cmdb_ci_linux_server web1 in ACME and ACME-EU" in result.out
    [compared] = json.loads(out.read_text())
    assert [variant["counts"]["tasks"] for variant in compared["variants"]] == [0, 1, 1]
    assert file.read_bytes() == before


def test_order(tmp_path: Path) -> None:
    """Exit code 1: an attribute depends on it; 0 where nothing does."""
    calls = [call("u_acme", item("web1", os=os)) for os in ("Linux", "BSD")]
    file, out = make(tmp_path / "dev1.sqlite", DOMAINS, *calls), tmp_path / "out.json"
    result = called("whatif", "order", file, "--json", out)
    assert result.code == 1
    assert "os          BSD          Linux" in result.out
    [check] = json.loads(out.read_text())
    assert check["findings"][0]["orders"] == [[1, 2], [2, 1]]
    alone = make(tmp_path / "dev2.sqlite", DOMAINS, calls[0])
    result = called("whatif", "order", alone, "--shuffles", "2")
    assert (result.code, "the order does not matter" in result.out) == (0, True)


def test_files_without_payloads(tmp_path: Path) -> None:
    """Exit code 2, for a scenario as for a store, and for a payload that there is not."""
    file = make(tmp_path / "dev1.sqlite", DOMAINS, call("u_acme", item("web1")))
    wrong: list[list[str | Path]] = [
        ["order", EXAMPLE],
        ["order", make(tmp_path / "empty.sqlite", DOMAINS)],
        ["order", tmp_path / "missing.yaml"],
        ["domain-mode", file, "--switch-at", "2"],
    ]
    for arguments in wrong:
        result = called("whatif", *arguments)
        assert (result.code, result.out) == (2, ""), result.err


def test_changed_rules(tmp_path: Path) -> None:
    """0 where they change nothing, 1 where they do, 2 for a setup that does not fit, with its name."""
    scenario = EXAMPLE.parent / "rules-to-change.yaml"
    new = tmp_path / "new.yaml"
    new.write_text("properties: {x: y}")
    assert called("whatif", "rules", scenario, "--rules", new).code == 0
    entries = "[{order: 1, attributes: [name]}]"
    new.write_text(f"identifiers: [{{name: n, applies_to: cmdb_ci_server, entries: {entries}}}]")
    result = called("whatif", "rules", scenario, "--rules", new, "--json", tmp_path / "out.json")
    assert result.code == 1
    [compared] = json.loads((tmp_path / "out.json").read_text())
    assert {each["kind"] for each in compared["variants"][1]["differences"]} == {"split"}
    new.write_text(new.read_text().replace("[name]", "[colour]"))
    result = called("whatif", "rules", scenario, "--rules", new)
    assert (result.code, "new.yaml" in result.err, "colour" in result.err) == (2, True, True)
