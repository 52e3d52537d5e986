"""What a runner of GitHub's obeys in a job's log: a model of it.

It follows `ActionCommand.TryParseV2` and `TryParse` in
https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs, and is stricter where .NET's
comparisons depend on the culture.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

# What C#'s `Char.IsWhiteSpace` knows, and two that older versions trimmed.
BLANKS = "\t\n\v\f\r\x85\xa0\u1680\u2000\u2003\u200a\u2028\u2029\u202f\u205f\u3000 \u200b\ufeff"
REGISTERED = {"error", "warning", "notice", "set-output", "add-mask", "stop-commands", "group"}


@dataclass(frozen=True)
class Command:
    name: str
    properties: dict[str, str]
    data: str


def seen(line: str) -> str:
    """What a comparison of .NET's looks at: nothing that has no width."""
    return "".join(each for each in line if unicodedata.category(each)[0] not in "CM")


def obeyed(line: str) -> Command | None:
    """What the runner makes of a line that reads as it was written."""
    trimmed = line.lstrip(BLANKS)
    if trimmed.startswith("::") and "::" in trimmed[2:]:
        info, _, data = trimmed[2:].partition("::")
        name, _, listed = info.partition(" ")
        if name in REGISTERED:
            pairs = (pair.split("=", 1) for pair in listed.strip().split(",") if "=" in pair)
            return Command(name, {key: unescaped(value, ":,") for key, value in pairs}, unescaped(data))
    start = line.find("##[")
    if start >= 0 and "]" in line[start:]:
        name = line[start + 3 : line.index("]", start)].split(" ", maxsplit=1)[0]
        return Command(name, {}, "") if name in REGISTERED else None
    return None


def unescaped(text: str, more: str = "") -> str:
    for character in f"\r\n{more}%":
        text = text.replace(f"%{ord(character):02X}", character)
    return text


def suspicious(line: str) -> bool:
    """What any runner of this family might take for a command."""
    return bool(re.match(r"\s*::", seen(line).lstrip(BLANKS)) or re.search(r"##\w*\[", seen(line)))


def lines(text: str) -> list[str]:
    """As .NET's `ReadLine` sees them."""
    return re.split(r"\r\n|\r|\n", text)
