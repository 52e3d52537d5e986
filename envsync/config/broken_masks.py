"""Which stretches of a file are masked whose structure is not known, because it is no YAML.

Only the line of the error is ever shown. It is masked, but for a key that it starts with, unless nothing suggests
that it may belong under `secrets`: not the keys that were open when reading stopped, no line above, whatever the
indentation says, and not the line itself, which has to start with a field that holds no secrets or to lie in one.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from envsync.config.masks import NAME, SOURCE_KEYS
from envsync.config.mentions import first_mention
from envsync.config.schema import all_fields, child_schema
from envsync.documents.page import END_OF_LINE, LONGEST_LINE, Page

if TYPE_CHECKING:
    from envsync.config.schema import Schema
    from envsync.documents.compose import Break
    from envsync.documents.page import Stretch
    from envsync.documents.text import SourceText

# An escape can spell `secrets` in quotes; what has an anchor may be repeated under `secrets`.
_SUSPECT = re.compile(r"secret|\\[xu]|\\$|(?<![^\s\[{,:-])&[\w-]", re.IGNORECASE)
_FIRST_WORD = re.compile(r"[\s-]*([a-z_]+)\s*(?::|$)")
_FIRST_KEY = re.compile(r"[\s-]*([\"']?)([a-z_]+)\1\s*:(?!\S)")
_KEY = re.compile(r"(?<![\w.-])([\w.-]+)[\"']?\s*:(?!\S)")
_NO_VALUE = re.compile(r"\s*(?:-\s+)*[\w.-]+\s*:\s*(\{\s*\}\s*)?$")
_WORD = re.compile(r"\w")
_NAMED = frozenset({"variables", "secrets", "environments", "overrides"})  # what they hold has names
_LEAVES = frozenset(  # what they hold may be shown
    {
        "repositories",
        "exclude",
        "never_touch",
        "required_reviewers",
        "branches",
        "tags",
        "deployment_protection_rules",
        "variables",
        "ignore",
    }
)


def broken_page(source: SourceText, broken: Break, line: int, schema: Schema) -> Page:
    """`line` is the one that will be shown."""
    text = source.lines[line - 1] if line <= len(source.lines) else ""
    fields = frozenset(all_fields(schema))
    stretches: tuple[Stretch, ...]
    if len(text) > LONGEST_LINE or _suspicious(source.lines[:line], text, broken, line, schema):
        stretches = (_after_key(text, broken, line, fields),)
    else:
        stretches = _unread(text, broken, fields)
    return Page(source.file, source.lines, {line: stretches})


def _unread(text: str, broken: Break, fields: frozenset[str]) -> tuple[Stretch, ...]:
    """What a further key in the line has, if it is no field of the format and no variable."""
    first = _FIRST_WORD.match(text)
    if "variables" in broken.path or (first and first[1] == "variables"):
        return ()
    further = (key for key in _KEY.finditer(text, first.end() if first else 0) if key[1] not in fields)
    return tuple((key.end() + 1, END_OF_LINE) for key in itertools.islice(further, 1))


def _after_key(text: str, broken: Break, line: int, fields: frozenset[str]) -> Stretch:
    """All of a line, but for the key that it starts with: a field of the format, or a name read as one."""
    first = _FIRST_KEY.match(text)
    if first and first[2] in fields | SOURCE_KEYS | {"secrets"}:
        return (first.end() + 1, END_OF_LINE)
    for parent, key in broken.keys:
        starts = key.span.line == key.span.end_line == line and not text[: key.span.column - 1].strip(" -")
        if starts and parent in _NAMED and NAME.fullmatch(key.text):
            return (key.span.end_column + 1, END_OF_LINE)  # the colon is shown too
    return (1, END_OF_LINE)


def _suspicious(above: tuple[str, ...], text: str, broken: Break, line: int, schema: Schema) -> bool:
    """`above` ends with the line itself."""
    if broken.anchored or not _is_harmless(broken.path, schema) or first_mention(above, _SUSPECT) <= line:
        return True
    first = _FIRST_WORD.match(text)
    if _NO_VALUE.match(text) or (first and first[1] in all_fields(schema)):
        return False
    start = broken.consumed[1] - 1 if broken.consumed[0] == line else 0
    end = broken.span.column - 1 if broken.span.line == line else len(text)
    skipped = "" if broken.consumed[0] > line else text[start:end]  # what reading had not come to
    return _WORD.search(skipped) is not None or not _LEAVES.intersection(broken.path)


def _is_harmless(path: tuple[str, ...], schema: Schema) -> bool:
    inner: Schema | None = schema
    for key in path:
        inner = child_schema(inner, key) if inner and key != "secrets" else None
    return inner is not None
