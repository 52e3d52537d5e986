"""Defaults below, then the environment, then what overrides lay on top in the order of the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.config_files import HEAD, codes, environments, loaded

from envsync.model import FromEnvironment, Pattern, RefPolicy, RefType, RepositoryName

if TYPE_CHECKING:
    from pathlib import Path

TWO = "version: 1\nname: p\nrepositories: [acme/one, acme/two]\n"


def test_defaults_lie_under_every_environment(tmp_path: Path) -> None:
    found = environments(
        tmp_path, f"{HEAD}defaults: {{wait_timer: 5}}\nenvironments: {{a: {{}}, b: {{wait_timer: 1}}}}"
    )

    assert {name: each.settings.wait_timer for name, each in found.items()} == {"a": 5, "b": 1}


def test_variables_and_secrets_merge_name_by_name_and_without_regard_to_case(tmp_path: Path) -> None:
    found = environments(
        tmp_path,
        f"""{HEAD}
defaults: {{variables: {{A: a, b: b}}, secrets: {{S: {{env: ONE}}, T: external}}}}
environments: {{x: {{variables: {{B: c}}, secrets: {{s: {{env: TWO}}}}}}}}
""",
    )["x"]

    assert found.variables == {"A": "a", "B": "c"}
    assert found.secrets["S"].source == FromEnvironment("TWO")
    assert list(found.secrets) == ["S", "T"]


def test_everything_else_replaces_whole(tmp_path: Path) -> None:
    found = environments(
        tmp_path,
        f"""{HEAD}
defaults:
  required_reviewers: [a, b]
  deployment_branch_policy: {{branches: [main], tags: [v*]}}
  secrets: {{S: {{command: [op, read]}}}}
environments:
  x:
    required_reviewers: [c]
    deployment_branch_policy: {{branches: [develop]}}
    secrets: {{S: {{env: ONE}}}}
""",
    )["x"]

    assert [str(each) for each in found.settings.required_reviewers] == ["c"]
    assert found.patterns == {Pattern(RefType.BRANCH, "develop")}
    assert found.secrets["S"].source == FromEnvironment("ONE")


@pytest.mark.parametrize("null", ["", "~", "null"])
def test_null_removes_what_is_inherited(tmp_path: Path, null: str) -> None:
    found = environments(
        tmp_path,
        f"""{HEAD}
defaults:
  wait_timer: 5
  deployment_branch_policy: protected
  variables: {{A: a, B: b}}
  secrets: {{S: external}}
environments:
  x:
    wait_timer: {null}
    deployment_branch_policy: {null}
    variables:
      A: {null}
    secrets: {null}
""",
    )["x"]

    assert found.settings.wait_timer == 0
    assert found.settings.deployment_branch_policy is RefPolicy.ALL
    assert found.variables == {"B": "b"}
    assert found.secrets == {}


def test_a_quoted_null_is_text(tmp_path: Path) -> None:
    found = environments(tmp_path, f'{HEAD}environments: {{x: {{variables: {{A: "null", B: "", C: "~"}}}}}}')

    assert found["x"].variables == {"A": "null", "B": "", "C": "~"}


def test_overrides_lie_on_top_in_the_order_of_the_file(tmp_path: Path) -> None:
    one, two = loaded(
        tmp_path,
        f"""{TWO}
environments: {{x: {{wait_timer: 1, prune: true}}}}
overrides:
  acme/one: {{environments: {{x: {{wait_timer: 2}}}}}}
  acme/*: {{environments: {{x: {{wait_timer: 3}}}}}}
  ACME/T?o: {{environments: {{x: {{wait_timer: 4}}}}}}
""",
    ).desired({})

    assert [each.settings.wait_timer for each in one.environments] == [3]
    assert [each.settings.wait_timer for each in two.environments] == [4]
    assert one.environments[0].prune


def test_an_override_takes_an_environment_out_and_another_one_in(tmp_path: Path) -> None:
    one, two = loaded(
        tmp_path,
        f"""{TWO}
defaults: {{wait_timer: 9}}
environments: {{x: {{prune: true}}}}
overrides:
  acme/one: {{environments: {{X: ~, y: {{}}}}}}
  acme/*: {{environments: {{y: ~}}}}
  acme/two: {{environments: {{x: ~}}}}
  acme/tw*: {{environments: {{X: {{}}}}}}
""",
    ).desired({})

    assert one.environments == ()
    assert [(each.name, each.prune, each.settings.wait_timer) for each in two.environments] == [("X", False, 9)]


def test_the_first_spelling_of_a_name_stays(tmp_path: Path) -> None:
    override = "overrides: {acme/payments: {environments: {PROD: {prune: true}}}}"
    text = f"{HEAD}environments: {{Prod: {{}}}}\n{override}"

    assert environments(tmp_path, text)["Prod"].prune


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("defaults: {variables: {A: ~}}", ["nothing-inherited"]),
        ("defaults: {variables: ~}", ["nothing-inherited"]),
        ("environments: {a: {prune: ~}}", ["nothing-inherited"]),
        ("defaults: {variables: {B: b}}\nenvironments: {a: {variables: {A: ~}}}", ["nothing-inherited"]),
        ("defaults: {secrets: {B: external}}\nenvironments: {a: {secrets: ~}}", []),
        ("overrides: {acme/payments: {environments: {a: ~}}}", ["nothing-inherited"]),
        ("environments: {a: }", ["null-value"]),
        # What is wrong already is not held against what lies above it.
        ("defaults: {prune: x}\nenvironments: {a: {prune: ~}}", ["wrong-type"]),
        ("defaults: {variables: {A: []}}\nenvironments: {a: {variables: {a: ~}}}", ["wrong-type"]),
        ("environments: {a: }\noverrides: {acme/payments: {environments: {a: ~}}}", ["null-value"]),
        ("environments: []\noverrides: {acme/payments: {environments: {a: ~}}}", ["wrong-type"]),
        ("environments: {a: {prune: true}}\noverrides: {acme/*: {environments: {a: {prune: ~}}}}", []),
        (
            "overrides:\n  acme/*: {environments: {a: {prune: true}}}\n  acme/p*: {environments: {a: {prune: ~}}}",
            [],
        ),
    ],
)
def test_null_where_nothing_is_inherited_is_a_mistake(tmp_path: Path, text: str, found: list[str]) -> None:
    assert codes(tmp_path, HEAD + text) == found


def test_what_is_made_of_a_repository_does_not_depend_on_the_others(tmp_path: Path) -> None:
    both = loaded(tmp_path, f"{TWO}environments: {{x: {{variables: {{A: '${{repository}}'}}}}}}")

    assert [each.environments[0].variables["A"] for each in both.desired({})] == ["one", "two"]
    assert both.repositories == (RepositoryName("acme", "one"), RepositoryName("acme", "two"))
