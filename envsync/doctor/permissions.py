"""Which permissions does the command need, and does the credential have them?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.doctor.case import Purpose
from envsync.doctor.subject import bare, denies, role_of
from envsync.model import Unread
from envsync.plan.checkup import Topic
from envsync.plan.facts import CredentialKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from envsync.doctor.subject import Subject
    from envsync.plan.checkup import Check

# After "Permissions required for fine-grained personal access tokens" on docs.github.com.
_READING = ("Metadata: read", "Actions: read", "Environments: read")
_WRITING = ("Administration: write", "Environments: write")
NEEDED: Mapping[Purpose, tuple[str, ...]] = {
    Purpose.PLAN: _READING,
    Purpose.DRIFT: _READING,
    Purpose.APPLY: (*_READING, *_WRITING),
}
TEAMS = "Members: read"  # of the organization; apply looks up teams that review, and names stand in what is read
SETTINGS_ALONE = ("Metadata: read", "Actions: read")
APPS = "Administration: read"  # to see which Apps there are to protect a deployment
# What `doctor` itself looks at besides, and what it cannot tell without.
BESIDES: Mapping[str, str] = {
    "Contents: read": "the workflows were not looked at",
    "Secrets: read": "which secrets the repository and its organization have is not known",
    "Variables: read": "which variables the repository and its organization have is not known",
    "Deployments: read": "whether anything was deployed yet is not known",
    APPS: "whether the Apps of protection rules are installed is not known",
}
_TEAMS_UNKNOWN = "whether the teams that review exist, and who is in them, is not known"
_LEVELS = {"read": 1, "write": 2, "admin": 3}


def needed(purpose: Purpose, *, teams: bool, settings_only: bool) -> tuple[str, ...]:
    if settings_only and purpose is not Purpose.APPLY:
        return SETTINGS_ALONE
    return (*NEEDED[purpose], TEAMS) if teams and purpose is Purpose.APPLY else NEEDED[purpose]


def besides(purpose: Purpose, *, teams: bool) -> Mapping[str, str]:
    """A permission that `doctor` alone looks with -> what it cannot tell without."""
    return {**BESIDES, TEAMS: _TEAMS_UNKNOWN} if teams and purpose is not Purpose.APPLY else BESIDES


def check_permissions(subject: Subject) -> Iterator[Check]:
    case = subject.case
    wanted = needed(case.purpose, teams=subject.has_teams, settings_only=case.settings_only)
    for permission in wanted:
        if permission.endswith(": read"):
            yield _reading(subject, permission)
    writing = [each for each in wanted if each.endswith(": write")]
    if writing:
        yield from _writing(subject, writing)
    yield from _besides(subject)


def is_told(subject: Subject, *permissions: str) -> bool:
    """Whether a line says already that one of these is missing, or, of none, any that the command needs."""
    case = subject.case
    wanted = needed(case.purpose, teams=subject.has_teams, settings_only=case.settings_only)
    telling = (
        {*wanted, *besides(case.purpose, teams=subject.has_teams)} & set(permissions) if permissions else wanted
    )
    return any(subject.refusal(permission) is not None for permission in telling)


def _slug(permission: str) -> str:
    return "permission-" + permission.replace(": ", "-").casefold()


def _reading(subject: Subject, permission: str) -> Check:
    look = subject.look(Topic.PERMISSIONS, _slug(permission))
    tried = [each.refused for each in subject.facts.probes if bare(each.permission) == permission]
    if not tried:
        return _untried(subject, permission)
    refused = next((each for each in tried if each is not None), None)
    if refused is None:
        return look.passes(permission)
    link = subject.links.permissions(subject.owner)
    if denies(refused):
        step = refused.hint or f"give the credential {permission}"
        return look.fails(f"{permission} is missing: {refused.reason}", step, link)
    return look.warns(f"{permission} could not be tried: {refused.reason}", refused.hint or "run it again")


def _untried(subject: Subject, permission: str) -> Check:
    look, granted = subject.look(Topic.PERMISSIONS, _slug(permission)), subject.facts.granted
    if granted is None or isinstance(granted, Unread):
        return look.notes(f"{permission}: there was nothing yet to try it on")
    return _granted(subject, permission, granted)


def _granted(subject: Subject, permission: str, granted: Mapping[str, str]) -> Check:
    look = subject.look(Topic.PERMISSIONS, _slug(permission))
    name, _, level = permission.partition(": ")
    if _LEVELS.get(granted.get(name.casefold(), ""), 0) >= _LEVELS[level]:
        return look.passes(f"{permission}, as the App was granted")
    step = f"give the App {permission} on its page, and have the owner accept it"
    return look.fails(f"{permission} was not granted to the App", step, subject.links.permissions(subject.owner))


def _writing(subject: Subject, writing: list[str]) -> Iterator[Check]:
    """Of an App exactly; of a token as far as can be told without writing."""
    facts = subject.facts
    if facts.granted is not None and not isinstance(facts.granted, Unread):
        for permission in writing:
            yield _granted(subject, permission, facts.granted)
        return
    look, both = subject.look(Topic.PERMISSIONS, "permission-writing"), " and ".join(writing)
    refused = subject.refusal(APPS)
    if refused is not None:
        step = refused.hint or f"give the credential {both}"
        said = f"{writing[0]} is missing, since not even {APPS} is there: {refused.reason}"
        yield look.fails(said, step, subject.links.permissions(subject.owner))
    elif subject.credential.kind in {CredentialKind.APP, CredentialKind.INSTALLATION}:
        yield look.notes(f"{both}: GitHub did not say what the App was granted, and it shows when envsync writes")
    elif facts.role not in {None, "admin"}:
        # See "Repository roles for an organization" on docs.github.com: environments are an administrator's.
        yield look.fails(
            f"the account has the role {role_of(facts)}, and only an administrator may change environments",
            "have an administrator of the repository give the account the role admin, or use a GitHub App",
            subject.links.access(facts.name),
        )
    elif facts.role is None:
        yield look.notes(f"{both}: without writing nobody can tell; GitHub did not say the account's role either")
    elif subject.credential.scopes is not None:
        yield look.passes(f"{both}, by the scopes of the token and the role admin")
    else:
        yield look.notes(f"{both}: a token's own show only when it writes; the account has the role admin")


def _besides(subject: Subject) -> Iterator[Check]:
    for permission, unknown in besides(subject.case.purpose, teams=subject.has_teams).items():
        told = permission == APPS and subject.case.applies  # where writing it fails already
        if subject.refusal(permission) is not None and not told:
            yield subject.look(Topic.PERMISSIONS, _slug(permission)).warns(
                f"{permission} is missing, so {unknown}",
                f"give the credential {permission}, or go without: {subject.case.purpose} does not need it",
                subject.links.permissions(subject.owner),
            )
