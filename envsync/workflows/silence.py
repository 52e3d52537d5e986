"""`# envsync: ignore[slug] reason`: which findings does somebody not want to hear of, and does that make sense?

It stands behind what the finding is about, or alone on the line above. For what is found within a text of several
lines, where `#` starts no comment, it stands behind the beginning of that text (`run: | # envsync: …`) or above.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from envsync.documents.compose import Composition, compose
from envsync.documents.near_misses import did_you_mean
from envsync.documents.nodes import Mapping, Scalar, Sequence
from envsync.documents.text import SourceText
from envsync.errors import Span
from envsync.workflows.slugs import ABOUT_SILENCE, Slug

if TYPE_CHECKING:
    import collections.abc
    from collections.abc import Iterable, Iterator

    from envsync.documents.nodes import Node
    from envsync.documents.page import Page
    from envsync.errors import Diagnostic

_COMMENT = re.compile(r"#+\s*envsync:\s*ignore\b(?:\s*\[(?P<slugs>[^\]#]*)\])?(?P<reason>[^#]*)")
_SLUG = re.compile(r"[^\s,]+")
_LONGEST = 4_000  # characters of a line that anybody wrote by hand
_NO_REASON = " \t:;,.-\u2013\u2014"
_SLUGS = {each.value for each in Slug if each not in ABOUT_SILENCE}
# Whether these are found depends on whether somebody could ask GitHub what repository and organization have.
_COME_AND_GO = {Slug.UNDECLARED_SECRET, Slug.UNDECLARED_VARIABLE}
# These are not told where some workflow could not be read.
_OF_THE_WHOLE = {Slug.UNUSED_ENVIRONMENT, Slug.UNUSED_SECRET, Slug.UNUSED_VARIABLE, Slug.NO_DEPLOYMENT}


def silenced(
    found: Iterable[Diagnostic], pages: Iterable[Page], shared: Iterable[Page], *, whole: bool
) -> tuple[Diagnostic, ...]:
    """What is left, and what is wrong with the comments.

    A comment in one of `shared` may silence what is found of another repository. `whole`: all workflows were read.
    """
    judged = [_Comments.of(page) for page in pages]
    unjudged = [_Comments.of(page) for page in shared]
    everywhere = {each.page.file: each for each in (*judged, *unjudged)}
    left = [each for each in found if not (each.span and everywhere[each.span.file].silence(each.code, each.span))]
    left += [wrong for each in (*judged, *unjudged) for wrong in each.without_reason()]
    left += [wrong for each in judged for wrong in each.without_effect(whole=whole)]
    return tuple(left)


@dataclass(frozen=True, slots=True)
class _Comment:
    span: Span
    slugs: tuple[tuple[str, Span], ...]
    has_reason: bool
    effective: set[str] = field(default_factory=set)  # slugs


@dataclass(frozen=True, slots=True)
class _Comments:
    """Those of one file."""

    page: Page
    by_line: collections.abc.Mapping[int, list[_Comment]]  # what each is about
    beginnings: collections.abc.Mapping[int, int]  # of texts of several lines: line -> their first

    @classmethod
    def of(cls, page: Page) -> _Comments:
        matches = {number: match for number, line in enumerate(page.lines, 1) if (match := _match(line))}
        scalars = _scalars(page) if matches else ()
        beginnings = {line: span.line for span in scalars for line in range(span.line, _last(span) + 1)}
        for span in scalars:
            for line in range(span.line, _last(span) + 1):
                if line in matches and _holds(span, line, matches[line].start() + 1, page):
                    del matches[line]
        by_line: dict[int, list[_Comment]] = {}
        below: dict[int, int] = {}  # of those alone on their lines: the next line that is none like it
        for line in sorted(matches, reverse=True):
            match = matches[line]
            if not match.string[: match.start()].strip():
                below[line] = below.get(line + 1, line + 1)
            by_line.setdefault(below.get(line, line), []).append(_comment(page.file, line, match))
        return cls(page, by_line, beginnings)

    def silence(self, slug: str, span: Span) -> bool:
        lines = {span.line, self.beginnings.get(span.line, span.line)}
        near = [each for line in lines for each in self.by_line.get(line, ())]
        about = [each for each in near if slug in {known for known, _ in each.slugs}]
        for each in about:
            each.effective.add(slug)
        return bool(about)

    def _all(self) -> Iterator[_Comment]:
        return itertools.chain.from_iterable(self.by_line.values())

    def without_reason(self) -> Iterator[Diagnostic]:
        for each in self._all():
            if each.slugs and not each.has_reason:
                message, hint = (
                    "this silences a finding and does not say why",
                    "write the reason behind the bracket",
                )
                yield self.page.warning(Slug.IGNORE_WITHOUT_REASON, message, each.span, hint)

    def without_effect(self, *, whole: bool) -> Iterator[Diagnostic]:
        hint = "remove it"
        uncertain = _COME_AND_GO if whole else _COME_AND_GO | _OF_THE_WHOLE
        for each in self._all():
            if not each.slugs:
                message, write = "this silences nothing", "write # envsync: ignore[slug] reason"
                yield self.page.warning(Slug.UNUSED_IGNORE, message, each.span, write)
            for slug, span in each.slugs:
                quoted = self.page.quoted_text(slug, span)
                if slug not in _SLUGS:
                    message = f"this silences nothing: {quoted} is no finding"
                    yield self.page.warning(
                        Slug.UNUSED_IGNORE, message, span, did_you_mean(slug, sorted(_SLUGS)) or hint
                    )
                elif slug not in each.effective and slug not in uncertain:
                    message = f"this silences nothing: there is no {quoted} here"
                    yield self.page.warning(Slug.UNUSED_IGNORE, message, span, hint)


def _match(line: str) -> re.Match[str] | None:
    return _COMMENT.search(line) if "envsync:" in line and len(line) <= _LONGEST else None


def _comment(file: str, number: int, match: re.Match[str]) -> _Comment:
    slugs = [
        (each[0], Span(file, number, each.start() + 1, number, each.end() + 1))
        for each in _SLUG.finditer(match.string, *match.span("slugs"))
    ]
    span = Span(file, number, match.start() + 1, number, len(match.string[: match.end()].rstrip()) + 1)
    return _Comment(span, tuple(slugs), bool(match["reason"].strip(_NO_REASON)))


def _scalars(page: Page) -> tuple[Span, ...]:
    """Where they stand. Empty where the text is no YAML."""
    composed = compose(SourceText(page.file, "", "\n".join(page.lines), page.lines))
    nodes: list[Node] = [composed.root] if isinstance(composed, Composition) and composed.root else []
    found: dict[int, Node] = {}  # an anchored one stands in several places
    while nodes:
        node = nodes.pop()
        if found.setdefault(id(node), node) is node and isinstance(node, Mapping):
            nodes += (part for entry in (*node.entries, *node.discarded) for part in (entry.key, entry.value))
        elif isinstance(node, Sequence):
            nodes += node.items
    return tuple(node.span for node in found.values() if isinstance(node, Scalar))


def _last(span: Span) -> int:
    """The line that a text ends on: a block ends where the next line begins."""
    return span.end_line if span.end_column > 1 else span.end_line - 1


def _holds(span: Span, line: int, column: int, page: Page) -> bool:
    """Whether what stands there belongs to the text: behind the `|` that a block starts with, it does not."""
    if not (span.line, span.column) <= (line, column) < (span.end_line, span.end_column):
        return False
    return line > span.line or page.lines[line - 1][span.column - 1] not in "|>"
