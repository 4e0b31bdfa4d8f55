"""In which form a client sends and wants what it asks: JSON or XML ("Table API", supported types)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any
from xml.parsers import expat

from simulator.protocol.http import JSON, XML, Request, Response
from simulator.rest import errors

_WANTED = {"application/json": JSON, "application/xml": XML, "application/*": JSON, "*/*": JSON, "": JSON}
"""The content type of an answer by what a client says that it accepts."""

_OF_XML = "application/xml"
_SENT = {"", "application/json"}

WRITING = frozenset({"POST", "PUT", "PATCH"})


def check(request: Request, *, takes_xml: bool, is_file: bool) -> None:
    """Raises RestError for a form that there is not.

    Only what is plainly another one is refused: clients send all sorts of things, or nothing.
    """
    if _wanted(request) is None and not is_file:
        expected = "application/json or application/xml"
        raise errors.RestError(
            406, "Not Acceptable", f"expected Accept: {expected}, got {request.headers.get('accept', '')}"
        )
    kind = _kind(request)
    if request.body and request.method in WRITING and not is_file and kind not in _SENT:
        if takes_xml and kind == _OF_XML:
            return
        expected = "application/json or application/xml" if takes_xml else "application/json"
        raise errors.RestError(415, "Unsupported Media Type", f"expected Content-Type: {expected}, got {kind}")


def suited(request: Request, response: Response) -> Response:
    """The answer in the form that the client wants; a file is what it is."""
    if response.content_type != JSON or _wanted(request) != XML:
        return response
    return replace(response, content_type=XML)


def is_xml(request: Request) -> bool:
    """Whether the body is XML, as the client says."""
    return _kind(request) == _OF_XML


def read_json(content: bytes) -> Any:
    """What JSON says. Raises ValueError for what is none, is nested too deep, or has half of a character in it."""
    try:
        said = json.loads(content)
        if b"\\u" in content:  # JSON can write a half alone, which no file of ours and no answer takes
            json.dumps(said, ensure_ascii=False).encode()
    except RecursionError as error:
        raise ValueError("it is nested deeper than anybody means") from error
    return said


def entry_of(content: bytes) -> dict[str, Any]:
    """The fields of the first entry of `<request><entry>...</entry></request>`. Raises RestError."""
    reader, parser = _Entry(), expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = reader.begin, reader.end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = reader.text, reader.refuse
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError, LookupError) as error:  # an encoding that there is not is the last
        raise errors.unreadable(f"expected XML: {error}") from None
    if not reader.entries:
        raise errors.unreadable("expected XML with <request><entry>, and in it an element for each field")
    return reader.fields


@dataclass(slots=True)
class _Entry:
    """What has been read of a request: entries below it, fields below these, perhaps parts of a field below it."""

    entries: int = 0
    fields: dict[str, Any] = field(default_factory=dict)
    _way: list[str] = field(default_factory=list)
    _text: list[str] = field(default_factory=list)

    def begin(self, name: str, _: Mapping[str, str]) -> None:
        """An element begins."""
        self._way.append(name)
        if self._way == ["request", "entry"]:
            self.entries += 1
        self._text = []

    def text(self, text: str) -> None:
        """Text comes, perhaps in pieces."""
        self._text.append(text)

    def end(self, name: str) -> None:
        """An element ends."""
        match self._way:
            case ["request", "entry", field] if self.entries == 1:
                self.fields.setdefault(field, "".join(self._text))
            case ["request", "entry", field, _] if self.entries == 1:
                parts = self.fields.setdefault(field, {})
                if isinstance(parts, dict):
                    parts[name] = "".join(self._text)
        self._way.pop()
        self._text = []

    def refuse(self, *_: object) -> None:
        """A document type begins: entities could read files, or grow without end."""
        raise errors.unreadable("expected XML without a document type (<!DOCTYPE>)")


def _kind(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _wanted(request: Request) -> str | None:
    return _liked(request.headers.get("accept", ""))


@lru_cache(maxsize=256)
def _liked(accepts: str) -> str | None:
    """The content type that the client likes best of those that there are; None where it accepts none."""
    offers = [_offer(one) for one in accepts.split(",")]
    known = [(weight, kind) for weight, kind in offers if weight > 0 and kind in _WANTED]
    return _WANTED[max(known, key=lambda offer: offer[0])[1]] if known else None


def _offer(text: str) -> tuple[float, str]:
    """How much a client likes a type (`q`, 1 where it does not say), and the type."""
    kind, *parameters = (part.strip().lower() for part in text.split(";"))
    weights = [part.removeprefix("q=") for part in parameters if part.startswith("q=")]
    try:
        return float(weights[0]) if weights else 1.0, kind
    except ValueError:
        return 1.0, kind
