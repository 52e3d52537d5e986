"""A parser of Markdown, and text that tries to be more than text in it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from hypothesis import strategies as st
from markdown_it import MarkdownIt

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])

NASTY = [
    "@octocat",
    "@acme/admins",
    "#123",
    "GH-1",
    "JIRA-12",
    "acme/payments#1",
    "deadbeef",
    "1234567",
    "https://evil.example",
    "www.evil.example",
    "www.",
    "me@evil.example",
    ":tada:",
    "$x$",
    "[a](javascript:x)",
    "![a](https://evil.example/x.png)",
    "[a]: https://evil.example",
    "<https://evil.example>",
    "<img src=x onerror=y>",
    "<!-- hidden",
    "-->",
    "</summary></details>",
    "</code>",
    "<!DOCTYPE x>",
    "&lt;b&gt;",
    "&#64;octocat",
    "a | b",
    "a\\|b",
    "|",
    "\\",
    "a\\",
    "`",
    "``",
    "a`b``c",
    "`a` | `b`",
    "`a``b`",
    "`" * 200,
    "x" + "`" * 79 + "<b>",
    "```\n<script>",
    "~~~",
    "~~gone~~",
    "**bold**",
    "_it_",
    "# title",
    "1. one",
    "- one",
    "- [ ] task",
    "> quote",
    "---",
    "===",
    "| --- |",
    "a\n\n<b>b</b>",
    "a\r\nb",
    "a  \nb",
    "\tcode",
    "    code",
    " ",
    "   ",
    " both ",
    " left",
    "right ",
    "",
    "\u202egnp.exe",
    "\u200b",
    "\u0301",
    "\x00\x1b[31m",
    "\ud800",
    "(https://evil.example)",
    "a:`b`:c",
    "!`[x](y)`",
]
TEXT = st.one_of(
    st.sampled_from(NASTY),
    st.text(),
    st.text(st.sampled_from("`|\\ \n<>&[]()!#@:/.*_~-+=$\"'a1xé🚀\u202e"), max_size=30),
    st.lists(st.sampled_from(NASTY), max_size=4).map("".join),
)

# What GitHub makes something of although Markdown does not.
ALIVE = re.compile(r"[@#/&<>\[\]`*~|\\$_]|\bwww\.|:\w|\w-\d|\b[0-9a-f]{7}", re.IGNORECASE)


class Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not attrs
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.tags.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)
