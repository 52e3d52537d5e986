"""Whether what a file expects to differ for a while can differ at all."""

from __future__ import annotations

import calendar
import itertools
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from envsync.config.codes import Code
from envsync.config.targets import refuse_twins
from envsync.documents.near_misses import did_you_mean
from envsync.model import RECORD_VARIABLE, Field

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envsync.config.declaration import Declaration
    from envsync.documents.findings import Findings
    from envsync.documents.nodes import Scalar

_MOST_COMPARED = 100
_MONTHS = 12
_RECORD = f"{Field.VARIABLES}.{RECORD_VARIABLE}".casefold()


def check_expectations(declaration: Declaration, findings: Findings) -> None:
    declared = [
        *(key.text for key, _ in declaration.environments),
        *(key.text for one in declaration.overrides for key, body in one.environments if body is not None),
    ]
    for each in declaration.expected:
        _check_day(each.until, findings)
        refuse_twins(each.differences, findings)
        refuse_twins(each.repositories, findings)
        _check_differences(each.differences, findings)
        if not declaration.lost & {"environments", "overrides"} and not declaration.lost_environments:
            _check_environment(each.environment, declared, findings)


def _check_day(until: Scalar, findings: Findings) -> None:
    year, month, day = map(int, until.text.split("-"))
    if year < 1:
        hint = "years start at 0001"
    elif not 1 <= month <= _MONTHS:
        hint = "months are 01 to 12"
    else:
        last = calendar.monthrange(year, month)[1]
        if 1 <= day <= last:
            return
        hint = f"{until.text[:7]} has the days 01 to {last}"
    findings.error(Code.WRONG_VALUE, f"{findings.quoted(until)} is in no calendar", until.span, hint)


def _check_differences(differences: Sequence[Scalar], findings: Findings) -> None:
    for item in differences:
        if item.text.casefold() == _RECORD:
            message = f"{findings.quoted(item)} is where envsync keeps its record, and nobody else shall write it"
            findings.error(Code.RESERVED_NAME, message, item.span, "remove it")


def _check_environment(item: Scalar, declared: Sequence[str], findings: Findings) -> None:
    """One that no file declares may be meant: it may have appeared on GitHub."""
    pattern = item.text.casefold().replace("[", "[[]")
    if not any(fnmatchcase(name.casefold(), pattern) for name in declared):
        message = f"{findings.quoted(item)} is none of the environments of this file"
        near = did_you_mean(item.text, itertools.islice(declared, _MOST_COMPARED))
        hint = near or "check its spelling; it may be one on GitHub that no file declares"
        findings.warning(Code.UNMATCHED_EXPECTED, message, item.span, hint)
