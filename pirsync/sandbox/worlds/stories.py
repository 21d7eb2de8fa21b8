"""A dozen incidents as stories: what happened when, in minutes after the beginning, and who did it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

What = Literal[
    "takes it", "investigate", "says", "says internally", "sets severity", "mitigates", "resolve", "close", "re-open"
]


@dataclass(frozen=True)
class Happening:
    """What somebody did, `at` minutes after the incident began."""

    at: int
    who: str
    what: What
    text: str = ""


@dataclass(frozen=True)
class Ticket:
    """An action item's ticket, made `at` minutes after the incident began; `path` are the statuses that it went to."""

    at: int
    by: str
    summary: str
    owner: str = ""
    due_after: int = 14
    path: tuple[str, ...] = ()


@dataclass(frozen=True)
class Incident:
    """An incident that began `ago` before the present; `same_cause_as` is the place of another in the list."""

    summary: str
    description: str | None
    ago: timedelta
    severity: str
    reporter: str
    story: tuple[Happening, ...] = ()
    priority: str | None = "3"
    detected_after: int = 4
    assignee: str = ""
    commander: str = ""
    services: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    tickets: tuple[Ticket, ...] = ()
    restricted: bool = False
    timed: bool = True
    same_cause_as: int | None = None


_CARDS = """h2. What users saw
Card payments failed with _"try again later"_ for about *two in three* customers in Europe.

h2. What we know
* The connection pool of {{payments-api}} was exhausted from 09:12 UTC.
* Deploy [payments-api 4.31|https://deploys.example.com/payments-api/4.31] went out at 09:04 UTC.
** It doubled the number of workers, not the number of connections.

{code:sql}
SELECT state, count(*) FROM pg_stat_activity GROUP BY state;
-- idle in transaction | 96
{code}

|| Region || Failed || Tried ||
| eu-west | 41,208 | 60,911 |
| us-east | 12 | 88,402 |
"""

_SEARCH = """Product search answers after *8 to 20 seconds*; the 95th percentile is normally 300 ms.

{quote}
Everything feels like wading through honey.
{quote}

Asked [~bokafor] to look at the new index. Dashboard: https://metrics.example.com/d/search-latency
"""

_MAIL = """{panel:title=Impact}
Password resets and receipts are delayed by up to three hours. Nothing is lost: the queue holds 240,000 messages.
{panel}

# The provider throttled us after a burst of bounces.
# The bounces come from an import of old addresses.
# Nobody had told the provider of the import.
"""

_HOSTILE = (
    "</td></tr></table>]]><script>alert('summary')</script> {panel} [x|javascript:alert(1)] "
    '\u202egnp.exe" OR key != "'
)

_HOSTILE_DESCRIPTION = (
    "<script>alert('description')</script> ]]> <!-- --> <![CDATA[ & &amp; &nbsp; &#0;\n"
    "h1. {code}unclosed {noformat} | a | b || c [~accountid:<b>] [click|javascript:alert(1)] !http://x/y|onerror=1!\n"
    "\" OR project = ACT ORDER BY key DESC -- ' ; DROP TABLE issues; ${jndi:ldap://x} {{7*7}} %s {0}\n"
    "\u202eright to left\u202c \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627 "
    "\u200bzero\u200bwidth\ufeff \u2028line\u2029paragraph \u0085next \x07bell \x1b[31mred\x1b[0m\n"
    "\U0001f525\U0001f468\u200d\U0001f692 Z\u0351\u036b\u0343a\u030d\u0321l\u0352\u0310g\u0364o\u034f\n"
) + "all work and no play makes Jack a dull boy. " * 228

INCIDENTS: tuple[Incident, ...] = (
    Incident(
        "Card payments fail in Europe",
        _CARDS,
        timedelta(days=6, hours=3),
        "P1",
        "emorgan",
        (
            Happening(9, "aruiz", "takes it"),
            Happening(10, "aruiz", "investigate"),
            Happening(16, "aruiz", "says", "Pool is exhausted. Rolling back to 4.30. [~hweiss] please watch errors."),
            Happening(31, "hweiss", "says", "Rollback done in {{eu-west}}, errors falling."),
            Happening(38, "aruiz", "mitigates"),
            Happening(44, "hweiss", "says internally", "The bank wants a call tomorrow. Do *not* share numbers yet."),
            Happening(55, "aruiz", "resolve"),
            Happening(1510, "hweiss", "close"),
        ),
        priority="1",
        commander="hweiss",
        services=("payments-api", "checkout"),
        labels=("customer-facing", "deploy"),
        tickets=(
            Ticket(1530, "hweiss", "Alert when the pool has less than 10 % free", "aruiz", 10, ("In Progress", "Done")),
            Ticket(1535, "hweiss", "Size the pool from the number of workers", "bokafor", 14, ("In Progress",)),
        ),
    ),
    Incident(
        "Search is slow for everybody",
        _SEARCH,
        timedelta(days=4, hours=20),
        "P2",
        "gsilva",
        (
            Happening(20, "bokafor", "takes it"),
            Happening(22, "bokafor", "investigate"),
            Happening(80, "bokafor", "says", "The new index has no replica. Adding two."),
            Happening(131, "bokafor", "mitigates"),
            Happening(140, "bokafor", "resolve"),
            Happening(2900, "bokafor", "close"),
        ),
        priority="2",
        detected_after=12,
        commander="bokafor",
        services=("search",),
        labels=("performance",),
        tickets=(Ticket(2920, "bokafor", "Refuse an index without replicas", "gsilva", 21, ("Won't Do",)),),
    ),
    Incident(
        "Receipts and password resets arrive hours late",
        _MAIL,
        timedelta(days=3, hours=9),
        "P2",
        "dpatel",
        (
            Happening(30, "dpatel", "takes it"),
            Happening(33, "dpatel", "investigate"),
            Happening(200, "dpatel", "mitigates"),
            Happening(205, "dpatel", "resolve"),
            Happening(1450, "emorgan", "close"),
            Happening(1800, "clindqvist", "re-open"),
            Happening(1802, "clindqvist", "says", "It is back: the provider throttles us again since this morning."),
            Happening(2100, "dpatel", "says", "They agreed to a higher limit until the end of the month."),
            Happening(2110, "dpatel", "resolve"),
            Happening(3300, "emorgan", "close"),
        ),
        priority="2",
        detected_after=25,
        commander="emorgan",
        services=("mail", "identity"),
        labels=("third-party",),
    ),
    Incident(
        "Sign-in with the phone app fails",
        "Tokens of the app are refused since the certificate was renewed. The web site is fine.",
        timedelta(hours=3),
        "P1",
        "fnakamura",
        (
            Happening(7, "clindqvist", "takes it"),
            Happening(8, "clindqvist", "investigate"),
            Happening(40, "clindqvist", "says", "The app pins the old certificate. [~fnakamura] is on a fix."),
        ),
        priority="1",
        commander="clindqvist",
        services=("identity",),
        labels=("customer-facing",),
    ),
    Incident(
        "Nightly report misses the last hour",
        "The report for yesterday ends at 23:00. Finance noticed.",
        timedelta(days=2, hours=5),
        "P3",
        "gsilva",
        (
            Happening(60, "gsilva", "investigate"),
            Happening(300, "gsilva", "resolve"),
            Happening(310, "gsilva", "close"),
        ),
        priority="4",
        detected_after=45,
        services=("reporting",),
    ),
    Incident(
        "Checkout shows prices without tax in Norway",
        "Prices in the basket lacked the tax; orders were charged correctly.\n\nFound by a customer.",
        timedelta(days=5, hours=1),
        "P2",
        "clindqvist",
        (
            Happening(18, "fnakamura", "takes it"),
            Happening(20, "fnakamura", "investigate"),
            Happening(25, "hweiss", "sets severity", "P3"),
            Happening(95, "fnakamura", "mitigates"),
            Happening(100, "hweiss", "sets severity", "P2"),
            Happening(110, "fnakamura", "close"),
        ),
        priority="2",
        detected_after=14,
        commander="hweiss",
        services=("checkout",),
    ),
    Incident(
        "Stolen session cookies used against staff accounts",
        "Two staff accounts were used from a strange place. Both are locked.\n\nDo not discuss this outside.",
        timedelta(days=4),
        "P1",
        "hweiss",
        (
            Happening(5, "hweiss", "takes it"),
            Happening(6, "hweiss", "investigate"),
            Happening(90, "hweiss", "mitigates"),
            Happening(240, "hweiss", "resolve"),
            Happening(1600, "hweiss", "close"),
        ),
        priority="1",
        detected_after=1,
        commander="hweiss",
        services=("identity",),
        labels=("security",),
        restricted=True,
    ),
    Incident(
        _HOSTILE,
        _HOSTILE_DESCRIPTION,
        timedelta(days=2, hours=14),
        "P2",
        "jguest",
        (
            Happening(10, "ileaver", "investigate"),
            Happening(11, "ileaver", "says", "]]></p><script>alert('comment')</script>{panel} [~nobody] \u202e 1=1"),
            Happening(60, "ileaver", "mitigates"),
            Happening(62, "ileaver", "resolve"),
            Happening(70, "ileaver", "close"),
        ),
        priority="2",
        commander="ileaver",
        services=("checkout",),
        labels=('"><img/src=x>', "]]>", "\u05e9\u05dc\u05d5\u05dd", "a'or'1'='1"),
    ),
    Incident(
        "Payments API restarts every ten minutes",
        None,
        timedelta(days=1, hours=8),
        "P2",
        "bokafor",
        (
            Happening(12, "bokafor", "takes it"),
            Happening(13, "bokafor", "investigate"),
            Happening(180, "bokafor", "says", "Memory limit was lowered by mistake; raised again."),
            Happening(185, "bokafor", "mitigates"),
            Happening(190, "bokafor", "resolve"),
        ),
        priority="2",
        commander="aruiz",
        services=("payments-api",),
        same_cause_as=0,
    ),
    Incident(
        "Alarm for the disk of the reporting database",
        "Looked real, was the old threshold. No user noticed anything.",
        timedelta(days=1, hours=2),
        "",
        "gsilva",
        (
            Happening(20, "gsilva", "says", "Not a real one: the threshold was never moved."),
            Happening(25, "gsilva", "close"),
        ),
        priority=None,
        timed=False,
    ),
    Incident(
        "Customers see each other's baskets",
        "A cache key without the customer's number. *The cache is off.*\n\n* 312 customers\n* 0 orders",
        timedelta(days=3, hours=2),
        "P1",
        "dpatel",
        (
            Happening(6, "fnakamura", "takes it"),
            Happening(7, "fnakamura", "investigate"),
            Happening(22, "fnakamura", "mitigates"),
            Happening(24, "emorgan", "says", "Legal is informed. {quote}Write down who decided what, and when.{quote}"),
            Happening(120, "fnakamura", "resolve"),
            Happening(2700, "emorgan", "close"),
        ),
        priority="1",
        detected_after=2,
        commander="emorgan",
        services=("checkout", "identity"),
        labels=("customer-facing", "privacy"),
        tickets=(
            Ticket(200, "emorgan", "Lint for cache keys without a tenant", "fnakamura", 12, ("In Progress", "Blocked")),
            Ticket(210, "emorgan", "Tell the 312 customers", "emorgan", 1, ("Done",)),
        ),
    ),
    Incident(
        "Status page did not load",
        "The status page was down while checkout had an incident, so nobody could read about it.",
        timedelta(hours=20),
        "P3",
        "aruiz",
        (Happening(30, "aruiz", "takes it"), Happening(35, "aruiz", "investigate")),
        priority="3",
        services=("reporting",),
        same_cause_as=10,
    ),
    Incident(
        "Exports time out for large accounts",
        "Exports of accounts with more than a million rows end after *60 s* with an error.",
        timedelta(hours=1),
        "P3",
        "emorgan",
        priority="3",
        detected_after=10,
        services=("reporting",),
        labels=("performance",),
    ),
)
