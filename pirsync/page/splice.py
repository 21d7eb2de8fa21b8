"""Put new content into cells of a body and change no byte outside them; the result is verified before it is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pirsync.page_model import CellEdit, Column, ReviewPage

from .scan import BadPage, Element, encode, scan


def splice(body: str, edits: Sequence[CellEdit]) -> str:
    """The body with each edit's cell filled anew. Offsets are of this very body.

    Raises BadPage when an offset is not a cell's, edits overlap, or the result would not read as meant.
    """
    raw = encode(body)
    root = scan(raw)
    places = {(e.inner_start, e.inner_end): e for e in root.walk() if e.name in ("td", "th")}
    filled: list[tuple[Element, bytes]] = []
    for edit in sorted(edits, key=lambda edit: edit.start):
        cell = places.get((edit.start, edit.end))
        if cell is None or (filled and cell.start < filled[-1][0].inner_end):
            raise BadPage(f"no cell of its own stands at byte {edit.start}")
        filled.append((cell, encode(edit.storage)))
    return _fill(raw, root, filled)


def _fill(raw: bytes, root: Element, filled: Sequence[tuple[Element, bytes]]) -> str:
    """The body with new content in these cells, which stand in its order and apart from each other."""
    pieces: list[bytes] = []
    done = 0
    for cell, content in filled:
        if cell.is_empty_tag:
            opened = raw[cell.start : cell.end].rstrip(b">").rstrip(b"/").rstrip()
            pieces += [raw[done : cell.start], opened + b">", content, b"</" + cell.name.encode() + b">"]
        else:
            pieces += [raw[done : cell.inner_start], content]
        done = cell.inner_end
    pieces.append(raw[done:])
    spliced = b"".join(pieces)
    _verify(root, scan(spliced), {(cell.inner_start, cell.inner_end) for cell, _ in filled})
    return spliced.decode()


def append_row(body: str, review: ReviewPage, cells: Mapping[Column, str]) -> str:
    """The body with one more row at the end of the action table; columns that are people's own stay empty.

    Raises BadPage when there is no such table, or a cell's content would be more than its cell's.
    """
    if review.row_end is None:
        raise BadPage("there is no action table to append to")
    contents = (cells.get(role, "<p></p>") if role is not None else "<p></p>" for role in review.columns)
    return add_row(encode(body), review.row_end, [("td", content) for content in contents])


def add_row(raw: bytes, after: int, cells: Sequence[tuple[str, str]]) -> str:
    """The body with one more row behind the one that ends at that byte; each cell by its element's name and content.

    Raises BadPage when no row ends there, or a cell's content would be more than its cell's.
    """
    empty = "<tr>" + "".join(f"<{name}></{name}>" for name, _ in cells) + "</tr>"
    longer = raw[:after] + encode(empty) + raw[after:]
    root = scan(longer)
    row = next((e for e in root.within("tr") if e.start == after), None)
    above = list(row.parent.elements()) if row is not None and row.parent is not None else []
    if row is None or not any(other.name == "tr" and other.end == row.start for other in above):
        raise BadPage(f"no row ends at byte {after}")
    filled = [(cell, encode(content)) for cell, (_, content) in zip(row.elements(), cells, strict=True)]
    return _fill(longer, root, filled)


def _verify(before: Element, after: Element, edited: set[tuple[int, int]]) -> None:
    """Everything outside the edited cells must read as before: same elements, same attributes, same text."""
    stack = [(before, after)]
    while stack:
        old, new = stack.pop()
        if old.name != new.name or old.attrs != new.attrs:
            raise BadPage("a cell's new content would change what stands outside it")
        if old.parent is not None and (old.inner_start, old.inner_end) in edited and old.name in ("td", "th"):
            continue
        if len(old.children) != len(new.children):
            raise BadPage("a cell's new content would change what stands outside it")
        for one, other in zip(old.children, new.children, strict=True):
            if isinstance(one, Element) and isinstance(other, Element):
                stack.append((one, other))
            elif one != other:
                raise BadPage("a cell's new content would change what stands outside it")
