"""What a file says of one environment, and what it cannot say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from envsync.model import (
    MAX_VALUE_BYTES,
    MAX_WAIT_MINUTES,
    RECORD_VARIABLE,
    Field,
    RefPolicy,
    RefType,
    UnknownReviewer,
    Unread,
    reviewer_key,
)
from envsync.scaffold import sayable
from envsync.scaffold.yaml_text import Entry, Fields, Items, Text, Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from envsync.model import LiveEnvironment, LiveRule, LiveSecret, Pattern, Settings
    from envsync.scaffold.yaml_text import Node

Key: TypeAlias = tuple[str, str]  # a field, and a name in it where it is `variables` or `secrets`; else ""
Body: TypeAlias = "Mapping[Key, Node]"

IGNORE = "ignore"
MERGING = (Field.VARIABLES.value, Field.SECRETS.value)
ORDER = (*(each.value for each in Field), IGNORE)
MOST_NAMES = 100  # variables, and secrets
_EXTERNAL = Word("external")
_UNITS = (("d", 24 * 60), ("h", 60), ("m", 1))


@dataclass(frozen=True, slots=True)
class Described:
    name: str
    body: Body
    unsaid: tuple[str, ...]  # a sentence for each thing that the file cannot say


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An environment that the file has no word of: it stays as it is, for no plan touches it."""

    name: str
    reason: str
    expected: bool = False  # by a rule that everybody can read; else somebody should know


@dataclass(slots=True)
class _Draft:
    """What is known so far."""

    body: dict[Key, Node] = field(default_factory=dict)
    ignore: list[Field] = field(default_factory=list)
    unsaid: list[str] = field(default_factory=list)

    def put(self, what: Field, value: Node, name: str = "") -> None:
        self.body[what.value, name] = value

    def leave(self, what: Field, why: str) -> None:
        """To whoever set it: the file cannot say it, and to say less would change it."""
        self.ignore.append(what)
        self.unsaid.append(f"`{what}` is ignored, neither compared nor changed: {why}")

    def leave_unread(self, what: Field, unread: Unread) -> None:
        """Where nobody asked for it, nobody is surprised: the file says so once, and not here."""
        if unread.kind is None:
            self.ignore.append(what)
        else:
            self.leave(what, f"it could not be read ({unread.reason})")

    def drop(self, kind: str, name: str, why: str) -> None:
        """Whatever is in no file stays as it is."""
        self.unsaid.append(f"The {kind} {name} is left out, so that envsync leaves it alone: {why}")


def described(live: LiveEnvironment, owner: str, longest: int = MAX_VALUE_BYTES) -> Described | LeftOut:
    """`owner` is the repository's. Values of variables that are larger than `longest` bytes are left out."""
    if (reason := _unplannable(live)) is not None:
        return LeftOut(live.name, reason)
    draft, settings = _Draft(), live.settings
    _reviewers(draft, settings, owner)
    _timer(draft, settings.wait_timer)
    if settings.prevent_self_review:
        draft.put(Field.PREVENT_SELF_REVIEW, Word("true"))
    if not settings.can_admins_bypass:
        draft.put(Field.CAN_ADMINS_BYPASS, Word("false"))
    _refs(draft, live)
    _rules(draft, live.protection_rules)
    _variables(draft, live, longest)
    _secrets(draft, live.secrets)
    if draft.ignore:
        draft.body[IGNORE, ""] = Items(tuple(each.value for each in Field if each in draft.ignore))
    return Described(live.name, draft.body, tuple(draft.unsaid))


def _unplannable(live: LiveEnvironment) -> str | None:
    """Why every plan would find fault with an environment, whatever the file says of it, `ignore` included."""
    if live.settings.prevent_self_review and not live.settings.required_reviewers:
        return "it prevents self-review and has no reviewer left, which nobody could set anew"
    return None


def _reviewers(draft: _Draft, settings: Settings, owner: str) -> None:
    reviewers = sorted(settings.required_reviewers, key=reviewer_key)
    names = [str(each) for each in reviewers]
    if not reviewers:
        return
    bad = [each for each in reviewers if not sayable.is_reviewer(each, owner)]
    if unknown := [str(each) for each in bad if isinstance(each, UnknownReviewer)]:
        why = f"GitHub's REST API shows {_listed(unknown)} and takes no such reviewer"
    elif bad:
        why = f"the file has no way to name {_listed(map(str, bad))}"
    elif len(reviewers) > sayable.MOST_REVIEWERS:
        why = f"there are more than the {sayable.MOST_REVIEWERS} that GitHub takes"
    else:
        draft.put(Field.REQUIRED_REVIEWERS, Items(tuple(names)))
        return
    draft.leave(Field.REQUIRED_REVIEWERS, f"{why}. They are {_listed(names)}")


def _timer(draft: _Draft, minutes: int) -> None:
    if not 0 <= minutes <= MAX_WAIT_MINUTES:
        draft.leave(Field.WAIT_TIMER, f"{minutes} minutes are not between 0 and {MAX_WAIT_MINUTES}")
    elif minutes:
        unit, length = next((unit, length) for unit, length in _UNITS if minutes % length == 0)
        draft.put(Field.WAIT_TIMER, Word(f"{minutes // length}{unit}"))


def _refs(draft: _Draft, live: LiveEnvironment) -> None:
    policy, what = live.settings.deployment_branch_policy, Field.DEPLOYMENT_BRANCH_POLICY
    if policy is RefPolicy.PROTECTED:
        draft.put(what, Word("protected"))
    if policy is not RefPolicy.SELECTED:
        return
    if isinstance(live.patterns, Unread):
        draft.leave_unread(what, live.patterns)
        return
    patterns = sorted({each.pattern for each in live.patterns})
    if bad := [each.name for each in patterns if not sayable.is_pattern(each.name)]:
        all_ = _listed(f"{each.type} {each.name}" for each in patterns)
        draft.leave(what, f"the file has no way to write {_listed(bad)}. The patterns are {all_}")
        return
    draft.put(what, _patterns(patterns))


def _patterns(patterns: Iterable[Pattern]) -> Fields:
    kinds = (("branches", RefType.BRANCH), ("tags", RefType.TAG))
    named = [(key, tuple(each.name for each in patterns if each.type is kind)) for key, kind in kinds]
    entries = tuple(Entry(key, Items(names)) for key, names in named if names)
    return Fields(entries or (Entry("branches", Items(())),), compact=True)


def _rules(draft: _Draft, rules: tuple[LiveRule, ...] | Unread) -> None:
    what = Field.DEPLOYMENT_PROTECTION_RULES
    if isinstance(rules, Unread):
        draft.leave_unread(what, rules)
        return
    apps = sorted({each.app for each in rules})
    disabled = sorted({each.app for each in rules if not each.enabled})
    if disabled:
        why = f"{_listed(disabled)} is switched off: switch it on, or remove it, and import anew"
    elif bad := [each for each in apps if not sayable.is_app(each)]:
        why = f"the file has no way to name {_listed(bad)}"
    elif len(apps) > sayable.MOST_RULES:
        why = f"there are more than the {sayable.MOST_RULES} that GitHub takes"
    else:
        if apps:
            draft.put(what, Items(tuple(apps)))
        return
    draft.leave(what, f"{why}. They are {_listed(apps)}")


def _variables(draft: _Draft, live: LiveEnvironment, longest: int) -> None:
    if isinstance(live.variables, Unread):
        draft.leave_unread(Field.VARIABLES, live.variables)
        return
    values = {name: each.value for name, each in live.variables.items() if name.upper() != RECORD_VARIABLE}
    for name in _nameable(draft, "variable", values):
        value = values[name]
        if not sayable.is_text(value):
            draft.drop("variable", name, "its value is no text")
        elif len(value.encode()) > longest:
            draft.drop("variable", name, f"its value has {len(value.encode()):,} bytes, which are too many")
        else:
            draft.put(Field.VARIABLES, Text(value.replace("$", "$$")), name.upper())


def _secrets(draft: _Draft, secrets: Mapping[str, LiveSecret] | Unread) -> None:
    if isinstance(secrets, Unread):
        draft.leave_unread(Field.SECRETS, secrets)
        return
    for name in _nameable(draft, "secret", secrets):
        draft.put(Field.SECRETS, _EXTERNAL, name.upper())


def _nameable(draft: _Draft, kind: str, names: Iterable[str]) -> list[str]:
    """The first hundred that the file can name, sorted."""
    found: list[str] = []
    for name in sorted(names):
        if not sayable.is_setting(name):
            draft.drop(kind, name, "no file can have a name like that")
        elif len(found) == MOST_NAMES:
            draft.drop(kind, name, f"there are more than the {MOST_NAMES} that GitHub takes")
        else:
            found.append(name)
    return found


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
