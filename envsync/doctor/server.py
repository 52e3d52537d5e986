"""Which server is it, what can it do, does its clock agree, and how much may still be asked of it?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envsync.doctor.look import Look, counted
from envsync.errors import FailureKind
from envsync.model import Field, RefType, Unread
from envsync.plan.checkup import Topic
from envsync.plan.facts import CredentialKind
from envsync.plan.listing import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from envsync.doctor.case import Case
    from envsync.model import DesiredEnvironment
    from envsync.plan.checkup import Check
    from envsync.plan.facts import Facts, RateLimit, ServerFacts

Version = tuple[int, int]

# When a thing came to GitHub Enterprise Server, by the versions of docs.github.com's pages (`versions:` under
# data/features of github/docs): variables of environments in 3.8 (`actions-configuration-variables`), the bypass
# by administrators in 3.9 (`actions-break-glass`), dated versions of the API in 3.9 ("About API versioning"), and
# "REST API endpoints for protection rules" in 3.10. envsync reads all of these of each environment.
OLDEST: Version = (3, 10)
# `deployments-prevent-self-approval` and `deployment-protections-tag-patterns`, at the same place.
SINCE: Mapping[str, Version] = {"prevent_self_review": (3, 11), "tags": (3, 12)}

_VERSION = re.compile(r"(\d{1,4})\.(\d{1,4})(?!\d)")
_ALL_RELEASES = "https://docs.github.com/en/enterprise-server@latest/admin/all-releases"
_NOTICED, _REFUSED = 30.0, 60.0  # seconds
# What an App signs is dated a minute back, and ends nine minutes on; GitHub takes neither what is of the future
# nor what has ended. See "Generating a JSON Web Token (JWT) for a GitHub App" on docs.github.com.
_TOO_LATE = 540.0
_MINUTE = 60
_OF_AN_ENVIRONMENT = 4  # requests: patterns, rules, variables, secrets


def check_server(facts: Facts, case: Case) -> Iterator[Check]:
    server, look = facts.server, Look(Topic.SERVER, "server-version")
    if server.skew is None and isinstance(server.rate_limit, Unread):
        said = f"nothing is known of {server.api_url}: {server.rate_limit.reason}"
        spent = server.rate_limit.kind is FailureKind.RATE_LIMITED
        yield look.hampers(said, _again(server.rate_limit), None, gravely=spent)
        return
    if facts.credential.kind is CredentialKind.SANDBOX:
        yield look.passes(f"{server.api_url} is the sandbox, not GitHub")
    else:
        yield from _version(server, case)
    yield from _clock(server, facts.credential.kind)
    yield from _rate_limit(server.rate_limit, case)


def _version(server: ServerFacts, case: Case) -> Iterator[Check]:
    look = Look(Topic.SERVER, "server-version")
    if server.version is None:
        whose = "a server on this machine" if server.is_here else "GitHub's own, which has everything"
        yield look.passes(f"{server.api_url} is {whose}")
        return
    named, found = f"Enterprise Server {server.version}", _VERSION.match(server.version)
    if found is None:
        step = f"see whether it is {_text(OLDEST)} or later"
        yield look.warns(f"{server.api_url} has a version that cannot be read", step, _ALL_RELEASES)
        return
    version = int(found[1]), int(found[2])
    if version < OLDEST:
        said = f"{named} lacks what envsync asks of each environment: {_text(OLDEST)} is the oldest that works"
        yield look.fails(said, "upgrade the server", _ALL_RELEASES)
        return
    yield look.passes(f"{server.api_url} is {named}; {_text(OLDEST)} is the oldest that works")
    for feature, since in SINCE.items():
        names = [name for name, wanted in _wanted(case) if feature in wanted]
        if names and version < since:
            yield Look(Topic.SERVER, "server-feature").fails(
                f"{named} has no {feature}, which {listed(names)} {'asks' if len(names) == 1 else 'ask'} for",
                f"upgrade the server to {_text(since)} or later, or take it out of the file",
                _ALL_RELEASES,
            )


def _text(version: Version) -> str:
    return f"{version[0]}.{version[1]}"


def _wanted(case: Case) -> Iterator[tuple[str, frozenset[str]]]:
    """The environments by name, each once, with what they take of the server."""
    found: dict[str, frozenset[str]] = {}
    for repository in case.desired:
        for environment in repository.environments:
            found[environment.name] = found.get(environment.name, frozenset()) | _features(environment)
    yield from sorted(found.items())


def _features(environment: DesiredEnvironment) -> frozenset[str]:
    ignore, settings = environment.ignore, environment.settings
    features = set()
    if settings.prevent_self_review and Field.PREVENT_SELF_REVIEW not in ignore:
        features.add("prevent_self_review")
    tags = any(pattern.type is RefType.TAG for pattern in environment.patterns)
    if tags and Field.DEPLOYMENT_BRANCH_POLICY not in ignore:
        features.add("tags")
    return frozenset(features)


def _clock(server: ServerFacts, kind: CredentialKind) -> Iterator[Check]:
    look, skew = Look(Topic.SERVER, "clock"), server.skew
    if skew is None:
        return
    off = f"the clock here is {abs(skew):.0f} seconds {'ahead of' if skew > 0 else 'behind'} GitHub's"
    if kind is CredentialKind.APP and not -_TOO_LATE < skew < _REFUSED:
        yield look.fails(f"{off}, and GitHub refuses what an App signs with it", "set the clock here by NTP")
    elif abs(skew) >= _NOTICED:
        yield look.warns(off, "set the clock here by NTP")
    else:
        yield look.passes("the clock here agrees with GitHub's")


def _rate_limit(limit: RateLimit | Unread | None, case: Case) -> Iterator[Check]:
    look = Look(Topic.SERVER, "rate-limit")
    if limit is None:
        yield look.passes("the server limits no requests")
        return
    if isinstance(limit, Unread):
        yield look.warns(f"how many requests are left is not known: {limit.reason}", _again(limit))
        return
    needed = _requests(case)
    what = "an apply" if case.applies else f"a {case.purpose}"
    left = f"{limit.remaining} of {counted(limit.limit, 'request')} an hour are left"
    wait = f"wait {counted(-(-limit.resets_in // _MINUTE), 'minute')}, until GitHub counts anew"
    if limit.remaining <= 0:
        yield look.fails(left, wait)
    elif limit.remaining < needed:
        yield look.warns(f"{left}, and {what} takes about {needed}", wait)
    else:
        yield look.passes(f"{left}; {what} takes about {needed}")


def _requests(case: Case) -> int:
    """To read all, and to change what differs: each environment is read again, and its record written twice."""
    reading = sum(1 + _OF_AN_ENVIRONMENT * len(repository.environments) for repository in case.desired)
    if not case.applies or case.plan is None:
        return reading
    changed = {each.at for each in case.plan.changes}
    return reading + len(case.plan.changes) + (_OF_AN_ENVIRONMENT + 3) * len(changed)


def _again(unread: Unread) -> str:
    return unread.hint or "run it again"
