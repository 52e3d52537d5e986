"""What is the credential, how long does it last, and is it of a kind that can do it?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from envsync.doctor.look import Look
from envsync.doctor.subject import bare, denies
from envsync.model import Team, Unread
from envsync.plan.checkup import Topic
from envsync.plan.facts import CredentialKind, RepositoryFacts
from envsync.plan.listing import listed
from envsync.plan.moments import seconds, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envsync.doctor.case import Case
    from envsync.doctor.links import Links
    from envsync.plan.checkup import Check
    from envsync.plan.facts import CredentialFacts, Facts, Probe

_SOON = 14 * 24 * 3600  # seconds
_KINDS = {
    CredentialKind.APP: "a GitHub App",
    CredentialKind.FINE_GRAINED: "a fine-grained personal access token",
    CredentialKind.CLASSIC: "a classic personal access token",
    CredentialKind.OAUTH: "a token of an OAuth App, such as gh's own",
    CredentialKind.INSTALLATION: "a token of an App's installation",
    CredentialKind.UNKNOWN: "a token whose form tells no kind",
    CredentialKind.SANDBOX: "a token of its own; nothing is compared with GitHub",
}
# By "Scopes for OAuth apps" on docs.github.com, the last two hold the first.
_READ_TEAMS = frozenset({"read:org", "write:org", "admin:org"})


@dataclass(frozen=True, slots=True)
class Holder:
    """Whoever looks at the credential alone."""

    facts: Facts
    case: Case
    links: Links

    @property
    def owner(self) -> str | None:
        """An organization; None: a user. Where GitHub did not say which, it may be either."""
        for each in self.case.desired:
            found = self.facts.repositories.get(each.name.key)
            if isinstance(found, RepositoryFacts):
                return found.name.owner if found.is_organizations else None
        return self.case.desired[0].name.owner if self.case.desired else None


def check_credential(facts: Facts, case: Case, links: Links) -> Iterator[Check]:
    holder = Holder(facts, case, links)
    yield Look(Topic.CREDENTIAL, "credential").passes(_words(facts.credential))
    yield from _expiry(holder)
    match facts.credential.kind:
        case CredentialKind.CLASSIC:
            yield from _scopes(holder)
            yield _wide(holder)
        case CredentialKind.OAUTH:
            yield from _scopes(holder)
        case CredentialKind.INSTALLATION:
            yield _installation(holder)
        case _:
            pass


def _words(credential: CredentialFacts) -> str:
    is_somebodys = isinstance(credential.login, str) and credential.kind is not CredentialKind.SANDBOX
    holder = f", acting as {credential.login}" if is_somebodys else ""
    return f"{credential.source}: {_KINDS[credential.kind]}{holder}"


def _expiry(holder: Holder) -> Iterator[Check]:
    expires, look = holder.facts.credential.expires, Look(Topic.CREDENTIAL, "credential-expiry")
    if expires is None:
        return
    link = holder.links.permissions(holder.owner)
    try:
        end = seconds(expires)
    except ValueError:
        yield look.warns("when it expires cannot be read from GitHub's answer", "see its page for the day", link)
        return
    left = end - holder.case.now
    if left <= 0:
        yield look.fails(f"it expired on {words(end)}", "make another one, or renew it", link)
    elif left < _SOON:
        yield look.warns(f"it expires on {words(end)}", "renew it before that day", link)
    else:
        yield look.passes(f"it expires on {words(end)}")


def _scopes(holder: Holder) -> Iterator[Check]:
    """Of classic and OAuth tokens. The endpoints of environments ask for `repo`: "Scopes for OAuth apps"."""
    credential, look = holder.facts.credential, Look(Topic.CREDENTIAL, "credential-scopes")
    if credential.scopes is None:
        return
    scopes = set(credential.scopes)
    missing = [] if "repo" in scopes else ["repo"]
    if _wants_teams(holder.case) and scopes.isdisjoint(_READ_TEAMS):
        missing.append("read:org")
    if not missing:
        yield look.passes(f"its scopes are {listed(sorted(scopes))}")
        return
    step = (
        f"run: gh auth refresh --scopes {','.join(missing)}"
        if credential.kind is CredentialKind.OAUTH
        else f"tick {listed(missing)} on its page, or make a fine-grained token"
    )
    scope = "the scope" if len(missing) == 1 else "the scopes"
    # Without the scope for teams a plan goes on, and `doctor` alone has less to look at.
    gravely = "repo" in missing or holder.case.applies
    said, link = f"it lacks {scope} {listed(missing)}", holder.links.permissions(holder.owner)
    yield look.hampers(said, step, link, gravely=gravely)


def _wants_teams(case: Case) -> bool:
    return any(
        isinstance(reviewer, Team)
        for repository in case.desired
        for environment in repository.environments
        for reviewer in environment.settings.required_reviewers
    )


def _wide(holder: Holder) -> Check:
    """See "Managing your personal access tokens" on docs.github.com, which advises against classic ones."""
    return Look(Topic.CREDENTIAL, "credential-width").warns(
        "a classic token may do everything that its owner may, in each of their repositories",
        "make a fine-grained token for these repositories; its page opens with what envsync needs filled in",
        holder.links.new_token(holder.owner),
    )


def _installation(holder: Holder) -> Check:
    """A workflow's own token can hold neither Administration nor Environments.

    See "Workflow syntax: permissions" on docs.github.com. So one that reads secrets' names was made of an App.
    """
    look = Look(Topic.CREDENTIAL, "credential-kind")
    tried = list(_tried(holder.facts))
    if not tried:
        return look.notes("it was made of a GitHub App, or for a workflow's run: there was nothing yet to tell by")
    if any(not denies(probe.refused) for probe in tried):
        return look.passes("it was made of a GitHub App, not for a workflow's run: that can hold Environments")
    if not holder.case.applies and holder.case.settings_only:
        return look.passes("a workflow's own token is enough to compare settings alone")
    link = holder.links.new_token(holder.owner)
    if holder.case.applies:
        return look.fails(
            "a workflow's own token can hold neither Administration nor Environments",
            "make a GitHub App or a fine-grained token, and give it to the workflow as a secret",
            link,
        )
    return look.warns(
        "a workflow's own token cannot read secrets and variables of environments",
        "pass --settings-only to compare the rest, or use a GitHub App or a fine-grained token",
        link,
    )


def _tried(facts: Facts) -> Iterator[Probe]:
    for repository in facts.repositories.values():
        for probe in () if isinstance(repository, Unread) else repository.probes:
            if bare(probe.permission) == "Environments: read":
                yield probe
