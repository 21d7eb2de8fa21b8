"""Jira's wiki markup to HTML, for `renderedFields`: what a person wrote is escaped, what is not markup stays text."""

from __future__ import annotations

import html as escapes
import re
from collections.abc import Callable

from .adf_from_wiki import MACRO
from .adf_inline import unescaped

Profile = Callable[[str], tuple[str, str] | None]
"""Given a mention's reference, the profile's address and the display name; None for somebody unknown."""

_HEADING = re.compile(r"^h([1-6])\.\s+(.*)$")
_ITEM = re.compile(r"^([*#-]+)\s+(.*)$")
_ROW = re.compile(r"^\|.*\|\s*$")
_RULE = re.compile(r"^-{4,}$")
_QUOTE_LINE = re.compile(r"^bq\.\s+(.*)$")
_KINDS = {"heading": _HEADING, "rule": _RULE, "bq": _QUOTE_LINE, "list": _ITEM, "table": _ROW}
_TOKEN = re.compile(
    r"(?P<break>\\\\)"
    r"|\\(?P<escape>[{}\[\]|*_!#^~+?(&-]|h(?=[1-6]\.)|b(?=q\.))"
    r"|&\#(?P<entity>\d{1,6});"
    r"|\[~(?P<mention>[^\]\n]+)\]"
    r"|\[(?:(?P<text>(?:\\[\[\]|]|[^\]|\n])+)\|)?(?P<link>[^\]|\n]+)(?:\|[^\]\n]*)?\]"
    r"|\{\{(?P<mono>.+?)\}\}"
    r"|(?P<url>https?://[^\s<>\"\]|}]+)"
)
_EMPHASIS = tuple(
    (
        re.compile(
            rf"(?<![\w\{sign}])\{sign}(?=\S)([^\{sign}\n]+?)(?<=\S)\{sign}(?![\w\{sign}])"
            rf"|\{{\{sign}\}}([^\n]+?)\{{\{sign}\}}"
        ),
        tag,
    )
    for sign, tag in (("*", "b"), ("_", "em"), ("+", "ins"), ("-", "del"), ("^", "sup"), ("~", "sub"))
)
_COLOUR = re.compile(r"\{color:(#?\w+)\}([^\n]*?)\{color\}")
_SAFE = re.compile(r"^(?:https?://|mailto:|/|#)", re.IGNORECASE)


def html(text: str, profile: Profile) -> str:
    """The text as Jira's HTML; an empty text is an empty string."""
    text = text.replace("\r\n", "\n")
    parts: list[str] = []
    place = 0
    for macro in MACRO.finditer(text):
        parts.append(_blocks(text[place : macro.start()], profile))
        parts.append(_macro(macro.group(1), macro.group(2) or "", macro.group(3), profile))
        place = macro.end()
    parts.append(_blocks(text[place:], profile))
    return "\n\n".join(part for part in parts if part)


def _macro(name: str, arguments: str, inner: str, profile: Profile) -> str:
    if name == "quote":
        return f"<blockquote>{html(inner.strip(), profile)}</blockquote>"
    values = dict(pair.split("=", 1) for pair in arguments.split("|") if "=" in pair)
    title = escapes.escape(values.get("title", ""))
    if name == "panel":
        head = f'<div class="panelHeader"><b>{title}</b></div>' if title else ""
        return f'<div class="panel">{head}<div class="panelContent">\n{html(inner.strip(), profile)}\n</div></div>'
    body = escapes.escape(inner.strip("\n"))
    if name == "noformat":
        box = f'<div class="preformattedContent panelContent">\n<pre>{body}</pre>\n</div>'
        return f'<div class="preformatted panel">{box}</div>'
    language = next((part for part in arguments.split("|") if part and "=" not in part), "java")
    head = f'<div class="codeHeader panelHeader"><b>{title}</b></div>' if title else ""
    pre = f'<pre class="code-{escapes.escape(language)}">{body}</pre>'
    return f'<div class="code panel">{head}<div class="codeContent panelContent">\n{pre}\n</div></div>'


def _blocks(text: str, profile: Profile) -> str:
    result: list[str] = []
    lines = text.split("\n")
    place = 0
    while place < len(lines):
        kind = _kind(lines[place])
        end = place + 1
        while kind in ("text", "list", "table") and end < len(lines) and _kind(lines[end]) == kind:
            end += 1
        result.append(_block(kind, lines[place:end], profile))
        place = end
    return "\n\n".join(part for part in result if part)


def _kind(line: str) -> str:
    stripped = line.strip()
    if not stripped:
        return "blank"
    for kind, pattern in _KINDS.items():
        if pattern.match(stripped):
            return kind
    return "text"


def _block(kind: str, lines: list[str], profile: Profile) -> str:
    first = lines[0].strip()
    if kind == "blank":
        return ""
    if kind == "rule":
        return "<hr />"
    if kind == "list":
        return _list([line.strip() for line in lines], profile)
    if kind == "table":
        return _table([line.strip() for line in lines], profile)
    heading = _HEADING.match(first)
    if heading:
        level, words = heading.groups()
        anchor = escapes.escape(re.sub(r"\W", "", words))
        return f'<h{level}><a name="{anchor}"></a>{inline(words, profile)}</h{level}>'
    quoted = _QUOTE_LINE.match(first)
    if quoted:
        return f"<blockquote><p>{inline(quoted.group(1), profile)}</p></blockquote>"
    return "<p>" + "<br/>\n".join(inline(line.strip(), profile) for line in lines) + "</p>"


def _list(lines: list[str], profile: Profile) -> str:
    result: list[str] = []
    tags: list[str] = []
    for line in lines:
        match = _ITEM.match(line)
        if match is None:
            continue
        wanted = ["ol" if sign == "#" else "ul" for sign in match.group(1)]
        shared = 0
        while shared < min(len(wanted), len(tags)) and wanted[shared] == tags[shared]:
            shared += 1
        while len(tags) > shared:
            result.append(f"</li>\n</{tags.pop()}>")
        if shared == len(wanted):
            result.append("</li>\n")
        for depth, tag in enumerate(wanted[shared:], shared + 1):
            result.append(f"<{tag}>\n<li>" if depth < len(wanted) else f"<{tag}>\n")
            tags.append(tag)
        result.append(f"\t<li>{inline(match.group(2), profile)}")
    while tags:
        result.append(f"</li>\n</{tags.pop()}>")
    return "".join(result)


def _table(lines: list[str], profile: Profile) -> str:
    rows = []
    for line in lines:
        tag = "th" if line.startswith("||") else "td"
        cells = re.split(r"\|\|" if tag == "th" else r"(?<!\\)\|(?![^\[\n]*\])", line)[1:-1]
        start = f"<{tag} class='confluence{tag.capitalize()}'>"
        shown = "".join(f"{start}{inline(one.strip(), profile)}</{tag}>\n" for one in cells)
        rows.append(f"<tr>\n{shown}</tr>\n")
    body = "".join(rows)
    return f"<div class='table-wrap'>\n<table class='confluenceTable'><tbody>\n{body}</tbody></table>\n</div>"


def inline(text: str, profile: Profile) -> str:
    """One line's markup: links, mentions, monospace and emphasis; everything else escaped."""
    kept: list[str] = []

    def keep(fragment: str) -> str:
        kept.append(fragment)
        return f"\ue000{len(kept) - 1}\ue001"

    def token(match: re.Match[str]) -> str:
        return keep(_token(match, profile))

    marked = escapes.escape(_TOKEN.sub(token, text.replace("\ue000", "").replace("\ue001", "")))
    for pattern, tag in _EMPHASIS:
        marked = pattern.sub(rf"<{tag}>\g<1>\g<2></{tag}>", marked)
    marked = _COLOUR.sub(r'<font color="\1">\2</font>', marked)
    return re.sub("\ue000(\\d+)\ue001", lambda match: kept[int(match.group(1))], marked)


def _token(match: re.Match[str], profile: Profile) -> str:
    escape, mention, mono, url = match.group("escape", "mention", "mono", "url")
    if match.group("break"):
        return "<br/>"
    if escape or match.group("entity"):
        return escapes.escape(escape or unescaped(match.group(0), ""))
    if mono:
        return f"<tt>{escapes.escape(unescaped(mono, '{}'))}</tt>"
    if url:
        return _anchor(url, url)
    if mention:
        found = profile(mention)
        if found is None:
            return escapes.escape(match.group(0))
        address, name = found
        attributes = f'href="{escapes.escape(address)}" class="user-hover" rel="{escapes.escape(mention)}"'
        return f"<a {attributes}>{escapes.escape(name)}</a>"
    target = match.group("link")
    if not _SAFE.match(target.strip()):
        return escapes.escape(match.group(0))
    return _anchor(target, unescaped(match.group("text") or target, "[]|"))


def _anchor(target: str, text: str) -> str:
    address = escapes.escape(target.strip())
    return f'<a href="{address}" class="external-link" rel="nofollow">{escapes.escape(text)}</a>'
