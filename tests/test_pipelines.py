"""What runs scenarios in the pipelines of others: an action for GitHub, a job for GitLab, an image.

The services themselves are not here: their files are held to the schemas that are published for them, and their
steps are run by a shell.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from .dockerfile import FILE, instructions

ROOT = Path(__file__).parents[1]
ACTION = ROOT / ".github" / "actions" / "run" / "action.yml"
JOB = ROOT / ".gitlab" / "trustsim.gitlab-ci.yml"
FAILING = """\
name: One that fails
instances: { prod1: production, dev1: development }
applications: { App: { capabilities: { Cap: { operations: { act: message } } } } }
steps:
  - send: { from: prod1, to: dev1 }
    expect: processed
"""


@pytest.mark.parametrize(("schema", "file"), [("github-actions", ACTION), ("gitlab-ci", JOB)])
def test_a_file_is_what_its_service_takes(schema: str, file: Path) -> None:
    """By the schema that is published for it."""
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", str(file)]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@dataclass
class Folder:
    """Where a pipeline runs: with a scenario that is met, and one that is not."""

    path: Path

    def shell(self, script: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Runs a step as the services do: by bash, which ends at the first command that fails."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        environment = {**inherited, "PATH": path, **variables}
        bash = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
        return subprocess.run(bash, cwd=self.path, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """One with both scenarios."""
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "met.yaml").write_text((ROOT / "scenarios" / "first.yaml").read_text())
    (tmp_path / "failing.yaml").write_text(FAILING)
    return Folder(tmp_path)


def steps() -> tuple[dict[str, str], dict[str, Any], dict[str, Any]]:
    """The defaults of the action's inputs, and its two steps that are run by a shell."""
    action = yaml.safe_load(ACTION.read_text())
    python, install, run = action["runs"]["steps"]
    assert python["uses"].startswith("actions/setup-python@")
    return {name: each["default"] for name, each in action["inputs"].items()}, install, run


def variables(step: dict[str, Any], inputs: dict[str, str]) -> dict[str, str]:
    """A step's environment, with the inputs put in."""
    return {
        name: inputs[value.removeprefix("${{ inputs.").removesuffix(" }}")] for name, value in step["env"].items()
    }


def test_the_action_installs_trustsim_from_where_it_comes_from(folder: Folder) -> None:
    """No package index has to have it: the source is the repository that the action is in."""
    inputs, install, _ = steps()
    without_doing_it = {"PIP_DRY_RUN": "1", "PIP_NO_DEPS": "1", "PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0"}
    script = install["run"].replace("--quiet ", "--ignore-installed ")
    where = {"GITHUB_ACTION_PATH": str(ACTION.parent)}
    done = folder.shell(script, **variables(install, inputs), **without_doing_it, **where)
    assert done.returncode == 0, done.stderr
    assert "Would install trustsim-0.1.0" in done.stdout


def test_the_action_annotates_sums_up_and_leaves_results(folder: Folder) -> None:
    """A step that is not met stands beside its line, on the workflow's page, in JUnit, and fails the job."""
    inputs, _, run = steps()
    outputs, summary = folder.path / "outputs", folder.path / "summary.md"
    of_github = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_OUTPUT": str(outputs),
        "GITHUB_STEP_SUMMARY": str(summary),
    }
    done = folder.shell(run["run"], **variables(run, inputs), **of_github)
    assert done.returncode == 0, done.stderr
    assert outputs.read_text() == "junit=trustsim-junit.xml\nreport=trustsim-report.html\n"
    inputs["files"] = "*.yaml\nscenarios"
    done = folder.shell(run["run"], **variables(run, inputs), **of_github)
    assert done.returncode == 1
    assert "::error file=failing.yaml,line=6" in done.stdout + done.stderr
    assert "One that fails" in summary.read_text()
    junit = (folder.path / "trustsim-junit.xml").read_text()
    assert "One that fails" in junit
    assert "A sub-prod trusts production" in junit
    assert "<script" in (folder.path / "trustsim-report.html").read_text()


def test_the_inputs_of_the_action_are_never_a_part_of_a_script() -> None:
    """What somebody puts in is a variable's value: it cannot run anything."""
    for step in steps()[1:]:
        assert "${{" not in step["run"]


def test_the_job_of_gitlab_runs_scenarios(folder: Folder) -> None:
    """Its script but for the installation, with its variables."""
    job = yaml.safe_load(JOB.read_text())["trustsim"]
    install, run = job["script"]
    assert install.startswith("python -m pip install ")
    assert folder.shell(run, **job["variables"]).returncode == 0
    assert folder.shell(run, **(job["variables"] | {"FILES": "failing.yaml"})).returncode == 1
    made = [*job["artifacts"]["paths"], job["artifacts"]["reports"]["junit"]]
    assert [name for name in made if not (folder.path / name).is_file()] == []


def test_the_image_is_small_has_a_broker_and_no_root() -> None:
    """`python -m tests.dockerfile` takes its steps; here only what must not be lost."""
    steps = list(instructions(FILE.read_text()))
    last = steps[max(number for number, (word, _) in enumerate(steps) if word == "FROM") :]
    assert last[0] == ("FROM", "debian:12-slim")
    assert any(
        word == "RUN" and "mosquitto" in rest and "rm -rf /var/lib/apt/lists" in rest for word, rest in last
    )
    assert [rest for word, rest in last if word == "USER"] == ["trustsim"]
    assert ("ENTRYPOINT", '["trustsim"]') in last
    copied = {
        source.rstrip("/")
        for word, rest in steps
        if word == "COPY" and "--from" not in rest
        for source in rest.split()[:-1]
    }
    ignored = (FILE.parent / "Dockerfile.dockerignore").read_text().splitlines()
    assert copied == {line.removeprefix("!") for line in ignored if line.startswith("!")}
