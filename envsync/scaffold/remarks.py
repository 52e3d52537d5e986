"""What somebody should know who reads for the first time how an environment is set up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.model import Settings, Unread, User

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envsync.model import LiveEnvironment


def remarks(live: LiveEnvironment) -> Iterator[str]:
    if _is_open(live):
        held = 0 if isinstance(live.secrets, Unread) else len(live.secrets)
        guarded = f", and gets its {held} secret{'s' if held > 1 else ''}" if held else ""
        yield f"Nothing protects it: a workflow on any branch can deploy here{guarded}."
    match live.settings:
        case Settings(required_reviewers=(User(login=login),), prevent_self_review=False):
            yield f"{login} alone reviews, own deployments too (prevent_self_review: true would forbid that)."
        case _:
            pass


def _is_open(live: LiveEnvironment) -> bool:
    """Administrators kept from bypassing what is not there keep nobody out. What was not read may."""
    settings = live.settings
    bare = Settings(can_admins_bypass=settings.can_admins_bypass)
    return (
        settings == bare
        and not isinstance(live.protection_rules, Unread)
        and not any(rule.enabled for rule in live.protection_rules)
    )
