"""Whether what the function answered is what was expected: objects by key, all else equal."""

from __future__ import annotations

import json
from typing import Any

from step import plain


def what_is_wrong(answer: str, expected: str, *, ended_in_an_error: bool) -> str:
    """Empty: nothing. `expected`: JSON; empty: any answer will do."""
    if ended_in_an_error:
        return f"ended in an error: {raised(answer)}"
    if not expected:
        return ""
    try:
        got = json.loads(answer)
    except (ValueError, RecursionError):
        return f"answered what is no JSON: {plain(answer) or 'nothing'}"
    try:
        lacking = difference(json.loads(expected), got)
    except RecursionError:
        return "answered what is nested too deeply to compare"
    return f"answered, but {lacking}" if lacking else ""


def raised(answer: str) -> str:
    try:
        told = json.loads(answer)
        return plain(f"{told['errorType']}: {told['errorMessage']}")
    except (ValueError, RecursionError, TypeError, KeyError):
        return plain(answer)


def difference(expected: Any, got: Any, at: str = "") -> str:  # noqa: ANN401 - any JSON
    """Where `got` does not contain `expected`; empty: it does."""
    place = plain(at, 60) or "the answer"
    if isinstance(expected, dict) and isinstance(got, dict):
        for key, value in expected.items():
            if key not in got:
                return f"{plain(f'{at}.{key}', 60)} is missing"
            found = difference(value, got[key], f"{at}.{key}")
            if found:
                return found
        return ""
    texts = [json.dumps(each, sort_keys=True) for each in (got, expected)]  # 1 is not true here, as in Python
    return "" if texts[0] == texts[1] else f"{place} is {plain(texts[0], 100)}, not {plain(texts[1], 100)}"
