"""Everything wrong in every file is told at once, each thing with its place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.config_files import HEAD, codes, diagnostics, loaded, written

from envsync.config import load
from envsync.errors import ConfigError
from envsync.model import RefPolicy, RepositoryName

ROOT = Path(__file__).parents[3]


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    broken = "a: [@b]\n"
    wrong = "version: 2\nname: p\nrepositories: [x]\nenvironments: {a: {wait_timer: 99d, secrets: {A-B: x}}}\n"
    warned = f"{HEAD}environments: {{a: {{wait_timer: 1, ignore: [wait_timer]}}}}\n"

    assert sorted(codes(tmp_path, broken, wrong, "", warned)) == [
        "file-empty",
        "out-of-range",
        "secret-source",
        "set-and-ignored",
        "unsupported-version",
        "wrong-format",
        "wrong-format",
        "yaml-syntax",
    ]


def test_every_item_of_a_list_is_looked_at(tmp_path: Path) -> None:
    text = f"{HEAD}environments: {{a: {{required_reviewers: ['@a', ok, -b, c/d/e]}}}}"

    assert codes(tmp_path, text) == ["wrong-format"] * 3


def test_places_are_those_in_the_file(tmp_path: Path) -> None:
    (found,) = diagnostics(tmp_path, f"{HEAD}environments:\r\n  ä: {{wait_tmer: 5}}\r\n")

    assert found.span
    assert (found.span.line, found.span.column, found.span.end_column) == (5, 7, 16)
    assert found.source == "  ä: {wait_tmer: 5}"


def test_what_stands_behind_an_alias_is_told_where_it_stands(tmp_path: Path) -> None:
    text = f"{HEAD}defaults: &d\n  wait_tmer: 5\nenvironments:\n  a: *d\n  b: {{<<: *d, prune: true}}\n"

    (found,) = diagnostics(tmp_path, text)

    assert found.span
    assert found.span.line == 5


def test_anchors_and_merges_mean_what_they_stand_for(tmp_path: Path) -> None:
    text = (
        f"{HEAD}environments:\n  a: &a {{wait_timer: 5, prune: true}}\n  b: {{<<: *a, wait_timer: 6}}\n  c: *a\n"
    )

    (repository,) = loaded(tmp_path, text).desired({})

    assert [(each.settings.wait_timer, each.prune) for each in repository.environments] == [
        (5, True),
        (6, True),
        (5, True),
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("text", ["wrong-type"]),
        ("[]", ["wrong-type"]),
        ("5", ["wrong-type"]),
        ("~", ["file-empty"]),
        ("*x", ["yaml-alias"]),
        ("!x a", ["yaml-tag"]),
        ("!x {a: b}", ["yaml-tag"]),
        ("!x [a]", ["yaml-tag"]),
        (HEAD + "environments: *x", ["yaml-alias"]),
        (HEAD + "environments: {a: *x}", ["yaml-alias"]),
        (HEAD + "environments: {a: {required_reviewers: [*x, b]}}", ["yaml-alias"]),
        (HEAD + "environments: {a: {prevent_self_review: true, required_reviewers: [*x]}}", ["yaml-alias"]),
        (HEAD + "environments: {a: {deployment_branch_policy: {branches: [*]}}}", ["yaml-syntax"]),
        (HEAD + "---\n" + HEAD, ["yaml-documents"]),
        (HEAD + "overrides: {acme/payments: ~}", ["null-value"]),
        (HEAD + "overrides: {acme/payments: {environments: ~}}", ["null-value"]),
        (HEAD + "overrides: {acme/payments: {environments: {a: x}}}", ["wrong-type"]),
        (HEAD + "overrides: {acme/payments: {environments: {a: []}}}", ["wrong-type"]),
        (HEAD + "overrides: ~", ["null-value"]),
        (HEAD + "defaults: ~", ["null-value"]),
        (HEAD + "defaults: 5", ["wrong-type"]),
        (HEAD + "archived: on", ["wrong-type"]),
        (HEAD + "archived: true\nforks: True", ["no-environment"]),
        (HEAD + "never_touch: [1.10, on]", ["no-environment"]),
        (HEAD + "environments: {a: {variables: {A: {}}}}", ["wrong-type"]),
        (HEAD + "environments: {a: {variables: {A: b}, variables: {C: d}}}", ["duplicate-key"]),
        ("version: 1.0\nname: p\nrepositories: [a/b]", ["no-environment"]),
        ("version: '1'\nname: p\nrepositories: [a/b]", ["wrong-type"]),
        ("version: true\nname: p\nrepositories: [a/b]", ["wrong-type"]),
        ("version: 1\nname: 1.10\nrepositories: [a/b]", ["wrong-type"]),
        ("version: 1\nname: p\nrepositories: []", ["wrong-count"]),
        ("version: 1\nname: p\nrepositories: [a*/b]", ["wrong-format"]),
        ("version: 1\nname: p\nrepositories: [a/b/c]", ["wrong-format"]),
        ("version: 1\nname: p\nrepositories: [a/..]", ["wrong-format"]),
        (HEAD + "environments: {}", ["no-environment"]),
        (HEAD + "environments: {}\noverrides: {acme/payments: {environments: {}}}", ["no-environment"]),
        (HEAD + "overrides: {acme/payments: {environments: {a: {}}}}", []),
        ("version: 1\nname: p\nrepositories: ['a/b\n\n']", ["wrong-format"]),
        ("version: 1\nname: p", ["missing-key"]),
    ],
)
def test_a_file_has_a_form(tmp_path: Path, text: str, found: list[str]) -> None:
    assert codes(tmp_path, text) == found


def test_a_byte_order_mark_does_not_move_anything(tmp_path: Path) -> None:
    (found,) = diagnostics(tmp_path, "\ufeffversion: 2\nname: p\nrepositories: [a/b]")

    assert found.span
    assert (found.span.line, found.span.column) == (1, 10)


def test_a_file_that_is_named_twice_is_read_once(tmp_path: Path) -> None:
    path = written(tmp_path, f"{HEAD}environments: {{a: {{}}}}")

    with pytest.raises(ConfigError) as caught:
        load([path, tmp_path / ".." / tmp_path.name / path.name])

    assert [diagnostic.code for diagnostic in caught.value.diagnostics] == ["file-repeated"]


def test_more_errors_than_anybody_reads_are_cut_short_and_it_is_said(tmp_path: Path) -> None:
    found = codes(tmp_path, f"{HEAD}exclude: [{'x, ' * 700}]")

    assert found.count("wrong-format") == 500
    assert found[-1] == "more-errors"


def test_more_warnings_than_anybody_reads_are_cut_short(tmp_path: Path) -> None:
    text = f"{HEAD}exclude: [{', '.join(f'acme/x{number}' for number in range(700))}]"

    assert len(loaded(tmp_path, text).warnings) == 500


def test_a_file_of_too_many_parts_is_refused_before_they_are_multiplied(tmp_path: Path) -> None:
    repositories = ", ".join(f"acme/r{number}" for number in range(1_000))
    environments = ", ".join(f"e{number}: {{}}" for number in range(60))
    text = f"version: 1\nname: p\nrepositories: [{repositories}]\nenvironments: {{{environments}}}\n"

    assert codes(tmp_path, text) == ["too-many-environments"]


def test_the_file_of_this_repository_is_valid_and_says_what_its_pipeline_needs() -> None:
    configuration = load([ROOT / "environments.yaml"])
    (repository,) = configuration.desired({})
    found = {each.name: each for each in repository.environments}

    assert configuration.warnings == ()
    assert repository.name == RepositoryName("acme", "payments")
    assert list(found) == [
        "production",
        "production-approval",
        "production-rollback",
        "staging",
        "staging-rollback",
    ]
    assert {str(each) for each in found["production-approval"].settings.required_reviewers} == {
        "team-lead",
        "acme/devops-admins",
    }
    assert all(each.settings.deployment_branch_policy is RefPolicy.SELECTED for each in found.values())


def test_the_example_of_the_documentation_is_valid(tmp_path: Path) -> None:
    text = """\
# yaml-language-server: $schema=./schemas/environments.schema.json
version: 1
name: payments                         # who owns what this file creates; written into the record
repositories: [acme/*]
exclude: [acme/payments-sandbox]

environments:
  staging:
    deployment_branch_policy:                  # or: all (the default) | protected
      branches: [develop, main, "hotfix/*", "refs/pull/*/merge"]
      tags: ["v*"]
    variables: {AWS_REGION: eu-west-1}
    secrets:
      AWS_ROLE_ARN: {env: STAGING_AWS_ROLE_ARN}
  production:
    required_reviewers: [team-lead, acme/devops-admins]
    can_admins_bypass: false
    deployment_branch_policy: {branches: [main]}
    deployment_protection_rules: [change-gate]
    secrets:
      DB_PASSWORD: {file: secrets/db-password}
      API_KEY: {command: [op, read, "op://ci/api/key"]}
      LEGACY_TOKEN: external
    ignore: [wait_timer]
"""

    assert loaded(tmp_path, text).warnings == ()


def test_the_editor_is_told_where_the_schema_is() -> None:
    first, *_ = (ROOT / "environments.yaml").read_text(encoding="utf-8").splitlines()
    found = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)

    assert found
    assert (ROOT / found[1]).is_file()
