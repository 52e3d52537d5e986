"""Which file comes of what is there: its layers, its comments, and what it cannot say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
from support.config_files import loaded_bytes

from envsync.errors import FailureKind, Severity
from envsync.model import (
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
    Settings,
    Team,
    UnknownReviewer,
    Unread,
    User,
)
from envsync.plan.diff import diff
from envsync.scaffold import Heading, Scaffold, is_wanted, scaffold

if TYPE_CHECKING:
    from collections.abc import Mapping

HEAD = """\
# What was on GitHub on 2026-11-23, written by `envsync import`. From here on
# this file says what must be: `envsync plan` shows what differs, and `envsync apply` changes just
# that. What an environment leaves out is at GitHub's default.
"""
SECRETS = """\
#
# external: the secret has to exist, and its value is set elsewhere. To have envsync write it, put
# its source in place of the word: {env: NAME}, {file: PATH} or {command: [PROGRAM, ARGUMENT]}.
# Each stands for itself: secrets of one name have values of their own in each environment.
"""
TOP = """\
version: 1

# Who owns what this file creates; choose it once.
name: payments

repositories: [acme/payments]

"""
OPEN = "# Nothing protects it: a workflow on any branch can deploy here"
NOT_PERMITTED = Unread("GitHub does not permit it", FailureKind.NOT_PERMITTED)
NOT_ASKED = Unread("only settings were to be read", None)
GUARDED = Settings(required_reviewers=(Team("acme", "ops"),))


def repository(*environments: LiveEnvironment, name: str = "payments") -> LiveRepository:
    named = RepositoryName("acme", name)
    names = sorted((each.name for each in environments), key=str.casefold)
    return LiveRepository(named, named, tuple(names), {each.name.casefold(): each for each in environments})


def environment(name: str = "staging", settings: Settings = GUARDED, **variables: str) -> LiveEnvironment:
    return LiveEnvironment(
        name, 1, settings, variables={each: LiveVariable(each, value, "") for each, value in variables.items()}
    )


def holding_variables(values: Mapping[str, str], name: str = "staging") -> LiveEnvironment:
    found = {each: LiveVariable(each, value, "") for each, value in values.items()}
    return replace(environment(name), variables=found)


def holding(live: LiveEnvironment, *secrets: str) -> LiveEnvironment:
    return replace(live, secrets={each: LiveSecret(each, "", "") for each in secrets})


def selected(*patterns: Pattern) -> LiveEnvironment:
    settings = replace(GUARDED, deployment_branch_policy=RefPolicy.SELECTED)
    found = tuple(LivePattern(number, each) for number, each in enumerate(patterns))
    return replace(environment(settings=settings), patterns=found)


def made(*repositories: LiveRepository) -> Scaffold:
    """A file that is proved: a plan with it has nothing to do."""
    found = scaffold(repositories, Heading("payments", "GitHub", date(2026, 11, 23)))
    desired = loaded_bytes(found.text.encode()).desired({})
    plan = diff(desired, {each.name.key: each for each in repositories})
    assert (plan.changes, plan.unmet, plan.unread) == ((), (), ())
    return found


def layers(*repositories: LiveRepository) -> str:
    """What stands below the names of the repositories."""
    return made(*repositories).text.partition("]\n\n")[2]


def unsaid(live: LiveEnvironment) -> str:
    """The one comment on the one environment; it is a warning too."""
    found = made(repository(live))
    (comment,) = (line for line in found.text.partition("environments:\n")[2].splitlines() if "#" in line)
    (warning,) = found.warnings
    assert warning.severity is Severity.WARNING
    said = comment.strip(" #").removesuffix(".")
    assert warning.message == f"acme/payments: {live.name}: {said}"
    return said


# --- one repository ----------------------------------------------------------------------------------------


def test_a_whole_file() -> None:
    staging = holding(
        replace(environment(settings=Settings(), REGION="eu-west-1", VERSION="1.10", COST="5 $"), secrets={}),
        "TOKEN",
        "KEY",
    )
    production = replace(
        holding(environment("production", REGION="eu-west-1"), "TOKEN"),
        settings=Settings(
            required_reviewers=(Team("acme", "ops"), User("1234")),
            wait_timer=90,
            prevent_self_review=True,
            can_admins_bypass=False,
            deployment_branch_policy=RefPolicy.SELECTED,
        ),
        patterns=(LivePattern(1, Pattern(RefType.TAG, "v*")), LivePattern(2, Pattern(RefType.BRANCH, "main"))),
        protection_rules=(LiveRule(1, "change-gate"),),
    )

    found = made(repository(staging, production))

    assert found.text == HEAD + SECRETS + TOP + (
        "# What lies under every environment; what one of them says itself replaces it.\n"
        "defaults:\n"
        "  variables:\n"
        "    REGION: eu-west-1\n"
        "\n"
        "environments:\n"
        "  production:\n"
        '    required_reviewers: ["1234", acme/ops]\n'
        "    wait_timer: 90m\n"
        "    prevent_self_review: true\n"
        "    can_admins_bypass: false\n"
        '    deployment_branch_policy: {branches: [main], tags: ["v*"]}\n'
        "    deployment_protection_rules: [change-gate]\n"
        "    secrets:\n"
        "      TOKEN: external\n"
        "\n"
        f"  {OPEN}, and gets its 2 secrets.\n"
        "  staging:\n"
        "    variables:\n"
        '      COST: "5 $$"\n'
        '      VERSION: "1.10"\n'
        "    secrets:\n"
        "      KEY: external\n"
        "      TOKEN: external\n"
    )
    assert (found.environments, found.secrets, found.warnings) == (2, 3, ())


def test_the_schema_is_named_where_there_is_one() -> None:
    heading = Heading("payments", "GitHub", date(2026, 11, 23), "./schemas/environments.schema.json")

    found = scaffold([repository(environment())], heading)

    assert found.text.startswith(
        "# yaml-language-server: $schema=./schemas/environments.schema.json\n#\n# What was"
    )


def test_what_one_repository_alone_has_is_nothing_that_the_next_one_inherits() -> None:
    """Nor is a secret, whatever its name: it has a value of its own."""
    three = [
        repository(holding(environment("production", ACCOUNT=name, REGION="eu-west-1"), "TOKEN"), name=name)
        for name in ("a", "b", "c")
    ]

    shared, _, own = made(*three).text.partition("overrides:")

    assert "REGION: eu-west-1" in shared
    assert "TOKEN" not in shared
    assert "ACCOUNT" not in shared
    assert own.count("TOKEN: external") == own.count("ACCOUNT: ") == 3


def test_what_no_two_repositories_agree_on_is_not_shared_at_all() -> None:
    """Else a repository that is added later would get the environment with no protection."""
    two = [
        repository(environment("production", Settings(wait_timer=minutes)), name=name)
        for name, minutes in (("a", 5), ("b", 6))
    ]

    assert "environments: {}\n" in made(*two).text


def test_a_repository_with_nothing_there() -> None:
    found = made(repository())

    assert found.text == f"{HEAD}{TOP}environments: {{}}\n"
    assert (found.environments, found.secrets, found.warnings) == (0, 0, ())


@pytest.mark.parametrize(
    ("minutes", "written"), [(7, "7m"), (120, "2h"), (2880, "2d"), (43_200, "30d"), (90, "90m")]
)
def test_timers_are_in_the_largest_unit(minutes: int, written: str) -> None:
    assert f"wait_timer: {written}\n" in layers(repository(environment(settings=Settings(wait_timer=minutes))))


@pytest.mark.parametrize(
    ("live", "written"),
    [
        (environment(settings=Settings(deployment_branch_policy=RefPolicy.PROTECTED)), "protected"),
        (selected(), "{branches: []}"),
        (selected(Pattern(RefType.TAG, "v1.0")), "{tags: [v1.0]}"),
        (selected(Pattern(RefType.BRANCH, "1.0")), '{branches: ["1.0"]}'),
    ],
)
def test_policies(live: LiveEnvironment, written: str) -> None:
    assert f"    deployment_branch_policy: {written}\n" in layers(repository(live))


def test_the_environment_of_github_pages_is_left_out_by_rule() -> None:
    found = made(repository(environment("GitHub-Pages"), environment()))

    assert "# Left out: GitHub-Pages of acme/payments: envsync never touches it" in found.text
    assert (found.environments, found.warnings) == (1, ())
    assert not is_wanted("GitHub-Pages")


# --- what is notable ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("bypass", [True, False])
def test_an_environment_that_nothing_protects(bypass: bool) -> None:  # noqa: FBT001 - a case
    live = environment(settings=Settings(can_admins_bypass=bypass))

    assert f"  {OPEN}.\n" in layers(repository(live))
    assert f"  {OPEN}, and gets its 1 secret.\n" in layers(repository(holding(live, "TOKEN")))
    assert f"  {OPEN}.\n" in layers(repository(replace(live, secrets=NOT_ASKED)))


@pytest.mark.parametrize(
    "live",
    [
        environment(),
        selected(),
        replace(environment(settings=Settings()), protection_rules=(LiveRule(1, "gate"),)),
        replace(environment(settings=Settings()), protection_rules=NOT_ASKED),
    ],
)
def test_one_that_something_protects_or_may(live: LiveEnvironment) -> None:
    assert OPEN not in layers(repository(live))


def test_a_single_reviewer_who_may_approve_their_own_deployments() -> None:
    alone = Settings(required_reviewers=(User("ann"),))

    assert "# ann alone reviews, own deployments too" in layers(repository(environment(settings=alone)))
    prevented = replace(alone, prevent_self_review=True)
    assert "alone" not in layers(repository(environment(settings=prevented)))
    assert "alone" not in layers(repository(environment(settings=GUARDED)))


# --- what no file can say ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reviewers", "why"),
    [
        (
            (User("ann"), UnknownReviewer("BusinessTeam", "board")),
            (
                "GitHub's REST API shows BusinessTeam:board and takes no such reviewer. "
                "They are ann, BusinessTeam:board"
            ),
        ),
        ((User("ci[bot]"),), "the file has no way to name ci[bot]. They are ci[bot]"),
        ((Team("umbrella", "ops"),), "the file has no way to name umbrella/ops. They are umbrella/ops"),
        (
            tuple(User(name) for name in "abcdefg"),
            "there are more than the 6 that GitHub takes. They are a, b, c, d, e, f, g",
        ),
    ],
)
def test_reviewers(reviewers: tuple[Reviewer, ...], why: str) -> None:
    live = environment(settings=Settings(required_reviewers=reviewers, prevent_self_review=True))

    assert unsaid(live) == f"`required_reviewers` is ignored, neither compared nor changed: {why}"
    assert "    prevent_self_review: true\n    ignore: [required_reviewers]\n" in layers(repository(live))


def test_a_timer_that_github_does_not_take() -> None:
    said = unsaid(environment(settings=replace(GUARDED, wait_timer=50_000)))

    assert said.endswith("50000 minutes are not between 0 and 43200")


def test_patterns() -> None:
    said = unsaid(selected(Pattern(RefType.BRANCH, "a b"), Pattern(RefType.TAG, "v*")))

    assert said.endswith("the file has no way to write a b. The patterns are branch a b, tag v*")


@pytest.mark.parametrize(
    ("apps", "why"),
    [
        (("change_gate", "on"), "the file has no way to name change_gate. They are change_gate, on"),
        ("abcdefg", "there are more than the 6 that GitHub takes. They are a, b, c, d, e, f, g"),
    ],
)
def test_protection_rules(apps: tuple[str, ...], why: str) -> None:
    rules = tuple(LiveRule(number, app) for number, app in enumerate(apps))

    assert unsaid(replace(environment(), protection_rules=rules)).endswith(why)


def test_variables() -> None:
    left = "The variable {} is left out, so that envsync leaves it alone: {}"

    assert unsaid(environment(HALF="\ud800")) == left.format("HALF", "its value is no text")
    assert unsaid(environment(BIG="x" * 49_153)) == left.format(
        "BIG", "its value has 49,153 bytes, which are too many"
    )
    assert unsaid(environment(GITHUB_X="")) == left.format("GITHUB_X", "no file can have a name like that")
    many = holding_variables({f"V{number:03}": "" for number in range(101)})
    assert unsaid(many) == left.format("V100", "there are more than the 100 that GitHub takes")


def test_envsyncs_record_is_no_variable_of_the_users() -> None:
    assert "ENVSYNC_RECORD" not in made(repository(environment(ENVSYNC_RECORD="{}"))).text


def test_secrets() -> None:
    said = unsaid(holding(environment(), "GITHUB_X"))

    assert (
        said
        == "The secret GITHUB_X is left out, so that envsync leaves it alone: no file can have a name like that"
    )


@pytest.mark.parametrize(
    ("live", "name"),
    [
        (replace(selected(), patterns=NOT_PERMITTED), "deployment_branch_policy"),
        (replace(environment(), protection_rules=NOT_PERMITTED), "deployment_protection_rules"),
        (replace(environment(), variables=NOT_PERMITTED), "variables"),
        (replace(environment(), secrets=NOT_PERMITTED), "secrets"),
    ],
)
def test_what_could_not_be_read(live: LiveEnvironment, name: str) -> None:
    said = unsaid(live)

    assert (
        said
        == f"`{name}` is ignored, neither compared nor changed: it could not be read (GitHub does not permit it)"
    )
    assert f"    ignore: [{name}]\n" in layers(repository(live))


def test_where_only_settings_were_read_that_is_said_once() -> None:
    lives = [
        replace(environment(name), variables=NOT_ASKED, secrets=NOT_ASKED) for name in ("staging", "production")
    ]

    found = made(repository(*lives))

    assert found.text.count("Only settings were read") == 1
    assert "defaults:\n  required_reviewers: [acme/ops]\n  ignore: [variables, secrets]\n" in found.text
    assert [each.message for each in found.warnings] == [
        "acme/payments: variables and secrets were not read, and are ignored"
    ]


@pytest.mark.parametrize(
    ("live", "why"),
    [
        (environment("a\nb: {}"), "no file can have a name like that"),
        (
            environment("qa", settings=Settings(prevent_self_review=True)),
            "it prevents self-review and has no reviewer left, which nobody could set anew",
        ),
    ],
)
def test_environments_that_are_left_out_as_a_whole(live: LiveEnvironment, why: str) -> None:
    found = made(repository(live))

    name = live.name.replace("\n", "\\n")
    assert f"\n# Left out: {name} of acme/payments: {why}.\nenvironments: {{}}\n" in found.text
    assert [each.message for each in found.warnings] == [f"acme/payments: {name}: it is left out: {why}"]


def test_a_rule_that_is_switched_off_is_left_to_whoever_did_that() -> None:
    """No file can say that it is there and off."""
    rules = (LiveRule(1, "gate", enabled=False), LiveRule(2, "audit"))

    found = made(repository(replace(environment("qa"), protection_rules=rules)))

    assert "ignore: [deployment_protection_rules]" in found.text
    assert "gate is switched off: switch it on, or remove it, and import anew" in found.text
    assert len(found.warnings) == 1


def test_an_environment_that_came_while_the_others_were_read() -> None:
    live = replace(repository(environment()), environment_names=("new", "staging"))

    assert "# Left out: new of acme/payments: it was not read.\n" in layers(live)


def test_of_a_file_too_large_to_be_read_the_largest_values_are_left_out() -> None:
    values = {f"V{number}": "x" * 17_000 for number in range(70)} | {"SMALL": "x" * 15_000}

    found = made(repository(holding_variables(values)))

    assert len(found.warnings) == 70
    assert f"      SMALL: {'x' * 15_000}\n" in found.text
    assert (
        "The variable V69 is left out, so that envsync leaves it alone: its value has 17,000 bytes" in found.text
    )


def test_however_large_they_are() -> None:
    environments = [
        holding_variables({f"V{number}": f"{name}" * 1_500 for number in range(100)}, f"e{name}")
        for name in range(10, 20)
    ]

    assert len(made(repository(*environments)).warnings) == 1_000


# --- several repositories ----------------------------------------------------------------------------------


def test_repositories_that_agree_share_all() -> None:
    assert layers(repository(environment(), name="web"), repository(environment("Staging"), name="api")) == (
        "environments:\n  Staging:\n    required_reviewers: [acme/ops]\n"
    )


def test_one_that_differs_overrides_what_differs() -> None:
    lives = [repository(environment(REGION="eu", LEVEL="info"), name=name) for name in ("api", "web")]
    other = repository(
        replace(environment(REGION="us", KEEP="1"), settings=replace(GUARDED, wait_timer=5)), name="old"
    )

    assert layers(*lives, other) == (
        "environments:\n"
        "  staging:\n"
        "    required_reviewers: [acme/ops]\n"
        "    variables:\n"
        "      LEVEL: info\n"
        "      REGION: eu\n"
        "\n"
        "# What differs for some of the repositories, laid on top; null takes away what lies below.\n"
        "overrides:\n"
        "  acme/old:\n"
        "    environments:\n"
        "      staging:\n"
        "        wait_timer: 5m\n"
        "        variables:\n"
        '          KEEP: "1"\n'
        "          LEVEL: null\n"
        "          REGION: us\n"
    )


def test_one_that_lacks_what_the_others_have_goes_back_to_githubs_defaults() -> None:
    strict = replace(
        environment(
            settings=Settings((Team("acme", "ops"),), 5, True, False, RefPolicy.PROTECTED),  # noqa: FBT003
        ),
        protection_rules=(LiveRule(1, "gate"),),
    )
    lives = [repository(strict, name=name) for name in ("api", "web")]

    assert (
        "  acme/old:\n"
        "    environments:\n"
        f"      {OPEN}.\n"
        "      staging:\n"
        "        required_reviewers: []\n"
        "        wait_timer: 0\n"
        "        prevent_self_review: false\n"
        "        can_admins_bypass: true\n"
        "        deployment_branch_policy: all\n"
        "        deployment_protection_rules: []\n"
    ) in layers(*lives, repository(environment(settings=Settings()), name="old"))


def test_an_environment_that_few_have_stands_with_those_that_have_it() -> None:
    lives = [repository(environment(), name=name) for name in ("api", "web")]

    found = layers(*lives, repository(environment(), environment("qa", REGION="eu"), name="old"))

    assert found.endswith("  acme/old:\n    environments:\n      qa:\n        variables:\n          REGION: eu\n")
    assert "defaults:\n  required_reviewers: [acme/ops]\n" in found


def test_one_that_most_have_is_taken_out_where_it_is_not() -> None:
    lives = [repository(environment(), name=name) for name in ("api", "web", "app")]

    assert layers(*lives, repository(name="old")).endswith("  acme/old:\n    environments:\n      staging: null\n")


def test_a_comment_on_some_repositories_says_which() -> None:
    board, union = (
        environment(settings=Settings(required_reviewers=(UnknownReviewer("BusinessTeam", name),)))
        for name in ("board", "union")
    )

    found = layers(repository(board, name="api"), repository(union, name="web"), repository(board, name="app"))

    assert "  # acme/api, acme/app: `required_reviewers` is ignored" in found
    assert "  # acme/web: `required_reviewers` is ignored" in found
    assert "overrides" not in found


def test_what_is_ignored_may_be_inherited() -> None:
    odd = environment("qa", settings=Settings(required_reviewers=(User("ci[bot]"),)))

    found = layers(repository(environment(), environment("production"), environment("preview"), odd))

    assert "defaults:\n  required_reviewers: [acme/ops]\n" in found
    assert "  qa:\n    ignore: [required_reviewers]\n" in found


def test_ignoring_is_no_default_of_what_does_not() -> None:
    odd = replace(environment(settings=Settings()), variables=NOT_PERMITTED)
    lives = [repository(odd, name=name) for name in ("api", "web")]

    found = layers(*lives, repository(environment(settings=Settings(), A="1"), name="old"))

    assert "    ignore: [variables]\n" in found
    assert '        variables:\n          A: "1"\n        ignore: []\n' in found


def test_no_layer_has_more_than_a_hundred_names_removals_included() -> None:
    first, second = ({f"{letter}{number}": "x" for number in range(80)} for letter in "AB")
    lives = [repository(holding_variables(first), name=name) for name in ("api", "web")]

    found = layers(*lives, repository(holding_variables(second), name="old"))

    assert "null\n" not in found.partition("overrides:")[2]
