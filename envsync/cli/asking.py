"""What only a person knows: asked for where one is there, and checked like an option."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, TypeVar

import click

from envsync.cli.output import complain, is_terminal
from envsync.errors import ConfigError, Diagnostic
from envsync.model import RepositoryName, Team, User, reviewer_key
from envsync.scaffold.sayable import MOST_REVIEWERS, is_reviewer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")

_REPOSITORY = re.compile(r"(?P<owner>[A-Za-z0-9][A-Za-z0-9_-]{0,99})/(?!\.{1,2}\Z)(?P<name>[A-Za-z0-9._-]{1,100})")


def somebody_is_there() -> bool:
    return is_terminal(sys.stdin) and is_terminal(sys.stderr)


def ask(question: str, check: Callable[[str], T], default: str | None = None) -> T:
    """Again until `check` raises no ConfigError. Ctrl-C and an end of the input raise click's `Abort`."""
    while True:
        answer = click.prompt(question, default=default, err=True)
        try:
            return check(answer)
        except ConfigError as error:
            complain(error.diagnostics)


def repository(text: str) -> RepositoryName:
    """Raises where no file could name it."""
    if not (found := _REPOSITORY.fullmatch(text.strip())):
        raise _wrong("not-a-repository", f"{text} is not OWNER/REPO", "for example acme/payments")
    return RepositoryName(found["owner"], found["name"])


def is_repository(text: str) -> bool:
    return _REPOSITORY.fullmatch(text) is not None


def _split(text: str) -> tuple[str, ...]:
    """What stands between commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def reviewers(texts: Iterable[str], owner: str) -> tuple[User | Team, ...]:
    """Each once; at least one. `owner`: the repository's, whose teams alone can review in it."""
    found: dict[str, User | Team] = {}
    for text in (one for each in texts for one in _split(each)):
        one = _reviewer(text.removeprefix("@"))
        if not is_reviewer(one, owner):
            if isinstance(one, Team) and is_reviewer(one, one.organization):
                raise _wrong(
                    "foreign-team", f"{one} is no team of {owner}", f"only teams of {owner} can review there"
                )
            raise _wrong("not-a-reviewer", f"{text} is no reviewer", "a login is a user, ORG/TEAM a team")
        found.setdefault(reviewer_key(one), one)
    if not found:
        raise nobody_approves("nobody is named who approves deployments to production")
    if len(found) > MOST_REVIEWERS:
        message = f"these are {len(found)} reviewers, and GitHub takes {MOST_REVIEWERS}"
        raise _wrong("too-many-reviewers", message, "a team counts as one")
    return tuple(found.values())


def nobody_approves(message: str) -> ConfigError:
    hint = "--reviewer LOGIN or --reviewer ORG/TEAM names them; --import takes over what is on GitHub instead"
    return _wrong("no-reviewer", message, hint)


def _reviewer(text: str) -> User | Team:
    organization, slash, slug = text.partition("/")
    return Team(organization, slug) if slash else User(text)


def _wrong(code: str, message: str, hint: str) -> ConfigError:
    return ConfigError(Diagnostic(code, message, hint))
