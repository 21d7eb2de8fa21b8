"""The tracker's nouns as Jira's JSON, in the dialect and API version that the reader asked for; nothing is changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from pirsync.sandbox.people import User
from pirsync.sandbox.text import adf, wikitext
from pirsync.sandbox.text.adf_from_wiki import document
from pirsync.sandbox.tracker.nouns import (
    RICH_FIELD,
    Attachment,
    Category,
    Comment,
    FieldDef,
    History,
    IssueType,
    LinkType,
    Priority,
    Project,
    RemoteLink,
    Resolution,
    Status,
    Transition,
)

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

JSON = dict[str, Any]

CATEGORIES: dict[Category, tuple[int, str, str]] = {
    "new": (2, "To Do", "blue-gray"),
    "indeterminate": (4, "In Progress", "yellow"),
    "done": (3, "Done", "green"),
}

SIZES = ("48x48", "24x24", "16x16", "32x32")


@dataclass(frozen=True)
class View:
    """Who reads, and under which API version ("2", "3", "latest"); version 3 has ADF where version 2 has wiki text."""

    world: World
    viewer: User | None
    version: str

    @property
    def rest(self) -> str:
        """The address that `self` links start with."""
        return f"{self.world.jira_url}/rest/api/{self.version}"

    @property
    def has_adf(self) -> bool:
        """Whether rich texts are ADF documents: in version 3 alone; `latest` answers like version 2 on Cloud, too."""
        return self.world.is_cloud and self.version == "3"

    def stamp(self, instant: datetime | None) -> str | None:
        """An instant as Jira writes it: milliseconds, and the reader's offset without a colon."""
        if instant is None:
            return None
        local = instant.astimezone(ZoneInfo(self.viewer.time_zone if self.viewer else "Etc/UTC"))
        return f"{local:%Y-%m-%dT%H:%M:%S}.{local.microsecond // 1000:03d}{local:%z}"

    def rich(self, text: str | None) -> Any:
        """A rich text in this version's form."""
        if not text:
            return text or None
        if not self.has_adf:
            return str(text)
        return text.document if isinstance(text, adf.Rich) else document(text, self.mention)

    def loaded(self, raw: Any, text: str | None) -> Any:
        """A rich text of a loaded issue: as it was recorded, unless that was for the other version."""
        return raw if raw is None or adf.is_document(raw) == self.has_adf else self.rich(text)

    def mention(self, ref: str) -> tuple[str, str] | None:
        """The account id and the display name of a mentioned account; None for somebody unknown."""
        user = self.world.people.find(ref.removeprefix("accountid:"))
        return None if user is None else (user.account_id, user.display_name)

    def html(self, text: str | None) -> str:
        """A rich text as Jira renders it."""
        return wikitext.html(text or "", self.profile_link)

    def profile_link(self, ref: str) -> tuple[str, str] | None:
        """The address and the display name of a mentioned account; None for somebody unknown."""
        user = self.world.people.find(ref.removeprefix("accountid:"))
        if user is None:
            return None
        query = f"accountId={quote(user.account_id)}" if self.world.is_cloud else f"name={quote(user.name)}"
        return f"{self.world.jira_url}/secure/ViewProfile.jspa?{query}", user.display_name


def user_json(view: View, user: User | None) -> JSON | None:
    """An account: Cloud names it by `accountId`, Data Center by `name` and `key`; nobody is null.

    Cloud shows a hidden e-mail address to its owner alone.
    """
    if user is None:
        return None
    avatar = f"{view.world.jira_url}/secure/useravatar?ownerId={quote(user.key)}"
    common: JSON = {
        "emailAddress": user.email,
        "avatarUrls": {size: f"{avatar}&size={size}" for size in SIZES},
        "displayName": user.display_name,
        "active": user.active,
        "timeZone": user.time_zone,
    }
    if view.world.is_cloud:
        names = {"self": f"{view.rest}/user?accountId={quote(user.account_id)}", "accountId": user.account_id}
        if user.email_hidden and user != view.viewer:
            del common["emailAddress"]
        return {**names, **common, "accountType": "app" if user.service else "atlassian"}
    return {"self": f"{view.rest}/user?username={quote(user.name)}", "name": user.name, "key": user.key, **common}


def status_json(view: View, status: Status) -> JSON:
    """A status with its category."""
    return {
        "self": f"{view.rest}/status/{status.id}",
        "description": "",
        "iconUrl": f"{view.world.jira_url}/images/icons/statuses/generic.png",
        "name": status.name,
        "id": status.id,
        "statusCategory": category_json(view, status.category),
    }


def category_json(view: View, category: Category) -> JSON:
    """A status category, the only portable meaning of a status."""
    number, name, colour = CATEGORIES[category]
    address = f"{view.rest}/statuscategory/{number}"
    return {"self": address, "id": number, "key": category, "colorName": colour, "name": name}


def type_json(view: View, kind: IssueType) -> JSON:
    """A work type."""
    value: JSON = {
        "self": f"{view.rest}/issuetype/{kind.id}",
        "id": kind.id,
        "description": kind.description,
        "iconUrl": f"{view.world.jira_url}/secure/viewavatar?size=xsmall&avatarId=10300&avatarType=issuetype",
        "name": kind.name,
        "subtask": kind.subtask,
        "avatarId": 10300,
    }
    if view.world.is_cloud:
        value["hierarchyLevel"] = -1 if kind.subtask else 0
    return value


def project_json(view: View, project: Project) -> JSON:
    """A project as an issue shows it."""
    avatar = f"{view.world.jira_url}/secure/projectavatar?pid={project.id}&avatarId=10324"
    value: JSON = {
        "self": f"{view.rest}/project/{project.id}",
        "id": project.id,
        "key": project.key,
        "name": project.name,
        "projectTypeKey": project.type_key,
        "avatarUrls": {size: f"{avatar}&size={size}" for size in SIZES},
    }
    if view.world.is_cloud:
        value["simplified"] = False
    return value


def short_user_json(view: View, user: User | None) -> JSON | None:
    """An account as a project or a component shows its lead."""
    whole = user_json(view, user) or {}
    return {name: part for name, part in whole.items() if name not in ("emailAddress", "timeZone")} or None


def priority_json(view: View, priority: Priority) -> JSON:
    """A priority."""
    icon = f"{view.world.jira_url}/images/icons/priorities/{quote(priority.name.lower())}.svg"
    return {"self": f"{view.rest}/priority/{priority.id}", "iconUrl": icon, "name": priority.name, "id": priority.id}


def resolution_json(view: View, resolution: Resolution) -> JSON:
    """A resolution."""
    address = f"{view.rest}/resolution/{resolution.id}"
    return {"self": address, "id": resolution.id, "description": resolution.description, "name": resolution.name}


def link_type_json(view: View, kind: LinkType) -> JSON:
    """A link type."""
    address = f"{view.rest}/issueLinkType/{kind.id}"
    return {"id": kind.id, "name": kind.name, "inward": kind.inward, "outward": kind.outward, "self": address}


def option_id(definition: FieldDef, value: str) -> str:
    """The id of a select's option, made of the field's number and the option's place."""
    place = definition.options.index(value) if value in definition.options else len(definition.options)
    return f"{definition.id.rpartition('_')[2]}{place:02d}"


def option_json(view: View, definition: FieldDef, value: str) -> JSON:
    """A select's option."""
    number = option_id(definition, value)
    return {"self": f"{view.rest}/customFieldOption/{number}", "value": value, "id": number}


def custom_json(view: View, definition: FieldDef, value: Any) -> Any:
    """A custom field's value as its kind demands."""
    if value is None:
        return None
    if definition.custom == RICH_FIELD:
        return view.rich(value)
    if definition.kind == "option":
        return option_json(view, definition, value)
    if definition.kind == "user":
        return user_json(view, view.world.people.find(value))
    if definition.kind == "array" and definition.items == "option":
        return [option_json(view, definition, one) for one in value]
    if isinstance(value, datetime):
        return view.stamp(value)
    return value


def schema_json(definition: FieldDef) -> JSON:
    """A field's schema."""
    value: JSON = {"type": definition.kind}
    if definition.items:
        value["items"] = definition.items
    if not definition.custom:
        return {**value, "system": definition.id}
    number = definition.id.rpartition("_")[2]
    return {**value, "custom": definition.custom, **({"customId": int(number)} if number.isdigit() else {})}


def field_json(view: View, definition: FieldDef) -> JSON:
    """A field as `GET field` lists it."""
    number = definition.id.rpartition("_")[2]
    clauses = [f"cf[{number}]", definition.name] if definition.custom else list(definition.clauses)
    value: JSON = {
        "id": definition.id,
        "name": definition.name,
        "custom": bool(definition.custom),
        "orderable": True,
        "navigable": True,
        "searchable": bool(clauses),
        "clauseNames": clauses,
        "schema": schema_json(definition),
    }
    return {"key": definition.id, **value} if view.world.is_cloud else value


def comment_json(view: View, comment: Comment, issue_id: int, expand: frozenset[str] = frozenset()) -> JSON:
    """A comment; `renderedBody` and `properties` only when expanded. A loaded one is answered as it was."""
    if comment.raw is not None:
        value = {**comment.raw, "body": view.loaded(comment.raw.get("body"), comment.body)}
    else:
        value = {
            "self": f"{view.rest}/issue/{issue_id}/comment/{comment.id}",
            "id": comment.id,
            "author": user_json(view, comment.author),
            "body": view.rich(comment.body) or "",
            "updateAuthor": user_json(view, comment.update_author or comment.author),
            "created": view.stamp(comment.created),
            "updated": view.stamp(comment.updated or comment.created),
        }
        if view.world.is_cloud or comment.internal:
            value["jsdPublic"] = not comment.internal
        if comment.visibility is not None:
            one = comment.visibility
            value["visibility"] = {"type": one.kind, "value": one.name}
            if view.world.is_cloud:
                value["visibility"]["identifier"] = one.id if one.kind == "group" else one.name
    if "renderedBody" in expand:
        value["renderedBody"] = view.html(comment.body)
    if "properties" in expand:
        value["properties"] = [{"key": key, "value": one} for key, one in comment_properties(comment).items()]
    return value


def attachment_json(view: View, one: Attachment) -> JSON:
    """A file's description; its content is at `content`."""
    is_cloud = view.world.is_cloud
    name = quote(one.name, safe="")
    value: JSON = {
        "self": f"{view.rest}/attachment/{one.id}",
        "id": one.id,
        "filename": one.name,
        "author": user_json(view, one.author),
        "created": view.stamp(one.created),
        "size": len(one.data),
        "mimeType": one.media_type,
        "content": f"{view.world.jira_url}/secure/attachment/{one.id}/{name}",
    }
    return {**value, "content": f"{view.rest}/attachment/content/{one.id}"} if is_cloud else value


def comment_properties(comment: Comment) -> JSON:
    """A comment's properties; an internal one has the service desk's own."""
    own: JSON = {"sd.public.comment": {"internal": True}} if comment.internal else {}
    return {**own, **comment.properties}


def history_json(view: View, history: History) -> JSON:
    """One entry of a changelog; a loaded one is answered as it was."""
    if history.raw is not None:
        return history.raw
    items: list[JSON] = []
    for item in history.items:
        kind = "custom" if item.field_id.startswith("customfield_") else "jira"
        entry: JSON = {"field": item.field, "fieldtype": kind}
        if view.world.is_cloud:
            entry["fieldId"] = item.field_id
        ends = {"from": item.from_id, "fromString": item.from_text, "to": item.to_id, "toString": item.to_text}
        if view.world.is_cloud and item.field_id in ("assignee", "reporter"):
            ends |= {"tmpFromAccountId": item.from_id, "tmpToAccountId": item.to_id}
        items.append({**entry, **ends})
    created = view.stamp(history.created)
    return {"id": history.id, "author": user_json(view, history.author), "created": created, "items": items}


def transition_json(view: View, step: Transition, fields: JSON | None) -> JSON:
    """A workflow step; `fields` are those of its screen, None where nobody asked for them."""
    target = status_json(view, view.world.tracker.statuses[step.to_status_id])
    value: JSON = {"id": step.id, "name": step.name, "to": target}
    if view.world.is_cloud:
        flags = {"isGlobal": not step.from_status_ids, "isInitial": False, "isAvailable": True, "isConditional": False}
        value.update({"hasScreen": bool(step.screen), **flags, "isLooped": False})
    return value if fields is None else {**value, "fields": fields}


def remote_link_json(view: View, ref: str, link: RemoteLink) -> JSON:
    """A remote link; what was not sent is absent, as omitted parts of an update are."""
    parts = ("application", "relationship", "object")
    kept = {name: link.raw[name] for name in parts if link.raw.get(name) is not None}
    value: JSON = {"id": int(link.id), "self": f"{view.rest}/issue/{ref}/remotelink/{link.id}"}
    if link.global_id:
        value["globalId"] = link.global_id
    return {**value, "application": {}, **kept}
