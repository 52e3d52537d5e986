"""Which names and values a file can have; of all others, why it cannot.

The rules are the schema's and the loader's, which this package does not know: a test holds them together.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, assert_never

from envsync.model import RECORD_VARIABLE, Team, UnknownReviewer, User

if TYPE_CHECKING:
    from envsync.model import Reviewer

MOST_REVIEWERS = 6
MOST_RULES = 6

_UNSEEN = r"\u0000-\u001f\u007f-\u009f"
_HALF = re.compile("[\ud800-\udfff]")
_ENVIRONMENT = re.compile(rf"(?!\.{{1,2}}\Z)[^{_UNSEEN}]{{1,255}}")
_PATTERN = re.compile(rf"[^\s{_UNSEEN}]{{1,1024}}")
_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_SLUG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,254}")
_APP = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,99}")
_SETTING = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def is_environment(name: str) -> bool:
    return _fits(_ENVIRONMENT, name)


def is_pattern(name: str) -> bool:
    return _fits(_PATTERN, name)


def is_app(slug: str) -> bool:
    return _fits(_APP, slug)


def is_setting(name: str) -> bool:
    """A variable's name, or a secret's."""
    return _fits(_SETTING, name) and not name.upper().startswith("GITHUB_") and name.upper() != RECORD_VARIABLE


def is_text(value: str) -> bool:
    """Half a character, a lone surrogate, is none: no UTF-8 has it."""
    return _HALF.search(value) is None


def is_reviewer(reviewer: Reviewer, owner: str) -> bool:
    """A team can review in its own organization alone."""
    match reviewer:
        case User(login=login):
            return _fits(_LOGIN, login)
        case Team(organization=organization, slug=slug):
            return (
                _fits(_LOGIN, organization) and _fits(_SLUG, slug) and organization.casefold() == owner.casefold()
            )
        case UnknownReviewer():
            return False
        case _:
            assert_never(reviewer)


def _fits(form: re.Pattern[str], text: str) -> bool:
    return form.fullmatch(text) is not None and is_text(text)
