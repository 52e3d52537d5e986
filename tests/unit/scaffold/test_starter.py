"""The first file: valid, ready to be planned, and with comments that become settings when their # goes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.config_files import loaded_bytes

from envsync.model import (
    FromEnvironment,
    Pattern,
    RefPolicy,
    RefType,
    RepositoryName,
    Settings,
    Team,
    User,
    reviewer_key,
)
from envsync.scaffold.owner_name import is_owner_name, name_like
from envsync.scaffold.sayable import MOST_REVIEWERS, is_reviewer
from envsync.scaffold.starter import Starter, starter_text

if TYPE_CHECKING:
    from envsync.model import DesiredEnvironment

ANN, BOB, ADMINS = User("ann"), User("bob"), Team("acme", "devops-admins")
PAYMENTS = RepositoryName("acme", "payments")
STAGED = {"develop", "main", "hotfix/*", "refs/pull/*/merge"}


def environments(text: str) -> dict[str, DesiredEnvironment]:
    configuration = loaded_bytes(text.encode())
    assert configuration.warnings == ()
    (repository,) = configuration.desired({})
    return {each.name: each for each in repository.environments}


def begun(*reviewers: User | Team) -> str:
    return starter_text(Starter(PAYMENTS, "payments", reviewers))


def test_it_has_the_five_environments_of_the_pipeline() -> None:
    found = environments(begun(ANN, ADMINS))

    asked = Settings((ADMINS, ANN), can_admins_bypass=False, deployment_branch_policy=RefPolicy.SELECTED)
    assert {name: each.settings for name, each in found.items()} == {
        "staging": Settings(deployment_branch_policy=RefPolicy.SELECTED),
        "production-approval": Settings(
            (ADMINS, ANN),
            prevent_self_review=True,
            can_admins_bypass=False,
            deployment_branch_policy=RefPolicy.SELECTED,
        ),
        "production": asked,
        "staging-rollback": Settings(deployment_branch_policy=RefPolicy.SELECTED),
        "production-rollback": asked,
    }
    staged = {Pattern(RefType.BRANCH, name) for name in STAGED}
    main = {Pattern(RefType.BRANCH, "main")}
    assert {name: each.patterns for name, each in found.items()} == {
        "staging": staged,
        "production-approval": main,
        "production": main,
        "staging-rollback": staged,
        "production-rollback": main,
    }
    assert {name for name, each in found.items() if each.secrets or each.variables} == set()


@pytest.mark.parametrize(
    ("reviewers", "prevented"), [((ANN,), False), ((ANN, BOB), True), ((ADMINS,), True), ((ANN, ADMINS), True)]
)
def test_self_review_is_prevented_only_where_somebody_else_can_approve(
    reviewers: tuple[User | Team, ...], *, prevented: bool
) -> None:
    """Else whoever is alone could deploy nothing any more."""
    gate = environments(begun(*reviewers))["production-approval"]

    assert gate.settings.prevent_self_review is prevented


def test_what_stands_behind_a_number_sign_is_ready_to_be_used() -> None:
    text = re.sub(r"^    # (?=(  )*[A-Z_a-z]+:( [^ ]|$))", "    ", begun(ANN), flags=re.MULTILINE)

    found = environments(text)

    assert {name for name, each in found.items() if each.variables == {"AWS_REGION": "eu-west-1"}} == {
        *("staging", "staging-rollback", "production", "production-rollback")
    }
    sources = {name: each.secrets["AWS_ROLE_ARN"].source for name, each in found.items() if each.secrets}
    assert sources == {
        "staging": FromEnvironment("STAGING_AWS_ROLE_ARN"),
        "staging-rollback": FromEnvironment("STAGING_AWS_ROLE_ARN"),
        "production": FromEnvironment("PRODUCTION_AWS_ROLE_ARN"),
        "production-rollback": FromEnvironment("PRODUCTION_AWS_ROLE_ARN"),
    }
    assert found["production-approval"].settings.prevent_self_review


def test_an_editor_finds_the_schema_by_the_first_line() -> None:
    first, *_ = begun(ANN).splitlines()

    assert first == "# yaml-language-server: $schema=./schemas/environments.schema.json"


def test_it_tells_what_the_code_of_a_pull_request_sees() -> None:
    before_staging = begun(ANN).partition("  staging:\n")[0].rpartition("environments:\n")[2]

    assert "pull request" in before_staging
    assert "sees the variables and secrets" in before_staging
    assert "from a fork gets no secret" in before_staging


def test_the_order_of_reviewers_does_not_matter() -> None:
    assert begun(ANN, ADMINS, BOB) == begun(BOB, ANN, ADMINS)


@pytest.mark.parametrize(
    ("wanted", "name"), [("payments", "payments"), (".github", "github"), ("-", "environments"), ("_a_", "a_")]
)
def test_it_is_called_like_its_repository_as_far_as_a_file_can_be(wanted: str, name: str) -> None:
    assert name_like(wanted) == name
    assert is_owner_name(name)


LOGINS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", fullmatch=True)
NAMES = st.from_regex(r"(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,100}", fullmatch=True)


@given(st.data(), LOGINS, NAMES)
def test_it_is_valid_whatever_things_are_called(data: st.DataObject, owner: str, name: str) -> None:
    teams = st.builds(Team, st.just(owner), st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,254}", fullmatch=True))
    each = st.one_of(st.builds(User, LOGINS), teams)
    reviewers = data.draw(st.lists(each, min_size=1, max_size=MOST_REVIEWERS, unique_by=reviewer_key))
    assert all(is_reviewer(one, owner) for one in reviewers)
    repository = RepositoryName(owner, name)

    text = starter_text(Starter(repository, name_like(name), tuple(reviewers)))

    (found,) = loaded_bytes(text.encode()).desired({})
    assert found.name == repository
    gate = next(each for each in found.environments if each.name == "production-approval")
    assert set(gate.settings.required_reviewers) == set(reviewers)
