"""What a step of the workflow is: settings come in, outputs and words for whoever reads the run go out.

It ends with 0; with 1, an error beside the run and the output `reason`, where Stop is raised; with 2 where it was
called with an argument, since all that it gets are environment variables.
"""

from __future__ import annotations

import io
import json
import os
import re
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

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


def run(name: str, work: Callable[[], None]) -> int:
    """Its exit code. `name`: of the step, as GitHub shows it."""
    if sys.argv[1:]:
        print(f"usage: python3 {sys.argv[0]}", file=sys.stderr)
        return 2
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # the log has what was done before a runner stops it
    try:
        work()
    except Stop as stop:
        output("reason", f"{stop.so}{stop.fact}")
        for fact in stop.facts:
            shown("error", name, fact)
        return 1
    return 0


def hold_settings(*more: str) -> None:
    """Everything that is wrong, at once, before anything is changed. `more`: needed besides EVERYWHERE."""
    wrong = []
    place = f"{plain(os.environ.get('ENVIRONMENT', '')) or 'that this job names'}, in environments.yaml"
    for name in (*EVERYWHERE, *more):
        if not os.environ.get(name, "").strip():
            where = f"{WHERE[name]} {place}" if name in WHERE else "this step's env in the workflow"
            wrong.append(f"{name} is empty: set {where}")
    for name, (shape, what) in SHAPES.items():
        value = os.environ.get(name, "")
        if value and not re.fullmatch(shape, value):
            wrong.append(f"{name} is not {what}: {plain(value, 60)}")
    for name in ("PAYLOAD", "EXPECTED") if "PAYLOAD" in more else ():  # no rollback waits for these
        fault = why_no_json(os.environ.get(name, "").strip() or "null")
        if fault:
            wrong.append(f"{name} is no JSON ({fault}): set {WHERE[name]} {place}")
    if wrong:
        raise Stop(*wrong)


def why_no_json(text: str) -> str:
    """Empty: it is JSON."""
    try:
        json.loads(text)
    except (ValueError, RecursionError) as unreadable:
        return plain(str(unreadable))
    return ""


def output(name: str, *lines: str) -> None:
    """For the steps after this one; on a machine that is no runner there are none."""
    path = os.environ.get("GITHUB_OUTPUT")
    if not path:
        return
    end = f"end-{secrets.token_hex(16)}"
    text = cut("\n".join(lines), LONGEST_IN_ALL if len(lines) > 1 else LONGEST)
    text = f"{name}<<{end}\n{text}\n{end}" if len(lines) > 1 else f"{name}={text}"
    with Path(path).open("a", encoding="utf-8") as file:
        file.write(f"{text}\n")


def shown(kind: str, name: str, fact: str) -> None:
    """Beside the run: an error, or a warning, of the step of that name."""
    title = f"{name} {plain(os.environ.get('ENVIRONMENT', ''))}".strip()
    escaped = fact.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    named = title.replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    print(f"::{kind} title={named}::{escaped}", flush=True)


def plain(text: str, most: int = 300) -> str:
    """Short, on one line, in printable ASCII, and nothing in it that a runner takes for a command (`##[`)."""
    line = "".join(each if " " <= each <= "~" else ascii(each)[1:-1] for each in " ".join(text.split()))
    return cut(re.sub("#(?=#)", "# ", line), most)


def cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."
