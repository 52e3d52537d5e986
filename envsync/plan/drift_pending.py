"""JSON -> what is pending: the changes of a plan, from what `encode_change` made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from envsync.model import Pattern, RefType
from envsync.plan.changes import (
    Action,
    Address,
    EnvironmentCreate,
    EnvironmentDelete,
    FieldChange,
    Kind,
    Origin,
    PatternCreate,
    PatternDelete,
    PatternRename,
    Release,
    Risk,
    RuleCreate,
    RuleDelete,
    SecretCreate,
    SecretDelete,
    SecretUpdate,
    SettingsUpdate,
    VariableCreate,
    VariableDelete,
    VariableUpdate,
    Verdict,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from envsync.plan.changes import Change, FieldValue

    Item = Mapping[str, Any]  # of which the schema says what is in it

_GIVEN_UP = {"ignore", "never_touch"}  # fields of a `Release`; no setting is called so
_REFS = {Kind.BRANCH_PATTERN: RefType.BRANCH, Kind.TAG_PATTERN: RefType.TAG}


def change_of(item: Item) -> Change:
    """Raises `ValueError` for what no change of a plan looks like."""
    at = Address(item["repository"], item["environment"])
    verdict = Verdict(Risk(item["risk"]), item["reason"], Origin(item["origin"]))
    action, kind = Action(item["action"]), Kind(item["kind"])
    fields = tuple(
        FieldChange(each["name"], field_value(each["before"]), field_value(each["after"]))
        for each in item["fields"]
    )
    match kind:
        case Kind.ENVIRONMENT | Kind.SETTINGS:
            return _of_environment(at, verdict, kind, action, fields)
        case Kind.BRANCH_PATTERN | Kind.TAG_PATTERN:
            return _of_pattern(at, verdict, Pattern(_REFS[kind], _text(item["name"])), action, fields)
        case Kind.PROTECTION_RULE:
            return _of_rule(at, verdict, _text(item["name"]), action)
        case Kind.VARIABLE:
            return _of_variable(at, verdict, _text(item["name"]), action, fields)
        case Kind.SECRET:
            return _of_secret(at, verdict, _text(item["name"]), action)
        case _:
            assert_never(kind)


def field_value(value: list[str] | str | int | None) -> FieldValue:
    return tuple(value) if isinstance(value, list) else value


def _of_environment(
    at: Address, verdict: Verdict, kind: Kind, action: Action, fields: tuple[FieldChange, ...]
) -> Change:
    match kind, action, fields:
        case Kind.ENVIRONMENT, Action.CREATE, _:
            return EnvironmentCreate(at, verdict, fields)
        case Kind.ENVIRONMENT, Action.DELETE, ():
            return EnvironmentDelete(at, verdict)
        case Kind.SETTINGS, Action.UPDATE, (field,) if field.name in _GIVEN_UP:
            return Release(at, verdict, field)
        case Kind.SETTINGS, Action.UPDATE, _:
            return SettingsUpdate(at, verdict, fields)
        case _:
            raise ValueError("no change of an environment")


def _of_pattern(
    at: Address, verdict: Verdict, pattern: Pattern, action: Action, fields: tuple[FieldChange, ...]
) -> Change:
    match action, fields:
        case Action.CREATE, ():
            return PatternCreate(at, verdict, pattern)
        case Action.UPDATE, (FieldChange("name", pattern.name, after),):
            return PatternRename(at, verdict, pattern, _text(after))
        case Action.DELETE, ():
            return PatternDelete(at, verdict, pattern)
        case _:
            raise ValueError("no change of a pattern")


def _of_rule(at: Address, verdict: Verdict, app: str, action: Action) -> Change:
    match action:
        case Action.CREATE:
            return RuleCreate(at, verdict, app)
        case Action.DELETE:
            return RuleDelete(at, verdict, app)
        case _:
            raise ValueError("a rule is there or not")


def _of_variable(
    at: Address, verdict: Verdict, name: str, action: Action, fields: tuple[FieldChange, ...]
) -> Change:
    match action, fields:
        case Action.CREATE, (FieldChange("value", None, after),):
            return VariableCreate(at, verdict, name, _text(after))
        case Action.UPDATE, (FieldChange("value", before, after),):
            return VariableUpdate(at, verdict, name, _text(before), _text(after))
        case Action.DELETE, (FieldChange("value", before, None),):
            return VariableDelete(at, verdict, name, _text(before))
        case _:
            raise ValueError("no change of a variable")


def _of_secret(at: Address, verdict: Verdict, name: str, action: Action) -> Change:
    match action:
        case Action.CREATE:
            return SecretCreate(at, verdict, name)
        case Action.UPDATE:
            return SecretUpdate(at, verdict, name)
        case Action.DELETE:
            return SecretDelete(at, verdict, name)
        case _:
            assert_never(action)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("no text")  # noqa: TRY004 - it is about a document
    return value
