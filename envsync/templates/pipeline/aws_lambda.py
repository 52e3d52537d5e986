"""Deploy a Lambda function, check it, roll it back: `python3 aws_lambda.py deploy|check|roll-back`.

An alias is what callers use. To deploy is to publish a version and to point the alias at it; to roll back is to
point it at the version before. The alias's description keeps what served before, newest first: `before: 8 7 6`.

All three get ENVIRONMENT, FUNCTION, ALIAS, AWS_REGION, PAYLOAD (JSON: the event of the check), EXPECTED (JSON
that the answer has to contain: objects by key, all else equal; empty: any will do), AWS credentials, and besides:

    deploy     PACKAGE (a zip), DIGEST (its SHA-256)
    check      VERSION (which has to answer; empty: whatever serves)
    roll-back  FROM (only if this serves; empty: whatever serves), TO (empty: the version before), REASON

They leave in $GITHUB_OUTPUT:

    deploy     previous, version; moved=true just before traffic is moved
    check      reason, where the version is not healthy
    roll-back  from, version; done=true where traffic was moved; reason, where not; instructions for a person,
               where it failed

Exit codes: 0, or 1 for what failed, is not healthy, or has to be rolled back by hand.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import json
import os
import re
import secrets
import shlex
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WHERE = {
    "FUNCTION": "the variable LAMBDA_FUNCTION of the environment",
    "ALIAS": "the variable LAMBDA_ALIAS of the environment",
    "AWS_REGION": "the variable AWS_REGION of the environment",
    "PAYLOAD": "the variable TEST_PAYLOAD of the environment",
    "EXPECTED": "the variable TEST_EXPECTED of the environment",
}
EVERYWHERE = ("ENVIRONMENT", "FUNCTION", "ALIAS", "AWS_REGION", "PAYLOAD")
NEEDED = {"deploy": (*EVERYWHERE, "PACKAGE", "DIGEST"), "check": EVERYWHERE, "roll-back": EVERYWHERE[:4]}
SHAPES = {
    "FUNCTION": ("[A-Za-z0-9_][A-Za-z0-9_-]{0,63}", "the name of a function"),
    "ALIAS": ("(?![0-9]+$)[A-Za-z0-9_][A-Za-z0-9_-]{0,127}", "the name of an alias"),
    "AWS_REGION": ("[a-z]{2}[a-z0-9-]+", "a region"),
    "DIGEST": ("[0-9a-f]{64}", "a SHA-256, 64 hexadecimal digits"),
    "VERSION": ("[0-9]*", "the number of a version"),
    "FROM": ("[0-9]*", "the number of a version"),
    "TO": ("[0-9]*", "the number of a version"),
}
KEPT = 10  # versions before the one that serves
SAID_NO = ("AccessDeniedException", "ResourceNotFoundException")
# Weights of an alias outlive a move otherwise, and keep their share of the traffic.
FULL_TRAFFIC = ("--routing-config", "AdditionalVersionWeights={}")


class Stop(Exception):  # noqa: N818 - it is caught by name, and `StopError` says no more
    """Nothing more can be done; one fact for each line."""

    def __init__(self, *facts: str) -> None:
        super().__init__(*facts)
        self.facts = facts


class Refused(Exception):  # noqa: N818 - as above
    """AWS, or the way to it, did not do what it was asked for."""

    def __init__(self, operation: str, told: str) -> None:
        found = re.search(r"An error occurred \((\w+)\)", told)
        self.code = found[1] if found else ""
        self.fact = f"aws lambda {operation} failed: {plain(told) or 'it did not say why'}"
        super().__init__(self.fact)


@dataclass(frozen=True)
class Alias:
    version: str  # "$LATEST", or a number
    trail: tuple[int, ...]  # newest first
    revision: str

    def trail_of(self, version: str) -> str:
        """The description for when `version` serves: what served before it, without what was gone back past."""
        served = ([int(self.version)] if self.version.isdigit() else []) + list(self.trail)
        before = sorted({each for each in served if each < int(version)}, reverse=True)[:KEPT]
        return " ".join(["before:", *map(str, before)])


def main(command: str) -> int:
    title = f"{command.capitalize().replace('-', ' ')} {plain(os.environ.get('ENVIRONMENT', ''))}".strip()
    try:
        hold_settings(command)
        return {"deploy": deploy, "check": check, "roll-back": roll_back}[command]()
    except Stop as stop:
        facts = stop.facts
    except Refused as refused:
        facts = (refused.fact,)
    output("reason", "; ".join(facts))
    for fact in facts:
        error(title, fact)
    return 1


# Deploy


def deploy() -> int:
    package, digest = Path(os.environ["PACKAGE"]).absolute(), os.environ["DIGEST"]
    hold_package(package, digest)
    function, name = os.environ["FUNCTION"], os.environ["ALIAS"]
    alias = look()
    output("previous", alias.version if alias else "")
    print(f"{name} of {function} {f'points at version {alias.version}' if alias else 'does not exist yet'}")
    if alias and not alias.version.isdigit():
        raise Stop(f"{name} points at {alias.version}, which serves each upload at once: point it at a version")
    version = publish(package, digest)
    output("version", version)
    print(f"version {version} is sha256:{digest}")
    if alias and alias.version == version:
        print(f"version {version} serves already: nothing is moved")
        return 0
    output("moved", "true")
    try:
        move(alias, version)
    except Refused as refused:
        if refused.code == "PreconditionFailedException":
            raise Stop(f"somebody else changed {name} meanwhile: version {version} does not serve") from refused
        raise
    print(f"version {version} serves")
    return 0


def hold_package(package: Path, digest: str) -> None:
    try:
        found = hashlib.sha256(package.read_bytes()).hexdigest()
    except OSError as unreadable:
        raise Stop(f"the package cannot be read: {plain(str(unreadable))}") from unreadable
    if found != digest:
        raise Stop(f"the package is sha256:{found}, not the sha256:{digest} that was built: nothing was uploaded")


def publish(package: Path, digest: str) -> str:
    """The number of the version with that package; AWS makes no second one of what it published last."""
    code = base64.b64encode(bytes.fromhex(digest)).decode()
    upload = ("update-function-code", "--zip-file", f"fileb://{package}")
    try:
        made = call(*upload, seconds=240)
    except Refused as refused:
        if refused.code != "ResourceConflictException":  # an earlier update that has not ended yet
            raise
        call("wait", "function-updated", seconds=240)
        made = call(*upload, seconds=240)
    if made.get("LastUpdateStatus", "Successful") != "Successful":
        call("wait", "function-updated", seconds=240)
    if made.get("CodeSha256") != code:
        raise Stop(f"AWS has sha256 {plain(str(made.get('CodeSha256')))} of the package, not {code}")
    published = call("publish-version", "--code-sha256", code)
    version = str(published["Version"])
    if published.get("State", "Active") != "Active":
        call("wait", "published-version-active", "--qualifier", version, seconds=240)
    return version


# Check


def check() -> int:
    wanted = os.environ.get("VERSION", "")
    answered, answer = invoke()
    for _ in range(5):  # an alias that was just moved may answer with the version before for a moment
        if not wanted or answered.get("ExecutedVersion") == wanted:
            break
        alias = look()
        if not alias or alias.version != wanted:
            raise Stop(f"{f'version {alias.version}' if alias else 'nothing'} serves, not version {wanted}")
        time.sleep(1)
        answered, answer = invoke()
    else:
        raise Stop(f"version {plain(str(answered.get('ExecutedVersion')))} still answers, not {wanted}")
    version = f"version {plain(str(answered.get('ExecutedVersion')))}"
    print(f"{version} answered: {plain(answer)}")
    unhealthy = what_is_wrong(answered, answer)
    if unhealthy:
        raise Stop(f"{version} {unhealthy}")
    print(f"{version} is healthy")
    return 0


def invoke() -> tuple[dict[str, Any], str]:
    """What AWS says of the invocation, and what the function answered."""
    with tempfile.TemporaryDirectory() as folder:
        event, answer = Path(folder, "event.json"), Path(folder, "answer")
        event.write_bytes(os.fsencode(os.environ["PAYLOAD"]))
        named = ("--qualifier", os.environ["ALIAS"], "--payload", f"fileb://{event}")
        answered = call("invoke", *named, str(answer), seconds=120)
        return answered, answer.read_text(encoding="utf-8", errors="replace")


def what_is_wrong(answered: dict[str, Any], answer: str) -> str:
    """Empty: nothing."""
    if answered.get("FunctionError"):
        return f"ended in an error: {raised(answer)}"
    expected = os.environ.get("EXPECTED", "").strip()
    if not expected:
        return ""
    try:
        got = json.loads(answer)
    except (ValueError, RecursionError):
        return f"answered what is no JSON: {plain(answer) or 'nothing'}"
    lacking = difference(json.loads(expected), got)
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


# Roll back


def roll_back() -> int:
    to = os.environ.get("TO", "")
    why = plain(os.environ.get("REASON", ""))
    if why:
        print(f"why: {why}")
    try:
        return go_back(to)
    except Stop as stop:
        fact = stop.facts[0]
    except Refused as refused:
        fact = refused.fact
    instructions = by_hand(to, fact)
    output("instructions", *instructions)
    for line in instructions:
        print(f"  {line}")
    raise Stop(fact)


def go_back(to: str) -> int:
    for attempt in (1, 2):  # AWS refuses the first where the alias was changed since it was looked at
        alias = look()
        if not alias:
            raise Stop(f"the alias {os.environ['ALIAS']} does not exist")
        output("from", os.environ.get("FROM", "") or alias.version)
        if os.environ.get("FROM", "") not in ("", alias.version):
            return leave(alias, f"version {alias.version} serves, not {os.environ['FROM']}: it is left there")
        destination = to or (str(alias.trail[0]) if alias.trail else "")
        if not destination:
            raise Stop(f"there is no version before {alias.version}")
        if destination == alias.version:
            return leave(alias, f"version {destination} serves already")
        try:
            move(alias, destination)
        except Refused as refused:
            if refused.code == "ResourceNotFoundException":
                raise Stop(f"there is no version {destination} of {os.environ['FUNCTION']}") from refused
            if refused.code != "PreconditionFailedException" or attempt > 1:
                raise
            continue
        output("version", destination)
        output("done", "true")
        print(f"version {destination} serves, after {alias.version}")
        return 0
    raise AssertionError


def leave(alias: Alias, reason: str) -> int:
    output("version", alias.version)
    output("reason", reason)
    print(f"nothing was moved: {reason}")
    return 0


def by_hand(to: str, fact: str) -> list[str]:
    """What a person has to do now. What can be looked up is said; nothing has to work for the rest."""
    alias, missing, versions = None, False, []
    with contextlib.suppress(Refused):
        alias = look()
        missing = alias is None
        versions = published()
    to = to or (str(alias.trail[0]) if alias and alias.trail else "")
    to = to if not versions or to in versions else ""
    name = ("--name", os.environ["ALIAS"])
    lines = [
        f"The rollback did not take place: {fact.rstrip('.')}.",
        f"1. Look what serves{f' (a moment ago: version {alias.version})' if alias else ''}:",
        typed("get-alias", *name),
        f"2. Look which versions there are{f' (newest first: {said(versions)})' if versions else ''}:",
        typed("list-versions-by-function", "--query", "Versions[].Version"),
    ]
    if alias and versions == [alias.version]:
        return [*lines, "3. There is none to go back to: correct the fault and deploy again."]
    operation, more = ("create-alias", ()) if missing else ("update-alias", FULL_TRAFFIC)
    moving = typed(operation, *name, "--function-version", to or "VERSION", *more)
    return [
        *lines,
        f"3. Point the alias at {f'version {to}' if to else 'one of them, in place of VERSION'}:",
        moving,
    ]


def typed(operation: str, *options: str) -> str:
    return f"   {shlex.join(['aws', 'lambda', operation, *named(*options)])}"


def said(versions: list[str]) -> str:
    return " ".join([*versions[: 2 * KEPT], *(["and older ones"] if len(versions) > 2 * KEPT else [])])


def published() -> list[str]:
    """Newest first."""
    every = call("list-versions-by-function")["Versions"]
    return sorted((each["Version"] for each in every if each["Version"].isdigit()), key=int, reverse=True)


# The alias


def look() -> Alias | None:
    try:
        found = call("get-alias", "--name", os.environ["ALIAS"])
    except Refused as refused:
        if refused.code == "ResourceNotFoundException":
            return None
        raise
    return alias_of(found)


def alias_of(found: dict[str, Any]) -> Alias:
    version = str(found["FunctionVersion"])
    kept = re.fullmatch(r"before:((?: [0-9]+)*)", found.get("Description") or "")
    # Somebody who moved the alias by hand left the description as it was.
    trail = [int(each) for each in kept[1].split()] if kept and version.isdigit() else []
    return Alias(version, tuple(each for each in trail if each < int(version)), str(found["RevisionId"]))


def move(alias: Alias | None, version: str) -> None:
    to = ("--name", os.environ["ALIAS"], "--function-version", version)
    trail = ("--description", alias.trail_of(version) if alias else "before:")
    try:
        if alias is None:
            call("create-alias", *to, *trail)
        else:
            call("update-alias", *to, *trail, "--revision-id", alias.revision, *FULL_TRAFFIC)
    except Refused as refused:
        if refused.code in SAID_NO or not serves(version):  # it may have been done, and the answer lost on its way
            raise


def serves(version: str) -> bool:
    try:
        alias = look()
    except Refused:
        return False
    return alias is not None and alias.version == version


# AWS, the workflow, and what may be said


def named(*options: str) -> list[str]:
    return ["--region", os.environ["AWS_REGION"], "--function-name", os.environ["FUNCTION"], *options]


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
    except subprocess.TimeoutExpired as late:
        raise Refused(said, f"it took longer than {seconds} seconds") from late
    if done.returncode != 0:
        raise Refused(said, done.stderr.decode(errors="replace"))
    try:
        answer = json.loads(done.stdout or b"{}")
    except ValueError as unreadable:
        raise Refused(said, f"it answered what is no JSON: {done.stdout[:100]!r}") from unreadable
    return answer if isinstance(answer, dict) else {}


def hold_settings(command: str) -> None:
    """Everything that is wrong, at once, before anything is changed."""
    wrong = []
    place = f"{plain(os.environ.get('ENVIRONMENT', '')) or 'that this job names'}, in environments.yaml"
    for name in NEEDED[command]:
        if not os.environ.get(name, "").strip():
            where = f"{WHERE[name]} {place}" if name in WHERE else "this step's env in the workflow"
            wrong.append(f"{name} is empty: set {where}")
    for name, (shape, what) in SHAPES.items():
        value = os.environ.get(name, "")
        if value and not re.fullmatch(shape, value):
            wrong.append(f"{name} is not {what}: {plain(value, 60)}")
    for name in ("PAYLOAD", "EXPECTED") if "PAYLOAD" in NEEDED[command] else ():  # no rollback waits for these
        try:
            json.loads(os.environ.get(name, "").strip() or "null")
        except (ValueError, RecursionError) as unreadable:
            wrong.append(f"{name} is no JSON ({plain(str(unreadable))}): set {WHERE[name]} {place}")
    if wrong:
        raise Stop(*wrong)


def output(name: str, *lines: str) -> None:
    """For the steps after this one; on a machine that is no runner there are none."""
    path = os.environ.get("GITHUB_OUTPUT")
    if not path:
        return
    end = f"end-{secrets.token_hex(16)}"
    text = "\n".join([f"{name}<<{end}", *lines, end]) if len(lines) > 1 else f"{name}={lines[0]}"
    with Path(path).open("a", encoding="utf-8") as file:
        file.write(f"{text}\n")


def error(title: str, fact: str) -> None:
    escaped = fact.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    print(
        f"::error title={title.replace('%', '%25').replace(':', '%3A').replace(',', '%2C')}::{escaped}", flush=True
    )


def plain(text: str, most: int = 300) -> str:
    """Short, on one line, in printable ASCII, and nothing in it that a runner takes for a command (`##[`)."""
    line = "".join(each if " " <= each <= "~" else ascii(each)[1:-1] for each in " ".join(text.split()))
    line = re.sub("#(?=#)", "# ", line)
    return line if len(line) <= most else f"{line[: most - 3]}..."


if __name__ == "__main__":
    if sys.argv[1:] not in (["deploy"], ["check"], ["roll-back"]):
        sys.exit(f"usage: {Path(sys.argv[0]).name} deploy|check|roll-back")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # the log has what was done before a runner stops it
    sys.exit(main(sys.argv[1]))
