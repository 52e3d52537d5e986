"""Which names stand twice where case does not matter, and which GitHub or envsync keep for themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.config.codes import Code
from envsync.documents.nodes import Mapping
from envsync.model import RECORD_VARIABLE

if TYPE_CHECKING:
    from envsync.documents.findings import Findings
    from envsync.documents.nodes import Node

_SETTINGS = ("variables", "secrets")
_NAMED = (*_SETTINGS, "environments", "overrides")  # mappings whose keys are names that somebody chose


def check_names(root: Node, findings: Findings) -> None:
    if not isinstance(root, Mapping):
        return
    for entry in root.entries:
        if entry.key.text in _NAMED and isinstance(entry.value, Mapping):
            _refuse_twins(entry.value, findings)
            if entry.key.text in _SETTINGS:
                _refuse_reserved(entry.value, findings)
        check_names(entry.value, findings)


def _refuse_twins(mapping: Mapping, findings: Findings) -> None:
    seen: dict[str, str] = {}
    for entry in mapping.entries:
        name = entry.key.text.casefold()
        if name in seen:
            message = f"{findings.quoted(entry.key)} and {seen[name]} are the same name to GitHub"
            findings.error(Code.DUPLICATE, message, entry.key.span, "remove one; case does not matter")
        seen.setdefault(name, findings.quoted(entry.key))


def _refuse_reserved(mapping: Mapping, findings: Findings) -> None:
    for entry in mapping.entries:
        key = entry.key
        if key.text.upper().startswith("GITHUB_"):
            message = f"{findings.quoted(key)} starts with GITHUB_, which GitHub keeps for itself"
            findings.error(Code.RESERVED_NAME, message, key.span, "choose another name")
        elif key.text.upper() == RECORD_VARIABLE:
            message = f"{findings.quoted(key)} is where envsync keeps its record"
            findings.error(Code.RESERVED_NAME, message, key.span, "choose another name")
