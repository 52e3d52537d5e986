"""Which environments guard envsync itself? It does not manage those: see `cli.guard`."""

from __future__ import annotations

import re

VARIABLE = "ENVSYNC_GUARDED_BY"  # of a workflow that runs envsync; it parts names by commas or lines
_SEPARATOR = re.compile(r"[,\n]")


def guardians_in(text: str) -> frozenset[str]:
    """The names that the variable's value has, casefolded."""
    return frozenset(name.strip().casefold() for name in _SEPARATOR.split(text) if name.strip())
