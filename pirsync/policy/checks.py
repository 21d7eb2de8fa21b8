"""The checks of a review, each by its name: pass, fail or cannot tell, and a sentence. Hints never block.

What stands in free text is judged by what can be seen in it; where that is not enough, the answer is that it cannot be
told, with what would make it so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pirsync.model import Noun

from . import check_actions, check_causes, check_learning, check_timeline
from .packs import ONLY_HINTS, CheckName, Pack
from .review import Review
from .verdict import Result, Verdict

CHECKS: dict[CheckName, Callable[[Review, Pack], Verdict]] = {
    CheckName.SECTIONS: check_learning.sections,
    CheckName.TIMELINE: check_timeline.timeline,
    CheckName.TIMELINE_GAPS: check_timeline.gaps,
    CheckName.DECISION_POINTS: check_timeline.decisions,
    CheckName.ROOT_CAUSE: check_causes.root_cause,
    CheckName.ROOT_CAUSE_METHOD: check_causes.method,
    CheckName.ROOT_CAUSE_EVIDENCE: check_causes.evidence,
    CheckName.CONTRIBUTING_FACTORS: check_causes.factors,
    CheckName.FAILED_CONTROLS: check_causes.controls,
    CheckName.LESSONS: check_learning.lessons,
    CheckName.RECOMMENDATIONS: check_learning.recommendations,
    CheckName.EMERGENCY_CHANGE: check_actions.emergency,
    CheckName.RESPONSE_CONFIRMED: check_actions.response,
    CheckName.ACTIONS: check_actions.actions,
    CheckName.ACTION_OWNERS: check_actions.owners,
    CheckName.ACTION_DATES: check_actions.dates,
    CheckName.SUCCESS_CRITERIA: check_actions.criteria,
    CheckName.ACTION_CLASSES: check_actions.classes,
    CheckName.PREVENTIVE_ACTION: check_actions.preventive,
    CheckName.ACTION_WORDING: check_actions.wording,
    CheckName.BLAME_WORDS: check_learning.blame,
}


class Checked(Noun):
    """The outcome of one check of one pack."""

    check: CheckName
    result: Result
    said: str

    @property
    def blocks(self) -> bool:
        """Whether the review is not written as long as this stands: a hint never blocks."""
        return self.result is not Result.PASS and self.check not in ONLY_HINTS


def check(pack: Pack, review: Review) -> tuple[Checked, ...]:
    """All checks that the pack asks for, in its order. A page that cannot be read tells nothing."""
    return tuple(_one(name, pack, review) for name in pack.checks)


def _one(name: CheckName, pack: Pack, review: Review) -> Checked:
    if not review.sections:
        return Checked(check=name, result=Result.CANNOT_TELL, said="the page cannot be read")
    verdict = CHECKS[name](review, pack)
    return Checked(check=name, result=verdict.result, said=verdict.said)


def is_written(pack: Pack, review: Review) -> bool:
    """Whether nothing but hints is left to say: the review counts as written for the pack."""
    return not any(_one(name, pack, review).blocks for name in pack.checks if name not in ONLY_HINTS)


def blocking(pack: Pack, review: Review) -> tuple[Checked, ...]:
    """What stands in the way of that."""
    return tuple(one for one in check(pack, review) if one.blocks)


def passed(packs: Iterable[Pack], review: Review) -> tuple[str, ...]:
    """The ids of the packs for which the review counts as written."""
    return tuple(pack.id for pack in packs if is_written(pack, review))
