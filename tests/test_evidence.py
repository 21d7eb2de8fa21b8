"""What proves that an action was done: the rule alone, proof by proof."""

from __future__ import annotations

import pytest

from pirsync import raw
from pirsync.model import Ticket, Trail
from pirsync.policy.evidence import asking, lacking, want_outside, wanted
from pirsync.policy.packs import Evidence, Pack, Proof
from pirsync.policy.status import LOZENGE_LENGTH, Outcome, count, describe, outcome, review_lozenge, ticket_lozenge
from tests.policy_packs import PACKS
from tests.samples import NOW, done, incident, ticket

DIFFERENCE = "https://wiki.example.com/pages/diffpagesbyversion.action?pageId=7&selectedPageVersions=3"


def wanting(*proofs: Proof, missing: str = "finding") -> Pack:
    told = {"proofs": proofs, "missing": missing, "resolutions": ("Risk accepted",)}
    return PACKS["soc2-cc7"].model_copy(update={"evidence": Evidence.model_validate(told)})


def holding(resolution: str = "Done", **held: object) -> Ticket:
    return done(resolution=resolution, trail=Trail.model_validate(held))


TABLE: tuple[tuple[Proof, Ticket, bool], ...] = (
    ("comment-link", holding(), False),
    ("comment-link", holding(addresses=("https://example.com/a",)), True),
    ("comment-link", holding(outside=("https://example.com/a",)), False),
    ("comment-link", holding(files=("a.png",)), False),
    ("attachment", holding(files=("a.png",)), True),
    ("attachment", holding(addresses=("https://example.com/a.png",)), False),
    ("merged-change", holding(outside=("https://github.com/o/r/pull/12",)), True),
    ("merged-change", holding(outside=("https://gitlab.example.com/o/r/-/merge_requests/3#note_1",)), True),
    ("merged-change", holding(outside=("https://bitbucket.org/o/r/pull-requests/4/diff",)), True),
    ("merged-change", holding(outside=("https://git.example.com/projects/P/repos/r/pull-requests/4",)), True),
    ("merged-change", holding(outside=("https://dev.azure.com/o/p/_git/r/pullrequest/5",)), True),
    ("merged-change", holding(outside=("https://review.example.com/c/plugins/x/+/6",)), True),
    ("merged-change", holding(addresses=("https://github.com/o/r/pull/12",)), True),
    ("merged-change", holding(outside=("https://github.com/o/r/pulls", "https://github.com/o/r/issues/12")), False),
    ("merged-change", holding(outside=None), False),
    ("page-version", holding(outside=(DIFFERENCE,)), True),
    ("page-version", holding(addresses=("https://wiki.example.com/x?pageId=7&pageVersion=4",)), True),
    ("page-version", holding(outside=("https://wiki.example.com/pages/viewpage.action?pageId=7",)), False),
    ("resolution", holding("risk accepted"), True),
    ("resolution", holding("Done"), False),
)


@pytest.mark.parametrize(("proof", "held", "is_proven"), TABLE)
def test_each_proof_is_there_or_not(proof: Proof, held: Ticket, is_proven: bool) -> None:
    rule = wanting(proof)
    assert lacking([rule], held) == (() if is_proven else (rule,))


def test_one_proof_is_enough_for_a_pack_and_every_pack_wants_its_own() -> None:
    either, file = wanting("comment-link", "attachment"), wanting("attachment")
    assert lacking([either, file], holding(addresses=("https://example.com",))) == (file,)
    assert lacking([either, file], holding(files=("a.png",))) == ()


def test_nothing_is_held_against_what_is_open_dropped_or_was_not_read() -> None:
    rule = wanting("attachment")
    assert lacking([rule], ticket(trail=Trail())) == ()
    assert lacking([rule], holding("Won't Do")) == ()
    assert lacking([rule], done(trail=None)) == ()
    assert lacking([rule], holding().model_copy(update={"unproven": True})) == (rule,)


def test_a_pack_asks_for_proof_unless_it_only_hints_or_names_none() -> None:
    rule = wanting("attachment")
    assert asking([wanting("attachment", missing="hint"), wanting(), rule]) == (rule,)
    shipped = [PACKS[name] for name in ("major-review", "full-review", "soc2-cc7-4-5", "soc2-cc7")]
    assert [one.id for one in asking(shipped)] == ["soc2-cc7-4-5", "soc2-cc7"]
    assert (want_outside([rule]), want_outside([wanting("merged-change")])) == (False, True)


def test_what_would_count_is_told_in_words() -> None:
    assert wanted(wanting("comment-link", "attachment", "merged-change", "page-version", "resolution").evidence) == (
        "a comment with a link, or an attachment, or a linked pull or merge request, "
        "or a link to the new version of a page, or the resolution Risk accepted"
    )


def test_addresses_are_found_in_wiki_text_and_in_documents() -> None:
    card = {"type": "doc", "content": [{"type": "inlineCard", "attrs": {"url": "https://example.com/card"}}]}
    comments: list[dict[str, object]] = [
        {"body": "see [the change|https://example.com/a?b=1] and (https://example.com/c)."},
        {"body": card},
        {"body": None},
        {"body": "done, see example.com and OPS-1"},
    ]
    found = ("https://example.com/a?b=1", "https://example.com/c", "https://example.com/card")
    assert raw.addresses(comments) == found


def test_done_without_proof_counts_as_not_done_and_says_so_in_its_own_colour() -> None:
    lone = done().model_copy(update={"unproven": True})
    counts = count([done(2), lone], 0, NOW, "UTC")
    assert (outcome(lone), counts.done, counts.unproven, counts.total) == (Outcome.UNPROVEN, 1, 1, 2)
    assert describe(counts) == "1 of 2 done, 1 done without evidence"
    assert review_lozenge(incident(), counts).text == "EVIDENCE MISSING"
    shown, proven = ticket_lozenge(lone), ticket_lozenge(done())
    assert (shown.text, len(shown.text) <= LOZENGE_LENGTH) == ("DONE, NO EVIDENCE", True)
    assert shown.colour != proven.colour
