"""What a person does after `envsync init`, in order. In 80 columns, links excepted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from envsync.github.links import Need, app_link, environments_link, token_link

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envsync.model import RepositoryName

_GUARDS = """\
     envsync-plan    refs/pull/*/merge  the reading App
     envsync-drift   main               the reading App, the record key
     envsync-apply   main               the writing App, the record key, and
                                        what the file names as sources
     envsync-grant   main               the same, and required reviewers: their
                                        approval lets an apply weaken something
   An App is the variable ENVSYNC_APP_ID and the secret ENVSYNC_APP_PRIVATE_KEY,
   the record key the secret ENVSYNC_RECORD_KEY."""


@dataclass(frozen=True, slots=True)
class Checkout:
    """`repository`: None where nobody has told. `organization`: whether its owner is known to be one."""

    repository: RepositoryName | None
    organization: bool
    api_url: str
    workflows: bool


def next_steps(checkout: Checkout) -> str:
    steps = [
        ["Read environments.yaml: its comments tell what each line is for."],
        ["Try it with no account and no token:", "  envsync plan --sandbox"],
        [*_apps(checkout)] if checkout.workflows else [*_token(checkout)],
        [
            "Make the record key, if you have none yet, and keep it with the others:",
            "  openssl rand -hex 32",
        ],
        *([[*_guards(checkout)]] if checkout.workflows else []),
        [*_go(checkout)],
    ]
    return "Next:\n" + "\n".join(_numbered(number, step) for number, step in enumerate(steps, start=1))


def _numbered(number: int, step: list[str]) -> str:
    first, *others = step
    return "\n".join([f"{number}. {first}", *(f"   {line}" for line in others)])


def _need(checkout: Checkout, *, writes: bool) -> Need:
    owner = checkout.repository.owner if checkout.repository is not None and checkout.organization else None
    return Need(owner, writes=writes, teams=writes)


def _apps(checkout: Checkout) -> Iterator[str]:
    where = "on the repository" if checkout.repository is None else f"on {checkout.repository}"
    yield "Make two GitHub Apps, one that reads and one that writes; these pages have"
    yield "the permissions filled in. Make a private key for each, and install both"
    yield f"{where}:"
    yield f"  {app_link(checkout.api_url, _need(checkout, writes=False))}"
    yield f"  {app_link(checkout.api_url, _need(checkout, writes=True))}"
    yield from _organizations(checkout)


def _token(checkout: Checkout) -> Iterator[str]:
    yield "Make a token, with the permissions filled in, and set it as GH_TOKEN:"
    yield f"  {token_link(checkout.api_url, _need(checkout, writes=True))}"
    yield from _organizations(checkout)


def _organizations(checkout: Checkout) -> Iterator[str]:
    """No login tells whether it is a user's or an organization's."""
    if not checkout.organization:
        owner = "LOGIN" if checkout.repository is None else checkout.repository.owner
        yield "That is for an account of your own. For an organization:"
        yield f"  envsync credentials --organization {owner}"


def _guards(checkout: Checkout) -> Iterator[str]:
    yield "Make the environments that hold those keys, by hand: whoever may change them"
    yield "can make envsync do something. Each with its branches, and what it holds:"
    if checkout.repository is not None:
        yield f"  {environments_link(checkout.api_url, checkout.repository)}"
    yield from (line.removeprefix("   ") for line in _GUARDS.split("\n"))


def _go(checkout: Checkout) -> Iterator[str]:
    given = "ENVSYNC_APP_ID with ENVSYNC_APP_PRIVATE_KEY_FILE" if checkout.workflows else "GH_TOKEN"
    yield "Check that all is there, look, and apply. It takes ENVSYNC_RECORD_KEY and"
    yield f"{given}:"
    yield "  envsync doctor"
    yield "  envsync plan"
    yield "  envsync apply"
    if checkout.workflows:
        yield "Then commit the files, and protect main: a merge into it is what applies."
