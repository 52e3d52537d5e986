"""The rules of names and values, held to the loader's, which the package does not know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.config_files import HEAD, loaded_bytes

from envsync.errors import ConfigError
from envsync.model import Team, UnknownReviewer, User
from envsync.scaffold import is_owner_name, sayable
from envsync.scaffold.yaml_text import quoted

if TYPE_CHECKING:
    from collections.abc import Callable

SAYABLE: dict[str, tuple[Callable[[str], bool], str]] = {
    "environment": (sayable.is_environment, f"{HEAD}environments:\n  ? {{}}\n  : {{{{}}}}\n"),
    "pattern": (
        sayable.is_pattern,
        f"{HEAD}environments: {{{{a: {{{{deployment_branch_policy: {{{{branches: [{{}}]}}}}}}}}}}}}\n",
    ),
    "app": (sayable.is_app, f"{HEAD}environments: {{{{a: {{{{deployment_protection_rules: [{{}}]}}}}}}}}\n"),
    "setting": (sayable.is_setting, f"{HEAD}environments:\n  a:\n    variables:\n      ? {{}}\n      : x\n"),
    "secret": (sayable.is_setting, f"{HEAD}environments:\n  a:\n    secrets:\n      ? {{}}\n      : external\n"),
    "name": (is_owner_name, "version: 1\nname: {}\nrepositories: [a/b]\nenvironments: {{a: {{}}}}\n"),
}

names = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=6),
    st.text("aZ0._-/$ \n*?@:", max_size=6),
    st.sampled_from((".", "..", "GITHUB_A", "github_", "ENVSYNC_RECORD", "envsync_record", "a\u00a0b", "a\u2003")),
    st.builds(
        lambda text, times: text * times, st.sampled_from("aé. "), st.sampled_from((99, 100, 101, 255, 256, 1025))
    ),
)


@pytest.mark.parametrize("kind", SAYABLE)
def test_what_can_be_said_is_what_the_loader_takes(kind: str) -> None:
    is_sayable, template = SAYABLE[kind]

    @given(names)
    @example("a" * 1024)
    def one(name: str) -> None:
        assert is_sayable(name) == takes(template.format(quoted(name)))

    one()


def takes(text: str) -> bool:
    try:
        loaded_bytes(text.encode())
    except ConfigError:
        return False
    return True


@given(names, st.one_of(st.none(), names))
@example("a" * 100, "b" * 255)
@example("acme", "b" * 256)
@example("ci[bot]", None)
def test_reviewers_too(first: str, slug: str | None) -> None:
    text = first if slug is None else f"{first}/{slug}"
    reviewer = User(first) if slug is None else Team(first, slug)
    owner = first if takes(f"version: 1\nname: n\nrepositories: [{quoted(f'{first}/r')}]\n") else "acme"
    head = HEAD.replace("acme/payments", quoted(f"{owner}/r"))

    found = takes(f"{head}environments: {{a: {{required_reviewers: [{quoted(text.replace('$', '$$'))}]}}}}\n")

    assert "/" in first or "/" in (slug or "") or sayable.is_reviewer(reviewer, owner) == found


def test_a_team_reviews_in_its_own_organization_alone() -> None:
    assert sayable.is_reviewer(Team("Acme", "ops"), "acme")
    assert not sayable.is_reviewer(Team("umbrella", "ops"), "acme")


def test_reviewers_of_other_types_have_no_name_in_a_file() -> None:
    assert not sayable.is_reviewer(UnknownReviewer("BusinessTeam", "board"), "acme")


def test_half_a_character_is_no_text() -> None:
    assert not sayable.is_text("a\ud800")
    assert not sayable.is_environment("a\udfff")
    assert sayable.is_text("🚀")
