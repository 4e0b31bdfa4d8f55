"""The package as it is installed: in a clean environment, outside the clone, it has all that it runs with.

The environment has the wheel, installed by pip, and of other packages only those that its metadata asks for, and
those that they ask for. They are taken from the environment of the tests, so nothing is fetched.
"""

from __future__ import annotations

import email
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from email.message import Message
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]


class Environment:
    """A virtual environment somewhere else."""

    def __init__(self, folder: Path) -> None:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
        [self.packages] = folder.glob("lib/python*/site-packages")
        self.bin = folder / "bin"

    def install(self, wheel: Path) -> None:
        """The wheel as pip installs it, without what it needs."""
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(self.bin / "python")]
        subprocess.run([*pip, "install", "--quiet", "--no-deps", "--no-index", wheel], check=True)

    def take(self, needed: Iterable[Distribution]) -> None:
        """Other packages, out of the environment of the tests."""
        for each in needed:
            for file in each.files or ():
                target = self.packages / file
                if ".." not in file.parts and not target.exists():
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.symlink_to(str(each.locate_file(file)))

    def run(self, at: Path, *command: str) -> subprocess.CompletedProcess[str]:
        """Runs a command of the environment in a folder that has nothing to do with the checkout."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        words = [str(self.bin / command[0]), *command[1:]]
        return subprocess.run(words, cwd=at, env=environment, capture_output=True, text=True, check=False)


def needs(requirements: Iterable[str]) -> dict[str, Distribution]:
    """The packages, by name, that these requirements ask for on this machine, and what those ask for in turn."""
    found: dict[str, Distribution] = {}
    waiting = [(each, {""}) for each in requirements]
    while waiting:
        text, wanted = waiting.pop()
        requirement = Requirement(text)
        if requirement.marker and not any(requirement.marker.evaluate({"extra": each}) for each in wanted):
            continue
        if requirement.name not in found:
            found[requirement.name] = there = distribution(requirement.name)
            waiting += [(each, {"", *requirement.extras}) for each in there.requires or ()]
    return found


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as others get it."""
    made = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(made)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    [wheel] = made.glob("trustsim-*.whl")
    return wheel


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The wheel and what it asks for, and nothing else."""
    made = Environment(tmp_path_factory.mktemp("environment"))
    made.install(wheel)
    made.take(needs(metadata(made).get_all("Requires-Dist", [])).values())
    return made


def metadata(environment: Environment) -> Message:
    """What the installed package says of itself."""
    [file] = environment.packages.glob("trustsim-*.dist-info/METADATA")
    return email.message_from_string(file.read_text())


def test_the_wheel_has_every_file_of_the_package_and_every_scenario(environment: Environment) -> None:
    """Python, SQL, base data, prose; not what git does not know, nor the site, which is made from a clone."""
    listed = subprocess.run(
        ["git", "ls-files", "simulator", "scenarios"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split()
    wanted = {f"simulator/{name}" if name.startswith("scenarios/") else name for name in listed}
    missing = {name for name in wanted if not (environment.packages / name).is_file()}
    assert {name for name in missing if not name.startswith("simulator/docs/")} == set()


def test_the_metadata_are_complete(environment: Environment) -> None:
    """Licence with its file, links, classifiers, and a description in which no link leads nowhere."""
    said = metadata(environment)
    assert said["License-Expression"] == "Apache-2.0"
    licence = next(environment.packages.glob("trustsim-*.dist-info")) / "licenses" / said["License-File"]
    assert "Apache License" in licence.read_text()
    for name in ("Summary", "Keywords", "Author", "Requires-Python", "Classifier", "Project-URL"):
        assert said[name], name
    assert [url for url in said.get_all("Project-URL", []) if len(url.partition(",")[0]) > 32] == []
    assert set(said.get_all("Provides-Extra", [])) >= {"test", "bench"}
    assert said["Description-Content-Type"] == "text/markdown"
    description = str(said.get_payload())
    assert description.startswith("# trustsim\n")
    assert [link for link in re.findall(r"\]\(([^)]*)\)", description) if not link.startswith("https://")] == []


def test_the_first_minute_works_from_any_folder(environment: Environment, tmp_path: Path) -> None:
    """The demonstration, a scenario to begin with on a broker, its page, the schema, and an example."""
    done = environment.run(tmp_path, "trustsim", "demo", "--virtual")
    assert done.returncode == 0, done.stderr
    assert "Impact Health" in done.stdout
    examples = environment.packages / "simulator" / "scenarios"
    assert f"the examples are in {examples}" in done.stderr
    done = environment.run(tmp_path, "trustsim", "init", "--like", "rollout")
    assert done.returncode == 0, done.stderr
    done = environment.run(tmp_path, "trustsim", "run", "rollout.yaml", "--report", "rollout.html")
    assert done.returncode == 0, done.stderr
    assert "<script" in (tmp_path / "rollout.html").read_text()
    done = environment.run(tmp_path, "trustsim", "schema")
    assert json.loads(done.stdout) == json.loads((tmp_path / "trustsim.schema.json").read_text())
    done = environment.run(tmp_path, "trustsim", "validate", str(examples))
    assert done.returncode == 0, done.stderr


def test_pytest_finds_the_plugin(environment: Environment, tmp_path: Path) -> None:
    """Who has pytest needs nothing else: a scenario in a folder is a test."""
    environment.take(needs(["pytest"]).values())
    (tmp_path / "first.yaml").write_text((ROOT / "scenarios" / "first.yaml").read_text())
    done = environment.run(tmp_path, "python", "-m", "pytest", "first.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
