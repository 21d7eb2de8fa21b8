"""`pirsync explain`: how one incident stands before the team's procedures, in plain sentences. Writes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator

import click

from pirsync.build import Bench
from pirsync.lookup import read_one, rowless
from pirsync.model import Incident, Noun, Ticket
from pirsync.names import STAMP
from pirsync.observe import Readings
from pirsync.output import line
from pirsync.page.scan import BadPage
from pirsync.page.sections import read_sections
from pirsync.page_model import Page
from pirsync.plan import scope
from pirsync.policy.approval import granted
from pirsync.policy.calendar import Calendar
from pirsync.policy.checks import Checked
from pirsync.policy.deadlines import by, moment
from pirsync.policy.escalation import escalation, extension
from pirsync.policy.evidence import asking, hinting
from pirsync.policy.explain import (
    ActionDue,
    Due,
    Explanation,
    Following,
    Score,
    Snapshot,
    Unproven,
    Validation,
    explain,
)
from pirsync.policy.instants import APPROVED, decision
from pirsync.policy.packs import Duty
from pirsync.policy.review import Review
from pirsync.ports import Stamp
from pirsync.practice import Practice
from pirsync.proof import sought
from pirsync.rows import is_incident


def tell(bench: Bench, key: str) -> None:
    """Print how an incident stands, in sentences."""
    readings, incident = read_one(bench.world, bench.teams(), key)
    told = explained(bench, readings.practice, readings, incident)
    for text in (*_heading(incident, readings), *_sentences(told, readings.practice)):
        line(text)
    for text in _part("Escalation", map(_rise, _risen(bench, readings, told))):
        line(text)


def tell_programs(bench: Bench, key: str) -> None:
    """The same as JSON."""
    readings, incident = read_one(bench.world, bench.teams(), key)
    told = explained(bench, readings.practice, readings, incident)
    risen = [one.model_dump(mode="json") for one in _risen(bench, readings, told)]
    found = {"incident": incident.key, **told.model_dump(mode="json"), "escalation": risen}
    click.echo(json.dumps(found, indent=2))


# ---------------------------------------------------------------- reading


def explained(bench: Bench, practice: Practice, readings: Readings, incident: Incident) -> Explanation:
    known = readings.known.get(incident.id)
    page = readings.pages.get(known.page) if known is not None else None
    history: list[Snapshot] = []
    review = None
    if page is not None:
        concerned = practice.terms.procedures.concerning(incident, readings.read(page))
        packs = (*asking(concerned), *hinting(concerned))
        for ticket in sought(readings.tickets.values(), packs, concerned, bench.world.tracker):
            readings.keep_ticket(ticket)
        history = list(_history(bench, practice, readings, incident, page))
        review = _review(incident, page, practice, readings).model_copy(update={"tickets": _tickets(readings)})
    following = _following(bench, practice, incident)
    if history:
        authors = (one.head.author for one in history if decision(one.review) == APPROVED and not one.is_ours)
        kept = known.memory.approval if known is not None and known.memory is not None else None
        approving = readings.directory.approvers(tuple(dict.fromkeys(authors)))
        following = following.model_copy(update={"approving": approving, "granted": granted(kept)})
    return explain(incident, history, review, following, bench.world.clock.now())


def _following(bench: Bench, practice: Practice, incident: Incident) -> Following:
    """Those who have each duty, as pages mention them; the incident's commander leads where nobody else is named."""
    tracker, wiki, procedures = bench.world.tracker, bench.world.wiki, practice.terms.procedures
    duties = {duty: procedures.accounts(duty, incident) for duty in Duty}
    refs, names = dict[str, str](), dict[str, str]()
    for account in dict.fromkeys(account for accounts in duties.values() for account in accounts):
        person, mention = tracker.person(account), wiki.mention(account)
        refs |= {account: mention.ref} if mention is not None else {}
        if person is not None:
            names |= dict.fromkeys((account, refs.get(account, account)), person.name)
    mentioned = {duty: tuple(refs[one] for one in accounts if one in refs) for duty, accounts in duties.items()}
    return Following(procedures=procedures, mentioned=mentioned, names=names)


def _history(
    bench: Bench, practice: Practice, readings: Readings, incident: Incident, page: Page
) -> Iterator[Snapshot]:
    """Every version of the page that can be read, oldest first."""
    stamp = Stamp(prefix=STAMP, account=practice.terms.wiki_account)
    for version in sorted(bench.world.wiki.versions(page), key=lambda one: one.version):
        review = _review(incident, version, practice, readings)
        yield Snapshot(head=version, review=review, is_ours=stamp.is_on(version))


def _review(incident: Incident, page: Page, practice: Practice, readings: Readings) -> Review:
    """What a version says. Of its tickets only today's labels and priorities count for the past; who and by when
    its cells say."""
    try:
        sections = read_sections(page.body)
    except BadPage:
        sections = ()
    return Review(
        incident=incident,
        page=readings.read(page),
        sections=sections,
        labels={ticket.key: ticket.labels for ticket in readings.tickets.values()},
        priorities={ticket.key: ticket.priority for ticket in readings.tickets.values()},
        highest_priorities=practice.mapping.highest_priorities,
        service_accounts=(practice.terms.wiki_account,),
        others=rowless(readings, incident, page),
    )


def _is_adopted(incident: Incident, readings: Readings) -> bool:
    known = readings.known.get(incident.id)
    return known is not None and known.is_peoples


def _tickets(readings: Readings) -> dict[str, Ticket]:
    return {ticket.key: ticket for ticket in readings.tickets.values()}


class Risen(Noun):
    """An action that is not on its way, or was given more time: what is wrong, whom that concerns, the extension."""

    ticket: str
    concerns: tuple[str, ...]
    stale: bool
    level: str
    extended: str


def _risen(bench: Bench, readings: Readings, told: Explanation) -> Iterator[Risen]:
    """The actions that concern somebody, where the team's escalation is on."""
    terms, unproven = readings.practice.terms, {one.ticket for one in told.unproven}
    now, calendar = bench.world.clock.now(), terms.procedures.calendar
    tickets = [ticket for ticket in readings.tickets.values() if not is_incident(ticket, terms)]
    for ticket in sorted(tickets, key=lambda one: one.key) if terms.ladder.on else ():
        more = extension(ticket, terms.extensions)
        judged = ticket.model_copy(update={"unproven": ticket.key in unproven})
        found = escalation(judged, terms.ladder, more, calendar, now)
        if found.level is not None or found.stale or (more is not None and calendar.day(now) <= more.until):
            level = found.level.name.lower() if found.level is not None else ""
            yield Risen(
                ticket=ticket.key,
                concerns=tuple(found.concerns),
                stale=found.stale,
                level=level,
                extended=more.words if more is not None else "",
            )


# ---------------------------------------------------------------- in sentences


def _heading(incident: Incident, readings: Readings) -> Iterator[str]:
    yield f"{incident.key}  {incident.summary}"
    if _is_adopted(incident, readings):
        yield "people made its page, and it was adopted: nothing on it is written"
    elif reason := scope(incident, readings.practice.terms):
        yield f"it gets no review: {reason}"


def _sentences(told: Explanation, practice: Practice) -> Iterator[str]:
    if not told.scopes:
        yield "no procedure is switched on: name packs in the team's table of the configuration (packs)"
    yield from _part("In scope", (f"{one.pack}: {one.answer}; {one.reason}" for one in told.scopes))
    yield from _part("Due", _dues(told.dues, practice.terms.procedures.calendar))
    yield from _part("Before it was re-opened", _dues(told.earlier, practice.terms.procedures.calendar))
    yield from _part("Actions", (_action(one, practice.terms.procedures.calendar) for one in told.actions))
    yield from _part("Done without evidence", map(_unproven, told.unproven))
    calendar = practice.terms.procedures.calendar
    yield from _part("Effectiveness", (_validation(one, calendar) for one in told.effects))
    yield from _part("Checks", map(_score, told.scores))
    for missing in told.missing:
        yield from _part(f"Missing for {missing.pack}", map(_check, missing.checks))
    absent = (f"{one.pack}: {one.duty}{_roles(one.roles)} ({one.result}): {one.said}" for one in told.absent)
    yield from _part("Attendance", absent)
    yield from _part("Waits for", (f"{one.who}{_roles(one.roles)}: {one.what}" for one in told.waits))
    yield from _part("Approval", told.remarks)


def _part(heading: str, lines: Iterator[str] | tuple[str, ...]) -> Iterator[str]:
    found = [f"  {text}" for text in lines]
    if found:
        yield from ("", heading, *found)


def _dues(dues: tuple[Due, ...], calendar: Calendar) -> Iterator[str]:
    for due in dues:
        met = f", {moment(due.met, calendar)}" if due.met else ""
        binds = "" if due.binds else " (an earlier one binds)"
        yield f"{due.deadline.must} {by(due.deadline.due, calendar)}: {due.standing}{met}{binds}"
        yield f"    by {due.deadline.name}: {due.deadline.explanation}"


def _action(one: ActionDue, calendar: Calendar) -> str:
    owner = one.owner or "nobody"
    return f"{one.ticket} {one.text}: {one.standing}, {by(one.due, calendar)}, {owner} ({'; '.join(one.clauses)})"


def _unproven(one: Unproven) -> str:
    wants = f"would like {one.wants}; it is done all the same" if one.is_hint else f"wants {one.wants}"
    return f"{one.ticket} {one.text}: {one.pack} {wants}"


def _validation(one: Validation, calendar: Calendar) -> str:
    answered = f", {one.by or 'somebody'}, {moment(one.at, calendar)}" if one.at is not None else ""
    return f"{one.ticket} {one.text}: {one.state}{answered}; {one.pack} wants to know {by(one.due, calendar)}"


def _score(one: Score) -> str:
    hints = f"; {one.hints} of the others only hint" if one.hints else ""
    return f"{one.pack}: {one.passed} of {one.total} passed{hints}"


def _rise(one: Risen) -> str:
    said = [f"{', '.join(one.concerns)}, which concerns {one.level}"] if one.concerns else []
    said += ["nobody has written to it for long"] if one.stale else []
    said += [f"extended {one.extended}"] if one.extended else []
    return f"{one.ticket}: {'; '.join(said)}"


def _check(one: Checked) -> str:
    result = one.result if one.blocks else "hint"
    return f"{one.check} ({result}): {one.said}"


def _roles(roles: tuple[str, ...]) -> str:
    return f" ({', '.join(roles)})" if roles else ""
