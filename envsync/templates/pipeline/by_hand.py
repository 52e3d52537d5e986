"""What a person has to do where a rollback failed.

What can be looked up is said; nothing has to work for the rest.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alias import FULL_TRAFFIC, KEPT, VERSION, described, look
from aws import Refused, call, field, typed

if TYPE_CHECKING:
    from alias import Alias


UNLISTED = ", which is not on the list of good versions (it never passed its check, or was gone back from)"


@dataclass(frozen=True)
class Known:
    alias: Alias | None
    missing: bool  # the alias
    versions: list[str]  # newest first; empty: nobody knows

    @property
    def well(self) -> list[str]:
        """The good ones that are there, but for what serves."""
        if not self.alias:
            return []
        before = self.alias.before()
        newer = [str(each) for each in self.alias.good if str(each) not in (*before, self.alias.version)]
        return [each for each in [*before, *newer] if not self.versions or each in self.versions]

    def __str__(self) -> str:
        if not self.alias:
            return f"newest first: {said(self.versions)}" if self.versions else ""
        well = sorted(self.well, key=int, reverse=True)
        others = [each for each in self.versions if each not in (*well, self.alias.version)]
        found = [f"served well before, newest first: {said(well)}"] if well else []
        return "; ".join([*found, *([f"not listed as good: {said(others)}"] if others else [])])


NOTHING = Known(alias=None, missing=False, versions=[])


def known() -> Known:
    alias, missing, versions = None, False, []
    with contextlib.suppress(Exception):
        alias = look()
        missing = alias is None
        versions = published()
    return Known(alias, missing, versions)


def published() -> list[str]:
    """Newest first."""
    operation = "list-versions-by-function"
    every = call(operation).get("Versions")
    if not isinstance(every, list) or not all(isinstance(each, dict) for each in every):
        raise Refused(operation, "it answered without Versions")
    found = [field(operation, each, "Version", VERSION) for each in every]
    return sorted((each for each in found if each.isdigit()), key=int, reverse=True)


def run_again(fact: str) -> list[str]:
    now = known()
    serving = f" {sentence(str(now.alias))} serves." if now.alias else ""
    there = f" ({now})" if str(now) else ""
    before = now.alias.before() if now.alias else []
    none = f", or with none for version {before[0]}" if before else ""
    return [
        f"{sentence(fact)}.{serving}",
        f'Run the workflow "Roll back" again with the number of a version{there}{none}.',
    ]


def by_hand(to: str, point: str, now: Known) -> list[str]:
    name = ("--name", os.environ["ALIAS"])
    lines = [
        f"1. Look what serves{f' (a moment ago: {now.alias})' if now.alias else ''}:",
        f"   {typed('get-alias', *name)}",
        f"2. Look which versions there are{f' ({now})' if str(now) else ''}:",
        f"   {typed('list-versions-by-function', '--query', 'Versions[].Version')}",
    ]
    to = to if to and (not now.versions or to in now.versions) else next(iter(now.well), "")
    if now.missing and not to:
        return [*lines, "3. Nothing serves: correct the fault and deploy again, which makes the alias."]
    if now.alias and now.versions == [now.alias.version]:
        return [*lines, "3. There is none to go back to: correct the fault and deploy again."]
    if to:
        unsure = now.alias and to != now.alias.version and int(to) not in now.alias.good
        lines.append(f"3. {point} the alias at version {to}{UNLISTED if unsure else ''}:")
    elif now.alias:
        lines.append("3. None of the others is known to be good: correct the fault and deploy again.")
        lines.append("   To let one of them serve all the same, in place of VERSION:")
    else:
        lines.append(
            "3. Point the alias at a version that served well, in place of VERSION. The Description in what"
        )
        lines.append("   the first command prints has them, newest first (good: ...):")
    to = to or "VERSION"
    if now.missing:
        return [*lines, f"   {typed('create-alias', *name, '--function-version', to)}"]
    options = ("--function-version", to, *listed(now.alias, to), *FULL_TRAFFIC)
    return [*lines, f"   {typed('update-alias', *name, *options)}"]


def listed(alias: Alias | None, to: str) -> tuple[str, ...]:
    """The list, where what is gone away from is on it."""
    if not alias or alias.unlisted is not None or alias.without((), to) == alias.good:
        return ()
    return "--description", described(alias.without((), to))


def said(versions: list[str]) -> str:
    return " ".join([*versions[: 2 * KEPT], *(["and older ones"] if len(versions) > 2 * KEPT else [])])


def sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
