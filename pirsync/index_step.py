"""The team's evidence index: found, planned, written, remembered; read only when a row differs from what it holds, or
while something is found of it, by every pass but polls.
"""

from __future__ import annotations

from .apply import FIRST_RETRY, apply_index, note_refusal
from .changes import Change, CreateIndex, LabelPage, UpdateIndex
from .decision import Finding, FindingKind, ObservedIndex, Plan
from .directory import Sources
from .errors import Ambiguous, AuthInDoubt, Rejected, Stale, Unavailable
from .findings import INDEX, found_of, tell_of
from .index_plan import index_mark, plan_index
from .known import journal, work_key
from .names import INDEX_LABEL
from .page.index import read_index
from .page.scan import BadPage
from .page_model import IndexRow, PageHead, PageStatus
from .ports import World
from .practice import Practice
from .recall import KeptIndex, recall, recall_all
from .record import Recorder
from .report import Result
from .selection import Mode
from .sight import prove_sight

MAX_ROUNDS = 4
"""Make, label, and once more where somebody wrote meanwhile; then it is left to the next pass."""


class IndexStep:
    """The last step of a pass: what its incidents said of themselves goes into each team's index page."""

    def __init__(self, world: World, recorder: Recorder, mode: Mode) -> None:
        self._world = world
        self._recorder = recorder
        self._mode = mode
        self._news: dict[str, dict[str, IndexRow]] = {}
        self._heads: dict[str, PageHead] = {}

    def saw(self, team: str, head: PageHead) -> None:
        """The poll was shown the team's index page, as it is now."""
        self._heads[team] = head

    def take(self, team: str, incident_id: str, row: IndexRow) -> None:
        """What the index is to say of one incident; where it is not known to say so, the incident is due until it
        does."""
        if self._world.state.cached("index-row", f"{team}/{row.key}") != row.model_dump(mode="json"):
            self._news.setdefault(team, {})[incident_id] = row
            self._recorder.hold(work_key(team, incident_id), "the index is not written yet")

    def bring_up_to_date(self, practice: Practice) -> Result:
        """Write what is new; what could not be written keeps its incidents due. Raises AuthInDoubt."""
        team, state = practice.terms.team, self._world.state
        news = self._news.get(team, {})
        # A poll with no news of the index's does not read it to see whether something is over.
        if not news and (self._mode is Mode.NEWS or not found_of(state, f"{INDEX}/{team}")):
            return Result(key=practice.terms.index_title)
        result = self._write(practice, tuple(news.values()))
        # What people have to see to first is looked at by the next full pass.
        again = None
        if result.waiting or (result.failure and not result.findings):
            again = result.wake or self._world.clock.now() + FIRST_RETRY
        self._recorder.flush()
        for incident_id in news:
            self._recorder.let_go(work_key(team, incident_id), again)
        return result

    def make_anew(self, practice: Practice) -> Result:
        """Make an index again that people deleted or put into the trash, with the lines that it held. Raises
        AuthInDoubt."""
        terms, state, wiki = practice.terms, self._world.state, self._world.wiki
        kept = recall(state, "index", terms.team, KeptIndex)
        page = wiki.page(kept.page) if kept is not None else None
        if kept is not None and page is None:
            prove_sight(wiki, terms)
        lines = {key: row for key, row in recall_all(state, "index-row", IndexRow).items() if _is_of(key, terms.team)}
        if page is None or page.status is PageStatus.TRASHED:
            state.drop("index", [terms.team])
            state.reopen(index_mark(terms), "")
            # Until they are written, the next full pass has them to write.
            state.drop("index-row", lines)
        result = self._write(practice, tuple(lines.values()))
        self._recorder.flush()
        return result

    def _write(self, practice: Practice, rows: tuple[IndexRow, ...]) -> Result:
        """Have the index hold these rows; what is in the way is told, and listed until it is over."""
        team, name, made = practice.terms.team, practice.terms.index_title, list[Change]()
        decided, failure = Plan(), ""
        try:
            decided = self._rounds(practice, rows, made)
        except AuthInDoubt:
            raise
        except Rejected as refused:
            failure = f'the index page "{name}" cannot be brought up to date: {refused}'
            decided = Plan(findings=(Finding(kind=FindingKind.REFUSED, incident=name, message=failure),))
        except (Stale, Ambiguous, Unavailable) as error:
            failure = str(error)
        tell_of(self._world.state, f"{INDEX}/{team}", name, decided.findings, "" if decided.findings else failure)
        result = Result(
            key=name,
            changes=tuple(made),
            findings=decided.findings,
            waiting=decided.waiting,
            wake=decided.wake,
            failure=failure or decided.refusal,
        )
        if self._holds(result):
            self._remember_lines(team, rows)
        return result

    def _remember_lines(self, team: str, rows: tuple[IndexRow, ...]) -> None:
        """Remember the lines that the page holds, and forget those that say the same of a review by an older key."""
        keys = {row.page_url: row.key for row in rows if row.page_url}
        held = recall_all(self._world.state, "index-row", IndexRow) if keys else {}
        older = [k for k, row in held.items() if _is_of(k, team) and row.key != keys.get(row.page_url, row.key)]
        self._world.state.drop("index-row", older)
        for row in rows:
            self._recorder.index_row(team, row.key, row.model_dump(mode="json"))

    def _holds(self, result: Result) -> bool:
        """Whether the page says by then what it was to say."""
        is_open = any(found.kind is not FindingKind.REFUSED for found in result.findings)
        return not (is_open or result.waiting or result.failure)

    def _rounds(self, practice: Practice, rows: tuple[IndexRow, ...], made: list[Change]) -> Plan:
        terms, state, clock = practice.terms, self._world.state, self._world.clock
        sources = Sources(self._world.tracker, self._world.wiki, state, clock.now())
        for _ in range(MAX_ROUNDS):
            seen = observe_index(sources, practice, self._heads.get(terms.team))
            kept = KeptIndex(page=seen.page.id, held=seen.page, labelled=seen.labelled) if seen.page else None
            self._remember(terms.team, kept)
            decided = plan_index(rows, seen, terms, journal(state, "", terms.settle), clock.now())
            if not decided.changes:
                return decided
            try:
                for change in decided.changes:
                    kept = self._apply(change, kept)
                    self._remember(terms.team, kept)
                    made.append(change)
            except Stale:
                # What was held, or a search showed, is older than the page: read the page itself.
                if self._heads.pop(terms.team, None) is None:
                    raise
            except Rejected as refused:
                if isinstance(change, LabelPage):
                    note_refusal(change, "", refused, self._world)
                elif not isinstance(change, CreateIndex):
                    raise
        raise Stale(f'the index page "{terms.index_title}" keeps changing while it is written')

    def _apply(self, change: Change, kept: KeptIndex | None) -> KeptIndex:
        """Make one change; what is known of the page after it."""
        match change:
            case CreateIndex() | UpdateIndex():
                page = apply_index(change, self._world)
                return KeptIndex(page=page.id, held=page, labelled=kept is not None and kept.labelled)
            case LabelPage():
                assert kept is not None  # only a page that was observed is labelled
                self._world.wiki_writes.add_labels(change.page_id, change.labels)
                return kept.model_copy(update={"labelled": True})
            case _:
                raise AssertionError(f"plan_index makes no {change.change}")

    def _remember(self, team: str, kept: KeptIndex | None) -> None:
        if kept is not None:
            self._world.state.cache("index", {team: kept.model_dump(mode="json")})
        if kept is not None and kept.held is not None:
            self._heads[team] = kept.held.head


def _is_of(row_key: str, team: str) -> bool:
    return row_key.startswith(f"{team}/")


def observe_index(sources: Sources, practice: Practice, seen: PageHead | None) -> ObservedIndex:
    """Find and read the team's evidence index: by its remembered id, else by its title, else by its label.

    What is held stands for reading it where `seen`, its head as it is now, says that nobody wrote since.
    Of the labelled pages, those that are known as other teams' are not taken for this team's.
    """
    terms, wiki = practice.terms, sources.wiki
    kept = recall(sources.state, "index", terms.team, KeptIndex)
    page = kept.held if kept else None
    if page is None or page.head != seen:
        page = wiki.page(kept.page) if kept else None
    page = page or wiki.find(terms.space, terms.index_title)
    labelled = kept.labelled if kept is not None and page is not None and kept.page == page.id else None
    if labelled is None:
        heads = {head.id: head for head in wiki.labelled(terms.space, INDEX_LABEL, None)}
        taken = {index.page for index in recall_all(sources.state, "index", KeptIndex).values()}
        others = [page_id for page_id in heads if page_id not in taken]
        page = page or (wiki.page(others[0]) if others else None)
        labelled = page is not None and page.id in heads
    if page is None:
        if kept is not None:
            prove_sight(wiki, terms)
        return ObservedIndex(page=None, index=None, holder=None, labelled=False, is_gone=kept is not None)
    try:
        index = read_index(page.body)
    except BadPage:
        index = None
    if index is None or index.start is None:
        known = kept is not None and kept.page == page.id
        return ObservedIndex(
            page=page if known else None, index=index, holder=None if known else page, labelled=labelled
        )
    return ObservedIndex(page=page, index=index, holder=None, labelled=labelled)
