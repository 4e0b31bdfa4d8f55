"""Which pages the site has, in which order, and how it is made of them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from os.path import relpath
from pathlib import Path, PurePosixPath

from simulator.docs import gallery, reference, stories
from simulator.docs.links import Links, targets_in
from simulator.docs.written import accessible, broken_links

ROOT = Path(__file__).parents[2]
HERE = "simulator/docs"

ELSEWHERE = {
    "README.md": "index.md",
    "scenarios/README.md": "reference/scenario-files.md",
    "simulator/protocol/README.md": "reference/protocol.md",
    "tests/exploration/mutants.md": "reference/mutants.md",
    ".github/CONTRIBUTING.md": "contributing.md",
}
"""Pages that stand beside what they describe, and where each is on the site."""

TREE: Mapping[str, Sequence[str]] = {
    "Begin": ("guides/install.md", "course/index.md"),
    "What you can do": (
        "guides/write.md",
        "guides/run.md",
        "guides/page.md",
        "guides/tests.md",
        "guides/fleet.md",
        "guides/weather.md",
        "guides/machines.md",
        "guides/rehearse.md",
        "guides/ask.md",
        "guides/cmdb.md",
        "guides/rules.md",
        "guides/peer.md",
    ),
    "Examples": ("gallery/index.md", "failures/index.md"),
    "Look up": ("reference/index.md", "simulated.md", "silent/index.md", "sources.md", "glossary.md"),
    "The project": ("how-it-is-built.md", "speed.md", "contributing.md", "changelog.md"),
}
"""The pages by what they are for; an index page has the others of its folder below it."""


def page_by_file() -> dict[str, str]:
    """Where every page that is written by hand stands on the site, every shipped scenario and every story."""
    pages = dict(ELSEWHERE)
    for path in sorted((ROOT / HERE).rglob("*.md")):
        name = path.relative_to(ROOT / HERE).as_posix()
        pages[f"{HERE}/{name}"] = name.replace("README.md", "index.md").replace("CHANGELOG", "changelog")
    pages |= {f"scenarios/{path.name}": page for path, page in gallery.page_by_scenario().items()}
    return pages | stories.place_by_file()


def make(folder: Path) -> int:
    """Makes the site in a folder, which it empties first; says what is wrong, and with 0 where the site is."""
    sources = folder.with_name(f"{folder.name}-pages")
    for each in (folder, sources):
        shutil.rmtree(each, ignore_errors=True)
    problems = _write_pages(sources)
    if not problems:
        command = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--quiet"]
        done = subprocess.run([*command, "--conf-dir", ROOT / HERE, sources, folder], check=False)  # noqa: S603
        if done.returncode:
            return done.returncode
        for page in folder.rglob("*.html"):
            _write(page, accessible(page.read_text(encoding="utf-8")))
        for place, text in (*reference.files().items(), *gallery.files()):
            _write(folder / place, text)
        problems = broken_links(folder)
    sys.stderr.writelines(f"{problem}\n" for problem in problems)
    if not problems:
        sys.stdout.write(f"{folder / 'index.html'}\n")
    return 1 if problems else 0


def _write_pages(sources: Path) -> list[str]:
    """Writes every page as Sphinx is to read it; what is wrong with their links."""
    by_file = page_by_file()
    links = Links(ROOT, by_file)
    texts = {
        page: links.rewritten((ROOT / file).read_text(encoding="utf-8"), file)
        for file, page in by_file.items()
        if file.endswith(".md")
    }
    texts |= reference.pages() | dict(gallery.pages(links)) | dict(stories.pages(links))
    for page, text in texts.items():
        tree = "".join(_toctrees(page, text, texts))
        _write(sources / page, f"{text}\n{tree}")
    for place, file in links.files.items():
        _write(sources / place, (ROOT / file).read_text(encoding="utf-8"))
    return links.problems


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _toctrees(page: str, text: str, pages: Mapping[str, str]) -> Iterator[str]:
    """What stands below an index page: of the first all, of others their folder in the order of links."""
    if page == "index.md":
        for caption, names in TREE.items():
            yield _toctree(names, page, f":caption: {caption}\n")
    elif page.endswith("/index.md"):
        folder = PurePosixPath(page).parent
        linked = [(folder / target.partition("#")[0]).as_posix() for target in targets_in(text)]
        below = [name for name in pages if PurePosixPath(name).parent == folder and name != page]
        yield _toctree(dict.fromkeys([name for name in linked if name in below] + below), page)


def _toctree(names: Sequence[str] | Mapping[str, None], page: str, options: str = "") -> str:
    entries = "\n".join(relpath(name, PurePosixPath(page).parent) for name in names)
    return f"\n```{{toctree}}\n:hidden:\n{options}\n{entries}\n```\n"
