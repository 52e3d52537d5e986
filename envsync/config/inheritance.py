"""Which nulls remove something, and which are a mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.config.body import nothing
from envsync.config.codes import Code

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envsync.config.body import Body
    from envsync.config.declaration import Declaration
    from envsync.documents.findings import Findings
    from envsync.documents.nodes import Entry, Scalar


class _Below:
    """What layers set that a null above them can remove. What is lost may be anything."""

    def __init__(self, *layers: Body) -> None:
        self.fields: set[str] = set()
        self.variables: set[str] = set()
        self.secrets: set[str] = set()
        for layer in layers:
            self.add(layer)

    def add(self, layer: Body) -> None:
        self.fields |= _set(layer.fields) | layer.lost
        self.variables |= _set(layer.variables) | layer.lost
        self.secrets |= _set(layer.secrets) | layer.lost


def check_nulls(declaration: Declaration, findings: Findings) -> None:
    """A null needs something that lies below it for some repository."""
    bottom = _Below(declaration.defaults)
    _check_layer(declaration.defaults, (), findings)
    below = {name.casefold(): _Below() for name in declaration.lost_environments}
    for key, body in declaration.environments:
        _check_layer(body, (bottom,), findings)
        below.setdefault(key.text.casefold(), _Below()).add(body)
    for override in declaration.overrides:
        for key, overlaid in override.environments:
            name = key.text.casefold()
            if overlaid is not None:
                lower = below.setdefault(name, _Below())
                _check_layer(overlaid, (bottom, lower), findings)
                lower.add(overlaid)
            elif name not in below and "environments" not in declaration.lost:
                _complain(key, "remove the line; an environment of GitHub's defaults is written {}", findings)


def _check_layer(body: Body, below: tuple[_Below, ...], findings: Findings) -> None:
    for name, entry in body.cleared.items():
        if not any(layer.variables if name == "variables" else layer.secrets for layer in below):
            _complain(entry.key, f"remove the line, or write `{name}: {{}}`", findings)
    _check(body.fields, [layer.fields for layer in below], "a value", findings)
    _check(body.variables, [layer.variables for layer in below], 'a value (the empty text is "")', findings)
    _check(body.secrets, [layer.secrets for layer in below], "a source", findings)


def _check(entries: Mapping[str, Entry], below: list[set[str]], wanted: str, findings: Findings) -> None:
    for name, entry in entries.items():
        if nothing(entry.value) and not any(name in names for names in below):
            _complain(entry.key, f"write {wanted}, or remove the line", findings)


def _set(entries: Mapping[str, Entry]) -> set[str]:
    return {name for name, entry in entries.items() if not nothing(entry.value)}


def _complain(key: Scalar, hint: str, findings: Findings) -> None:
    message = f"{findings.quoted(key)} is null, but nothing is inherited that it could remove"
    findings.error(Code.NOTHING_INHERITED, message, key.span, hint)
