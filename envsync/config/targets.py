"""Which parts of a file name repositories or environments that they cannot mean."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from envsync.config.codes import Code
from envsync.config.repositories import is_pattern, matches, repository_name
from envsync.documents.near_misses import did_you_mean, near_miss

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from envsync.config.declaration import Declaration
    from envsync.documents.findings import Findings
    from envsync.documents.nodes import Scalar

# Comparing takes time: of each of many mistakes with each of many names it would take minutes.
_MOST_COMPARED = 100
_ROOM_FOR_GUESSES = 400
_NAME_IT = {
    Code.UNMATCHED_OVERRIDE: "name it under `repositories`, or remove it",
    Code.UNMATCHED_EXPECTED: "name it under the `repositories` of the file, or remove it",
}


def check_targets(declaration: Declaration, findings: Findings) -> None:
    for items in (declaration.repositories, declaration.exclude, declaration.never_touch or ()):
        refuse_twins(items, findings)
    _check_untouchable(declaration, findings)
    if declaration.lost & {"repositories", "exclude"}:
        return  # what they leave cannot be told
    for name in declaration.names():
        if declaration.excludes(repository_name(name.text)):
            message = f"{findings.quoted(name)} is both named and excluded"
            findings.error(Code.EXCLUDED_REPOSITORY, message, name.span, "remove it here, or under `exclude`")
    names = frozenset(item.text.casefold() for item in declaration.names())
    targets = _Targets(names, sorted(names)[:_MOST_COMPARED], declaration.patterns())
    for item in declaration.exclude:
        if not targets.may_include(item):
            message = f"{findings.quoted(item)} excludes nothing: no pattern of `repositories` matches it"
            findings.warning(Code.UNMATCHED_EXCLUDE, message, item.span, "remove it, or check its spelling")
    for override in declaration.overrides:
        _check_target(override.key, Code.UNMATCHED_OVERRIDE, targets, declaration, findings)
    for expectation in declaration.expected:
        for item in expectation.repositories:
            _check_target(item, Code.UNMATCHED_EXPECTED, targets, declaration, findings)
    _check_added(declaration, findings)


@dataclass(frozen=True, slots=True)
class _Targets:
    """What the file has under `repositories`."""

    names: AbstractSet[str]  # casefolded
    some: Sequence[str]  # of them, to be compared with what is misspelled
    patterns: tuple[Scalar, ...]

    def may_include(self, item: Scalar) -> bool:
        """Two patterns of one owner are taken to have repositories in common: only GitHub knows."""
        if not is_pattern(item.text):
            name = repository_name(item.text)
            return name.key in self.names or any(matches(pattern.text, name) for pattern in self.patterns)
        if any(_owner(item) == _owner(pattern) for pattern in self.patterns):
            return True
        return any(matches(item.text, repository_name(name)) for name in self.names)


def refuse_twins(items: tuple[Scalar, ...], findings: Findings) -> None:
    seen: set[str] = set()
    for item in items:
        if item.text.casefold() in seen:
            message = f"{findings.quoted(item)} is named twice"
            findings.error(Code.DUPLICATE, message, item.span, "remove one; case does not matter")
        seen.add(item.text.casefold())


def _check_untouchable(declaration: Declaration, findings: Findings) -> None:
    if "never_touch" in declaration.lost:
        return
    untouchable = {name.casefold() for name in declaration.untouchable()}
    declared = [key for key, _ in declaration.environments]
    declared += [
        key for override in declaration.overrides for key, body in override.environments if body is not None
    ]
    for key in declared:
        if key.text.casefold() in untouchable:
            default = declaration.never_touch is None
            message = (
                f"{findings.quoted(key)} is declared, but under `never_touch`{' by default' if default else ''}"
            )
            hint = "write `never_touch: []` to manage it" if default else "remove it in one of the two places"
            findings.error(Code.NEVER_TOUCH_DECLARED, message, key.span, hint)


def _check_added(declaration: Declaration, findings: Findings) -> None:
    """An override may add an environment, and may misspell one."""
    declared = (*(key.text for key, _ in declaration.environments), *declaration.lost_environments)
    known = {name.casefold() for name in declared}
    added = (
        (override, key)
        for override in declaration.overrides
        for key, body in override.environments
        if body is not None and key.text.casefold() not in known
    )
    for override, key in itertools.islice(added, _ROOM_FOR_GUESSES):
        near = near_miss(key.text, declared[:_MOST_COMPARED])
        if near and not _differ_by_words(near, key.text):
            message = f"this adds an environment {findings.quoted(key)} to {findings.quoted(override.key)}"
            findings.warning(Code.ADDED_ENVIRONMENT, message, key.span, f"did you mean `{near}`?")


def _differ_by_words(one: str, other: str) -> bool:
    """`staging-eu` beside `staging` is no slip of a finger."""
    words, others = (set(re.split(r"[^a-z0-9]+", text.casefold())) for text in (one, other))
    return words < others or others < words


def _owner(item: Scalar) -> str:
    return item.text.partition("/")[0].casefold()


def _check_target(
    key: Scalar, code: Code, targets: _Targets, declaration: Declaration, findings: Findings
) -> None:
    there = targets.may_include(key)
    if is_pattern(key.text):
        if not there:
            message = f"{findings.quoted(key)} matches none of the repositories"
            findings.warning(code, message, key.span, "remove it, or check its spelling")
    elif not there or declaration.excludes(repository_name(key.text)):
        message = f"{findings.quoted(key)} is none of the repositories of this file"
        hint = did_you_mean(key.text, targets.some) if findings.room > _ROOM_FOR_GUESSES else None
        findings.error(code, message, key.span, hint or _NAME_IT[code])
