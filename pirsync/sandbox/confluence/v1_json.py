"""How pages and people look in Confluence's older API (`/rest/api`), which Data Center and part of Cloud speak."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pirsync.sandbox.people import Group, User
from pirsync.sandbox.site import web_path
from pirsync.sandbox.wiki import Page, Prop, Space, Version, ancestors, children, may_edit, space_of, status_of
from pirsync.sandbox.wiki.restrictions import OPERATIONS, Operation, groups_of, people_of

from .bodies import SERVED, represented

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

Json = dict[str, Any]

_RENDERED_PARTS = {"webresource": "", "embeddedContent": "", "mediaToken": ""}
_ALWAYS_NAMED = ("container", "metadata", "operations", "children", "restrictions", "history", "ancestors", "body")


def moment(instant: datetime) -> str:
    """A point in time as both dialects write it, e.g. `2026-03-01T09:30:00.000Z`."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"


def user_json(world: World, user: User | None) -> Json:
    """A person; None gives the anonymous one."""
    picture = {"path": "/images/icons/profilepics/anonymous.svg", "width": 48, "height": 48, "isDefault": True}
    if user is None:
        return {"type": "anonymous", "profilePicture": picture, "displayName": "Anonymous", "_expandable": {}}
    if not world.is_cloud:
        return {
            "type": "known",
            "username": user.name,
            "userKey": user.user_key,
            "profilePicture": {**picture, "path": "/confluence/images/icons/profilepics/default.svg"},
            "displayName": user.display_name,
            "_links": {"self": f"{world.wiki_url}/rest/api/user?key={user.user_key}"},
            "_expandable": {"status": ""},
        }
    return {
        "type": "known",
        "accountId": user.account_id,
        "accountType": "atlassian",
        "email": user.email,
        "publicName": user.display_name,
        "timeZone": user.time_zone,
        "profilePicture": {**picture, "path": f"/wiki/aa-avatar/{user.account_id}"},
        "displayName": user.display_name,
        "isExternalCollaborator": False,
        "_expandable": {"operations": "", "personalSpace": ""},
        "_links": {"self": f"{world.wiki_url}/rest/api/user?accountId={user.account_id}"},
    }


def space_json(world: World, space: Space) -> Json:
    """A space without expansions."""
    return {
        "id": space.id,
        "key": space.key,
        "name": space.name,
        "type": space.kind,
        "status": space.status,
        "_expandable": {
            "homepage": f"/rest/api/content/{space.homepage_id}",
            "icon": "",
            "description": "",
            "metadata": "",
        },
        "_links": {"self": f"{world.wiki_url}/rest/api/space/{space.key}", "webui": f"/spaces/{space.key}"},
    }


def version_json(world: World, page: Page, version: Version) -> Json:
    """A version's number, author, time and message."""
    return {
        "by": user_json(world, version.author),
        "when": moment(version.at),
        "friendlyWhen": f"{version.at:%b %d, %Y}",
        "message": version.message,
        "number": version.number,
        "minorEdit": version.minor,
        "confRev": f"confluence$content${page.id}.{version.number}",
        "contentTypeModified": False,
        "_expandable": {"collaborators": "", "content": f"/rest/api/content/{page.id}"},
        "_links": {"self": f"{world.wiki_url}/rest/api/content/{page.id}/version/{version.number}"},
    }


def label_json(world: World, name: str) -> Json:
    """A global label."""
    return {"prefix": "global", "name": name, "id": str(world.wiki.label_ids[name]), "label": name}


def property_json(world: World, page: Page, prop: Prop) -> Json:
    """A content property with its version."""
    version = {
        "by": user_json(world, prop.author),
        "when": moment(prop.at),
        "message": "",
        "number": prop.version,
        "minorEdit": False,
    }
    return {
        "id": str(prop.id),
        "key": prop.key,
        "value": prop.value,
        "version": version,
        "_links": {"self": f"{world.wiki_url}/rest/api/content/{page.id}/property/{prop.key}"},
        "_expandable": {"content": f"/rest/api/content/{page.id}"},
    }


@dataclass(frozen=True)
class Asked:
    """What a request wants of each page: who asks, and which expansions (`body.storage`, `version`, …)."""

    world: World
    actor: User | None
    expand: frozenset[str] = frozenset()

    def wants(self, name: str) -> bool:
        """Whether that expansion, or one below it, is asked for."""
        return any(each == name or each.startswith(f"{name}.") for each in self.expand)

    def below(self, name: str) -> Asked:
        """What is wanted of the things under that name: `container.version` asks for the container's version."""
        prefix = f"{name}."
        inner = frozenset(each.removeprefix(prefix) for each in self.expand if each.startswith(prefix))
        return Asked(self.world, self.actor, inner)


def expansions(text: str) -> frozenset[str]:
    """The names in an `expand` parameter, separated by commas."""
    return frozenset(name.strip() for name in text.split(",") if name.strip())


def content_json(asked: Asked, page: Page, version: Version | None = None) -> Json:
    """A page at its newest or the given version, or its draft, with the expansions that were asked for."""
    world, shown = asked.world, version or page.current
    answer: Json = {"id": str(page.id), "type": page.kind, "status": status_of(page, shown), "title": shown.title}
    makers: dict[str, Callable[[], Any]] = {
        "space": lambda: space_json(world, space_of(world, page)),
        "history": lambda: history_json(asked, page, shown),
        "version": lambda: version_json(world, page, shown),
        "ancestors": lambda: [content_json(Asked(world, asked.actor), above) for above in ancestors(world, page)],
        "operations": lambda: operations(world, asked.actor, page),
        "children": lambda: _children(asked, page),
        "body": lambda: _body(asked, page, shown),
        "metadata": lambda: _metadata(asked, page),
        "restrictions": lambda: _restrictions(asked, page),
    }
    answer |= {name: make() for name, make in makers.items() if asked.wants(name)}
    above = f"/rest/api/space/{space_of(world, page).key}"
    unexpanded = {name: "" for name in (*makers, *_ALWAYS_NAMED) if name not in answer}
    answer["extensions"] = {"position": page.position if world.is_cloud else "none"}
    if world.is_cloud:
        answer["macroRenderedOutput"] = {}
    answer["_expandable"] = {**unexpanded, "container": above, **({} if "space" in answer else {"space": above})}
    answer["_links"] = {
        "self": f"{world.wiki_url}/rest/api/content/{page.id}",
        "tinyui": f"/x/{page.id:x}",
        "editui": f"/pages/resumedraft.action?draftId={page.id}",
        "webui": web_path(world, page),
    }
    return answer


def single_json(asked: Asked, page: Page, version: Version | None = None) -> Json:
    """A page as the whole of an answer: its links then say where they start."""
    answer = content_json(asked, page, version)
    answer["_links"] |= {"base": asked.world.wiki_url, "context": "/wiki" if asked.world.is_cloud else "/confluence"}
    return answer


def operations(world: World, actor: User | None, page: Page) -> list[Json]:
    """What the actor may do with the page."""
    names = ["read", *(["update", "create", "delete"] if may_edit(world, actor, page) else [])]
    return [{"operation": name, "targetType": "page"} for name in names]


def plain_list(results: Iterable[Json], start: int = 0, limit: int = 200) -> Json:
    """A short list within an answer."""
    listed = list(results)
    return {"results": listed, "start": start, "limit": limit, "size": len(listed)}


def _body(asked: Asked, page: Page, version: Version) -> Json:
    known = ("storage", "view", "editor", "export_view", "styled_view", "anonymous_export_view", "atlas_doc_format")
    world = asked.world
    wanted = [name for name in SERVED if asked.wants(f"body.{name}")]
    content = {"content": f"/rest/api/content/{page.id}"}
    embedded: Json = {"storage": {"embeddedContent": []}}
    return {
        **{
            name: {
                "value": represented(world, asked.actor, page, version.body, name),
                "representation": name,
                **embedded.get(name, {}),
                "_expandable": content if name == "storage" else {**_RENDERED_PARTS, **content},
            }
            for name in wanted
        },
        "_expandable": {name: "" for name in known if name not in wanted},
    }


def history_json(asked: Asked, page: Page, version: Version | None = None) -> Json:
    """Who made the page and when; the newest version and the neighbours of the given one as far as asked for."""
    first, shown = page.versions[0], version or page.current
    answer: Json = {
        "latest": shown is page.current or shown is page.draft,
        "createdBy": user_json(asked.world, first.author),
        "createdDate": moment(page.created),
        "contributors": {"_expandable": {"publishers": ""}},
        "_expandable": {"lastOwnedBy": "", "nextVersion": "", "ownedBy": ""},
        "_links": {"self": f"{asked.world.wiki_url}/rest/api/content/{page.id}/history"},
    }
    if asked.wants("history.lastUpdated"):
        answer["lastUpdated"] = version_json(asked.world, page, page.current)
    for name, number in (("previousVersion", shown.number - 1), ("nextVersion", shown.number + 1)):
        beside = [one for one in page.versions if one.number == number]
        if beside and asked.wants(f"history.{name}"):
            answer[name] = version_json(asked.world, page, beside[0])
            answer["_expandable"].pop(name, None)
    return answer


def group_json(world: World, group: Group) -> Json:
    """A group; Data Center's has no id."""
    if not world.is_cloud:
        own = f"{world.wiki_url}/rest/api/group/{group.name}"
        return {"type": "group", "name": group.name, "_links": {"self": own}}
    own = f"{world.wiki_url}/rest/api/group/by-id?id={group.id}"
    return {"type": "group", "name": group.name, "id": group.id, "_links": {"self": own}}


def restriction_json(world: World, page: Page, operation: Operation, parts: frozenset[str]) -> Json:
    """Whom one operation is restricted to; `parts` are `restrictions.user` and `restrictions.group` as asked for."""
    people = [user_json(world, user) for user in people_of(world, page, operation)]
    groups = [group_json(world, group) for group in groups_of(world, page, operation)]
    lists = {"user": plain_list(people), "group": plain_list(groups)}
    shown = {name: found for name, found in lists.items() if f"restrictions.{name}" in parts}
    unexpanded = {name: "" for name in lists if name not in shown}
    own = f"{world.wiki_url}/rest/api/content/{page.id}/restriction/byOperation/{operation}"
    return {
        "operation": operation,
        "restrictions": {**shown, "_expandable": unexpanded},
        "_expandable": {"content": f"/rest/api/content/{page.id}"},
        "_links": {"self": own},
    }


def _restrictions(asked: Asked, page: Page) -> Json:
    own = f"{asked.world.wiki_url}/rest/api/content/{page.id}/restriction/byOperation"
    answer: Json = {"_expandable": {}, "_links": {"self": own}}
    for operation in OPERATIONS:
        prefix = f"restrictions.{operation}"
        if asked.wants(prefix):
            parts = frozenset(name.removeprefix(f"{prefix}.") for name in asked.expand)
            answer[operation] = restriction_json(asked.world, page, operation, parts)
        else:
            answer["_expandable"][operation] = ""
    return answer


def _children(asked: Asked, page: Page) -> Json:
    plain = Asked(asked.world, asked.actor)
    below = plain_list(content_json(plain, child) for child in children(asked.world, page))
    return {"page": below} if asked.wants("children.page") else {"_expandable": {"page": ""}}


def _metadata(asked: Asked, page: Page) -> Json:
    answer: Json = {"_expandable": {"currentuser": "", "frontend": "", "editorHtml": ""}}
    if asked.wants("metadata.labels"):
        answer["labels"] = plain_list(label_json(asked.world, name) for name in page.labels)
    prefix = "metadata.properties."
    keys = [name.removeprefix(prefix) for name in asked.expand if name.startswith(prefix)]
    if keys:
        held = [page.properties[key] for key in keys if key in page.properties]
        answer["properties"] = {prop.key: property_json(asked.world, page, prop) for prop in held}
    return answer
