"""The step Roll back of a Lambda function: points the alias at a version that served well before.

It gets, as environment variables:

  ENVIRONMENT   what is rolled back
  FUNCTION      the function
  ALIAS         what callers use
  AWS_REGION    where they are
  FROM          which version is gone back from, if it still serves; empty: whatever serves
  TO            which shall serve; empty: the newest good one before it
  SERVED        which served before the deployment; empty: none did, or it is not known
  REASON        of a rollback by hand: why, in the words of whoever asked for it

and credentials of AWS. It leaves in $GITHUB_OUTPUT, each cut to 500 characters, the instructions to 8,000:

  from          which version was gone back from
  version       which serves now
  done          true: traffic was moved
  reason        why it was not
  instructions  what a person has to do, where it failed

It exits with 0; with 1 where a person has to roll back, a setting is wrong, or there is no version TO; with 2 if
it is given an argument.

It needs alias.py, aws.py, by_hand.py and step.py beside it.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if __name__ == "__main__":
    sys.dont_write_bytecode = True  # the imports that follow would leave a __pycache__ in the checkout
    sys.path.insert(0, str(Path(__file__).resolve().parent))  # -I, -P and PYTHONSAFEPATH=1 leave it out

from alias import Unknown, look, move
from aws import Refused
from by_hand import NOTHING, by_hand, known, run_again, sentence
from step import NUMBER, Stop, hold_settings, output, plain, quoted, run, say

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from alias import Alias

UNSURE = "it is not known whether the rollback took place"


class NoVersion(Stop):
    """What a person named."""


def roll_back() -> None:
    hold_settings(maybe=("FROM", "SERVED"))
    why = plain(os.environ.get("REASON", ""))
    if why:
        say(f"why: {why}")
    to = os.environ.get("TO", "").strip()
    try:
        found = go_back(to)
    except NoVersion as wrong:
        fact = wrong.fact
        instructions = run_again(fact)
    except Unknown as unknown:
        fact = f"{UNSURE}: {unknown.fact.rstrip('.')}"
        instructions = [f"{sentence(fact)}.", *by_hand(unknown.version, "Unless it serves, point", known())]
    except Stop as failed:
        fact = failed.fact
        instructions = [f"The rollback did not take place: {fact.rstrip('.')}.", *by_hand(to, "Point", known())]
    else:
        for name, value in found.items():
            output(name, value)
        return
    advise(instructions)
    raise Stop(fact)


def unsure(fact: str) -> Stop:
    """Where it ended as nobody had thought of: what a person can do, and nothing is looked up for it."""
    fact, to = f"{UNSURE}: {fact.rstrip('.')}", os.environ.get("TO", "").strip()
    to = to if re.fullmatch(NUMBER, to) else ""
    advise([f"{sentence(fact)}.", *by_hand(to, "Unless it serves, point", NOTHING)])
    return Stop(fact)


def advise(instructions: list[str]) -> None:
    for line in instructions:
        say(f"  {line}")
    output("instructions", *instructions)


def go_back(to: str) -> Mapping[str, str]:
    """What it leaves behind."""
    by_name = bool(to) and not os.environ.get("FROM")  # a person who names one means that one
    if to and not re.fullmatch(NUMBER, to):
        raise NoVersion(f"nothing was moved; {quoted(to)} is no version")
    lost: list[str] = []  # versions that are no more
    changed = False
    while True:
        alias = look()
        reason = why_not(alias)
        if reason:
            return leave(alias, reason)
        alias, destination = choose(alias, to, lost)
        if destination == alias.version and not alias.weights:
            return leave(alias, f"version {destination} serves already")
        try:
            move(alias, destination, alias.without(lost, destination))
        except Refused as refused:
            if refused.code == "ResourceNotFoundException":
                if by_name:
                    absent = f"there is no version {to} of {os.environ['FUNCTION']}"
                    raise NoVersion(f"nothing was moved; {absent}") from refused
                say(f"there is no version {destination} any more")
                lost.append(destination)
            elif refused.code != "PreconditionFailedException" or changed:
                raise
            else:  # AWS refuses where the alias was changed since it was looked at
                changed = True
            continue
        return arrive(alias, destination)


def choose(alias: Alias | None, to: str, lost: Collection[str]) -> tuple[Alias, str]:
    if alias is None:
        raise Stop(f"the alias {os.environ['ALIAS']} does not exist")
    every = [to, *(str(each) for each in alias.good if each < int(to))] if to else alias.before()
    for each in every:
        if each not in lost:
            return alias, each
    gone = f": there is no {' '.join(lost)} any more" if lost else ""
    raise Stop(f"there is no version before {alias.version} that passed its check{gone}")


def arrive(alias: Alias, destination: str) -> Mapping[str, str]:
    say(f"version {destination} serves, all traffic, after {alias}")
    left = alias.version if alias.version != destination else next(iter(alias.weights))
    return {"from": left, "version": destination, "done": "true"}


def why_not(alias: Alias | None) -> str:
    """Why there is nothing to do for a rollback of what was just deployed; empty: there is."""
    left, served = os.environ.get("FROM", ""), os.environ.get("SERVED", "")
    if not left:
        return ""
    if alias is None:
        return "" if served else "nothing was moved: nothing serves, as before"
    if alias.version == served and (alias.version != left or alias.weights):
        return f"nothing was moved: {alias} serves as before"
    return "" if alias.version == left else f"version {alias.version} serves, not {left}: it is left there"


def leave(alias: Alias | None, reason: str) -> Mapping[str, str]:
    say(reason)
    return {**({"version": alias.version} if alias else {}), "reason": reason}


if __name__ == "__main__":
    sys.exit(run("Roll back", roll_back, unsure))
