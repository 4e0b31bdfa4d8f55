"""The content of an answer as the bytes that carry it: JSON, or XML for who asks for it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any
from xml.sax.saxutils import escape

from pydantic_core import PydanticSerializationError, to_json

from simulator.protocol.http import XML, Response

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'

_NO_NAME = re.compile(r"[^A-Za-z0-9_.-]|^(?![A-Za-z_])")
"""What cannot stand in the name of an element; names of fields have none of it."""

_NO_TEXT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML can say, however it is written."""


def encoded(response: Response) -> bytes:
    """The body as bytes; nothing where there is none."""
    content = response.body
    if content is None:
        return b""
    if isinstance(content, bytes):
        return content
    if response.content_type == XML:
        return "".join((_DECLARATION, *_element("response", content))).encode()
    try:
        return to_json(content)
    except PydanticSerializationError:  # half of a character, which JSON can say and UTF-8 cannot
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _element(name: str, content: Any) -> Iterable[str]:
    """An element, or of a list one for each: a list has no element of its own."""
    if isinstance(content, list | tuple):
        for one in content:
            yield from _element(name, one)
        return
    tag = _NO_NAME.sub("_", name)
    if content in (None, "", {}):
        yield f"<{tag}/>"
        return
    yield f"<{tag}>"
    if isinstance(content, dict):
        for key, value in content.items():
            yield from _element(key, value)
    else:
        yield escape(_NO_TEXT.sub("\ufffd", _text(content)), {"\r": "&#13;"})
    yield f"</{tag}>"


def _text(content: Any) -> str:
    return content if isinstance(content, str) else json.dumps(content)
