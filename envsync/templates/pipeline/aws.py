"""A request to AWS about the function: one call of the AWS CLI, or the line that a person types for it."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from typing import TYPE_CHECKING, Any

from step import Stop, plain

if TYPE_CHECKING:
    from collections.abc import Mapping


class Refused(Stop):
    """AWS, or the way to it, did not do what it was asked for."""

    def __init__(self, operation: str, told: str) -> None:
        found = re.search(r"An error occurred \((\w+)\)", told)
        self.code = found[1] if found else ""
        super().__init__(f"aws lambda {operation} failed: {plain(told) or 'it did not say why'}")


def call(*operation: str, seconds: int = 45) -> dict[str, Any]:
    """What AWS answers; {}: it answers nothing. The operation is one word, or `wait` and another."""
    words = 2 if operation[0] == "wait" else 1
    said = " ".join(operation[:words])
    bounds = ["--output", "json", "--cli-connect-timeout", "10", "--cli-read-timeout", str(min(seconds, 120))]
    command = ["aws", "lambda", *operation[:words], *named(*operation[words:]), *bounds]
    environ = {"AWS_RETRY_MODE": "standard", "AWS_MAX_ATTEMPTS": "4"}  # of what is throttled, or did not arrive
    environ |= {name: value for name, value in os.environ.items() if value} | {"AWS_PAGER": ""}
    try:
        done = subprocess.run(
            command, env=environ, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds, check=False
        )
    except FileNotFoundError as missing:
        raise Refused(said, "there is no command aws: install the AWS CLI on the runner") from missing
    except OSError as broken:
        raise Refused(said, f"aws cannot be run ({broken}): repair the AWS CLI on the runner") from broken
    except subprocess.TimeoutExpired as late:
        raise Refused(said, f"it took longer than {seconds} seconds") from late
    if done.returncode != 0:
        raise Refused(said, done.stderr.decode(errors="replace"))
    try:
        answer = json.loads(done.stdout or b"{}")
    except (ValueError, RecursionError) as unreadable:
        raise Refused(said, f"it answered what is no JSON: {done.stdout[:100]!r}") from unreadable
    return answer if isinstance(answer, dict) else {}


def field(operation: str, answer: Mapping[str, Any], name: str, shape: str) -> str:
    """A text that has to be in what it answered."""
    value = answer.get(name)
    if isinstance(value, str) and re.fullmatch(shape, value):
        return value
    odd = f": {str(value)[:100]!r} is none" if name in answer else ""
    raise Refused(operation, f"it answered without {name}{odd}")


def typed(operation: str, *options: str) -> str:
    return shlex.join(["aws", "lambda", operation, *named(*options)])


def named(*options: str) -> list[str]:
    return ["--region", os.environ["AWS_REGION"], "--function-name", os.environ["FUNCTION"], *options]
