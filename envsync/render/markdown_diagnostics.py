"""Diagnostics -> Markdown, for comments on the pull request that is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.errors import Severity
from envsync.render.diagnostics import count, in_order, snippet
from envsync.render.fitting import OUTPUT, Part, Piece, fit
from envsync.render.markup import bold, code, words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from envsync.errors import Diagnostic

_WIDTH = 100  # columns of a snippet: GitHub's page has no more without scrolling


def diagnostics_markdown(
    diagnostics: Iterable[Diagnostic],
    *,
    title: str = "envsync validate",
    limit: int | None = None,
    whole_at: str = OUTPUT,
) -> str:
    """`title` is ours; `limit`: bytes of UTF-8; `whole_at`, Markdown of ours, is where the whole is said to be."""
    found = in_order(diagnostics)
    parts = tuple(Part(_one(each), each.severity, vital=each.severity is Severity.ERROR) for each in found)
    pieces = [Piece("Findings", parts, "finding", between="\n\n")] if parts else []
    return fit(f"### {title}: {count(found) or 'valid'}", pieces, "", limit, whole_at)


def _one(diagnostic: Diagnostic) -> str:
    place = f" in {code(str(diagnostic.span))}" if diagnostic.span else ""
    blocks = [f"{bold(diagnostic.severity)} {code(diagnostic.code)}{place}: {_lines(diagnostic.message)}"]
    if shown := snippet(diagnostic, _WIDTH):
        # Every line of it begins with a number or a blank, and a bar: none can be the fence.
        blocks.append("\n".join(["```text", *shown, "```"]))
    if diagnostic.hint:
        blocks.append(f"help: {_lines(diagnostic.hint)}")
    return "\n\n".join(blocks)


def _lines(text: str) -> str:
    return "; ".join(words(line) for line in text.split("\n"))
