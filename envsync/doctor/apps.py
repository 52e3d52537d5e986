"""Are the Apps there that shall protect a deployment?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.doctor.permissions import APPS, is_told
from envsync.model import Unread
from envsync.plan.checkup import Topic
from envsync.plan.listing import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envsync.doctor.subject import Subject
    from envsync.model import DesiredEnvironment
    from envsync.plan.checkup import Check


def check_apps(subject: Subject) -> Iterator[Check]:
    wanted = sorted({app for each in subject.desired.environments for app in subject.rules_of(each)})
    for app in wanted:
        yield from _app(subject, app)


def _app(subject: Subject, app: str) -> Iterator[Check]:
    look, there = subject.look(Topic.APPS, "app"), subject.facts.apps
    by = [each for each in subject.desired.environments if app in subject.rules_of(each)]
    if all(_protects(subject, each, app) for each in by):
        yield look.passes(f"{app} protects {listed([each.name for each in by])}")
    elif there is None or (isinstance(there, Unread) and there.kind is None):
        yield look.notes(f"{app}: whether it is installed shows only where there is an environment")
    elif isinstance(there, Unread):
        if not is_told(subject, APPS):
            said = f"whether {app} is installed could not be read: {there.reason}"
            yield look.warns(said, there.hint or "run it again", subject.links.apps(subject.facts.name))
    elif app.casefold() in {each.casefold() for each in there}:
        yield look.passes(f"{app} is installed, and can protect deployments")
    else:
        yield look.fails(
            f"{app} is not among the Apps that can protect deployments of {subject.facts.name}",
            "install it for the repository, or correct its name in the file",
            subject.links.apps(subject.facts.name),
        )


def _protects(subject: Subject, environment: DesiredEnvironment, app: str) -> bool:
    live = subject.live_of(environment)
    rules = () if live is None or isinstance(live.protection_rules, Unread) else live.protection_rules
    return any(rule.enabled and rule.app.casefold() == app.casefold() for rule in rules)
