"""The package as it is installed: away from the checkout it has everything that it runs with."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the content of the wheel and nothing else."""
    made, folder = tmp_path_factory.mktemp("wheel"), tmp_path_factory.mktemp("installed")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(made)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    [wheel] = made.glob("trustsim-*.whl")
    with zipfile.ZipFile(wheel) as content:
        content.extractall(folder)
    return folder


def trustsim(installed: Path, at: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the installed package from a folder that has nothing to do with the checkout."""
    command = [sys.executable, "-m", "simulator", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    return subprocess.run(command, cwd=at, env=environment, capture_output=True, text=True, check=False)


def test_the_wheel_has_every_file_of_the_package_and_every_scenario(installed: Path) -> None:
    """Python, SQL, base data, prose, but the site's; what git does not know belongs to nobody."""
    listed = subprocess.run(
        ["git", "ls-files", "simulator", "scenarios"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split()
    wanted = {f"simulator/{name}" if name.startswith("scenarios/") else name for name in listed}
    assert {name for name in wanted if not (installed / name).is_file()} == {
        name for name in listed if name.startswith("simulator/docs/")
    }


def test_a_scenario_of_ones_own_includes_a_shipped_application_from_any_folder(
    installed: Path, tmp_path: Path
) -> None:
    """The library is found in the package."""
    scenario = tmp_path / "mine.yaml"
    scenario.write_text((ROOT / "scenarios" / "ai-control-tower.yaml").read_text())
    done = trustsim(installed, tmp_path, "run", "--virtual", scenario.name)
    assert done.returncode == 0, done.stderr


def test_the_demonstration_runs_from_any_folder(installed: Path, tmp_path: Path) -> None:
    """`trustsim demo` needs no file."""
    done = trustsim(installed, tmp_path, "demo", "--virtual")
    assert done.returncode == 0, done.stderr
    assert "Impact Health" in done.stdout
    assert f"{installed}" in done.stdout + done.stderr
