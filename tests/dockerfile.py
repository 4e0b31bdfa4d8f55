"""`python -m tests.dockerfile FOLDER`: takes the Dockerfile's steps where there is no Docker, and uses the image.

Each stage is a minimal Debian of its own in FOLDER, made by debootstrap, in which RUN runs under chroot. It takes
root, debootstrap, a mirror of Debian and the package index, and some minutes.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
FILE = ROOT / ".docker" / "Dockerfile"

OF_THE_MACHINE = ("etc/resolv.conf", "etc/pip.conf", "etc/apt/sources.list.d")
"""What a clean root needs of this machine to reach the network as this one does; Docker has it from its host."""

CERTIFICATES = "PIP_CERT"
"""The variable with the certificates that pip is to trust, where this machine has its own."""


def instructions(text: str) -> Iterator[tuple[str, str]]:
    """Each instruction of a Dockerfile with its arguments, in a line."""
    without_comments = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#"))
    for line in re.sub(r"\\\n\s*", "", without_comments).splitlines():
        if line.strip():
            word, _, rest = line.partition(" ")
            yield word, rest.strip()


@dataclass
class Stage:
    """An image, as far as it is made."""

    root: Path
    environment: dict[str, str] = field(
        default_factory=lambda: {"PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
    )
    user: str = "root"
    folder: str = "/"
    entry: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Runs a command in it, as its user and in its folder."""
        inside = ["sh", "-c", 'cd "$0" && exec "$@"', self.folder, *command]
        chroot = ["chroot", f"--userspec={self.user}:{self.user}", str(self.root), *inside]
        return subprocess.run(chroot, env=self.environment, capture_output=True, text=True, check=False)


def build(folder: Path) -> Stage:
    """Takes all steps; what the last stage has become."""
    stages: dict[str, Stage] = {}
    stage = Stage(folder)
    for number, (word, rest) in enumerate(instructions(FILE.read_text())):
        print(f"{word} {rest}", flush=True)  # noqa: T201 - a program for people
        match word:
            case "FROM":
                image, _, name = rest.partition(" AS ")
                assert image == "debian:12-slim", image
                stage = stages[name] = Stage(folder / (name or "image"))
                _debian(folder / "debian")
                shutil.copytree(folder / "debian", stage.root, symlinks=True)
                _reach(stage)
            case "RUN":
                done = stage.run("sh", "-c", rest)
                assert done.returncode == 0, done.stdout + done.stderr
            case "COPY":
                *sources, target = (each for each in rest.split() if not each.startswith("--"))
                _from = re.match(r"--from=(\S+)", rest)
                origin = stages[_from[1]].root if _from else ROOT
                for source in sources:
                    _copy(origin / source.lstrip("/"), stage.root / target.lstrip("/"), into=target.endswith("/"))
            case "ENV":
                name, _, value = rest.partition("=")
                stage.environment[name] = value
            case "USER":
                stage.user = rest
            case "WORKDIR":
                stage.folder = rest
                (stage.root / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)
            case "ENTRYPOINT":
                stage.entry = json.loads(rest)
            case "CMD":
                stage.command = json.loads(rest)
            case _:
                raise AssertionError(f"instruction {number} is not known here: {word}")
    return stage


def _debian(root: Path) -> None:
    if not root.exists():
        made = ["debootstrap", "--variant=minbase", "bookworm", str(root)]
        subprocess.run(made, check=True, stdout=subprocess.DEVNULL)
        shutil.rmtree(root / "dev")
        (root / "dev").mkdir()


def _reach(stage: Stage) -> None:
    """What Docker does for a container: devices, and the network as this machine has it."""
    for name, number in (("null", "3"), ("urandom", "9")):
        subprocess.run(["mknod", "-m", "666", str(stage.root / "dev" / name), "c", "1", number], check=True)
    for name in OF_THE_MACHINE:
        if (Path("/") / name).exists():
            _copy(Path("/") / name, stage.root / name, into=False)
    if certificates := os.environ.get(CERTIFICATES):
        shutil.copy(certificates, stage.root / "certificates.pem")
        stage.environment[CERTIFICATES] = "/certificates.pem"


def _copy(source: Path, target: Path, *, into: bool) -> None:
    target = target / source.name if into else target
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
    else:
        shutil.copy(source, target)


def main(folder: Path) -> None:
    """Makes the image, and uses it as a person would."""
    assert os.geteuid() == 0, "chroot takes root"
    image = build(folder)
    assert image.user != "root"
    shared = image.root / image.folder.lstrip("/")
    shutil.copy(ROOT / "scenarios" / "first.yaml", shared)
    for command in (
        image.command,
        ["run", "-q", "first.yaml"],
        ["run", "-q", "--broker", "mosquitto", "first.yaml"],
    ):
        done = image.run(*image.entry, *command)
        print(done.stdout + done.stderr)  # noqa: T201
        assert done.returncode == 0, command


if __name__ == "__main__":
    main(Path(sys.argv[1]))
