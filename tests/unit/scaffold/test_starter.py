"""The first file: valid, ready to be planned, and with comments that become settings when their # goes."""

from __future__ import annotations

import re
from dataclasses import replace
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
from envsync.packaged import pipeline_text
from envsync.scaffold.owner_name import is_owner_name, name_like
from envsync.scaffold.pipeline import Pipeline, pipeline_files
from envsync.scaffold.sayable import MOST_REVIEWERS, is_reviewer
from envsync.scaffold.starter import Starter, starter_text
from envsync.scaffold.starter_words import (
    NEEDED,
    Sources,
    functions,
    handed_on,
    missing,
    pipeline_sources,
    sources,
    stack,
)

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


def begun(*reviewers: User | Team, pipeline: Pipeline | None = None) -> str:
    return starter_text(Starter(PAYMENTS, "payments", reviewers, pipeline))


def with_all_of_it(text: str) -> str:
    """Without the number signs before what is ready to be used."""
    return re.sub(r"^( +)# ( *)(?=[A-Z_a-z]+:( [^ ]|$))", r"\1\2", text, flags=re.MULTILINE)


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
    found = environments(with_all_of_it(begun(ANN)))

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


@given(st.data(), LOGINS, NAMES, st.sampled_from([None, *Pipeline]))
def test_it_is_valid_whatever_things_are_called(
    data: st.DataObject, owner: str, name: str, pipeline: Pipeline | None
) -> None:
    teams = st.builds(Team, st.just(owner), st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,254}", fullmatch=True))
    each = st.one_of(st.builds(User, LOGINS), teams)
    reviewers = data.draw(st.lists(each, min_size=1, max_size=MOST_REVIEWERS, unique_by=reviewer_key))
    assert all(is_reviewer(one, owner) for one in reviewers)
    repository = RepositoryName(owner, name)

    text = starter_text(Starter(repository, name_like(name), tuple(reviewers), pipeline))

    (found,) = loaded_bytes(text.encode()).desired({})
    assert found.name == repository
    gate = next(each for each in found.environments if each.name == "production-approval")
    assert set(gate.settings.required_reviewers) == set(reviewers)


# --- with the pipeline -------------------------------------------------------------------------------------

DEPLOYED = ("staging", "production", "staging-rollback", "production-rollback")
MAIL = {"MAIL_SERVER", "MAIL_FROM", "MAIL_TO"}
NOTIFIES = {"MAIL_USERNAME", "MAIL_PASSWORD", "SLACK_WEBHOOK_URL"}


@pytest.mark.parametrize("pipeline", Pipeline)
def test_the_pipeline_opens_no_environment_further(pipeline: Pipeline) -> None:
    alone, piped = (environments(begun(ANN, ADMINS, pipeline=each)) for each in (None, pipeline))

    gated = alone["production"]
    stricter = replace(
        gated, settings=replace(gated.settings, prevent_self_review=True)
    )  # of a job that is run again
    assert {name: each.settings for name, each in piped.items()} == {
        name: each.settings for name, each in {**alone, "production": stricter}.items()
    }
    left_out = {name: alone[name].patterns - each.patterns for name, each in piped.items()}
    assert {name: {each.name for each in patterns} for name, patterns in left_out.items() if patterns} == {
        "staging-rollback": {"refs/pull/*/merge"}  # a rollback is started by hand
    }
    assert all(each.patterns <= alone[name].patterns for name, each in piped.items())


def test_a_function_and_a_role_are_in_each_environment_but_the_gate() -> None:
    found = environments(begun(ANN, pipeline=Pipeline.LAMBDA))

    checked = {"TEST_PAYLOAD": '{"check": "health"}', "TEST_EXPECTED": '{"statusCode": 200}'}
    common = {"AWS_REGION": "eu-west-1", "LAMBDA_ALIAS": "live", **checked}
    staging, production = ({"LAMBDA_FUNCTION": name, **common} for name in ("payments-staging", "payments"))
    assert {name: each.variables for name, each in found.items()} == {
        "staging": staging,
        "production-approval": {},
        "production": production,
        "staging-rollback": staging,
        "production-rollback": production,
    }
    assert {name: {key: one.source for key, one in each.secrets.items()} for name, each in found.items()} == {
        "production-approval": {},
        "staging": {"AWS_ROLE_ARN": FromEnvironment("STAGING_AWS_ROLE_ARN")},
        "production": {"AWS_ROLE_ARN": FromEnvironment("PRODUCTION_AWS_ROLE_ARN")},
        "staging-rollback": {"AWS_ROLE_ARN": FromEnvironment("STAGING_ROLLBACK_AWS_ROLE_ARN")},
        "production-rollback": {"AWS_ROLE_ARN": FromEnvironment("PRODUCTION_ROLLBACK_AWS_ROLE_ARN")},
    }
    for name in DEPLOYED:
        assert {*found[name].variables, *found[name].secrets} == {*NEEDED[Pipeline.LAMBDA]}


def test_three_scripts_need_nothing_that_anybody_knows() -> None:
    found = environments(begun(ANN, pipeline=Pipeline.GENERIC))

    assert {name for name, each in found.items() if each.secrets or each.variables} == set()
    assert NEEDED[Pipeline.GENERIC] == ()


@pytest.mark.parametrize("pipeline", Pipeline)
def test_without_their_number_signs_all_lines_of_notifications_hold(pipeline: Pipeline) -> None:
    """Staging has sources of its own: what the code of a pull request sees there is nothing of production's."""
    text = begun(ANN, pipeline=pipeline)

    before, after = environments(text), environments(with_all_of_it(text))

    for name in DEPLOYED:
        assert {*after[name].variables} - {*before[name].variables} == MAIL
        assert {*after[name].secrets} - {*before[name].secrets} == NOTIFIES
        kind = name.removesuffix("-rollback").upper()
        assert {after[name].secrets[each].source for each in NOTIFIES} == {
            FromEnvironment(f"{kind}_{each}") for each in NOTIFIES
        }
    assert not after["production-approval"].variables
    assert not after["production-approval"].secrets


@pytest.mark.parametrize("pipeline", Pipeline)
def test_the_sources_are_just_those_of_the_file(pipeline: Pipeline) -> None:
    text = begun(ANN, pipeline=pipeline)

    found = pipeline_sources(pipeline)

    assert found == sources(text)
    for names, declared in ((found.active, text), ((*found.active, *found.spare), with_all_of_it(text))):
        secrets = [each for one in environments(declared).values() for each in one.secrets.values()]
        assert {FromEnvironment(each) for each in names} == {each.source for each in secrets}
    assert len(found.active) == (4 if pipeline is Pipeline.LAMBDA else 0)
    assert len(found.spare) == 6


def test_a_source_that_is_named_twice_is_one() -> None:
    assert sources("  A: {env: X}\n  # B: {env: Y}\n  C: {env: X}\n") == Sources(("X",), ("Y",))


def test_what_is_handed_on_is_what_the_file_names_and_what_the_pipeline_needs_besides() -> None:
    text = "  A: {env: X}\n  # B: {env: Y}\n  # C: {env: Z}\n"
    role = "STAGING_AWS_ROLE_ARN"

    assert handed_on(text, ("X", "Z"), None) == Sources(("X", "Z"), ("Y",))
    assert handed_on("  # B: {env: Y}\n", (), None) is None
    assert handed_on("", (), Pipeline.LAMBDA) == pipeline_sources(Pipeline.LAMBDA)
    found = handed_on(f"  # B: {{env: {role}}}\n{text}", ("X",), Pipeline.LAMBDA)
    assert found is not None
    assert (found.active[0], found.active[-1], found.spare[:2]) == (role, "X", ("Y", "Z"))
    assert role not in found.spare
    assert handed_on("", (), Pipeline.GENERIC) == pipeline_sources(Pipeline.GENERIC)


@pytest.mark.parametrize("pipeline", [None, *Pipeline])
def test_a_file_as_it_was_written_hands_on_the_same_whether_its_pipeline_is_known(
    pipeline: Pipeline | None,
) -> None:
    text = starter_text(Starter(RepositoryName("acme", "payments"), "x", (User("ann"),), pipeline))
    named = sources(text).active

    known = handed_on(text, named, pipeline)

    if named:
        assert handed_on(text, named, None) == known
    else:
        assert handed_on(text, named, None) is None


@pytest.mark.parametrize("pipeline", Pipeline)
def test_it_tells_what_the_pipeline_does_with_each_environment(pipeline: Pipeline) -> None:
    text = begun(ANN, pipeline=pipeline)
    staging = text.partition("  staging:\n")[0].rpartition("environments:\n")[2]
    rollback = text.partition("  production-rollback:\n")[0].rpartition("\n\n")[2]

    assert "sees the variables and secrets" in staging
    assert "from a fork gets no secret" in " ".join(staging.replace("#", "").split())
    assert "within its own job, where nobody is asked" in rollback
    head = text.partition("\nversion: 1\n")[0]
    assert "Without the # before them, the lines with MAIL and SLACK turn notifications on" in head
    named = set(re.findall(r"[a-z_-]+\.(?:yml|sh|py)\b", text)) - {"envsync-apply.yml"}
    assert named <= {path.rpartition("/")[2] for path in pipeline_files(pipeline, pipeline_text)}
    assert all(len(line) <= 115 for line in text.splitlines())


def test_what_a_file_lacks_for_the_pipeline_is_told_by_what_it_lacks() -> None:
    held = dict.fromkeys((*DEPLOYED, "production-approval"), NEEDED[Pipeline.LAMBDA])

    assert missing(Pipeline.LAMBDA, held) == {}
    assert missing(Pipeline.LAMBDA, {name.title(): names for name, names in held.items()}) == {}
    some = {"staging": (), "staging-rollback": (), "production": NEEDED[Pipeline.LAMBDA][1:]}
    assert missing(Pipeline.LAMBDA, some) == {
        (): ("production-approval", "production-rollback"),
        NEEDED[Pipeline.LAMBDA]: ("staging", "staging-rollback"),
        ("AWS_REGION",): ("production",),
    }
    assert missing(Pipeline.GENERIC, some) == {(): ("production-approval", "production-rollback")}


@pytest.mark.parametrize(
    ("name", "function", "called"),
    [
        ("payments", "payments", "pipeline-payments"),
        ("pay.ments_2", "pay-ments_2", "pipeline-pay-ments-2"),
        (".github", "github", "pipeline--github"),
        ("...", "function", "pipeline----"),
        ("x" * 100, "x" * 56, f"pipeline-{'x' * 100}"),
    ],
)
def test_what_is_in_aws_is_called_like_the_repository_as_far_as_it_can_be(
    name: str, function: str, called: str
) -> None:
    repository = RepositoryName("acme", name)

    assert functions(repository) == (f"{function}-staging", function)
    assert stack(repository) == called
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", each) for each in functions(repository))
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,127}", called)
