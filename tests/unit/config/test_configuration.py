"""What several files want of the repositories that they name and of those that their patterns match."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.config_files import HEAD, codes, diagnostics, loaded

from envsync.config import Owners, RepositoryPattern
from envsync.errors import ConfigError
from envsync.model import RepositoryName

if TYPE_CHECKING:
    from pathlib import Path

ONE = RepositoryName("acme", "one")
TWO = RepositoryName("acme", "two")


def file(name: str, repositories: str, environments: str = "{}", more: str = "") -> str:
    return f"version: 1\nname: {name}\nrepositories: [{repositories}]\nenvironments: {environments}\n{more}\n"


def test_names_and_patterns_are_told_apart(tmp_path: Path) -> None:
    found = loaded(
        tmp_path, file("a", "acme/two, acme/x-*, Acme/One"), file("b", "acme/one, acme/*", more="archived: true")
    )

    assert found.repositories == (RepositoryName("Acme", "One"), TWO)
    assert found.patterns == (
        RepositoryPattern("acme/*", archived=True, forks=False),
        RepositoryPattern("acme/x-*", archived=False, forks=False),
    )


def test_patterns_become_the_repositories_that_they_match(tmp_path: Path) -> None:
    found = loaded(
        tmp_path, file("a", "acme/*", "{x: {variables: {R: '${repository}'}}}", "exclude: [acme/OLD, acme/t-*]")
    )

    desired = found.desired({"acme/*": [TWO, ONE, RepositoryName("acme", "old"), RepositoryName("acme", "T-1")]})

    assert [(each.name, each.environments[0].variables) for each in desired] == [
        (ONE, {"R": "one"}),
        (TWO, {"R": "two"}),
    ]


def test_a_repository_that_is_named_and_matched_is_one(tmp_path: Path) -> None:
    found = loaded(tmp_path, file("a", "acme/*, Acme/One", "{x: {}}"))

    assert [each.name for each in found.desired({"acme/*": [ONE]})] == [RepositoryName("Acme", "One")]


def test_overrides_meet_where_only_a_real_repository_shows_it(tmp_path: Path) -> None:
    text = file(
        "a",
        "acme/*",
        "{x: {required_reviewers: [lead]}}",
        "overrides:\n"
        "  acme/*-eu: {environments: {x: {prevent_self_review: true}}}\n"
        "  acme/pay-*: {environments: {x: {required_reviewers: ~}}}",
    )
    found = loaded(tmp_path, text)

    with pytest.raises(ConfigError, match="needs a reviewer"):
        found.desired({"acme/*": [RepositoryName("acme", "pay-eu")]})
    assert found.desired({"acme/*": [RepositoryName("acme", "eu")]})


def test_every_pattern_has_to_be_expanded(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        loaded(tmp_path, file("a", "acme/*")).desired({})


def test_several_files_say_one_thing_of_a_repository(tmp_path: Path) -> None:
    found = loaded(
        tmp_path,
        file("b", "acme/one", "{y: {}}", "prune: true"),
        file("a", "ACME/one", "{X: {}}", "never_touch: [pages]"),
    )

    (one,) = found.desired({})

    assert one.name == ONE
    assert [each.name for each in one.environments] == ["X", "y"]
    assert one.prune
    assert one.never_touch == {"github-pages", "pages"}
    assert found.resolve({}).owners == {"acme/one": Owners(("a", "b"), {"y": "b", "x": "a"})}


def test_two_files_that_declare_the_same_environment_are_both_named(tmp_path: Path) -> None:
    (found,) = diagnostics(
        tmp_path,
        file("a", "acme/one", "{x: {}}"),
        file("b", "Acme/One", "{X: {}}"),
        file("c", "acme/one", "{z: {}}"),
    )

    assert found.code == "declared-twice"
    assert found.span
    assert found.span.file == str(tmp_path / "1.yaml")
    assert f"{tmp_path / '0.yaml'}:4:16" in (found.hint or "")


def test_two_files_can_meet_where_only_a_real_repository_shows_it(tmp_path: Path) -> None:
    found = loaded(tmp_path, file("a", "acme/o*", "{x: {}}"), file("b", "acme/*e", "{x: {}}"))

    with pytest.raises(ConfigError, match="acme/one is declared by two files"):
        found.desired({"acme/o*": [ONE], "acme/*e": [ONE]})


def test_what_one_file_protects_no_other_declares(tmp_path: Path) -> None:
    (found,) = diagnostics(
        tmp_path,
        file("a", "acme/one", "{github-pages: {}, x: {}}", "never_touch: []"),
        file("b", "acme/one", "{y: {}}"),
    )

    assert found.code == "never-touch-declared"
    assert str(tmp_path / "1.yaml") in found.message


def test_one_pattern_cannot_be_expanded_in_two_ways(tmp_path: Path) -> None:
    forks = file("b", "acme/*", more="forks: true")

    assert "conflicting-pattern" in codes(tmp_path, file("a", "acme/*"), forks)
    assert codes(tmp_path, file("a", "acme/*"), file("b", "acme/*")) == ["no-environment"] * 2


def test_there_can_be_no_file(tmp_path: Path) -> None:
    assert loaded(tmp_path).desired({}) == ()


def test_warnings_do_not_stop_anybody(tmp_path: Path) -> None:
    found = loaded(tmp_path, f"{HEAD}exclude: [acme/x]\nenvironments: {{a: {{}}}}")

    assert [warning.code for warning in found.warnings] == ["unmatched-exclude"]
    assert found.desired({})
