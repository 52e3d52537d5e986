"""Valid nodes -> what an environment of one repository shall be; and what only their meaning shows to be wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from envsync.config.codes import Code
from envsync.config.declaration import flag, scalars
from envsync.config.sources import DOLLAR_HINT, TEMPLATE_HINT, source_of
from envsync.config.templates import NAMES, expand, is_unclosed, replacements, unknown
from envsync.documents.near_misses import near_miss
from envsync.documents.nodes import Mapping, Scalar
from envsync.documents.scalars import resolve
from envsync.model import (
    MAX_VALUE_BYTES,
    MAX_WAIT_MINUTES,
    DesiredEnvironment,
    DesiredSecret,
    Field,
    Pattern,
    RefPolicy,
    RefType,
    Reviewer,
    Settings,
    Team,
    User,
)

if TYPE_CHECKING:
    import collections.abc

    from envsync.config.body import Body
    from envsync.documents.findings import Findings
    from envsync.documents.nodes import Node
    from envsync.model import RepositoryName

_MINUTES = {"m": 1, "h": 60, "d": 24 * 60}
# Logins of managed users hold an underscore, and slugs of teams underscores and dots.
_REVIEWER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}(/[A-Za-z0-9_][A-Za-z0-9._-]{0,254})?")


@dataclass(frozen=True, slots=True)
class Context:
    repository: RepositoryName
    environment: Scalar  # its name
    root: str
    findings: Findings

    def replaced(self) -> collections.abc.Mapping[str, str]:
        return replacements(self.repository, self.environment.text)


def desired_environment(body: Body, context: Context) -> DesiredEnvironment:
    """`body` is settled. If anything is found wrong, what is returned is of no use."""
    fields = {name: entry.value for name, entry in body.fields.items()}
    policy = fields.get("deployment_branch_policy")
    return DesiredEnvironment(
        name=context.environment.text,
        settings=Settings(
            required_reviewers=_reviewers(scalars(fields.get("required_reviewers")), context),
            wait_timer=_wait_timer(fields.get("wait_timer"), context),
            prevent_self_review=flag(fields.get("prevent_self_review"), default=False),
            can_admins_bypass=flag(fields.get("can_admins_bypass"), default=True),
            deployment_branch_policy=_policy(policy),
        ),
        patterns=_patterns(policy, context),
        protection_rules=_slugs(scalars(fields.get("deployment_protection_rules")), context),
        variables=_variables(body, context),
        secrets=_secrets(body, context),
        ignore=_ignored(scalars(fields.get("ignore")), context),
        prune=flag(fields.get("prune"), default=False),
        span=context.environment.span,
        variable_spans={name: entry.key.span for name, entry in body.variables.items()},
    )


def uses_templates(body: Body) -> bool:
    """Whether the environment may differ between repositories that share the body."""
    reviewers = body.fields.get("required_reviewers")
    nodes: list[Node] = [entry.value for entry in (*body.variables.values(), *body.secrets.values())]
    nodes += scalars(reviewers.value) if reviewers else ()
    for entry in body.secrets.values():
        inner = entry.value.entries if isinstance(entry.value, Mapping) else ()
        for item in inner:
            nodes += (item.value, *scalars(item.value))
    return any(isinstance(node, Scalar) and "$" in node.text for node in nodes)


def _reviewers(items: tuple[Scalar, ...], context: Context) -> tuple[Reviewer, ...]:
    found: dict[str, Reviewer] = {}
    values = context.replaced()
    for item in items:
        text = _expanded(item, values, context)
        if text is None:
            continue
        if not _REVIEWER.fullmatch(text):
            message = f"{context.findings.quoted(item)} is not a reviewer"
            hint = "write a login for a user, or org/slug for a team"
            context.findings.error(Code.WRONG_FORMAT, message, item.span, hint)
        elif text.casefold() in found:
            message = f"{context.findings.quoted(item)} is named twice"
            context.findings.error(Code.DUPLICATE, message, item.span, "remove one; case does not matter")
        else:
            organization, slash, slug = text.partition("/")
            found[text.casefold()] = Team(organization, slug) if slash else User(text)
    return tuple(found[key] for key in sorted(found))


def _wait_timer(node: Node | None, context: Context) -> int:
    if not isinstance(node, Scalar):
        return 0
    value = resolve(node)
    minutes = int(value[:-1]) * _MINUTES[value[-1]] if isinstance(value, str) else int(value or 0)
    if minutes > MAX_WAIT_MINUTES:
        message = f"{context.findings.quoted(node)} is not between 0 and {MAX_WAIT_MINUTES} minutes"
        context.findings.error(Code.OUT_OF_RANGE, message, node.span, "43200 minutes are 30d")
    return minutes


def _policy(node: Node | None) -> RefPolicy:
    if isinstance(node, Mapping):
        return RefPolicy.SELECTED
    return RefPolicy(node.text) if isinstance(node, Scalar) else RefPolicy.ALL


def _patterns(node: Node | None, context: Context) -> frozenset[Pattern]:
    if not isinstance(node, Mapping):
        return frozenset()
    found: set[Pattern] = set()
    for type_, name in ((RefType.BRANCH, "branches"), (RefType.TAG, "tags")):
        items = scalars(node.get(name))
        _refuse_twins(items, {item: item.text for item in items}, context.findings)
        found |= {Pattern(type_, item.text) for item in items}
    return frozenset(found)


def _slugs(items: tuple[Scalar, ...], context: Context) -> frozenset[str]:
    _refuse_twins(items, {item: item.text.casefold() for item in items}, context.findings)
    return frozenset(item.text.casefold() for item in items)


def _ignored(items: tuple[Scalar, ...], context: Context) -> frozenset[Field]:
    _refuse_twins(items, {item: item.text for item in items}, context.findings)
    return frozenset(Field(item.text) for item in items)


def _refuse_twins(
    items: tuple[Scalar, ...], keys: collections.abc.Mapping[Scalar, str], findings: Findings
) -> None:
    seen: set[str] = set()
    for item in items:
        if keys[item] in seen:
            findings.error(Code.DUPLICATE, f"{findings.quoted(item)} is named twice", item.span, "remove one")
        seen.add(keys[item])


def _variables(body: Body, context: Context) -> dict[str, str]:
    found: dict[str, str] = {}
    values = context.replaced()
    for name in sorted(body.variables):
        value = body.variables[name].value
        text = _expanded(value, values, context) if isinstance(value, Scalar) else None
        if text is None:
            continue
        if len(text.encode()) > MAX_VALUE_BYTES:
            key = body.variables[name].key
            message = f"the value of {context.findings.quoted(key)} is larger than 48 KB"
            context.findings.error(
                Code.VALUE_TOO_LARGE, message, key.span, "keep it elsewhere, and put its place here"
            )
        found[name] = text
    return found


def _secrets(body: Body, context: Context) -> dict[str, DesiredSecret]:
    found: dict[str, DesiredSecret] = {}
    for name in sorted(body.secrets):
        entry = body.secrets[name]
        source = source_of(entry, context.replaced(), context.root, context.findings)
        if source is not None:
            found[name] = DesiredSecret(name, source, entry.key.span)
    return found


def _expanded(item: Scalar, values: collections.abc.Mapping[str, str], context: Context) -> str | None:
    name = unknown(item.text)
    if name is None:
        return expand(item.text, values)
    findings = context.findings
    open_ = is_unclosed(item.text)
    if findings.hides(item.span):
        message, near = f"this has a template that is not {'closed' if open_ else 'known'}", None
    elif open_:
        message = f"{findings.quoted_text(f'${{{name}', item.span)} is not closed"
        near = f"close it with }}; {DOLLAR_HINT}"
    else:
        message = f"{findings.quoted_text(f'${{{name}}}', item.span)} is not a template"
        guess = near_miss(name, NAMES)
        near = f"did you mean `${{{guess}}}`?" if guess else None
    findings.error(Code.UNKNOWN_TEMPLATE, message, item.span, near or TEMPLATE_HINT)
    return None
