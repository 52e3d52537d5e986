"""Why does it not work, and will it? Facts and whatever else is known -> one line for each thing looked at.

A set-up that works yields no line that warns or fails; what nobody can see before it is done is a note. What
GitHub did not let anybody see is told once, by the permission that is missing, and not again by all that hangs
on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.doctor.apps import check_apps
from envsync.doctor.checklist import check_checklist
from envsync.doctor.credential import check_credential
from envsync.doctor.environments import check_environments
from envsync.doctor.look import Look, counted
from envsync.doctor.permissions import check_permissions
from envsync.doctor.record import check_key, check_records
from envsync.doctor.repository import check_repository
from envsync.doctor.reviewers import check_reviewers
from envsync.doctor.secret_sources import check_sources
from envsync.doctor.server import check_server
from envsync.doctor.subject import Subject
from envsync.doctor.workflows import check_workflows
from envsync.errors import Severity
from envsync.plan.checkup import Checkup, Topic
from envsync.plan.facts import RepositoryFacts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envsync.doctor.case import Case
    from envsync.doctor.links import Links
    from envsync.plan.checkup import Check
    from envsync.plan.facts import Facts

_OF_A_REPOSITORY = (
    check_repository,
    check_permissions,
    check_reviewers,
    check_apps,
    check_records,
    check_environments,
    check_workflows,
    check_checklist,
)

_OF_REPOSITORIES = "repositories, permissions, reviewers, Apps, records, environments, workflows and the checklist"


def examine(facts: Facts | None, case: Case) -> Checkup:
    """`facts` None: nothing could be asked, and `case.failures` says why. Sorted by topic, then by repository."""
    found = [*_files(case), *_failures(case), *check_sources(case), *check_key(case)]
    if facts is not None and case.links is not None:
        found += _asked(facts, case, case.links)
    if facts is None or case.links is None or not facts.repositories:
        found.append(Look(Topic.REPOSITORY, "not-looked-at").notes(f"not looked at: {_OF_REPOSITORIES}"))
    # Stable: within a topic what was looked at stays in its order.
    topics = list(Topic)
    return Checkup(tuple(sorted(found, key=lambda check: (topics.index(check.topic), check.repository or ""))))


def _files(case: Case) -> Iterator[Check]:
    wrong = [each for each in case.failures if each.topic is Topic.FILES]
    if any(each.diagnostic.severity is Severity.ERROR for each in wrong):
        return
    environments = sum(len(each.environments) for each in case.desired)
    yield Look(Topic.FILES, "files").passes(
        f"they declare {counted(environments, 'environment')} in {counted(len(case.desired), 'repository')}"
    )


def _failures(case: Case) -> Iterator[Check]:
    for each in case.failures:
        look = Look(each.topic, each.diagnostic.code)
        yield look.repeats(each.diagnostic, "put it right, and run it again", _link(each.topic, case))


def _link(topic: Topic, case: Case) -> str | None:
    """Where there is no credential, the page for one."""
    if topic is not Topic.CREDENTIAL or case.links is None or not case.desired:
        return None
    return case.links.new_token(case.desired[0].name.owner)


def _asked(facts: Facts, case: Case, links: Links) -> Iterator[Check]:
    yield from check_credential(facts, case, links)
    yield from check_server(facts, case)
    for desired in case.desired:
        found = facts.repositories[desired.name.key]
        if isinstance(found, RepositoryFacts):
            subject = Subject(case, links, facts.credential, desired, found)
            for check in _OF_A_REPOSITORY:
                yield from check(subject)
        else:
            look = Look(Topic.REPOSITORY, "repository", str(desired.name))
            step = found.hint or "see that the name is right, and that the credential is for this repository"
            yield look.fails(f"it could not be read: {found.reason}", step, links.permissions(desired.name.owner))
