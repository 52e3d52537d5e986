"""What guards envsync's own credential is not for envsync to manage with it."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, TypeAlias

import pytest

from envsync.cli.guard import guardians, notices, refusals
from envsync.errors import FailureKind
from envsync.model import (
    DesiredEnvironment,
    DesiredRepository,
    LiveEnvironment,
    LiveRepository,
    LiveSecret,
    RepositoryName,
    Unread,
)
from envsync.plan.diff import diff_repository

if TYPE_CHECKING:
    from envsync.plan.changes import Plan

Compared: TypeAlias = "tuple[DesiredRepository, LiveRepository | Unread, Plan]"

HERE = RepositoryName("acme", "payments")
WORKFLOW = {"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "acme/payments"}
LONG_AGO = "2025-01-01T00:00:00Z"


def environment(name: str, *secrets: str) -> LiveEnvironment:
    return LiveEnvironment(name, 1, secrets={each: LiveSecret(each, LONG_AGO, LONG_AGO) for each in secrets})


def session(
    *declared: str,
    live: tuple[LiveEnvironment, ...] = (),
    named: RepositoryName = HERE,
    now: RepositoryName | None = None,
    prune: bool = False,
) -> Compared:
    """The files declare `declared` in the repository that they call `named` and that is called `now`."""
    desired = DesiredRepository(named, tuple(DesiredEnvironment(each) for each in sorted(declared)), prune=prune)
    names = tuple(each.name for each in live)
    details = {each.name.casefold(): each for each in live}
    return of(desired, LiveRepository(now or named, named, names, details))


def of(desired: DesiredRepository, live: LiveRepository | Unread) -> Compared:
    return desired, live, diff_repository(desired, live)


def guarding(found: Compared, **environ: str) -> list[str]:
    given = {**WORKFLOW, **environ}
    return [f"{at.environment}: {why}" for at, why in guardians(*found, given, applies=True)]


def warned(found: Compared, **environ: str) -> list[str]:
    return [each.code for each in notices(*found, {**WORKFLOW, **environ})]


# --- by name -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "names", ["envsync-apply", " envsync-apply ", "a, envsync-apply,b", "a\nenvsync-apply\n", "ENVSYNC-Apply"]
)
def test_an_environment_that_the_workflow_names_is_not_managed(names: str) -> None:
    found = session("envsync-apply", "production")

    assert guarding(found, ENVSYNC_GUARDED_BY=names) == ["envsync-apply: ENVSYNC_GUARDED_BY names it"]


def test_case_does_not_matter_where_the_file_has_it_otherwise() -> None:
    assert guarding(session("Envsync-Apply"), ENVSYNC_GUARDED_BY="envsync-APPLY")


@pytest.mark.parametrize("names", ["", ",", "\n , \n", "envsync", "envsync-apply-2", "envsync-apply envsync-plan"])
def test_other_names_name_nothing(names: str) -> None:
    assert not guarding(session("envsync-apply", "production"), ENVSYNC_GUARDED_BY=names)


def test_a_name_with_blanks_in_it_is_one_name() -> None:
    found = session("the gate", "gate")

    assert guarding(found, ENVSYNC_GUARDED_BY="the gate, x") == ["the gate: ENVSYNC_GUARDED_BY names it"]


def test_what_is_named_and_would_be_deleted_is_not_managed_either() -> None:
    live = (environment("envsync-apply"),)

    assert guarding(session(live=live, prune=True), ENVSYNC_GUARDED_BY="envsync-apply")
    assert not guarding(session(live=live), ENVSYNC_GUARDED_BY="envsync-apply")  # it is left alone
    assert not guarding(session(prune=True), ENVSYNC_GUARDED_BY="envsync-apply")  # it is not there


# --- by what it holds ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ENVSYNC_APP_PRIVATE_KEY", "ENVSYNC_RECORD_KEY", "GH_TOKEN"])
def test_an_environment_that_holds_a_secret_called_like_a_credential_in_use_is_not_managed(name: str) -> None:
    found = session(
        "production", "gate", live=(environment("production", "DB_PASSWORD"), environment("Gate", name))
    )

    assert guarding(found, **{name: "in use"}) == [f"gate: it holds the secret {name}"]
    assert not guarding(found, **{name: ""})  # Actions makes an empty variable of a missing secret
    assert not guarding(found)  # the credential is from elsewhere


def test_of_several_one_is_named_and_always_the_same() -> None:
    both = ("ENVSYNC_RECORD_KEY", "ENVSYNC_APP_PRIVATE_KEY")

    for order in permutations(both):
        found = session("gate", live=(environment("gate", *order),))
        assert guarding(found, **dict.fromkeys(both, "x")) == ["gate: it holds the secret ENVSYNC_APP_PRIVATE_KEY"]


def test_an_environment_whose_secrets_were_not_read_may_hold_the_credential_unless_others_are_named() -> None:
    """As with `--settings-only`, and where a permission lacks."""
    unread = LiveEnvironment("gate", 1, secrets=Unread("forbidden", FailureKind.NOT_PERMITTED))
    found = session("gate", live=(unread,))

    assert guarding(found, GH_TOKEN="x") == ["gate: its secrets were not read, and ENVSYNC_GUARDED_BY is not set"]
    assert not guarding(found, GH_TOKEN="x", ENVSYNC_GUARDED_BY="other")
    assert guarding(found, GH_TOKEN="x", ENVSYNC_GUARDED_BY="gate")
    assert not guarding(found)  # the credential is from elsewhere
    assert not warned(found, GH_TOKEN="x")  # a plan changes nothing


def test_a_repository_that_could_not_be_read_is_known_by_its_name() -> None:
    desired = DesiredRepository(HERE, (DesiredEnvironment("gate"),))
    found = of(desired, Unread("not found", FailureKind.NOT_FOUND))

    assert guarding(found, ENVSYNC_GUARDED_BY="gate")
    assert not guarding(found, ENVSYNC_RECORD_KEY="x")


# --- where ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "environ",
    [
        {"GITHUB_ACTIONS": ""},
        {"GITHUB_ACTIONS": "false"},
        {"GITHUB_REPOSITORY": ""},
        {"GITHUB_REPOSITORY": "acme/other"},
        {"GITHUB_REPOSITORY": "payments"},
        {"GITHUB_REPOSITORY": "acme/payment"},
    ],
)
def test_only_the_workflows_own_repository_guards_it(environ: dict[str, str]) -> None:
    found = session("gate", live=(environment("gate", "ENVSYNC_RECORD_KEY"),))
    named = {"ENVSYNC_GUARDED_BY": "gate", "ENVSYNC_RECORD_KEY": "x"}

    assert guarding(found, **named)
    assert not guarding(found, **{**named, **environ})


@pytest.mark.parametrize("here", ["ACME/Payments", "acme/PAYMENTS"])
def test_repositories_have_no_case(here: str) -> None:
    assert guarding(session("gate"), ENVSYNC_GUARDED_BY="gate", GITHUB_REPOSITORY=here)


def test_a_former_name_of_it_in_the_files_is_the_same_repository() -> None:
    found = session("gate", named=RepositoryName("acme", "old"), now=HERE)

    ((at, _),) = guardians(*found, {**WORKFLOW, "ENVSYNC_GUARDED_BY": "gate"}, applies=True)
    assert at.repository == "acme/old"  # as the files and the plan have it


# --- what is said --------------------------------------------------------------------------------------------


def test_each_is_refused_and_warned_of_with_its_reason() -> None:
    found = session("gate", "production", live=(environment("gate", "GH_TOKEN"),))
    environ = {**WORKFLOW, "ENVSYNC_GUARDED_BY": "production", "GH_TOKEN": "x"}

    refusing, warning = refusals(*found, environ), [*notices(*found, environ)][:2]

    assert [each.code for each in refusing] == [each.code for each in warning] == ["guards-itself"] * 2
    for said in ([each.message for each in refusing], [each.message for each in warning]):
        assert "gate" in said[0]
        assert "it holds the secret GH_TOKEN" in said[0]
        assert "production" in said[1]
        assert "ENVSYNC_GUARDED_BY names it" in said[1]
    assert {each.repository for each in warning} == {"acme/payments"}


def test_names_of_environments_that_are_not_there_guard_nothing_which_is_said() -> None:
    found = session("production", live=(environment("production"), environment("Gate")))

    assert warned(found, ENVSYNC_GUARDED_BY="envsync-apply envsync-grant") == ["guards-nothing"]
    assert not warned(found, ENVSYNC_GUARDED_BY="envsync-apply, gate")  # one is made after the other
    assert not warned(found, ENVSYNC_GUARDED_BY=" , ")
    assert not warned(found, ENVSYNC_GUARDED_BY="envsync-apply", GITHUB_REPOSITORY="acme/other")
    assert not warned(found, ENVSYNC_GUARDED_BY="envsync-apply", GITHUB_ACTIONS="")
