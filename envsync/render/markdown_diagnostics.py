"""Diagnostics -> Markdown, for comments on the pull request that is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.render.diagnostics import count, in_order, snippet
from envsync.render.markup import bold, code, words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from envsync.errors import Diagnostic

_WIDTH = 100  # columns of a snippet: GitHub's page has no more without scrolling


def diagnostics_markdown(diagnostics: Iterable[Diagnostic]) -> str:
    found = in_order(diagnostics)
    blocks = [f"### envsync validate: {count(found) or 'valid'}", *(_one(diagnostic) for diagnostic in found)]
    return "\n\n".join(blocks) + "\n"


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
