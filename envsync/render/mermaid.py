"""Promotion -> a flowchart in Mermaid's language, which GitHub draws wherever it shows Markdown.

Names come from files that anybody may have written. So ids are ours, and of a name only letters, digits and a few
marks between them stand in a label as they are: whatever else there is becomes one of Mermaid's entity codes
(`#35;`), which nothing reads as anything but its character.
https://mermaid.js.org/syntax/flowchart.html#entity-codes-to-escape-characters
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envsync.plan.promotion import Standing
from envsync.render.markup import code, words
from envsync.render.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from envsync.plan.promotion import Promotion, Stage

# What Mermaid draws unless it is set up otherwise; with more it shows an error.
# https://mermaid.js.org/config/schema-docs/config.html#maxtextsize, and #maxedges
MOST_CHARACTERS = 50_000
MOST_EDGES = 500

TITLE = "Which gate stands before which environment"

# Brackets around a label. Each shape stands for one standing, so that nobody has to tell colours apart.
_SHAPES = {
    Standing.GATED: ("{{", "}}"),
    Standing.LIMITED: ("(", ")"),
    Standing.OPEN: ("[", "]"),
    Standing.UNMANAGED: ("[[", "]]"),
    Standing.UNDECLARED: (">", "]"),
    Standing.UNKNOWN: ("[/", "/]"),
}
# A box brings its own light ground, so that its dark text is read on any page; the edge shows on light and dark.
_STYLES = {
    Standing.GATED: "fill:#dafbe1,stroke:#2da44e,stroke-width:3px,color:#1f2328",
    Standing.LIMITED: "fill:#ddf4ff,stroke:#218bff,stroke-width:2px,color:#1f2328",
    Standing.OPEN: "fill:#ffebe9,stroke:#e5534b,stroke-width:2px,color:#1f2328",
    Standing.UNMANAGED: "fill:#f6f8fa,stroke:#768390,stroke-width:1px,color:#1f2328",
    Standing.UNDECLARED: "fill:#fff1e5,stroke:#cc5500,stroke-width:3px,stroke-dasharray:6 4,color:#1f2328",
    Standing.UNKNOWN: "fill:#fbefff,stroke:#9466e8,stroke-width:2px,stroke-dasharray:2 3,color:#1f2328",
}
_MEANINGS = {
    Standing.GATED: "gated, a person or an App has to agree",
    Standing.LIMITED: "limited, only from some refs, or after a while",
    Standing.OPEN: "open, its own rules keep nobody out",
    Standing.UNMANAGED: "left alone, something else manages it",
    Standing.UNDECLARED: "undeclared, GitHub makes it, open, if it is not there",
    Standing.UNKNOWN: "unknown, which one it is shows only in a run",
}
_WORDS = {
    Standing.OPEN: "open",
    Standing.UNMANAGED: "left alone",
    Standing.UNDECLARED: "undeclared",
    Standing.UNKNOWN: "shows only in a run",
}
_IDLE = "No job names these"
_LEGEND = "Legend"
_LONGEST = 60  # characters of one name

# Letters and digits, and between them a mark or a blank that is no Markdown there: labels may hold some.
# Not the dot of `www.`, which makes a link.
_PLAIN = r"[^\W_]|(?<=[^\W_])(?<!www)[-/,._](?=[^\W_])|(?<=[^\W_]),(?= \S)|(?<=\S) (?=\S)"
_BLANK = 0xA0
_CHARACTER = re.compile(rf"(?P<plain>{_PLAIN})|.", re.IGNORECASE | re.DOTALL)


def mermaid(promotion: Promotion) -> str:
    """Same input, same bytes. In no name is there a line break, a quote, a backtick, `<` or `%`."""
    stages, idle = promotion.stages, promotion.idle
    ids = {stage.id: f"s{number}" for number, stage in enumerate(stages, start=1)}
    lines = [
        "flowchart LR",
        f"  accTitle: {TITLE}",
        *_workflows(promotion, ids),
        *_edges(stages, ids),
        *_subgraph("idle", _IDLE, (_box(f"e{at}", each) for at, each in enumerate(idle, start=1))),
        *_legend({each.standing for each in (*stages, *idle)}),
    ]
    return "".join(f"{line}\n" for line in lines)


def fenced(diagram: str) -> str:
    """A block of Markdown; no line of the diagram can end it."""
    return f"```mermaid\n{diagram}```\n"


def too_large(diagram: str) -> str | None:
    """Why Mermaid would not draw it; None: it does."""
    edges = diagram.count("->")  # in labels, `>` is a code
    if len(diagram) > MOST_CHARACTERS:
        return f"it has {len(diagram):,} characters, and GitHub draws no diagram of more than {MOST_CHARACTERS:,}"
    if edges > MOST_EDGES:
        return f"it has {edges} arrows, and GitHub draws no diagram of more than {MOST_EDGES}"
    return None


def graph_markdown(promotion: Promotion, limit: int) -> str:
    """For the summary of a workflow's step. `limit`: bytes of UTF-8."""
    title = f"### envsync graph: {code(promotion.repository)}\n"
    diagram = mermaid(promotion)
    whole = f"{title}\n{fenced(diagram)}"
    why = too_large(diagram)
    if why is None and len(whole.encode()) > limit:
        why = "there is not enough room left"
    return whole if why is None else f"{title}\nThe diagram is not shown: {words(why)}.\n"


# --- parts -------------------------------------------------------------------------------------------------


def _workflows(promotion: Promotion, ids: Mapping[str, str]) -> Iterator[str]:
    groups: dict[str, list[Stage]] = {}
    for stage in promotion.stages:
        groups.setdefault(stage.workflow, []).append(stage)
    for number, (workflow, stages) in enumerate(groups.items(), start=1):
        events = ", ".join(promotion.triggers.get(workflow, ()))
        title = f"{_short(workflow)} on {events}" if events else _short(workflow)
        yield from _subgraph(f"w{number}", title, (_box(ids[each.id], each) for each in stages))


def _edges(stages: Iterable[Stage], ids: Mapping[str, str]) -> Iterator[str]:
    for stage in stages:
        arrow = "-.->|also on failure|" if stage.anyway else "-->"
        yield from (f"  {ids[before]} {arrow} {ids[stage.id]}" for before in stage.after)


def _legend(standings: AbstractSet[Standing]) -> Iterator[str]:
    found = [each for each in Standing if each in standings]
    boxes = (_shaped(f"l{at}", each, [_MEANINGS[each]]) for at, each in enumerate(found, start=1))
    yield from _subgraph("legend", _LEGEND, boxes)
    yield from (f"  classDef {each} {_STYLES[each]}" for each in found)


def _subgraph(name: str, title: str, boxes: Iterable[str]) -> Iterator[str]:
    """Nothing where there is nothing in it."""
    if lines := [f"    {box}" for box in boxes]:
        yield from (f'  subgraph {name}["{_escaped(title)}"]', *lines, "  end")


def _box(name: str, stage: Stage) -> str:
    job = [f"job {_short(stage.job)}"] if stage.job else []
    standing = [_WORDS[stage.standing]] if stage.standing in _WORDS else []
    return _shaped(name, stage.standing, [_short(stage.environment), *job, *stage.guards, *standing])


def _shaped(name: str, standing: Standing, lines: Iterable[str]) -> str:
    start, end = _SHAPES[standing]
    return f'{name}{start}"{"<br/>".join(map(_escaped, lines))}"{end}:::{standing}'


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[:_LONGEST]}…"


def _escaped(text: str) -> str:
    """A ligature is spelt out since Mermaid takes it, and what follows, for a code of its own."""
    shown = printable(text).replace("\ufb02", "fl")
    return _CHARACTER.sub(_as_code, shown)


def _as_code(character: re.Match[str]) -> str:
    """Of several blanks a browser shows one: they become such as it keeps."""
    if character["plain"]:
        return character[0]
    return f"#{_BLANK if character[0] == ' ' else ord(character[0])};"
