"""What is the repository, and which rules can it have?"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from envsync.doctor.subject import role_of
from envsync.model import Field, RefPolicy, Unread
from envsync.plan.checkup import Topic
from envsync.plan.listing import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from envsync.doctor.subject import Subject
    from envsync.model import DesiredEnvironment, DesiredRepository, ListedEnvironment
    from envsync.plan.checkup import Check


class Extent(IntEnum):
    """What a private repository can have by what its owner pays for.

    "Deployments and environments" on docs.github.com: public ones have all on every plan. On Free others have no
    environments; on Pro and Team they have environments, secrets, variables and deployment branches, and neither
    reviewers, nor a timer, nor custom rules, for which it takes Enterprise.
    """

    NOTHING = 0
    REFS = 1  # no rules but which branches and tags may deploy
    EVERYTHING = 2


# As the API spells it: "Get an organization" and "Get the authenticated user" on docs.github.com.
_PLANS: Mapping[str, Extent] = {
    "free": Extent.NOTHING,
    "pro": Extent.REFS,
    "team": Extent.REFS,
    "business": Extent.EVERYTHING,
    "business_plus": Extent.EVERYTHING,
    "enterprise": Extent.EVERYTHING,
}


def check_repository(subject: Subject) -> Iterator[Check]:
    facts, name = subject.facts, subject.desired.name
    look = subject.look(Topic.REPOSITORY, "repository")
    if facts.name.key != facts.requested.key:
        yield look.warns(f"{name} is called {facts.name} now", "name it so in the file")
    else:
        yield look.passes(_words(subject))
    if facts.is_archived:
        yield subject.look(Topic.REPOSITORY, "archived").hampers(
            "it is archived, so GitHub lets nobody change it",
            "take it out of the file, or have it unarchived",
            subject.links.settings(facts.name),
            gravely=subject.case.applies,
        )
    yield _rules(subject)


def _words(subject: Subject) -> str:
    facts = subject.facts
    owner = "an organization's" if facts.is_organizations else "a user's"
    plan = f" on the plan {facts.plan}" if isinstance(facts.plan, str) else ""
    role = "" if facts.role is None else f"; the account has the role {role_of(facts)}"
    return f"{facts.visibility}, {owner}{plan}{role}"


def _rules(subject: Subject) -> Check:
    look, facts = subject.look(Topic.REPOSITORY, "available-rules"), subject.facts
    if facts.plan is None or facts.visibility != "private":
        # An Enterprise Server is Enterprise, and so is whoever has internal repositories.
        return look.passes(f"a {facts.visibility} repository can have every rule here")
    wanted = _wanted(subject.desired)
    needed = Extent.EVERYTHING if wanted else Extent.REFS
    extent = _PLANS.get(facts.plan) if isinstance(facts.plan, str) else None
    link = subject.links.plan(facts.name.owner, is_organization=facts.is_organizations)
    step = "make the repository public, or change the owner's plan"
    if extent is None:
        if _shown(subject) >= needed:
            return look.passes("the rules that it has show that its owner's plan allows what the file wants")
        return look.warns(
            f"private, it has {_sorts(wanted)} only on some plans, and its owner's {_why(subject)}",
            "see the plan: it takes Pro or Team for environments, and Enterprise for their other rules",
            link,
        )
    if extent >= needed:
        return look.passes(f"a private repository on the plan {facts.plan} can have what the file wants")
    if extent is Extent.NOTHING:
        return look.fails("a private repository on the plan free can have no environments", step, link)
    return look.fails(
        f"a private repository on the plan {facts.plan} cannot have {_sorts(wanted)}",
        f"take that out of the file, {step}",
        link,
    )


def _why(subject: Subject) -> str:
    plan = subject.facts.plan
    return f"could not be read: {plan.reason}" if isinstance(plan, Unread) else f"is {plan}"


def _sorts(wanted: frozenset[str]) -> str:
    return listed(sorted(wanted)) if wanted else "environments"


def _wanted(desired: DesiredRepository) -> frozenset[str]:
    """The fields that only Enterprise has in private repositories."""
    return frozenset().union(*(_gated(each) for each in desired.environments))


def _gated(environment: DesiredEnvironment) -> frozenset[str]:
    settings = environment.settings
    asked = {
        Field.REQUIRED_REVIEWERS: bool(settings.required_reviewers),
        Field.WAIT_TIMER: bool(settings.wait_timer),
        Field.PREVENT_SELF_REVIEW: settings.prevent_self_review,
        Field.DEPLOYMENT_PROTECTION_RULES: bool(environment.protection_rules),
    }
    return frozenset(
        field.value for field, is_asked in asked.items() if is_asked and field not in environment.ignore
    )


def _shown(subject: Subject) -> Extent:
    """What the plan allows at the least, since it is there."""
    environments = {} if subject.live is None else subject.live.listed
    found = [_extent(each) for each in environments.values()]
    return max(found, default=Extent.NOTHING)


def _extent(listed_one: ListedEnvironment) -> Extent:
    settings = listed_one.settings
    if settings.required_reviewers or settings.wait_timer:
        return Extent.EVERYTHING
    # One that a workflow made is there on every plan, and proves nothing.
    return Extent.NOTHING if settings.deployment_branch_policy is RefPolicy.ALL else Extent.REFS
