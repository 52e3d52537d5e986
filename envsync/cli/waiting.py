"""What a long run is going to take, told before it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.cli.output import note
from envsync.plan.moments import lasting

if TYPE_CHECKING:
    from envsync.cli.options import Options
    from envsync.github.limiter import Forecast, Work

_LONG = 60.0  # seconds
_MANY = 5_000  # requests: as many as most have in an hour


def announce(options: Options, doing: str, work: Work, forecast: Forecast, *, unless: str = "") -> None:
    """`doing` is as in "reading 7 repositories"; `unless` says what would make it less."""
    if forecast.seconds < _LONG and work.requests < _MANY:
        return
    words = f"{doing} takes about {work.requests:,} requests"
    if forecast.seconds >= _LONG:
        words += f": up to {lasting(forecast.seconds)}, since GitHub's limit is {forecast.bound}{unless}"
    note(options, words)
    if options.max_wait is not None and forecast.seconds > options.max_wait:
        note(options, f"it will probably stop early: --max-wait allows {lasting(options.max_wait)} of waiting")
