"""Where a secret's value comes from, and which sources a file may not name.

A pull request can edit the file, so a source must not reach envsync's own credentials, nor a file outside the
folder. That links do not lead outside is checked when the file is read.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from envsync.config.codes import Code
from envsync.config.declaration import scalars
from envsync.config.templates import expand, is_unclosed, unknown
from envsync.documents.nodes import Mapping, Scalar
from envsync.model import External, FromCommand, FromEnvironment, FromFile

if TYPE_CHECKING:
    import collections.abc

    from envsync.documents.findings import Findings
    from envsync.documents.nodes import Entry, Node
    from envsync.model import SecretSource

_REFUSED = re.compile(r"(ENVSYNC|GH|ACTIONS|RUNNER)_.*|GITHUB_TOKEN", re.IGNORECASE | re.DOTALL)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NO_TEXT = re.compile("[\0-\x1f\x7f]")


def source_of(
    entry: Entry, replaced: collections.abc.Mapping[str, str], root: str, findings: Findings
) -> SecretSource | None:
    """None: there is no such source, which is reported. No message repeats any of it."""
    node = entry.value
    if not isinstance(node, Mapping):
        return External()
    if node.lost:
        return None
    ((kind, value),) = ((item.key.text, item.value) for item in node.entries)
    texts = [item.text for item in _texts(value)]
    bad = next((text for text in texts if unknown(text) is not None), None)
    if bad is not None:
        what = "closed" if is_unclosed(bad) else "known"
        message = f"the source of {findings.quoted(entry.key)} has a template that is not {what}"
        hint = f"close it with }}; {DOLLAR_HINT}" if is_unclosed(bad) else TEMPLATE_HINT
        findings.error(Code.UNKNOWN_TEMPLATE, message, entry.key.span, hint)
        return None
    expanded = tuple(expand(text, replaced) for text in texts)
    if kind == "command":
        return _command(entry.key, expanded, root, findings)
    if kind == "file":
        return _file(entry.key, expanded[0], root, findings)
    return _environment(entry.key, expanded[0], findings)


DOLLAR_HINT = "a dollar is written $$"
TEMPLATE_HINT = f"there are ${{repository}}, ${{owner}}, ${{environment}} and ${{ENVIRONMENT}}; {DOLLAR_HINT}"


def _texts(value: Node) -> tuple[Scalar, ...]:
    return (value,) if isinstance(value, Scalar) else scalars(value)


def _environment(key: Scalar, variable: str, findings: Findings) -> SecretSource | None:
    name = findings.quoted(key)
    if not _VARIABLE.fullmatch(variable):
        message = f"the source of {name} does not name a variable"
        hint = "the name of a variable is made of letters, digits and underscores, and no $ stands before it"
        findings.error(Code.SECRET_SOURCE, message, key.span, hint)
        return None
    if _REFUSED.fullmatch(variable):
        message = f"the source of {name} is a variable that belongs to envsync or to GitHub"
        hint = (
            "ENVSYNC_*, GH_*, GITHUB_TOKEN, ACTIONS_* and RUNNER_* are refused: hand the value over in another one"
        )
        findings.error(Code.REFUSED_VARIABLE, message, key.span, hint)
        return None
    return FromEnvironment(variable)


def _file(key: Scalar, path: str, root: str, findings: Findings) -> SecretSource | None:
    if not _is_confined(path):
        message = f"the source of {findings.quoted(key)} is a file outside this folder"
        hint = "name a file below the folder that this file lies in, relative to it"
        findings.error(Code.UNCONFINED_PATH, message, key.span, hint)
        return None
    return FromFile(path, root)


def _command(key: Scalar, argv: tuple[str, ...], root: str, findings: Findings) -> SecretSource | None:
    if not argv[0].strip() or any("\0" in argument for argument in argv):
        message = f"the source of {findings.quoted(key)} names no program"
        findings.error(
            Code.SECRET_SOURCE, message, key.span, "write [PROGRAM, ARGUMENT], one text each; no shell runs"
        )
        return None
    return FromCommand(argv, root)


def _is_confined(path: str) -> bool:
    """Whether it stays below the folder at every step, and ends below it."""
    pure = PurePosixPath(path)
    depth = 0
    for part in pure.parts:
        depth += -1 if part == ".." else 1
        if depth < 0:
            return False
    return depth > 0 and not pure.is_absolute() and not _NO_TEXT.search(path)
