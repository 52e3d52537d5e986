"""What a deployment or a rollback came to, whatever happened: `python3 .github/pipeline/report.py`.

It gets, as environment variables:

  KIND         deployment or rollback
  ENVIRONMENT  what was deployed to, or rolled back
  STEPS        ${{ toJSON(steps) }}: how deploy, check and rollback ended, and their outputs
  DIGEST       the package's SHA-256, hex; empty: no package is concerned
  REASON       why, where the steps do not say it themselves

and leaves behind report/report.md, also as the step's summary, report/report.json, and the output `result`:

  deployed          the version serves, and is healthy
  already-deployed  the same, and it did so before
  failed            nothing was moved
  rolled-back       another version serves again
  not-rolled-back   nothing was moved back, since something else serves by now
  rollback-failed   a person has to see to it

Whatever steps, people and branches say is shown in code, which no value can leave.
"""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

FOLDER = Path("report")
FINE = ("deployed", "already-deployed")
OUTCOMES = ("success", "failure", "cancelled", "skipped")
LONGEST = 500  # characters of one value
LONGEST_INSTRUCTIONS = 20_000  # a summary may have 1 MiB
MOST_BACKTICKS = 20  # in a row; parsers have a limit for what may stand around them


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

    def output(self, name: str) -> str:
        return self.outputs.get(name, "")


@dataclass(frozen=True)
class Job:
    """What is known at its end."""

    by_hand: bool  # a rollback that somebody asked for
    environment: str
    steps: Mapping[str, Step]
    digest: str
    given_reason: str
    runner: Mapping[str, str]  # GITHUB_…

    def step(self, name: str) -> Step:
        return self.steps.get(name, Step())

    @property
    def result(self) -> str:
        deploy, check, rollback = self.step("deploy"), self.step("check"), self.step("rollback")
        if rollback.ran:
            done = rollback.output("done") == "true"
            if not rollback.succeeded or (self.by_hand and done and not check.succeeded):
                return "rollback-failed"
            return "rolled-back" if done else "not-rolled-back"
        if deploy.output("moved") == "true":
            return "deployed" if check.succeeded else "rollback-failed"
        return "already-deployed" if deploy.succeeded and check.succeeded else "failed"

    @property
    def critical(self) -> bool:
        return self.environment == "production" and self.result not in FINE

    @property
    def unhealthy_since(self) -> str:
        """Where no rollback can help: `rollback`, what it went back to is not healthy; `before`, what served."""
        if self.result == "rollback-failed" and self.step("rollback").succeeded:
            return "rollback"
        return "before" if self.result == "failed" and self.step("deploy").succeeded else ""

    @property
    def serves(self) -> str:
        """Which version, where that is sure; else empty."""
        deploy, rollback = self.step("deploy"), self.step("rollback")
        if self.result in FINE or self.unhealthy_since == "before":
            return deploy.output("version")
        if self.result == "failed":
            return deploy.output("previous")
        return rollback.output("version") if rollback.succeeded else ""

    @property
    def reason(self) -> str:
        """Why it was rolled back, or failed."""
        if self.result in FINE:
            return ""
        return self.given_reason if self.by_hand else self.step("check").output("reason") or self.given_reason

    @property
    def problem(self) -> str:
        """Why a rollback did not come to a good end."""
        return self.step("check" if self.unhealthy_since == "rollback" else "rollback").output("reason")

    @property
    def instructions(self) -> str:
        """What a person has to do now; empty: nothing."""
        if self.result in (*FINE, "rolled-back"):
            return ""
        rollback = self.step("rollback")
        if not rollback.succeeded and (said := rollback.output("instructions").strip()):
            return said
        found = [f"Read the log of this run: {self.run or 'it is in the Actions tab'}"]
        if self.unhealthy_since == "before":
            found.insert(0, "This version served before this run, so nothing was rolled back.")
        if self.unhealthy_since or self.result == "rollback-failed":
            found.insert(0, f"Look which version serves {plain(self.environment)}.")
            found.append(f'To go back, run the workflow "Roll back": {self.link("workflows/rollback.yml")}')
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
    try:
        steps = json.loads(environ.get("STEPS", "")).items()
    except (ValueError, AttributeError):
        raise ValueError("STEPS is no JSON object: the workflow has to set it to ${{ toJSON(steps) }}") from None
    return Job(
        by_hand=kind == "rollback",
        environment=environ.get("ENVIRONMENT", ""),
        steps={name: _step(each) for name, each in steps},
        digest=environ.get("DIGEST", ""),
        given_reason=environ.get("REASON", ""),
        runner={name: value for name, value in environ.items() if name.startswith("GITHUB_")},
    )


def _step(given: object) -> Step:
    if not isinstance(given, dict):
        return Step()
    outputs = given.get("outputs")
    named = outputs.items() if isinstance(outputs, dict) else ()
    return Step(str(given.get("outcome") or ""), {name: text for name, text in named if isinstance(text, str)})


# --- Job -> text -------------------------------------------------------------------------------------------------


def headline(job: Job, show: Callable[[str], str]) -> str:
    """`show`: how a value is written in what this goes into."""

    def version(of: str, name: str, unnamed: str) -> str:
        value = job.step(of).output(name)
        return f"version {show(value)}" if value else unnamed

    where, new = show(job.environment), version("deploy", "version", "the new version")
    back = version("rollback", "version", "the version before")
    if job.unhealthy_since == "rollback":
        return f"Rolled {where} back to {back}, which is not healthy"
    if job.unhealthy_since == "before":
        return f"What serves {where} is not healthy: {new}, as before this run"
    if job.result == "rolled-back":
        return f"Rolled {where} back from {version('rollback', 'from', new)} to {back}"
    by_hand = {
        "failed": f"Rollback of {where} did not run: nothing was moved",
        "not-rolled-back": f"Rollback of {where}: nothing was moved",
        "rollback-failed": f"Rollback of {where} failed: a person has to do it",
    }
    by_itself = {
        "deployed": f"Deployed {new} to {where}",
        "already-deployed": f"Nothing to deploy: {new} serves {where} already",
        "failed": f"Deployment to {where} failed: nothing was moved",
        "not-rolled-back": f"Deployment of {new} to {where} failed, and nothing was rolled back",
        "rollback-failed": f"Deployment of {new} to {where} failed, and a person has to roll it back",
    }
    return (by_hand if job.by_hand else by_itself)[job.result]


def facts(job: Job) -> dict[str, str]:
    """Those that are known."""
    deploy, runner = job.step("deploy"), job.runner
    again = runner.get("GITHUB_TRIGGERING_ACTOR", "")
    of = " of the workflow" if job.by_hand else ""  # it says nothing of what serves
    found = {
        "Environment": job.environment,
        "Version": deploy.output("version"),
        "Before it": deploy.output("previous"),
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
    named = {"deploy": "Deploy", "check": "Check", "rollback": "Roll back"}
    if job.by_hand:
        named = {"rollback": "Roll back", "check": "Check"}
    others = {name: code(name) for name in job.steps if name not in named}
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
        "result": job.result,
        "critical": job.critical,
        "headline": headline(job, plain),
        "reason": job.reason,
        "problem": job.problem,
        "instructions": job.instructions,
        "facts": facts(job),
        "steps": {name: step.outcome for name, step in job.steps.items()},
        "run": job.run,
    }
    return json.dumps(found, indent=2) + "\n"


def log_line(job: Job) -> str:
    """One of the run's annotations where something went wrong."""
    text = headline(job, plain)
    if job.result in FINE:
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
        ended = job(environ)
    except ValueError as error:
        print(annotation("Report", str(error)))
        return 1
    text = markdown(ended)
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "report.md").write_text(text, encoding="utf-8")
    (FOLDER / "report.json").write_text(as_json(ended), encoding="utf-8")
    _append(environ.get("GITHUB_OUTPUT"), f"result={ended.result}\n")
    _append(environ.get("GITHUB_STEP_SUMMARY"), text)
    print(log_line(ended))
    return 0


def _append(path: str | None, text: str) -> None:
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    sys.exit(main(os.environ))
