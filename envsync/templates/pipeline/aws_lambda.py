"""Deploy a Lambda function, check it, roll it back: `python3 aws_lambda.py deploy|check|roll-back`.

An alias is what callers use. To deploy is to publish a version and to point the alias at it; to roll back is to
point it at one that served well before. The alias's description keeps those that passed their check, newest first:
`good: 9 8 7`. An alias with another description is nobody's yet: what it points at counts as good.

All three get ENVIRONMENT, FUNCTION, ALIAS, AWS_REGION, PAYLOAD (JSON: the event of the check), EXPECTED (JSON
that the answer has to contain: objects by key, all else equal; empty: any will do), AWS credentials, and besides:

    deploy     PACKAGE (a zip), DIGEST (its SHA-256)
    check      VERSION (which has to answer; empty: whatever serves)
    roll-back  FROM (only if this serves; empty: whatever serves), TO (empty: the newest good one before it),
               SERVED (what served before the deployment; empty: nothing, or not known), REASON (a person's)

They leave in $GITHUB_OUTPUT, each value cut to 500 characters, the instructions to 8,000:

    deploy     served, what served before; served_good=false, where that never passed its check; previous, the
               good one to go back to; version; moved=true just before traffic is moved; reason, where it failed
    check      reason, where the version is not healthy; checked=false, where nobody could look
    roll-back  version, what serves; from and done=true where traffic was moved; reason, where not; instructions
               for a person, where it failed

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
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

WHERE = {
    "FUNCTION": "the variable LAMBDA_FUNCTION of the environment",
    "ALIAS": "the variable LAMBDA_ALIAS of the environment",
    "AWS_REGION": "the variable AWS_REGION of the environment",
    "PAYLOAD": "the variable TEST_PAYLOAD of the environment",
    "EXPECTED": "the variable TEST_EXPECTED of the environment",
}
EVERYWHERE = ("ENVIRONMENT", "FUNCTION", "ALIAS", "AWS_REGION", "PAYLOAD")
NEEDED = {"deploy": (*EVERYWHERE, "PACKAGE", "DIGEST"), "check": EVERYWHERE, "roll-back": EVERYWHERE[:4]}
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
KEPT = 10  # good versions
LONGEST, LONGEST_IN_ALL = 500, 8000  # an environment that is too long lets no later step of the job start
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


class Unknown(Exception):  # noqa: N818 - as above
    """Whether the alias was changed: AWS did not say, and does not say what the alias is now."""

    def __init__(self, version: str, fact: str) -> None:
        super().__init__(fact)
        self.version, self.fact = version, fact


class NotChecked(Stop):
    """Nobody knows whether the version is healthy."""


class NoVersion(Stop):
    """What a person named."""


@dataclass(frozen=True)
class Alias:
    version: str  # "$LATEST", or a number
    good: tuple[int, ...]  # newest first
    revision: str
    weights: Mapping[str, float]  # other versions, and their share of the traffic
    unlisted: str | None = None  # the description, where it is no list of good versions

    @property
    def is_good(self) -> bool:
        return self.version in map(str, self.good)

    def before(self) -> list[str]:
        """Where to go back to, newest first: never forwards from what is good."""
        return [
            str(each)
            for each in self.good
            if (each < int(self.version) if self.is_good else str(each) != self.version)
        ]

    def without(self, lost: Collection[str], destination: str) -> tuple[int, ...]:
        """The good ones, once `destination` serves in place of what serves, and `lost` are no more."""
        gone = {self.version, *self.weights, *lost} - {destination}
        # What is newer was gone back past, by a person who knows why.
        return tuple(each for each in self.good if str(each) not in gone and each <= int(destination))

    def __str__(self) -> str:
        shares = [f"{share:.0%} of its traffic goes to {plain(each)}" for each, share in self.weights.items()]
        return f"version {plain(self.version)}{''.join(f' ({each})' for each in shares)}"


def main(command: str) -> int:
    title = f"{command.capitalize().replace('-', ' ')} {plain(os.environ.get('ENVIRONMENT', ''))}".strip()
    unchecked = ""
    try:
        try:
            hold_settings(command)
        except Stop:
            unchecked = "was not checked: " if command == "check" else ""
            raise
        return {"deploy": deploy, "check": check, "roll-back": roll_back}[command]()
    except Stop as stop:
        facts = stop.facts
        unchecked = unchecked or ("was not checked: " if isinstance(stop, NotChecked) else "")
    except Refused as refused:
        facts = (refused.fact,)
        unchecked = "was not checked: " if command == "check" else ""
    output("reason", f"{unchecked}{'; '.join(facts)}")
    if unchecked:
        output("checked", "false")
    for fact in facts:
        shown("error", title, fact)
    return 1


# Deploy


def deploy() -> int:
    package, digest = Path(os.environ["PACKAGE"]).absolute(), os.environ["DIGEST"]
    hold_package(package, digest)
    function, name = os.environ["FUNCTION"], os.environ["ALIAS"]
    alias = look()
    output("served", alias.version if alias else "")
    if alias and not alias.is_good:
        output("served_good", "false")
    print(f"{name} of {function} {f'points at {alias}' if alias else 'does not exist yet'}")
    if alias and not alias.version.isdigit():
        raise Stop(f"{name} points at {alias.version}, which serves each upload at once: point it at a version")
    version = publish(package, digest)
    output("previous", previous(alias, version))
    output("version", version)
    print(f"version {version} is sha256:{digest}")
    if alias and alias.version == version and not alias.weights:
        print(f"version {version} serves already: nothing is moved")
        return 0
    output("moved", "true")
    try:
        move(alias, version, alias.good if alias else ())
    except Unknown as unknown:
        raise Stop(f"it is not known whether version {version} serves: {unknown.fact}") from unknown
    except Refused as refused:
        if refused.code == "PreconditionFailedException":
            raise Stop(f"somebody else changed {name} meanwhile: version {version} does not serve") from refused
        raise
    print(f"version {version} serves{', all traffic' if alias and alias.weights else ''}")
    return 0


def previous(alias: Alias | None, version: str) -> str:
    """Where to go back to from that version: what serves, if it is good; empty: nowhere."""
    if alias is None:
        return ""
    served = [alias.version] if alias.is_good else []
    return next((each for each in [*served, *alias.before()] if each != version), "")


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
        still_serves(wanted)
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
    if wanted:
        mark(wanted)
    return 0


def mark(version: str) -> None:
    """Put it on the list of those that may be gone back to. A deployment does not fail for that."""
    try:
        alias = still_serves(version)
        if not alias.is_good:
            good = sorted({int(version), *alias.good[: KEPT - 1]}, reverse=True)
            change(alias, version, good, lambda found: found.is_good)
            print(f"version {version} is marked as good")
    except (Refused, Unknown) as failed:
        with contextlib.suppress(Refused):
            still_serves(version)
        fact = f"version {version} is healthy, but a rollback will not go back to it by itself: {failed.fact}"
        shown("warning", f"Check {plain(os.environ['ENVIRONMENT'])}", fact)


def still_serves(version: str) -> Alias:
    alias = look()
    if alias is None or alias.version != version:
        raise NotChecked(f"{f'version {alias.version}' if alias else 'nothing'} serves, not version {version}")
    return alias


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


# Roll back


def roll_back() -> int:
    why = plain(os.environ.get("REASON", ""))
    if why:
        print(f"why: {why}")
    to = os.environ.get("TO", "")
    try:
        return go_back(to)
    except NoVersion as wrong:
        fact = wrong.facts[0]
        instructions = run_again(fact)
    except Unknown as unknown:
        fact = f"it is not known whether the rollback took place: {unknown.fact.rstrip('.')}"
        instructions = [f"{sentence(fact)}.", *by_hand(unknown.version, "Unless it serves, point")]
    except (Stop, Refused) as failed:
        fact = failed.fact if isinstance(failed, Refused) else failed.facts[0]
        instructions = [f"The rollback did not take place: {fact.rstrip('.')}.", *by_hand(to, "Point")]
    output("instructions", *instructions)
    for line in instructions:
        print(f"  {line}")
    raise Stop(fact)


def go_back(to: str) -> int:
    by_name = bool(to) and not os.environ.get("FROM")  # a person who names one means that one
    if to and not re.fullmatch(NUMBER, to):
        raise NoVersion(f"nothing was moved; {plain(to, 60)} is no version")
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
                print(f"there is no version {destination} any more")
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


def arrive(alias: Alias, destination: str) -> int:
    output("from", alias.version if alias.version != destination else next(iter(alias.weights)))
    output("version", destination)
    output("done", "true")
    print(f"version {destination} serves, all traffic, after {alias}")
    return 0


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


def leave(alias: Alias | None, reason: str) -> int:
    if alias:
        output("version", alias.version)
    output("reason", reason)
    print(reason)
    return 0


# What a person has to do. What can be looked up is said; nothing has to work for the rest.


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
        return "; ".join([*found, *([f"never known to be good: {said(others)}"] if others else [])])


def known() -> Known:
    alias, missing, versions = None, False, []
    with contextlib.suppress(Refused):
        alias = look()
        missing = alias is None
        versions = published()
    return Known(alias, missing, versions)


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


def sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def by_hand(to: str, point: str) -> list[str]:
    now = known()
    name = ("--name", os.environ["ALIAS"])
    lines = [
        f"1. Look what serves{f' (a moment ago: {now.alias})' if now.alias else ''}:",
        typed("get-alias", *name),
        f"2. Look which versions there are{f' ({now})' if str(now) else ''}:",
        typed("list-versions-by-function", "--query", "Versions[].Version"),
    ]
    to = to if to and (not now.versions or to in now.versions) else next(iter(now.well), "")
    if now.missing and not to:
        return [*lines, "3. Nothing serves: correct the fault and deploy again, which makes the alias."]
    if now.alias and now.versions == [now.alias.version]:
        return [*lines, "3. There is none to go back to: correct the fault and deploy again."]
    if to:
        unsure = now.alias and to != now.alias.version and int(to) not in now.alias.good
        lines.append(f"3. {point} the alias at version {to}{', never known to be good' if unsure else ''}:")
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
        return [*lines, typed("create-alias", *name, "--function-version", to)]
    return [*lines, typed("update-alias", *name, "--function-version", to, *listed(now.alias, to), *FULL_TRAFFIC)]


def listed(alias: Alias | None, to: str) -> tuple[str, ...]:
    """The list, where what is gone away from is on it."""
    if not alias or alias.unlisted is not None or alias.without((), to) == alias.good:
        return ()
    return "--description", described(alias.without((), to))


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
    version, text = str(found["FunctionVersion"]), str(found.get("Description") or "")
    shares = (found.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    weights = {str(other): float(share) for other, share in shares.items() if share}
    kept = re.fullmatch(rf"good:((?: {NUMBER})*)", text)
    if kept:
        good = sorted({int(each) for each in kept[1].split()}, reverse=True)
        return Alias(version, tuple(good), str(found["RevisionId"]), weights)
    alone = (int(version),) if re.fullmatch(NUMBER, version) else ()
    return Alias(version, alone, str(found["RevisionId"]), weights, text)


def described(good: Iterable[int]) -> str:
    return " ".join(["good:", *map(str, list(good)[:KEPT])])


def move(alias: Alias | None, version: str, good: Iterable[int]) -> None:
    """All traffic to that version."""
    if alias and alias.unlisted is not None:
        replaced = (
            f'the description "{plain(alias.unlisted)}" is replaced' if alias.unlisted else "no list is there"
        )
        print(f"{replaced}: version {alias.version} counts as good")
    full = FULL_TRAFFIC if alias else ()
    change(alias, version, good, lambda found: found.version == version and not found.weights, *full)


def change(
    alias: Alias | None, version: str, good: Iterable[int], is_done: Callable[[Alias], bool], *more: str
) -> None:
    to = ("--name", os.environ["ALIAS"], "--function-version", version, "--description", described(good))
    try:
        if alias is None:
            call("create-alias", *to)
        else:
            call("update-alias", *to, "--revision-id", alias.revision, *more)
    except Refused as refused:
        if refused.code in SAID_NO:
            raise
        try:
            found = look()  # it may have been done, and the answer lost on its way
        except Refused as silent:
            raise Unknown(version, refused.fact) from silent
        if found is None or not is_done(found):
            raise


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
    text = cut("\n".join(lines), LONGEST_IN_ALL if len(lines) > 1 else LONGEST)
    text = f"{name}<<{end}\n{text}\n{end}" if len(lines) > 1 else f"{name}={text}"
    with Path(path).open("a", encoding="utf-8") as file:
        file.write(f"{text}\n")


def shown(kind: str, title: str, fact: str) -> None:
    """Beside the run: an error, or a warning."""
    escaped = fact.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    named = title.replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    print(f"::{kind} title={named}::{escaped}", flush=True)


def plain(text: str, most: int = 300) -> str:
    """Short, on one line, in printable ASCII, and nothing in it that a runner takes for a command (`##[`)."""
    line = "".join(each if " " <= each <= "~" else ascii(each)[1:-1] for each in " ".join(text.split()))
    return cut(re.sub("#(?=#)", "# ", line), most)


def cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."


if __name__ == "__main__":
    if sys.argv[1:] not in (["deploy"], ["check"], ["roll-back"]):
        sys.exit(f"usage: {Path(sys.argv[0]).name} deploy|check|roll-back")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # the log has what was done before a runner stops it
    sys.exit(main(sys.argv[1]))
