"""Which stretches of a file are masked whose structure is not known, because it is no YAML.

Only the line of the error is ever shown. It is masked, but for keys known to be keys, unless nothing suggests that
it lies under `secrets`: not the keys that were open when reading stopped, not the lines above with their
indentation, not the line itself, which has to start with a field that holds no secrets or to lie in one.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from envsync.config.masks import NAME, SOURCE_KEYS
from envsync.config.page import END_OF_LINE, LONGEST_LINE, Page
from envsync.config.schema import child_schema, properties

if TYPE_CHECKING:
    from envsync.config.compose import Break
    from envsync.config.page import Stretch
    from envsync.config.schema import Schema
    from envsync.config.text import SourceText

# An escape can spell `secrets` in quotes; what has an anchor may be repeated under `secrets`.
_SUSPECT = re.compile(r"secret|\\[xu]|\\$|(?<![^\s\[{,:-])&[\w-]", re.IGNORECASE)
_COMMENT = re.compile(r"#+\s*([\"']?secrets?[\"']?\s*:)?")
_FIRST_WORD = re.compile(r"[\s-]*([a-z_]+)\s*(?::|$)")
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
_CONTINUES = "-:?]},\"'"  # what a line can start with that goes on with the mapping above it


def broken_page(source: SourceText, broken: Break, line: int, schema: Schema) -> Page:
    """`line` is the one that will be shown."""
    text = source.lines[line - 1] if line <= len(source.lines) else ""
    fields = _fields(schema)
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
    """All of a line, but for the key that it starts with if reading came so far as to know it for one."""
    for parent, key in broken.keys:
        starts = key.span.line == key.span.end_line == line and not text[: key.span.column - 1].strip(" -")
        named = parent in _NAMED and NAME.fullmatch(key.text)
        if starts and (named or key.text in fields | SOURCE_KEYS | {"secrets"}):
            return (key.span.end_column + 1, END_OF_LINE)  # the colon is shown too
    return (1, END_OF_LINE)


def _suspicious(above: tuple[str, ...], text: str, broken: Break, line: int, schema: Schema) -> bool:
    """`above` ends with the line itself."""
    if broken.anchored or not _is_harmless(broken.path, schema) or _below_suspect(above):
        return True
    first = _FIRST_WORD.match(text)
    if _NO_VALUE.match(text) or (first and first[1] in _fields(schema)):
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


def _below_suspect(lines: tuple[str, ...]) -> bool:
    """Whether the last line may belong to what a suspect line opened.

    The indentation of what is broken is not trusted: only a line that starts in the column of one that the suspect
    line lies under ends its reach.
    """
    reach: int | None = None
    columns: list[int] = []
    for line in lines:
        text = line.lstrip()
        comment = _COMMENT.match(text)
        indent = len(line) - len(text)
        if not text:
            continue
        if reach is not None and not comment and _ends(reach, line, indent, columns):
            reach = None
        if reach is None and not comment:
            columns = [*(column for column in columns if column < indent), indent]
        if comment[1] if comment else _SUSPECT.search(text):
            reach = indent if reach is None else min(reach, indent)
    return reach is not None


def _ends(reach: int, line: str, indent: int, columns: list[int]) -> bool:
    return indent <= reach and indent in columns and line[indent] not in _CONTINUES and "\t" not in line[:indent]


def _fields(schema: Schema) -> frozenset[str]:
    """The names of all fields of the format but `secrets` and what lies below, whatever they are fields of."""
    names: set[str] = set()
    parts: list[Schema] = [schema]
    while parts:
        part = parts.pop()
        inner = {name: value for name, value in properties(part).items() if name != "secrets"}
        names |= inner.keys()
        parts += [
            value for value in (*inner.values(), part.get("additionalProperties")) if isinstance(value, dict)
        ]
    return frozenset(names)
