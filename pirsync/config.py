"""config.toml becomes Settings, or one ConfigError that names every problem at once with file, line and key."""

from __future__ import annotations

import difflib
import ipaddress
import re
import string
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, ValidationInfo, field_validator

from .errors import ConfigError
from .model import Deployment
from .policy.calendar import Calendar, Weekday
from .policy.clocks import Rules
from .policy.escalation import Ladder
from .policy.holidays import public_holidays
from .policy.people import People
from .policy.procedures import Meetings
from .resources import example_config
from .template_choice import Choices, TemplateChoice
from .toml import MISSING_FILE, Problem, Source, Table, load_table, nearest, not_empty

EXAMPLE_OWNER = "00000000-0000-0000-0000-000000000000"
EXAMPLE_DAY = "2026-01-01"
EXAMPLE_YEAR = 2026

LONGEST = 366 * 86400
"""No length of time in a configuration is longer than a year."""

EVERY_TYPE = "*"
"""As an issue type: issues of every type are incidents."""

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds(value: object) -> int:
    """A length of time as whole seconds: 90, "90s", "5m", "1h" or "1d"; ValueError for anything else."""
    found = re.fullmatch(r"(\d{1,9})\s*([smhd]?)", value.strip()) if isinstance(value, str) else None
    if found:
        length = int(found[1]) * _UNITS[found[2] or "s"]
    elif isinstance(value, int) and not isinstance(value, bool):
        length = value
    else:
        raise ValueError('must be seconds, as in 300, or a number with a unit, as in "90s", "5m", "1h" or "1d"')
    if not 0 <= length <= LONGEST:
        raise ValueError("must be between 0 and 366 days")
    return length


def _words(value: str) -> str:
    if not value.strip() or not value.isprintable():
        raise ValueError("must be some text on one line")
    return value.strip()


def _project(value: str) -> str:
    """Sites may allow other shapes of keys; one in quotes of its own is taken as it is."""
    if re.fullmatch(r'"[^"\s]+"', value):
        return value.strip('"')
    if re.fullmatch(r"[A-Z][A-Z0-9_]+", value):
        return value
    hint = f"; did you mean {value.upper()}?" if re.fullmatch(r"[A-Za-z][A-Za-z0-9_]+", value) else ""
    raise ValueError(f"""must be a project's key, as in "OPS", or quoted twice, as in '"ops-1"'{hint}""")


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        near = difflib.get_close_matches(value, available_timezones(), n=1)
        raise ValueError(f"unknown time zone; did you mean {near[0] if near else 'Europe/Vienna'}?") from None
    return value


def _since(value: object) -> date | Literal["always"]:
    if value == "always":
        return "always"
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise ValueError('must be a day, as in 2026-01-31, or "always"') from None


def _day(value: object) -> date | None:
    """A day, None for nothing; ValueError for anything else."""
    if value == "":
        return None
    found = _since(value) if value != "always" else None
    if not isinstance(found, date):
        raise ValueError("must be a day, as in 2026-01-31")
    return found


def _address(value: str, allow_http: bool) -> str:
    """The address without its trailing slash; ValueError, which never repeats it, where it cannot be used."""
    try:
        parts = urlsplit(value)
        host = parts.hostname if parts.port != 0 else None
    except ValueError:
        raise ValueError("must be an address, as in https://example.atlassian.net") from None
    if parts.scheme not in ("http", "https") or not host or re.search(r"\s", value) or not value.isprintable():
        raise ValueError("must be an address, as in https://example.atlassian.net")
    if "@" in parts.netloc:
        raise ValueError("must not hold a user or password; use the keys user and token")
    if "?" in value or "#" in value:
        raise ValueError("must not have a query (?) or a fragment (#)")
    if parts.scheme == "http" and not allow_http and not _is_loopback(host):
        raise ValueError("must start with https:// (a credential is sent there); allow_http = true takes the risk")
    return value.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _page_id(value: object) -> str:
    if isinstance(value, bool) or not re.fullmatch(r"\d*", str(value)):
        raise ValueError("must be the id of a page: the number in its address")
    return str(value)


def _jql_problem(jql: str) -> str:
    """Why the text cannot stand in parentheses inside a longer query, or empty."""
    bare, quote, depth, skip = "", "", 0, False
    for char in jql:
        if skip:
            skip = False
        elif char == "\\":
            skip = True
        elif quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
            bare += char
        else:
            bare += char
            depth += (char == "(") - (char == ")")
            if depth < 0:
                break
    if quote or skip:
        return "a quote is not closed"
    if depth:
        return "the parentheses do not match"
    if re.search(r"\border\s+by\b", bare, re.IGNORECASE):
        return "must not say ORDER BY; pirsync orders by itself"
    return ""


Words = Annotated[str, AfterValidator(_words)]
ProjectKey = Annotated[str, AfterValidator(_project)]
Seconds = Annotated[int, PlainValidator(seconds)]


class Product(Table):
    """Where one product is and how we log in. `url` is what people browse; `api_url` the gateway, or the same.

    With a `user` the token is its password (Basic), without one it is a Bearer token. `token` is a reference.
    `token_expires` is the day it ends, where somebody wrote it down. `ca` is the path of a bundle of certificates, or
    empty for the system's own.
    """

    allow_http: bool = False
    url: str
    api_url: str = Field("", validate_default=True)
    user: str = ""
    token: str
    token_expires: Annotated[date | None, PlainValidator(_day)] = None
    ca: str = ""

    @field_validator("url", "api_url")
    @classmethod
    def _check_address(cls, value: str, info: ValidationInfo) -> str:
        if info.field_name == "api_url" and not value:
            return str(info.data.get("url", ""))
        return _address(value, bool(info.data.get("allow_http", False)))

    @field_validator("token")
    @classmethod
    def _check_reference(cls, value: str) -> str:
        if not re.fullmatch(r"(env:[A-Za-z_][A-Za-z0-9_]*|(file|command):\s*\S.*)", value):
            raise ValueError(
                "must say where the token is: env:NAME, file:PATH or command:COMMAND; a token never stands in this file"
            )
        return value

    @field_validator("ca")
    @classmethod
    def _find_bundle(cls, value: str, info: ValidationInfo) -> str:
        bundle = _base(info) / value
        if value and not bundle.is_file():
            raise ValueError(MISSING_FILE)
        return str(bundle) if value else ""


def _base(info: ValidationInfo) -> Path:
    """The folder that relative paths start from."""
    return Path(info.context["base"]) if info.context else Path()


class Site(Table):
    """One Jira with its Confluence. `owner_id` is this installation's name on everything that it makes."""

    name: Words = "main"
    deployment: Deployment
    owner_id: str
    state: Path = Field(Path("pirsync.db"), validate_default=True)
    jira: Product
    confluence: Product

    @field_validator("owner_id")
    @classmethod
    def _check_owner(cls, value: str) -> str:
        if not re.fullmatch(r"[a-z0-9-]{8,64}", value):
            raise ValueError("must be 8 to 64 of a-z, 0-9 and -, as `pirsync init` writes it")
        return value

    @field_validator("state")
    @classmethod
    def _place_state(cls, value: Path, info: ValidationInfo) -> Path:
        return _base(info) / value


class WorkingDays(Table):
    """On which days a team works. `holidays` are countries ("AT") or parts of them ("AT-9"); dates of its own go first.
    `first_day` says where the count of business days begins.
    """

    weekend: tuple[Weekday, ...] = ("Saturday", "Sunday")
    holidays: tuple[Words, ...] = ()
    days_off: tuple[date, ...] = ()
    days_worked: tuple[date, ...] = ()
    first_day: Literal["next", "same"] = "next"

    @field_validator("weekend")
    @classmethod
    def _leave_a_day(cls, value: tuple[Weekday, ...]) -> tuple[Weekday, ...]:
        if len(set(value)) == 7:
            raise ValueError("must leave a day to work")
        return tuple(dict.fromkeys(value))

    @field_validator("holidays")
    @classmethod
    def _find_regions(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for region in value:
            try:
                public_holidays(region, EXAMPLE_YEAR)
            except ConfigError as error:
                raise ValueError(str(error)) from None
        return value

    def calendar(self, zone: str) -> Calendar:
        """The same as the calendar of a team in that zone."""
        return Calendar(
            zone=zone,
            weekend=self.weekend,
            regions=self.holidays,
            days_off=frozenset(self.days_off),
            days_worked=frozenset(self.days_worked),
            first_day=self.first_day,
        )


class Team(Table):
    """Whose incidents are reviewed, since when, and where pages and tickets go. `site` is empty until loaded."""

    name: Words
    site: str = ""
    projects: Annotated[tuple[ProjectKey, ...], AfterValidator(not_empty)]
    issue_types: Annotated[tuple[Words, ...], AfterValidator(not_empty)] = ("Incident", "[System] Incident")
    jql: str = ""
    closed_since: Annotated[date | Literal["always"], PlainValidator(_since)]
    space: Words
    parent: Annotated[str, PlainValidator(_page_id)] = ""
    index_title: Words = "Post-incident review index"
    title: Words = "{key} Post-incident review"
    action_project: ProjectKey
    action_type: Words = "Task"
    link_type: Words = "Action item"
    link_side: Literal["outward", "inward"] = "outward"
    time_zone: Annotated[str, AfterValidator(_zone)] = "UTC"
    mapping: Words = "default"
    template: Choices = (TemplateChoice(use="review"),)
    page_edits: Literal["restore", "push", "keep"] = "restore"
    packs: tuple[Words, ...] = ()
    calendar: WorkingDays = WorkingDays()
    deadlines: Rules = Rules()
    people: People = People()
    meeting: Meetings = Meetings()
    exemptions: Words = "exemptions.toml"
    escalation: Ladder = Ladder()

    @field_validator("jql")
    @classmethod
    def _check_jql(cls, value: str) -> str:
        if problem := _jql_problem(value):
            raise ValueError(problem)
        return value.strip()

    @field_validator("title")
    @classmethod
    def _check_title(cls, value: str) -> str:
        try:
            holes = [hole for hole in string.Formatter().parse(value) if hole[1] is not None]
        except ValueError:
            holes = []
        if not holes or len(value) > 200 or any(hole[1:] != ("key", "", None) for hole in holes):
            raise ValueError("must contain {key} (it tells reviews apart), no other braces, and at most 200 characters")
        return value


class Run(Table):
    """How often and how carefully we work; lengths of time are whole seconds. `max_creates` is a pass's brake,
    `max_requests` (0: none) how many requests it may have made before it begins with another incident. `health_file`
    is a path, or empty.
    """

    poll_every: Seconds = 60
    sweep_every: Seconds = 86400
    overlap: Seconds = 600
    settle: Seconds = 60
    quiet_period: Seconds = 300
    quiet_at_most: Seconds = Field(3600, validate_default=True)
    max_creates: int = Field(50, strict=True, ge=1)
    max_requests: int = Field(0, strict=True, ge=0)
    health_file: str = ""

    @field_validator("poll_every", "sweep_every")
    @classmethod
    def _check_pause(cls, value: int) -> int:
        if value < 1:
            raise ValueError("must be at least one second")
        return value

    @field_validator("health_file")
    @classmethod
    def _place_health(cls, value: str, info: ValidationInfo) -> str:
        return str(_base(info) / value) if value else ""

    @field_validator("quiet_at_most")
    @classmethod
    def _check_quiet(cls, value: int, info: ValidationInfo) -> int:
        if value < info.data.get("quiet_period", 0):
            raise ValueError("must not be less than quiet_period")
        return value


def _list_of_tables(value: object) -> object:
    if isinstance(value, dict):
        raise ValueError("must be a list of tables: write its name in double brackets")
    return not_empty(value) if isinstance(value, list) else value


class _File(Table):
    sites: Annotated[tuple[Site, ...], BeforeValidator(_list_of_tables)] = Field(alias="site")
    teams: Annotated[tuple[Team, ...], BeforeValidator(_list_of_tables)] = Field(alias="team")
    run: Run = Run()


class Settings(Table):
    """A whole configuration, checked. Every team's `site` is the name of one of the sites."""

    path: Path
    sites: tuple[Site, ...]
    teams: tuple[Team, ...]
    run: Run

    @property
    def site(self) -> Site:
        """The one site that there is for now."""
        return self.sites[0]


def load(path: Path) -> Settings:
    """Read and check a configuration. Raises ConfigError with one line for each problem, in the file's order."""
    if not path.exists():
        raise ConfigError(f"{path}: {MISSING_FILE}; `pirsync init` writes one")
    base = path.absolute().parent
    file = load_table(Source.read(path), _File, (_relations,), context={"base": base})
    only = file.sites[0].name
    teams = tuple(team.model_copy(update={"site": team.site or only}) for team in file.teams)
    return Settings(path=path.absolute(), sites=file.sites, teams=teams, run=file.run)


def _relations(data: dict[str, Any]) -> Iterator[Problem]:
    """What only several values together show."""
    sites, teams = _tables(data, "site"), _tables(data, "team")
    if len(sites) > 1:
        yield ("site", 1), "only one site is possible for now"
    names = [str(site.get("name", "main")) for site in sites]
    seen: set[str] = set()
    for index, team in enumerate(teams):
        wanted, name = team.get("site", ""), team.get("name")
        if isinstance(wanted, str) and wanted and wanted not in names:
            yield ("team", index, "site"), "no [[site]] has that name" + nearest(wanted, names)
        if isinstance(name, str):
            if name in seen:
                yield ("team", index, "name"), "another [[team]] has that name"
            seen.add(name)


def _tables(data: dict[str, Any], key: str) -> list[dict[str, Any]]:
    values = data.get(key)
    return [value if isinstance(value, dict) else {} for value in values] if isinstance(values, list) else []


def init_text(owner_id: str, today: date) -> str:
    """A first config.toml: the example with an owner id of its own and `closed_since` the day of installation."""
    return example_config().replace(EXAMPLE_OWNER, owner_id).replace(EXAMPLE_DAY, today.isoformat())
