"""What a long run is going to take, told before it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.cli.output import note

if TYPE_CHECKING:
    from envsync.cli.options import Options
    from envsync.github.limiter import Forecast, Work

_LONG = 60.0  # seconds
_MANY = 5_000  # requests: as many as most have in an hour
_MINUTE, _HOUR = 60, 3600


def announce(options: Options, doing: str, work: Work, forecast: Forecast) -> None:
    """`doing` is as in "reading 7 repositories". Requests for what the files do not say come on top."""
    if forecast.seconds < _LONG and work.requests < _MANY:
        return
    words = f"{doing} takes about {work.requests:,} requests"
    if forecast.seconds >= _LONG:
        words += f": about {duration(forecast.seconds)}, since GitHub's limit is {forecast.bound}"
    note(options, words)
    if options.max_wait is not None and forecast.seconds > options.max_wait:
        note(options, f"it may not end: --max-wait gives up after {duration(options.max_wait)} of waiting")


def duration(seconds: float) -> str:
    """As a person says it: 40 s, 12 min, 3 h 20 min."""
    if seconds < _MINUTE:
        return f"{round(seconds)} s"
    minutes = round(seconds / _MINUTE)
    hours, rest = divmod(minutes, _HOUR // _MINUTE)
    return f"{hours} h {rest} min" if hours else f"{minutes} min"
