"""The people of the sandbox: one directory that both products share, named as each product names them."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class User:
    """One account.

    Cloud knows `account_id`; Data Center's Jira knows `name` and `key`, its Confluence `name` and `user_key`.
    """

    name: str
    display_name: str
    email: str
    account_id: str
    key: str
    user_key: str
    time_zone: str = "Etc/UTC"
    active: bool = True
    assignable: bool = True
    service: bool = False
    deleted: bool = False
    email_hidden: bool = False


@dataclass(frozen=True)
class Group:
    """A group of accounts by name; one without `members` has everybody who is active."""

    name: str
    id: str
    members: frozenset[str] = frozenset()

    def has(self, user: User) -> bool:
        """Whether the account belongs to it."""
        return user.name in self.members if self.members else user.active


def _user(number: int, name: str, display_name: str, time_zone: str = "Etc/UTC") -> User:
    return User(
        name=name,
        display_name=display_name,
        email=f"{name}@example.com",
        account_id=f"712020:{number:08x}-5a4b-4c3d-8e2f-{number:012x}",
        key=f"JIRAUSER{10100 + number}",
        user_key=f"8a7f808a{number:024x}",
        time_zone=time_zone,
    )


SERVICE = User(
    name="svc-pirsync",
    display_name="Review Service",
    email="review-service@example.com",
    account_id="712020:5e7c1ce0-0000-4000-8000-0000000000aa",
    key="JIRAUSER10001",
    user_key="8a7f808a5e7c1ce0000000000000aaaa",
    service=True,
)

PEOPLE: tuple[User, ...] = (
    SERVICE,
    _user(1, "aruiz", "Ana Ruiz", "Europe/Madrid"),
    _user(2, "bokafor", "Bisi Okafor", "Africa/Lagos"),
    _user(3, "clindqvist", "Carl Lindqvist", "Europe/Stockholm"),
    _user(4, "dpatel", "Devika Patel", "Asia/Kolkata"),
    _user(5, "emorgan", "Ellis Morgan", "America/New_York"),
    _user(6, "fnakamura", "Fumiko Nakamura", "Asia/Tokyo"),
    _user(7, "gsilva", "Gustavo Silva", "America/Sao_Paulo"),
    _user(8, "hweiss", "Hanna Weiss", "Europe/Berlin"),
    User(
        name="ileaver",
        display_name="Ivo Leaver",
        email="ileaver@example.com",
        account_id="712020:00000009-5a4b-4c3d-8e2f-000000000009",
        key="JIRAUSER10109",
        user_key="8a7f808a000000000000000000000009",
        active=False,
        assignable=False,
    ),
    User(
        name="jguest",
        display_name="Jo Guest",
        email="jguest@example.com",
        account_id="712020:0000000a-5a4b-4c3d-8e2f-00000000000a",
        key="JIRAUSER10110",
        user_key="8a7f808a00000000000000000000000a",
        assignable=False,
    ),
    replace(_user(11, "kmoreau", "Kim Moreau", "Europe/Paris"), email_hidden=True),
    replace(_user(12, "lgone", "Former user"), active=False, assignable=False, deleted=True, email_hidden=True),
)

GROUPS = (
    Group("jira-administrators", "276f955c-63d7-42c8-9520-92d01dca0625", frozenset({"svc-pirsync", "hweiss"})),
    Group("jira-software-users", "6e87dc72-4f1f-421f-9382-2fee8b652487"),
)


class Directory:
    """Looks people up by any of the names that a product uses for them."""

    def __init__(self, users: tuple[User, ...] = PEOPLE) -> None:
        self._users: list[User] = list(users)
        self.groups: tuple[Group, ...] = GROUPS

    def all(self) -> tuple[User, ...]:
        """Everybody, in the order in which they were added."""
        return tuple(self._users)

    def add(self, user: User) -> None:
        """Add an account; a loaded issue brings its own people."""
        self._users.append(user)

    def ids_of(self, user: User) -> frozenset[str]:
        """What a restriction may name the account by: its own id and those of its groups."""
        return frozenset({user.account_id, *(group.id for group in self.groups if group.has(user))})

    def find(self, ref: str) -> User | None:
        """The account whose account id, name, key, user key or e-mail address is `ref`, exactly."""
        for user in self._users:
            if ref in (user.account_id, user.name, user.key, user.user_key, user.email):
                return user
        return None
