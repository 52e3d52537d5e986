"""Which states are gone through: desired repositories by seed, and the files that say the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import yaml
from support.states import APPS, NAMES, PATTERNS, REPOSITORY, REVIEWERS, SECRETS, SOURCES, VALUES, VARIABLES

from envsync.model import (
    DesiredEnvironment,
    DesiredRepository,
    DesiredSecret,
    External,
    Field,
    FromEnvironment,
    RefPolicy,
    RefType,
    Settings,
    reviewer_key,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from envsync.model import SecretSource

T = TypeVar("T")
NEVER_TOUCHED = "github-pages"  # the default of `never_touch`
UNDECLARED = "undeclared"
_IGNORABLE = (Field.WAIT_TIMER, Field.CAN_ADMINS_BYPASS, Field.VARIABLES, Field.SECRETS)


def pair(random: Random) -> tuple[DesiredRepository, DesiredRepository]:
    """What a file said before, and what it says after."""
    return repository(random), repository(random)


def repository(random: Random) -> DesiredRepository:
    names = sorted(random.sample(NAMES, random.randint(1, 3)))
    environments = [_environment(random, name) for name in names]
    return DesiredRepository(
        REPOSITORY,
        tuple(sorted(environments, key=lambda each: each.name.casefold())),
        frozenset({NEVER_TOUCHED}),
        prune=random.random() < 0.3,
    )


def _some(random: Random, of: Sequence[T], most: int) -> list[T]:
    return random.sample(of, random.randint(0, most))


def _environment(random: Random, name: str) -> DesiredEnvironment:
    ignore = frozenset(_some(random, _IGNORABLE, 1)) if random.random() < 0.2 else frozenset[Field]()
    reviewers = tuple(sorted(_some(random, REVIEWERS, 3), key=reviewer_key))
    policy = random.choice(list(RefPolicy))
    patterns = _some(random, PATTERNS, 3) if policy is RefPolicy.SELECTED else []
    variables = {each: random.choice(VALUES) for each in _some(random, VARIABLES, 2)}
    secrets = {each: DesiredSecret(each, random.choice(SOURCES)) for each in _some(random, SECRETS, 2)}
    return DesiredEnvironment(
        name,
        Settings(
            reviewers,
            0 if Field.WAIT_TIMER in ignore else random.choice((0, 5, 30, 43_200)),
            prevent_self_review=bool(reviewers) and random.random() < 0.5,
            can_admins_bypass=Field.CAN_ADMINS_BYPASS in ignore or random.random() < 0.5,
            deployment_branch_policy=policy,
        ),
        frozenset(patterns),
        frozenset(_some(random, APPS, 2)),
        {} if Field.VARIABLES in ignore else dict(sorted(variables.items())),
        {} if Field.SECRETS in ignore else dict(sorted(secrets.items())),
        ignore,
        prune=random.random() < 0.5,
    )


def file_of(desired: DesiredRepository) -> str:
    """The text of an `environments.yaml` that wants the same."""
    content = {
        "version": 1,
        "name": "campaign",
        "repositories": [str(desired.name)],
        "prune": desired.prune,
        "environments": {each.name: _body(each) for each in desired.environments},
    }
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False)


def _body(environment: DesiredEnvironment) -> dict[str, object]:
    settings = environment.settings
    body: dict[str, object] = {
        "required_reviewers": [str(each) for each in settings.required_reviewers],
        "prevent_self_review": settings.prevent_self_review,
        "deployment_branch_policy": _policy(environment),
        "deployment_protection_rules": sorted(environment.protection_rules),
        "prune": environment.prune,
    }
    owned: dict[Field, object] = {
        Field.WAIT_TIMER: settings.wait_timer,
        Field.CAN_ADMINS_BYPASS: settings.can_admins_bypass,
        Field.VARIABLES: dict(environment.variables),
        Field.SECRETS: {name: _source(secret.source) for name, secret in environment.secrets.items()},
    }
    body |= {field.value: value for field, value in owned.items() if field not in environment.ignore}
    return body | {"ignore": sorted(field.value for field in environment.ignore)}


def _policy(environment: DesiredEnvironment) -> object:
    policy = environment.settings.deployment_branch_policy
    if policy is not RefPolicy.SELECTED:
        return policy.value
    patterns = sorted(environment.patterns)
    return {
        "branches": [each.name for each in patterns if each.type is RefType.BRANCH],
        "tags": [each.name for each in patterns if each.type is RefType.TAG],
    }


def _source(source: SecretSource) -> object:
    if isinstance(source, External):
        return "external"
    assert isinstance(source, FromEnvironment)
    return {"env": source.variable}
