"""What the fields of an environment mean, and which of their values cannot be meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.config_files import HEAD, codes, diagnostics, environments

from envsync.model import (
    DesiredEnvironment,
    Field,
    Pattern,
    RefPolicy,
    RefType,
    Settings,
    Team,
    User,
)

if TYPE_CHECKING:
    from pathlib import Path


def staging(body: str) -> str:
    return f"{HEAD}environments:\n  staging:\n    {body}\n"


def desired(folder: Path, body: str) -> DesiredEnvironment:
    return environments(folder, staging(body))["staging"]


def test_what_is_left_out_is_githubs_default(tmp_path: Path) -> None:
    text = f"{HEAD}environments: {{staging: {{}}}}"

    assert environments(tmp_path, text)["staging"] == DesiredEnvironment("staging")


def test_the_place_of_an_environment_is_its_name(tmp_path: Path) -> None:
    span = desired(tmp_path, "prune: true").span

    assert span
    assert (span.file, span.line, span.column) == (str(tmp_path / "0.yaml"), 5, 3)


def test_every_field_has_a_meaning(tmp_path: Path) -> None:
    found = environments(
        tmp_path,
        f"""{HEAD}
environments:
  production:
    required_reviewers: [team-lead, acme/devops]
    wait_timer: 2h
    prevent_self_review: true
    can_admins_bypass: false
    deployment_branch_policy: {{branches: [main, 1.0], tags: [v*]}}
    deployment_protection_rules: [Change-Gate]
    variables: {{region: eu-west-1}}
    ignore: [variables, secrets]
    prune: true
""",
    )["production"]

    assert found == DesiredEnvironment(
        name="production",
        settings=Settings(
            required_reviewers=(Team("acme", "devops"), User("team-lead")),
            wait_timer=120,
            prevent_self_review=True,
            can_admins_bypass=False,
            deployment_branch_policy=RefPolicy.SELECTED,
        ),
        patterns=frozenset(
            {Pattern(RefType.BRANCH, "main"), Pattern(RefType.BRANCH, "1.0"), Pattern(RefType.TAG, "v*")}
        ),
        protection_rules=frozenset({"change-gate"}),
        variables={"REGION": "eu-west-1"},
        ignore=frozenset({Field.VARIABLES, Field.SECRETS}),
        prune=True,
    )


@pytest.mark.parametrize(
    ("written", "minutes"),
    [("0", 0), ("30", 30), ("0x1e", 30), ("30.0", 30), ("30m", 30), ("2h", 120), ("30d", 43_200), ("'0m'", 0)],
)
def test_a_timer_is_minutes_or_has_a_unit(tmp_path: Path, written: str, minutes: int) -> None:
    assert desired(tmp_path, f"wait_timer: {written}").settings.wait_timer == minutes


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("43201", "out-of-range"),
        ("-1", "out-of-range"),
        ("721h", "out-of-range"),
        ("999999d", "out-of-range"),
        ("1000000d", "wrong-format"),
        ("1e99", "out-of-range"),
        (".inf", "wrong-type"),
        ("9" * 5_000, "wrong-format"),
        ("1.5", "wrong-type"),
        ("'30'", "wrong-format"),
        ("1:30", "wrong-format"),
        ("2 h", "wrong-format"),
        ("true", "wrong-type"),
        ('"30m\\n"', "wrong-format"),
    ],
)
def test_other_timers_are_mistakes(tmp_path: Path, written: str, code: str) -> None:
    assert codes(tmp_path, staging(f"wait_timer: {written}")) == [code]


@pytest.mark.parametrize("policy", ["all", "protected"])
def test_a_policy_can_be_a_word(tmp_path: Path, policy: str) -> None:
    found = desired(tmp_path, f"deployment_branch_policy: {policy}")

    assert found.settings.deployment_branch_policy is RefPolicy(policy)
    assert not found.patterns


def test_a_policy_can_let_nothing_deploy(tmp_path: Path) -> None:
    found = desired(tmp_path, "deployment_branch_policy: {branches: []}")

    assert found.settings.deployment_branch_policy is RefPolicy.SELECTED
    assert not found.patterns


def test_patterns_that_differ_in_case_are_two(tmp_path: Path) -> None:
    assert len(desired(tmp_path, "deployment_branch_policy: {branches: [Main, main], tags: [main]}").patterns) == 3


@pytest.mark.parametrize("text", ["1.10", "on", "8080", "0x1F", "yes", "True", "1e3", "a b", "2024-01-01"])
def test_text_is_taken_as_written(tmp_path: Path, text: str) -> None:
    found = environments(tmp_path, f"{HEAD}environments: {{{text}: {{variables: {{A: {text}}}}}}}")

    assert found[text].variables == {"A": text}


@pytest.mark.parametrize("text", ["1.10", "on", "0x1F", "true"])
def test_items_of_lists_are_taken_as_written(tmp_path: Path, text: str) -> None:
    found = desired(tmp_path, f"deployment_branch_policy: {{branches: [{text}], tags: [{text}]}}")

    assert {pattern.name for pattern in found.patterns} == {text}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ('""', "wrong-format"),
        ("x" * 256, "wrong-format"),
        ('"a\\tb"', "wrong-format"),
        ('"a\\n"', "wrong-format"),
        ('"\\x9b"', "wrong-format"),
        (".", "wrong-format"),
        ("..", "wrong-format"),
    ],
)
def test_names_of_environments_have_limits(tmp_path: Path, name: str, code: str) -> None:
    # As an explicit key: an implicit one could not be this long.
    assert codes(tmp_path, f"{HEAD}environments:\n  ? {name}\n  : {{}}\n") == [code]


@pytest.mark.parametrize("name", ["x" * 255, "...", ".a", "größe/eu: 1", "😀"])
def test_names_of_environments_may_be_anything_else(tmp_path: Path, name: str) -> None:
    assert list(environments(tmp_path, f"{HEAD}environments:\n  ? '{name}'\n  : {{}}\n")) == [name]


@pytest.mark.parametrize(
    "reviewer", ["a", "a-b", "octo_acme", "acme/a.b_c-d", "${owner}/x", "ACME/x", "acme/${environment}"]
)
def test_reviewers_are_logins_and_slugs(tmp_path: Path, reviewer: str) -> None:
    assert codes(tmp_path, staging(f'required_reviewers: ["{reviewer}"]')) == []


@pytest.mark.parametrize("team", ["other/x", "${environment}/x", "x/${owner}"])
def test_a_team_of_another_organization_is_no_reviewer(tmp_path: Path, team: str) -> None:
    assert codes(tmp_path, staging(f"required_reviewers: ['{team}']")) == ["foreign-team"]
    assert codes(tmp_path, staging(f"required_reviewers: ['{team}']\n    ignore: [required_reviewers]")) == [
        "set-and-ignored"
    ]


def test_each_repository_has_its_own_organization(tmp_path: Path) -> None:
    head = "version: 1\nname: p\nrepositories: [acme/a, other/b]\n"
    text = f"{head}environments: {{s: {{required_reviewers: [other/x]}}}}\n"

    (found,) = diagnostics(tmp_path, text)

    assert found.message == "`other/x` is a team of other, and acme/a belongs to acme"
    assert codes(tmp_path, text.replace("acme/a", "other/*")) == []
    assert codes(tmp_path, text.replace("[other/x]", "['${owner}/x']")) == []


@pytest.mark.parametrize(
    ("policy", "hint"),
    [
        ("branches: [refs/heads/main]", "branch patterns are written without refs/heads/: main"),
        ("tags: [refs/tags/v1]", "tag patterns are written without refs/tags/: v1"),
        ("branches: ['refs/tags/v*']", "tag patterns are written without refs/tags/, under `tags`: v*"),
        ("tags: [refs/heads/main]", "branch patterns are written without refs/heads/, under `branches`: main"),
    ],
)
def test_patterns_are_names_and_no_refs(tmp_path: Path, policy: str, hint: str) -> None:
    (found,) = diagnostics(tmp_path, staging(f"deployment_branch_policy: {{{policy}}}"))

    assert (found.code, found.severity, found.hint) == ("full-ref", "warning", hint)


def test_pull_requests_are_let_in_by_a_ref(tmp_path: Path) -> None:
    assert (
        codes(tmp_path, staging("deployment_branch_policy: {branches: ['refs/pull/*/merge', refs/heads]}")) == []
    )


@pytest.mark.parametrize(
    "reviewer",
    ["", "@a", "a b", "a/b/c", "/a", "a/", "-a", "a.b", "a" * 101, "a" * 401, "${owner}/é"],
)
def test_what_is_neither_is_no_reviewer(tmp_path: Path, reviewer: str) -> None:
    assert codes(tmp_path, staging(f'required_reviewers: ["{reviewer}"]')) == ["wrong-format"]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("prevent_self_review: true", ["self-review-without-reviewer"]),
        ("{prevent_self_review: true, required_reviewers: []}", ["self-review-without-reviewer"]),
        ("{prevent_self_review: true, required_reviewers: [a]}", []),
        ("{prevent_self_review: true, ignore: [required_reviewers]}", []),
        ("{prevent_self_review: true, ignore: [wait_timer]}", ["self-review-without-reviewer"]),
        ("{prevent_self_review: false}", []),
        ("{prevent_self_review: true, required_reviewers: ['@a']}", ["wrong-format"]),
    ],
)
def test_self_review_needs_a_reviewer(tmp_path: Path, body: str, found: list[str]) -> None:
    assert codes(tmp_path, staging(body)) == found


@pytest.mark.parametrize(("size", "found"), [(48 * 1024, []), (48 * 1024 + 2, ["value-too-large"])])
def test_a_value_has_at_most_48_kb(tmp_path: Path, size: int, found: list[str]) -> None:
    assert codes(tmp_path, staging(f"variables: {{A: {'é' * (size // 2)}}}")) == found


def test_a_value_has_its_size_when_templates_are_replaced(tmp_path: Path) -> None:
    assert codes(tmp_path, staging(f"variables: {{A: '{'${repository}' * 5_000}'}}")) == []
    assert codes(tmp_path, staging(f"variables: {{A: '{'${repository}' * 6_200}'}}")) == ["value-too-large"]


@pytest.mark.parametrize("kind", ["variables", "secrets"])
def test_an_environment_has_at_most_a_hundred_of_each(tmp_path: Path, kind: str) -> None:
    def some(prefix: str, number: int) -> str:
        return ", ".join(f"{prefix}{index}: external" for index in range(number))

    def inheriting(number: int) -> str:
        return (
            f"{HEAD}defaults: {{{kind}: {{{some('A', 50)}}}}}\n"
            f"environments: {{x: {{{kind}: {{{some('B', number)}}}}}}}"
        )

    assert codes(tmp_path, inheriting(50)) == []
    assert codes(tmp_path, inheriting(51)) == ["wrong-count"]
    assert codes(tmp_path, f"{HEAD}defaults: {{{kind}: {{{some('A', 101)}}}}}") == ["wrong-count"]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("required_reviewers: [a, A]", ["duplicate"]),
        ("required_reviewers: ['${owner}/x', Acme/X]", ["duplicate"]),
        ("deployment_branch_policy: {branches: [a, a]}", ["duplicate"]),
        ("deployment_branch_policy: {tags: [a, a]}", ["duplicate"]),
        ("deployment_protection_rules: [a, A]", ["duplicate"]),
        ("ignore: [prune, secrets]", ["wrong-value"]),
        ("ignore: [secrets, secrets]", ["duplicate"]),
        ("variables: {a: b, A: c}", ["duplicate"]),
        ("secrets: {a: external, A: external}", ["duplicate"]),
        ("variables: {GitHub_x: b}", ["reserved-name"]),
        ("secrets: {envsync_record: external}", ["reserved-name"]),
        ("deployment_protection_rules: [a, b, c, d, e, f, g]", ["wrong-count"]),
        ("deployment_protection_rules: ['${owner}']", ["wrong-format"]),
        ("deployment_branch_policy: {branches: ['${owner}']}", ["template-not-replaced"]),
        ("variables: {A: '${Owner}'}", ["unknown-template"]),
        ("{ignore: [wait_timer], wait_timer: 5}", ["set-and-ignored"]),
        ("{ignore: [secrets], secrets: {A: external}}", ["set-and-ignored"]),
        ("{ignore: [secrets, wait_timer], secrets: {}}", []),
    ],
)
def test_what_cannot_be_meant_is_told(tmp_path: Path, body: str, found: list[str]) -> None:
    assert codes(tmp_path, staging(body)) == found


@pytest.mark.parametrize(
    ("defaults", "body", "found"),
    [
        ("ignore: [wait_timer]", "wait_timer: 5", ["set-and-ignored"]),
        ("ignore: [variables]", "variables: {A: b}", ["set-and-ignored"]),
        ("ignore: [secrets]", "secrets: {A: external}", ["set-and-ignored"]),
        ("ignore: [wait_timer]", "variables: {A: b}", []),
        ("{ignore: [wait_timer], wait_timer: 5}", "wait_timer: null", ["set-and-ignored"]),
        ("ignore: [wait_timer]", "{ignore: [secrets], wait_timer: 5}", []),
        ("ignore: [wait_timer]", "{ignore: null, wait_timer: 5}", []),
    ],
)
def test_what_an_inherited_ignore_makes_ineffective_is_told(
    tmp_path: Path, defaults: str, body: str, found: list[str]
) -> None:
    assert codes(tmp_path, f"{HEAD}defaults:\n    {defaults}\nenvironments:\n  a:\n    {body}") == found


def test_an_override_inherits_what_its_environment_ignores(tmp_path: Path) -> None:
    environments = "environments: {a: {ignore: [wait_timer]}, b: {}}\n"
    text = f"{HEAD}{environments}overrides:\n  acme/payments:\n    environments:\n"

    assert codes(tmp_path, f"{text}      a: {{wait_timer: 5}}\n      b: {{wait_timer: 5}}") == ["set-and-ignored"]
    assert codes(tmp_path, f"{text}      a: null\n      b: {{wait_timer: 5}}") == []


def test_what_is_wrong_in_defaults_is_told_though_nothing_inherits_it(tmp_path: Path) -> None:
    assert codes(tmp_path, f"{HEAD}defaults: {{wait_timer: 31d}}") == ["out-of-range"]


def test_what_is_wrong_is_told_once_however_many_inherit_it(tmp_path: Path) -> None:
    text = "version: 1\nname: p\nrepositories: [a/b, a/c, a/d-*]\ndefaults: {variables: {A: '${x}'}}\n"

    assert codes(tmp_path, f"{text}environments: {{a: {{}}, b: {{}}}}") == ["unknown-template"]
