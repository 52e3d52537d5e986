"""How variables and secrets stand in a record: each name once, with what was applied and what is intended.

A record may have two hundred of them, so an entry is one terse string. That of a variable:

    cMARK                created, and its value has this mark; `a` where it was adopted
    cMARK>AFTER          and an apply was to give it the value with the mark AFTER; nothing after `>`: to delete it
    cMARK|BEFORE>AFTER   as above, where its value was not the recorded one; nothing after `|`: it was not there
    >AFTER               never applied, and it was to be created

That of a secret, whose next value has no mark before it is written:

    c                    created; what it holds is not known
    cMARK TIME           created, its value has this mark, and GitHub's `updated_at` (seconds) was this
    cMARK TIME>          and an apply was to write it
    cMARK TIME|BEFORE>   as above, where `updated_at` was not the recorded one; nothing after `|`: it was not there
    >                    never applied, and it was to be created

Reading raises `ValueError`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envsync.plan.moments import FIRST, LAST
from envsync.plan.record import IntendedVariable, Made, RecordedSecret, RecordedVariable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envsync.plan.record import Record

_LETTERS = {Made.CREATED: "c", Made.ADOPTED: "a"}
_MADE = {letter: made for made, letter in _LETTERS.items()}

_VARIABLE = re.compile(
    r"(?:(?P<made>[ca])(?P<mark>[^ |>]+))?(?:(?P<told>\|(?P<before>[^ |>]*))?>(?P<after>[^ |>]*))?"
)
_SECRET = re.compile(
    r"(?:(?P<made>[ca])(?P<mark>[^ |>]*)(?: (?P<time>-?[0-9]{1,12}))?)?"
    r"(?P<intended>(?P<told>\|(?P<before>(?:-?[0-9]{1,12})?))?>)?"
)


def write_variables(record: Record) -> dict[str, str]:
    intended = {} if record.intent is None else record.intent.variables
    names = sorted(record.variables.keys() | intended.keys())
    return {name: _variable(record.variables.get(name), intended.get(name)) for name in names}


def write_secrets(record: Record) -> dict[str, str]:
    intended = {} if record.intent is None else record.intent.secrets
    names = sorted(record.secrets.keys() | intended.keys())
    return {
        name: _secret(record.secrets.get(name), is_intended=name in intended, before=intended.get(name))
        for name in names
    }


def _variable(recorded: RecordedVariable | None, intended: IntendedVariable | None) -> str:
    mark = None if recorded is None else recorded.mark
    text = "" if recorded is None else _LETTERS[recorded.made] + recorded.mark
    if intended is None:
        return text
    told = "" if intended.before == mark else f"|{intended.before or ''}"
    return f"{text}{told}>{intended.after or ''}"


def _secret(recorded: RecordedSecret | None, *, is_intended: bool, before: int | None) -> str:
    text, time = "", None
    if recorded is not None:
        time = recorded.updated_at
        text = _LETTERS[recorded.made] + (recorded.mark or "") + ("" if time is None else f" {time}")
    if not is_intended:
        return text
    return f"{text}>" if before == time else f"{text}|{'' if before is None else before}>"


def read_variables(
    entries: Mapping[str, str],
) -> tuple[dict[str, RecordedVariable], dict[str, IntendedVariable]]:
    recorded: dict[str, RecordedVariable] = {}
    intended: dict[str, IntendedVariable] = {}
    for name, text in entries.items():
        part = _match(_VARIABLE, text)
        mark, after = part["mark"], part["after"]
        if mark is not None:
            recorded[name] = RecordedVariable(_MADE[part["made"]], mark)
        if after is not None:
            before = mark if part["told"] is None else part["before"]
            intended[name] = IntendedVariable(before or None, after or None)
    return recorded, intended


def read_secrets(entries: Mapping[str, str]) -> tuple[dict[str, RecordedSecret], dict[str, int | None]]:
    recorded: dict[str, RecordedSecret] = {}
    intended: dict[str, int | None] = {}
    for name, text in entries.items():
        part = _match(_SECRET, text)
        time = part["time"]
        if part["made"] is not None:
            recorded[name] = RecordedSecret(_MADE[part["made"]], part["mark"] or None, _time(time))
        if part["intended"] is not None:
            intended[name] = _time(time if part["told"] is None else part["before"])
    return recorded, intended


def moment(value: int) -> int:
    if not FIRST <= value <= LAST:
        raise ValueError("no date")
    return value


def _time(digits: str | None) -> int | None:
    return moment(int(digits)) if digits else None


def _match(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    match = pattern.fullmatch(text)
    if not text or match is None:
        raise ValueError("neither applied nor intended")
    return match
