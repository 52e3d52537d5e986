"""Why may a GitHub App not do something, and on which page is that mended?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from envsync.errors import Diagnostic, FailureKind, RequestFailed
from envsync.github.app import ID
from envsync.github.call import Answer
from envsync.github.http_date import http_date
from envsync.github.judge import shown
from envsync.github.links import app_settings_link, installation_link
from envsync.github.server import web_host

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envsync.github.bearer import Place
    from envsync.github.call import Outcome
    from envsync.github.connection import Access
    from envsync.github.part import Part

_LEVELS = {"read": 0, "write": 1, "admin": 2}
_NAMED = re.compile(r"([A-Z][a-z ]*): (read|write|admin)")
_SKEW = 60.0  # seconds that a clock may be off: as many as GitHub takes
_UNITS = ((86_400.0, "days"), (3_600.0, "hours"), (60.0, "minutes"), (1.0, "seconds"))


@dataclass(frozen=True, slots=True)
class App:
    slug: str
    install_page: str
    permissions_page: str


@dataclass(frozen=True, slots=True)
class Installation:
    id: int
    account: str
    page: str
    permissions: Mapping[str, str]
    is_selective: bool  # only some of the owner's repositories
    is_suspended: bool


def app_of(part: Part, api_url: str) -> App:
    slug, owner = part.member("slug").text(), part.member("owner")
    kind = owner.optional("type")
    # An enterprise, which has no login, can own an App too.
    login = owner.optional("login") or owner.member("slug")
    organization = None if kind is not None and kind.value == "User" else login.text()
    return App(
        shown(slug),
        installation_link(api_url, slug),
        app_settings_link(api_url, organization, slug, "permissions"),
    )


def installation_of(part: Part) -> Installation:
    account = part.member("account")
    login = account.optional("login") or account.member("slug")
    granted = part.member("permissions")
    suspended = part.optional("suspended_at")
    return Installation(
        part.member("id").integer(),
        login.text(),
        shown(part.member("html_url").text()),
        {str(name): str(level) for name, level in granted.value.items()}
        if isinstance(granted.value, dict)
        else {},
        is_selective=part.member("repository_selection").text() == "selected",
        is_suspended=suspended is not None and not suspended.is_null,
    )


# --- of the App as such ------------------------------------------------------------------------------------


def unknown_app(access: Access) -> RequestFailed:
    host = web_host(access.api_url)
    text = f"{host} does not know {access.credential.source}"
    hint = f"check {ID}: the App's page names its ID; and whether {host} is the server that the App is on"
    return RequestFailed(FailureKind.NOT_AUTHENTICATED, Diagnostic("unknown-github-app", text, hint))


def refused(access: Access, answer: Answer) -> RequestFailed:
    """What a 401 to a JSON web token means: a wrong clock, or else a wrong key."""
    told = http_date(answer.headers.get("date", ""))
    ahead = 0.0 if told is None else access.effects.now() - told
    if abs(ahead) > _SKEW:
        diagnostic = _clock(access, f"this machine's clock is {_duration(ahead)} GitHub's")
    elif says(answer, "('iat')") or says(answer, "('exp')"):
        diagnostic = _clock(access, "GitHub does not agree with this machine's clock")
    else:
        text = f"GitHub does not accept the private key of {access.credential.source}"
        hint = (
            f"the key may belong to another App than {ID} names, or have been deleted: "
            "the App's page lists its keys by their fingerprints, and makes new ones"
        )
        diagnostic = Diagnostic("app-key-refused", text, hint)
    return RequestFailed(FailureKind.NOT_AUTHENTICATED, diagnostic)


def _clock(access: Access, fact: str) -> Diagnostic:
    text = f"cannot sign in as {access.credential.source}: {fact}"
    return Diagnostic("clock-off", text, "set the clock: what a GitHub App signs is good for some minutes only")


def _duration(ahead: float) -> str:
    size, unit = next((size, unit) for size, unit in _UNITS if abs(ahead) >= 2 * size or unit == "seconds")
    return f"{abs(ahead) / size:.0f} {unit} {'ahead of' if ahead > 0 else 'behind'}"


def nobody(source: str) -> RequestFailed:
    text = f"{source} has a token for each owner, and none for a request that is about nobody"
    hint = "use a token instead of the App for this"
    return RequestFailed(FailureKind.NOT_PERMITTED, Diagnostic("app-without-owner", text, hint))


# --- of one place ------------------------------------------------------------------------------------------


def not_installed(app: App, place: Place) -> RequestFailed:
    text = f"the GitHub App {app.slug} is not installed for {place}"
    return _refusal("app-not-installed", text, f"install it at {app.install_page}")


def suspended(app: App, installation: Installation, place: Place) -> RequestFailed:
    text = f"the installation of the GitHub App {app.slug} for {place.owner} is suspended"
    return _refusal("app-suspended", text, f"unsuspend it at {installation.page}")


def not_selected(app: App, installation: Installation, place: Place) -> RequestFailed:
    text = f"the GitHub App {app.slug} is installed for {place.owner}, and {place} is not among its repositories"
    hint = f"check the name, and add the repository at {installation.page}"
    return _refusal("app-not-for-repository", text, hint)


def advice(app: App, installation: Installation, place: Place, permission: str | None) -> str:
    if permission is not None and not _holds(installation, permission):
        return (
            f"grant the GitHub App {app.slug} the permission {permission} at {app.permissions_page}, "
            f"then accept it at {installation.page}"
        )
    grant = f"; it has the permission {permission}" if permission else ""
    return f"see at {installation.page} that the GitHub App {app.slug} may use {place}{grant}"


def _holds(installation: Installation, permission: str) -> bool:
    """`permission` is in words: "Actions: read", or several with "and" and "or"."""
    return any(
        all(
            _LEVELS.get(installation.permissions.get(name.lower().replace(" ", "_"), ""), -1) >= _LEVELS[level]
            for name, level in _NAMED.findall(every)
        )
        for every in permission.split(" or ")
    )


def says(outcome: Outcome, words: str) -> bool:
    """Whether GitHub's message has these words, which are in lower case."""
    data = outcome.data if isinstance(outcome, Answer) else None
    message = data.get("message") if isinstance(data, dict) else None
    return isinstance(message, str) and words in message.lower()


def _refusal(code: str, text: str, hint: str) -> RequestFailed:
    return RequestFailed(FailureKind.NOT_PERMITTED, Diagnostic(code, text, hint))
