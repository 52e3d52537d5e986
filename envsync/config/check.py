"""What is wrong with a valid file by itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envsync.config.body import nothing, settled
from envsync.config.codes import Code
from envsync.config.declaration import scalars
from envsync.config.desire import Context, desired_environment
from envsync.config.expectations import check_expectations
from envsync.config.inheritance import check_nulls
from envsync.config.repositories import is_pattern, sample
from envsync.config.targets import check_targets
from envsync.documents.nodes import Mapping, Scalar
from envsync.errors import Span
from envsync.model import RepositoryName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envsync.config.body import Body
    from envsync.config.declaration import Declaration
    from envsync.config.environments import Environments
    from envsync.documents.findings import Findings
    from envsync.documents.nodes import Node

_MAX_PRODUCT = 50_000
_FULL_REF = re.compile(r"refs/(heads|tags)/(.+)", re.DOTALL)
_SINGULAR = {"branches": "branch", "tags": "tag"}


def is_too_large(declaration: Declaration, findings: Findings) -> bool:
    """Whether its parts multiply to more than anybody means, and than can be checked in a moment."""
    wide = [override for override in declaration.overrides if is_pattern(override.key.text)]
    repositories = len(declaration.repositories) + len(declaration.overrides)
    others = len(declaration.environments) + sum(len(one.environments) for one in wide) + len(declaration.exclude)
    others += sum(len(one.repositories) for one in declaration.expected)
    if repositories * (1 + others) <= _MAX_PRODUCT:
        return False
    message = f"{repositories} repositories and overrides times {others} environments and patterns are too many"
    findings.error(Code.TOO_MANY_ENVIRONMENTS, message, declaration.repositories[0].span, "split the file")
    return True


def check(declaration: Declaration, environments: Environments, findings: Findings) -> None:
    check_targets(declaration, findings)
    check_expectations(declaration, findings)
    check_nulls(declaration, findings)
    examples = tuple(_examples(declaration))
    for key, body in _layers(declaration):
        context = Context(next(iter(examples), RepositoryName("o", "r")), key, declaration.root, findings)
        desired_environment(settled(body), context)
        _warn(key, body, findings)
    _warn_of_inherited_ignore(declaration, findings)
    for repository in examples:
        environments.of(repository)
    _warn_of_nothing(declaration, findings)


def _examples(declaration: Declaration) -> Iterator[RepositoryName]:
    """Repositories that show what the file makes of any: those named, and one of each pattern and override."""
    for item in (*declaration.repositories, *(override.key for override in declaration.overrides)):
        yield sample(item.text)


def _warn_of_nothing(declaration: Declaration, findings: Findings) -> None:
    """Where there are errors, it may be they that leave none."""
    added = (body for override in declaration.overrides for _, body in override.environments)
    if findings.clean and not declaration.environments and all(body is None for body in added):
        message, hint = "this file declares no environment", "for example `environments: {staging: {}}`"
        findings.warning(Code.NO_ENVIRONMENT, message, declaration.repositories[0].span, hint)


def _layers(declaration: Declaration) -> Iterator[tuple[Scalar, Body]]:
    yield Scalar(Span("", 1, 1, 1, 1), "defaults", plain=False), declaration.defaults
    yield from declaration.environments
    for override in declaration.overrides:
        yield from ((key, body) for key, body in override.environments if body is not None)


def _warn(key: Scalar, body: Body, findings: Findings) -> None:
    """What has no effect, though it is written."""
    policy = body.fields.get("deployment_branch_policy")
    rules = body.fields.get("deployment_protection_rules")
    unreplaced = [key, *_patterns(policy.value if policy else None), *scalars(rules.value if rules else None)]
    for item in unreplaced:
        if "${" in item.text:
            message = f"templates are not replaced in {findings.quoted(item)}"
            hint = "they are in variables, sources of secrets and reviewers"
            findings.warning(Code.TEMPLATE_NOT_REPLACED, message, item.span, hint)
    _warn_of_full_refs(policy.value if policy else None, findings)
    written = _written(body)
    for item in _ignored(body) or ():
        if item.text in written:
            _warn_of_ignored(item.text, item.span, findings)


def _warn_of_inherited_ignore(declaration: Declaration, findings: Findings) -> None:
    """A layer that has no `ignore` of its own has the one of the layer below."""
    bottom = _ignored(declaration.defaults) or ()
    below: dict[str, tuple[Scalar, ...]] = {}
    overlaid = (pair for override in declaration.overrides for pair in override.environments)
    for key, body in (*declaration.environments, *overlaid):
        inherited = below.get(key.text.casefold(), bottom)
        own = _ignored(body) if body is not None else None
        if body is not None and own is None:
            written = _written(body)
            for name in (item.text for item in inherited if item.text in written):
                _warn_of_ignored(name, written[name].span, findings)
        below[key.text.casefold()] = inherited if own is None else own


def _ignored(body: Body) -> tuple[Scalar, ...] | None:
    """None: the layer does not say."""
    entry = body.fields.get("ignore")
    if entry is None:
        return None
    return () if nothing(entry.value) else scalars(entry.value)


def _written(body: Body) -> dict[str, Scalar]:
    """The key of each field that has something to set; of variables and secrets that of the first."""
    named = {"variables": body.variables, "secrets": body.secrets}
    entries = {**body.fields, **{name: each for name, of in named.items() for each in of.values()}}
    return {name: entry.key for name, entry in entries.items() if not nothing(entry.value)}


def _warn_of_ignored(name: str, span: Span, findings: Findings) -> None:
    message = f"`{name}` is set here, but ignored"
    findings.warning(Code.SET_AND_IGNORED, message, span, "remove one of the two: what is set has no effect")


def _warn_of_full_refs(policy: Node | None, findings: Findings) -> None:
    """Patterns match names of branches and tags; only `refs/pull/*/merge` stands for a whole ref."""
    for key in ("branches", "tags"):
        for item in scalars(policy.get(key) if isinstance(policy, Mapping) else None):
            full = _FULL_REF.fullmatch(item.text)
            if full is None:
                continue
            message = f"{findings.quoted(item)} matches no {_SINGULAR[key]}, whose names have no refs/ in front"
            meant = "branches" if full[1] == "heads" else "tags"
            name = "the name" if findings.hides(item.span) else full[2]
            place = "" if meant == key else f", under `{meant}`"
            hint = f"{_SINGULAR[meant]} patterns are written without refs/{full[1]}/{place}: {name}"
            findings.warning(Code.FULL_REF, message, item.span, hint)


def _patterns(policy: Node | None) -> tuple[Scalar, ...]:
    if not isinstance(policy, Mapping):
        return ()
    return (*scalars(policy.get("branches")), *scalars(policy.get("tags")))
