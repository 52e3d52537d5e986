"""When something happened: GitHub writes ISO 8601, a record whole seconds since 1970."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

_START = datetime(1970, 1, 1, tzinfo=UTC)
FIRST = -62_135_596_800  # the first second of the year 1, and the last one of 9999: no date is outside
LAST = 253_402_300_799


def seconds(iso: str) -> int:
    """Seconds since 1970, a fraction cut off. Raises `ValueError`, too, where the time zone is missing."""
    moment = datetime.fromisoformat(iso)
    if moment.tzinfo is None:
        raise ValueError("it has no time zone")
    return (moment - _START) // timedelta(seconds=1)


def stamp(moment: int) -> str:
    """`2026-11-23T09:37:39Z`, of seconds since 1970."""
    return f"{_date(moment).isoformat()}Z"


def shown(text: str) -> str | None:
    """A date of GitHub's in the form of `stamp`; None: nobody can read it."""
    try:
        return stamp(seconds(text))
    except ValueError:
        return None


def words(moment: int) -> str:
    """`2026-11-23 09:37:39 UTC`, of seconds since 1970."""
    return f"{_date(moment).isoformat(' ')} UTC"


def lasting(seconds: float) -> str:
    """As a person says it: 40 s, 12 min, 3 h 20 min."""
    if seconds < 2 * 60:
        return f"{math.ceil(seconds)} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _date(moment: int) -> datetime:
    """In UTC; the first or last date there is for a moment before or after."""
    return (_START + timedelta(seconds=min(max(moment, FIRST), LAST))).replace(tzinfo=None)
