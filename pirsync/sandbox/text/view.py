"""A page's body as Confluence's own `view`: the HTML and the class names by which programs tell its parts apart."""

from __future__ import annotations

import re
from html import escape

from .body import Body, Element
from .render import HEADINGS, IssueCard, Renderer, Site, colour_of, safe_url

_LOZENGES = {
    "green": "success", "red": "error", "yellow": "current", "blue": "complete", "purple": "new", "grey": "default"
}  # fmt: skip
_NOTICES = {"info": "information", "note": "note", "tip": "tip", "warning": "warning"}
_PAGE_ID = re.compile(r"/pages/(\d+)|[?&]pageId=(\d+)")
_HEADING_ID = re.compile(r' id="h-\d+"')
_BLANKS = re.compile(r"\s+")


class View(Renderer):
    """A body as programs read it; `host` (scheme and name) goes before the addresses of issues."""

    def __init__(self, body: Body, site: Site, host: str) -> None:
        super().__init__(body, site)
        self._host = host

    def focusable(self, label: str) -> str:
        """Nothing: what a program reads has no focus."""
        return ""

    def styled(self, name: str) -> str:
        """The property itself."""
        return name

    def element(self, element: Element) -> str:
        """One element; tables and headings bear Confluence's names."""
        name = element.name
        if name == "table":
            return f'<div class="table-wrap"><table class="confluenceTable">{self.inner(element)}</table></div>'
        if name == "ac:task-list":
            return self.wrap("ul", element, "inline-task-list")
        html = super().element(element)
        if name in ("td", "th"):
            return html.replace(f"<{name}", f'<{name} class="confluence{name.capitalize()}"', 1)
        if name in HEADINGS:
            anchor = escape(_BLANKS.sub("-", element.text().strip()))
            return _HEADING_ID.sub(lambda _: f' id="{anchor}"', html, count=1)
        return html

    def chip(self, card: IssueCard, element: Element) -> str:
        """An issue as the Jira macro shows it."""
        link = f'<a href="{escape(self._host + card.url)}" class="jira-issue-key">{escape(card.key)}</a>'
        look = f"aui-lozenge aui-lozenge-subtle aui-lozenge-{_LOZENGES[card.colour]}"
        status = f'<span class="{look} jira-macro-single-issue-export-pdf">{escape(card.status)}</span>'
        css = f'class="jira-issue conf-macro output-block" data-jira-key="{escape(card.key)}"'
        return (
            f"<span {css} {_told('jira', 'false')}>"
            f'{link} - <span class="summary">{escape(card.summary)}</span> {status}</span>'
        )

    def web_link(self, element: Element) -> str:
        """A link to an address, on a card or not; the words alone when nobody may be sent there."""
        href = safe_url(element.attrs.get("href", ""))
        words = self.inner(element)
        if href is None:
            return words
        look = element.attrs.get("data-card-appearance", "")
        card = f' data-card-appearance="{escape(look)}"' if look else ""
        return f'<a href="{escape(href)}" class="external-link" rel="nofollow"{card}>{words or escape(href)}</a>'

    def wiki_link(self, element: Element) -> str:
        """A mention, or a link to a page or a file."""
        user, page = element.child("ri:user"), element.child("ri:page", "ri:blog-post")
        if user is not None:
            ref = next(
                (user.attrs[key] for key in ("ri:account-id", "ri:userkey", "ri:username") if key in user.attrs), ""
            )
            kind = "data-account-id" if "ri:account-id" in user.attrs else "data-username"
            name = escape(self.site.person(ref) or "Unknown User")
            return f'<a class="confluence-userlink user-mention" {kind}="{escape(ref)}" href="#">{name}</a>'
        if page is None:
            return super().wiki_link(element)
        title = page.attrs.get("ri:content-title", "")
        words = element.child("ac:link-body", "ac:plain-text-link-body")
        shown = self.inner(words) if words is not None else escape(title)
        url = self.site.page(page.attrs.get("ri:space-key", ""), title)
        if url is None:
            return f'<a class="createlink" href="#">{shown}</a>'
        found = _PAGE_ID.search(url)
        known = f' data-linked-resource-id="{found[1] or found[2]}" data-linked-resource-type="page"' if found else ""
        return f'<a href="{escape(url)}"{known}>{shown}</a>'

    def task(self, element: Element) -> str:
        """One task of a list."""
        status, number, body = (element.child(f"ac:task-{name}") for name in ("status", "id", "body"))
        done = ' class="checked"' if status is not None and status.text().strip() == "complete" else ""
        words = self.inner(body) if body is not None else ""
        ref = escape(number.text().strip()) if number is not None else ""
        return f'<li{done} data-inline-task-id="{ref}"><span>{words}</span></li>'

    def macro(self, element: Element) -> str:
        """One macro; those that the sandbox's own page shows in another way than Confluence."""
        name, title = element.attrs.get("ac:name", ""), element.parameter("title")
        if name == "status":
            colour = element.parameter("colour")
            css = f"status-macro aui-lozenge aui-lozenge-{_LOZENGES[colour_of(colour)]} conf-macro output-inline"
            return f'<span class="{css}" {_told(name, "false")}>{escape(title or colour)}</span>'
        if name == "code":
            return self._code(element, title)
        if name not in (*_NOTICES, "panel", "expand", "details"):
            return super().macro(element)
        body = self.macro_body(element)
        if name in _NOTICES:
            heading = f'<p class="title">{escape(title)}</p>' if title else ""
            css = f"confluence-information-macro confluence-information-macro-{_NOTICES[name]}"
            inner = f'{heading}<div class="confluence-information-macro-body">{body}</div>'
        elif name == "panel":
            heading = f'<div class="panelHeader"><b>{escape(title)}</b></div>' if title else ""
            css, inner = "panel", f'{heading}<div class="panelContent">{body}</div>'
        elif name == "expand":
            control = f'<span class="expand-control-text">{escape(title or "Click here to expand...")}</span>'
            inner = f'<div class="expand-control">{control}</div><div class="expand-content">{body}</div>'
            css = "expand-container"
        else:
            css, inner = "plugin-tabmeta-details", body
        return f'<div class="{css} conf-macro output-block" {_told(name, "true")}>{inner}</div>'

    def _code(self, element: Element, title: str) -> str:
        plain = element.child("ac:plain-text-body")
        text = escape(plain.text()) if plain is not None else ""
        heading = f'<div class="codeHeader panelHeader pdl"><b>{escape(title)}</b></div>' if title else ""
        brush = f"brush: {escape(element.parameter('language') or 'java')}; gutter: false; theme: Confluence"
        pre = f'<pre class="syntaxhighlighter-pre" data-syntaxhighlighter-params="{brush}">{text}</pre>'
        inner = f'{heading}<div class="codeContent panelContent pdl">{pre}</div>'
        return f'<div class="code panel pdl conf-macro output-block" {_told("code", "true")}>{inner}</div>'


def _told(name: str, has_body: str) -> str:
    return f'data-hasbody="{has_body}" data-macro-name="{name}"'
