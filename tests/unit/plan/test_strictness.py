from __future__ import annotations

import pytest

from envsync.model import Pattern, RefPolicy, RefType, Settings, Team, User
from envsync.plan.changes import Risk, Verdict
from envsync.plan.strictness import NEUTRAL, OPEN, Dimension, Protection, combine, judge

ANN, BOB, OPS = User("ann"), User("bob"), Team("acme", "ops")
MAIN = Pattern(RefType.BRANCH, "main")
ANY = Pattern(RefType.BRANCH, "*")
TAGS = Pattern(RefType.TAG, "v*")


def refs(*patterns: Pattern) -> Protection:
    return Protection(Settings(deployment_branch_policy=RefPolicy.SELECTED), frozenset(patterns))


PROTECTED = Protection(Settings(deployment_branch_policy=RefPolicy.PROTECTED))


@pytest.mark.parametrize(
    ("dimension", "before", "after", "risk", "reason"),
    [
        (Dimension.REVIEWERS, (), (ANN,), Risk.TIGHTENS, "needs the approval of ann"),
        (Dimension.REVIEWERS, (ANN,), (), Risk.WEAKENS, "nobody has to approve any more"),
        (Dimension.REVIEWERS, (ANN,), (ANN, BOB), Risk.WEAKENS, "bob can approve"),
        (Dimension.REVIEWERS, (ANN,), (BOB, OPS), Risk.WEAKENS, "acme/ops, bob can approve"),
        (Dimension.REVIEWERS, (ANN, BOB), (ANN,), Risk.TIGHTENS, "bob can no longer approve"),
        (Dimension.REVIEWERS, (ANN, BOB), (BOB, User("ANN")), Risk.NEUTRAL, NEUTRAL.reason),
    ],
)
def test_each_further_reviewer_is_weaker(
    dimension: Dimension, before: tuple[User, ...], after: tuple[User, ...], risk: Risk, reason: str
) -> None:
    old = Protection(Settings(required_reviewers=before))
    new = Protection(Settings(required_reviewers=after))

    assert judge(old, new)[dimension] == Verdict(risk, reason)


@pytest.mark.parametrize(
    ("dimension", "before", "after", "risk", "reason"),
    [
        (
            Dimension.TIMER,
            Settings(wait_timer=30),
            Settings(wait_timer=5),
            Risk.WEAKENS,
            "deployments wait 5 minutes instead of 30",
        ),
        (
            Dimension.TIMER,
            Settings(wait_timer=5),
            Settings(wait_timer=30),
            Risk.TIGHTENS,
            "deployments wait 30 minutes instead of 5",
        ),
        (
            Dimension.SELF_REVIEW,
            Settings(prevent_self_review=True),
            Settings(),
            Risk.WEAKENS,
            "reviewers can approve their own deployments",
        ),
        (
            Dimension.SELF_REVIEW,
            Settings(),
            Settings(prevent_self_review=True),
            Risk.TIGHTENS,
            "nobody can approve a deployment of their own",
        ),
        (
            Dimension.BYPASS,
            Settings(can_admins_bypass=False),
            Settings(),
            Risk.WEAKENS,
            "administrators can bypass the rules",
        ),
        (
            Dimension.BYPASS,
            Settings(),
            Settings(can_admins_bypass=False),
            Risk.TIGHTENS,
            "administrators can no longer bypass the rules",
        ),
    ],
)
def test_timer_self_review_and_bypass(
    dimension: Dimension, before: Settings, after: Settings, risk: Risk, reason: str
) -> None:
    verdicts = judge(Protection(before), Protection(after))

    assert verdicts.pop(dimension) == Verdict(risk, reason)
    assert set(verdicts.values()) == {NEUTRAL}


@pytest.mark.parametrize(
    ("before", "after", "risk", "reason"),
    [
        (OPEN, PROTECTED, Risk.TIGHTENS, "only protected branches can deploy"),
        (OPEN, refs(MAIN, TAGS), Risk.TIGHTENS, "only branch main, tag v* can deploy"),
        (OPEN, refs(), Risk.TIGHTENS, "nothing can deploy"),
        (PROTECTED, OPEN, Risk.WEAKENS, "every branch and tag can deploy"),
        (refs(MAIN), OPEN, Risk.WEAKENS, "every branch and tag can deploy"),
        (refs(MAIN), PROTECTED, Risk.WEAKENS, "protected branches can deploy"),
        (PROTECTED, refs(MAIN), Risk.WEAKENS, "branch main can deploy"),
        (PROTECTED, refs(), Risk.TIGHTENS, "nothing can deploy"),
        (PROTECTED, PROTECTED, Risk.NEUTRAL, NEUTRAL.reason),
        (refs(MAIN), refs(MAIN, TAGS), Risk.WEAKENS, "tag v* can deploy"),
        (refs(MAIN), refs(TAGS), Risk.WEAKENS, "tag v* can deploy"),
        (refs(MAIN, TAGS), refs(MAIN), Risk.TIGHTENS, "tag v* can no longer deploy"),
        (refs(MAIN), refs(MAIN), Risk.NEUTRAL, NEUTRAL.reason),
        (refs(ANY), refs(ANY, MAIN), Risk.NEUTRAL, NEUTRAL.reason),
        (refs(ANY, MAIN), refs(ANY), Risk.NEUTRAL, NEUTRAL.reason),
        (refs(ANY), refs(ANY, Pattern(RefType.TAG, "main")), Risk.WEAKENS, "tag main can deploy"),
        (refs(ANY), refs(MAIN), Risk.TIGHTENS, "branch * can no longer deploy"),
    ],
)
def test_more_refs_are_weaker_and_protected_and_patterns_cannot_be_compared(
    before: Protection, after: Protection, risk: Risk, reason: str
) -> None:
    assert judge(before, after)[Dimension.REFS] == Verdict(risk, reason)


@pytest.mark.parametrize(
    ("before", "after", "risk", "reason"),
    [
        ({"gate"}, set(), Risk.WEAKENS, "gate no longer has to agree"),
        ({"gate"}, {"other"}, Risk.WEAKENS, "gate no longer has to agree"),
        (set(), {"gate"}, Risk.TIGHTENS, "gate has to agree"),
        ({"gate"}, {"gate"}, Risk.NEUTRAL, NEUTRAL.reason),
    ],
)
def test_a_protection_rule_fewer_is_weaker(before: set[str], after: set[str], risk: Risk, reason: str) -> None:
    old, new = Protection(rules=frozenset(before)), Protection(rules=frozenset(after))

    assert judge(old, new)[Dimension.RULES] == Verdict(risk, reason)


def test_the_gravest_risk_wins_and_gives_its_reasons() -> None:
    weak, weaker = Verdict(Risk.WEAKENS, "one"), Verdict(Risk.WEAKENS, "two")

    assert combine([Verdict(Risk.TIGHTENS, "good"), weak, NEUTRAL, weaker]) == Verdict(Risk.WEAKENS, "one; two")
    assert combine([NEUTRAL]) == NEUTRAL
    assert combine([]) == NEUTRAL
