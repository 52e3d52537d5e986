"""`report.py` of a pipeline: what people read of a deployment or a rollback, and what no value in it can do."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from report import (
    LONGEST,
    MOST_BACKTICKS,
    Job,
    Step,
    code,
    facts,
    fenced,
    headline,
    printable,
)
from support.markdown import ALIVE, NASTY, PARSER, TEXT
from support.runner import lines, obeyed, suspicious
from support.shell import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from markdown_it.token import Token

SCRIPT = ROOT / "envsync/templates/pipeline/report.py"
RUN = "https://github.com/acme/payments/actions/runs/77"
SHA = "0123456789abcdef0123456789abcdef01234567"
RUNNER = {
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "acme/payments",
    "GITHUB_RUN_ID": "77",
    "GITHUB_RUN_ATTEMPT": "1",
    "GITHUB_SHA": SHA,
    "GITHUB_REF": "refs/heads/main",
    "GITHUB_ACTOR": "alice",
    "GITHUB_TRIGGERING_ACTOR": "alice",
}
COMMON = f"""\
| Repository | `acme/payments` |
| Commit | `{SHA}` |
| Ref | `refs/heads/main` |
| Started by | `alice` |
| Run | [77]({RUN}) |
"""
BY_HAND = COMMON.replace("| Commit |", "| Commit of the workflow |").replace("| Ref |", "| Ref of the workflow |")

Steps = dict[str, Any]


def step(outcome: str, **outputs: str) -> dict[str, object]:
    return {"outputs": outputs, "outcome": outcome, "conclusion": outcome}


DEPLOYED = step("success", served="7", previous="7", version="8", moved="true")
HEALTHY = step("success")
UNHEALTHY = step("failure", reason="FunctionError: Unhandled")
BACK = step("success", version="7", done="true", **{"from": "8"})
NO_WAY_BACK = step(
    "failure", reason="there is no version before 8", instructions="Look first:\n  aws lambda get-alias"
)


LOOK = f"""\
Look which version serves staging.
Read the log of this run: {RUN}
To go back, run the workflow "Roll back": https://github.com/acme/payments/actions/workflows/rollback.yml"""
FURTHER = LOOK.replace("To go back, run", "To go back further, run").replace(
    'back":', 'back" with an older version:'
)


@dataclass(frozen=True)
class Reported:
    code: int
    log: str
    result: str
    summary: str
    found: dict[str, Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def report(folder: Path, steps: Steps | str, environment: str = "staging", **environ: str) -> Reported:
    output, summary = folder / "output", folder / "summary"
    given = {
        **RUNNER,
        "KIND": "deployment",
        "ENVIRONMENT": environment,
        "STEPS": steps if isinstance(steps, str) else json.dumps(steps),
        "DIGEST": "",
        "REASON": "",
        "RUNNER_TEMP": str(folder / "temp"),
        "GITHUB_OUTPUT": str(output),
        "GITHUB_STEP_SUMMARY": str(summary),
        **environ,
    }
    done = subprocess.run(
        [sys.executable, SCRIPT], cwd=folder, env=given, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.stderr == ""
    written = (folder / given["RUNNER_TEMP"]) / "pipeline-report"
    if done.returncode:
        assert not [*written.glob("*")]
        return Reported(done.returncode, done.stdout, "", "", {})
    text = summary.read_text(encoding="utf-8")
    assert (written / "report.md").read_text(encoding="utf-8") == text
    name, _, result = output.read_text().removesuffix("\n").partition("=")
    assert name == "result"
    found = json.loads((written / "report.json").read_text(encoding="ascii"))
    assert found["result"] == result
    return Reported(done.returncode, done.stdout, result, text, found)


def by_hand(folder: Path, steps: Steps, environment: str = "staging", reason: str = "orders fail") -> Reported:
    return report(folder, steps, environment, KIND="rollback", REASON=reason)


def table(*steps: tuple[str, str]) -> str:
    return "".join(["\n| Step | Outcome |\n| --- | --- |\n", *(f"| {name} | {said} |\n" for name, said in steps)])


# --- deployments ---------------------------------------------------------------------------------------------


def test_a_deployment_says_what_serves_now_and_where_it_came_from(folder: Path) -> None:
    ran = report(folder, {"deploy": DEPLOYED, "check": HEALTHY}, DIGEST="a" * 64)

    assert (ran.result, ran.log) == ("deployed", "Deployed version 8 to staging\n")
    assert ran.summary == (
        f"""\
### Deployed version `8` to `staging`

| What | Value |
| --- | --- |
| Environment | `staging` |
| Version | `8` |
| Before it | `7` |
| Serves now | `8` |
| Package | `sha256:{"a" * 64}` |
{COMMON}"""
        + table(
            ("Deploy", "success"),
            ("Check", "success"),
            ("Roll back", "did not run"),
            ("Check again", "did not run"),
        )
    )


def test_report_json_says_the_same_to_machines(folder: Path) -> None:
    ran = report(
        folder, {"deploy": DEPLOYED, "check": UNHEALTHY, "rollback": BACK, "recheck": HEALTHY}, "production"
    )

    assert ran.found == {
        "format_version": "1.0",
        "kind": "deployment",
        "environment": "production",
        "result": "rolled-back",
        "critical": True,
        "headline": "Rolled production back from version 8 to version 7",
        "reason": "FunctionError: Unhandled",
        "problem": "",
        "instructions": "",
        "facts": {
            "Environment": "production",
            "Version": "8",
            "Before it": "7",
            "Went back from": "8",
            "Serves now": "7",
            "Repository": "acme/payments",
            "Commit": SHA,
            "Ref": "refs/heads/main",
            "Started by": "alice",
        },
        "steps": {"deploy": "success", "check": "failure", "rollback": "success", "recheck": "success"},
        "run": RUN,
    }


def test_a_version_that_served_already_is_not_said_to_be_deployed(folder: Path) -> None:
    ran = report(folder, {"deploy": step("success", served="8", previous="7", version="8"), "check": HEALTHY})

    assert (ran.result, ran.found["critical"]) == ("already-deployed", False)
    assert ran.summary.startswith("### Nothing to deploy: version `8` serves `staging` already\n\n| What |")


def test_a_deployment_that_failed_before_anything_moved_leaves_what_served(folder: Path) -> None:
    refused = step("failure", served="7", previous="6", reason="AWS says no")

    ran = report(folder, {"deploy": refused})

    assert (ran.result, ran.log) == (
        "failed",
        "::error title=staging::Deployment to staging failed: nothing was moved: AWS says no\n",
    )
    assert ran.summary == (
        f"""\
### Deployment to `staging` failed: nothing was moved

**Why:** `AWS says no`

| What | Value |
| --- | --- |
| Environment | `staging` |
| Before it | `7` |
| Last good one before it | `6` |
| Serves now | `7` |
{COMMON}"""
        + table(
            ("Deploy", "failure"),
            ("Check", "did not run"),
            ("Roll back", "did not run"),
            ("Check again", "did not run"),
        )
    )


@pytest.mark.parametrize("nothing", [{}, {"deploy": None}, {"deploy": {"outcome": "skipped", "outputs": None}}])
def test_a_deployment_that_was_not_come_to_has_failed(folder: Path, nothing: Steps) -> None:
    ran = report(folder, nothing, "production")

    assert (ran.result, ran.found["critical"]) == ("failed", True)
    assert "Serves now" not in ran.summary  # nobody looked
    assert "| Deploy | did not run |" in ran.summary


def test_what_served_before_and_is_not_healthy_is_not_rolled_back(folder: Path) -> None:
    served = step("success", served="8", previous="7", version="8")

    ran = report(folder, {"deploy": served, "check": UNHEALTHY, "rollback": step("skipped")}, "production")

    assert ran.result == "failed"
    assert ran.summary.startswith(
        f"""\
### CRITICAL: What serves `production` is not healthy: version `8`, as before this run

**Why:** `FunctionError: Unhandled`

#### What to do now

```text
Look which version serves production.
This version served before this run, so nothing was rolled back.
Read the log of this run: {RUN}
To go back, run the workflow "Roll back": https://github.com/acme/payments/actions/workflows/rollback.yml
```

"""
    )


def test_what_could_not_be_checked_is_not_said_to_be_unhealthy(folder: Path) -> None:
    served = step("success", served="8", version="8")

    ran = report(folder, {"deploy": served, "check": step("failure", checked="false", reason="PAYLOAD is empty")})

    assert (ran.result, ran.found["headline"], ran.found["reason"]) == (
        "failed",
        "What serves staging was not checked: version 8, as before this run",
        "PAYLOAD is empty",
    )
    assert ran.found["instructions"]


def test_an_automatic_rollback_in_staging_says_why_first(folder: Path) -> None:
    ran = report(
        folder,
        {"deploy": DEPLOYED, "check": UNHEALTHY, "rollback": BACK, "recheck": HEALTHY},
        REASON="not looked at",
    )

    assert ran.result == "rolled-back"
    assert ran.log == (
        "::error title=staging::Rolled staging back from version 8 to version 7: FunctionError: Unhandled\n"
    )
    assert ran.summary == (
        f"""\
### Rolled `staging` back from version `8` to version `7`

**Why:** `FunctionError: Unhandled`

| What | Value |
| --- | --- |
| Environment | `staging` |
| Version | `8` |
| Before it | `7` |
| Went back from | `8` |
| Serves now | `7` |
{COMMON}"""
        + table(("Deploy", "success"), ("Check", "failure"), ("Roll back", "success"), ("Check again", "success"))
    )


def test_in_production_a_rollback_is_critical(folder: Path) -> None:
    ran = report(
        folder, {"deploy": DEPLOYED, "check": UNHEALTHY, "rollback": BACK, "recheck": HEALTHY}, "production"
    )

    assert ran.summary.startswith("### CRITICAL: Rolled `production` back from version `8` to version `7`\n")
    command = obeyed(ran.log.rstrip("\n"))
    assert command is not None
    assert (command.name, command.properties["title"]) == ("error", "CRITICAL: production")


def test_what_somebody_else_has_moved_since_is_left_and_named(folder: Path) -> None:
    left = step("success", version="9", reason="9 serves, and not 8")

    ran = report(folder, {"deploy": DEPLOYED, "check": UNHEALTHY, "rollback": left})

    assert (ran.result, ran.found["instructions"]) == (
        "not-rolled-back",
        LOOK.replace("\n", "\nSomebody else has moved it since: ask who, before you move it.\n", 1),
    )
    assert ran.summary.startswith(
        """\
### Deployment of version `8` to `staging` failed, and nothing was rolled back

**Why:** `FunctionError: Unhandled`

**Problem:** `9 serves, and not 8`

"""
    )
    assert "| Serves now | `9` |" in ran.summary


def test_a_rollback_that_fails_tells_what_a_person_has_to_do(folder: Path) -> None:
    ran = report(folder, {"deploy": DEPLOYED, "check": UNHEALTHY, "rollback": NO_WAY_BACK}, "production")

    assert ran.result == "rollback-failed"
    assert ran.summary == (
        f"""\
### CRITICAL: Deployment of version `8` to `production` failed, and a person has to roll it back

**Why:** `FunctionError: Unhandled`

**Problem:** `there is no version before 8`

#### What to do now

```text
Look first:
  aws lambda get-alias
```

| What | Value |
| --- | --- |
| Environment | `production` |
| Version | `8` |
| Before it | `7` |
{COMMON}"""
        + table(
            ("Deploy", "success"), ("Check", "failure"), ("Roll back", "failure"), ("Check again", "did not run")
        )
    )


@pytest.mark.parametrize(
    ("check", "rollback"), [(UNHEALTHY, None), (None, step("cancelled")), (step("cancelled"), step("skipped"))]
)
def test_traffic_that_was_moved_and_not_moved_back_needs_a_person(
    folder: Path, check: Steps | None, rollback: Steps | None
) -> None:
    """As where the job is cut off; it is not known then what serves."""
    ran = report(folder, {"deploy": DEPLOYED, "check": check, "rollback": rollback})

    assert ran.result == "rollback-failed"
    assert "Look which version serves staging." in ran.found["instructions"]
    assert "workflows/rollback.yml" in ran.found["instructions"]
    assert "Serves now" not in ran.found["facts"]


def test_traffic_that_had_not_been_moved_yet_is_not_said_to_be_moved_back(folder: Path) -> None:
    """Where a deployment was to move it, and failed at that."""
    failed = step("failure", served="6", previous="7", version="8", moved="true", reason="AWS says no")
    left = step("success", version="6", reason="nothing was moved: version 6 serves as before")

    ran = report(folder, {"deploy": failed, "rollback": left})

    assert (ran.result, ran.found["headline"], ran.found["reason"], ran.found["instructions"]) == (
        "failed",
        "Deployment to staging failed: nothing was moved",
        "AWS says no",
        "",
    )
    assert ran.found["facts"]["Serves now"] == "6"


@pytest.mark.parametrize(
    ("recheck", "headline", "problem"),
    [
        (step("failure", reason="it is slow"), "which is not healthy", "it is slow"),
        (step("failure"), "which is not healthy", "the check was cut off before it could say why"),
        (step("failure", checked="false", reason="no event"), "which was not checked", "no event"),
        (step("cancelled"), "which was not checked", "the check was cancelled"),
        (None, "which was not checked", "the check never came to be"),
    ],
)
def test_what_was_gone_back_to_has_to_be_healthy_as_well(
    folder: Path, recheck: Steps | None, headline: str, problem: str
) -> None:
    ran = report(folder, {"deploy": DEPLOYED, "check": UNHEALTHY, "rollback": BACK, "recheck": recheck})

    assert (ran.result, ran.found["headline"], ran.found["problem"], ran.found["instructions"]) == (
        "rollback-failed",
        f"Rolled staging back to version 7, {headline}",
        problem,
        FURTHER,
    )
    assert ran.found["facts"]["Serves now"] == "7"


@pytest.mark.parametrize(
    ("deploy", "check", "why"),
    [
        (DEPLOYED, step("failure"), "the check was cut off before it could say why"),
        (DEPLOYED, step("cancelled"), "the check was cancelled"),
        (DEPLOYED, None, "the check never came to be"),
        (step("failure", version="8", moved="true", reason="AWS says no"), None, "AWS says no"),
        (step("failure", version="8", moved="true"), None, "the deployment failed: its log says why"),
        (step("cancelled", version="8", moved="true"), step("skipped"), "the deployment was cancelled"),
    ],
)
def test_why_is_told_by_how_a_step_ended_where_it_did_not_say_it(
    folder: Path, deploy: Steps, check: Steps | None, why: str
) -> None:
    ran = report(folder, {"deploy": deploy, "check": check, "rollback": BACK, "recheck": HEALTHY})

    assert (ran.result, ran.found["reason"]) == ("rolled-back", why)


def test_a_rollback_that_failed_after_it_moved_traffic_is_not_said_to_be_done(folder: Path) -> None:
    cut_off = step("cancelled", version="7", done="true", **{"from": "8"})

    ran = report(folder, {"deploy": DEPLOYED, "check": UNHEALTHY, "rollback": cut_off, "recheck": HEALTHY})

    assert (ran.result, ran.found["headline"], ran.found["problem"]) == (
        "rollback-failed",
        "Rollback of staging to version 7 did not end well: a person has to finish it",
        "the rollback was cancelled",
    )


# --- rollbacks by hand ---------------------------------------------------------------------------------------


def test_a_rollback_by_hand_says_who_wanted_it_and_why(folder: Path) -> None:
    ran = by_hand(folder, {"rollback": BACK, "check": HEALTHY})

    assert (ran.result, ran.found["kind"]) == ("rolled-back", "rollback")
    assert ran.summary == (
        f"""\
### Rolled `staging` back from version `8` to version `7`

**Why:** `orders fail`

| What | Value |
| --- | --- |
| Environment | `staging` |
| Went back from | `8` |
| Serves now | `7` |
{BY_HAND}"""
        + table(("Roll back", "success"), ("Check", "success"))
    )


def test_a_rollback_to_what_is_not_healthy_either_needs_a_person(folder: Path) -> None:
    ran = by_hand(folder, {"rollback": BACK, "check": UNHEALTHY}, "production")

    assert ran.result == "rollback-failed"
    assert ran.summary.startswith(
        """\
### CRITICAL: Rolled `production` back to version `7`, which is not healthy

**Why:** `orders fail`

**Problem:** `FunctionError: Unhandled`

#### What to do now

```text
Look which version serves production.
"""
    )
    assert ran.found["facts"]["Serves now"] == "7"


@pytest.mark.parametrize(
    ("rollback", "result", "headline"),
    [
        (NO_WAY_BACK, "rollback-failed", "Rollback of staging failed: a person has to do it"),
        (step("cancelled"), "rollback-failed", "Rollback of staging failed: a person has to do it"),
        (None, "failed", "Rollback of staging did not run: nothing was moved"),
    ],
)
def test_a_rollback_by_hand_that_fails_needs_a_person(
    folder: Path, rollback: Steps | None, result: str, headline: str
) -> None:
    ran = by_hand(folder, {"rollback": rollback})

    assert (ran.result, ran.found["headline"]) == (result, headline)
    assert ran.found["problem"]
    assert ran.found["instructions"]


def test_a_rollback_to_what_serves_already_says_whether_that_is_healthy(folder: Path) -> None:
    there = step("success", version="2", reason="version 2 serves already")

    healthy = by_hand(folder, {"rollback": there, "check": HEALTHY})

    assert (healthy.result, healthy.found["headline"], healthy.found["problem"]) == (
        "not-rolled-back",
        "Rollback of staging: nothing was moved",
        "version 2 serves already",
    )
    assert healthy.found["instructions"] == ""
    for name in ("summary", "output"):
        (folder / name).unlink()

    bad = by_hand(folder, {"rollback": there, "check": UNHEALTHY})

    assert bad.result == "not-rolled-back"
    assert bad.summary.startswith(
        f"""\
### What serves `staging` is not healthy: version `2`

**Why:** `orders fail`

**Problem:** `FunctionError: Unhandled`

#### What to do now

```text
{FURTHER}
```

"""
    )
    for name in ("summary", "output"):
        (folder / name).unlink()

    unknown = by_hand(folder, {"rollback": there, "check": step("cancelled")}, reason=" ")

    assert unknown.found["headline"] == "What serves staging was not checked: version 2"
    assert (unknown.found["reason"], unknown.found["problem"]) == (
        "nobody has said why",
        "the check was cancelled",
    )


# --- every ending there can be -------------------------------------------------------------------------------

ENDED = ("success", "failure", "cancelled", "skipped", None)
STEPS = ("deploy", "check", "rollback", "recheck")
UNMOVED = "nothing was moved: version 5 serves as before"


def endings() -> Iterator[Job]:
    """All outcomes of the four steps, with all that deploy and rollback may have left behind, or not."""
    for outcomes, moved, done, named, reason, hand in product(
        product(ENDED, repeat=4), (True, False), (True, False), (True, False), ("", "r", UNMOVED), (True, False)
    ):
        names = {"served": "5", "previous": "6", "version": "7"} if named else {}
        outputs = {
            "deploy": {**names, **({"moved": "true"} if moved else {})},
            "rollback": {**({"version": "6"} if named else {}), **({"done": "true"} if done else {})},
        }
        said = {"reason": reason} if reason else {}
        steps = {
            name: Step() if ended is None else Step(ended, {**outputs.get(name, {}), **said})
            for name, ended in zip(STEPS, outcomes, strict=True)
        }
        yield Job(hand, "staging", steps, "", "", RUNNER)


def is_well(job: Job) -> bool:
    """Whether it is known that what serves is good, or that it is what served before this run."""
    deploy, check, rollback, recheck = (job.step(each) for each in STEPS)
    if rollback.ran and (job.by_hand or rollback.output("done")):
        return rollback.succeeded and (check if job.by_hand else recheck).succeeded
    if rollback.ran:
        return rollback.succeeded and rollback.output("reason") == UNMOVED
    if job.by_hand:  # somebody wanted to be rid of what serves
        return False
    if deploy.succeeded or deploy.output("moved"):
        return deploy.succeeded and check.succeeded
    return check.outcome != "failure"


def test_no_ending_is_told_wrong() -> None:
    results = set()
    for job in endings():
        said, result = headline(job, str), job.ending.result
        results.add(result)
        done = job.step("rollback").ran and "done" in job.step("rollback").outputs
        checks = [job.step("check"), job.step("recheck")]

        assert done or not said.startswith("Rolled "), job
        assert done or result != "rolled-back", job
        assert not done or "nothing was" not in said, job
        assert "not healthy" not in said or "failure" in [each.outcome for each in checks], job
        assert bool(job.reason) == (result not in {"deployed", "already-deployed"}), job
        assert bool(job.instructions) == (not is_well(job)), job
        assert ("a person has to" not in said) or job.instructions, job
        if result in {"deployed", "already-deployed"}:
            assert checks[0].succeeded, job
            assert job.step("deploy").succeeded, job
            assert ("moved" in job.step("deploy").outputs) == (result == "deployed"), job
        if result == "failed" and not job.by_hand:
            assert "moved" not in job.step("deploy").outputs or job.step("rollback").output("reason") == UNMOVED
        assert result != "rollback-failed" or job.instructions, job
        assert all(facts(job).values())
        assert "{" not in said
    assert results == {
        *("deployed", "already-deployed", "failed"),
        *("rolled-back", "not-rolled-back", "rollback-failed"),
    }


# --- what it cannot know -------------------------------------------------------------------------------------


def test_a_run_that_was_repeated_says_by_whom(folder: Path) -> None:
    again = {"GITHUB_RUN_ATTEMPT": "2", "GITHUB_TRIGGERING_ACTOR": "bob"}

    ran = report(folder, {"deploy": DEPLOYED, "check": HEALTHY}, **again)

    assert f"| Run again by | `bob` |\n| Run | [77]({RUN}), attempt `2` |" in ran.summary


def test_a_team_s_own_steps_stand_at_the_end(folder: Path) -> None:
    ran = report(folder, {"warm-up": step("failure"), "deploy": DEPLOYED, "check": HEALTHY})

    assert ran.summary.endswith("| Check again | did not run |\n| `warm-up` | failure |\n")


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"KIND": "build"}, "KIND is neither deployment nor rollback"),
        ({"STEPS": ""}, "STEPS is no JSON object: the workflow has to set it to ${{ toJSON(steps) }}"),
        ({"STEPS": "null"}, "STEPS is no JSON object: the workflow has to set it to ${{ toJSON(steps) }}"),
        ({"STEPS": "[]"}, "STEPS is no JSON object: the workflow has to set it to ${{ toJSON(steps) }}"),
    ],
)
def test_a_workflow_that_does_not_say_what_happened_gets_no_report(
    folder: Path, environ: dict[str, str], said: str
) -> None:
    ran = report(folder, {}, **environ)

    assert (ran.code, ran.log) == (1, f"::error title=Report::{said}\n")


def test_steps_that_cannot_be_read_are_a_report_too(folder: Path) -> None:
    """Nothing serves the worse for it, and nobody may take it for a success."""
    ran = report(folder, '{"deploy": ' + "[" * 100_000, "production")

    assert (ran.code, ran.result, ran.found["headline"]) == (
        0,
        "rollback-failed",
        "What happened to production is not known: its steps cannot be read",
    )
    assert ran.found["instructions"] == LOOK.replace("staging", "production")


def test_a_report_is_of_this_run_alone(folder: Path) -> None:
    """Also where there is no folder for it but the checkout, which may have one of that name."""
    for name in ("pipeline-report/report.json", "pipeline-report/more/old"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("of the repository")

    report(folder, {"deploy": DEPLOYED, "check": HEALTHY}, RUNNER_TEMP="")

    assert sorted(each.name for each in (folder / "pipeline-report").iterdir()) == ["report.json", "report.md"]


def test_a_report_that_cannot_be_written_says_so(folder: Path) -> None:
    (folder / "temp").write_text("a file")

    ran = report(folder, {"deploy": DEPLOYED, "check": HEALTHY})

    assert ran.code == 1
    assert ran.log.startswith("::error title=Report::the report cannot be written: ")


# --- values of somebody else's -------------------------------------------------------------------------------


def children(markdown: str) -> list[Token]:
    return [each for token in PARSER.parse(markdown) for each in token.children or []]


def blocks(markdown: str) -> list[str]:
    return [f"{token.type} {token.tag}" for token in PARSER.parse(markdown)]


def test_an_annotation_is_one_whatever_stands_in_it(folder: Path) -> None:
    ran = report(folder, {"deploy": DEPLOYED, "check": step("failure", reason="a%0A::b,c")}, "x:: 100%, y")

    command = obeyed(ran.log.removesuffix("\n"))
    assert command is not None
    assert command.properties == {"title": "x:: 100%, y"}
    assert command.data.endswith("a person has to roll it back: a%0A::b,c")


def everywhere(folder: Path, text: str) -> Reported:
    """A report of a job in which `text` stands wherever somebody else's text can stand."""
    deploy = step("failure", version=text, previous=text, moved="true")
    check = step(text, reason=text)
    rollback = step("failure", version=text, reason=text, instructions=text, **{"from": text})
    of_the_runner = text.replace("\0", "").replace("\ud800", "\udcff")  # as bytes that are no UTF-8 arrive
    environ = dict.fromkeys(["GITHUB_REF", "GITHUB_ACTOR", "GITHUB_SHA", "DIGEST", "REASON"], of_the_runner)
    steps = {"deploy": deploy, "check": check, "rollback": rollback, f"more {text}": step(text)}
    return report(folder, steps, of_the_runner, **environ)


def test_no_value_does_anything_but_show(folder: Path) -> None:
    harmless = blocks(everywhere(folder, "harmless").summary)
    commands = "::error::x\n::set-output name=a::b\n##[group]x\nresult=deployed\n%0A::error::x"
    for nasty in [commands, *("\n".join(NASTY[at : at + 8]) for at in range(0, len(NASTY), 8))]:
        for name in ("summary", "output"):
            (folder / name).unlink()

        ran = everywhere(folder, nasty)

        assert blocks(ran.summary) == harmless
        inline = children(ran.summary)
        assert [each.attrGet("href") for each in inline if each.type == "link_open"] == [RUN]
        for each in inline:
            assert each.type in {"text", "code_inline", "strong_open", "strong_close", "link_open", "link_close"}
            assert each.type != "text" or not ALIVE.search(each.content), each.content
        assert ran.result == "rollback-failed"
        command, end = lines(ran.log)
        assert end == ""
        assert command.startswith("::error title=")
        assert not suspicious(command.removeprefix("::"))


@given(TEXT)
def test_code_holds_any_text(text: str) -> None:
    for before, after in [("### ", ""), ("**Why:** ", ""), ("> ", " end")]:
        inline = [each for each in children(f"{before}{code(text)}{after}") if each.type == "code_inline"]
        assert len(inline) == 1
        if text.strip(" ") and len(text) <= LONGEST and "`" * MOST_BACKTICKS not in text:
            assert inline[0].content == printable(text)


@given(TEXT)
def test_a_fence_holds_any_text(text: str) -> None:
    (fence,) = PARSER.parse(fenced(text))
    assert fence.type == "fence"
    assert "`" * MOST_BACKTICKS in text or fence.content.split("\n")[:-1] == [
        printable(line) for line in text.splitlines() or [""]
    ]


@pytest.mark.parametrize(
    "environ",
    [
        {"GITHUB_SERVER_URL": "https://evil.example/#"},
        {"GITHUB_REPOSITORY": "a/b) [x](https://evil.example"},
        {"GITHUB_RUN_ID": "1)x"},
        {"GITHUB_SERVER_URL": "javascript:x"},
    ],
)
def test_an_address_that_is_none_is_no_link(folder: Path, environ: dict[str, str]) -> None:
    ran = report(folder, {"deploy": DEPLOYED}, **environ)

    assert ran.found["run"] == ""
    assert not [each for each in children(ran.summary) if each.type == "link_open"]


def test_a_summary_stays_within_what_github_takes(folder: Path) -> None:
    """A service may answer with anything; a runner hands over 128 KiB at most."""
    reason, instructions = "x`" * 15_000, "y`" * 30_000
    failed = step("failure", reason=reason, instructions=instructions)

    ran = report(folder, {"deploy": DEPLOYED, "check": step("failure", reason=reason), "rollback": failed})

    assert len(ran.summary) < 30_000
    assert "… (30,000 characters)" in ran.summary
    assert "… (60,000 characters)" in ran.summary
