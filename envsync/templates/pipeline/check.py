"""The step Check of a Lambda function: invokes the alias, and marks as good what answers as it should.

It gets, as environment variables:

  ENVIRONMENT  what is checked
  FUNCTION     the function
  ALIAS        what is invoked
  AWS_REGION   where they are
  PAYLOAD      JSON: what it is invoked with
  EXPECTED     JSON that the answer has to contain: objects by key, all else equal; empty: any answer will do
  VERSION      which has to answer; empty: whatever serves

and credentials of AWS. It puts a VERSION that is healthy on the list of good ones, in the alias's description. It
leaves in $GITHUB_OUTPUT, cut to 500 characters:

  reason       why the version is not healthy
  checked      false: nobody could look

It exits with 0; with 1 where the version is not healthy, or nobody could look; with 2 if it is given an argument.

It needs alias.py, answer.py, aws.py and step.py beside it.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if __name__ == "__main__":
    sys.dont_write_bytecode = True  # the imports that follow would leave a __pycache__ in the checkout
    sys.path.insert(0, str(Path(__file__).resolve().parent))  # -I, -P and PYTHONSAFEPATH=1 leave it out

from alias import VERSION, Unknown, look, mark
from answer import what_is_wrong
from aws import Refused, call, field
from step import Stop, hold_settings, output, plain, run, say, shown

if TYPE_CHECKING:
    from alias import Alias


class Unhealthy(Stop):
    """All else that stops a check leaves unknown whether the version is healthy."""


@dataclass(frozen=True)
class Answered:
    version: str
    text: str
    is_error: bool


def check() -> None:
    try:
        hold_settings("PAYLOAD", maybe=("EXPECTED", "VERSION"))
        wanted = os.environ.get("VERSION", "")
        hold_answer(wanted)
        if wanted:
            mark_as_good(wanted)
    except Unhealthy:
        raise
    except Stop as stop:
        raise unchecked(*stop.facts) from stop


def unchecked(*facts: str) -> Stop:
    output("checked", "false")
    return Stop(*facts, so="was not checked: ")


def hold_answer(wanted: str) -> None:
    answered = invoke()
    for _ in range(5):  # an alias that was just moved may answer with the version before for a moment
        if not wanted or answered.version == wanted:
            break
        still_serves(wanted)
        time.sleep(1)
        answered = invoke()
    else:
        raise Unhealthy(f"version {answered.version} still answers, not {wanted}")
    version = f"version {answered.version}"
    say(f"{version} answered: {plain(answered.text)}")
    expected = os.environ.get("EXPECTED", "").strip()
    unhealthy = what_is_wrong(answered.text, expected, ended_in_an_error=answered.is_error)
    if unhealthy:
        raise Unhealthy(f"{version} {unhealthy}")
    say(f"{version} is healthy")


def invoke() -> Answered:
    with tempfile.TemporaryDirectory() as folder:
        event, answer = Path(folder, "event.json"), Path(folder, "answer")
        event.write_bytes(os.fsencode(os.environ["PAYLOAD"]))
        named = ("--qualifier", os.environ["ALIAS"], "--payload", f"fileb://{event}")
        answered = call("invoke", *named, str(answer), seconds=120)
        version = field("invoke", answered, "ExecutedVersion", VERSION)
        try:
            text = answer.read_text(encoding="utf-8", errors="replace")
        except OSError as unreadable:
            raise Refused("invoke", f"it left no answer that can be read: {unreadable}") from unreadable
        return Answered(version, text, is_error=bool(answered.get("FunctionError")))


def mark_as_good(version: str) -> None:
    """A deployment does not fail where that cannot be done."""
    try:
        alias = still_serves(version)
        if not alias.is_good:
            mark(alias, version)
            say(f"version {version} is marked as good")
    except (Refused, Unknown) as failed:
        with contextlib.suppress(Refused):
            still_serves(version)
        fact = f"version {version} is healthy, but a rollback will not go back to it by itself: {failed.fact}"
        shown("warning", "Check", fact)


def still_serves(version: str) -> Alias:
    alias = look()
    if alias is None or alias.version != version:
        raise Stop(f"{f'version {alias.version}' if alias else 'nothing'} serves, not version {version}")
    return alias


if __name__ == "__main__":
    sys.exit(run("Check", check, unchecked))
