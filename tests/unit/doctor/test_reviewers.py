from __future__ import annotations

from dataclasses import replace

import pytest
from support.checkups import DOWN, HEALTHY, LEAD, OPS, REFUSED, SetUp

from envsync.doctor.case import Purpose
from envsync.model import Field, Team, Unread, User
from envsync.plan.checkup import Status
from envsync.plan.facts import RepositoryFacts, ReviewerFacts

GATE = "production-approval"
NOT_THEIR_OWN = "and nobody approves their own"


def known(setup: SetUp = HEALTHY, **reviewers: ReviewerFacts | None) -> SetUp:
    """What GitHub says of `lead` and `ops`; None: nothing."""
    assert isinstance(setup.repository, RepositoryFacts)
    there: dict[str, ReviewerFacts | None] = {
        "team-lead": setup.repository.reviewers["team-lead"],
        "acme/ops": setup.repository.reviewers["acme/ops"],
        **{{"lead": "team-lead", "ops": "acme/ops"}[key]: facts for key, facts in reviewers.items()},
    }
    return setup.in_repository(reviewers={key: facts for key, facts in there.items() if facts is not None})


def lead(*, exists: bool | Unread = True, has_access: bool | Unread = True) -> ReviewerFacts:
    return ReviewerFacts(LEAD, exists, has_access, None)


def ops(
    *members: str,
    exists: bool | Unread = True,
    has_access: bool | Unread = True,
    unread: Unread | None = None,
) -> ReviewerFacts:
    return ReviewerFacts(OPS, exists, has_access, unread or members)


def reviewed_by(*reviewers: User | Team, setup: SetUp = HEALTHY) -> SetUp:
    found = setup.settles(GATE, required_reviewers=reviewers)
    return found.settles("production", required_reviewers=reviewers)


# --- each reviewer -----------------------------------------------------------------------------------------


def test_it_says_that_each_reviewer_has_access() -> None:
    assert HEALTHY.said("reviewer") == ["acme/ops has access, with 2 members", "team-lead has access"]


@pytest.mark.parametrize(
    ("setup", "said"),
    [
        (known(lead=lead(exists=False, has_access=False)), "GitHub knows no user team-lead"),
        (known(ops=ops(exists=False, has_access=False)), "GitHub knows no team acme/ops"),
    ],
)
def test_a_reviewer_that_does_not_exist(setup: SetUp, said: str) -> None:
    assert (Status.FAIL, "reviewer", said) in setup.findings()
    assert setup.line("reviewer").next_step == "correct the name in the file"


def test_a_reviewer_without_access_would_be_dropped() -> None:
    shut = known(lead=lead(has_access=False))

    assert shut.findings() == [
        (
            Status.FAIL,
            "reviewer",
            "team-lead has no access to acme/payments, so GitHub would not keep such a reviewer",
        )
    ]
    assert shut.line("reviewer").link == "page:access:acme/payments"


@pytest.mark.parametrize(
    ("facts", "what"), [(lead(exists=DOWN), "exists"), (lead(has_access=DOWN), "has access to acme/payments")]
)
def test_what_could_not_be_read_of_a_reviewer(facts: ReviewerFacts, what: str) -> None:
    unknown = known(lead=facts)

    assert unknown.findings() == [
        (Status.WARN, "reviewer", f"whether team-lead {what} could not be read: GitHub says 502")
    ]
    assert unknown.line("reviewer").next_step == "run it again"


def test_what_the_credential_may_not_read_of_a_reviewer() -> None:
    silent = known(lead=lead(has_access=replace(REFUSED, hint=None)))

    assert known(lead=lead(has_access=REFUSED)).line("reviewer").next_step == "ask for it"
    assert silent.line("reviewer").next_step == "give the credential what it lacks"


def test_a_team_that_nobody_may_see_is_told_by_the_permission_alone() -> None:
    hidden = known(HEALTHY.refuses("Members: read"), ops=ops(exists=REFUSED, has_access=REFUSED, unread=REFUSED))

    assert [code for _, code, _ in hidden.findings()] == ["permission-members-read"]
    assert hidden.in_case(purpose=Purpose.PLAN).line("permission-members-read").status is Status.WARN


def test_what_is_known_all_the_same_is_told_beside_a_missing_permission() -> None:
    partly = known(HEALTHY.refuses("Members: read"), ops=ops(unread=REFUSED), lead=lead(exists=REFUSED))

    assert [code for _, code, _ in partly.findings()] == ["permission-members-read", "reviewer"]
    assert partly.line("reviewer").said == "whether team-lead exists could not be read: GitHub says 403"
    assert partly.noted("reviewer") == [
        "acme/ops has access; who is in the team could not be read: GitHub says 403"
    ]


def test_an_empty_team_approves_nothing() -> None:
    empty = known(ops=ops())

    assert empty.line("reviewer").said == "nobody is in the team acme/ops, so nobody of it can approve"
    assert (empty.line("reviewer").status, empty.line("reviewer").link) == (Status.WARN, "page:team:acme/ops")


def test_who_is_in_a_team_may_not_be_known() -> None:
    unknown = known(ops=ops(unread=REFUSED))

    assert unknown.findings() == []
    assert unknown.noted("reviewer") == [
        "acme/ops has access; who is in the team could not be read: GitHub says 403"
    ]


def test_reviewers_that_the_file_leaves_to_somebody_else_are_not_looked_at() -> None:
    ignore = frozenset({Field.REQUIRED_REVIEWERS})
    left = known(HEALTHY.wants(GATE, ignore=ignore).wants("production", ignore=ignore), ops=ops())

    assert (left.findings(), left.said("reviewer")) == ([], [])


# --- who approves what others start ------------------------------------------------------------------------


def test_two_who_can_approve_are_enough() -> None:
    assert HEALTHY.said("approval") == [f"{GATE}: whoever starts a deployment, somebody else can approve it"]


@pytest.mark.parametrize(
    ("setup", "why"),
    [
        (known(reviewed_by(OPS), ops=ops()), "the team is empty"),
        (known(reviewed_by(LEAD), lead=lead(exists=False, has_access=False)), "there is no such user"),
        (known(reviewed_by(LEAD), lead=lead(has_access=False)), "the user has no access"),
    ],
)
def test_nobody_can_approve(setup: SetUp, why: str) -> None:
    said = "nobody can approve, so no deployment gets through"

    assert [(status, words) for status, code, words in setup.findings() if code == "approval"] == [
        (Status.FAIL, f"production: {said}"),
        (Status.FAIL, f"{GATE}: {said}"),
    ], why


def test_the_only_reviewer_is_the_only_one_who_deploys() -> None:
    alone = reviewed_by(LEAD).in_repository(deployers=("Team-Lead",))

    assert alone.findings() == [
        (
            Status.FAIL,
            "approval",
            f"{GATE}: team-lead alone may start deployments and alone may approve them, {NOT_THEIR_OWN}",
        )
    ]
    assert alone.line("approval").next_step == "name a second reviewer, or allow self-review"
    assert alone.line("approval").link == "page:environments:acme/payments"


def test_the_same_person_as_a_user_and_in_a_team_is_one() -> None:
    setup = reviewed_by(User("Team-LEAD"), OPS).in_repository(deployers=("TEAM-lead", "ann"))
    both = known(setup, ops=ops("team-lead"))

    assert both.line("approval").status is Status.WARN
    assert both.in_repository(deployers=("TEAM-lead",)).line("approval").status is Status.FAIL


def test_what_the_only_reviewer_starts_nobody_can_approve() -> None:
    some = reviewed_by(LEAD).in_repository(deployers=("ann", "team-lead"))

    assert some.findings() == [
        (
            Status.WARN,
            "approval",
            f"{GATE}: nobody can approve what team-lead, the only one to approve, starts",
        )
    ]


def test_an_only_reviewer_who_does_not_deploy_is_enough() -> None:
    apart = reviewed_by(LEAD).in_repository(deployers=("ann", "bob"))

    assert apart.findings() == []
    assert apart.said("approval") == [f"{GATE}: team-lead can approve whatever the others start"]


def test_who_deploys_may_not_be_known() -> None:
    unknown = reviewed_by(LEAD).in_repository(deployers=REFUSED)

    assert unknown.findings() == [
        (
            Status.WARN,
            "approval",
            f"{GATE}: if team-lead, the only one to approve, starts a deployment, nobody can approve it",
        )
    ]


@pytest.mark.parametrize("facts", [ops(unread=REFUSED), None])
def test_where_a_team_was_not_read_nobody_knows_who_else_can_approve(facts: ReviewerFacts | None) -> None:
    unknown = known(HEALTHY, ops=facts)

    assert unknown.findings() == []
    assert unknown.noted("approval") == [
        f"{GATE}: who else can approve what a reviewer starts is up to acme/ops, which was not read"
    ]


def test_where_self_review_is_allowed_one_reviewer_is_enough() -> None:
    setup = reviewed_by(LEAD).settles(GATE, prevent_self_review=False).in_repository(deployers=("team-lead",))

    assert (setup.findings(), setup.said("approval")) == ([], [])
