"""What is there -> the text of an `environments.yaml` that says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from envsync.errors import Diagnostic, Severity
from envsync.model import MAX_VALUE_BYTES, Field, Unread
from envsync.scaffold import sayable
from envsync.scaffold.body import MERGING, ORDER, Described, LeftOut, described
from envsync.scaffold.factor import factor
from envsync.scaffold.remarks import remarks
from envsync.scaffold.yaml_text import Entry, Fields, Items, Text, Word, comment_lines, lines, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from envsync.model import LiveRepository
    from envsync.scaffold.body import Body
    from envsync.scaffold.factor import Factored, Layer

NEVER_TOUCHED = "github-pages"  # the default of `never_touch`
MOST_BYTES = 1024 * 1024  # of a file that envsync reads
_SHORTER = (MAX_VALUE_BYTES, 16 * 1024, 4 * 1024, 1024)  # bytes of a value, while the file is too large
_SCHEMA = "yaml-language-server: $schema="


@dataclass(frozen=True, slots=True)
class Heading:
    """`source`: which GitHub it was, in words. `day`: when it was read, in UTC."""

    name: str
    source: str
    day: date
    schema: str | None = None  # where an editor finds the schema, from the file


@dataclass(frozen=True, slots=True)
class Scaffold:
    """`warnings` say what the text cannot say; it has them as comments too."""

    text: str
    warnings: tuple[Diagnostic, ...]
    environments: int  # of all repositories together
    secrets: int  # whose values are set elsewhere


@dataclass(frozen=True, slots=True)
class _Told:
    """One repository, by casefolded names of environments."""

    name: str
    described: Mapping[str, Described]
    comments: Mapping[str, tuple[str, ...]]
    left_out: tuple[LeftOut, ...]
    settings_only: bool


def is_wanted(name: str) -> bool:
    """Whether an environment is to be read in full, to be described."""
    return name.casefold() != NEVER_TOUCHED and sayable.is_environment(name)


def scaffold(repositories: Sequence[LiveRepository], heading: Heading) -> Scaffold:
    """Same repositories, in whatever order, same text. Each has been read in full, but for what is not wanted."""
    told, text = _fitting(sorted(repositories, key=lambda each: each.name.key), heading)
    return Scaffold(
        text,
        tuple(warning for each in told for warning in _warnings(each)),
        environments=sum(len(each.described) for each in told),
        secrets=_secrets(told),
    )


def _fitting(repositories: Sequence[LiveRepository], heading: Heading) -> tuple[Sequence[_Told], str]:
    """Where the file would be too large to be read, its largest values are left out, as far as that helps."""
    *longer, shortest = _SHORTER
    for longest in longer:
        told = [_told(each, longest) for each in repositories]
        text = _text(told, heading)
        if len(text.encode()) <= MOST_BYTES:
            return told, text
    told = [_told(each, shortest) for each in repositories]
    return told, _text(told, heading)


def _secrets(told: Sequence[_Told]) -> int:
    bodies = [one.body for each in told for one in each.described.values()]
    return sum(what == Field.SECRETS for body in bodies for what, _ in body)


# --- what there is to tell ---------------------------------------------------------------------------------


def _told(live: LiveRepository, longest: int) -> _Told:
    found: dict[str, Described] = {}
    comments: dict[str, tuple[str, ...]] = {}
    left_out: list[LeftOut] = []
    for name in live.environment_names:
        key = name.casefold()
        one = _described(live, name, longest)
        if isinstance(one, LeftOut):
            left_out.append(one)
        else:
            found[key] = one
            comments[key] = (*remarks(live.environments[key]), *(f"{sentence}." for sentence in one.unsaid))
    return _Told(str(live.name), found, comments, tuple(left_out), settings_only=_is_settings_only(live))


def _is_settings_only(live: LiveRepository) -> bool:
    """Whether nobody asked for variables and secrets."""
    parts = [part for each in live.environments.values() for part in (each.variables, each.secrets)]
    return any(isinstance(part, Unread) and part.kind is None for part in parts)


def _described(live: LiveRepository, name: str, longest: int) -> Described | LeftOut:
    if name.casefold() == NEVER_TOUCHED:
        return LeftOut(name, "envsync never touches it, for it belongs to GitHub Pages", expected=True)
    if not sayable.is_environment(name):
        return LeftOut(name, "no file can have a name like that")
    if name.casefold() not in live.environments:
        return LeftOut(name, "it was not read")
    return described(live.environments[name.casefold()], live.name.owner, longest)


def _warnings(told: _Told) -> Iterator[Diagnostic]:
    if told.settings_only:
        message = f"{told.name}: variables and secrets were not read, and are ignored"
        hint = "import it without --settings-only to take them in"
        yield Diagnostic("not-in-the-file", message, hint, severity=Severity.WARNING)
    unsaid = [(one.name, sentence) for one in told.described.values() for sentence in one.unsaid]
    unsaid += [(one.name, f"it is left out: {one.reason}") for one in told.left_out if not one.expected]
    for name, sentence in unsaid:
        message = visible(f"{told.name}: {name}: {sentence}")
        hint = "the file has a comment in its place; see to it in the browser"
        yield Diagnostic("not-in-the-file", message, hint, severity=Severity.WARNING)


# --- the file ----------------------------------------------------------------------------------------------


def _text(told: Sequence[_Told], heading: Heading) -> str:
    bodies = [{name: one.body for name, one in each.described.items()} for each in told]
    factored = factor(bodies)
    spelled = {name: one.name for each in reversed(told) for name, one in each.described.items()}
    sections = [
        Fields((Entry("version", Word("1")),)),
        Fields((Entry("name", Text(heading.name), ("Who owns what this file creates; choose it once.",)),)),
        Fields((Entry("repositories", Items(tuple(each.name for each in told))),)),
        *_defaults(factored),
        Fields((_environments(told, factored, spelled),)),
        *_overrides(told, factored, spelled),
    ]
    parts = ["\n".join(comment_lines(tuple(_head(heading, told))))]
    parts += ["\n".join(lines(section)) for section in sections]
    return "\n\n".join(parts).replace("\n\nversion:", "\nversion:", 1) + "\n"


def _head(heading: Heading, told: Sequence[_Told]) -> Iterator[str]:
    if heading.schema is not None:
        yield f"{_SCHEMA}{heading.schema}"
        yield ""
    yield f"What was on {heading.source} on {heading.day}, written by `envsync import`. From here on"
    yield "this file says what must be: `envsync plan` shows what differs, and `envsync apply` changes just"
    yield "that. What an environment leaves out is at GitHub's default."
    if _secrets(told):
        yield ""
        yield "external: the secret has to exist, and its value is set elsewhere. To have envsync write it, put"
        yield "its source in place of the word: {env: NAME}, {file: PATH} or {command: [PROGRAM, ARGUMENT]}."
        yield "Each stands for itself: secrets of one name have values of their own in each environment."
    if any(each.settings_only for each in told):
        yield ""
        yield "Only settings were read: variables and secrets are ignored, neither compared nor changed."


def _defaults(factored: Factored) -> Iterator[Fields]:
    if factored.defaults:
        about = ("What lies under every environment; what one of them says itself replaces it.",)
        yield Fields((Entry("defaults", _body(factored.defaults), about),))


def _environments(told: Sequence[_Told], factored: Factored, spelled: Mapping[str, str]) -> Entry:
    entries = tuple(
        Entry(spelled[name], _body(layer), tuple(_shared_comments(name, told, factored)))
        for name, layer in factored.environments.items()
    )
    left_out: dict[LeftOut, list[str]] = {}
    for each in told:
        for one in each.left_out:
            left_out.setdefault(one, []).append(each.name)
    comments = tuple(f"Left out: {one.name} of {', '.join(of)}: {one.reason}." for one, of in left_out.items())
    return Entry("environments", Fields(entries, airy=True), comments)


def _shared_comments(name: str, told: Sequence[_Told], factored: Factored) -> Iterator[str]:
    """Those of all repositories that have it just so; what holds for some of them says for which."""
    users = [
        each
        for each, override in zip(told, factored.overrides, strict=True)
        if name in each.described and name not in override
    ]
    for comment in dict.fromkeys(comment for each in users for comment in each.comments[name]):
        some = [each.name for each in users if comment in each.comments[name]]
        yield comment if len(some) == len(users) else f"{', '.join(some)}: {comment}"


def _overrides(told: Sequence[_Told], factored: Factored, spelled: Mapping[str, str]) -> Iterator[Fields]:
    said = {name: set(_shared_comments(name, told, factored)) for name in factored.environments}
    entries: list[Entry] = []
    for each, override in zip(told, factored.overrides, strict=True):
        found = tuple(
            _overridden(
                spelled[name], layer, [one for one in each.comments.get(name, ()) if one not in said.get(name, ())]
            )
            for name, layer in override.items()
        )
        if found:
            entries.append(Entry(each.name, Fields((Entry("environments", Fields(found)),))))
    if entries:
        about = ("What differs for some of the repositories, laid on top; null takes away what lies below.",)
        yield Fields((Entry("overrides", Fields(tuple(entries), airy=True), about),))


def _overridden(name: str, layer: Layer | None, comments: Sequence[str]) -> Entry:
    return Entry(name, Word("null")) if layer is None else Entry(name, _body(layer), tuple(comments))


def _body(layer: Body) -> Fields:
    """In the order of the schema."""
    named: dict[str, list[Entry]] = {}
    for (what, name), value in sorted(layer.items(), key=lambda item: item[0]):
        named.setdefault(what, []).append(Entry(name, value))
    return Fields(
        tuple(
            Entry(what, Fields(tuple(named[what])) if what in MERGING else named[what][0].value)
            for what in ORDER
            if what in named
        )
    )
