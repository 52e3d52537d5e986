"""Is there somebody who can approve, whoever starts the deployment?

GitHub drops reviewers without access to the repository and does not say so, and where it prevents self-review, who
starts a deployment cannot approve it: "Deployments and environments" on docs.github.com, "Required reviewers".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from envsync.doctor.look import counted
from envsync.doctor.permissions import TEAMS, is_told
from envsync.doctor.subject import denies
from envsync.model import Field, Team, Unread, User, reviewer_key
from envsync.plan.checkup import Topic
from envsync.plan.listing import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envsync.doctor.subject import Subject
    from envsync.model import DesiredEnvironment, Reviewer
    from envsync.plan.checkup import Check
    from envsync.plan.facts import ReviewerFacts

_ENOUGH = 2  # of whom one is not who started it


def check_reviewers(subject: Subject) -> Iterator[Check]:
    wanted = {
        reviewer_key(reviewer): reviewer
        for environment in _reviewed(subject)
        for reviewer in environment.settings.required_reviewers
    }
    for key in sorted(wanted):
        facts = subject.facts.reviewers.get(key)
        if facts is not None and not _is_hidden(subject, facts):
            yield _reviewer(subject, facts)
    for environment in _reviewed(subject):
        yield from _approval(subject, environment)


def _reviewed(subject: Subject) -> list[DesiredEnvironment]:
    return [
        each
        for each in subject.desired.environments
        if each.settings.required_reviewers and Field.REQUIRED_REVIEWERS not in each.ignore
    ]


def _is_hidden(subject: Subject, facts: ReviewerFacts) -> bool:
    """A team that nobody may see is told by the permission that is missing."""
    is_team = isinstance(facts.reviewer, Team)
    return is_team and isinstance(facts.exists, Unread) and is_told(subject, TEAMS)


def _reviewer(subject: Subject, facts: ReviewerFacts) -> Check:
    who, link = facts.reviewer, subject.links.access(subject.facts.name)
    look = subject.look(Topic.REVIEWERS, "reviewer")
    if isinstance(facts.exists, Unread):
        return _unread(subject, who, "exists", facts.exists)
    if not facts.exists:
        return look.fails(f"GitHub knows no {_kind(who)} {who}", "correct the name in the file")
    if isinstance(facts.has_access, Unread):
        return _unread(subject, who, f"has access to {subject.facts.name}", facts.has_access)
    if not facts.has_access:
        said = f"{who} has no access to {subject.facts.name}, so GitHub would not keep such a reviewer"
        return look.fails(said, f"give {who} access, to read at the least", link)
    match facts.members:
        case Unread(reason):
            return look.notes(f"{who} has access; who is in the team could not be read: {reason}")
        case ():
            said = f"nobody is in the team {who}, so nobody of it can approve"
            return look.warns(said, "add somebody to the team, or take it out of the file", _team(subject, who))
        case None:
            return look.passes(f"{who} has access")
        case members:
            return look.passes(f"{who} has access, with {counted(len(members), 'member')}")


def _unread(subject: Subject, who: Reviewer, what: str, unread: Unread) -> Check:
    step = unread.hint or ("give the credential what it lacks" if denies(unread) else "run it again")
    return subject.look(Topic.REVIEWERS, "reviewer").warns(
        f"whether {who} {what} could not be read: {unread.reason}", step, subject.links.access(subject.facts.name)
    )


def _kind(who: Reviewer) -> str:
    return "team" if isinstance(who, Team) else "user"


def _team(subject: Subject, who: Reviewer) -> str | None:
    return subject.links.team(who) if isinstance(who, Team) else None


# --- who approves ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Approvers:
    """`known`: logins, casefolded, and as they are written; `others`: of whom nobody knows who is in them."""

    known: dict[str, str]
    others: tuple[str, ...]


def _approvers(subject: Subject, environment: DesiredEnvironment) -> _Approvers:
    known: dict[str, str] = {}
    others = []
    for reviewer in environment.settings.required_reviewers:
        facts = subject.facts.reviewers.get(reviewer_key(reviewer))
        if facts is None or isinstance(facts.members, Unread):
            others.append(str(reviewer))
        elif facts.exists is False or facts.has_access is False:
            continue
        elif isinstance(reviewer, User):
            known[reviewer.login.casefold()] = reviewer.login
        else:
            known |= {login.casefold(): login for login in facts.members or ()}
    return _Approvers(known, tuple(others))


def _approval(subject: Subject, environment: DesiredEnvironment) -> Iterator[Check]:
    approvers, name = _approvers(subject, environment), environment.name
    look, link = subject.look(Topic.REVIEWERS, "approval"), subject.links.environments(subject.facts.name)
    if not approvers.known and not approvers.others:
        yield look.fails(
            f"{name}: nobody can approve, so no deployment gets through", "name somebody who can", link
        )
        return
    if not subject.goal_of(environment).settings.prevent_self_review:
        return
    if len(approvers.known) >= _ENOUGH:
        yield look.passes(f"{name}: whoever starts a deployment, somebody else can approve it")
        return
    if approvers.others:
        unknown = listed(approvers.others)
        yield look.notes(
            f"{name}: who else can approve what a reviewer starts is up to {unknown}, which was not read"
        )
        return
    yield _single(subject, name, next(iter(approvers.known.values())))


def _single(subject: Subject, name: str, only: str) -> Check:
    look, link = subject.look(Topic.REVIEWERS, "approval"), subject.links.environments(subject.facts.name)
    deployers, step = subject.facts.deployers, "name a second reviewer, or allow self-review"
    if isinstance(deployers, Unread):
        said = f"{name}: if {only}, the only one to approve, starts a deployment, nobody can approve it"
        return look.warns(said, step, link)
    starting = {login.casefold() for login in deployers}
    if starting == {only.casefold()}:
        said = (
            f"{name}: {only} alone may start deployments and alone may approve them, and nobody approves their own"
        )
        return look.fails(said, step, link)
    if only.casefold() in starting:
        return look.warns(f"{name}: nobody can approve what {only}, the only one to approve, starts", step, link)
    return look.passes(f"{name}: {only} can approve whatever the others start")
