"""What a parser makes of Markdown, held to do nothing but to show."""

from __future__ import annotations

from support.markdown import ALIVE, PARSER, Seen

WHOLE = {"details", "/details", "summary", "/summary", "code", "/code"}


def structure(markdown: str) -> list[str]:
    """The blocks, each with the HTML tags in it; and on the way, that nothing in them does anything."""
    found = []
    for token in PARSER.parse(markdown):
        seen = Seen()
        if token.type == "html_block":
            seen.feed(token.content)
            seen.close()
            assert set(seen.tags) <= WHOLE
        for each in token.children or []:
            assert each.type in {"text", "code_inline", "strong_open", "strong_close"}
            assert each.type != "text" or not ALIVE.search(each.content), each.content
        found.append(f"{token.type} {token.tag} {token.info} {' '.join(seen.tags)}")
    return found
