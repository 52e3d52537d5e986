"""What a deployment or a rollback came to, whatever happened: `python3 .github/pipeline/report.py`.

It gets, as environment variables:

  KIND         deployment or rollback
  ENVIRONMENT  what was deployed to, or rolled back
  STEPS        ${{ toJSON(steps) }}: how deploy, check, rollback and recheck ended, and their outputs
  DIGEST       the package's SHA-256, hex; empty: no package is concerned
  REASON       of a rollback: why, in the words of whoever asked for it

and leaves behind report.md, also as the step's summary, and report.json, both in the folder pipeline-report of
$RUNNER_TEMP (else of the working directory), and the output `result`:

  deployed          the version serves, and is healthy
  already-deployed  the same, and it did so before
  failed            nothing was moved
  rolled-back       another version serves again, and is healthy
  not-rolled-back   nothing was moved back: somebody else had moved it, or it serves already
  rollback-failed   a person has to see to it

Whatever steps, people and branches say is shown in code, which no value can leave.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

FINE = ("deployed", "already-deployed")
OUTCOMES = ("success", "failure", "cancelled", "skipped")
LONGEST = 500  # characters of one value
LONGEST_INSTRUCTIONS = 8_000
MOST_BACKTICKS = 20  # in a row; parsers have a limit for what may stand around them


@dataclass(frozen=True)
class Ending:
    """`person`: one has to see to it, since what serves is bad, or nobody knows what it is."""

    result: str
    said: str  # with places for {where}, {new}, {gone}, {back} and {serves}
    person: bool = True


# Of a deployment.
DEPLOYED = Ending("deployed", "Deployed {new} to {where}", person=False)
ALREADY = Ending("already-deployed", "Nothing to deploy: {new} serves {where} already", person=False)
UNTOUCHED = Ending("failed", "Deployment to {where} failed: nothing was moved", person=False)
BAD_BEFORE = Ending("failed", "What serves {where} is not healthy: {serves}, as before this run")
UNKNOWN_BEFORE = Ending("failed", "What serves {where} was not checked: {serves}, as before this run")
UNTOUCHED_AND_BAD = Ending(
    "failed", "Deployment to {where} failed: nothing was moved, and what serves is not listed as good"
)
LEFT = Ending("not-rolled-back", "Deployment of {new} to {where} failed, and nothing was rolled back")
STUCK = Ending("rollback-failed", "Deployment of {new} to {where} failed, and a person has to roll it back")

# Of a rollback by hand.
NEVER_RAN = Ending("failed", "Rollback of {where} did not run: nothing was moved")
THERE_ALREADY = Ending("not-rolled-back", "Rollback of {where}: nothing was moved", person=False)
BAD_ALREADY = Ending("not-rolled-back", "What serves {where} is not healthy: {serves}")
UNKNOWN_ALREADY = Ending("not-rolled-back", "What serves {where} was not checked: {serves}")
FAILED = Ending("rollback-failed", "Rollback of {where} failed: a person has to do it")

# Of both.
BACK = Ending("rolled-back", "Rolled {where} back from {gone} to {back}", person=False)
BACK_AND_BAD = Ending("rollback-failed", "Rolled {where} back to {back}, which is not healthy")
BACK_AND_UNKNOWN = Ending("rollback-failed", "Rolled {where} back to {back}, which was not checked")
UNFINISHED = Ending("rollback-failed", "Rollback of {where} to {back} did not end well: a person has to finish it")
UNREADABLE = Ending("rollback-failed", "What happened to {where} is not known: its steps cannot be read")

# Why, where a step has not said it. A step without an outcome was not come to.
NOT_DEPLOYED = {
    "failure": "the deployment failed: its log says why",
    "cancelled": "the deployment was cancelled",
    "": "the deployment never came to be: a step before it failed or was cancelled",
}
NOT_CHECKED = {
    "success": "the check had passed",
    "failure": "the check was cut off before it could say why",
    "cancelled": "the check was cancelled",
    "": "the check never came to be",
}
NOT_BACK = {
    "success": "the rollback left alone what serves, and did not say why",
    "failure": "the rollback failed: its log says why",
    "cancelled": "the rollback was cancelled",
    "": "the rollback never came to be",
}


@dataclass(frozen=True)
class Step:
    """`outcome` is empty where the step did not run."""

    outcome: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def ran(self) -> bool:
        return self.outcome not in ("", "skipped")

    @property
    def succeeded(self) -> bool:
        return self.outcome == "success"

    @property
    def found(self) -> str:
        """Of a check, its outcome; one that says that it could not look has found nothing out."""
        return "" if self.output("checked") == "false" else self.outcome

    def output(self, name: str) -> str:
        return self.outputs.get(name, "")

    def why(self, unsaid: Mapping[str, str]) -> str:
        """Its own reason, if it gave one; `unsaid`: by outcome."""
        ended = self.outcome if self.ran else ""
        return self.output("reason").strip() or unsaid.get(ended, "it is not known how it ended")


@dataclass(frozen=True)
class Job:
    """What is known at its end."""

    by_hand: bool  # a rollback that somebody asked for
    environment: str
    steps: Mapping[str, Step] | None  # None: they cannot be read
    digest: str
    given_reason: str
    runner: Mapping[str, str]  # GITHUB_…

    def step(self, name: str) -> Step:
        return (self.steps or {}).get(name, Step())

    @property
    def ending(self) -> Ending:
        if self.steps is None:
            return UNREADABLE
        deploy, check = self.step("deploy"), self.step("check")
        if self.step("rollback").ran:
            return self._of_rollback()
        if self.by_hand:
            return NEVER_RAN
        if deploy.output("moved") == "true":
            return DEPLOYED if deploy.succeeded and check.succeeded else STUCK
        if check.found == "failure":
            return BAD_BEFORE
        if not deploy.succeeded:
            return self._untouched
        return ALREADY if check.succeeded else UNKNOWN_BEFORE

    @property
    def _untouched(self) -> Ending:
        return UNTOUCHED_AND_BAD if self.step("deploy").output("served_good") == "false" else UNTOUCHED

    def _of_rollback(self) -> Ending:
        rollback, looked = self.step("rollback"), self.checked_after.found
        if not rollback.succeeded:
            return UNFINISHED if self.done else FAILED if self.by_hand else STUCK
        if self.done:
            return {"success": BACK, "failure": BACK_AND_BAD}.get(looked, BACK_AND_UNKNOWN)
        if self.by_hand:
            return {"success": THERE_ALREADY, "failure": BAD_ALREADY}.get(looked, UNKNOWN_ALREADY)
        return self._untouched if rollback.output("reason").startswith("nothing was moved") else LEFT

    @property
    def done(self) -> bool:
        """Whether traffic was moved back, by the word of the rollback."""
        rollback = self.step("rollback")
        return rollback.ran and rollback.output("done") == "true"

    @property
    def checked_after(self) -> Step:
        """The check of what a rollback went back to."""
        return self.step("check" if self.by_hand else "recheck")

    @property
    def critical(self) -> bool:
        return self.environment == "production" and self.ending.result not in FINE

    @property
    def served(self) -> str:
        """What served before; a script that does not say it went back to that."""
        deploy = self.step("deploy")
        return deploy.outputs.get("served", deploy.output("previous"))

    @property
    def serves(self) -> str:
        """Which version, where that is sure; else empty."""
        deploy, rollback = self.step("deploy"), self.step("rollback")
        if rollback.ran:
            told = rollback.output("version") if rollback.succeeded else ""
            return told or (self.served if self.ending in (UNTOUCHED, UNTOUCHED_AND_BAD) else "")
        if self.by_hand or self.ending is STUCK:
            return ""
        return deploy.output("version") if deploy.succeeded else self.served

    @property
    def reason(self) -> str:
        """Why it was rolled back, or failed; empty only where all is well."""
        if self.ending.result in FINE:
            return ""
        if self.steps is None:
            return "STEPS is nested too deep"
        if self.by_hand:
            return self.given_reason.strip() or "nobody has said why"
        deploy, check = self.step("deploy"), self.step("check")
        if deploy.succeeded or (check.ran and not check.succeeded and check.output("reason").strip()):
            return check.why(NOT_CHECKED)
        return deploy.why(NOT_DEPLOYED)

    @property
    def problem(self) -> str:
        """Why a rollback did not come to a good end."""
        rollback, ending = self.step("rollback"), self.ending
        if ending in (BACK_AND_BAD, BACK_AND_UNKNOWN, BAD_ALREADY, UNKNOWN_ALREADY):
            return self.checked_after.why(NOT_CHECKED)
        if ending in (STUCK, LEFT, NEVER_RAN, THERE_ALREADY, FAILED, UNFINISHED):
            return rollback.why(NOT_BACK)
        return ""

    @property
    def instructions(self) -> str:
        """What a person has to do now; empty: nothing."""
        ending, rollback = self.ending, self.step("rollback")
        if not ending.person:
            return ""
        if rollback.ran and not rollback.succeeded and (said := rollback.output("instructions").strip()):
            return said
        found = [f"Look which version serves {plain(self.environment)}."]
        if ending in (BAD_BEFORE, UNKNOWN_BEFORE):
            found.append("This version served before this run, so nothing was rolled back.")
        if ending is LEFT:
            found.append("Somebody else has moved it since: ask who, before you move it.")
        found.append(f"Read the log of this run: {self.run or 'it is in the Actions tab'}")
        is_back = ending in (BACK_AND_BAD, BACK_AND_UNKNOWN, BAD_ALREADY, UNKNOWN_ALREADY)
        go = 'go back further, run the workflow "Roll back" with an older version'
        go = go if is_back else 'go back, run the workflow "Roll back"'
        found.append(f"To {go}: {self.link('workflows/rollback.yml') or 'it is in the Actions tab'}")
        return "\n".join(found)

    @property
    def run(self) -> str:
        number = self.runner.get("GITHUB_RUN_ID", "")
        return self.link(f"runs/{number}") if re.fullmatch("[0-9]+", number) else ""

    def link(self, place: str) -> str:
        top = f"{self.runner.get('GITHUB_SERVER_URL')}/{self.runner.get('GITHUB_REPOSITORY')}"
        is_one = re.fullmatch(r"https?://[A-Za-z0-9.:-]+/[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+", top)
        return f"{top}/actions/{place}" if is_one else ""


# --- what was left behind -> Job ---------------------------------------------------------------------------------


def job(environ: Mapping[str, str]) -> Job:
    """Raises `ValueError` where the workflow does not say what has to be known."""
    kind = environ.get("KIND")
    if kind not in ("deployment", "rollback"):
        raise ValueError("KIND is neither deployment nor rollback")
    steps: dict[str, Step] | None
    try:
        steps = {name: _step(each) for name, each in json.loads(environ.get("STEPS", "")).items()}
    except RecursionError:
        steps = None
    except (ValueError, AttributeError):
        raise ValueError("STEPS is no JSON object: the workflow has to set it to ${{ toJSON(steps) }}") from None
    return Job(
        by_hand=kind == "rollback",
        environment=environ.get("ENVIRONMENT", ""),
        steps=steps,
        digest=environ.get("DIGEST", ""),
        given_reason=environ.get("REASON", ""),
        runner={name: value for name, value in environ.items() if name.startswith("GITHUB_")},
    )


def _step(given: object) -> Step:
    if not isinstance(given, dict):
        return Step()
    outcome, outputs = given.get("outcome"), given.get("outputs")
    named = outputs.items() if isinstance(outputs, dict) else ()
    texts = {name: text for name, text in named if isinstance(text, str)}
    return Step(outcome if isinstance(outcome, str) else "", texts)


# --- Job -> text -------------------------------------------------------------------------------------------------


def headline(job: Job, show: Callable[[str], str]) -> str:
    """`show`: how a value is written in what this goes into."""

    def version(value: str, unnamed: str) -> str:
        return f"version {show(value)}" if value else unnamed

    deploy, rollback = job.step("deploy"), job.step("rollback")
    new = version(deploy.output("version"), "the new version")
    return job.ending.said.format(
        where=show(job.environment),
        new=new,
        gone=version(rollback.output("from"), "what served" if job.by_hand else new),
        back=version(rollback.output("version"), "the version before"),
        serves=version(job.serves, "a version that is not known"),
    )


def facts(job: Job) -> dict[str, str]:
    """Those that are known."""
    deploy, runner = job.step("deploy"), job.runner
    again = runner.get("GITHUB_TRIGGERING_ACTOR", "")
    of = " of the workflow" if job.by_hand else ""  # it says nothing of what serves
    found = {
        "Environment": job.environment,
        "Version": deploy.output("version"),
        "Before it": job.served,
        "Last good one before it": "" if deploy.output("previous") == job.served else deploy.output("previous"),
        "Went back from": job.step("rollback").output("from"),
        "Serves now": job.serves,
        "Package": f"sha256:{job.digest}" if job.digest else "",
        "Repository": runner.get("GITHUB_REPOSITORY", ""),
        f"Commit{of}": runner.get("GITHUB_SHA", ""),
        f"Ref{of}": runner.get("GITHUB_REF", ""),
        "Started by": runner.get("GITHUB_ACTOR", ""),
        "Run again by": "" if again == runner.get("GITHUB_ACTOR") else again,
    }
    return {name: value for name, value in found.items() if value}


def markdown(job: Job) -> str:
    critical = "CRITICAL: " if job.critical else ""
    told = [("Why", job.reason), ("Problem", job.problem)]
    parts = [
        f"### {critical}{headline(job, code)}",
        *(f"**{name}:** {code(value)}" for name, value in told if value),
        *(["#### What to do now", fenced(job.instructions)] if job.instructions else []),
        _table(["What", "Value"], [*([name, code(value)] for name, value in facts(job).items()), *_run(job)]),
        _table(["Step", "Outcome"], _outcomes(job)),
    ]
    return "\n\n".join(parts) + "\n"


def _run(job: Job) -> list[list[str]]:
    attempt = job.runner.get("GITHUB_RUN_ATTEMPT", "1")
    again = "" if attempt == "1" else f", attempt {code(attempt)}"
    return [["Run", f"[{job.runner['GITHUB_RUN_ID']}]({job.run}){again}"]] if job.run else []


def _outcomes(job: Job) -> list[list[str]]:
    """In the order in which they run, and then those that a team has added."""
    named = {"deploy": "Deploy", "check": "Check", "rollback": "Roll back", "recheck": "Check again"}
    if job.by_hand:
        named = {"rollback": "Roll back", "check": "Check"}
    others = {name: code(name) for name in job.steps or () if name not in named}
    return [[shown, _outcome(job.step(name))] for name, shown in {**named, **others}.items()]


def _outcome(step: Step) -> str:
    if not step.ran:
        return "did not run"
    return step.outcome if step.outcome in OUTCOMES else code(step.outcome)


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    return "\n".join(_row(each) for each in (head, ["---"] * len(head), *rows))


def _row(cells: list[str]) -> str:
    """A bar ends a cell, also in code, unless a backslash stands before it."""
    escaped = (each.replace("|", "\\|") for each in cells)
    return f"| {' | '.join(escaped)} |"


def code(text: str) -> str:
    """A code span, in which GitHub makes no links, mentions or pictures."""
    shown = _few_backticks(plain(text))
    if not shown.strip(" "):
        shown = f'"{shown}"'
    fence = "`" * (_longest_run(shown) + 1)
    pad = " " if shown[0] in "` " or shown[-1] in "` " else ""  # one on each side is not shown
    return f"{fence}{pad}{shown}{pad}{fence}"


def fenced(text: str) -> str:
    """Several lines to copy."""
    lines = shortened(text, LONGEST_INSTRUCTIONS).splitlines()
    shown = _few_backticks("\n".join(printable(each) for each in lines))
    fence = "`" * max(3, _longest_run(shown) + 1)
    return f"{fence}text\n{shown}\n{fence}"


def _few_backticks(text: str) -> str:
    return text if _longest_run(text) <= MOST_BACKTICKS else text.replace("`", "\\u0060")


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)


def plain(text: str) -> str:
    return printable(shortened(text, LONGEST))


def printable(text: str) -> str:
    """On one line, with control characters, and those that turn text around, spelt out."""
    return "".join(each if each.isprintable() else json.dumps(each)[1:-1] for each in text)


def shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}… ({len(text):,} characters)"


# --- Job -> files, log -------------------------------------------------------------------------------------------


def as_json(job: Job) -> str:
    found = {
        "format_version": "1.0",
        "kind": "rollback" if job.by_hand else "deployment",
        "environment": job.environment,
        "result": job.ending.result,
        "critical": job.critical,
        "headline": headline(job, plain),
        "reason": shortened(job.reason, LONGEST),
        "problem": shortened(job.problem, LONGEST),
        "instructions": shortened(job.instructions, LONGEST_INSTRUCTIONS),
        "facts": {name: shortened(value, LONGEST) for name, value in facts(job).items()},
        "steps": {name: step.outcome for name, step in (job.steps or {}).items()},
        "run": job.run,
    }
    return json.dumps(found, indent=2) + "\n"


def log_line(job: Job) -> str:
    """One of the run's annotations where something went wrong."""
    text = headline(job, plain)
    if job.ending.result in FINE:
        return inert(text)
    title = f"CRITICAL: {job.environment}" if job.critical else job.environment
    return annotation(title, f"{text}: {job.reason}" if job.reason else text)


def annotation(title: str, text: str) -> str:
    title = inert(plain(title)).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    return f"::error title={title}::{inert(plain(text)).replace('%', '%25')}"


def inert(text: str) -> str:
    """A runner obeys two hashes and a bracket wherever they stand in a line."""
    return re.sub(r"#(?=\W*#)", r"#\\", text)


def main(environ: Mapping[str, str]) -> int:
    try:
        folder = emptied(Path(environ.get("RUNNER_TEMP", ""), "pipeline-report"))
        ended = job(environ)
        text = markdown(ended)
        (folder / "report.md").write_text(text, encoding="utf-8")
        (folder / "report.json").write_text(as_json(ended), encoding="utf-8")
        _append(environ.get("GITHUB_OUTPUT"), f"result={ended.ending.result}\n")
        _append(environ.get("GITHUB_STEP_SUMMARY"), text)
    except ValueError as error:
        print(annotation("Report", str(error)))
        return 1
    except OSError as error:
        print(annotation("Report", f"the report cannot be written: {error}"))
        return 1
    print(log_line(ended))
    return 0


def emptied(folder: Path) -> Path:
    """What lies there is not of this run."""
    if folder.is_symlink() or folder.is_file():
        folder.unlink()
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    return folder


def _append(path: str | None, text: str) -> None:
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    sys.exit(main(os.environ))
