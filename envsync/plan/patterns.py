"""What a branch or tag pattern matches, and whether one pattern covers another.

GitHub matches with Ruby's `File.fnmatch` and `FNM_PATHNAME` (docs.github.com, "Deployment branches and tags"):
`*`, `?` and `[...]` stop at `/`, `**/` crosses it, no wildcard matches a period at the start of a segment, and a
backslash takes the next character as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from typing import TYPE_CHECKING, assert_never

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_STEPS = 1_000  # of a comparison; what needs more is said not to be covered, which errs on the safe side
_SPECIAL = frozenset("*?[\\")


@dataclass(frozen=True, slots=True)
class _One:
    """Exactly one character: in `ranges` or, `negated`, in none of them. A wildcard never takes a slash."""

    ranges: tuple[tuple[str, str], ...]
    negated: bool = False
    wild: bool = True

    def takes(self, character: str) -> bool:
        if character == "/" and self.wild:
            return False
        return any(low <= character <= high for low, high in self.ranges) is not self.negated


@dataclass(frozen=True, slots=True)
class _Many:
    """`*`: any number of characters of one segment."""


@dataclass(frozen=True, slots=True)
class _Folders:
    """`**/`: any number of whole segments, none of which starts with a period."""


_Token = _One | _Many | _Folders


@dataclass(frozen=True, slots=True)
class _At:
    """Before which token a match stands. `hidden`: a period here would be hidden from wildcards.

    `inside`: within a segment that a `_Folders` is eating.
    """

    index: int
    start: bool  # of a segment
    hidden: bool = False  # a wildcard has matched nothing here, so that a period still starts the segment
    inside: bool = False


_States = frozenset[_At]


def matches(pattern: str, ref: str) -> bool:
    """Whether a branch or tag of that name (without `refs/heads/`) may deploy."""
    tokens = _tokens(pattern)
    states = _start(tokens)
    for character in ref:
        states = _after(tokens, states, character)
    return _accepts(tokens, states)


@lru_cache(maxsize=4096)
def covers(wide: str, narrow: str) -> bool:
    """Whether `wide` matches every name that `narrow` matches: exact, but for monstrous patterns."""
    if _SPECIAL.isdisjoint(narrow):
        return matches(wide, narrow)
    if _SPECIAL.isdisjoint(wide):
        return False  # `narrow` matches several names, or none that anybody has
    if not _prefix(wide).startswith(_prefix(narrow)) and not _prefix(narrow).startswith(_prefix(wide)):
        return False
    big, small = _tokens(wide), _tokens(narrow)
    alphabet = _alphabet((*big, *small))
    seen = {(_start(small), _start(big))}
    left = list(seen)
    while left:
        few, many = left.pop()
        if _accepts(small, few) and not _accepts(big, many):
            return False
        for character in alphabet:
            pair = _after(small, few, character), _after(big, many, character)
            if pair[0] and not pair[1]:
                return False  # unless nothing but a dead end follows, which is not worth finding out
            if pair[0] and pair not in seen:
                seen.add(pair)
                left.append(pair)
        if len(seen) > _MOST_STEPS:
            return False
    return True


def _prefix(pattern: str) -> str:
    """What every match begins with."""
    return "".join(takewhile(lambda character: character not in _SPECIAL, pattern))


def _alphabet(tokens: tuple[_Token, ...]) -> tuple[str, ...]:
    """One character of each kind that the tokens tell apart."""
    ranges = [
        (".", "."),
        ("/", "/"),
        *(each for token in tokens if isinstance(token, _One) for each in token.ranges),
    ]
    bounds = {0} | {ord(low) for low, _ in ranges} | {ord(high) + 1 for _, high in ranges}
    return tuple(chr(bound) for bound in sorted(bounds) if bound <= 0x10FFFF)  # noqa: PLR2004 - the last one


# --- the automaton -----------------------------------------------------------------------------------------


def _start(tokens: tuple[_Token, ...]) -> _States:
    return _closed(tokens, {_At(0, start=True)})


def _accepts(tokens: tuple[_Token, ...], states: _States) -> bool:
    return any(at.index == len(tokens) and not at.inside for at in states)


def _closed(tokens: tuple[_Token, ...], states: set[_At]) -> _States:
    """With the states that are reached by matching nothing."""
    left = list(states)
    while left:
        at = left.pop()
        if at.index == len(tokens) or at.inside:
            continue
        token = tokens[at.index]
        match token:
            case _Many():
                further = _At(at.index + 1, at.start, hidden=at.start)
            case _Folders():
                further = _At(at.index + 1, start=True)
            case _One():
                continue
            case _:
                assert_never(token)
        if further not in states:
            states.add(further)
            left.append(further)
    return frozenset(states)


def _after(tokens: tuple[_Token, ...], states: _States, character: str) -> _States:
    reached = {further for at in states for further in _moves(tokens, at, character)}
    return _closed(tokens, reached)


def _moves(tokens: tuple[_Token, ...], at: _At, character: str) -> Iterator[_At]:
    if at.index == len(tokens):
        return
    token = tokens[at.index]
    dot = at.start and character == "."
    match token:
        case _One():
            if token.takes(character) and not (dot and (token.wild or at.hidden)):
                yield _At(at.index + 1, start=character == "/")
        case _Many():
            if character != "/" and not dot:
                yield _At(at.index, start=False)
        case _Folders():
            if character == "/":
                yield _At(at.index, start=True)
            elif at.inside or not dot:
                yield _At(at.index, start=False, inside=True)
        case _:
            assert_never(token)


# --- the pattern -------------------------------------------------------------------------------------------

_NOTHING = _One(())  # an unfinished `[` matches nothing


@lru_cache(maxsize=4096)
def _tokens(pattern: str) -> tuple[_Token, ...]:
    found: list[_Token] = []
    at, start = 0, True
    while at < len(pattern):
        if start and pattern.startswith("**/", at):
            token: _Token = _Folders()
            at += 3
        else:
            token, at = _token(pattern, at)
            start = token == _SLASH
        found.append(token)
    return tuple(found)


def _literal(character: str) -> _One:
    return _One(((character, character),), wild=False)


_SLASH = _literal("/")


def _token(pattern: str, at: int) -> tuple[_Token, int]:
    match pattern[at]:
        case "*":
            while pattern.startswith("*", at):
                at += 1
            return _Many(), at
        case "?":
            return _One((), negated=True), at + 1
        case "[":
            return _class(pattern, at + 1)
        case "\\" if at + 1 < len(pattern):
            return _literal(pattern[at + 1]), at + 2
        case character:
            return _literal(character), at + 1


def _class(pattern: str, at: int) -> tuple[_One, int]:
    """`[abc]`, `[a-z]`, `[^a]` and `[!a]`."""
    negated = pattern.startswith(("^", "!"), at)
    at += negated
    ranges: list[tuple[str, str]] = []
    while at < len(pattern) and pattern[at] != "]":
        low, at = _member(pattern, at)
        high = low
        if pattern.startswith("-", at) and at + 1 < len(pattern) and pattern[at + 1] != "]":
            high, at = _member(pattern, at + 1)
        ranges.append((low, high))
    if at >= len(pattern):
        return _NOTHING, at
    return _One(tuple(ranges), negated), at + 1


def _member(pattern: str, at: int) -> tuple[str, int]:
    if pattern[at] == "\\" and at + 1 < len(pattern):
        return pattern[at + 1], at + 2
    return pattern[at], at + 1
