"""The words that generated issues and pages are made of."""

from __future__ import annotations

from random import Random

PEOPLE = tuple(
    (f"{first[0].lower()}{last.lower()}", f"{first} {last}")
    for first, last in (
        ("Karim", "Haddad"),
        ("Lena", "Brandt"),
        ("Mateo", "Cruz"),
        ("Nadia", "Ivanova"),
        ("Oskar", "Nilsen"),
        ("Priya", "Raman"),
        ("Quentin", "Moreau"),
        ("Rosa", "Conti"),
        ("Samuel", "Adeyemi"),
        ("Tomoko", "Hayashi"),
        ("Ulrike", "Vogel"),
        ("Viktor", "Novak"),
        ("Wen", "Zhao"),
        ("Ximena", "Torres"),
        ("Yusuf", "Demir"),
        ("Zofia", "Kowalska"),
    )
)
SERVICES = ("checkout", "payments-api", "search", "identity", "mail", "reporting")
LABELS = (
    "reliability",
    "customer-facing",
    "database",
    "network",
    "deploy",
    "on-call",
    "capacity",
    "security",
    "flaky",
    "quarter-goal",
    "tech-debt",
    "vendor",
)
PAGE_LABELS = ("runbook", "meeting-notes", "decision", "how-to", "payments", "platform", "onboarding", "draft-policy")
TEAMS = ("Payments", "Platform", "Search", "Identity", "Support", "Data")

_TROUBLES = (
    "answers slowly after the release",
    "refuses one login in ten",
    "sends duplicate messages",
    "runs out of disk",
    "loses its database connections",
    "shows yesterday's figures",
    "rejects card payments from abroad",
    "times out behind the load balancer",
    "restarts in a loop",
    "fills its queue faster than it empties it",
)
_WORKS = (
    "Add an alert on the age of the queue of",
    "Write a runbook for the fail-over of",
    "Raise the connection limit of",
    "Rehearse the restore of the backup of",
    "Replace the certificate of",
    "Remove the feature flag from",
    "Measure the cold start of",
    "Move the nightly export out of",
    "Cover the retry path with tests in",
    "Review who may deploy",
)
_SENTENCES = (
    "The graph shows the first errors eleven minutes before anybody was paged.",
    "We drained one consumer and the backlog began to shrink.",
    "Support has had nine calls so far, all from the same region.",
    "The change had been tested, but not with that many open sessions.",
    "I rolled back to the release of last Tuesday.",
    "It works again for me; please check on your side.",
    "The limit was set four years ago for a tenth of the traffic.",
    "Nobody had the permission to restart it at night.",
    "The vendor confirms a fault in their network and promises a report.",
    "I would rather fix the cause than add another retry.",
    "Moved to next week, the people who know this are away.",
    "Dashboards were green because they measured the wrong queue.",
    "The certificate was renewed but never loaded.",
    "This needs a decision by the owners of the service.",
    "Tried on staging with twice the load, no errors in an hour.",
    "Done and deployed, I watch it until tomorrow.",
)
_TOPICS = (
    "How we hand over",
    "Fail-over drill",
    "Meeting notes",
    "Decision record",
    "Runbook",
    "Capacity review",
    "How to get access",
    "Release checklist",
    "Known limits",
    "Data retention",
)


def trouble(chance: Random) -> str:
    """An incident's summary."""
    return f"{chance.choice(SERVICES)} {chance.choice(_TROUBLES)}"


def work(chance: Random) -> str:
    """A task's summary."""
    return f"{chance.choice(_WORKS)} {chance.choice(SERVICES)}"


def sentences(chance: Random, least: int, most: int) -> str:
    """A few sentences."""
    return " ".join(chance.sample(_SENTENCES, chance.randint(least, most)))


def topic(chance: Random) -> str:
    """What a page is about; not unique."""
    return f"{chance.choice(_TOPICS)}: {chance.choice(SERVICES)}, {chance.choice(TEAMS)}"
