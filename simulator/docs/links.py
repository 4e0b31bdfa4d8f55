"""Links between files of the repository, as links between pages of the site: the same Markdown serves both."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from os.path import relpath
from pathlib import Path, PurePosixPath

_LINK = re.compile(r"(?P<before>!?\[(?:[^\[\]]|\[[^\[\]]*\])*\]\()(?P<target>[^()\s]+)(?P<after>\))")
_CODE = re.compile(r"^(?P<fence>```+).*?^(?P=fence)[^\n]*$|(?P<tick>`+).+?(?P=tick)", re.MULTILINE | re.DOTALL)


def outside_code(text: str, change: Callable[[str, int], str]) -> str:
    """The text with what is no code changed; *change* is told where in the text each stretch begins."""
    parts, at = [], 0
    for code in _CODE.finditer(text):
        parts += [change(text[at : code.start()], at), code[0]]
        at = code.end()
    return "".join([*parts, change(text[at:], at)])


def targets_in(text: str) -> list[str]:
    """What the links of a page lead to, in order."""
    found: list[str] = []

    def look(stretch: str, _at: int) -> str:
        found.extend(link["target"] for link in _LINK.finditer(stretch))
        return stretch

    outside_code(text, look)
    return found


class Links:
    """Rewrites the links of pages for the site, and notes which other files they lead to."""

    def __init__(self, root: Path, page_by_file: Mapping[str, str]) -> None:
        self._root = root
        self._page_by_file = page_by_file
        self.files: dict[str, str] = {}
        """Files of the repository that are no pages and that some page leads to, by their place on the site."""
        self.problems: list[str] = []
        """Each link that leads nowhere, with its place."""

    def rewritten(self, text: str, file: str) -> str:
        """The text of a file of the repository as that of its page; links within code stay."""

        def change(stretch: str, at: int) -> str:
            return _LINK.sub(
                lambda it: it["before"] + self._target(it["target"], file, text, at + it.start()) + it["after"],
                stretch,
            )

        return outside_code(text, change)

    def _target(self, target: str, file: str, text: str, at: int) -> str:
        path, hash_, anchor = target.partition("#")
        if not path or re.match(r"[a-z]+:", path):
            return target
        named = relpath(self._root / PurePosixPath(file).parent / path, self._root)
        page, _, place = self._page_by_file.get(named, "").partition("#")
        if not page:
            if not (self._root / named).is_file():
                line = text.count("\n", 0, at) + 1
                self.problems.append(f"{file}:{line}: the link {target} leads to no file")
                return target
            page = f"files/{named}" + (".txt" if named.endswith(".md") else "")  # which is no page
            self.files[page] = named
        return relpath(page, PurePosixPath(self._page_by_file[file]).parent) + (
            f"#{place}" if place else hash_ + anchor
        )
