"""The ten wishes of the page of the format, each as it is written there."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as Xml

from simulator.scenario.format import readme

from .command import called

FILE = """\
name: Ten wishes
tags: [smoke]
vars: { manager: prod1 }
matrix: { version: [1.4.3, 1.5.0] }
instances:
  prod1: production
  prod2: production
  dev: { count: 500, environment: development }
applications:
  App: { version: "${version}", capabilities: { Cap: { operations: { act: message } } } }
steps:
  - for_each: { file: { files: "payloads/*.json" } }
    steps:
      - identify: { on: prod1, source: Discovery, payload: "${file.content}" }
        capture: { id: "result.items[0].sysId" }
      - request: { on: prod1, path: "/api/now/table/cmdb_ci/${id}" }
  - repeat: 5
    steps:
      - include: parts/login.yaml
expect:
  - { table: sn_mif_managed_by_instance, on: dev1, where: { manager_instance: "${manager}" } }
"""


def test_every_wish_is_granted_in_a_line(tmp_path: Path) -> None:
    """One file has all that are about files; the others are options of the commands that the table has."""
    page = readme().partition("## Ten wishes")[2].partition("## A part of the work")[0]
    wishes = re.findall(r"^\| (?!wish|---)(.+?) \| (.+) \|$", page, re.MULTILINE)
    assert len(wishes) == 10
    for folder, name, text in (
        ("payloads", "a.json", '{"items": [{"className": "cmdb_ci_linux_server", "values": {"name": "a"}}]}'),
        ("payloads", "b.json", '{"items": [{"className": "cmdb_ci_linux_server", "values": {"name": "b"}}]}'),
        ("parts", "login.yaml", 'steps: [name_manager: { on: dev1, manager: "${manager}" }]'),
        ("", "wishes.yaml", FILE),
        (
            "",
            "slow.yaml",
            "name: slow\ntags: [slow]\ninstances: { a: test }\nsteps:\n  - advance: 1m\n  - advance: 1m\n",
        ),
    ):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / name).write_text(text)
    for _, said in wishes:
        for written in re.findall(r"`([^`]+)`", said):
            assert written.startswith("trustsim") or written.removeprefix("- ") in FILE, written
    chosen = ["--only", "smoke", "--skip", "slow", "--set", "version=1.5.0"]
    validated = called("validate", tmp_path, *chosen)
    assert validated.out == f"{tmp_path}/wishes.yaml [version=1.5.0]: ok, 502 instances, 9 steps\n"
    until = called(
        "run", "--virtual", "--until", "5", "-q", tmp_path / "slow.yaml", "--junit", tmp_path / "until.xml"
    )
    assert until.code == 0
    small = tmp_path / "wishes.yaml"
    small.write_text(FILE.replace("count: 500", "count: 2"))
    ran = called("run", "--virtual", small, "--set", "manager=prod2", "--junit", tmp_path / "results.xml")
    assert "not met" not in ran.out.splitlines()[0]
    suites = Xml.parse(tmp_path / "results.xml").getroot()  # noqa: S314 - our own
    assert [(suite.get("name"), suite.get("tests")) for suite in suites] == [
        ("Ten wishes [version=1.4.3]", "10"), ("Ten wishes [version=1.5.0]", "10"),
    ]  # fmt: skip
