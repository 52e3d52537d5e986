"""What a step of the workflow is: settings come in, outputs and words for whoever reads the run go out.

It ends with 0; with 1, an error beside the run and the output `reason`, where Stop or anything else is raised;
with 130 and the same where Ctrl-C or SIGTERM cut it off; with 2 where it was called with an argument, since all
that it gets are environment variables.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

WHERE = {
    "FUNCTION": "the variable LAMBDA_FUNCTION of the environment",
    "ALIAS": "the variable LAMBDA_ALIAS of the environment",
    "AWS_REGION": "the variable AWS_REGION of the environment",
    "PAYLOAD": "the variable TEST_PAYLOAD of the environment",
    "EXPECTED": "the variable TEST_EXPECTED of the environment",
}
EVERYWHERE = ("ENVIRONMENT", "FUNCTION", "ALIAS", "AWS_REGION")
NUMBER = "[1-9][0-9]{0,17}"
SHAPES = {
    "FUNCTION": ("[A-Za-z0-9_][A-Za-z0-9_-]{0,63}", "the name of a function"),
    "ALIAS": ("(?![0-9]+$)[A-Za-z0-9_][A-Za-z0-9_-]{0,127}", "the name of an alias"),
    "AWS_REGION": ("[a-z]{2}[a-z0-9-]+", "a region"),
    "DIGEST": ("[0-9a-f]{64}", "a SHA-256, 64 hexadecimal digits"),
    "VERSION": (NUMBER, "the number of a version"),
    "FROM": (NUMBER, "the number of a version"),
    "SERVED": (NUMBER, "the number of a version"),
}
LONGEST, LONGEST_IN_ALL = 500, 8000  # an environment that is too long lets no later step of the job start


class Stop(Exception):  # noqa: N818 - it is caught by name, and `StopError` says no more
    """Nothing more can be done; one fact for each line. `so`: what the output says before them."""

    def __init__(self, *facts: str, so: str = "") -> None:
        super().__init__(*facts)
        self.facts, self.so = facts, so

    @property
    def fact(self) -> str:
        return "; ".join(self.facts)


def run(name: str, work: Callable[[], None], unforeseen: Callable[[str], Stop] = Stop) -> int:
    """Its exit code. `name`: the step's, as GitHub shows it. `unforeseen` is told what else than Stop ended it."""
    if sys.argv[1:]:
        print(f"usage: python3 {sys.argv[0]}", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: there is time left to say so
    code = 1
    try:
        written("")  # before anything is done that could not be told
        work()
    except Stop as known:
        stop = known
    except KeyboardInterrupt:
        code, stop = 130, ended("it was cut off", unforeseen)
    except Exception as cause:  # noqa: BLE001 - a traceback tells nobody what to do
        stop = ended(plain(f"{type(cause).__name__}: {cause}"), unforeseen)
    else:
        return 0
    with contextlib.suppress(Stop):
        output("reason", f"{stop.so}{stop.fact}")
    for each in stop.facts:
        shown("error", name, each)
    return code


def ended(fact: str, unforeseen: Callable[[str], Stop]) -> Stop:
    try:
        return unforeseen(fact)
    except Exception:  # noqa: BLE001 - it is the last one
        return Stop(fact)


def hold_settings(*needed: str, maybe: Collection[str] = ()) -> None:
    """Everything that is wrong, at once, before anything is changed. `maybe`: those that may be empty."""
    needed, wrong = (*EVERYWHERE, *needed), []
    place = f"{plain(os.environ.get('ENVIRONMENT', '')) or 'that this job names'}, in environments.yaml"
    for name in needed:
        if not os.environ.get(name, "").strip():
            where = f"{WHERE[name]} {place}" if name in WHERE else "it under `env:` of this step or its job"
            wrong.append(f"{name} is empty: set {where}")
    for name in (*needed, *maybe):
        value = os.environ.get(name, "")
        if value and name in SHAPES and not re.fullmatch(SHAPES[name][0], value):
            wrong.append(f"{name} is not {SHAPES[name][1]}: {quoted(value)}")
        fault = why_no_json(value.strip() or "null") if name in ("PAYLOAD", "EXPECTED") else ""
        if fault:
            wrong.append(f"{name} is no JSON ({fault}): set {WHERE[name]} {place}")
    if wrong:
        raise Stop(*wrong)


def why_no_json(text: str) -> str:
    """Empty: it is JSON."""
    try:
        json.loads(text, parse_constant=no_json)
    except (ValueError, RecursionError) as unreadable:
        return plain(str(unreadable))
    return ""


def no_json(constant: str) -> None:
    """What Python reads all the same: NaN, Infinity."""
    raise ValueError(f"{constant} is none")


def output(name: str, *lines: str) -> None:
    """For the steps after this one. What one of its lines holds begins no other."""
    end = f"end-{secrets.token_hex(16)}"
    text = cut("\n".join(map(inert, lines)), LONGEST_IN_ALL if len(lines) > 1 else LONGEST)
    written(f"{name}<<{end}\n{text}\n{end}\n" if len(lines) > 1 else f"{name}={text}\n")


def written(text: str) -> None:
    """On a machine that is no runner there is nobody to write for."""
    path = os.environ.get("GITHUB_OUTPUT")
    if not path:
        return
    try:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as unwritable:
        raise Stop(f"GITHUB_OUTPUT cannot be written: {plain(str(unwritable))}") from unwritable


def say(line: str) -> None:
    """At once: the log has what was done before a runner stops it. A full or closed one holds nothing up."""
    try:
        print(line, flush=True)
    except OSError as silent:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # else Python fails with what is left, as it ends
        with contextlib.suppress(OSError):
            print(f"nothing more can be said here: {silent}", file=sys.stderr)


def shown(kind: str, name: str, fact: str) -> None:
    """Beside the run: an error, or a warning, of the step of that name."""
    title = f"{name} {plain(os.environ.get('ENVIRONMENT', ''))}".strip()
    escaped = fact.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    named = title.replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    say(f"::{kind} title={named}::{escaped}")


def plain(text: str, most: int = 300) -> str:
    """Short, and for people."""
    return cut(inert(" ".join(text.split())), most)


def quoted(text: str) -> str:
    """With each blank that it has: it may be what is wrong."""
    return f'"{cut(inert(text), 60)}"'


def inert(text: str) -> str:
    """On one line, in printable ASCII, and nothing in it that a runner takes for a command (`##[`)."""
    line = "".join(each if " " <= each <= "~" else ascii(each)[1:-1] for each in text)
    return re.sub("#(?=#)", "# ", line)


def cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."
