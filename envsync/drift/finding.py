"""What a drift check comes to, for a report that only tells news: drift and which, none, or nobody knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from envsync.plan.drift import Drift


@dataclass(frozen=True, slots=True)
class Drifted:
    digest: str  # 64 hexadecimal digits: the same ones mean that there is no news


@dataclass(frozen=True, slots=True)
class Gone:
    """All was read that was asked for, and nothing differs."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """Nothing differs in what was read, and something could not be: nobody knows that drift is gone."""


Finding = Drifted | Gone | Unclear


def finding_of(drift: Drift, digest: str) -> Finding:
    if drift.drifted:
        return Drifted(digest)
    return Unclear() if drift.partly_read else Gone()
