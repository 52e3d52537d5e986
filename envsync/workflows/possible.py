"""What can an expression come to, as far as that is known before a run?"""

from __future__ import annotations

from dataclasses import dataclass

# Of an environment: whichever it is, it exists, since GitHub's form offers no other.
AMONG_ALL = "whoever starts the workflow chooses it among the repository's environments"


@dataclass(frozen=True, slots=True)
class Possible:
    """The texts that are known, and why there may be others."""

    texts: frozenset[str]
    unknown: str | None = None  # completes "because ..."; None: there are no others

    def joined(self, other: Possible) -> Possible:
        return Possible(self.texts | other.texts, self.unknown or other.unknown)
