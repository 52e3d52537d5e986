"""Hypothesis strategies for what a file can want and what GitHub can hold."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from envsync.model import (
    DesiredEnvironment,
    DesiredRepository,
    DesiredSecret,
    External,
    Field,
    FromEnvironment,
    LiveEnvironment,
    LivePattern,
    LiveRepository,
    LiveRule,
    LiveSecret,
    LiveVariable,
    Pattern,
    RefPolicy,
    RefType,
    RepositoryName,
    Reviewer,
    SecretSource,
    Settings,
    Team,
    User,
    reviewer_key,
)

if TYPE_CHECKING:
    from collections.abc import Callable

REPOSITORY = RepositoryName("acme", "payments")
NAMES = ("staging", "production", "Prüfung / 1", "qa")
REVIEWERS: tuple[Reviewer, ...] = (User("ann"), User("bob"), Team("acme", "ops"), User("carol"))
PATTERNS = tuple(Pattern(kind, name) for kind in RefType for name in ("main", "v*", "release/**", "main*"))
APPS = ("change-gate", "datadog")
VARIABLES = ("REGION", "LEVEL", "EMPTY")
VALUES = ("", "eu", "ü\n")
SOURCES: tuple[SecretSource, ...] = (FromEnvironment("SOURCE"), External())
SECRETS = ("TOKEN", "PASSWORD", "KEY")
LONG_AGO = "2025-01-01T00:00:00Z"


@st.composite
def settings(draw: st.DrawFn) -> Settings:
    reviewers = draw(st.lists(st.sampled_from(REVIEWERS), unique=True, max_size=4))
    return Settings(
        required_reviewers=tuple(sorted(reviewers, key=reviewer_key)),
        wait_timer=draw(st.sampled_from((0, 0, 5, 30, 43_200))),
        prevent_self_review=bool(reviewers) and draw(st.booleans()),
        can_admins_bypass=draw(st.booleans()),
        deployment_branch_policy=draw(st.sampled_from(RefPolicy)),
    )


def _subset(of: tuple[str, ...]) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(of))


@st.composite
def desired_environments(draw: st.DrawFn, name: str) -> DesiredEnvironment:
    wanted = draw(settings())
    selected = wanted.deployment_branch_policy is RefPolicy.SELECTED
    sources = st.sampled_from(SOURCES)
    return DesiredEnvironment(
        name,
        wanted,
        patterns=draw(st.frozensets(st.sampled_from(PATTERNS))) if selected else frozenset(),
        protection_rules=draw(_subset(APPS)),
        variables=draw(st.dictionaries(st.sampled_from(VARIABLES), st.sampled_from(VALUES))),
        secrets={each: DesiredSecret(each, draw(sources)) for each in sorted(draw(_subset(SECRETS)))},
        ignore=draw(st.frozensets(st.sampled_from(Field), max_size=2)),
        prune=draw(st.booleans()),
    )


@st.composite
def live_environments(draw: st.DrawFn, name: str) -> LiveEnvironment:
    now = draw(settings())
    selected = now.deployment_branch_policy is RefPolicy.SELECTED
    patterns = draw(st.frozensets(st.sampled_from(PATTERNS))) if selected else frozenset()
    ids = count(1)
    return LiveEnvironment(
        name,
        next(ids),
        now,
        reviewer_ids={reviewer_key(each): next(ids) for each in now.required_reviewers},
        patterns=tuple(LivePattern(next(ids), each) for each in sorted(patterns)),
        protection_rules=tuple(LiveRule(next(ids), app) for app in sorted(draw(_subset(APPS)))),
        variables={
            each: LiveVariable(each, draw(st.sampled_from(VALUES)), LONG_AGO)
            for each in sorted(draw(_subset((*VARIABLES, "OTHER"))))
        },
        secrets={
            each: LiveSecret(each, LONG_AGO, LONG_AGO) for each in sorted(draw(_subset((*SECRETS, "OTHER"))))
        },
    )


@st.composite
def desired_repositories(draw: st.DrawFn) -> DesiredRepository:
    environments = tuple(draw(desired_environments(name)) for name in sorted(draw(_subset(NAMES))))
    declared = {each.name for each in environments}
    never_touch = draw(_subset(NAMES)) - declared
    return DesiredRepository(REPOSITORY, environments, never_touch, prune=draw(st.booleans()))


@st.composite
def live_repositories(draw: st.DrawFn) -> LiveRepository:
    environments = {name.casefold(): draw(live_environments(name)) for name in sorted(draw(_subset(NAMES)))}
    names = tuple(sorted(each.name for each in environments.values()))
    return LiveRepository(REPOSITORY, REPOSITORY, names, environments, id=1)


def as_desired(live: LiveEnvironment, source: Callable[[str], SecretSource]) -> DesiredEnvironment:
    """What a file says that describes what is there; `source` gives that of each secret."""
    assert isinstance(live.patterns, tuple)
    assert isinstance(live.protection_rules, tuple)
    assert isinstance(live.variables, dict)
    assert isinstance(live.secrets, dict)
    return DesiredEnvironment(
        live.name,
        live.settings,
        frozenset(each.pattern for each in live.patterns),
        frozenset(each.app for each in live.protection_rules),
        {name: each.value for name, each in live.variables.items()},
        {name: DesiredSecret(name, source(name)) for name in live.secrets},
    )
