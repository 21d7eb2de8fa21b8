"""Two edits of one body made into one: block by block, and only where they do not touch."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from .markup import parse, write

_Edit = tuple[int, int, list[str]]


def merge(base: str, ours: str, theirs: str) -> str | None:
    """`ours` with the changes that lead from `base` to `theirs`; None when both changed the same or adjoining blocks.

    Blocks are the outermost elements and the text between them; the bodies are well formed.
    """
    blocks = _blocks(base)
    edits = _edits(blocks, _blocks(ours))
    for edit in _edits(blocks, _blocks(theirs)):
        if edit in edits:
            continue
        if any(edit[0] <= other[1] and other[0] <= edit[1] for other in edits):
            return None
        edits.append(edit)
    for start, end, new in sorted(edits, reverse=True):
        blocks[start:end] = new
    return "".join(blocks)


def _blocks(body: str) -> list[str]:
    return [child if isinstance(child, str) else write(child) for child in parse(body).children]


def _edits(before: Sequence[str], after: Sequence[str]) -> list[_Edit]:
    steps = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return [(start, end, list(after[low:high])) for step, start, end, low, high in steps if step != "equal"]
