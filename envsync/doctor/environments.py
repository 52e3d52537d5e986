"""What of the environments was not read, cannot be made, or stands open and belongs to nobody?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.doctor.look import counted
from envsync.doctor.permissions import is_told
from envsync.model import LiveRepository
from envsync.plan.appeared import environment_looks_open, lets_everybody_through
from envsync.plan.changes import EnvironmentDelete, Kind, RecordState
from envsync.plan.checkup import Topic
from envsync.plan.listing import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envsync.doctor.subject import Subject
    from envsync.model import ListedEnvironment
    from envsync.plan.changes import Plan
    from envsync.plan.checkup import Check


def check_environments(subject: Subject) -> Iterator[Check]:
    live = subject.facts.live
    if not isinstance(live, LiveRepository):
        if not is_told(subject):
            look = subject.look(Topic.ENVIRONMENTS, "environments")
            yield look.fails(f"they could not be read: {live.reason}", live.hint or "run it again")
        return
    yield subject.look(Topic.ENVIRONMENTS, "environments").passes(
        f"{counted(len(live.environment_names), 'environment')} on GitHub, "
        f"{len(subject.desired.environments)} in the file"
    )
    if subject.plan is not None:
        yield from _unread(subject, subject.plan)
        yield from _unmet(subject, subject.plan)
    guardians = subject.case.guardians.get(subject.desired.name.key, frozenset())
    for key in sorted(live.listed.keys() - guardians):
        yield from _open(subject, live.listed[key])
    yield from _guardians(subject, live, guardians)


def _unread(subject: Subject, plan: Plan) -> Iterator[Check]:
    told = {(each.at.repository, each.at.environment) for each in plan.records}
    for part in plan.unread:
        here = part.repository == str(subject.desired.name) and part.failed
        by_its_record = part.part == "record" and (part.repository, part.environment) in told
        if here and not by_its_record and not is_told(subject):
            yield subject.look(Topic.ENVIRONMENTS, "environment-unread").fails(
                f"{part.environment}: its {part.part} could not be read: {part.reason}",
                part.hint or "run it again",
            )


def _unmet(subject: Subject, plan: Plan) -> Iterator[Check]:
    """What the file requires of an environment and envsync cannot make. Secrets have a topic of their own."""
    for unmet in plan.unmet:
        if unmet.at.repository == str(subject.desired.name) and unmet.kind is not Kind.SECRET:
            yield subject.look(Topic.ENVIRONMENTS, "environment-unmet").hampers(
                f"{unmet.at.environment}, {unmet.name}: {unmet.reason}",
                "see to it on GitHub, or take it out of the file",
                subject.links.environments(subject.facts.name),
                gravely=subject.case.applies,
            )


def _open(subject: Subject, found: ListedEnvironment) -> Iterator[Check]:
    if not environment_looks_open(found, subject.desired, lambda _: True) or _has_an_owner(subject, found.name):
        return
    if not _has_rules(found):
        doubt = "" if isinstance(found.protection_rules, tuple) else ", unless custom rules that were not read do"
        yield subject.look(Topic.ENVIRONMENTS, "open-environment").warns(
            f"{found.name} is in no file, and nothing protects it{doubt}",
            "declare it, delete it, or name it under never_touch if something else manages it",
            subject.links.environments(subject.facts.name),
        )


def _guardians(subject: Subject, live: LiveRepository, names: frozenset[str]) -> Iterator[Check]:
    """Those that hold envsync's own keys. GitHub makes one that is not there for the workflow that names it."""
    look, link = subject.look(Topic.ENVIRONMENTS, "guardian"), subject.links.environments(subject.facts.name)
    missing = sorted(names - live.listed.keys())
    if missing:
        are, it = ("is", "it") if len(missing) == 1 else ("are", "them")
        yield look.warns(
            f"{listed(missing, len(missing))} {are} to guard envsync's own keys, and {are} not there: "
            f"the first run would make {it}, open",
            f"make {it} by hand, with the branches that may use {it}, before the keys go there",
            link,
        )
    there = [live.listed[name] for name in sorted(names & live.listed.keys())]
    bare = [each.name for each in there if lets_everybody_through(each.settings) and not _has_rules(each)]
    if bare:
        are, it = ("is", "it") if len(bare) == 1 else ("are", "them")
        yield look.warns(
            f"{listed(bare, len(bare))} {are} to guard envsync's own keys, and nothing protects {it}: "
            "every branch gets them",
            f"limit {it} to the branches that may use {it}",
            link,
        )


def _has_rules(found: ListedEnvironment) -> bool:
    rules = found.protection_rules
    return isinstance(rules, tuple) and any(rule.enabled for rule in rules)


def _has_an_owner(subject: Subject, name: str) -> bool:
    """It is another file's, or goes with the next apply."""
    plan = subject.plan
    if plan is None:
        return False
    foreign = [each.at for each in plan.records if each.state is RecordState.FOREIGN]
    going = [each.at for each in plan.changes if isinstance(each, EnvironmentDelete)]
    repository = str(subject.desired.name)
    return any(at.repository == repository and at.environment == name for at in [*foreign, *going])
