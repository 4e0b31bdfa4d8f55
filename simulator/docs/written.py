"""What has been written: what is added for people who see no page or use no mouse, and whether links lead on."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_ADDED = {
    'role="heading"': 'role="heading" aria-level="2"',
    "<pre>": '<pre tabindex="0">',  # so that the keyboard scrolls it
    '<div class="table-wrapper ': '<div tabindex="0" class="table-wrapper ',
    '<aside class="sidebar-drawer"': '<aside aria-label="All pages" class="sidebar-drawer"',
    '<aside class="toc-drawer': '<aside aria-label="On this page" class="toc-drawer',
}


def accessible(text: str) -> str:
    """A page with what the theme leaves out."""
    for plain, added in _ADDED.items():
        text = text.replace(plain, added)
    return text


class _Page(HTMLParser):
    """The links of a page, those that a browser follows by itself, and the places that links may lead to."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.fetched: set[str] = set()
        self.places: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Of each element: its id, and what it refers to."""
        for name, value in attrs:
            if name == "id" and value:
                self.places.add(value)
            elif value and (name == "src" or (name == "href" and tag in {"a", "link"})):
                self.links.append(value)
                if tag != "a":
                    self.fetched.add(value)


@cache
def _read(path: Path) -> _Page:
    page = _Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def broken_links(folder: Path) -> list[str]:
    """What is wrong with the links between the files in a folder, and what would be fetched from elsewhere."""
    return [problem for path in sorted(folder.rglob("*.html")) for problem in _problems(path, folder)]


def _problems(path: Path, folder: Path) -> Iterator[str]:
    for link in dict.fromkeys(_read(path).links):
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            if link in _read(path).fetched and parts.scheme != "data":
                yield f"{path.relative_to(folder)}: {link} is fetched from elsewhere"
            continue
        target = path.parent / unquote(parts.path) if parts.path else path
        place = unquote(parts.fragment)
        if not target.exists():
            yield f"{path.relative_to(folder)}: {link} leads to no file"
        elif place and target.suffix == ".html" and place not in _read(target).places:
            yield f"{path.relative_to(folder)}: {link} leads to no place on that page"
