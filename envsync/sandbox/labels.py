"""Labels of a repository."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from envsync.sandbox.account_shapes import node_id
from envsync.sandbox.call import body_object, brief, text_in
from envsync.sandbox.exchange import Reply, invalid_request, validation_failed
from envsync.sandbox.issue_state import UNCHOSEN_COLOR, Label
from envsync.sandbox.paging import page_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envsync.sandbox.account_shapes import Shape
    from envsync.sandbox.call import Call

_RESOURCE = "Label"
_MAX_NAME = 50
_COLOR = re.compile(r"[0-9A-Fa-f]{6}\Z")


def list_all(call: Call) -> Reply:
    found = sorted(call.repository.labels.values(), key=lambda label: label.name.casefold())
    chunk, headers = page_of(call, found)
    return Reply(200, [label_shape(call, one) for one in chunk], headers)


def create(call: Call) -> Reply:
    body = body_object(call)
    name = _checked_name(text_in(body, "name"))
    if name.casefold() in call.repository.labels:
        raise validation_failed(_RESOURCE, "name", "name already exists", "already_exists")
    color = text_in(body, "color") if "color" in body else UNCHOSEN_COLOR
    if not _COLOR.match(color):
        raise validation_failed(_RESOURCE, "color", "color must be six hexadecimal digits", "invalid")
    description = body.get("description")
    label = _new(call, name)
    label.color = color.lower()
    label.description = None if description is None else text_in(body, "description")
    shape = label_shape(call, label)
    return Reply(201, shape, {"location": str(shape["url"])})


def keys_of(call: Call, asked: object) -> list[str]:
    """The keys of labels that a body names, as texts or as objects. Those that are missing are made."""
    if not isinstance(asked, list):
        raise invalid_request(f"For 'properties/labels', {brief(asked)} is not an array.")
    names = [_checked_name(_name(item)) for item in asked]
    for name in names:
        if name.casefold() not in call.repository.labels:
            _new(call, name)
    return list(dict.fromkeys(name.casefold() for name in names))


def label_shape(call: Call, label: Label) -> Shape:
    return {
        "id": label.id,
        "node_id": node_id("LA", label.id),
        "url": f"{call.api}/repos/{call.repository.full_name}/labels/{quote(label.name, safe='')}",
        "name": label.name,
        "color": label.color,
        "default": False,
        "description": label.description,
    }


def label_shapes(call: Call, keys: Sequence[str]) -> list[Shape]:
    labels = call.repository.labels
    return [label_shape(call, labels[key]) for key in keys if key in labels]


def _new(call: Call, name: str) -> Label:
    label = call.repository.labels[name.casefold()] = Label(call.state.new_id(), name)
    return label


def _name(item: object) -> str:
    name = item.get("name") if isinstance(item, dict) else item
    if not isinstance(name, str):
        raise invalid_request(f"For 'properties/labels', {brief(name)} is not a string.")
    return name


def _checked_name(name: str) -> str:
    if not name.strip():
        raise validation_failed(_RESOURCE, "name", "name can't be blank", "missing_field")
    if len(name) > _MAX_NAME:
        raise validation_failed(_RESOURCE, "name", f"name is too long (maximum is {_MAX_NAME} characters)")
    return name
