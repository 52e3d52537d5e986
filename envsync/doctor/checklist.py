"""The checklist of whoever sets up the pipeline from staging to production, as far as a machine can judge it.

Where a deployment was never seen, nothing is wrong as long as the environment is new: so it is a note, and a
warning where it has been there for a month. Notifications, emergency procedures and training are for people to
check.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.doctor.look import counted
from envsync.doctor.permissions import BESIDES, is_told
from envsync.model import Unread
from envsync.plan.checkup import Topic
from envsync.plan.listing import listed
from envsync.plan.moments import seconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from envsync.doctor.subject import Subject
    from envsync.model import DesiredEnvironment
    from envsync.plan.checkup import Check

_NEW = 30 * 24 * 3600  # seconds
_DAY = 24 * 3600
_APPROVAL = "-approval"
# What a successful deployment to each of these shows to work.
_FLOWS: Mapping[str, tuple[str, ...]] = {
    "the staging deployment flow": ("staging",),
    "the production approval process": ("production-approval", "production"),
    "the rollbacks": ("staging-rollback", "production-rollback"),
}


def check_checklist(subject: Subject) -> Iterator[Check]:
    yield from _configured(subject)
    yield from _approved(subject)
    yield from _deployed(subject)


def _configured(subject: Subject) -> Iterator[Check]:
    if subject.plan is None:
        return
    look, name = subject.look(Topic.CHECKLIST, "configured"), str(subject.desired.name)
    waiting = [each for each in subject.plan.changes if each.at.repository == name]
    missing = [each.name for each in subject.desired.environments if subject.live_of(each) is None]
    if waiting:
        absent = f"; GitHub has no {listed(missing)} yet" if missing else ""
        verb = "is" if len(waiting) == 1 else "are"
        yield look.warns(
            f"{counted(len(waiting), 'change')} of the file {verb} not applied yet{absent}",
            "see them with: envsync plan, and make them with: envsync apply",
        )
    elif not any(each.repository == name for each in subject.plan.unread):
        yield look.passes("the environments and their rules are as the file has them")


# --- approval ----------------------------------------------------------------------------------------------


def _approved(subject: Subject) -> Iterator[Check]:
    """Of `production`: by its approval environment where there is one, else by its own rules."""
    declared = {each.name.casefold(): each for each in subject.desired.environments}
    gate = declared.get(f"production{_APPROVAL}") or declared.get("production")
    if gate is None:
        return
    look = subject.look(Topic.CHECKLIST, "production-approval")
    if _asks(subject, gate):
        yield _asked(subject, gate)
    else:
        yield look.warns(
            f"{gate.name} has neither required reviewers nor a protection rule, so nobody is asked",
            f"give {gate.name} required_reviewers in the file",
        )


def _asks(subject: Subject, environment: DesiredEnvironment) -> bool:
    wanted = subject.goal_of(environment)
    return bool(wanted.settings.required_reviewers or wanted.rules)


def _asked(subject: Subject, environment: DesiredEnvironment) -> Check:
    look, live = subject.look(Topic.CHECKLIST, "production-approval"), subject.live_of(environment)
    said = f"{environment.name} asks for an approval"
    rules = () if live is None else live.protection_rules
    by_rule = not isinstance(rules, Unread) and any(rule.enabled for rule in rules)
    if live is not None and (live.settings.required_reviewers or by_rule):
        return look.passes(said)
    if subject.live is None or isinstance(rules, Unread):
        return look.notes(f"{said} in the file; what GitHub has was not read")
    return look.notes(f"{said} in the file; not on GitHub yet", "make it with: envsync apply")


# --- deployments -------------------------------------------------------------------------------------------


def _deployed(subject: Subject) -> Iterator[Check]:
    deployed = subject.facts.deployed
    if isinstance(deployed, Unread):
        permission = "Deployments: read"
        if not is_told(subject, permission):
            yield subject.look(Topic.CHECKLIST, "deployed").warns(
                f"{BESIDES[permission]}: {deployed.reason}", deployed.hint or "run it again"
            )
    elif deployed is not None:
        for flow, names in _FLOWS.items():
            there = [
                each.name
                for each in subject.desired.environments
                if each.name.casefold() in names and subject.live_of(each) is not None
            ]
            if there:
                yield _flow(subject, flow, there, deployed)


def _flow(subject: Subject, flow: str, names: list[str], deployed: Mapping[str, bool]) -> Check:
    look = subject.look(Topic.CHECKLIST, "deployed")
    never = [each for each in names if not deployed.get(each.casefold(), False)]
    if not never:
        return look.passes(f"{flow} worked: deployments to {listed(names)} succeeded")
    said = f"{flow}: no recent deployment to {listed(never)} has succeeded"
    ages = [_age(subject, each) for each in never]
    old = [age for age in ages if age is not None and age > _NEW]
    if not old:
        return look.notes(said)
    days = counted(max(old) // _DAY, "day")
    return look.warns(f"{said}, and it has been there for {days}", "try it before it is needed")


def _age(subject: Subject, name: str) -> int | None:
    """Seconds that the environment has been there; None: GitHub did not say."""
    listed_one = None if subject.live is None else subject.live.listed.get(name.casefold())
    created = None if listed_one is None else listed_one.created_at
    try:
        return None if created is None else subject.case.now - seconds(created)
    except ValueError:
        return None
