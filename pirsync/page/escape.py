"""The one edge at which text becomes storage format: everything from outside passes through here, once."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to say; Confluence refuses the whole page for one of them."""


def printable(text: str) -> str:
    """Text without the characters that XML 1.0 forbids: control characters and lone surrogates."""
    return _FORBIDDEN.sub("", text)


def text(words: str) -> str:
    """Words as element content."""
    return printable(words).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def attribute(words: str) -> str:
    """Words as the value of a double-quoted attribute, without the quotes."""
    return text(words).replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;").replace("\r", "&#13;")


def cdata(words: str) -> str:
    """Words as a CDATA section; a `]]>` in them is split over two sections."""
    return "<![CDATA[" + printable(words).replace("]]>", "]]]]><![CDATA[>") + "]]>"


def safe_url(url: str) -> str | None:
    """The address, if it is one that a reader may be sent to (http, https, mailto), else None."""
    stripped = printable(url).strip()
    try:
        parts = urlsplit(stripped)
    except ValueError:
        return None
    if parts.scheme.lower() in ("http", "https") and parts.netloc:
        return stripped
    return stripped if parts.scheme.lower() == "mailto" and parts.path else None
