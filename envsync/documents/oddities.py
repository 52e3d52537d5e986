"""What is wrong with a document as YAML, though it could be read on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from envsync.documents.codes import Code

if TYPE_CHECKING:
    from envsync.documents.findings import Findings
    from envsync.errors import Span


@dataclass(frozen=True, slots=True)
class Oddity:
    """`name` is what the text at `span` says: of a key, or of an alias."""

    code: Code
    span: Span
    name: str = ""
    first: Span | None = None  # of two that contradict each other, the one before
    recursive: bool = False


_SAID = {
    Code.YAML_DOCUMENTS: (
        "a second document starts here",
        "put it into a file of its own, and name both with -f",
    ),
    Code.YAML_TAG: (
        "a YAML tag stands here that this format has no use for",
        "remove it, or quote text that starts with !",
    ),
    Code.YAML_KEY: ("a key has to be text", "if these braces or brackets belong to a text, quote it"),
    Code.YAML_MERGE: (
        "`<<` takes a mapping, or a list of mappings",
        "write `<<: *anchor`, or quote the key if it is text",
    ),
}


def describe(oddity: Oddity, findings: Findings) -> None:
    if oddity.code is Code.DUPLICATE_KEY:
        message = f"{findings.quoted_text(oddity.name, oddity.span)} is given twice"
        hint = f"it was given first at {oddity.first}: keep one of the two"
    elif oddity.recursive:
        message, hint = "an alias stands for something that contains it", "write out what it shall stand for"
    elif oddity.code is Code.YAML_ALIAS:
        alias = findings.quoted_text(f"*{oddity.name}", oddity.span)
        message, hint = f"{alias} is an alias, and nothing has that anchor", 'if it is text, quote it: "*…"'
    else:
        message, hint = _SAID[oddity.code]
    findings.error(oddity.code, message, oddity.span, hint)
