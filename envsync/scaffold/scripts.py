"""The pipeline's scripts: which of them a workflow calls, what those import, and whether one that is kept will do.

All by the words in the texts: a script of a team's own may be anything, and nothing of it is run or parsed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envsync.scaffold.pipeline import FOLDER, without_comments

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_WORD = re.compile(re.escape(f"{FOLDER}/") + r"([^\s'\"`;|&()<>]+)")
_SCRIPT = re.compile(r"[\w-][\w.-]*\.(?:py|sh)")
_FROM = re.compile(r"^[ \t]*from[ \t]+(\w+)[ \t]+import[ \t]+(\([^)]*\)|[^\n#]*)", re.MULTILINE)
_IMPORT = re.compile(r"^[ \t]*import[ \t]+(\w[\w, \t]*)", re.MULTILINE)
_NAME = re.compile(r"(\w+)(?:\s+as\s+\w+)?")
# What a script that a workflow calls cannot do without, and hardly any other file has.
_CONTRACT: Mapping[str, re.Pattern[str]] = {
    **dict.fromkeys(
        ("deploy.py", "check.py", "roll_back.py"), re.compile(r"GITHUB_OUTPUT|^from step ", re.MULTILINE)
    ),
    "report.py": re.compile("STEPS"),
    "notify.py": re.compile("MAIL_SERVER|SLACK_WEBHOOK_URL"),
}


def called(workflow: str) -> tuple[str, ...]:
    """Names of scripts, each once. What is put together as it runs is not known."""
    words = (word.rstrip(",.:]}") for word in _WORD.findall(without_comments(workflow)))
    return tuple(dict.fromkeys(word for word in words if _SCRIPT.fullmatch(word)))


def needed(names: Iterable[str], texts: Mapping[str, str]) -> tuple[str, ...]:
    """These, and those of `texts` that they import, as deep as it goes; each once. `texts`: by name."""
    found: dict[str, None] = {}
    waiting = list(reversed([*names]))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = None
            waiting += [each for each in imports(texts.get(name, "")) if each in texts]
    return tuple(found)


def imports(script: str) -> dict[str, frozenset[str]]:
    """The file of each module that it imports, if that lies beside it -> which names it takes out of it."""
    found: dict[str, frozenset[str]] = {}
    for module, names in _FROM.findall(script):
        file = f"{module}.py"
        found[file] = found.get(file, frozenset()) | {*_NAME.findall(names)}
    for modules in _IMPORT.findall(script):
        for module in _NAME.findall(modules):
            found.setdefault(f"{module}.py", frozenset())
    return found


def will_do(name: str, texts: Mapping[str, str]) -> bool:
    """Whether the script does its part: it keeps to what it is called for, and has what others import from it."""
    contract = _CONTRACT.get(name)
    if contract is not None and not contract.search(texts[name]):
        return False
    taken = {one for each in texts.values() for one in imports(each).get(name, ())}
    return all(_has(texts[name], one) for one in taken)


def _has(script: str, name: str) -> bool:
    """Whether a module has that name at its top, as far as its lines show."""
    made = rf"(?:async[ \t]+)?(?:def|class)[ \t]+{name}\b|(?:\w[\w, \t]*)?\b{name}\b[^=\n]*="
    return bool(re.search(rf"^(?:{made})", script, re.MULTILINE)) or any(
        name in names for names in imports(script).values()
    )
